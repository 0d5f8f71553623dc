/*
 * A site's doors, blocks relay, edge and bridge, into its struct, with their
 * secrets and public keys.
 */
#ifndef GATE_CONF_DOOR_H
#define GATE_CONF_DOOR_H

#include "lib/conf_block.h"
#include "lib/conf_site.h"
#include "lib/site.h"
#include "lib/span.h"

/* RFC 2104: a key as long as the hash is as good as a longer one; below 24
 * bytes people have typed it. */
#define GATE_HMAC_SECRET_MIN 24
/* b: the site's block. Key material is read only if l wants INGEST. */
void gate_conf_doors_load(const struct gate_conf_load *l, struct gate_site *s,
    const struct gate_conf_block *b);
/* When all keys are there, those of NAME.keys too. */
void gate_conf_doors_finish(
    const struct gate_conf_load *l, struct gate_site *s);
void gate_conf_doors_clear(struct gate_site *s);

/* GATE_OK, GATE_E_NOMEM. */
enum gate_code gate_conf_door_mark(
    struct gate_span text, struct gate_mark *out) GATE_MUSTCHECK;

/* Where a line of NAME.keys stands. */
struct gate_conf_place {
	const char *path;
	int line;
};

/*
 * Adds a public key that NAME.keys names: one that the command took in.
 * Reports what is wrong with it at its place.
 *
 * file  of PEM, relative to the configuration's directory
 */
void gate_conf_door_add_key(const struct gate_conf_load *l, struct gate_site *s,
    const struct gate_conf_place *at, struct gate_bridge_key *key,
    struct gate_span file);

#endif

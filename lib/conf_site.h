/*
 * One site's file into a struct gate_site.
 */
#ifndef GATE_CONF_SITE_H
#define GATE_CONF_SITE_H

#include <stdbool.h>

#include "lib/conf.h"
#include "lib/conf_errors.h"
#include "lib/conf_tree.h"
#include "lib/site.h"

#define GATE_SITE_NAME_MAX 63
/* What the rooms that build a site share. */
struct gate_conf_load {
	const struct gate_conf *conf; /* its services are loaded */
	unsigned int want;            /* enum gate_conf_want */
	struct gate_conf_errors *errors;
};

/* Makes the list of a block whose key "allow" has been filled. One that is
 * given and empty is an error: it would let everybody in. */
void gate_conf_allow_load(const struct gate_conf_block *b,
    struct gate_allow *allow, struct gate_conf_errors *errors);

/* [a-z0-9-]{1,63} */
bool gate_conf_is_site_name(struct gate_span in);

/*
 * Fills *out, a zeroed struct, from c's services and the file at path.
 * want: see enum gate_conf_want; without GATE_CONF_INGEST no door has
 * key material. *tree is the caller's to free, NULL if the file did not parse.
 * False if there were errors; *out is to be cleared all the same.
 */
bool gate_conf_site_load(const struct gate_conf *c, const char *path,
    const char *name, unsigned int want, struct gate_conf_errors *errors,
    struct gate_site *out, struct gate_conf_tree **tree);
void gate_conf_site_clear(struct gate_site *s);

#endif

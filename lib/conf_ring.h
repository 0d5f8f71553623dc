/*
 * A site's HMAC secrets beyond those of its file: what NAME.keys adds and
 * what it takes away.
 */
#ifndef GATE_CONF_RING_H
#define GATE_CONF_RING_H

#include "lib/conf_door.h"
#include "lib/conf_site.h"
#include "lib/site.h"

/*
 * Adds a secret that NAME.keys names, to a door that the site's file has; for
 * another it does nothing, so that who takes a block out has shut the door.
 * Reports what is wrong with it at its place.
 *
 * secret  taken over if it was added
 * file    relative to the configuration's directory
 */
void gate_conf_ring_add(const struct gate_conf_load *l, struct gate_site *s,
    const struct gate_conf_place *at, enum gate_scheme scheme,
    struct gate_hmac_secret *secret, struct gate_span file);

/* Takes a retired key away; nothing if the site has none of that id. */
void gate_conf_ring_drop(
    struct gate_site *s, enum gate_scheme scheme, struct gate_span id);

#endif

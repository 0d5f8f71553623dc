/*
 * sites.d/NAME.keys: the states of a site's secrets, one a line:
 *
 *	relay blog-1 current 2026-11-22T06:30:00Z
 *
 * scheme, key id, state (next, current, retiring) and when the secret was
 * made. Written by pressgate(1) only; a key that has no line is current.
 */
#ifndef GATE_CONF_KEYS_H
#define GATE_CONF_KEYS_H

#include "lib/conf_errors.h"
#include "lib/site.h"

/* Sets the states of the site's keys. A file that does not exist is fine;
 * a line for a key that the site does not have (any more) is skipped. */
void gate_conf_keys_load(
    const char *path, struct gate_site *site, struct gate_conf_errors *errors);

#endif

/*
 * sites.d/NAME.keys: the states of a site's keys, one a line:
 *
 *	relay blog-1 current 2026-11-22T06:30:00Z
 *	relay blog-2 next 2026-11-22T06:30:00Z HS256 secrets.d/blog.blog-2.relay
 *	bridge wp-3f2a next 2026-11-22T06:30:00Z RS256 secrets.d/blog.pem
 *
 * scheme (relay, edge, hmac, bridge), key id, state (next, current,
 * retiring, retired) and when the key was made. A key that stands nowhere
 * else has its algorithm (HS256: a secret) and its file here, too; the file
 * is relative to the configuration's directory. Written by pressgate(1) only;
 * a key that has no line is current, and one that is retired is not taken,
 * though the site's file may still have it.
 */
#ifndef GATE_CONF_KEYS_H
#define GATE_CONF_KEYS_H

#include "lib/conf_site.h"
#include "lib/site.h"

/* Sets the states of the site's keys and adds those that only stand here. A
 * file that does not exist is fine; a line for a key that the site does not
 * have (any more) is skipped. */
void gate_conf_keys_load(
    const struct gate_conf_load *l, const char *path, struct gate_site *site);

#endif

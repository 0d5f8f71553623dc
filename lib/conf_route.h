/*
 * One route block of a site's file into a struct gate_route.
 */
#ifndef GATE_CONF_ROUTE_H
#define GATE_CONF_ROUTE_H

#include "lib/conf_site.h"
#include "lib/conf_tree.h"
#include "lib/route.h"

/* Fills *r, a zeroed struct; errors go to l->errors. It is to be cleared in
 * any case. */
void gate_conf_route_load(const struct gate_conf_load *l,
    const struct gate_conf_block *b, struct gate_route *r);
void gate_conf_route_clear(struct gate_route *r);

#endif

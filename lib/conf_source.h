/*
 * A site's sources, blocks `source`, into their structs, with their keys.
 */
#ifndef GATE_CONF_SOURCE_H
#define GATE_CONF_SOURCE_H

#include "lib/conf_block.h"
#include "lib/conf_site.h"
#include "lib/site.h"

/* As in lib/conf_door.h, for keys whose length is not the provider's. */
#define GATE_SOURCE_SECRET_MIN 16

/* b: the site's block. Key material is read only if l wants INGEST. */
void gate_conf_sources_load(const struct gate_conf_load *l, struct gate_site *s,
    const struct gate_conf_block *b);
/* When the routes are there: each names sources that the site has. */
void gate_conf_sources_check(const struct gate_conf_load *l,
    const struct gate_site *s, const struct gate_conf_block *b);
void gate_conf_sources_clear(struct gate_site *s);

#endif

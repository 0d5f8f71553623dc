/*
 * What an operator says of how a third party signs and where its events keep
 * what, put over what the provider's row says.
 */
#ifndef GATE_CONF_SOURCE_HOW_H
#define GATE_CONF_SOURCE_HOW_H

#include "lib/conf_block.h"
#include "lib/conf_site.h"
#include "lib/source.h"

/* The block `signature` of a generic provider, into s->signing. */
void gate_conf_source_sign(const struct gate_conf_load *l,
    const struct gate_conf_block *block, struct gate_source *s);
/* Keys type, id, batch and media of the source's block, into s->profile. */
void gate_conf_source_read(const struct gate_conf_load *l,
    const struct gate_conf_block *b, struct gate_source *s);

#endif

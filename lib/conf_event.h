/*
 * The blocks `event` of a site or a source.
 */
#ifndef GATE_CONF_EVENT_BLOCKS_H
#define GATE_CONF_EVENT_BLOCKS_H

#include "lib/conf_block.h"
#include "lib/conf_site.h"
#include "lib/event.h"

/*
 * Fills *out, which is zeroed, from the blocks in b. Schemas are compiled
 * only where the doors are wanted; each thing that is wrong with one is an
 * error of the file and line that name it.
 */
void gate_conf_events_load(const struct gate_conf_load *l,
    const struct gate_conf_block *b, struct gate_event_rules *out);
void gate_conf_events_clear(struct gate_event_rules *rules);

#endif

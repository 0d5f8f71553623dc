/*
 * The table of an event's block, in a site and in its sources.
 */
#include "config.h"

#include "lib/conf_table.h"

#include "lib/num.h"

static const struct gate_conf_key event_keys[] = {
    {.name = "schema",
	.type = GATE_CONF_STRING,
	.at = GATE_CONF_NOWHERE,
	.min = 1,
	.max = 1024,
	.example = "schemas/relay/post.published.json",
	.help = "A file with a JSON Schema (doc/schema.md), which the body of "
		"such an event has to fit."},
};

const struct gate_conf_spec gate_conf_event_spec = {.name = "event",
    .title = "TYPE",
    .sample = "post.published",
    .at = GATE_CONF_NOWHERE,
    .keys = event_keys,
    .key_count = GATE_COUNT(event_keys),
    .help = "What is said of the events of one type. Of a site: it may send "
	    "them, as if `events` named them. Of a source: one that does "
	    "not fit is accepted, and a dead letter."};

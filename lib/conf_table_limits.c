/*
 * The table of the block "limits": what one host takes, of whom.
 */
#include "config.h"

#include "lib/conf_table.h"

#include "lib/conf.h"
#include "lib/num.h"

#define AT(member) .at = offsetof(struct gate_conf_limits, member)

static const struct gate_conf_key limits_keys[] = {
    {.name = "address_rate",
	.type = GATE_CONF_COUNT,
	AT(address.per_minute),
	.max = GATE_LIMIT_RATE_MAX,
	.def = "60",
	.help = "Events a minute that one client address may send, whether "
		"they are signed well or not; an IPv6 address counts by its "
		"first 64 bits. 0: no limit."},
    {.name = "address_burst",
	.type = GATE_CONF_COUNT,
	AT(address.burst),
	.min = 1,
	.max = GATE_LIMIT_BURST_MAX,
	.def = "120",
	.help = "So many of them at once after a pause."},
    {.name = "site_rate",
	.type = GATE_CONF_COUNT,
	AT(site.per_minute),
	.max = GATE_LIMIT_RATE_MAX,
	.def = "60",
	.help = "Events a minute of one site, once they are verified; of a "
		"bridge whose tokens have a subject, of one subject. A site's "
		"own \"rate\" goes before it. 0: no limit."},
    {.name = "site_burst",
	.type = GATE_CONF_COUNT,
	AT(site.burst),
	.min = 1,
	.max = GATE_LIMIT_BURST_MAX,
	.def = "120",
	.help = "So many of them at once after a pause."},
    {.name = "get_rate",
	.type = GATE_CONF_COUNT,
	AT(get.per_minute),
	.max = GATE_LIMIT_RATE_MAX,
	.def = "120",
	.help = "GETs of results and events a minute, of one client address "
		"and of one site. 0: no limit."},
    {.name = "get_burst",
	.type = GATE_CONF_COUNT,
	AT(get.burst),
	.min = 1,
	.max = GATE_LIMIT_BURST_MAX,
	.def = "120",
	.help = "So many of them at once after a pause."},
    {.name = "depth",
	.type = GATE_CONF_COUNT,
	AT(depth),
	.max = 10000000,
	.def = "100000",
	.help = "While more jobs than this are unfinished, events are refused "
		"with 429, unless the site's busy_policy says otherwise. 0: "
		"never."},
};

#undef AT

const struct gate_conf_spec gate_conf_limits_spec = {.name = "limits",
    .at = offsetof(struct gate_conf, limits),
    .keys = limits_keys,
    .key_count = GATE_COUNT(limits_keys),
    .help = "How much this host takes. What is beyond is answered with 429 "
	    "and Retry-After. Each host counts for itself."};

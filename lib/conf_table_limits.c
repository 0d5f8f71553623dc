/*
 * The tables of the blocks "limits" and "spool": what one host takes, of
 * whom, and where it keeps what the database cannot take.
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

#define AT(member) .at = offsetof(struct gate_conf_spool, member)

static const struct gate_conf_key spool_keys[] = {
    {.name = "path",
	.type = GATE_CONF_STRING,
	AT(path),
	.min = 1,
	.max = 1024,
	.def = "/var/lib/pressgate/spool",
	.help = "Folder on local disk, of pressgate-fcgi alone; made with "
		"mode 0700 if its parent is there and somebody needs it. "
		"Relative to this file."},
    {.name = "files",
	.type = GATE_CONF_COUNT,
	AT(files),
	.min = 1,
	.max = 1000000,
	.def = "10000",
	.help = "At most so many deliveries are kept; then 503."},
    {.name = "bytes",
	.type = GATE_CONF_BYTES,
	AT(bytes),
	.min = 1024,
	.max = INT64_C(64) * 1024 * 1024 * 1024,
	.def = "256m",
	.help = "And at most so much."},
};

#undef AT

const struct gate_conf_spec gate_conf_spool_spec = {.name = "spool",
    .at = offsetof(struct gate_conf, spool),
    .keys = spool_keys,
    .key_count = GATE_COUNT(spool_keys),
    .help = "What is kept while the database is away, of senders that would "
	    "not send it again: see away_policy of a site."};

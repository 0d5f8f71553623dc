/*
 * The tables: every block and key of the configuration with its type,
 * place, bounds, default and one line of help. Parser, check, sample and
 * manual are made from them; a test holds all four together.
 */
#ifndef GATE_CONF_TABLE_H
#define GATE_CONF_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum gate_conf_type {
	GATE_CONF_STRING,   /* char *; min and max: bytes */
	GATE_CONF_NAME,     /* char *: [A-Za-z0-9._-]{1,64} */
	GATE_CONF_EVENT,    /* char *: a name, also with ':' and '/' */
	GATE_CONF_URL,      /* char *: http:// or https://, or "" */
	GATE_CONF_MOUNT,    /* char *: a path without its last '/', or "" */
	GATE_CONF_RANGES,   /* char *: addresses, for gate_ranges_parse */
	GATE_CONF_RANGE,    /* char *: one of them, for gate_range_parse */
	GATE_CONF_POINTER,  /* char *: JSON Pointer; not given: NULL */
	GATE_CONF_REF,      /* char *: env:NAME, file:PATH or cred:NAME */
	GATE_CONF_BUNDLE,   /* char *: file:PATH of certificates, or "" */
	GATE_CONF_DSN,      /* char *: a connection string or a reference */
	GATE_CONF_BOOL,     /* bool */
	GATE_CONF_COUNT,    /* int64_t */
	GATE_CONF_MODE,     /* int64_t, octal permission bits */
	GATE_CONF_MS,       /* int64_t; min and max in milliseconds */
	GATE_CONF_S,        /* int64_t; min and max in seconds */
	GATE_CONF_BYTES,    /* int64_t */
	GATE_CONF_WORD,     /* an enum; its value is the index in words */
	GATE_CONF_TEMPLATE, /* struct gate_template * */
	GATE_CONF_TEMPLATE_FILE, /* the same, read from a file */
	GATE_CONF_TYPE_COUNT
};

#define GATE_CONF_NOWHERE SIZE_MAX /* the loader asks for the text itself */

enum gate_conf_flag {
	GATE_CONF_LIST = 1 << 0,     /* char ** at `at`, size_t at `count_at` */
	GATE_CONF_OPTIONAL = 1 << 1, /* no default, may be absent: zero */
	GATE_CONF_SECRET = 1 << 2,   /* shown as "***" unless a reference */
	GATE_CONF_RESTART = 1 << 3,  /* a reload does not change it */
	GATE_CONF_SHOWN = 1 << 4     /* the sample sets it: see example */
};

struct gate_conf_key {
	const char *name;
	enum gate_conf_type type;
	unsigned int flags;
	size_t at;       /* offset in the block's struct, or NOWHERE */
	size_t count_at; /* lists */
	int64_t min, max;
	const char *def; /* as text; NULL: must be given unless OPTIONAL */
	const char *const *words; /* WORD: ends with NULL */
	const char *example;      /* where there is no default, as text */
	const char *help;
};

struct gate_conf_spec {
	const char *name;
	const char *title;  /* what the title is; NULL: the block has none */
	const char *sample; /* the title in the sample */
	size_t at; /* offset in the parent's struct, where there is one */
	const struct gate_conf_key *keys;
	size_t key_count;
	const struct gate_conf_spec *const *blocks; /* ends with NULL */
	const char *help;
};

/* pressgate.conf as a block without a name, and a file of sites.d. */
extern const struct gate_conf_spec gate_conf_main_spec;
extern const struct gate_conf_spec gate_conf_site_file_spec;
/* Blocks of pressgate.conf with a file of their own. */
extern const struct gate_conf_spec gate_conf_limits_spec;
extern const struct gate_conf_spec gate_conf_spool_spec;
/* Doors of a site, which are read when the site has been. */
extern const struct gate_conf_spec gate_conf_relay_spec;
extern const struct gate_conf_spec gate_conf_edge_spec;
/* Blocks whose structs the loader finds, with those structs. */
extern const struct gate_conf_spec gate_conf_service_spec; /* gate_service */
extern const struct gate_conf_spec gate_conf_site_spec;    /* gate_site */
extern const struct gate_conf_spec gate_conf_bridge_spec;  /* gate_bridge */
extern const struct gate_conf_spec
    gate_conf_bridge_key_spec;                           /* gate_bridge_key */
extern const struct gate_conf_spec gate_conf_source_spec; /* gate_source */
extern const struct gate_conf_spec
    gate_conf_signature_spec; /* gate_source_how, within it */
extern const struct gate_conf_spec gate_conf_event_spec;  /* gate_event_rule */
extern const struct gate_conf_spec gate_conf_route_spec; /* gate_route */
extern const struct gate_conf_spec gate_conf_step_spec;  /* gate_step */

#endif

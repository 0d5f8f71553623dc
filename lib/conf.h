/*
 * The configuration: pressgate.conf, sites.d/NAME.conf, sites.d/NAME.keys.
 * One table per block makes the parser, `pressgate check`, --print-config,
 * the sample and the manual page. The rooms behind this door:
 *
 *	conf_text.c    reads a file, refuses what libconfuse lets through
 *	conf_tree.c    a file's blocks and keys; the only user of libconfuse
 *	conf_block.c   what a block says
 *	conf_table*.c  the tables
 *	conf_value.c   "yes", "https://..." into the member of a struct
 *	conf_unit.c    "15s", "256k"
 *	conf_fill.c    a block into its struct, by its table
 *	conf_route.c   a route with its steps
 *	conf_event.c   events with their schemas
 *	conf_site.c    a site's file; conf_keys.c its .keys file
 *	conf_door.c    a site's doors with their keys; conf_source.c its sources
 *	conf_clash.c   what must hold between sites
 *	conf_load.c    all of it
 *	conf_print.c   the tables for people
 *	conf_errors.c  every error found, in the order of the files
 *
 * Loading builds a whole new struct; the caller swaps it in or keeps the
 * old one. Every error is reported, not only the first; but broken grammar, or
 * two blocks with one title, ends the reading of that file.
 */
#ifndef GATE_CONF_H
#define GATE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/err.h"
#include "lib/limit.h"
#include "lib/log.h"
#include "lib/route.h"
#include "lib/site.h"

/* libpq connection strings or URIs, or a reference (env:, file:, cred:) to
 * one. Each empty one means `url`. */
struct gate_conf_database {
	char *url;
	char *ingest;   /* pressgate-fcgi */
	char *worker;   /* pressgate-worker */
	char *operator; /* pressgate */
	int64_t connect_timeout_ms;
	int64_t call_timeout_ms; /* one call, at the client */
	bool prepared;           /* off behind pgbouncer before 1.21 */
};

struct gate_conf_fcgi {
	char *listen; /* path of the Unix socket */
	char *group;  /* of the socket; empty: the process's own */
	char *user;   /* to become when started as root */
	int64_t mode; /* of the socket, 0660 */
	int64_t processes;
	int64_t backlog;
	char *mount;                /* prefix taken off REQUEST_URI, or "" */
	int64_t request_timeout_ms; /* one request from accept to answer */
	int64_t requests_per_child; /* then it is replaced; 0: never */
	bool plain_http;            /* false: 403 unless HTTPS or loopback */
	char *trusted_proxies;      /* comma separated addresses */
};

struct gate_conf_worker {
	char *poke; /* path of the datagram socket; "" none */
	char *user;
	int64_t in_flight; /* calls at once in this process */
	int64_t claim_max; /* jobs a claim */
	int64_t poll_min_ms;
	int64_t poll_max_ms;
	int64_t flush_ms; /* a finished job waits this long for others */
	int64_t flush_max;
	int64_t stop_s; /* for calls in hand after SIGTERM */
};

/* What one host takes. */
struct gate_conf_limits {
	struct gate_limit address; /* events of one client, good or bad */
	struct gate_limit site;    /* events of a site that has no own limit */
	struct gate_limit get;     /* of one client, and of one site */
	int64_t depth; /* of the queue; past it events are refused; 0: never */
};

/* What is kept on local disk while the database is away. */
struct gate_conf_spool {
	char *path; /* a folder, relative to dir */
	int64_t files;
	int64_t bytes;
};

struct gate_conf {
	char *path;
	char *dir; /* of path; relative references start here */
	enum gate_log_level log_level;
	char *endpoint;  /* public address of the gate, or "" */
	char *metrics;   /* lib/metrics.h's name; "": private */
	char *sites_dir; /* as written; relative to dir */
	struct gate_conf_database database;
	struct gate_conf_fcgi fcgi;
	struct gate_conf_worker worker;
	struct gate_conf_limits limits;
	struct gate_conf_spool spool;
	struct gate_policy policies[GATE_URGENCY_COUNT];
	struct gate_service *services;
	size_t service_count;
	struct gate_sites sites;
	struct gate_conf_trees *trees; /* the files as read, for printing */
};

/* One line of trouble: "file:line: key: what, expected ...". */
typedef void gate_conf_report(const char *line, void *ctx);

/* Which secrets a program reads; the others stay on disk. */
enum gate_conf_want {
	GATE_CONF_INGEST = 1 << 0, /* sites' keys */
	GATE_CONF_VENDOR = 1 << 1, /* services' secrets */
	GATE_CONF_ALL = 3,
	/* With INGEST: also their text, to try it in other readings. No
	 * program that serves wants it. */
	GATE_CONF_TEXT = 1 << 2
};

/*
 * Loads and validates everything.
 *
 * want    a set of enum gate_conf_want: what else is not read at all
 * report  called for each error, in the order of the files
 * Returns GATE_OK. GATE_E_CONF: pressgate.conf is bad; *out is NULL.
 *         A bad site file is reported and left out, sites.incomplete is set,
 *         *bad_sites counts them, and GATE_OK is returned.
 *         GATE_E_NOMEM.
 * Secrets are not in *out unless wanted; free wipes them.
 */
enum gate_code gate_conf_load(const char *path, unsigned int want,
    gate_conf_report *report, void *ctx, struct gate_conf **out,
    size_t *bad_sites) GATE_MUSTCHECK;
void gate_conf_free(struct gate_conf *c);

/* Who connects to the database. */
enum gate_conf_role {
	GATE_CONF_ROLE_OWNER, /* always `url`: makes the schema */
	GATE_CONF_ROLE_INGEST,
	GATE_CONF_ROLE_WORKER,
	GATE_CONF_ROLE_OPERATOR
};

/*
 * The connection string of one role: its own key, else `url`; a reference
 * is read now, so that a program needs only its own.
 *
 * out  the caller's to free; may hold a password
 * Returns GATE_OK, GATE_E_CONF (reference), GATE_E_NOMEM.
 */
enum gate_code gate_conf_database_url(const struct gate_conf *c,
    enum gate_conf_role role, char **out, struct gate_err *err) GATE_MUSTCHECK;

/* All keys with their values in force, secrets as "***" (a reference to
 * one is shown), to f. */
void gate_conf_print(const struct gate_conf *c, FILE *f);
/* A commented sample of pressgate.conf, or of a site's file, with every key
 * and its default. */
void gate_conf_print_sample(FILE *f);
void gate_conf_print_site_sample(FILE *f);
/* Every key as troff for pressgate.conf(5). */
void gate_conf_print_manual(FILE *f);

/* Of libconfuse: "3.3" */
const char *gate_conf_version(void);

#define GATE_CONF_PATH_ENV "PRESSGATE_CONF"

#endif

/*
 * One request on its way through the rooms, and what the rooms share: the
 * child process's tools. Everything a room needs is reached from here, and
 * nothing else is.
 */
#ifndef FCGI_VISIT_H
#define FCGI_VISIT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/dummy.h"
#include "fcgi/group.h"
#include "fcgi/limits.h"
#include "fcgi/lookup.h"
#include "fcgi/outcome.h"
#include "fcgi/plain.h"
#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "fcgi/router.h"
#include "fcgi/settings.h"
#include "lib/buf.h"
#include "lib/canonical.h"
#include "lib/crypto.h"
#include "lib/db.h"
#include "lib/err.h"
#include "lib/event.h"
#include "lib/site.h"
#include "lib/trace.h"

/* What a serving process works with. Buffers keep their memory. */
struct tools {
	const struct settings *settings;
	struct limits *limits;         /* NULL: there are none */
	struct spool *spool;           /* NULL: none is needed, or no good */
	struct gate_db *db;            /* connects when first used */
	const struct group_seat *seat; /* NULL: alone */
	struct plain plain;
	struct lookup lookup;
	struct gate_dummy dummy; /* for sites and keys that do not exist */
	struct gate_buf body;
	struct gate_buf page; /* JSON of a GET */
	struct gate_canonical canonical;
	struct gate_schema_fault fault; /* of the event in hand */
	char etag[17];
	char restart[40];
	int64_t ready_at_ms; /* monotonic; when ready() was asked last */
	bool ready;
};

struct visit {
	struct tools *tools;
	const struct request *request;
	const struct request_body *body;
	struct router_match match;

	/* The client, once a door that needs HTTPS is entered. */
	struct gate_address address;
	bool has_address;

	/* Found on the way; for the log. */
	const struct gate_site *site; /* NULL: unknown */
	const char *source;      /* a third party's name; NULL: none, unknown */
	const char *key_id;      /* which secret or key signed; NULL: none */
	const char *hmac_key_id; /* the second one, where there are two */
	const char *why;         /* a rule that failed; NULL: see outcome */
	const char *where;       /* in the body it did; NULL: nowhere */
	struct gate_span idempotency_key; /* empty until verified */
	struct gate_trace trace;
	bool has_trace;
	const char *stage;   /* where the pipeline ended; NULL: not in it */
	bool has_jobs;       /* the worker has something to do */
	bool is_spooled;     /* it is on disk, and not in the database */
	struct gate_err err; /* of ours: logged where the visit ends */
	struct reply reply;
};

/* A database call may take so long; with it an answer is out within 3 s. */
#define VISIT_DB_MS 2500

/* What inbox_store() works with. Borrows from the tools. */
struct inbox_tools visit_inbox(struct visit *v);

/*
 * Deals with a request from its params to its outcome, which is in
 * v->reply.outcome too. v has tools, request and body.
 */
enum outcome visit_run(struct visit *v);

#endif

/*
 * The responder's whole business with the database: one table of
 * statements, and the one call that stores a delivery.
 */
#ifndef FCGI_INBOX_H
#define FCGI_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fcgi/group.h"
#include "fcgi/outcome.h"
#include "lib/codec.h"
#include "lib/crypto.h"
#include "lib/db.h"
#include "lib/err.h"
#include "lib/span.h"

enum inbox_stmt {
	INBOX_CATALOG,
	INBOX_INGEST,
	INBOX_INGEST_PLAIN,
	INBOX_RESULTS,
	INBOX_EVENT,
	INBOX_READY,
	INBOX_REJECTIONS,
	INBOX_DEPTH,
	INBOX_USES,
	INBOX_STMT_COUNT
};

extern const struct gate_stmt inbox_stmts[INBOX_STMT_COUNT];

/* The replay guard; scope empty: none is needed. */
struct inbox_guard {
	struct gate_span scope;
	struct gate_span value;
	unsigned char digest[GATE_SHA256_BYTES];
	int64_t expires_ms; /* wall */
};

struct inbox_event {
	struct gate_uuid id;
	struct gate_span type;
	struct gate_span key;
	struct gate_span second_key; /* empty: none */
	unsigned char fingerprint[GATE_SHA256_BYTES];
	struct gate_span object_ref; /* empty: none */
	bool has_occurred;
	int64_t occurred_ms;
	struct gate_span canonical; /* JSON text */
};

struct gate_route;

struct inbox_job {
	int32_t event; /* ordinal, from 1 */
	int32_t lane;
	int32_t route;
	const char *step;
	const char *mode;
	struct gate_span serial;     /* empty: not serial */
	struct gate_span coalesce;   /* empty: none */
	const char *error;           /* mode bury: the cause; else NULL */
	const struct gate_route *of; /* for the spool; NULL out of it */
};

/* One HTTP delivery. All borrowed. */
struct inbox_delivery {
	int32_t site_id;
	int32_t source_id; /* 0: one of the own doors */
	struct inbox_guard guard;
	const char *scheme;
	const char *key_id;
	struct gate_span created_by;
	const char *address;         /* NULL: unknown */
	struct gate_span user_agent; /* visible ASCII; empty: none */
	const char *traceparent;
	struct gate_span signed_headers; /* JSON text */
	int64_t received_ms;             /* wall; 0: now, else by ingest() */
	int64_t key_ttl_s;
	int64_t second_ttl_s; /* of second keys; 0: as the keys */
	struct gate_span raw;
	int32_t fp_version;
	const struct inbox_event *events;
	size_t event_count;
	const struct inbox_job *jobs;
	size_t job_count;
};

/* What became of one event. */
struct inbox_receipt {
	enum outcome outcome; /* ACCEPTED, DUPLICATE, CONFLICT, REPLAYED */
	char event_id[GATE_UUID_TEXT]; /* the first one's if a duplicate */
};

/*
 * gate_db_call, and once more if the connection was lost and time is left.
 * For statements that may be repeated: all of the table, since ingest()
 * knows its event ids again.
 */
enum gate_code inbox_call(struct gate_db *db, enum inbox_stmt stmt,
    const struct gate_param *params, size_t count, int64_t until_ms,
    struct gate_rows **rows, struct gate_err *err) GATE_MUSTCHECK;

struct plain;

/* With what it is stored. */
struct inbox_tools {
	struct gate_db *db;
	struct plain *plain;
	uint32_t plain_type;           /* gate_catalog_plain_type() */
	const struct group_seat *seat; /* among others; NULL: alone */
};

/*
 * Stores a delivery: one call of ingest(), or of ingest_plain() for what is
 * plain. That may be another process's call, which stores several processes'
 * events. If the connection broke in it, so that nobody knows whether it was
 * committed, it is repeated once with the same event ids, which the database
 * recognises; the same when a call for several failed.
 *
 * until_ms  monotonic
 * receipts  event_count of them, written only on GATE_OK
 * Returns codes of gate_db_call; GATE_E_BUG (an answer that is none).
 */
enum gate_code inbox_store(const struct inbox_tools *t,
    const struct inbox_delivery *d, int64_t until_ms,
    struct inbox_receipt *receipts, struct gate_err *err) GATE_MUSTCHECK;

#endif

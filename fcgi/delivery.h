/*
 * One POST on its way through the pipeline: what its stages have found, and
 * its last stage, which makes it rows.
 */
#ifndef FCGI_DELIVERY_H
#define FCGI_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fcgi/inbox.h"
#include "fcgi/outcome.h"
#include "fcgi/scheme.h"
#include "fcgi/visit.h"
#include "lib/address.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/span.h"
#include "lib/trace.h"

/* Serial and coalesce keys of all jobs together. */
#define DELIVERY_KEYS_MAX 2048
#define DELIVERY_AGENT_MAX 256

/* What is done with an event that is stored. */
enum delivery_fate {
	DELIVERY_ROUTED,
	DELIVERY_UNROUTED, /* nothing */
	DELIVERY_BURIED    /* its jobs are dead letters at once */
};

struct delivery {
	struct visit *visit;
	const struct scheme *scheme;
	struct gate_proof proof;
	struct gate_identity who; /* once the signature holds */
	struct gate_span raw;
	struct gate_json *body;
	struct gate_span type;
	enum delivery_fate fate;
	char cause[GATE_EVENT_CAUSE_MAX]; /* of those that are buried */
	struct gate_json *shaped; /* as it is stored; NULL: as the body is */
	struct gate_buf shaped_text;
	bool key_is_signed;         /* the body carries it */
	bool is_away;               /* the database: ids are not known */
	int64_t until_ms;           /* monotonic; for the database */
	struct lookup_answer found; /* ids, and what is to be done */
	struct gate_buf keys;       /* what the jobs' keys borrow from */
	struct gate_json *document; /* the canonical form; NULL until needed */
};

/* Who sent it, in the words that are kept. */
struct delivery_audit {
	char agent[DELIVERY_AGENT_MAX];
	char from[GATE_ADDRESS_TEXT];
	char traceparent[GATE_TRACEPARENT_TEXT];
};

/*
 * Fills address, agent and traceparent of *in, which then borrows from *a.
 * The sender's trace goes on; without one a new one starts here.
 * Returns GATE_OK, GATE_E_SYS.
 */
enum gate_code delivery_audit(struct visit *v, struct delivery_audit *a,
    struct inbox_delivery *in) GATE_MUSTCHECK;

/*
 * Stores what has been found: one SQL call. Returns ACCEPTED, DUPLICATE,
 * CONFLICT, REPLAYED, with the event's id in the visit's reply, or what a
 * failure of ours looks like.
 */
enum outcome delivery_store(struct delivery *d) GATE_MUSTCHECK;

/* What a failure of ours looks like; sees to it that the log will name it. */
enum outcome delivery_trouble(
    struct delivery *d, enum gate_code code) GATE_MUSTCHECK;

#endif

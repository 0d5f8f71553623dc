/*
 * One delivery of a third party on its way through the pipeline of
 * fcgi/gateway.c: what its stages have found.
 */
#ifndef FCGI_ARRIVAL_H
#define FCGI_ARRIVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fcgi/inbox.h"
#include "fcgi/outcome.h"
#include "fcgi/request.h"
#include "fcgi/visit.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/provider.h"
#include "lib/source.h"
#include "lib/webhook.h"

struct arrival {
	struct visit *visit;
	const struct gate_source *source; /* NULL: unknown */
	bool is_refused; /* the client is not on the source's list */
	struct gate_hook_header headers[REQUEST_PARAMS_MAX];
	struct gate_hook hook;
	struct gate_verdict verdict;
	struct gate_webhook_in in;
	struct gate_webhook webhook;
	int64_t until_ms; /* monotonic; for the database */
	bool is_away;     /* the database: ids are not known */
	int32_t site_id, source_id;
	struct inbox_job *jobs; /* of all events */
	size_t job_count;
	struct gate_buf keys; /* what the jobs' keys borrow from */
};

void arrival_clear(struct arrival *a);

/*
 * What is to be done with the events: ids, and a job for each route that
 * takes one. What cannot be read is a job all the same, to be buried where
 * people look.
 * Returns OUTCOME_NONE, or what a failure of ours looks like.
 */
enum outcome arrival_find_jobs(struct arrival *a) GATE_MUSTCHECK;

/*
 * Stores the events: one SQL call. Returns ACCEPTED (one at least is new),
 * DUPLICATE, REPLAYED, with the answer that the provider wants in the visit's
 * reply; or what a failure of ours looks like.
 */
enum outcome arrival_store(struct arrival *a) GATE_MUSTCHECK;

/* What becomes of it while the database is away: the provider's profile. */
enum gate_away arrival_away(const struct arrival *a);

/* What a failure of ours looks like; sees to it that the log will name it. */
enum outcome arrival_trouble(
    struct arrival *a, enum gate_code code) GATE_MUSTCHECK;

#endif

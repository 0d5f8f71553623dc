/*
 * What finish() is told of a job, as one JSON object (sql/README.md lists
 * the members). Written into the job's own buffer; a secret of the service
 * that was called is taken out of everything that came from outside.
 */
#ifndef WORKER_ITEM_H
#define WORKER_ITEM_H

#include "lib/buf.h"
#include "lib/json.h"
#include "lib/span.h"
#include "worker/job.h"

struct item_try {
	const struct outcome *outcome;
	int64_t duration_ms;
	int64_t started_us;            /* wall; 0: there was no call */
	struct gate_span request_id;   /* the vendor's; or empty */
	const struct gate_json *usage; /* or NULL */
};

/* Each writes the whole item, whatever was there. t may be NULL: no try. */
enum gate_code item_next(struct job *j, const struct item_try *t,
    const struct gate_json *output, const struct gate_step *next,
    int32_t lane_id) GATE_MUSTCHECK;
/* status "done" or "dry_run"; output may be NULL; result is JSON text. */
enum gate_code item_done(struct job *j, const struct item_try *t,
    const struct gate_json *output, const char *status,
    struct gate_span result) GATE_MUSTCHECK;
enum gate_code item_retry(
    struct job *j, const struct item_try *t, int64_t delay_ms) GATE_MUSTCHECK;
enum gate_code item_dead(
    struct job *j, const struct item_try *t) GATE_MUSTCHECK;
/* "cancelled", "mirrored" or "release". */
enum gate_code item_plain(struct job *j, const char *to) GATE_MUSTCHECK;

#endif

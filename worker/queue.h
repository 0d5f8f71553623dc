/*
 * The worker's side of the database: the table of statements, and one
 * connection with at most one statement under way. The worker has two, one
 * that asks (claim, beat) and one that tells (finish), so that a slow finish
 * never keeps a beat back.
 */
#ifndef WORKER_QUEUE_H
#define WORKER_QUEUE_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/conf.h"
#include "lib/db.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/metrics.h"

enum queue_call {
	QUEUE_CATALOG,
	QUEUE_START,
	QUEUE_STOP,
	QUEUE_BEAT,
	QUEUE_TAKEOVER,
	QUEUE_PAUSED,
	QUEUE_PARTITIONS,
	QUEUE_CLAIM,
	QUEUE_RENEW,
	QUEUE_GIVE_BACK,
	QUEUE_FINISH,
	QUEUE_CALL_COUNT /* nothing under way */
};

/* Columns of the claim statement, in its order. */
enum queue_claim_column {
	CLAIM_PAIR,
	CLAIM_ID,
	CLAIM_EVENT_ID,
	CLAIM_SITE_ID,
	CLAIM_LANE_ID,
	CLAIM_ROUTE_ID,
	CLAIM_STEP,
	CLAIM_MODE,
	CLAIM_CLAIM_NO,
	CLAIM_ATTEMPT,
	CLAIM_CRASHES,
	CLAIM_MAX_ATTEMPT,
	CLAIM_LEASE_S,
	CLAIM_DUE_US,
	CLAIM_NOW_US,
	CLAIM_WINDOW_LEFT_MS,
	CLAIM_CANCEL,
	CLAIM_KEY_SALT,
	CLAIM_SERIAL_KEY,
	CLAIM_LAST_ERROR,
	CLAIM_OBJECT_REF,
	CLAIM_IDEMPOTENCY_KEY,
	CLAIM_TRACEPARENT,
	CLAIM_CANONICAL,
	CLAIM_STEPS
};

struct queue {
	struct gate_db *db;
	const struct gate_log *log;
	struct gate_metrics *metrics;
	enum queue_call call;
	int64_t not_before_ms; /* after a failure */
	bool away;             /* the last statement did not get through */
};

enum gate_code queue_open(struct queue *q, const struct gate_conf *conf,
    const struct gate_log *log, struct gate_metrics *metrics,
    struct gate_err *err) GATE_MUSTCHECK;
void queue_close(struct queue *q);

/* True if a statement may be begun. */
bool queue_is_ready(const struct queue *q, int64_t now_ms);
/* Begins one. A failure is logged here, nothing is under way then, and the
 * queue is not ready for a pause: a caller that asks again when its wish is
 * still due need not look at what this returns. */
enum gate_code queue_begin(struct queue *q, enum queue_call call,
    const struct gate_param *params, size_t count, int64_t now_ms);
/*
 * Makes progress. False: wait. True: *call is over with *rc (as from
 * gate_db_step; failures are logged) and *rows, to be freed by the caller.
 */
bool queue_step(struct queue *q, int64_t now_ms, enum queue_call *call,
    enum gate_code *rc, struct gate_rows **rows, struct gate_err *err);

/* For the one wait; fd -1 if there is nothing to wait on. */
void queue_poll(const struct queue *q, struct pollfd *out);
/* When queue_step must be called at the latest. */
int64_t queue_deadline_ms(const struct queue *q);

#endif

/*
 * What pressgate-worker counts, as one table; lib/metrics counts.
 */
#ifndef WORKER_COUNTERS_H
#define WORKER_COUNTERS_H

#include <stdint.h>

#include "lib/http.h"
#include "lib/metrics.h"
#include "worker/outcome.h"

/* Indices into counters_table. */
enum counter {
	COUNTER_STARTS,
	COUNTER_HELD, /* a gauge */
	COUNTER_CLAIMS,
	COUNTER_CLAIMED,
	COUNTER_WAIT,         /* a histogram: from due to claimed */
	COUNTER_CALL,         /* a histogram: one call */
	COUNTER_CALLS_STATUS, /* 1xx to 5xx and beyond, by status / 100 - 1 */
	COUNTER_CALLS_END = COUNTER_CALLS_STATUS + 6, /* + gate_http_end */
	COUNTER_OK = COUNTER_CALLS_END + GATE_HTTP_END_COUNT - 1,
	COUNTER_REHEARSED,
	COUNTER_RETRY,
	COUNTER_DEAD, /* + outcome_cause - 1 */
	COUNTER_FENCED = COUNTER_DEAD + CAUSE_COUNT - 1,
	COUNTER_FINISHES,
	COUNTER_FINISHED,
	COUNTER_DB_AWAY,
	COUNTER_DB_REFUSED,
	COUNTER_COUNT
};

extern const struct gate_metric counters_table[COUNTER_COUNT];

/* A call has ended: its status or end, and its time. */
void counters_call(struct gate_metrics *m, const struct gate_http_answer *a);
/* A job died of a cause. */
void counters_death(struct gate_metrics *m, enum outcome_cause cause);

#endif

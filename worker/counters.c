/*
 * The table of counters, and which of them an answer or a death belongs to.
 * Labels are of closed sets: what a service or a sender writes never becomes
 * one.
 */
#include "config.h"

#include "worker/counters.h"

#define CALLS(at, status)                                                      \
	[at] = {"pressgate_calls_total", "status=\"" status "\"",              \
	    GATE_COUNTER, "Calls of services that ended, by status or end."}
#define STATUS(n, status) CALLS(COUNTER_CALLS_STATUS + (n)-1, status)
#define END(end, status) CALLS(COUNTER_CALLS_END + (end)-1, status)
#define TRIES(at, labels)                                                      \
	[at] = {"pressgate_attempts_total", labels, GATE_COUNTER,              \
	    "Tries of jobs' steps that ended, by what came of them."}
#define DEAD(cause, name)                                                      \
	TRIES(COUNTER_DEAD + (cause)-1, "outcome=\"dead\",cause=\"" name "\"")
#define DATABASE(at, kind)                                                     \
	[at] = {"pressgate_worker_database_errors_total", "kind=\"" kind "\"", \
	    GATE_COUNTER,                                                      \
	    "Statements that did not get through, or were refused."}

const struct gate_metric counters_table[COUNTER_COUNT] = {
    [COUNTER_STARTS] = {"pressgate_worker_starts_total", NULL, GATE_COUNTER,
	"Worker processes started."},
    [COUNTER_HELD] = {"pressgate_worker_jobs_held", NULL, GATE_GAUGE,
	"Jobs that living workers hold now."},
    [COUNTER_CLAIMS] = {"pressgate_claims_total", NULL, GATE_COUNTER,
	"Claims that the database answered, also with no job."},
    [COUNTER_CLAIMED] = {"pressgate_claimed_jobs_total", NULL, GATE_COUNTER,
	"Jobs claimed."},
    [COUNTER_WAIT] = {"pressgate_job_wait_seconds", NULL, GATE_HISTOGRAM,
	"Time a due job waited for a worker, each time it was claimed."},
    [COUNTER_CALL] = {"pressgate_call_seconds", NULL, GATE_HISTOGRAM,
	"Time that calls of services took."},
    STATUS(1, "1xx"),
    STATUS(2, "2xx"),
    STATUS(3, "3xx"),
    STATUS(4, "4xx"),
    STATUS(5, "5xx"),
    STATUS(6, "other"),
    END(GATE_HTTP_REFUSED_ADDRESS, "refused_address"),
    END(GATE_HTTP_CONNECT, "connect"),
    END(GATE_HTTP_TLS, "tls"),
    END(GATE_HTTP_TIMEOUT, "timeout"),
    END(GATE_HTTP_TOO_LARGE, "too_large"),
    TRIES(COUNTER_OK, "outcome=\"ok\""),
    TRIES(COUNTER_REHEARSED, "outcome=\"dry_run\""),
    TRIES(COUNTER_RETRY, "outcome=\"retry\""),
    DEAD(CAUSE_POISON, "poison"),
    DEAD(CAUSE_CONFIG, "config"),
    DEAD(CAUSE_REMOTE_4XX, "remote_4xx"),
    DEAD(CAUSE_REMOTE_5XX, "remote_5xx"),
    DEAD(CAUSE_TIMEOUT, "timeout"),
    DEAD(CAUSE_TLS, "tls"),
    DEAD(CAUSE_REFUSED_ADDRESS, "refused_address"),
    DEAD(CAUSE_BREAKER, "breaker"),
    DEAD(CAUSE_BUDGET, "budget"),
    DEAD(CAUSE_SCHEMA, "schema"),
    [COUNTER_FENCED] = {"pressgate_fenced_jobs_total", NULL, GATE_COUNTER,
	"Jobs whose end came too late: they were no longer ours."},
    [COUNTER_FINISHES] = {"pressgate_finishes_total", NULL, GATE_COUNTER,
	"Batches of ended tries that were stored."},
    [COUNTER_FINISHED] = {"pressgate_finished_jobs_total", NULL, GATE_COUNTER,
	"Ended tries that were stored."},
    DATABASE(COUNTER_DB_AWAY, "away"),
    DATABASE(COUNTER_DB_REFUSED, "refused"),
};

void
counters_call(struct gate_metrics *m, const struct gate_http_answer *a)
{
	size_t i;

	if (a->end != GATE_HTTP_ANSWERED)
		i = COUNTER_CALLS_END + (size_t)a->end - 1;
	else if (a->status >= 100 && a->status < 600)
		i = COUNTER_CALLS_STATUS + (size_t)a->status / 100 - 1;
	else
		i = COUNTER_CALLS_END - 1;
	gate_metrics_add(m, i, 1);
	gate_metrics_observe_ms(m, COUNTER_CALL, a->duration_ms);
}

void
counters_death(struct gate_metrics *m, enum outcome_cause cause)
{
	GATE_ASSERT(cause > CAUSE_NONE && cause < CAUSE_COUNT);
	gate_metrics_add(m, COUNTER_DEAD + (size_t)cause - 1, 1);
}

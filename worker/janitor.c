/*
 * Housekeeping. Decides when; what is done is the database's function.
 * There are 26 weeks of partitions ahead, so a day's delay is nothing and a
 * failure (a long reader holds the lock) is tried again without haste.
 */
#include "config.h"

#include "worker/janitor.h"

#define DAY_MS (24 * 3600 * INT64_C(1000))
#define AGAIN_MS (3600 * INT64_C(1000))

bool
janitor_is_due(const struct worker *w, int64_t now_ms)
{
	return w->id != 0 && w->stage == STAGE_RUNNING &&
	    now_ms >= w->asks.janitor_ms;
}

void
janitor_begin(struct worker *w, int64_t now_ms)
{
	w->asks.janitor_ms = now_ms + AGAIN_MS;
	(void)queue_begin(&w->asks.q, QUEUE_PARTITIONS, NULL, 0, now_ms);
}

void
janitor_done(struct worker *w, enum gate_code rc, const struct gate_rows *rows,
    int64_t now_ms)
{
	struct gate_log_line l;

	if (rc != GATE_OK)
		return;
	w->asks.janitor_ms = now_ms + DAY_MS;
	if (gate_rows_i64(rows, 0, 0) == 0)
		return;
	gate_log_start(&l, w->log, GATE_LOG_INFO, "worker", "partitions");
	gate_log_i64(&l, "made", gate_rows_i64(rows, 0, 0));
	gate_log_end(&l);
}

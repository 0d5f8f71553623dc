/*
 * What is in hand is named, and the database gives back the rest. It goes
 * through all its jobs for that, so it is not asked again and again: where
 * it cannot answer in time, the leases' end brings the jobs back as well.
 *
 * Nothing else is asked meanwhile on this connection, so no job can be
 * claimed between the naming and the giving.
 */
#include "config.h"

#include "worker/doubt.h"

#define TRIES 3
#define PAUSE_MS 2000
#define ARRAY_MAX 1048576 /* the names of 10,000 jobs, and to spare */

void
doubt_note(struct worker *w)
{
	w->asks.doubts = TRIES;
	w->asks.doubt_ms = 0;
}

bool
doubt_is_due(const struct worker *w, int64_t now_ms)
{
	/* Away: a beat finds out when it is back, and costs less. */
	return w->id != 0 && w->asks.doubts > 0 &&
	    now_ms >= w->asks.doubt_ms && !w->asks.q.away;
}

static void
put_held(const struct job_list *l, struct gate_array *ids,
    struct gate_array *claim_nos)
{
	const struct job *j;

	for (j = l->first; j != NULL; j = j->next) {
		gate_array_put_i64(ids, j->id);
		gate_array_put_i64(claim_nos, j->claim_no);
	}
}

void
doubt_begin(struct worker *w, int64_t now_ms)
{
	char id[GATE_PARAM_I64_TEXT];
	struct gate_array ids, claim_nos;
	struct gate_param params[3];

	gate_array_init(&ids, ARRAY_MAX);
	gate_array_init(&claim_nos, ARRAY_MAX);
	put_held(&w->calls, &ids, &claim_nos);
	put_held(&w->flush.list, &ids, &claim_nos);
	w->asks.doubts--;
	w->asks.doubt_ms = now_ms + PAUSE_MS;
	params[0] = gate_param_i64(w->id, id);
	if (gate_array_param(&ids, &params[1]) == GATE_OK &&
	    gate_array_param(&claim_nos, &params[2]) == GATE_OK)
		(void)queue_begin(
		    &w->asks.q, QUEUE_GIVE_BACK, params, 3, now_ms);
	gate_array_clear(&ids);
	gate_array_clear(&claim_nos);
}

void
doubt_done(struct worker *w, enum gate_code rc, const struct gate_rows *rows,
    int64_t now_ms)
{
	struct gate_log_line l;

	if (rc != GATE_OK)
		return;
	w->asks.doubts = 0;
	if (gate_rows_i64(rows, 0, 0) == 0)
		return;
	w->asks.claim_ms = now_ms;
	gate_log_start(&l, w->log, GATE_LOG_WARN, "worker", "gave_back");
	gate_log_i64(&l, "jobs", gate_rows_i64(rows, 0, 0));
	gate_log_end(&l);
}

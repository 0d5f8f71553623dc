/*
 * Finishing in batches. An item that the database refuses must not hold up
 * the others: a refused batch is told again one by one. A batch whose fate
 * is unknown is told again as it is: what had been written is fenced then.
 */
#include "config.h"

#include "worker/flush.h"

#include "lib/clock.h"
#include "worker/counters.h"
#include "worker/course.h"
#include "worker/leases.h"

#define BATCH_BYTES 4194304 /* above that a batch ends with what it has */

void
flush_put(struct worker *w, struct job *j)
{
	struct flush *t = &w->flush;

	if (t->list.count == 0)
		t->since_ms = gate_mono_ms();
	job_list_put(&t->list, j);
	leases_note(w, j); /* it was in a batch perhaps, and not looked at */
}

void
flush_fenced(struct worker *w)
{
	w->counts.fenced++;
	gate_metrics_add(w->metrics, COUNTER_FENCED, 1);
}

void
flush_drop(struct worker *w, struct job *j)
{
	j->lost = true;
	if (j->in_batch)
		return;
	flush_fenced(w);
	job_list_remove(&w->flush.list, j);
	job_free(j);
}

static bool
is_due(const struct worker *w, int64_t now_ms)
{
	const struct gate_conf_worker *c = &w->setup->conf->worker;
	const struct flush *t = &w->flush;

	return t->list.count > 0 &&
	    (w->stage >= STAGE_RELEASING ||
		(int64_t)t->list.count >= c->flush_max ||
		t->list.first->doubted || now_ms - t->since_ms >= c->flush_ms);
}

/* The first jobs of the list as one JSON array; a doubted one alone. */
static size_t
put_batch(const struct flush *t, struct gate_buf *out)
{
	const struct job *j;
	size_t n = 0;

	(void)gate_buf_put_byte(out, '[');
	for (j = t->list.first; j != NULL && n < t->batch_max; j = j->next) {
		struct gate_span item = gate_buf_span(&j->item);

		if (n > 0 && (j->doubted || out->n + item.n > BATCH_BYTES))
			break;
		if (n > 0)
			(void)gate_buf_put_byte(out, ',');
		(void)gate_buf_put(out, item);
		n++;
		if (j->doubted)
			break;
	}
	(void)gate_buf_put_byte(out, ']');
	return n;
}

void
flush_go(struct worker *w, int64_t now_ms)
{
	struct flush *t = &w->flush;
	char id[GATE_PARAM_I64_TEXT];
	struct gate_param params[2];
	struct gate_buf batch;
	struct job *j;
	size_t n, i;

	if (!queue_is_ready(&t->q, now_ms) || !is_due(w, now_ms))
		return;
	gate_buf_init(&batch, SIZE_MAX / 4);
	n = put_batch(t, &batch);
	params[0] = gate_param_i64(w->id, id);
	params[1] = gate_param_text(gate_buf_span(&batch));
	if (batch.failed == GATE_OK &&
	    queue_begin(&t->q, QUEUE_FINISH, params, 2, now_ms) == GATE_OK) {
		t->batch_count = n;
		for (i = 0, j = t->list.first; i < n; i++, j = j->next)
			j->in_batch = true;
	} else if (batch.failed != GATE_OK) {
		t->q.not_before_ms = now_ms + 1000; /* no memory: later */
	}
	gate_buf_clear(&batch);
}

static bool
is_settled(const struct gate_rows *rows, const struct job *j)
{
	size_t i, n = gate_rows_count(rows);

	for (i = 0; i < n; i++)
		if (gate_rows_i64(rows, i, 0) == j->id)
			return gate_rows_bool(rows, i, 1);
	return false;
}

static struct job *
take_first(struct flush *t)
{
	struct job *j = t->list.first;

	job_list_remove(&t->list, j);
	j->in_batch = false;
	t->batch_count--;
	return j;
}

static void
fenced(struct worker *w, const struct job *j)
{
	struct gate_log_line l;

	flush_fenced(w);
	gate_log_start(&l, w->log, GATE_LOG_WARN, "job", "fenced");
	gate_log_str(&l, "request_id", j->event_id);
	gate_log_i64(&l, "job", j->id);
	gate_log_i64(&l, "claim_no", j->claim_no);
	gate_log_end(&l);
}

static void
settled(struct worker *w, const struct gate_rows *rows)
{
	struct flush *t = &w->flush;
	struct job *j;

	while (t->batch_count > 0) {
		j = take_first(t);
		if (is_settled(rows, j))
			gate_metrics_add(w->metrics, COUNTER_FINISHED, 1);
		else
			fenced(w, j);
		job_free(j);
	}
	gate_metrics_add(w->metrics, COUNTER_FINISHES, 1);
	t->since_ms = t->settled_ms = gate_mono_ms();
	w->asks.quiet_pairs = 0; /* next steps are due now */
	t->batch_max *= 2;
	if (t->batch_max > (size_t)w->setup->conf->worker.flush_max)
		t->batch_max = (size_t)w->setup->conf->worker.flush_max;
}

/* Takes the jobs of a batch that settled nothing back. One that was claimed
 * anew meanwhile must not be told beside its successor. */
static void
take_back(struct worker *w, bool doubted)
{
	struct flush *t = &w->flush;
	struct job *j = t->list.first, *next;

	w->asks.lease_first_ms = 0; /* while they were told none was renewed */
	for (; t->batch_count > 0; t->batch_count--) {
		next = j->next;
		j->in_batch = false;
		j->doubted = j->doubted || doubted;
		if (j->lost)
			flush_drop(w, j);
		j = next;
	}
}

/* In doubt: the same items again, fewer at a time. */
static void
keep(struct worker *w)
{
	struct flush *t = &w->flush;

	take_back(w, false);
	t->batch_max = t->batch_max > 1 ? t->batch_max / 2 : 1;
}

static void
refused(struct worker *w, const struct gate_err *err)
{
	if (w->flush.batch_count > 1)
		take_back(w, true);
	else
		course_refused(w, take_first(&w->flush), err->text);
}

void
flush_step(struct worker *w, int64_t now_ms)
{
	struct flush *t = &w->flush;
	struct gate_err err = {GATE_OK, ""};
	struct gate_rows *rows = NULL;
	enum queue_call call;
	enum gate_code rc;

	if (!queue_step(&t->q, now_ms, &call, &rc, &rows, &err))
		return;
	if (rc == GATE_OK)
		settled(w, rows);
	else if (rc == GATE_E_DB_HARD || rc == GATE_E_LIMIT)
		refused(w, &err);
	else
		keep(w);
	gate_rows_free(rows);
}

int64_t
flush_wake_ms(const struct worker *w)
{
	const struct flush *t = &w->flush;
	int64_t at;

	if (t->q.call != QUEUE_CALL_COUNT)
		return queue_deadline_ms(&t->q);
	if (t->list.count == 0)
		return INT64_MAX;
	at = t->since_ms; /* if it is due for another reason than time */
	if (!is_due(w, at))
		at += w->setup->conf->worker.flush_ms;
	return at > t->q.not_before_ms ? at : t->q.not_before_ms;
}

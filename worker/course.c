/*
 * What happens to a job. Decisions are job.c's, shapes are item.c's; here
 * they meet, and each finished try becomes one line of the log. The text of
 * an error may quote a vendor, so it goes to the database only.
 */
#include "config.h"

#include "worker/course.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/crypto.h"
#include "worker/counters.h"
#include "worker/doc.h"
#include "worker/item.h"
#include "worker/leases.h"
#include "worker/send.h"
#include "worker/step.h"
#include "worker/flush.h"

#define RESULT_MAX 1048576 /* what a site may fetch in one entry */

static uint64_t
draw(void)
{
	uint64_t r;

	if (gate_random(&r, sizeof(r)) != GATE_OK)
		r = (uint64_t)gate_mono_ms() * 2654435761u;
	return r;
}

static void
log_try(const struct worker *w, const struct job *j, const char *to,
    const struct item_try *t)
{
	const struct outcome *o = t->outcome;
	struct gate_log_line l;

	gate_log_start(&l, w->log, GATE_LOG_INFO, "job", to);
	gate_log_str(&l, "request_id", j->event_id);
	gate_log_str(&l, "site", j->site != NULL ? j->site->name : "");
	gate_log_str(&l, "route", j->route != NULL ? j->route->name : "");
	gate_log_str(&l, "step", j->step_name);
	gate_log_str(&l, "outcome",
	    o->kind == OUTCOME_OK ? "ok" : outcome_cause_name(o->cause));
	gate_log_i64(&l, "code", o->status);
	gate_log_i64(&l, "duration_ms", t->duration_ms);
	gate_log_i64(&l, "attempt", j->attempt);
	gate_log_end(&l);
}

static void
log_lost(const struct worker *w, const struct job *j, const char *ev,
    const char *why)
{
	struct gate_log_line l;

	gate_log_start(&l, w->log, GATE_LOG_ERROR, "job", ev);
	gate_log_str(&l, "request_id", j->event_id);
	gate_log_i64(&l, "job", j->id);
	gate_log_str(&l, "error", why);
	gate_log_end(&l);
}

/* Hands the job to flush.c. rc: how writing its item went. */
static void
hand_over(struct worker *w, struct job *j, enum gate_code rc)
{
	job_list_remove(&w->calls, j);
	if (j->state == JOB_CALLING)
		tally_take(&w->calling, j->step->service->name);
	job_move(j, JOB_FINISHED);
	if (j->lost) { /* somebody else's by now, perhaps ours again */
		flush_fenced(w);
		job_free(j);
		return;
	}
	if (rc == GATE_OK) {
		gate_json_free(j->doc); /* the item has all that is left */
		gate_json_free(j->steps);
		j->doc = j->steps = NULL;
		flush_put(w, j);
		return;
	}
	log_lost(w, j, "dropped", gate_code_name(rc));
	job_free(j);
}

static void
die(struct worker *w, struct job *j, const struct item_try *t)
{
	log_try(w, j, "dead", t);
	w->counts.died++;
	counters_death(w->metrics, t->outcome->cause);
	hand_over(w, j, item_dead(j, t));
}

/* Death without a call, or after one whose answer leads nowhere. */
static void
die_of(struct worker *w, struct job *j, const struct item_try *t,
    enum outcome_cause cause, const char *text)
{
	struct item_try last = {.duration_ms = 0};
	struct outcome o;

	outcome_dead(&o, cause, "%s", text);
	if (t != NULL) {
		last = *t;
		o.status = t->outcome->status;
	}
	last.outcome = &o;
	die(w, j, &last);
}

static void
retry_or_die(struct worker *w, struct job *j, const struct item_try *t)
{
	int64_t delay_ms = 0;
	int64_t elapsed_ms = gate_mono_ms() - j->claimed_ms;

	if (job_judge(j, t->outcome, elapsed_ms, draw(), &delay_ms) !=
	    JOB_RETRY) {
		die(w, j, t);
		return;
	}
	log_try(w, j, "retry", t);
	w->counts.retried++;
	gate_metrics_add(w->metrics, COUNTER_RETRY, 1);
	hand_over(w, j, item_retry(j, t, delay_ms));
}

/* Something of ours ran short: as if the service had been away. */
static void
stumble(struct worker *w, struct job *j, const struct gate_err *err)
{
	struct item_try t = {.duration_ms = 0};
	struct outcome o;

	outcome_dead(&o, CAUSE_REMOTE_5XX, "not sent: %s", err->text);
	o.kind = OUTCOME_RETRY;
	t.outcome = &o;
	retry_or_die(w, j, &t);
}

static bool
is_ours(enum gate_code rc)
{
	return rc == GATE_E_NOMEM || rc == GATE_E_SYS || rc == GATE_E_BUG;
}

static void
call(struct worker *w, struct job *j)
{
	const struct gate_service *s = j->step->service;
	struct gate_err err = {GATE_OK, ""};
	struct call c;
	enum gate_code rc;

	if ((int64_t)tally_of(&w->calling, s->name) >= s->in_flight) {
		course_release(w, j); /* see lanes.h: it may bring too many */
		return;
	}
	call_init(&c);
	rc = step_render(j->step, j->doc, &c, &err);
	if (rc == GATE_OK)
		rc = tally_add(&w->calling, s->name);
	if (rc == GATE_OK) {
		rc = send_call(w->http, j, &c, &err);
		if (rc != GATE_OK)
			tally_take(&w->calling, s->name);
	}
	call_clear(&c);
	if (rc == GATE_OK)
		job_move(j, JOB_CALLING);
	else if (is_ours(rc))
		stumble(w, j, &err);
	else
		die_of(w, j, NULL, CAUSE_CONFIG, err.text);
}

static void
rehearse(struct worker *w, struct job *j)
{
	struct outcome o = {.kind = OUTCOME_OK, .retry_after_ms = -1};
	struct item_try t = {.outcome = &o};
	struct gate_buf result;
	enum gate_code rc;

	gate_buf_init(&result, RESULT_MAX * 4);
	rc = step_put_rehearsal(j, &result);
	if (rc == GATE_OK) {
		log_try(w, j, "dry_run", &t);
		w->counts.done++;
		gate_metrics_add(w->metrics, COUNTER_REHEARSED, 1);
		hand_over(w, j,
		    item_done(
			j, NULL, NULL, "dry_run", gate_buf_span(&result)));
	} else {
		die_of(w, j, NULL, CAUSE_CONFIG, "the dry run is too long");
	}
	gate_buf_clear(&result);
}

void
course_begin(struct worker *w, struct job *j)
{
	struct outcome why;
	struct item_try t = {.outcome = &why};
	enum job_order order = job_decide(j, &why);

	job_list_put(&w->calls, j);
	leases_note(w, j);
	if (w->stage != STAGE_RUNNING) { /* its claim was under way */
		course_release(w, j);
		return;
	}
	if (j->doc == NULL && (order == JOB_CALL || order == JOB_REHEARSE)) {
		die_of(w, j, NULL, CAUSE_CONFIG,
		    "the stored event cannot be read");
		return;
	}
	switch (order) {
	case JOB_CALL:
		call(w, j);
		break;
	case JOB_REHEARSE:
		rehearse(w, j);
		break;
	case JOB_SHELVE:
		hand_over(w, j, item_plain(j, "mirrored"));
		break;
	case JOB_CANCEL:
		hand_over(w, j, item_plain(j, "cancelled"));
		break;
	case JOB_DIE:
		die(w, j, &t);
		break;
	}
}

static void
go_on(struct worker *w, struct job *j, const struct item_try *t,
    const struct gate_json *output)
{
	const struct gate_step *next = job_step_after(j);
	int32_t lane = gate_catalog_lane(w->catalog, j->route->urgency,
	    next->service->name, j->route->name, j->replay);

	if (lane == 0) {
		die_of(w, j, t, CAUSE_CONFIG,
		    "the next step has no lane: run "
		    "pressgate apply");
		return;
	}
	log_try(w, j, "next", t);
	gate_metrics_add(w->metrics, COUNTER_OK, 1);
	hand_over(w, j, item_next(j, t, output, next, lane));
}

static void
complete(struct worker *w, struct job *j, const struct item_try *t,
    const struct gate_json *output)
{
	struct gate_err err = {GATE_OK, "no memory"};
	struct gate_buf result;
	enum gate_code rc;

	gate_buf_init(&result, RESULT_MAX);
	rc = doc_put_output(j, j->step->name, output);
	if (rc == GATE_OK)
		rc = doc_put_result(j, output, &result, &err);
	if (rc == GATE_OK) {
		log_try(w, j, "done", t);
		w->counts.done++;
		gate_metrics_add(w->metrics, COUNTER_OK, 1);
		hand_over(w, j,
		    item_done(j, t, output, "done", gate_buf_span(&result)));
	} else {
		die_of(w, j, t, CAUSE_CONFIG, err.text);
	}
	gate_buf_clear(&result);
}

void
course_answer(struct worker *w, struct job *j, const struct gate_http_answer *a)
{
	int64_t now_ms = gate_wall_ms();
	struct call_answer ans;
	struct item_try t = {.outcome = &ans.outcome,
	    .duration_ms = a->duration_ms,
	    .request_id = a->request_id,
	    .started_us = (now_ms - a->duration_ms) * 1000};

	counters_call(w->metrics, a);
	step_answer(j->step, a, now_ms, &ans);
	t.usage = ans.usage;
	if (ans.outcome.kind != OUTCOME_OK)
		retry_or_die(w, j, &t);
	else if (job_step_after(j) != NULL)
		go_on(w, j, &t, ans.output);
	else
		complete(w, j, &t, ans.output);
	call_answer_clear(&ans);
}

void
course_release(struct worker *w, struct job *j)
{
	hand_over(w, j, item_plain(j, "release"));
}

void
course_refused(struct worker *w, struct job *j, const char *why)
{
	struct item_try t = {.duration_ms = 0};
	struct outcome o;

	log_lost(w, j, j->buried_alone ? "dropped" : "refused", why);
	if (j->buried_alone) {
		job_free(j);
		return;
	}
	outcome_dead(
	    &o, CAUSE_POISON, "the database refused what became of it");
	t.outcome = &o;
	j->buried_alone = true;
	counters_death(w->metrics, o.cause);
	if (item_dead(j, &t) == GATE_OK)
		flush_put(w, j);
	else
		job_free(j);
}

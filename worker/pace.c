/*
 * Claiming. Nothing is claimed while results cannot be told: each job in
 * hand keeps its slot until it is settled, so a database that is away
 * stops the worker instead of filling its memory.
 */
#include "config.h"

#include "worker/pace.h"

#include <stdlib.h>
#include <string.h>

#include "worker/claim.h"
#include "worker/counters.h"
#include "worker/course.h"
#include "worker/doubt.h"
#include "worker/flush.h"

static size_t
free_slots(const struct worker *w)
{
	const struct gate_conf_worker *c = &w->setup->conf->worker;
	size_t slots = (size_t)c->in_flight, held = loop_held(w), n;

	n = slots > held ? slots - held : 0;
	return n < (size_t)c->claim_max ? n : (size_t)c->claim_max;
}

bool
pace_is_due(const struct worker *w, int64_t now_ms)
{
	return w->stage == STAGE_RUNNING && w->id != 0 &&
	    w->asks.lanes != NULL && lanes_count(w->asks.lanes) > 0 &&
	    now_ms >= w->asks.claim_ms && !w->flush.q.away && free_slots(w) > 0;
}

static void
count_held(const struct job_list *l, struct lanes_room *room)
{
	const struct job *j;

	for (j = l->first; j != NULL; j = j->next)
		room->held[j->urgency]++;
}

static bool
make_plan(struct worker *w, int64_t now_ms)
{
	const struct gate_conf *conf = w->setup->conf;
	size_t n = claim_service_count(conf), i;
	size_t *free_calls = calloc(n, sizeof(*free_calls));
	struct lanes_room room = {.total = free_slots(w),
	    .slots = (size_t)conf->worker.in_flight,
	    .service_free = free_calls};

	if (free_calls == NULL)
		return false;
	count_held(&w->calls, &room);
	count_held(&w->flush.list, &room);
	for (i = 0; i < conf->service_count; i++) {
		const struct gate_service *s = &conf->services[i];
		size_t busy = tally_of(&w->calling, s->name);

		if (busy < (size_t)s->in_flight)
			free_calls[i] = (size_t)s->in_flight - busy;
	}
	free_calls[n - 1] = room.total; /* jobs of these are only ended */
	lanes_ask(w->asks.lanes, &room, now_ms, &w->asks.plan);
	free(free_calls);
	return true;
}

void
pace_begin(struct worker *w, int64_t now_ms)
{
	struct asks *a = &w->asks;

	a->claim_begun_ms = now_ms;
	a->claim_ms = now_ms + w->setup->conf->worker.poll_min_ms;
	if (!make_plan(w, now_ms))
		return;
	if (a->plan.count == 0) { /* all paused or all services full */
		a->claim_ms = now_ms + a->idle_ms;
		return;
	}
	(void)claim_begin(&a->q, w->id, a->lanes, &a->plan, now_ms);
}

/* The same job claimed twice by us: our first lease ran out. Nothing may be
 * told of it twice in one batch. */
static void
forget_older(struct worker *w, const struct job *fresh)
{
	struct job *j, *next;

	for (j = w->calls.first; j != NULL; j = j->next)
		if (j->id == fresh->id)
			j->lost = true;
	for (j = w->flush.list.first; j != NULL; j = next) {
		next = j->next;
		if (j->id == fresh->id)
			flush_drop(w, j);
	}
}

static void
count_claim(const struct worker *w, const struct gate_rows *rows)
{
	size_t i, n = gate_rows_count(rows);

	gate_metrics_add(w->metrics, COUNTER_CLAIMS, 1);
	gate_metrics_add(w->metrics, COUNTER_CLAIMED, n);
	for (i = 0; i < n; i++)
		gate_metrics_observe_ms(w->metrics, COUNTER_WAIT,
		    (gate_rows_i64(rows, i, CLAIM_NOW_US) -
			gate_rows_i64(rows, i, CLAIM_DUE_US)) /
			1000);
}

static void
pace(struct worker *w, bool more, size_t got, int64_t now_ms)
{
	const struct gate_conf_worker *c = &w->setup->conf->worker;
	struct asks *a = &w->asks;

	if (got > 0) {
		a->idle_ms = c->poll_min_ms;
		a->quiet_pairs = 0;
		a->claim_ms = more ? now_ms : now_ms + c->poll_min_ms;
		return;
	}
	if (a->claim_begun_ms > w->flush.settled_ms)
		a->quiet_pairs += a->plan.count;
	a->idle_ms = a->idle_ms * 2;
	if (a->idle_ms < c->poll_min_ms)
		a->idle_ms = c->poll_min_ms;
	if (a->idle_ms > c->poll_max_ms)
		a->idle_ms = c->poll_max_ms;
	a->claim_ms = now_ms + a->idle_ms;
}

void
pace_done(struct worker *w, enum gate_code rc, const struct gate_rows *rows,
    int64_t now_ms)
{
	struct asks *a = &w->asks;
	size_t i, n;
	bool more;

	if (rc == GATE_E_DB_RETRY)
		doubt_note(w);
	if (rc != GATE_OK)
		return;
	count_claim(w, rows);
	n = gate_rows_count(rows);
	for (i = 0; i < n; i++) {
		struct job *j;

		if (claim_take(rows, i, w->setup, w->catalog, a->lanes,
			&a->plan, &j) != GATE_OK)
			continue;    /* no memory: its lease runs out */
		if (j->claim_no > 1) /* else nobody had it before */
			forget_older(w, j);
		course_begin(w, j);
	}
	more = lanes_learn(a->lanes, &a->plan);
	pace(w, more, n, now_ms);
}

void
pace_poke(struct worker *w, int64_t now_ms)
{
	struct asks *a = &w->asks;
	int64_t at = a->claim_begun_ms + w->setup->conf->worker.poll_min_ms;

	a->idle_ms = w->setup->conf->worker.poll_min_ms;
	if (a->claim_ms > at)
		a->claim_ms = at > now_ms ? at : now_ms;
}

bool
pace_are_quiet(const struct worker *w)
{
	size_t i, n, open = 0;

	if (w->asks.lanes == NULL || w->id == 0)
		return false;
	n = lanes_count(w->asks.lanes);
	for (i = 0; i < n; i++)
		open += !lanes_at(w->asks.lanes, i)->paused;
	return loop_held(w) == 0 && (open == 0 || w->asks.quiet_pairs >= open);
}

/*
 * What the worker asks the database, as one table in order of urgency: an
 * identity before all else, a beat before a claim, because a worker that
 * does not beat loses what it claims.
 */
#include "config.h"

#include "worker/asks.h"

#include "lib/num.h"
#include "worker/beats.h"
#include "worker/doubt.h"
#include "worker/pace.h"
#include "worker/janitor.h"
#include "worker/leases.h"
#include "worker/places.h"

/* The first row that is due is begun. */
static const struct {
	enum queue_call call;
	bool (*is_due)(const struct worker *w, int64_t now_ms);
	void (*begin)(struct worker *w, int64_t now_ms);
	void (*done)(struct worker *w, enum gate_code rc,
	    const struct gate_rows *rows, int64_t now_ms);
} wishes[] = {
    {QUEUE_GIVE_BACK, doubt_is_due, doubt_begin, doubt_done},
    {QUEUE_STOP, beats_stop_is_due, beats_stop_begin, beats_stop_done},
    {QUEUE_CATALOG, places_catalog_is_due, places_catalog_begin,
	places_catalog_done},
    {QUEUE_START, beats_start_is_due, beats_start_begin, beats_start_done},
    {QUEUE_BEAT, beats_beat_is_due, beats_beat_begin, beats_beat_done},
    {QUEUE_RENEW, leases_is_due, leases_begin, leases_done},
    {QUEUE_TAKEOVER, beats_takeover_is_due, beats_takeover_begin,
	beats_takeover_done},
    {QUEUE_PAUSED, places_paused_is_due, places_paused_begin,
	places_paused_done},
    {QUEUE_PARTITIONS, janitor_is_due, janitor_begin, janitor_done},
    {QUEUE_CLAIM, pace_is_due, pace_begin, pace_done},
};

void
asks_go(struct worker *w, int64_t now_ms)
{
	size_t i = 0;

	w->asks.gone_ms = now_ms;
	leases_look(w, now_ms);
	if (!queue_is_ready(&w->asks.q, now_ms))
		return;
	while (i < GATE_COUNT(wishes) && !wishes[i].is_due(w, now_ms))
		i++;
	if (i < GATE_COUNT(wishes))
		wishes[i].begin(w, now_ms);
}

void
asks_step(struct worker *w, int64_t now_ms)
{
	struct gate_err err = {GATE_OK, ""};
	struct gate_rows *rows = NULL;
	enum queue_call call;
	enum gate_code rc;
	size_t i;

	if (!queue_step(&w->asks.q, now_ms, &call, &rc, &rows, &err))
		return;
	for (i = 0; i < GATE_COUNT(wishes); i++)
		if (wishes[i].call == call)
			wishes[i].done(w, rc, rows, now_ms);
	gate_rows_free(rows);
}

int64_t
asks_wake_ms(const struct worker *w)
{
	const struct asks *a = &w->asks;
	const int64_t times[] = {a->beat_ms, a->paused_ms, a->claim_ms,
	    a->catalog_ms, a->janitor_ms, a->renew_ms, a->lease_first_ms,
	    a->doubts > 0 ? a->doubt_ms : INT64_MAX};
	int64_t at = INT64_MAX;
	size_t i;

	if (a->q.call != QUEUE_CALL_COUNT)
		return queue_deadline_ms(&a->q);
	/* A time that is past and whose wish is not due now waits for
	 * something else than time. */
	for (i = 0; i < GATE_COUNT(times); i++)
		if (times[i] > a->gone_ms && times[i] < at)
			at = times[i];
	for (i = 0; i < GATE_COUNT(wishes); i++)
		if (wishes[i].is_due(w, a->gone_ms))
			at = a->gone_ms;
	return at > a->q.not_before_ms ? at : a->q.not_before_ms;
}

/*
 * Identity and signs of life. A worker that has not registered claims
 * nothing; one that looks silent to others loses its leases to them, so a
 * beat goes before everything but the first registration.
 */
#include "config.h"

#include "worker/beats.h"

#include <unistd.h>

#define BEAT_MS 5000 /* three of them fit in before we look silent */
#define HOST_MAX 256

bool
beats_start_is_due(const struct worker *w, int64_t now_ms)
{
	(void)now_ms;
	return w->id == 0 && w->stage == STAGE_RUNNING;
}

void
beats_start_begin(struct worker *w, int64_t now_ms)
{
	char host[HOST_MAX], pid[GATE_PARAM_I64_TEXT];
	struct gate_param params[3];

	if (gethostname(host, sizeof(host)) != 0)
		host[0] = '\0';
	host[sizeof(host) - 1] = '\0';
	params[0] = gate_param_str(host);
	params[1] = gate_param_i64((int64_t)getpid(), pid);
	params[2] = gate_param_str(PACKAGE_VERSION);
	(void)queue_begin(&w->asks.q, QUEUE_START, params, 3, now_ms);
}

void
beats_start_done(struct worker *w, enum gate_code rc,
    const struct gate_rows *rows, int64_t now_ms)
{
	struct gate_log_line l;

	if (rc != GATE_OK)
		return;
	w->id = gate_rows_i64(rows, 0, 0);
	w->asks.beat_ms = now_ms;
	gate_log_start(&l, w->log, GATE_LOG_INFO, "worker", "registered");
	gate_log_i64(&l, "worker", w->id);
	gate_log_end(&l);
}

bool
beats_beat_is_due(const struct worker *w, int64_t now_ms)
{
	return w->id != 0 && now_ms >= w->asks.beat_ms;
}

void
beats_beat_begin(struct worker *w, int64_t now_ms)
{
	char id[GATE_PARAM_I64_TEXT], held[GATE_PARAM_I64_TEXT];
	struct gate_param params[2];

	params[0] = gate_param_i64(w->id, id);
	params[1] = gate_param_i64((int64_t)loop_held(w), held);
	if (queue_begin(&w->asks.q, QUEUE_BEAT, params, 2, now_ms) != GATE_OK)
		peers_forget(&w->asks.peers);
	w->asks.beat_begun_ms = now_ms;
}

void
beats_beat_done(struct worker *w, enum gate_code rc,
    const struct gate_rows *rows, int64_t now_ms)
{
	struct asks *a = &w->asks;
	size_t i, n;

	if (rc != GATE_OK) {
		/* Others could not beat either: their silence says nothing. */
		peers_forget(&a->peers);
		a->beat_ms = now_ms;
		return;
	}
	a->beat_ms = a->beat_begun_ms + BEAT_MS;
	peers_begin(&a->peers, a->beat_begun_ms);
	n = gate_rows_count(rows);
	for (i = 0; i < n; i++)
		if (gate_rows_i64(rows, i, 0) != w->id)
			peers_silent(&a->peers, gate_rows_i64(rows, i, 0),
			    gate_rows_i64(rows, i, 1));
	peers_end(&a->peers);
	if (a->suspect.id == 0 &&
	    !peers_take(&a->peers, a->beat_begun_ms, &a->suspect))
		a->suspect.id = 0;
}

bool
beats_takeover_is_due(const struct worker *w, int64_t now_ms)
{
	(void)now_ms;
	return w->id != 0 && w->asks.suspect.id != 0;
}

void
beats_takeover_begin(struct worker *w, int64_t now_ms)
{
	char id[GATE_PARAM_I64_TEXT], silent[GATE_PARAM_I64_TEXT];
	char beat[GATE_PARAM_I64_TEXT];
	struct gate_param params[3];

	params[0] = gate_param_i64(w->id, id);
	params[1] = gate_param_i64(w->asks.suspect.id, silent);
	params[2] = gate_param_i64(w->asks.suspect.beat_us, beat);
	(void)queue_begin(&w->asks.q, QUEUE_TAKEOVER, params, 3, now_ms);
}

void
beats_takeover_done(struct worker *w, enum gate_code rc,
    const struct gate_rows *rows, int64_t now_ms)
{
	struct asks *a = &w->asks;
	struct gate_log_line l;

	if (rc == GATE_OK) {
		gate_log_start(&l, w->log, GATE_LOG_WARN, "worker", "takeover");
		gate_log_i64(&l, "silent", a->suspect.id);
		gate_log_i64(&l, "jobs", gate_rows_i64(rows, 0, 0));
		gate_log_end(&l);
		a->claim_ms = now_ms;
	}
	/* Else it is found silent again, with two new looks. */
	if (!peers_take(&a->peers, a->beat_begun_ms, &a->suspect))
		a->suspect.id = 0;
}

bool
beats_stop_is_due(const struct worker *w, int64_t now_ms)
{
	(void)now_ms;
	/* Who leaves jobs behind says nothing: silence brings them back
	 * sooner than their leases. */
	return w->id != 0 && w->stage == STAGE_LEAVING && !w->asks.told_stop &&
	    w->flush.list.count == 0;
}

void
beats_stop_begin(struct worker *w, int64_t now_ms)
{
	char id[GATE_PARAM_I64_TEXT];
	struct gate_param param = gate_param_i64(w->id, id);

	if (queue_begin(&w->asks.q, QUEUE_STOP, &param, 1, now_ms) == GATE_OK)
		w->asks.told_stop = true;
}

void
beats_stop_done(struct worker *w, enum gate_code rc,
    const struct gate_rows *rows, int64_t now_ms)
{
	(void)rc; /* silence says the same, only later */
	(void)rows;
	(void)now_ms;
	w->stage = STAGE_GONE;
}

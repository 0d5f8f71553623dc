/*
 * The loop. Owns the wait, the signals and the stages; takes no decision
 * about jobs. kill -9 at any line loses nothing: what is not settled in the
 * database is claimed again when its lease is over or its worker silent.
 */
#include "config.h"

#include "worker/loop.h"

#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/num.h"
#include "lib/proc.h"
#include "worker/asks.h"
#include "worker/pace.h"
#include "worker/counters.h"
#include "worker/course.h"
#include "worker/poke.h"
#include "worker/flush.h"

#define RELEASE_MS 5000 /* to tell the last results after the last call */
#define LEAVE_MS 2000   /* to say good-bye */
#define WAIT_MAX_MS 5000
/* worker.in_flight at its greatest: a reload may raise it, and libcurl lets
 * what is too many wait without a timeout. */
#define CONNECTIONS_MAX 10000

size_t
loop_held(const struct worker *w)
{
	return w->calls.count + w->flush.list.count;
}

static void
enter(struct worker *w, enum stage stage, int64_t by_ms)
{
	w->stage = stage;
	w->stage_by_ms = by_ms;
}

/* Calls that are under way are cut; their jobs go back untouched. */
static void
release_all(struct worker *w)
{
	struct gate_err err;

	gate_http_free(w->http);
	w->http = NULL;
	while (w->calls.first != NULL)
		course_release(w, w->calls.first);
	if (gate_http_new(1, &w->http, &err) != GATE_OK) {
		gate_log_err(w->log, GATE_LOG_ERROR, "worker", "stop", &err);
		w->exit_code = EXIT_TROUBLE;
		w->stage = STAGE_GONE; /* nothing to wait with */
	}
}

/* A --once run that has all it needs, or no time for another call. */
static bool
is_time_to_stop(const struct worker *w, int64_t now_ms)
{
	const struct gate_conf *c = w->setup->conf;
	int64_t longest_ms = 0, runtime_ms = w->settings->max_runtime_ms;
	size_t i;

	if (!w->settings->once)
		return false;
	if (pace_are_quiet(w))
		return true;
	for (i = 0; i < c->service_count; i++)
		if (c->services[i].timeout_ms > longest_ms)
			longest_ms = c->services[i].timeout_ms;
	if (longest_ms > runtime_ms / 2)
		longest_ms = runtime_ms / 2;
	return now_ms - w->started_ms >= runtime_ms - longest_ms;
}

/* When calls must have ended: time to flush is kept from a --once run. */
static int64_t
stop_by_ms(const struct worker *w, int64_t now_ms)
{
	int64_t runtime_ms = w->settings->max_runtime_ms, reserve_ms;
	int64_t by = now_ms + w->setup->conf->worker.stop_s * 1000;

	if (!w->settings->once)
		return by;
	reserve_ms = runtime_ms / 4 < 3000 ? runtime_ms / 4 : 3000;
	return w->started_ms + runtime_ms - reserve_ms;
}

static void
check_stage(struct worker *w, int64_t now_ms)
{
	if (w->stage == STAGE_RUNNING && is_time_to_stop(w, now_ms))
		enter(w, STAGE_STOPPING, stop_by_ms(w, now_ms));
	if (w->stage == STAGE_STOPPING &&
	    (w->calls.count == 0 || now_ms >= w->stage_by_ms)) {
		enter(w, STAGE_RELEASING, now_ms + RELEASE_MS);
		release_all(w);
	}
	if (w->stage == STAGE_RELEASING &&
	    (now_ms >= w->stage_by_ms ||
		(w->flush.list.count == 0 && w->asks.q.call != QUEUE_CLAIM)))
		enter(w, STAGE_LEAVING, now_ms + LEAVE_MS);
	if (w->stage == STAGE_LEAVING &&
	    (w->id == 0 || now_ms >= w->stage_by_ms))
		w->stage = STAGE_GONE;
}

/* The first TERM waits for calls, the second does not. */
static void
on_stop(struct worker *w, int64_t now_ms)
{
	struct gate_log_line l;

	gate_log_start(&l, w->log, GATE_LOG_INFO, "worker", "stopping");
	gate_log_i64(&l, "calls", (int64_t)w->calls.count);
	gate_log_i64(&l, "untold", (int64_t)w->flush.list.count);
	gate_log_end(&l);
	gate_proc_notify("STOPPING=1");
	if (w->stage == STAGE_RUNNING)
		enter(w, STAGE_STOPPING, stop_by_ms(w, now_ms));
	else if (w->stage == STAGE_STOPPING)
		w->stage_by_ms = now_ms;
}

/* The new configuration comes into force with the next catalog
 * (places.c); any error in it keeps the old one whole. */
static void
on_reload(struct worker *w)
{
	struct setup *fresh;
	struct gate_log_line l;
	bool ok = setup_load(w->settings->conf_path, w->log, &fresh) == GATE_OK;

	if (ok && fresh->bad_sites > 0) {
		setup_drop(fresh);
		ok = false;
	}
	gate_log_start(&l, w->log, ok ? GATE_LOG_INFO : GATE_LOG_ERROR,
	    "worker", ok ? "reloaded" : "reload_refused");
	gate_log_end(&l);
	if (!ok)
		return;
	setup_drop(w->next_setup);
	w->next_setup = fresh;
}

static void
take_signals(struct worker *w, int64_t now_ms)
{
	struct signalfd_siginfo s;

	while (read(w->signal_fd, &s, sizeof(s)) == (ssize_t)sizeof(s)) {
		if (s.ssi_signo == SIGHUP)
			on_reload(w);
		else
			on_stop(w, now_ms);
	}
}

static int64_t
wake_ms(const struct worker *w, int64_t now_ms)
{
	int64_t at = asks_wake_ms(w), flush = flush_wake_ms(w);

	if (flush < at)
		at = flush;
	if (w->stage > STAGE_RUNNING && w->stage_by_ms < at)
		at = w->stage_by_ms;
	if (at - now_ms > WAIT_MAX_MS)
		return WAIT_MAX_MS;
	return at > now_ms ? at - now_ms : 0;
}

static enum gate_code
wait_once(struct worker *w, struct gate_err *err)
{
	struct pollfd fds[4];
	enum gate_code rc;

	queue_poll(&w->asks.q, &fds[0]);
	queue_poll(&w->flush.q, &fds[1]);
	fds[2] = (struct pollfd){.fd = w->signal_fd, .events = POLLIN};
	fds[3] = (struct pollfd){.fd = w->poke_fd, .events = POLLIN};
	rc = gate_http_wait(
	    w->http, fds, GATE_COUNT(fds), wake_ms(w, gate_mono_ms()), err);
	if (rc != GATE_OK)
		return rc;
	if (fds[2].revents != 0)
		take_signals(w, gate_mono_ms());
	if (fds[3].revents != 0) {
		poke_drain(w->poke_fd);
		pace_poke(w, gate_mono_ms());
	}
	return GATE_OK;
}

static void
take_answers(struct worker *w)
{
	struct gate_http_answer a;
	void *job;

	while (w->http != NULL && gate_http_next(w->http, &a, &job))
		course_answer(w, job, &a);
}

static void
run(struct worker *w)
{
	struct gate_err err = {GATE_OK, ""};

	while (w->stage != STAGE_GONE) {
		asks_go(w, gate_mono_ms());
		flush_go(w, gate_mono_ms());
		if (wait_once(w, &err) != GATE_OK) {
			gate_log_err(
			    w->log, GATE_LOG_ERROR, "worker", "wait", &err);
			w->exit_code = EXIT_TROUBLE;
			break;
		}
		asks_step(w, gate_mono_ms());
		flush_step(w, gate_mono_ms());
		take_answers(w);
		check_stage(w, gate_mono_ms());
		gate_metrics_set(w->metrics, COUNTER_HELD, loop_held(w));
	}
}

static enum gate_code
open_signals(struct worker *w, struct gate_err *err)
{
	sigset_t wait_mask, set;
	/* They stay blocked: a handler would race with the wait. */
	enum gate_code rc = gate_proc_signals(NULL, &wait_mask, err);

	if (rc != GATE_OK)
		return rc;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	w->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return w->signal_fd < 0 ? gate_err_sys(err, "signalfd") : GATE_OK;
}

/* Without the socket work is found by polling: that is no reason to stop. */
static void
open_poke(struct worker *w)
{
	const char *path = w->setup->conf->worker.poke;
	struct gate_err err;

	if (w->settings->once || path == NULL || path[0] == '\0')
		return;
	if (poke_open(path, &w->poke_fd, &err) != GATE_OK)
		gate_log_err(w->log, GATE_LOG_WARN, "worker", "poke", &err);
}

static enum gate_code
open_all(struct worker *w, struct gate_err *err)
{
	const struct gate_conf *c = w->setup->conf;
	enum gate_code rc = open_signals(w, err);

	if (rc == GATE_OK)
		rc = gate_http_new(CONNECTIONS_MAX, &w->http, err);
	if (rc == GATE_OK)
		rc = queue_open(&w->asks.q, c, w->log, w->metrics, err);
	if (rc == GATE_OK)
		rc = queue_open(&w->flush.q, c, w->log, w->metrics, err);
	if (rc != GATE_OK)
		return rc;
	open_poke(w);
	w->asks.idle_ms = c->worker.poll_min_ms;
	w->flush.batch_max = (size_t)c->worker.flush_max;
	w->started_ms = gate_mono_ms();
	return GATE_OK;
}

static void
close_all(struct worker *w)
{
	gate_http_free(w->http);
	queue_close(&w->asks.q);
	queue_close(&w->flush.q);
	job_list_free(&w->calls);
	job_list_free(&w->flush.list);
	tally_clear(&w->calling);
	lanes_free(w->asks.lanes);
	gate_catalog_free(w->catalog);
	poke_close(w->poke_fd, w->setup->conf->worker.poke);
	if (w->signal_fd >= 0)
		(void)close(w->signal_fd);
	setup_drop(w->next_setup);
	setup_drop(w->setup);
}

static void
log_end(const struct worker *w)
{
	struct gate_log_line l;

	gate_log_start(&l, w->log, GATE_LOG_INFO, "worker", "stopped");
	gate_log_i64(&l, "done", w->counts.done);
	gate_log_i64(&l, "retried", w->counts.retried);
	gate_log_i64(&l, "died", w->counts.died);
	gate_log_i64(&l, "fenced", w->counts.fenced);
	gate_log_i64(&l, "untold", (int64_t)w->flush.list.count);
	gate_log_end(&l);
}

int
loop_run(const struct settings *settings, const struct gate_log *log,
    struct gate_metrics *metrics, struct setup *setup)
{
	struct worker w = {.settings = settings,
	    .log = log,
	    .metrics = metrics,
	    .setup = setup,
	    .signal_fd = -1,
	    .poke_fd = -1};
	struct gate_err err = {GATE_OK, ""};

	if (open_all(&w, &err) != GATE_OK) {
		gate_log_err(log, GATE_LOG_ERROR, "worker", "start", &err);
		w.exit_code =
		    err.code == GATE_E_CONF ? EXIT_CONFIG : EXIT_TROUBLE;
	} else {
		gate_proc_notify("READY=1");
		run(&w);
		if (w.exit_code == 0 &&
		    (w.flush.list.count > 0 || (settings->once && w.id == 0)))
			w.exit_code = EXIT_TROUBLE;
		log_end(&w);
	}
	close_all(&w);
	return w.exit_code;
}

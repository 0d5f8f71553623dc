/*
 * The pool's process that drains the spool: forked when there is something,
 * gone when there is not. A serving child has no time for it, and the parent
 * no connection. It may be killed at any instant (fcgi/drain.h), and that is
 * how it is stopped.
 */
#include "config.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fcgi/drain.h"
#include "fcgi/keep.h"
#include "fcgi/poke.h"
#include "lib/clock.h"

#define FOR_EVER_MS (INT64_C(1) << 40)

/* Success: something went out, or there was nothing. */
static int
drain_all(const struct child_start *start, const struct settings *settings)
{
	struct lookup lookup = {.catalog = NULL};
	struct drain d = {
	    .lookup = &lookup, .log = start->log, .metrics = start->metrics};
	struct gate_err err = {0};
	struct poke poke;
	enum gate_code code;

	gate_metrics_attach(start->metrics);
	code = spool_open(settings->spool_path, &d.spool, &err);
	if (code == GATE_OK)
		code = child_open_db(&settings->conf->database, &d.db, &err);
	if (code == GATE_OK)
		code = drain_run(&d, FOR_EVER_MS, &err);
	if (d.drained > 0) {
		poke_open(&poke, settings->conf->worker.poke);
		poke_send(&poke);
		poke_close(&poke);
	}
	if (code != GATE_OK)
		gate_log_err(
		    start->log, GATE_LOG_WARN, "drain", "stopped", &err);
	lookup_clear(&lookup);
	gate_db_close(d.db);
	spool_close(d.spool);
	return d.drained > 0 || (code == GATE_OK && d.later == 0)
	    ? EXIT_SUCCESS
	    : EXIT_FAILURE;
}

static bool
is_wanted(const struct settings *settings)
{
	return keep_is_needed(settings->conf);
}

void
drainer_tick(struct drainer *d, const struct child_start *start,
    struct settings *settings)
{
	int64_t now_ms = gate_mono_ms();
	pid_t parent = getpid();

	if (d->pid != 0 || now_ms < d->look_ms || !is_wanted(settings))
		return;
	if (d->pause_ms == 0)
		d->pause_ms = DRAINER_PAUSE_MIN_MS;
	d->look_ms = now_ms + d->pause_ms;
	if (!spool_has_some(settings->spool_path)) {
		d->pause_ms = DRAINER_PAUSE_MIN_MS;
		return;
	}
	d->pid = fork();
	if (d->pid < 0)
		d->pid = 0;
	else if (d->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		exit(getppid() == parent ? drain_all(start, settings)
					 : EXIT_FAILURE);
	}
}

bool
drainer_reap(struct drainer *d, pid_t pid, int status)
{
	if (d->pid == 0 || pid != d->pid)
		return false;
	d->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FAILURE)
		d->pause_ms *= 2;
	else
		d->pause_ms = DRAINER_PAUSE_MIN_MS;
	if (d->pause_ms > DRAINER_PAUSE_MAX_MS)
		d->pause_ms = DRAINER_PAUSE_MAX_MS;
	d->look_ms = gate_mono_ms() + d->pause_ms;
	return true;
}

void
drainer_stop(struct drainer *d)
{
	if (d->pid != 0)
		(void)kill(d->pid, SIGKILL);
	d->look_ms = 0;
}

int64_t
drainer_wait_ms(const struct drainer *d, const struct settings *settings)
{
	int64_t now_ms = gate_mono_ms();

	if (d->pid != 0 || !is_wanted(settings))
		return -1; /* its end wakes the parent */
	return d->look_ms > now_ms ? d->look_ms - now_ms : 0;
}

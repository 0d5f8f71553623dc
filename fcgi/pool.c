/*
 * The pre-fork parent. Owns the children's pids and nothing that a request
 * needs. Signals are blocked but in ppoll, so no test of a flag can miss
 * one. A stop tells the children again every 250 ms: libfcgi is known to
 * lose a TERM, and telling twice costs nothing.
 *
 *	slot:  EMPTY --fork--> RUNS --TERM sent--> LEAVES --gone--> EMPTY
 *	          ^--------------'--gone: fork again after the pause
 */
#include "config.h"

#include "fcgi/pool.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fcgi/drain.h"
#include "fcgi/group.h"
#include "lib/clock.h"
#include "lib/num.h"
#include "lib/proc.h"

#define TELL_EVERY_MS 250
#define STOP_GRACE_MS 1000 /* beyond what a request may take */
#define YOUNG_MS 5000      /* a child that lived shorter failed at start */
#define PAUSE_MIN_MS 100
#define PAUSE_MAX_MS 10000

enum slot_state { SLOT_EMPTY, SLOT_RUNS, SLOT_LEAVES };

struct slot {
	enum slot_state state;
	pid_t pid;
	int64_t started_ms;
	int64_t leave_by_ms; /* KILL then */
};

struct pool {
	const struct child_start *start;
	struct settings *settings;
	struct group *group; /* NULL: children store each for itself */
	/* Old children are still leaving while new ones run. */
	struct slot slots[2 * POOL_CHILDREN_MAX];
	int64_t pause_ms; /* before the next fork; 0: none died young */
	int64_t fork_at_ms;
	int64_t told_ms;
	bool stopping;
	struct drainer drainer;
};

static size_t
count_state(const struct pool *p, enum slot_state state)
{
	size_t i, n = 0;

	for (i = 0; i < GATE_COUNT(p->slots); i++)
		if (p->slots[i].state == state)
			n++;
	return n;
}

static size_t
wanted(const struct pool *p)
{
	int64_t n = p->settings->conf->fcgi.processes;

	if (p->stopping)
		return 0;
	return n < POOL_CHILDREN_MAX ? (size_t)n : POOL_CHILDREN_MAX;
}

static void
log_child(const struct pool *p, enum gate_log_level level, const char *ev,
    pid_t pid, const char *key, int value)
{
	struct gate_log_line l;

	gate_log_start(&l, p->start->log, level, "pool", ev);
	gate_log_i64(&l, "child", pid);
	if (key != NULL)
		gate_log_i64(&l, key, value);
	gate_log_end(&l);
}

/* In the child: everything of the parent's is left behind. */
_Noreturn static void
become_child(struct pool *p, size_t slot, pid_t parent)
{
	struct group_seat seat = {.group = p->group, .index = slot};

	/* A parent that is killed takes its children along: they would hold
	 * the socket and the database with nobody watching. */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	gate_proc_forget(GATE_SIG_STOP);
	gate_proc_forget(GATE_SIG_RELOAD);
	gate_proc_forget(GATE_SIG_CHILD);
	exit(child_run(p->start, p->group == NULL ? NULL : &seat, p->settings));
}

static void
fork_one(struct pool *p)
{
	pid_t parent = getpid(), pid;
	struct gate_err err;
	size_t i;

	for (i = 0; i < GATE_COUNT(p->slots); i++)
		if (p->slots[i].state == SLOT_EMPTY)
			break;
	if (i == GATE_COUNT(p->slots))
		return; /* as many are leaving; when one is gone */
	pid = fork();
	if (pid == 0)
		become_child(p, i, parent);
	if (pid < 0) {
		(void)gate_err_sys(&err, "fork");
		gate_log_err(
		    p->start->log, GATE_LOG_ERROR, "pool", "fork", &err);
		p->fork_at_ms = gate_mono_ms() + PAUSE_MAX_MS;
		return;
	}
	p->slots[i] = (struct slot){
	    .state = SLOT_RUNS, .pid = pid, .started_ms = gate_mono_ms()};
}

static void
fill(struct pool *p)
{
	size_t want = wanted(p);

	while (count_state(p, SLOT_RUNS) < want &&
	    gate_mono_ms() >= p->fork_at_ms) {
		size_t before = count_state(p, SLOT_RUNS);

		fork_one(p);
		if (count_state(p, SLOT_RUNS) == before)
			return;
	}
}

/* A child that dies young dies of something that the next one meets too. */
static void
note_death(struct pool *p, const struct slot *s, int status)
{
	bool failed = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
	int64_t now_ms = gate_mono_ms();

	if (s->state == SLOT_LEAVES)
		return;
	if (WIFSIGNALED(status))
		log_child(p, GATE_LOG_ERROR, "child_killed", s->pid, "signal",
		    WTERMSIG(status));
	else if (failed)
		log_child(p, GATE_LOG_ERROR, "child_failed", s->pid, "exit",
		    WEXITSTATUS(status));
	if (!failed || now_ms - s->started_ms >= YOUNG_MS) {
		p->pause_ms = 0;
		return;
	}
	p->pause_ms = p->pause_ms == 0 ? PAUSE_MIN_MS : 2 * p->pause_ms;
	if (p->pause_ms > PAUSE_MAX_MS)
		p->pause_ms = PAUSE_MAX_MS;
	p->fork_at_ms = now_ms + p->pause_ms;
}

static void
reap(struct pool *p)
{
	int status;
	pid_t pid;
	size_t i;

	gate_proc_forget(GATE_SIG_CHILD);
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (drainer_reap(&p->drainer, pid, status))
			continue;
		for (i = 0; i < GATE_COUNT(p->slots); i++)
			if (p->slots[i].state != SLOT_EMPTY &&
			    p->slots[i].pid == pid)
				break;
		if (i == GATE_COUNT(p->slots))
			continue; /* inherited from who started us */
		note_death(p, &p->slots[i], status);
		if (p->group != NULL)
			group_vacate(p->group, i);
		p->slots[i] = (struct slot){.state = SLOT_EMPTY};
	}
}

/* Tells all that run to leave. */
static void
send_off(struct pool *p)
{
	int64_t by_ms = gate_mono_ms() + STOP_GRACE_MS +
	    p->settings->conf->fcgi.request_timeout_ms;
	size_t i;

	for (i = 0; i < GATE_COUNT(p->slots); i++) {
		if (p->slots[i].state != SLOT_RUNS)
			continue;
		p->slots[i].state = SLOT_LEAVES;
		p->slots[i].leave_by_ms = by_ms;
	}
	p->told_ms = 0;
}

static void
tell_leaving(struct pool *p)
{
	int64_t now_ms = gate_mono_ms();
	size_t i;

	if (now_ms - p->told_ms < TELL_EVERY_MS)
		return;
	p->told_ms = now_ms;
	for (i = 0; i < GATE_COUNT(p->slots); i++) {
		struct slot *s = &p->slots[i];

		if (s->state != SLOT_LEAVES)
			continue;
		if (now_ms < s->leave_by_ms) {
			(void)kill(s->pid, SIGTERM);
			continue;
		}
		log_child(p, GATE_LOG_ERROR, "child_hangs", s->pid, NULL, 0);
		(void)kill(s->pid, SIGKILL);
	}
}

static void
reload(struct pool *p)
{
	struct gate_log_line l;
	struct settings *fresh;
	char text[64];
	enum gate_code code;

	gate_proc_forget(GATE_SIG_RELOAD);
	(void)snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)gate_mono_ms() * 1000);
	gate_proc_notify(text);
	code = settings_load(p->start->conf_path, true, p->start->log, &fresh);
	gate_log_start(&l, p->start->log,
	    code == GATE_OK ? GATE_LOG_INFO : GATE_LOG_ERROR, "pool",
	    code == GATE_OK ? "reloaded" : "reload_refused");
	gate_log_end(&l);
	if (code == GATE_OK) {
		drainer_stop(&p->drainer);
		send_off(p);
		settings_free(p->settings);
		p->settings = fresh;
		p->start->log->max = fresh->conf->log_level;
		p->fork_at_ms = 0;
		p->pause_ms = 0;
		fill(p);
	}
	gate_proc_notify("READY=1");
}

static void
stop(struct pool *p)
{
	gate_proc_notify("STOPPING=1");
	p->stopping = true;
	drainer_stop(&p->drainer);
	send_off(p);
}

static void
wait_signal(struct pool *p)
{
	int64_t now_ms = gate_mono_ms(), ms = -1, drain_ms;
	struct timespec t;

	if (count_state(p, SLOT_LEAVES) > 0)
		ms = TELL_EVERY_MS;
	else if (count_state(p, SLOT_RUNS) < wanted(p))
		ms = p->fork_at_ms > now_ms ? p->fork_at_ms - now_ms : 0;
	drain_ms = p->stopping ? -1 : drainer_wait_ms(&p->drainer, p->settings);
	if (drain_ms >= 0 && (ms < 0 || drain_ms < ms))
		ms = drain_ms;
	t.tv_sec = (time_t)(ms / 1000);
	t.tv_nsec = (long)(ms % 1000) * 1000000;
	(void)ppoll(NULL, 0, ms < 0 ? NULL : &t, p->start->wait_mask);
}

int
pool_run(const struct child_start *start, struct settings *settings)
{
	struct pool *p = calloc(1, sizeof(*p));
	struct gate_err err;

	if (p == NULL) {
		settings_free(settings);
		return EXIT_FAILURE;
	}
	p->start = start;
	p->settings = settings;
	if (group_open(GATE_COUNT(p->slots), &p->group, &err) != GATE_OK)
		gate_log_err(start->log, GATE_LOG_WARN, "pool", "group", &err);
	fill(p);
	gate_proc_notify("READY=1");
	while (!p->stopping || count_state(p, SLOT_LEAVES) > 0) {
		wait_signal(p);
		if (gate_proc_signaled(GATE_SIG_CHILD))
			reap(p);
		if (gate_proc_signaled(GATE_SIG_STOP) && !p->stopping)
			stop(p);
		if (gate_proc_signaled(GATE_SIG_RELOAD) && !p->stopping)
			reload(p);
		fill(p);
		tell_leaving(p);
		if (!p->stopping)
			drainer_tick(&p->drainer, p->start, p->settings);
	}
	group_close(p->group);
	settings_free(p->settings);
	free(p);
	return EXIT_SUCCESS;
}

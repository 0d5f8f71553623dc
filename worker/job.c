/*
 * Jobs: states, first decision, last decision. Each decision is a table
 * that is read from the top; nothing here touches the world.
 */
#include "config.h"

#include "worker/job.h"

#include <stdlib.h>

#include "lib/num.h"
#include "worker/retry.h"

/* So often may workers die with a job in their hands. */
#define CRASHES_MAX 3

static const bool may_move[JOB_STATE_COUNT][JOB_STATE_COUNT] = {
    [JOB_CLAIMED] = {[JOB_CALLING] = true, [JOB_FINISHED] = true},
    [JOB_CALLING] = {[JOB_FINISHED] = true},
};

void
job_move(struct job *j, enum job_state to)
{
	GATE_ASSERT(may_move[j->state][to]);
	j->state = to;
}

void
job_free(struct job *j)
{
	if (j == NULL)
		return;
	free(j->step_name);
	free(j->serial_key);
	free(j->key_salt);
	free(j->traceparent);
	free(j->last_error);
	gate_json_free(j->doc);
	gate_json_free(j->steps);
	gate_buf_clear(&j->item);
	setup_drop(j->setup);
	free(j);
}

static bool
is_cancelled(const struct job *j)
{
	return j->cancel;
}

static bool
is_to_bury(const struct job *j)
{
	return j->mode == JOB_BURY;
}

static bool
is_mirrored(const struct job *j)
{
	return j->mode == JOB_MIRROR;
}

static bool
is_poison(const struct job *j)
{
	return j->crashes >= CRASHES_MAX;
}

static bool
is_used_up_by_crashes(const struct job *j)
{
	return j->attempt > j->max_attempt && j->crashes > 0;
}

static bool
is_used_up(const struct job *j)
{
	return j->attempt > j->max_attempt;
}

static bool
is_too_late(const struct job *j)
{
	return j->window_left_ms <= 0;
}

static bool
is_unknown(const struct job *j)
{
	return j->step == NULL;
}

static bool
is_rehearsal(const struct job *j)
{
	return j->mode == JOB_DRY_RUN;
}

static bool
always(const struct job *j)
{
	(void)j;
	return true;
}

/* The first row that holds decides. A job without a try left is judged
 * before its step is looked up: it dies of that, whatever is configured. */
static const struct {
	bool (*holds)(const struct job *j);
	enum job_order order;
	enum outcome_cause cause;
	const char *text;
} decisions[] = {
    {is_cancelled, JOB_CANCEL, CAUSE_NONE, NULL},
    {is_to_bury, JOB_DIE, CAUSE_CONFIG, NULL},
    {is_mirrored, JOB_SHELVE, CAUSE_NONE, NULL},
    {is_poison, JOB_DIE, CAUSE_POISON,
	"the worker died three times while it had this job"},
    {is_used_up_by_crashes, JOB_DIE, CAUSE_POISON,
	"no try is left; a worker died while it had this job"},
    {is_used_up, JOB_DIE, CAUSE_TIMEOUT,
	"no try is left; the last one did not end within its lease"},
    {is_too_late, JOB_DIE, CAUSE_TIMEOUT, "its window is over"},
    {is_unknown, JOB_DIE, CAUSE_CONFIG,
	"its route or step is no longer configured"},
    {is_rehearsal, JOB_REHEARSE, CAUSE_NONE, NULL},
    {always, JOB_CALL, CAUSE_NONE, NULL},
};

/* "schema", or "schema: minLength at /title": the cause, and for people more.
 */
static enum outcome_cause
cause_of(const char *error)
{
	struct gate_span rest = gate_span_str(error), name;

	if (!gate_span_until(&rest, ':', rest.n, &name))
		name = rest;
	return outcome_cause_parse(name);
}

enum job_order
job_decide(const struct job *j, struct outcome *why)
{
	size_t i = 0;

	while (!decisions[i].holds(j))
		i++;
	if (decisions[i].order != JOB_DIE)
		return decisions[i].order;
	if (decisions[i].text != NULL)
		outcome_dead(why, decisions[i].cause, "%s", decisions[i].text);
	else
		outcome_dead(why, cause_of(j->last_error),
		    "refused when it came in: %s",
		    j->last_error != NULL ? j->last_error : "");
	return JOB_DIE;
}

const struct gate_step *
job_step_after(const struct job *j)
{
	size_t i = (size_t)(j->step - j->route->steps);

	return i + 1 < j->route->step_count ? j->step + 1 : NULL;
}

enum job_end
job_judge(const struct job *j, const struct outcome *o, int64_t elapsed_ms,
    uint64_t random, int64_t *delay_ms)
{
	struct retry_facts f = {
	    .policy = &j->setup->conf->policies[j->route->urgency],
	    .attempt = j->attempt,
	    .max_attempt = j->max_attempt,
	    .window_left_ms = j->window_left_ms - elapsed_ms,
	    .retry_after_ms = o->retry_after_ms,
	    .random = random,
	};

	if (o->kind == OUTCOME_OK)
		return job_step_after(j) != NULL ? JOB_NEXT : JOB_DONE;
	if (o->kind == OUTCOME_RETRY && retry_decide(&f, delay_ms))
		return JOB_RETRY;
	return JOB_DEAD;
}

void
job_list_put(struct job_list *l, struct job *j)
{
	j->next = NULL;
	j->prev = l->last;
	if (l->last != NULL)
		l->last->next = j;
	else
		l->first = j;
	l->last = j;
	l->count++;
}

void
job_list_remove(struct job_list *l, struct job *j)
{
	if (j->prev != NULL)
		j->prev->next = j->next;
	else
		l->first = j->next;
	if (j->next != NULL)
		j->next->prev = j->prev;
	else
		l->last = j->prev;
	j->prev = j->next = NULL;
	l->count--;
}

void
job_list_free(struct job_list *l)
{
	struct job *j;

	while ((j = l->first) != NULL) {
		job_list_remove(l, j);
		job_free(j);
	}
}

/*
 * Schemas at the own doors. The sender is told that the event does not fit
 * and nothing else; keyword and place go to the log, and the keyword to the
 * counters. Neither has anything of the body in it.
 */
#include "config.h"

#include "fcgi/fit.h"

#include "lib/conf_value.h"

enum outcome
fit_unknown(struct delivery *d)
{
	if (d->visit->site->unknown_events == GATE_EVENT_REFUSE ||
	    !gate_conf_is_event_type(d->type))
		return OUTCOME_UNKNOWN_EVENT;
	d->fate = DELIVERY_UNROUTED;
	return OUTCOME_NONE;
}

static enum outcome
deal_with_fault(struct delivery *d)
{
	struct visit *v = d->visit;
	const struct gate_schema_fault *f = &v->tools->fault;

	v->why = f->keyword;
	v->where = f->where;
	switch (v->site->schema_policy) {
	case GATE_EVENT_UNROUTED:
		d->fate = DELIVERY_UNROUTED;
		return OUTCOME_NONE;
	case GATE_EVENT_BURY:
		d->fate = DELIVERY_BURIED;
		gate_event_cause(f, d->cause);
		return OUTCOME_NONE;
	case GATE_EVENT_REFUSE:
	case GATE_EVENT_POLICY_COUNT:
		break;
	}
	return OUTCOME_UNFIT;
}

enum outcome
fit_schema(struct delivery *d)
{
	struct visit *v = d->visit;
	enum gate_code code;

	if (v->site->event_rules.count == 0)
		return OUTCOME_NONE;
	code = gate_event_judge(&v->site->event_rules, d->type, d->body,
	    &d->shaped, &v->tools->fault);
	if (code == GATE_E_BAD)
		return deal_with_fault(d);
	if (code == GATE_OK && d->shaped != NULL)
		code = gate_json_text(d->shaped, &d->shaped_text);
	return code == GATE_OK ? OUTCOME_NONE : delivery_trouble(d, code);
}

void
fit_jobs(struct delivery *d)
{
	size_t i;

	for (i = 0; d->fate == DELIVERY_BURIED && i < d->found.job_count; i++) {
		d->found.jobs[i].mode = "bury";
		d->found.jobs[i].error = d->cause;
	}
}

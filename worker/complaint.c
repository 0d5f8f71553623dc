/*
 * Vendors' errors. Owns the list of words that mean money. Used by every
 * kind of step; sources are named in the header's list.
 */
#include "config.h"

#include "worker/complaint.h"

#include <string.h>

#include "lib/num.h"

#define NAME_MAX_BYTES 64 /* of an error's code; none is longer */

/* Kinds and codes that mean money, not load: repeating cannot help. */
static const char *const money[] = {
    "insufficient_quota",
    "credit_balance_exhausted",
    "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded",
    "organization_usage_limit_exceeded",
    "billing_hard_limit_reached",
    "enforced_spend_limit_reached",
};

struct gate_span
complaint_text(const struct gate_json *v, const char *key)
{
	const struct gate_json *m;
	struct gate_span s = {NULL, 0};

	if (gate_json_get(v, key, &m) && gate_json_string(m, &s))
		return s;
	return (struct gate_span){NULL, 0};
}

/* What an error body says of itself; all spans borrow from the body. */
struct complaint {
	struct gate_span type, code, detail, message;
};

/* A code may be a number; then it only repeats the status. */
static void
read_complaint(const struct gate_json *doc, struct complaint *out)
{
	const struct gate_json *e, *details;

	memset(out, 0, sizeof(*out));
	if (!gate_json_get(doc, "error", &e))
		e = doc;
	if (gate_json_string(e, &out->message))
		return;
	out->type = complaint_text(e, "type");
	out->code = complaint_text(e, "code");
	out->message = complaint_text(e, "message");
	if (out->code.n == 0)
		out->code = complaint_text(e, "category");
	if (gate_json_get(e, "details", &details))
		out->detail = complaint_text(details, "error_code");
}

static bool
is_money(const struct complaint *c)
{
	size_t i;

	for (i = 0; i < GATE_COUNT(money); i++)
		if (gate_span_is(c->type, money[i]) ||
		    gate_span_is(c->code, money[i]) ||
		    gate_span_is(c->detail, money[i]))
			return true;
	return false;
}

static void
tell(const struct complaint *c, struct outcome *o)
{
	struct gate_span message = c->message;
	struct gate_span name = c->detail.n > 0 ? c->detail
	    : c->code.n > 0                     ? c->code
						: c->type;

	if (message.n > COMPLAINT_MAX)
		message.n = COMPLAINT_MAX;
	if (name.n > NAME_MAX_BYTES)
		name.n = NAME_MAX_BYTES;
	outcome_say(o, "answer %lld%s%.*s%s%.*s", (long long)o->status,
	    name.n > 0 ? " " : "", GATE_SPAN_ARG(name),
	    message.n > 0 ? ": " : "", GATE_SPAN_ARG(message));
}

void
complaint_read(struct gate_span body, struct outcome *o)
{
	struct gate_json *doc = NULL;
	struct complaint c = {{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};

	if (gate_json_parse(body, &doc, NULL) == GATE_OK) {
		read_complaint(doc, &c);
		if (c.message.n > 0 || c.code.n > 0 || c.type.n > 0)
			tell(&c, o);
	}
	if (o->status == 402 || (o->status == 429 && is_money(&c))) {
		o->kind = OUTCOME_DEAD;
		o->cause = CAUSE_BUDGET;
	}
	gate_json_free(doc);
}

bool
complaint_is_none(
    const struct gate_http_answer *a, int64_t now_wall_ms, struct outcome *o)
{
	outcome_from_answer(a, now_wall_ms, o);
	if (a->end != GATE_HTTP_ANSWERED)
		return false;
	if (o->kind == OUTCOME_OK)
		return true;
	complaint_read(a->body, o);
	return false;
}

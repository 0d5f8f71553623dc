/*
 * A delivery of a third party, from its headers to a verdict:
 *
 *	signatures   the header, its grammar, what decodes
 *	stamp        id and time, their grammar
 *	message      the signed bytes
 *	match        all keys, all signatures
 *	window       the time, last
 *
 * Each step names the rule that failed. Rows with a verifier of their own
 * walk some of the same steps.
 */
#include "config.h"

#include "lib/provider_trial.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "lib/num.h"

#define SECONDS_DIGITS_MAX 11
#define MILLIS_DIGITS_MAX 14

static const struct gate_provider *const parts[] = {
    gate_providers_shops,
    gate_providers_code,
    gate_providers_people,
    gate_providers_keys,
    gate_providers_twilio,
    gate_providers_members,
    gate_providers_paypal,
    gate_providers_generic,
};

const struct gate_provider *
gate_provider_at(size_t i)
{
	size_t k, n;

	for (k = 0; k < GATE_COUNT(parts); k++)
		for (n = 0; parts[k][n].name != NULL; n++)
			if (i-- == 0)
				return &parts[k][n];
	return NULL;
}

const struct gate_provider *
gate_provider_find(struct gate_span name)
{
	const struct gate_provider *p;
	size_t i;

	for (i = 0; (p = gate_provider_at(i)) != NULL; i++)
		if (gate_span_is(name, p->name))
			return p;
	return NULL;
}

bool
gate_stamp_seconds(
    struct gate_span text, enum gate_time_unit unit, int64_t *out)
{
	uint64_t n;
	int64_t ms;

	if (unit == GATE_TIME_RFC3339) {
		if (!gate_time_parse(text, &ms))
			return false;
		*out = ms / 1000;
		return true;
	}
	if (text.n > (unit == GATE_TIME_MILLIS ? MILLIS_DIGITS_MAX
					       : SECONDS_DIGITS_MAX) ||
	    !gate_span_u64(text, INT64_MAX, &n))
		return false;
	*out = (int64_t)(unit == GATE_TIME_MILLIS ? n / 1000 : n);
	return true;
}

static bool
is_id(struct gate_span id)
{
	return id.n > 0 && id.n <= GATE_HOOK_ID_MAX &&
	    gate_span_within(id, 0x21, 0x7e) && memchr(id.p, '.', id.n) == NULL;
}

/* What the headers say of id and time. */
static enum gate_provider_fault
read_stamp(struct gate_trial *t, const struct gate_signatures *signatures,
    struct gate_stamp *s)
{
	const struct gate_signing *how = t->how;
	enum gate_provider_fault fault = GATE_PROVIDER_OK;

	*s = (struct gate_stamp){0};
	if (how->id_header != NULL)
		fault = gate_trial_header(t, how->id_header, &s->id);
	if (fault != GATE_PROVIDER_OK)
		return fault;
	if (how->id_header != NULL && !is_id(s->id))
		return GATE_PROVIDER_ID_GRAMMAR;
	if (how->time.kind == GATE_PLACE_LIST)
		s->time = signatures->time;
	else if (how->time.kind == GATE_PLACE_HEADER)
		fault = gate_trial_header(t, how->time.name, &s->time);
	else
		return GATE_PROVIDER_OK;
	if (fault != GATE_PROVIDER_OK)
		return fault;
	t->out->has_time =
	    gate_stamp_seconds(s->time, how->time_unit, &t->out->time_s);
	return t->out->has_time ? GATE_PROVIDER_OK : GATE_PROVIDER_TIME_GRAMMAR;
}

/* A time within the body, which holds by now. */
static enum gate_provider_fault
read_body_time(struct gate_trial *t)
{
	const struct gate_json *v;
	struct gate_json *doc = NULL;
	struct gate_span text;
	char digits[GATE_I64_TEXT];
	enum gate_code code = gate_json_parse(t->hook->body, &doc, NULL);
	int64_t n;

	t->out->about = t->how->time.name;
	if (code != GATE_OK)
		return code == GATE_E_NOMEM ? GATE_PROVIDER_NO_MEMORY
					    : GATE_PROVIDER_BODY_JSON;
	if (gate_json_pointer(doc, t->how->time.name, &v)) {
		if (gate_json_i64(v, &n))
			text = gate_span_of(digits, gate_i64_text(n, digits));
		else if (!gate_json_string(v, &text))
			text = (struct gate_span){0};
		t->out->has_time = gate_stamp_seconds(
		    text, t->how->time_unit, &t->out->time_s);
	}
	gate_json_free(doc);
	return t->out->has_time ? GATE_PROVIDER_OK : GATE_PROVIDER_TIME_GRAMMAR;
}

enum gate_provider_fault
gate_trial_window(struct gate_trial *t)
{
	int64_t age, tolerance = t->how->tolerance_s;

	if (!t->out->has_time || t->how->time.kind == GATE_PLACE_NONE)
		return GATE_PROVIDER_OK;
	/* Neither is below 0 nor near the end: no overflow. */
	age = t->hook->now_s - t->out->time_s;
	if (age > tolerance)
		return GATE_PROVIDER_STALE;
	return age < -tolerance ? GATE_PROVIDER_FUTURE : GATE_PROVIDER_OK;
}

enum gate_provider_fault
gate_trial_verify(struct gate_trial *t)
{
	struct gate_signatures signatures;
	struct gate_stamp stamp;
	struct gate_message message;
	enum gate_provider_fault fault = gate_signatures_read(t, &signatures);

	if (fault == GATE_PROVIDER_OK)
		fault = read_stamp(t, &signatures, &stamp);
	if (fault != GATE_PROVIDER_OK)
		return fault;
	fault = gate_message_fill(
	    t->how, t->hook, &stamp, &message, &t->out->about);
	if (fault == GATE_PROVIDER_OK)
		fault = gate_trial_match(t, &signatures, &message);
	gate_message_clear(&message);
	if (fault == GATE_PROVIDER_OK && t->how->time.kind == GATE_PLACE_BODY)
		fault = read_body_time(t);
	return fault == GATE_PROVIDER_OK ? gate_trial_window(t) : fault;
}

enum gate_provider_fault
gate_provider_verify(const struct gate_provider *p,
    const struct gate_signing *how, const struct gate_provider_secret *secrets,
    size_t secret_count, const struct gate_hook *hook, struct gate_verdict *out)
{
	struct gate_trial t = {.provider = p,
	    .how = how != NULL ? how : &p->signing,
	    .secrets = secrets,
	    .secret_count = secret_count,
	    .hook = hook,
	    .out = out};

	*out = (struct gate_verdict){.about = "", .which = GATE_NO_SECRET};
	out->fault = p->verifier != NULL ? p->verifier->verify(&t)
					 : gate_trial_verify(&t);
	if (out->fault == GATE_PROVIDER_OK ||
	    out->fault == GATE_PROVIDER_NO_MATCH)
		out->about = "";
	if (out->fault != GATE_PROVIDER_OK &&
	    out->fault != GATE_PROVIDER_STALE &&
	    out->fault != GATE_PROVIDER_FUTURE)
		out->which = GATE_NO_SECRET;
	return out->fault;
}

static void
put_header(struct gate_provider_header *out, size_t *n, const char *name,
    bool is_proof)
{
	size_t i;

	if (name == NULL)
		return;
	for (i = 0; i < *n; i++)
		if (gate_span_is_nocase(gate_span_str(out[i].name), name))
			return;
	GATE_ASSERT(*n < GATE_PROVIDER_HEADERS_MAX);
	out[(*n)++] = (struct gate_provider_header){name, is_proof};
}

static void
put_places(struct gate_provider_header *out, size_t *n,
    const struct gate_place *places, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (places[i].kind == GATE_PLACE_HEADER)
			put_header(out, n, places[i].name, false);
}

size_t
gate_provider_headers(const struct gate_provider *p,
    const struct gate_signing *how,
    struct gate_provider_header out[GATE_PROVIDER_HEADERS_MAX])
{
	const struct gate_profile *profile = &p->profile;
	size_t n = 0, i;

	if (how == NULL)
		how = &p->signing;
	put_header(out, &n, how->header, true);
	if (how->time.kind == GATE_PLACE_HEADER)
		put_header(out, &n, how->time.name, true);
	put_header(out, &n, how->id_header, true);
	for (i = 0; i < GATE_COUNT(how->others); i++)
		put_header(out, &n, how->others[i], true);
	put_places(out, &n, profile->id, GATE_COUNT(profile->id));
	put_places(out, &n, profile->type, GATE_COUNT(profile->type));
	put_places(out, &n, profile->ref, GATE_COUNT(profile->ref));
	put_places(out, &n, profile->occurred, GATE_COUNT(profile->occurred));
	return n;
}

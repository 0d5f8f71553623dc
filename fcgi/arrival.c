/*
 * From the events of a proved delivery and their jobs to rows: the audit
 * columns, the one call, and the answer that the provider wants.
 */
#include "config.h"

#include "fcgi/arrival.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/delivery.h"
#include "fcgi/ingest.h"
#include "fcgi/keep.h"
#include "fcgi/lookup.h"
#include "lib/clock.h"
#include "lib/num.h"

/* The headers that prove it: 1 KiB each, certificates' addresses included. */
#define SIGNED_MAX 32768
#define SCOPE_TEXT 64
#define GUARD_MAX 512

void
arrival_clear(struct arrival *a)
{
	gate_webhook_clear(&a->webhook);
	gate_buf_clear(&a->keys);
	free(a->jobs);
	a->jobs = NULL;
}

enum outcome
arrival_trouble(struct arrival *a, enum gate_code code)
{
	struct visit *v = a->visit;

	if (v->err.code == GATE_OK)
		(void)gate_err_set(&v->err, code, "%s", gate_code_name(code));
	return reply_of_code(code);
}

enum gate_away
arrival_away(const struct arrival *a)
{
	return a->source->profile.away == GATE_REFUSAL_LOSES ? GATE_AWAY_SPOOL
							     : GATE_AWAY_REFUSE;
}

/* ---- rows --------------------------------------------------------------- */

/* A secret that is sent itself is kept as a MAC by it: who has the secret can
 * tell that it was this one, and nobody can use it. */
static enum gate_code
put_proof(struct gate_buf *b, const struct arrival *a, struct gate_span value)
{
	struct gate_span text = GATE_SPAN("pressgate: a secret that was sent");
	unsigned char mac[GATE_SHA256_BYTES];
	struct gate_hmac_key *key;
	enum gate_code code;

	if (a->source->signing.seal != GATE_SEAL_EQUAL)
		return gate_json_put_string(b, value);
	code = gate_hmac_key_new(value, &key);
	if (code != GATE_OK)
		return code;
	code = gate_hmac_sha256(key, &text, 1, mac);
	gate_hmac_key_free(key);
	if (code != GATE_OK)
		return code;
	(void)gate_buf_put_str(b, "\"hmac-sha256:");
	(void)gate_hex_put(b, gate_span_of(mac, sizeof(mac)));
	return gate_buf_put_byte(b, '"');
}

/* With the raw body this proves later that the delivery was signed, and
 * makes its events again. */
static enum gate_code
put_signed(struct gate_buf *b, const struct arrival *a)
{
	struct gate_provider_header list[GATE_PROVIDER_HEADERS_MAX];
	size_t i,
	    n = gate_provider_headers(
		a->source->provider, &a->source->signing, list);
	enum gate_code code = GATE_OK;
	struct gate_span value;
	bool twice;

	(void)gate_buf_put_byte(b, '{');
	for (i = 0; i < n && code == GATE_OK; i++) {
		if (!gate_hook_header(&a->hook, list[i].name, &value, &twice))
			continue;
		if (b->n > 1)
			(void)gate_buf_put_byte(b, ',');
		(void)gate_json_put_string(b, gate_span_str(list[i].name));
		(void)gate_buf_put_byte(b, ':');
		code = list[i].is_proof ? put_proof(b, a, value)
					: gate_json_put_string(b, value);
	}
	/* Some sign the query as well. */
	if (a->source->public_url[0] != '\0') {
		(void)gate_buf_put_str(
		    b, b->n > 1 ? ",\":target\":" : "\":target\":");
		(void)gate_json_put_string(b, a->hook.target);
	}
	(void)gate_buf_put_byte(b, '}');
	return code == GATE_OK ? b->failed : code;
}

/* What the provider signs once only. */
static enum gate_code
make_guard(const struct arrival *a, char scope[SCOPE_TEXT],
    struct gate_buf *value, struct inbox_guard *g)
{
	const struct gate_profile *p = &a->source->profile;
	struct gate_webhook_item item = {.in = &a->in,
	    .of = &a->webhook,
	    .json = a->webhook.doc,
	    .bytes = a->hook.body,
	    .stable = a->hook.body};
	struct gate_span parts[] = {
	    gate_span_str(a->source->name), gate_span_of("", 1), a->hook.body};
	enum gate_code code;

	if (p->guard.kind == GATE_PLACE_NONE)
		return GATE_OK;
	code = gate_webhook_value(&item, &p->guard, value);
	if (code != GATE_OK)
		return code;
	(void)snprintf(scope, SCOPE_TEXT, "%d:source:%d", (int)a->site_id,
	    (int)a->source_id);
	g->scope = gate_span_str(scope);
	g->value = gate_buf_span(value);
	g->expires_ms =
	    (a->verdict.time_s + 2 * a->source->signing.tolerance_s) * 1000;
	return gate_sha256(parts, GATE_COUNT(parts), g->digest);
}

static enum gate_code
make_events(const struct arrival *a, struct inbox_event *out)
{
	enum gate_code code = GATE_OK;
	size_t i;

	for (i = 0; i < a->webhook.count && code == GATE_OK; i++) {
		const struct gate_webhook_event *e = &a->webhook.events[i];

		out[i] = (struct inbox_event){.type = e->type,
		    .key = e->key,
		    .second_key = e->second_key,
		    .object_ref = e->object_ref,
		    .has_occurred = e->has_occurred,
		    .occurred_ms = e->occurred_ms,
		    .canonical = e->canonical};
		memcpy(out[i].fingerprint, e->fingerprint,
		    sizeof(out[i].fingerprint));
		code = gate_uuid7(gate_wall_ms(), &out[i].id);
	}
	return code;
}

static int64_t
key_ttl_s(const struct arrival *a)
{
	int64_t mine = a->visit->site->idempotency_ttl_s;
	int64_t theirs = a->source->profile.retry_window_s;

	return mine > theirs ? mine : theirs;
}

/* In the database, or else, if it is away, where this provider's are kept. */
static enum gate_code
put_away(struct arrival *a, const struct inbox_delivery *in,
    struct inbox_receipt *receipts)
{
	struct visit *v = a->visit;
	struct inbox_tools tools = visit_inbox(v);
	enum gate_code code = GATE_E_DB_RETRY;

	if (!a->is_away)
		code = inbox_store(&tools, in, a->until_ms, receipts, &v->err);
	if (code != GATE_OK)
		lookup_forget(&v->tools->lookup);
	if (keep_is_due(v, code, arrival_away(a)))
		code = keep_delivery(v, in, a->source->name, receipts);
	return code;
}

static enum gate_code
store(struct arrival *a, const struct inbox_event *events,
    struct inbox_receipt *receipts)
{
	struct visit *v = a->visit;
	struct delivery_audit audit;
	struct gate_buf headers, guard;
	char scope[SCOPE_TEXT];
	struct inbox_delivery in = {.site_id = a->site_id,
	    .source_id = a->source_id,
	    .scheme = a->source->provider->name,
	    .key_id = v->key_id,
	    .created_by = gate_span_str(v->key_id),
	    .key_ttl_s = key_ttl_s(a),
	    .second_ttl_s = a->source->profile.retry_window_s,
	    .raw = a->hook.body,
	    .fp_version = INGEST_FP_VERSION,
	    .events = events,
	    .event_count = a->webhook.count,
	    .jobs = a->jobs,
	    .job_count = a->job_count};
	enum gate_code code;

	gate_buf_init(&headers, SIGNED_MAX);
	gate_buf_init(&guard, GUARD_MAX);
	code = put_signed(&headers, a);
	in.signed_headers = gate_buf_span(&headers);
	if (code == GATE_OK)
		code = delivery_audit(v, &audit, &in);
	if (code == GATE_OK)
		code = make_guard(a, scope, &guard, &in.guard);
	if (code == GATE_OK)
		code = put_away(a, &in, receipts);
	gate_buf_clear(&headers);
	gate_buf_clear(&guard);
	return code;
}

/* ---- answer ------------------------------------------------------------- */

/* A provider changes bodies between its tries, and none of them knows what
 * to do about a conflict; it is on record. */
static enum outcome
of_receipt(const struct inbox_receipt *r)
{
	return r->outcome == OUTCOME_CONFLICT ? OUTCOME_DUPLICATE : r->outcome;
}

static enum gate_code
put_batch(struct gate_buf *b, const struct inbox_receipt *receipts, size_t n)
{
	size_t i;

	gate_buf_reset(b);
	(void)gate_buf_put_str(b, "{\"events\":[");
	for (i = 0; i < n; i++)
		(void)gate_buf_printf(b,
		    "%s{\"request_id\":\"%s\",\"status\":\"%s\"}",
		    i == 0 ? "" : ",", receipts[i].event_id,
		    reply_name(of_receipt(&receipts[i])));
	return gate_buf_put_str(b, "]}");
}

static bool
has_job(const struct arrival *a, size_t event)
{
	size_t i;

	for (i = 0; i < a->job_count; i++)
		if ((size_t)a->jobs[i].event == event + 1)
			return true;
	return false;
}

static enum outcome
answer(struct arrival *a, const struct inbox_receipt *receipts)
{
	const struct gate_profile *p = &a->source->profile;
	size_t i, n = a->webhook.count;
	struct visit *v = a->visit;
	struct reply *r = &v->reply;
	enum outcome o = n == 0 ? OUTCOME_ACCEPTED : of_receipt(&receipts[0]);
	enum gate_code code = GATE_OK;

	if (o == OUTCOME_REPLAYED)
		return o; /* of the whole delivery */
	for (i = 0; i < n; i++) {
		if (receipts[i].outcome != OUTCOME_ACCEPTED)
			continue;
		o = OUTCOME_ACCEPTED;
		v->has_jobs = v->has_jobs || (!v->is_spooled && has_job(a, i));
	}
	r->status = p->success_status;
	if (p->batch != NULL) {
		code = put_batch(&v->tools->page, receipts, n);
		r->said = gate_buf_span(&v->tools->page);
	} else {
		memcpy(
		    r->request_id, receipts[0].event_id, sizeof(r->request_id));
	}
	if (p->success_body != NULL) {
		r->said = gate_span_str(p->success_body);
		r->media =
		    r->said.n > 0 && r->said.p[0] == '{' ? NULL : "text/plain";
	}
	return code == GATE_OK ? o : arrival_trouble(a, code);
}

enum outcome
arrival_store(struct arrival *a)
{
	size_t n = a->webhook.count;
	struct inbox_event *events = calloc(n + 1, sizeof(*events));
	struct inbox_receipt *receipts = calloc(n + 1, sizeof(*receipts));
	enum gate_code code = GATE_E_NOMEM;
	enum outcome o;

	if (events != NULL && receipts != NULL)
		code = make_events(a, events);
	if (code == GATE_OK && n > 0) /* a batch may have none */
		code = store(a, events, receipts);
	o = code == GATE_OK ? answer(a, receipts) : arrival_trouble(a, code);
	free(events);
	free(receipts);
	return o;
}

/*
 * From a verified delivery to the record that is stored: event, guard and
 * audit columns. Decides nothing about whether it may be stored; that was
 * the stages' before.
 */
#include "config.h"

#include "fcgi/delivery.h"

#include <stdio.h>
#include <string.h>

#include "fcgi/ingest.h"
#include "fcgi/keep.h"
#include "lib/clock.h"
#include "lib/num.h"

#define SCOPE_TEXT 32
/* A token has 8 KiB at most, any other header 1 KiB; once they hold, they
 * have nothing that JSON would escape. */
#define SIGNED_MAX 16384

enum outcome
delivery_trouble(struct delivery *d, enum gate_code code)
{
	if (d->visit->err.code == GATE_OK)
		(void)gate_err_set(
		    &d->visit->err, code, "%s", gate_code_name(code));
	return reply_of_code(code);
}

/* What was signed may be used once, or again by the very same request: the
 * digest tells which it is, and then the idempotency key decides. */
static enum gate_code
make_guard(
    const struct delivery *d, char scope[SCOPE_TEXT], struct inbox_guard *g)
{
	struct gate_span nul = gate_span_of("", 1);
	struct gate_span parts[] = {gate_span_str(d->scheme->name), nul,
	    d->proof.idempotency_key, nul, d->raw};

	if (d->key_is_signed && d->scheme->signed_key_guards)
		return GATE_OK;
	(void)snprintf(
	    scope, SCOPE_TEXT, "%d:%s", (int)d->found.site_id, d->scheme->name);
	g->scope = gate_span_str(scope);
	g->value = d->who.guard;
	g->expires_ms = d->who.guard_until_s * 1000;
	return gate_sha256(parts, GATE_COUNT(parts), g->digest);
}

/* Visible ASCII: what a sender says about itself is shown to people. */
static struct gate_span
clean_agent(struct gate_span in, char dst[DELIVERY_AGENT_MAX])
{
	size_t i, n = in.n < DELIVERY_AGENT_MAX ? in.n : DELIVERY_AGENT_MAX;

	for (i = 0; i < n; i++)
		dst[i] =
		    in.p[i] >= 0x20 && in.p[i] <= 0x7e ? (char)in.p[i] : '?';
	return gate_span_of(dst, n);
}

/* With the raw body this proves later that the event was signed. */
static enum gate_code
put_signed(struct gate_buf *b, const struct delivery *d)
{
	const struct scheme_header *h = d->scheme->headers;
	const struct scheme_header *end = h + SCHEME_HEADERS_MAX;
	const char *between = "{";

	for (; h < end && h->name != NULL; h++) {
		(void)gate_buf_printf(b, "%s\"%s\":", between, h->name);
		(void)gate_json_put_string(
		    b, scheme_header_get(h, d->visit->request));
		between = ",";
	}
	if (d->who.hmac_key_id != NULL) {
		(void)gate_buf_put_str(b, ",\"hmac_key_id\":");
		(void)gate_json_put_string(
		    b, gate_span_str(d->who.hmac_key_id));
	}
	(void)gate_buf_put_byte(b, '}');
	return b->failed;
}

static enum gate_code
make_event(struct delivery *d, struct inbox_event *e)
{
	const struct gate_canonical *c = &d->visit->tools->canonical;
	enum gate_code code = gate_uuid7(gate_wall_ms(), &e->id);

	if (code == GATE_OK)
		code = gate_sha256(&d->raw, 1, e->fingerprint);
	e->type = d->type;
	e->key = d->proof.idempotency_key;
	e->object_ref = gate_buf_span(&c->ref);
	e->has_occurred = c->has_occurred;
	e->occurred_ms = c->occurred_ms;
	e->canonical = gate_buf_span(&c->text);
	return code;
}

static enum gate_code
make_trace(struct visit *v, char text[GATE_TRACEPARENT_TEXT])
{
	enum gate_code code = GATE_OK;

	if (!gate_trace_parse(v->request->traceparent, &v->trace))
		code = gate_trace_new(&v->trace);
	if (code != GATE_OK)
		return code;
	v->has_trace = true;
	gate_trace_text(&v->trace, text);
	return GATE_OK;
}

enum gate_code
delivery_audit(
    struct visit *v, struct delivery_audit *a, struct inbox_delivery *in)
{
	in->user_agent = clean_agent(v->request->user_agent, a->agent);
	if (v->has_address) {
		gate_address_text(&v->address, a->from);
		in->address = a->from;
	}
	in->traceparent = a->traceparent;
	return make_trace(v, a->traceparent);
}

static enum outcome
settle(struct delivery *d, const struct inbox_receipt *receipt)
{
	struct visit *v = d->visit;

	memcpy(v->reply.request_id, receipt->event_id,
	    sizeof(v->reply.request_id));
	v->has_jobs = receipt->outcome == OUTCOME_ACCEPTED &&
	    d->found.job_count > 0 && !v->is_spooled;
	return receipt->outcome;
}

/* In the database, or else, if it is away, where this sender's are kept. */
static enum gate_code
store(struct delivery *d, const struct inbox_delivery *in,
    struct inbox_receipt *receipt)
{
	struct visit *v = d->visit;
	struct inbox_tools tools = visit_inbox(v);
	enum gate_code code = GATE_E_DB_RETRY;

	if (!d->is_away)
		code = inbox_store(&tools, in, d->until_ms, receipt, &v->err);
	if (code != GATE_OK)
		lookup_forget(&v->tools->lookup);
	if (keep_is_due(v, code, v->site->away_policy))
		code = keep_delivery(v, in, NULL, receipt);
	return code;
}

enum outcome
delivery_store(struct delivery *d)
{
	struct visit *v = d->visit;
	char scope[SCOPE_TEXT];
	struct delivery_audit audit;
	struct inbox_receipt receipt;
	struct inbox_event event = {.type = d->type};
	struct gate_buf headers;
	struct inbox_delivery in = {.site_id = d->found.site_id,
	    .scheme = d->scheme->name,
	    .key_id = d->who.key_id,
	    .created_by = d->who.created_by,
	    .key_ttl_s = v->site->idempotency_ttl_s,
	    .raw = d->raw,
	    .fp_version = INGEST_FP_VERSION,
	    .events = &event,
	    .event_count = 1,
	    .jobs = d->found.jobs,
	    .job_count = d->found.job_count};
	enum gate_code code;

	gate_buf_init(&headers, SIGNED_MAX);
	code = put_signed(&headers, d);
	in.signed_headers = gate_buf_span(&headers);
	if (code == GATE_OK)
		code = delivery_audit(v, &audit, &in);
	if (code == GATE_OK)
		code = make_event(d, &event);
	if (code == GATE_OK)
		code = make_guard(d, scope, &in.guard);
	if (code == GATE_OK)
		code = store(d, &in, &receipt);
	gate_buf_clear(&headers);
	return code == GATE_OK ? settle(d, &receipt)
			       : delivery_trouble(d, code);
}

/*
 * The pipeline: a list of stages, walked once, in an order that matters.
 * Nothing that is not authenticated is parsed or touches the database;
 * the cheap refusals stand before the dear ones. A stage says what it found
 * in the delivery and returns OUTCOME_NONE, or ends the walk.
 */
#include "config.h"

#include "fcgi/ingest.h"

#include <stdio.h>
#include <string.h>

#include "fcgi/inbox.h"
#include "fcgi/scheme_relay.h"
#include "fcgi/verify.h"
#include "lib/clock.h"
#include "lib/json.h"
#include "lib/num.h"

#define SCOPE_TEXT 32
#define USER_AGENT_MAX 256
#define SIGNED_MAX 512
#define KEYS_MAX 2048 /* serial and coalesce keys of all jobs together */

struct delivery {
	struct visit *visit;
	struct relay relay;
	struct gate_span raw;
	struct gate_json *body;
	struct gate_span type;
	bool key_is_signed; /* the body carries it */
	int64_t until_ms;
	int32_t site_id;
	struct inbox_job jobs[LOOKUP_JOBS_MAX];
	size_t job_count;
	struct gate_buf keys; /* what the jobs' keys borrow from */
	struct gate_json *document;
};

static enum outcome
trouble(struct delivery *d, enum gate_code code)
{
	if (d->visit->err.code == GATE_OK)
		(void)gate_err_set(&d->visit->err, code, "%s",
				   gate_code_name(code));
	return reply_of_code(code);
}

static enum outcome
check_media_type(struct delivery *d)
{
	const struct request *r = d->visit->request;

	if (r->content_encoding.n > 0 || !request_is_json(r))
		return OUTCOME_BAD_MEDIA_TYPE;
	return OUTCOME_NONE;
}

static enum outcome
check_announced_size(struct delivery *d)
{
	const struct request *r = d->visit->request;

	if (r->has_length && r->length > INGEST_BODY_HARD_MAX)
		return OUTCOME_TOO_LARGE;
	if (r->has_length && r->length == 0)
		return OUTCOME_EMPTY_BODY;
	return OUTCOME_NONE;
}

static enum outcome
read_headers(struct delivery *d)
{
	return relay_read_post(d->visit->request, &d->relay);
}

static enum outcome
find_site(struct delivery *d)
{
	struct visit *v = d->visit;
	const struct gate_sites *sites = &v->tools->settings->conf->sites;

	v->site = verify_relay_site(sites, v->match.argument, d->relay.key_id);
	/* It may be the one that did not load: nobody may be told "no". */
	if (v->site == NULL && sites->incomplete)
		return OUTCOME_UNSURE;
	return OUTCOME_NONE;
}

static enum outcome
read_body(struct delivery *d)
{
	struct visit *v = d->visit;
	struct gate_buf *b = &v->tools->body;
	size_t max = INGEST_BODY_DEFAULT_MAX;
	enum outcome o;

	if (v->site != NULL)
		max = (size_t)v->site->body_max_bytes;
	if (max > INGEST_BODY_HARD_MAX)
		max = INGEST_BODY_HARD_MAX;
	gate_buf_reset(b);
	o = request_read_body(v->request, v->body, max, b);
	d->raw = gate_buf_span(b);
	return o;
}

static enum outcome
check_signature(struct delivery *d)
{
	struct gate_span parts[RELAY_PARTS_MAX];
	size_t n = relay_parts_post(&d->relay, d->raw, parts);
	enum outcome o;

	o = verify_relay(d->visit->site, d->visit->tools->dummy, &d->relay,
			 parts, n, gate_wall_ms() / 1000, &d->visit->key);
	if (o == OUTCOME_NONE)
		d->visit->idempotency_key = d->relay.idempotency_key;
	return o;
}

static enum outcome
parse_json(struct delivery *d)
{
	struct gate_err why; /* names an offset only, but it is theirs */
	enum gate_code code = gate_json_parse(d->raw, &d->body, &why);

	if (code == GATE_E_BAD || code == GATE_E_LIMIT)
		return OUTCOME_BAD_JSON;
	return code == GATE_OK ? OUTCOME_NONE : trouble(d, code);
}

static enum outcome
check_event_type(struct delivery *d)
{
	const struct gate_json *event;

	if (!gate_json_get(d->body, "event", &event) ||
	    !gate_json_string(event, &d->type) || d->type.n == 0)
		return OUTCOME_NO_EVENT;
	if (!gate_site_has_event_type(d->visit->site, d->type))
		return OUTCOME_UNKNOWN_EVENT;
	return OUTCOME_NONE;
}

/* The header is not signed; a body that says the same makes it so. */
static enum outcome
compare_keys(struct delivery *d)
{
	const struct gate_json *member;
	struct gate_span key;

	if (!gate_json_get(d->body, "idempotency_key", &member) ||
	    gate_json_kind(member) == GATE_JSON_NULL)
		return OUTCOME_NONE;
	if (!gate_json_string(member, &key) ||
	    !gate_span_equal(key, d->relay.idempotency_key))
		return OUTCOME_KEY_DIFFERS;
	d->key_is_signed = true;
	return OUTCOME_NONE;
}

static enum outcome
normalise(struct delivery *d)
{
	struct visit *v = d->visit;
	enum gate_code code;

	code = canonical_relay(&v->tools->canonical, v->site->name, d->type,
			       d->body, d->raw);
	return code == GATE_OK ? OUTCOME_NONE : trouble(d, code);
}

static enum outcome
find_ids(struct delivery *d)
{
	struct visit *v = d->visit;
	enum gate_code code;

	d->until_ms = gate_mono_ms() + VISIT_DB_MS;
	code = lookup_event(&v->tools->lookup, v->tools->db, v->site, d->type,
			    d->until_ms, &d->site_id, d->jobs, &d->job_count,
			    &v->err);
	return code == GATE_OK ? OUTCOME_NONE : trouble(d, code);
}

/* One key of one job; the span is valid as long as `keys` does not grow,
 * so its room is made before the first. */
static enum gate_code
find_key(struct delivery *d, const char *pointer, struct gate_span *out)
{
	size_t before = d->keys.n;
	enum gate_code code;

	if (pointer == NULL)
		return GATE_OK;
	if (d->document == NULL) {
		code = gate_json_parse(
		    gate_buf_span(&d->visit->tools->canonical.text),
		    &d->document, &d->visit->err);
		if (code != GATE_OK)
			return code;
	}
	code = canonical_scalar(d->document, pointer, &d->keys);
	*out = gate_span_of(d->keys.p + before, d->keys.n - before);
	return code;
}

/* Keys by which a route wants its jobs in order or merged. */
static enum outcome
find_job_keys(struct delivery *d)
{
	const struct gate_site *site = d->visit->site;
	enum gate_code code = GATE_OK;
	unsigned char *room;
	size_t i, j = 0;

	for (i = 0; i < site->route_count && code == GATE_OK; i++) {
		const struct gate_route *r = &site->routes[i];

		if (!gate_route_takes(r, d->type))
			continue;
		if ((r->serial_key != NULL || r->coalesce_key != NULL) &&
		    d->keys.cap == 0)
			code = gate_buf_room(&d->keys, KEYS_MAX, &room);
		if (code == GATE_OK)
			code = find_key(d, r->serial_key, &d->jobs[j].serial);
		if (code == GATE_OK)
			code =
			    find_key(d, r->coalesce_key, &d->jobs[j].coalesce);
		j++;
	}
	return code == GATE_OK ? OUTCOME_NONE : trouble(d, code);
}

/* The guard stands in for a signed key: the MAC may be used once, or again
 * by the very same request. */
static enum gate_code
make_guard(const struct delivery *d, char scope[SCOPE_TEXT],
	   struct inbox_guard *g)
{
	const struct gate_site *site = d->visit->site;
	struct gate_span nul = gate_span_of("", 1);
	struct gate_span parts[] = {GATE_SPAN("relay"), nul,
				    d->relay.idempotency_key, nul, d->raw};

	if (d->key_is_signed)
		return GATE_OK;
	(void)snprintf(scope, SCOPE_TEXT, "%d:relay", (int)d->site_id);
	g->scope = gate_span_str(scope);
	memcpy(g->value, d->relay.mac, sizeof(g->value));
	g->expires_ms = (d->relay.timestamp_s + 2 * site->window_s) * 1000;
	return gate_sha256(parts, GATE_COUNT(parts), g->digest);
}

/* Visible ASCII: what a sender says about itself is shown to people. */
static struct gate_span
clean_agent(struct gate_span in, char dst[USER_AGENT_MAX])
{
	size_t i, n = in.n < USER_AGENT_MAX ? in.n : USER_AGENT_MAX;

	for (i = 0; i < n; i++)
		dst[i] =
		    in.p[i] >= 0x20 && in.p[i] <= 0x7e ? (char)in.p[i] : '?';
	return gate_span_of(dst, n);
}

/* With the raw body this proves later that the event was signed. */
static enum gate_code
put_signed(struct gate_buf *b, const struct relay *relay)
{
	(void)gate_buf_put_str(b, "{\"x-wp-timestamp\":");
	(void)gate_json_put_string(b, relay->timestamp);
	(void)gate_buf_put_str(b, ",\"x-wp-signature\":\"");
	(void)gate_hex_put(b, gate_span_of(relay->mac, sizeof(relay->mac)));
	(void)gate_buf_put_str(b, "\"}");
	return b->failed;
}

static enum gate_code
make_event(struct delivery *d, struct inbox_event *e)
{
	const struct canonical *c = &d->visit->tools->canonical;
	enum gate_code code = gate_uuid7(gate_wall_ms(), &e->id);

	if (code == GATE_OK)
		code = gate_sha256(&d->raw, 1, e->fingerprint);
	e->type = d->type;
	e->key = d->relay.idempotency_key;
	e->object_ref = gate_buf_span(&c->ref);
	e->has_occurred = c->has_occurred;
	e->occurred_ms = c->occurred_ms;
	e->canonical = gate_buf_span(&c->text);
	return code;
}

/* The sender's trace goes on; without one a new one starts here. */
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

static enum outcome
settle(struct delivery *d, const struct inbox_receipt *receipt)
{
	struct visit *v = d->visit;

	memcpy(v->reply.request_id, receipt->event_id,
	       sizeof(v->reply.request_id));
	v->has_jobs = receipt->outcome == OUTCOME_ACCEPTED && d->job_count > 0;
	return receipt->outcome;
}

static enum outcome
store(struct delivery *d)
{
	struct visit *v = d->visit;
	char scope[SCOPE_TEXT], agent[USER_AGENT_MAX], from[ADDRESS_TEXT];
	char traceparent[GATE_TRACEPARENT_TEXT];
	struct address address;
	struct inbox_receipt receipt;
	struct inbox_event event = {.type = d->type};
	struct gate_buf headers;
	struct inbox_delivery in = {
	    .site_id = d->site_id,
	    .scheme = "relay",
	    .key_id = v->key->id,
	    .traceparent = traceparent,
	    .user_agent = clean_agent(v->request->user_agent, agent),
	    .key_ttl_s = v->site->idempotency_ttl_s,
	    .raw = d->raw,
	    .fp_version = INGEST_FP_VERSION,
	    .events = &event,
	    .event_count = 1,
	    .jobs = d->jobs,
	    .job_count = d->job_count};
	enum gate_code code;

	gate_buf_init(&headers, SIGNED_MAX);
	code = put_signed(&headers, &d->relay);
	in.signed_headers = gate_buf_span(&headers);
	if (address_of(v->request, &v->tools->settings->proxies, &address)) {
		address_text(&address, from);
		in.address = from;
	}
	if (code == GATE_OK)
		code = make_trace(v, traceparent);
	if (code == GATE_OK)
		code = make_event(d, &event);
	if (code == GATE_OK)
		code = make_guard(d, scope, &in.guard);
	if (code == GATE_OK) {
		code = inbox_store(v->tools->db, &in, d->until_ms, &receipt,
				   &v->err);
		if (code != GATE_OK)
			lookup_forget(&v->tools->lookup);
	}
	gate_buf_clear(&headers);
	return code == GATE_OK ? settle(d, &receipt) : trouble(d, code);
}

static const struct {
	const char *name;
	enum outcome (*run)(struct delivery *d);
} stages[] = {
    {"media type", check_media_type},
    {"announced size", check_announced_size},
    {"headers", read_headers},
    {"site", find_site},
    {"body", read_body},
    {"signature", check_signature},
    {"json", parse_json},
    {"event type", check_event_type},
    {"key", compare_keys},
    {"canonical form", normalise},
    {"ids", find_ids},
    {"job keys", find_job_keys},
    {"store", store},
};

enum outcome
ingest_relay(struct visit *v)
{
	struct delivery d = {.visit = v};
	enum outcome o = OUTCOME_NONE;
	size_t i;

	gate_buf_init(&d.keys, KEYS_MAX);
	for (i = 0; i < GATE_COUNT(stages) && o == OUTCOME_NONE; i++) {
		v->stage = stages[i].name;
		o = stages[i].run(&d);
	}
	gate_json_free(d.document);
	gate_json_free(d.body);
	gate_buf_clear(&d.keys);
	return o;
}

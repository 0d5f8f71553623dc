/*
 * The pipeline of third parties: a list of stages as in fcgi/ingest.c, with
 * other rules. Whatever does not prove who it is gets one and the same
 * answer, known source or not. Whatever does is taken, whatever it says: a
 * provider drops or disables what is refused, and no retry would mend it.
 */
#include "config.h"

#include "fcgi/gateway.h"

#include "fcgi/arrival.h"
#include "fcgi/handshake.h"
#include "fcgi/ingest.h"
#include "fcgi/limits.h"
#include "lib/clock.h"
#include "lib/num.h"

static const char unknown[] = "source_unknown";
static const char refused[] = "address_refused";

static enum outcome
check_media_type(struct arrival *a)
{
	const struct request *r = a->visit->request;

	a->in.is_form = request_is_form(r);
	if (r->content_encoding.n > 0 ||
	    (!a->in.is_form && !request_is_json(r)))
		return OUTCOME_BAD_MEDIA_TYPE;
	return OUTCOME_NONE;
}

static enum outcome
check_announced_size(struct arrival *a)
{
	const struct request *r = a->visit->request;

	if (r->has_length && r->length > INGEST_BODY_HARD_MAX)
		return OUTCOME_TOO_LARGE;
	if (r->has_length && r->length == 0)
		return OUTCOME_EMPTY_BODY;
	return OUTCOME_NONE;
}

static enum outcome
find_source(struct arrival *a)
{
	struct visit *v = a->visit;
	const struct gate_sites *sites = &v->tools->settings->conf->sites;

	a->source = gate_source_find(sites, v->match.argument, &v->site);
	/* It may be of a site that did not load: nobody may be told "no". */
	if (a->source == NULL)
		return sites->incomplete ? OUTCOME_UNSURE : OUTCOME_NONE;
	v->source = a->source->name;
	a->in.site = v->site->name;
	a->in.source = a->source;
	return OUTCOME_NONE;
}

/* Told apart from a wrong signature in the log alone. */
static enum outcome
check_address(struct arrival *a)
{
	struct visit *v = a->visit;

	if (a->source != NULL &&
	    limits_allow(v, &a->source->allow) != OUTCOME_NONE)
		a->is_refused = true;
	return OUTCOME_NONE;
}

/* Addresses of providers are shared by all their customers: only what fails
 * counts, and only what fails is refused for it. */
static enum outcome
note_failure(struct visit *v, enum outcome o)
{
	enum outcome often = limits_failures(v, v->match.argument);

	limits_failed(v, v->match.argument);
	return often == OUTCOME_NONE ? o : often;
}

/* What a stranger may send: as much as any source. */
static size_t
strangers_max(const struct gate_sites *sites)
{
	size_t i, k, one, max = INGEST_BODY_DEFAULT_MAX;

	for (i = 0; i < sites->count; i++)
		for (k = 0; k < sites->list[i].source_count; k++) {
			one = (size_t)sites->list[i].sources[k].body_max_bytes;
			max = one > max ? one : max;
		}
	return max < INGEST_BODY_HARD_MAX ? max : INGEST_BODY_HARD_MAX;
}

static enum outcome
read_body(struct arrival *a)
{
	struct visit *v = a->visit;
	struct gate_buf *b = &v->tools->body;
	enum outcome o;

	gate_buf_reset(b);
	o = request_read_body(v->request, v->body,
	    strangers_max(&v->tools->settings->conf->sites), b);
	a->hook.body = gate_buf_span(b);
	return o;
}

static enum outcome
answer_ping(struct arrival *a)
{
	return handshake_unsigned(a);
}

/* Where no key was tried one is: a refusal must not take less time for a
 * source that is not there, or for a header that is not. */
static enum outcome
spend_time(struct arrival *a, enum outcome o)
{
	unsigned char mac[GATE_SHA256_BYTES];

	return gate_hmac_sha256(
		   a->visit->tools->dummy.mac, &a->hook.body, 1, mac) == GATE_OK
	    ? o
	    : OUTCOME_AWAY;
}

static enum outcome
refuse(struct arrival *a)
{
	enum gate_provider_fault fault = a->verdict.fault;
	struct visit *v = a->visit;

	v->why = gate_provider_fault_name(fault);
	switch (fault) {
	case GATE_PROVIDER_NO_MEMORY:
		return OUTCOME_AWAY;
	case GATE_PROVIDER_STALE:
	case GATE_PROVIDER_FUTURE:
		return note_failure(v, OUTCOME_STALE);
	case GATE_PROVIDER_NO_MATCH:
		return note_failure(v, OUTCOME_BAD_SIGNATURE);
	default: /* whatever the sender did: it is refused alike */
		return note_failure(v, spend_time(a, OUTCOME_BAD_SIGNATURE));
	}
}

static enum outcome
check_signature(struct arrival *a)
{
	struct visit *v = a->visit;
	const struct gate_source *s = a->source;

	a->hook.headers = a->headers;
	a->hook.header_count = request_headers(v->request, a->headers);
	a->hook.method = v->request->method;
	a->hook.target = v->match.target;
	a->hook.now_s = gate_wall_ms() / 1000;
	a->in.hook = &a->hook;
	if (s == NULL || a->is_refused) {
		v->why = s == NULL ? unknown : refused;
		return note_failure(v, spend_time(a, OUTCOME_UNKNOWN_SITE));
	}
	a->hook.url = gate_span_str(s->public_url);
	if (gate_provider_verify(s->provider, &s->signing, s->keys,
		s->secret_count, &a->hook, &a->verdict) != GATE_PROVIDER_OK)
		return refuse(a);
	v->key_id = s->keys[a->verdict.which].id;
	return OUTCOME_NONE;
}

static enum outcome
take_of_source(struct arrival *a)
{
	return limits_source(
	    a->visit, gate_span_str(a->source->name), &a->source->limit);
}

static enum outcome
check_depth(struct arrival *a)
{
	enum gate_refusal busy = a->source->profile.busy;

	return limits_busy(a->visit,
	    busy == GATE_REFUSAL_LOSES ? GATE_BUSY_ACCEPT : GATE_BUSY_REFUSE);
}

static enum outcome
check_size(struct arrival *a)
{
	return a->hook.body.n > (size_t)a->source->body_max_bytes
	    ? OUTCOME_TOO_LARGE
	    : OUTCOME_NONE;
}

static enum outcome
parse_body(struct arrival *a)
{
	enum gate_code code = gate_webhook_read(&a->webhook, &a->in);

	return code == GATE_OK ? OUTCOME_NONE : arrival_trouble(a, code);
}

static enum outcome
answer_handshake(struct arrival *a)
{
	return handshake_signed(a);
}

static enum outcome
make_events(struct arrival *a)
{
	enum gate_code code = gate_webhook_split(
	    &a->webhook, &a->in, &a->visit->tools->canonical);

	return code == GATE_OK ? OUTCOME_NONE : arrival_trouble(a, code);
}

static const struct {
	const char *name;
	enum outcome (*run)(struct arrival *a);
} stages[] = {
    {"media type", check_media_type},
    {"announced size", check_announced_size},
    {"source", find_source},
    {"address", check_address},
    {"body", read_body},
    {"unsigned ping", answer_ping},
    {"signature", check_signature},
    {"the source's limit", take_of_source},
    {"the queue's depth", check_depth},
    {"the source's size", check_size},
    {"body's form", parse_body},
    {"handshake", answer_handshake},
    {"events", make_events},
    {"jobs", arrival_find_jobs},
    {"store", arrival_store},
};

static enum outcome
deliver(struct visit *v)
{
	struct arrival a = {.visit = v};
	enum outcome o = OUTCOME_NONE;
	size_t i;

	for (i = 0; i < GATE_COUNT(stages) && o == OUTCOME_NONE; i++) {
		v->stage = stages[i].name;
		o = stages[i].run(&a);
	}
	arrival_clear(&a);
	return o;
}

enum outcome
gateway_enter(struct visit *v)
{
	if (gate_span_is(v->request->method, "GET"))
		return handshake_get(v);
	return deliver(v);
}

/*
 * The judgement over an event of a third party: the delivery is put together
 * again from the headers that were kept and the raw body, proved by
 * lib/provider.h and split into events by lib/webhook.h, as when it came.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "cli/evidence.h"
#include "lib/num.h"
#include "lib/provider.h"
#include "lib/source.h"
#include "lib/webhook.h"

struct third {
	const struct gate_sites *sites;
	const struct evidence_event *e;
	struct evidence *out;
	const struct gate_source *source;
	const struct gate_site *site;
	struct gate_json *kept; /* what the headers borrow from */
	struct gate_hook_header headers[GATE_PROVIDER_HEADERS_MAX];
	struct gate_hook hook;
	char target[128];
	bool nomem;
};

static bool
find_source(struct third *s)
{
	const struct evidence_event *e = s->e;

	s->source = gate_source_find(s->sites, e->source, &s->site);
	if (s->source == NULL)
		return evidence_ends(s->out, EVIDENCE_KEY_GONE,
		    "the configuration has no such source");
	if (!gate_span_is(e->site, s->site->name))
		return evidence_ends(
		    s->out, EVIDENCE_ALTERED, "the source is another site's");
	if (!gate_span_is(e->scheme, s->source->provider->name))
		return evidence_ends(s->out, EVIDENCE_ALTERED,
		    "scheme is not the source's provider, %s",
		    s->source->provider->name);
	if (!e->has_raw)
		return evidence_ends(
		    s->out, EVIDENCE_BODY_NOT_KEPT, "the body is not kept");
	if (s->source->signing.seal == GATE_SEAL_EQUAL)
		return evidence_ends(s->out, EVIDENCE_CANNOT_TELL,
		    "its sender signs nothing, but sends a secret along");
	return true;
}

static bool
take_header(const char *name, const struct gate_json *member, void *ctx)
{
	struct third *s = ctx;
	struct gate_hook_header *h = &s->headers[s->hook.header_count];

	if (s->hook.header_count == GATE_PROVIDER_HEADERS_MAX ||
	    !gate_json_string(member, &h->value))
		return false;
	h->name = gate_span_str(name);
	s->hook.header_count++;
	return true;
}

static bool
read_hook(struct third *s)
{
	enum gate_code code =
	    gate_json_parse_stored(s->e->signed_headers, &s->kept, NULL);

	s->nomem = code == GATE_E_NOMEM;
	if (s->nomem)
		return false;
	if (code != GATE_OK || !gate_json_each(s->kept, take_header, s))
		return evidence_ends(
		    s->out, EVIDENCE_ALTERED, "signed_headers are none");
	(void)snprintf(s->target, sizeof(s->target), "/api/webhooks/%.80s",
	    s->source->name);
	s->hook.headers = s->headers;
	s->hook.body = s->e->raw;
	s->hook.method = GATE_SPAN("POST");
	s->hook.url = gate_span_str(s->source->public_url);
	s->hook.target = gate_span_str(s->target);
	return true;
}

static bool
has_secret(const struct third *s)
{
	size_t i;

	for (i = 0; i < s->source->secret_count; i++)
		if (gate_span_is(s->e->key_id, s->source->secrets[i].id))
			return true;
	return false;
}

/* The path and query that it came by are not kept. */
static bool
signs_address(const struct gate_source *source)
{
	const char *message = source->signing.message;

	return source->provider->verifier != NULL ||
	    (message != NULL && strstr(message, "{url") != NULL);
}

static bool
ends_with(struct third *s, enum gate_provider_fault fault)
{
	if (fault == GATE_PROVIDER_STALE || fault == GATE_PROVIDER_FUTURE)
		return evidence_ends(s->out, EVIDENCE_ALTERED,
		    "it was not signed for the time of received_at");
	if (!has_secret(s))
		return evidence_ends(s->out, EVIDENCE_KEY_GONE,
		    "the source has no secret %.*s any more",
		    GATE_SPAN_ARG(s->e->key_id));
	if (signs_address(s->source) && fault == GATE_PROVIDER_NO_MATCH)
		return evidence_ends(s->out, EVIDENCE_CANNOT_TELL,
		    "the signature does not hold, or it came by another "
		    "address than public_url, which is signed");
	return evidence_ends(s->out, EVIDENCE_ALTERED,
	    "the signature does not hold: %s", gate_provider_fault_text(fault));
}

static bool
check_signature(struct third *s)
{
	static const int64_t slacks[] = {
	    0, -EVIDENCE_SLACK_S, EVIDENCE_SLACK_S};
	enum gate_provider_fault fault = GATE_PROVIDER_STALE;
	struct gate_verdict verdict = {.which = GATE_NO_SECRET};
	size_t i;

	for (i = 0; i < GATE_COUNT(slacks) &&
	     (fault == GATE_PROVIDER_STALE || fault == GATE_PROVIDER_FUTURE);
	     i++) {
		s->hook.now_s = s->e->received_ms / 1000 + slacks[i];
		fault = gate_provider_verify(s->source->provider,
		    &s->source->signing, s->source->keys,
		    s->source->secret_count, &s->hook, &verdict);
	}
	s->nomem = fault == GATE_PROVIDER_NO_MEMORY;
	if (s->nomem)
		return false;
	if (fault != GATE_PROVIDER_OK)
		return ends_with(s, fault);
	if (!gate_span_is(s->e->key_id, s->source->secrets[verdict.which].id) ||
	    !gate_span_equal(s->e->key_id, s->e->created_by))
		return evidence_ends(s->out, EVIDENCE_ALTERED,
		    "key_id or created_by is not the secret that signed, %s",
		    s->source->secrets[verdict.which].id);
	return true;
}

static bool
compare(struct third *s, const struct gate_webhook_event *made)
{
	struct evidence_made columns = {made->object_ref, made->has_occurred,
	    made->occurred_ms, made->canonical};
	const char *why;

	if (!gate_span_equal(made->type, s->e->type))
		return evidence_ends(
		    s->out, EVIDENCE_ALTERED, "type is not the body's");
	if (s->e->fp_version == EVIDENCE_FP_VERSION &&
	    !gate_span_equal(s->e->fingerprint,
		gate_span_of(made->fingerprint, sizeof(made->fingerprint))))
		return evidence_ends(
		    s->out, EVIDENCE_ALTERED, "fingerprint is not the body's");
	s->nomem = evidence_compare(s->e, &columns, &why) != GATE_OK;
	if (s->nomem)
		return false;
	return why == NULL ||
	    evidence_ends(s->out, EVIDENCE_ALTERED,
		"%s, or the source's map was changed", why);
}

/* A form is told by its content type, which is not kept: JSON begins with a
 * bracket, and a form of a webhook does not. */
static bool
is_form(struct gate_span body)
{
	return body.n > 0 && body.p[0] != '{' && body.p[0] != '[';
}

static bool
check_events(struct third *s)
{
	struct gate_webhook_in in = {.site = s->site->name,
	    .source = s->source,
	    .hook = &s->hook,
	    .is_form = is_form(s->hook.body)};
	const struct gate_webhook_event *found = NULL;
	struct gate_webhook w = {.count = 0};
	struct gate_canonical c;
	bool ok = false;
	size_t i;

	gate_canonical_init(&c);
	s->nomem = gate_webhook_read(&w, &in) != GATE_OK ||
	    gate_webhook_split(&w, &in, &c) != GATE_OK;
	for (i = 0; i < w.count && !s->nomem && found == NULL; i++)
		if (gate_span_equal(w.events[i].key, s->e->key))
			found = &w.events[i];
	if (found != NULL)
		ok = compare(s, found);
	else if (!s->nomem)
		ok = evidence_ends(s->out, EVIDENCE_ALTERED,
		    "idempotency_key is not what the delivery makes");
	gate_webhook_clear(&w);
	gate_canonical_clear(&c);
	return ok;
}

enum gate_code
evidence_judge_source(const struct gate_sites *sites,
    const struct evidence_event *e, struct evidence *out)
{
	static bool (*const steps[])(struct third *) = {
	    find_source, read_hook, check_signature, check_events};
	struct third s = {.sites = sites, .e = e, .out = out};
	size_t i;

	for (i = 0; i < GATE_COUNT(steps) && steps[i](&s); i++)
		;
	out->key_is_signed = i == GATE_COUNT(steps) &&
	    !s.source->provider->profile.has_second_key;
	gate_json_free(s.kept);
	return s.nomem ? GATE_E_NOMEM : GATE_OK;
}

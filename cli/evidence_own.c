/*
 * The judgement over an event of an own door: first the signature, over the raw
 * body, by lib/proof.h as the responder judged it; then every column that
 * was made of the signed bytes, by making it again. Each step either ends
 * with a verdict or hands on.
 */
#include "config.h"

#include "cli/evidence.h"

#include "lib/canonical.h"
#include "lib/crypto.h"
#include "lib/event.h"
#include "lib/json.h"
#include "lib/num.h"
#include "lib/proof.h"

#define SHAPED_MAX (4u * 1024 * 1024) /* as the responder has it */

/* An own door: how it proves, what its bodies look like. */
static const struct door {
	const struct gate_proof_kind *kind;
	const struct gate_canonical_form *form;
	enum gate_scheme scheme; /* of the secret that signs bodies */
	bool key_in_body;        /* an idempotency_key there is the event's */
} doors[] = {
    {&gate_proof_bridge, &gate_form_bridge, GATE_SCHEME_HMAC, true},
    {&gate_proof_relay, &gate_form_relay, GATE_SCHEME_RELAY, true},
    {&gate_proof_edge, &gate_form_edge, GATE_SCHEME_EDGE, false},
};

struct judge {
	const struct gate_sites *sites;
	const struct gate_dummy *dummy;
	const struct evidence_event *e;
	struct evidence *out;
	const struct door *door;
	const struct gate_site *site;
	struct gate_json *headers; /* what the spans of sent borrow from */
	struct gate_span hmac_key_id;
	struct gate_sent sent;
	struct gate_proof proof;
	struct gate_json *body;
	struct gate_canonical canonical;
	bool nomem;
};

static bool
ends_nomem(struct judge *j)
{
	j->nomem = true;
	return false;
}

static bool
find_door(struct judge *j)
{
	const struct evidence_event *e = j->e;
	size_t i;

	for (i = 0; i < GATE_COUNT(doors); i++)
		if (gate_span_is(e->scheme, doors[i].kind->name))
			j->door = &doors[i];
	if (j->door == NULL)
		return evidence_ends(j->out, EVIDENCE_CANNOT_TELL,
		    "this program cannot prove events of that scheme");
	if (!e->has_raw)
		return evidence_ends(
		    j->out, EVIDENCE_BODY_NOT_KEPT, "the body is not kept");
	j->site = gate_site_by_name(j->sites, e->site);
	if (j->site == NULL)
		return evidence_ends(j->out, EVIDENCE_KEY_GONE,
		    "the configuration has no such site");
	return true;
}

static bool
take_header(const char *name, const struct gate_json *member, void *ctx)
{
	struct judge *j = ctx;
	struct gate_span value;

	if (!gate_json_string(member, &value))
		return false;
	if (gate_span_is(gate_span_str(name), "hmac_key_id"))
		j->hmac_key_id = value;
	else
		(void)gate_sent_put(
		    &j->sent, j->door->kind, gate_span_str(name), value);
	return true;
}

/* What was not signed comes from the row: it only says which key to try, and
 * which idempotency key the event goes by. */
static bool
read_headers(struct judge *j)
{
	enum gate_code code =
	    gate_json_parse_stored(j->e->signed_headers, &j->headers, NULL);
	enum gate_fault fault;
	const char *rule = NULL;

	if (code == GATE_E_NOMEM)
		return ends_nomem(j);
	if (code != GATE_OK || !gate_json_each(j->headers, take_header, j))
		return evidence_ends(
		    j->out, EVIDENCE_ALTERED, "signed_headers are none");
	if (j->door->kind != &gate_proof_bridge)
		j->sent.key_id = j->e->key_id;
	j->sent.idempotency_key = j->e->key;
	fault = j->door->kind->read(&j->sent, false, &j->proof, &rule);
	if (fault == GATE_FAULT_NOMEM)
		return ends_nomem(j);
	if (fault == GATE_FAULT_KEY)
		return evidence_ends(
		    j->out, EVIDENCE_ALTERED, "idempotency_key is none");
	if (fault != GATE_FAULT_NONE)
		return evidence_ends(j->out, EVIDENCE_ALTERED,
		    "signed_headers are none: %s",
		    rule == NULL ? "they do not sign" : rule);
	return true;
}

static bool
has_secret(const struct judge *j, struct gate_span id)
{
	const struct gate_hmac_secrets *all =
	    &j->site->secrets[j->door->scheme];
	size_t i;

	for (i = 0; i < all->count; i++)
		if (gate_span_is(id, all->list[i].id))
			return true;
	return false;
}

/* The key that the token names; without a name, the one that the row does. */
static bool
has_token_key(const struct judge *j)
{
	struct gate_span id =
	    j->proof.token.kid.n > 0 ? j->proof.token.kid : j->e->key_id;
	const struct gate_bridge *b = &j->site->bridge;
	size_t i;

	for (i = 0; i < b->key_count; i++)
		if (gate_span_is(id, b->keys[i].id))
			return true;
	return false;
}

/* Whether what signed is configured, but as another site's. */
static bool
is_of_another(const struct judge *j)
{
	const struct gate_site *owner = j->proof.has_token
	    ? gate_site_by_issuer(j->sites, j->proof.token.iss)
	    : gate_site_by_secret(j->sites, j->door->scheme, j->e->key_id);

	return owner != NULL && owner != j->site;
}

/* Why it did not hold, where the keys are there. */
static bool
ends_with(struct judge *j, enum gate_fault fault, const char *rule)
{
	if (fault == GATE_FAULT_NOMEM)
		return ends_nomem(j);
	if (is_of_another(j))
		return evidence_ends(
		    j->out, EVIDENCE_ALTERED, "the key is another site's");
	if (j->proof.has_token && !has_token_key(j))
		return evidence_ends(j->out, EVIDENCE_KEY_GONE,
		    "the site has no key %.*s any more",
		    GATE_SPAN_ARG(j->e->key_id));
	if (fault == GATE_FAULT_UNKNOWN || fault == GATE_FAULT_SIGNATURE) {
		struct gate_span id =
		    j->proof.has_token ? j->hmac_key_id : j->e->key_id;

		if (!has_secret(j, id))
			return evidence_ends(j->out, EVIDENCE_KEY_GONE,
			    "the site has no %s secret %.*s any more",
			    gate_scheme_name(j->door->scheme),
			    GATE_SPAN_ARG(id));
	}
	if (fault == GATE_FAULT_STALE)
		return evidence_ends(j->out, EVIDENCE_ALTERED,
		    "it was not signed for the time of received_at");
	return evidence_ends(j->out, EVIDENCE_ALTERED,
	    "the signature does not hold%s%s", rule == NULL ? "" : ": ",
	    rule == NULL ? "" : rule);
}

static bool
same(struct gate_span stored, const char *made)
{
	return gate_span_is(stored, made == NULL ? "" : made);
}

static bool
check_signature(struct judge *j)
{
	static const int64_t slacks[] = {
	    0, -EVIDENCE_SLACK_S, EVIDENCE_SLACK_S};
	struct gate_trial t = {
	    .site = j->site, .dummy = j->dummy, .data = j->e->raw};
	enum gate_fault fault = GATE_FAULT_STALE;
	struct gate_identity who = {0};
	const char *rule = NULL;
	size_t i;

	for (i = 0; i < GATE_COUNT(slacks) && fault == GATE_FAULT_STALE; i++) {
		t.now_s = j->e->received_ms / 1000 + slacks[i];
		fault = j->door->kind->verify(&t, &j->proof, &who, &rule);
	}
	if (fault != GATE_FAULT_NONE)
		return ends_with(j, fault, rule);
	if (!same(j->e->key_id, who.key_id))
		return evidence_ends(j->out, EVIDENCE_ALTERED,
		    "key_id is not the key that signed, %s", who.key_id);
	if (!same(j->hmac_key_id, who.hmac_key_id))
		return evidence_ends(j->out, EVIDENCE_ALTERED,
		    "hmac_key_id is not the secret that signed, %s",
		    who.hmac_key_id == NULL ? "none" : who.hmac_key_id);
	if (!gate_span_equal(j->e->created_by, who.created_by))
		return evidence_ends(j->out, EVIDENCE_ALTERED,
		    "created_by is not what the signature says");
	return true;
}

static bool
check_fingerprint(struct judge *j)
{
	unsigned char digest[GATE_SHA256_BYTES];

	if (j->e->fp_version != EVIDENCE_FP_VERSION)
		return true; /* by a recipe that is not this program's */
	if (gate_sha256(&j->e->raw, 1, digest) != GATE_OK)
		return ends_nomem(j);
	if (!gate_span_equal(
		j->e->fingerprint, gate_span_of(digest, sizeof(digest))))
		return evidence_ends(
		    j->out, EVIDENCE_ALTERED, "fingerprint is not the body's");
	return true;
}

/* Names the event, where the body does. */
static bool
check_key(struct judge *j)
{
	const struct gate_json *member;
	struct gate_span key;

	if (!j->door->key_in_body ||
	    !gate_json_get(j->body, "idempotency_key", &member) ||
	    gate_json_kind(member) == GATE_JSON_NULL)
		return true;
	j->out->key_is_signed = true;
	return (gate_json_string(member, &key) &&
		   gate_span_equal(key, j->e->key)) ||
	    evidence_ends(
		j->out, EVIDENCE_ALTERED, "idempotency_key is not the body's");
}

static bool
read_body(struct judge *j)
{
	const struct gate_json *member;
	struct gate_span type;
	enum gate_code code = gate_json_parse(j->e->raw, &j->body, NULL);

	if (code == GATE_E_NOMEM)
		return ends_nomem(j);
	/* It was signed so, but it cannot have been accepted. */
	if (code != GATE_OK)
		return evidence_ends(
		    j->out, EVIDENCE_ALTERED, "the body is no JSON");
	if (!gate_json_get(j->body, j->door->form->type, &member) ||
	    !gate_json_string(member, &type) ||
	    !gate_span_equal(type, j->e->type))
		return evidence_ends(
		    j->out, EVIDENCE_ALTERED, "type is not the body's");
	return check_key(j);
}

/* Of the body, or of what a schema makes of it. */
static bool
compare(struct judge *j, const struct gate_json *body, struct gate_span text,
    const char **why)
{
	struct gate_canonical *c = &j->canonical;
	struct evidence_made made;

	if (gate_canonical_fill(c, j->door->form, j->site->name, j->e->type,
		body, text) != GATE_OK)
		return ends_nomem(j);
	made = (struct evidence_made){gate_buf_span(&c->ref), c->has_occurred,
	    c->occurred_ms, gate_buf_span(&c->text)};
	return evidence_compare(j->e, &made, why) == GATE_OK || ends_nomem(j);
}

/* By the schema that is configured today, if there is one that shapes. */
static bool
compare_shaped(struct judge *j, const char **why)
{
	struct gate_schema_fault fault;
	struct gate_json *shaped = NULL;
	struct gate_buf text;
	enum gate_code code;
	bool ok = true;

	gate_buf_init(&text, SHAPED_MAX);
	code = gate_event_judge(
	    &j->site->event_rules, j->e->type, j->body, &shaped, &fault);
	if (code == GATE_OK && shaped != NULL)
		code = gate_json_text(shaped, &text);
	if (code == GATE_E_NOMEM)
		ok = ends_nomem(j);
	else if (code == GATE_OK && shaped != NULL)
		ok = compare(j, shaped, gate_buf_span(&text), why);
	gate_json_free(shaped);
	gate_buf_clear(&text);
	return ok;
}

static bool
has_rule(const struct judge *j)
{
	const struct gate_event_rules *rules = &j->site->event_rules;
	size_t i;

	for (i = 0; i < rules->count; i++)
		if (gate_span_is(j->e->type, rules->list[i].type))
			return true;
	return false;
}

/* An event may be older than its type's schema, or than the schema's last
 * change; nobody keeps the schema that it met. */
static bool
check_columns(struct judge *j)
{
	const char *why = NULL;

	if (!compare(j, j->body, j->e->raw, &why))
		return false;
	if (why == NULL)
		return true;
	if (!has_rule(j))
		return evidence_ends(j->out, EVIDENCE_ALTERED, "%s", why);
	if (!compare_shaped(j, &why))
		return false;
	return why == NULL ||
	    evidence_ends(j->out, EVIDENCE_CANNOT_TELL,
		"it was signed, but %s by the schema of today", why);
}

enum gate_code
evidence_judge_own(const struct gate_sites *sites,
    const struct gate_dummy *dummy, const struct evidence_event *e,
    struct evidence *out)
{
	static bool (*const steps[])(struct judge *) = {find_door, read_headers,
	    check_signature, check_fingerprint, read_body, check_columns};
	struct judge j = {.sites = sites, .dummy = dummy, .e = e, .out = out};
	size_t i;

	gate_canonical_init(&j.canonical);
	for (i = 0; i < GATE_COUNT(steps) && steps[i](&j); i++)
		;
	gate_canonical_clear(&j.canonical);
	gate_proof_clear(&j.proof);
	gate_json_free(j.body);
	gate_json_free(j.headers);
	return j.nomem ? GATE_E_NOMEM : GATE_OK;
}

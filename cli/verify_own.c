/*
 * A captured request of an own door: bridge, relay, edge. By the responder's
 * own lines (lib/proof.h); what they refuse is then tried in other readings.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verify.h"
#include "lib/crypto.h"
#include "lib/num.h"
#include "lib/proof.h"

static const enum gate_scheme schemes[] = {
    [GATE_DOOR_BRIDGE] = GATE_SCHEME_HMAC,
    [GATE_DOOR_RELAY] = GATE_SCHEME_RELAY,
    [GATE_DOOR_EDGE] = GATE_SCHEME_EDGE,
};
_Static_assert(GATE_COUNT(schemes) == GATE_DOOR_COUNT, "a door is missing");

struct own {
	struct verify *v;
	enum gate_door door;
	const struct gate_proof_kind *kind;
	struct gate_span target;    /* without the gate's own prefix */
	struct gate_span path_site; /* {site} of the path, or empty */
	bool is_get;
	struct gate_sent sent;
	struct gate_proof proof;
	const struct gate_site *site;
	struct gate_dummy dummy;
	bool nomem;
};

static bool
has_header(const struct capture *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->header_count; i++)
		if (gate_span_is_nocase(c->headers[i].name, name))
			return true;
	return false;
}

/* The path without the gate's prefix and the query. */
static struct gate_span
read_path(struct own *o)
{
	const char *mount = o->v->conf->fcgi.mount;
	struct gate_span path, rest;

	o->target = o->v->capture->target;
	rest = o->target;
	if (mount[0] != '\0' && gate_span_skip(&rest, mount) && rest.n > 0 &&
	    rest.p[0] == '/')
		o->target = rest;
	rest = o->target;
	return gate_span_until(&rest, '?', rest.n, &path) ? path : o->target;
}

/* By --door, else by the path, else by the first of its headers. */
static int
choose_door(struct own *o)
{
	const char *word = o->v->command->line->value[OPTION_DOOR];
	struct gate_span path = read_path(o), rest;
	size_t i;

	for (i = 0; i < GATE_DOOR_COUNT; i++) {
		rest = path;
		if (!gate_span_skip(&rest, gate_door_path((enum gate_door)i)))
			continue;
		if (rest.n == 0 || rest.p[0] == '/')
			o->door = (enum gate_door)i;
		if (rest.n > 1 && rest.p[0] == '/' && i != GATE_DOOR_BRIDGE)
			o->path_site = gate_span_of(rest.p + 1, rest.n - 1);
	}
	for (i = 0; i < GATE_DOOR_COUNT && o->door == GATE_DOOR_COUNT; i++)
		if (has_header(o->v->capture,
			gate_proof_of_door((enum gate_door)i)->headers[0].name))
			o->door = (enum gate_door)i;
	if (word != NULL && !gate_door_parse(gate_span_str(word), &o->door))
		return command_fail(
		    CLI_USAGE, "expected --door bridge, relay or edge");
	if (o->door == GATE_DOOR_COUNT)
		return command_fail(CLI_USAGE,
		    "neither path nor headers are those of a door: expected "
		    "--door, or --source NAME for a third party's");
	o->kind = gate_proof_of_door(o->door);
	o->v->door = o->kind->name;
	return CLI_OK;
}

/* A header that the kind needs and that is not there, or is there twice. */
static bool
take_headers(struct own *o)
{
	const struct capture *c = o->v->capture;
	const struct gate_proof_header *h = o->kind->headers;
	const struct gate_proof_header *end = h + GATE_PROOF_HEADERS_MAX;
	struct gate_span value;

	for (; h < end && h->name != NULL; h++) {
		if (capture_header(c, h->name, &value))
			(void)gate_sent_put(
			    &o->sent, o->kind, gate_span_str(h->name), value);
		else if (has_header(c, h->name))
			return verify_fails(o->v, "header_twice",
			    "the header %s stands twice", h->name);
	}
	return true;
}

static bool
name_missing(struct own *o)
{
	const struct gate_proof_header *h = o->kind->headers;
	const struct gate_proof_header *end = h + GATE_PROOF_HEADERS_MAX;

	for (; h < end && h->name != NULL; h++)
		if (!has_header(o->v->capture, h->name) &&
		    strstr(h->name, "key-id") == NULL &&
		    !(o->is_get && strstr(h->name, "idempotency") != NULL))
			return verify_fails(o->v, "header_missing",
			    "the header %s is missing, and %s needs it",
			    h->name, o->kind->name);
	return verify_fails(
	    o->v, "header_missing", "a header is empty, or of another form");
}

/* What a signature header looks like that is none. */
static bool
name_grammar(struct own *o)
{
	struct gate_span s = o->sent.signature;
	bool has_mark = gate_span_skip(&s, "sha256=");
	struct gate_buf raw;

	gate_buf_init(&raw, GATE_SHA256_BYTES + 3);
	if (gate_base64_decode(s, &raw) == GATE_OK &&
	    raw.n == GATE_SHA256_BYTES)
		(void)snprintf(o->v->hint, sizeof(o->v->hint),
		    "the signature is base64, expected 64 hex digits");
	else if (has_mark != (o->door == GATE_DOOR_BRIDGE))
		(void)snprintf(o->v->hint, sizeof(o->v->hint),
		    has_mark ? "the signature has sha256= before it, which is "
			       "the bridge's way"
			     : "the signature has no sha256= before it");
	else if (o->sent.timestamp.n == 13)
		(void)snprintf(o->v->hint, sizeof(o->v->hint),
		    "the timestamp is in milliseconds, expected seconds");
	gate_buf_clear(&raw);
	return verify_fails(o->v, "bad_signature",
	    "a header is not of its form (signature, timestamp, nonce or key "
	    "id)");
}

static bool
read_proof(struct own *o)
{
	const char *rule = NULL;
	enum gate_fault fault =
	    o->kind->read(&o->sent, o->is_get, &o->proof, &rule);

	switch (fault) {
	case GATE_FAULT_NONE:
		return true;
	case GATE_FAULT_MISSING:
		return name_missing(o);
	case GATE_FAULT_KEY:
		return verify_fails(o->v, "bad_key",
		    "the idempotency key is not 1 to 128 visible ASCII "
		    "characters");
	case GATE_FAULT_SIGNATURE:
		return name_grammar(o);
	case GATE_FAULT_NOMEM:
		o->nomem = true;
		return false;
	case GATE_FAULT_TOKEN:
	case GATE_FAULT_STALE:
	case GATE_FAULT_UNKNOWN:
	case GATE_FAULT_COUNT:
		break;
	}
	return verify_fails(o->v, "bad_token", "the token is none: %s",
	    rule == NULL ? "" : rule);
}

/* --site says who it should be; the request says who it is. */
static bool
find_site(struct own *o)
{
	const char *name = o->v->command->line->value[OPTION_SITE];
	const struct gate_sites *sites = &o->v->conf->sites;
	const struct gate_site *found =
	    o->kind->find_site(sites, o->path_site, &o->proof);

	o->site = found;
	if (name != NULL)
		o->site = gate_site_by_name(sites, gate_span_str(name));
	if (o->site != NULL)
		o->v->site = o->site->name;
	if (found != NULL && found != o->site)
		return verify_fails(o->v, "unknown_site",
		    "it speaks for site %s, not for %s", found->name, name);
	return true;
}

static enum gate_fault
ask(const struct own *o, const struct gate_site *site,
    const struct gate_proof *proof, struct gate_span data,
    struct gate_identity *who, const char **rule)
{
	struct gate_trial t = {.site = site,
	    .dummy = &o->dummy,
	    .data = data,
	    .is_get = o->is_get,
	    .now_s = o->v->now_s};

	return o->kind->verify(&t, proof, who, rule);
}

/* One reading: whether any of the secrets signed so. */
static bool
holds(void *ctx, const struct hint_try *t)
{
	const struct own *o = ctx;
	char id[] = "?";
	struct gate_hmac_secret secret = {.id = id};
	struct gate_site site = *o->site;
	struct gate_proof proof = o->proof;
	struct gate_identity who;
	const char *rule = NULL;
	enum gate_fault fault;

	if (gate_hmac_key_new(t->text, &secret.key) != GATE_OK)
		return false;
	site.secrets[schemes[o->door]] = (struct gate_hmac_secrets){&secret, 1};
	proof.key_id = (struct gate_span){0};
	fault =
	    ask(o, &site, &proof, o->is_get ? t->target : t->body, &who, &rule);
	gate_hmac_key_free(secret.key);
	return fault == GATE_FAULT_NONE || fault == GATE_FAULT_STALE;
}

/* All sites' secrets of the door: one may be another's. */
static size_t
list_secrets(const struct own *o, struct hint_secret **out)
{
	const struct gate_sites *sites = &o->v->conf->sites;
	enum gate_scheme scheme = schemes[o->door];
	const struct gate_hmac_secrets *all;
	size_t i, k, count = 0;

	for (i = 0; i < sites->count; i++)
		count += sites->list[i].secrets[scheme].count;
	*out = calloc(count + 1, sizeof(**out));
	if (*out == NULL)
		return 0;
	count = 0;
	for (i = 0; i < sites->count; i++) {
		all = &sites->list[i].secrets[scheme];
		for (k = 0; k < all->count; k++)
			(*out)[count++] =
			    (struct hint_secret){.id = all->list[k].id,
				.site = &sites->list[i] == o->site
				    ? NULL
				    : sites->list[i].name,
				.text = gate_secret_span(&all->list[k].text)};
	}
	return count;
}

static void
search(struct own *o)
{
	struct hint_secret *secrets = NULL;
	struct hint_case c = {.mount = o->v->conf->fcgi.mount,
	    .holds = holds,
	    .ctx = o,
	    .as_is = {.body = o->v->capture->body}};
	size_t which;

	if (o->is_get)
		c.as_is.target = o->target;
	if (o->site == NULL || o->v->hint[0] != '\0')
		return;
	c.secret_count = list_secrets(o, &secrets);
	c.secrets = secrets;
	if (secrets == NULL)
		o->nomem = true;
	else
		(void)hint_find(&c, o->v->hint, &which, &o->nomem);
	free(secrets);
}

static bool
check(struct own *o)
{
	struct gate_identity who = {0};
	const char *rule = NULL;
	enum gate_fault fault = ask(o, o->site, &o->proof,
	    o->is_get ? o->target : o->v->capture->body, &who, &rule);

	o->v->signed_s = o->proof.timestamp_s;
	switch (fault) {
	case GATE_FAULT_NONE:
		o->v->key_id = who.key_id;
		return true;
	case GATE_FAULT_NOMEM:
		o->nomem = true;
		return false;
	case GATE_FAULT_STALE:
		if (o->proof.has_token)
			return verify_fails(o->v, "stale",
			    "the token is not for this time: %s", rule);
		verify_hint_clock(o->v, o->proof.timestamp_s);
		return verify_fails(
		    o->v, "stale", "its timestamp is out of the window");
	case GATE_FAULT_TOKEN:
		return verify_fails(
		    o->v, "bad_token", "the token does not hold: %s", rule);
	case GATE_FAULT_UNKNOWN:
		search(o);
		return verify_fails(o->v, "unknown_site",
		    o->site == NULL ? "no site is meant: no such key id, "
				      "issuer or path, and no default site"
				    : "the site has no such key");
	case GATE_FAULT_MISSING:
	case GATE_FAULT_KEY:
	case GATE_FAULT_SIGNATURE:
	case GATE_FAULT_COUNT:
		break;
	}
	search(o);
	return verify_fails(
	    o->v, "bad_signature", "the signature does not hold");
}

int
verify_own(struct verify *v)
{
	struct own o = {.v = v,
	    .door = GATE_DOOR_COUNT,
	    .is_get = gate_span_is(v->capture->method, "GET")};
	struct gate_err err = {0};
	int exit_code = choose_door(&o);

	if (exit_code == CLI_OK && gate_dummy_init(&o.dummy, &err) != GATE_OK)
		exit_code = command_fail_err(&err);
	if (exit_code == CLI_OK)
		v->holds = take_headers(&o) && read_proof(&o) &&
		    find_site(&o) && check(&o);
	if (exit_code == CLI_OK && o.nomem)
		exit_code = command_fail(CLI_FAILED, "out of memory");
	gate_proof_clear(&o.proof);
	gate_dummy_clear(&o.dummy);
	return exit_code;
}

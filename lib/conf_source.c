/*
 * The sources of a site: which provider, with which keys. Owns the reading
 * of their key material; how a delivery is held against it is
 * lib/provider.c's. What must hold between sources is lib/conf_clash.c's.
 */
#include "config.h"

#include "lib/conf_source.h"

#include <stdlib.h>
#include <string.h>

#include "lib/conf_door.h"
#include "lib/conf_event.h"
#include "lib/conf_fill.h"
#include "lib/conf_source_how.h"
#include "lib/num.h"
#include "lib/source.h"

#define BODY_MAX_DEFAULT (256 * 1024)

static void
complain(const struct gate_conf_load *l, const struct gate_conf_block *b,
    const char *key, const char *what)
{
	int line = gate_conf_block_key(b, key)->line;

	gate_conf_errors_put(
	    l->errors, b->path, line == 0 ? b->line : line, key, "%s", what);
}

/* Whoever holds it can sign, so it must not be somebody else's key as well;
 * of a public key that is not so. */
static bool
is_shared_secret(const struct gate_source *s)
{
	return s->signing.seal != GATE_SEAL_ED25519 &&
	    s->signing.seal != GATE_SEAL_ES256 &&
	    s->signing.seal != GATE_SEAL_RS256;
}

static enum gate_code
make_key(const struct gate_source *s, struct gate_span text,
    struct gate_source_secret *out, struct gate_err *err)
{
	enum gate_code code;

	code = gate_provider_key_new(
	    s->provider, &s->signing, text, &out->key, err);
	if (code == GATE_OK && is_shared_secret(s))
		code = gate_conf_door_mark(text, &out->mark);
	return code;
}

/* A reference to what only the gate and the provider know. False: it is
 * reported, or memory is out. */
static bool
load_text(const struct gate_conf_load *l, const struct gate_conf_block *b,
    const char *key, size_t min, struct gate_secret *out)
{
	const struct gate_conf_given *ref = gate_conf_block_key(b, key);
	struct gate_err err = {0};
	enum gate_code code;

	code = gate_secret_load(ref->text[0], l->conf->dir, min, out, &err);
	if (code == GATE_E_CONF)
		gate_conf_errors_put(l->errors, b->path, ref->line, key,
		    "%s, expected a secret of at least %d bytes", err.text,
		    (int)min);
	else if (code != GATE_OK)
		l->errors->nomem = true;
	return code == GATE_OK;
}

static void
load_secret(const struct gate_conf_load *l, const struct gate_conf_block *b,
    const struct gate_source *s, struct gate_source_secret *out)
{
	struct gate_secret text = {0};
	struct gate_err err = {0};
	enum gate_code code;

	out->line = b->line;
	out->state = GATE_KEY_CURRENT;
	out->id = gate_conf_fill_title(b, l->errors);
	gate_conf_fill(b, out, l->conf->dir, l->errors);
	if (s->provider == NULL || (l->want & GATE_CONF_INGEST) == 0 ||
	    gate_conf_block_key(b, "value")->line == 0 ||
	    !load_text(l, b, "value", GATE_SOURCE_SECRET_MIN, &text))
		return;
	code = make_key(s, gate_secret_span(&text), out, &err);
	if (code == GATE_OK && (l->want & GATE_CONF_TEXT) != 0)
		gate_secret_move(&out->text, &text);
	gate_secret_clear(&text);
	if (code == GATE_E_CONF)
		complain(l, b, "value", err.text);
	else if (code != GATE_OK)
		l->errors->nomem = true;
}

static void
load_secrets(const struct gate_conf_load *l, const struct gate_conf_block *b,
    struct gate_source *s)
{
	size_t i;

	s->secrets = gate_conf_fill_room(
	    b, "secret", sizeof(*s->secrets), &s->secret_count, l->errors);
	s->keys = calloc(s->secret_count + 1, sizeof(*s->keys));
	if (s->keys == NULL) {
		l->errors->nomem = true;
		return;
	}
	for (i = 0; i < s->secret_count; i++) {
		load_secret(
		    l, gate_conf_block_at(b, "secret", i), s, &s->secrets[i]);
		s->keys[i] = (struct gate_provider_secret){
		    s->secrets[i].id, s->secrets[i].key};
	}
	if (s->secret_count == 0)
		gate_conf_errors_put(l->errors, b->path, b->line, "secret",
		    "is missing, expected at least one secret \"ID\" { ... }");
}

/* Whether the provider signs something that only the operator can know. */
static void
check_provider(const struct gate_conf_load *l, const struct gate_conf_block *b,
    const struct gate_source *s)
{
	const char *message = s->signing.message;
	bool signs_url = message != NULL && strstr(message, "{url") != NULL;

	if (signs_url && s->public_url != NULL && s->public_url[0] == '\0')
		complain(l, b, "public_url",
		    "is missing, expected the address as the provider was "
		    "told it: it is signed");
	if (s->signing.setting != NULL && s->setting == NULL)
		complain(l, b, "setting",
		    "is missing, expected what the provider signs and does "
		    "not send");
	if (s->profile.handshake != GATE_HANDSHAKE_META &&
	    gate_conf_block_key(b, "verify_token")->line != 0)
		complain(l, b, "verify_token",
		    "this provider has no such token, expected no such key");
}

/* What a key that is not given shall be. */
static void
preset(struct gate_source *s)
{
	const struct gate_signing *how = &s->provider->signing;

	s->how.seal = how->seal;
	s->how.key_form = how->key_form;
	s->how.encoding = how->encoding;
	s->how.grammar = how->grammar;
	s->how.time_unit = how->time_unit;
	s->media = s->provider->profile.media;
	s->signing = *how;
	s->profile = s->provider->profile;
}

/* The provider's own, and what the operator knows better. */
static void
settle(const struct gate_conf_load *l, const struct gate_conf_block *b,
    struct gate_source *s)
{
	const struct gate_conf_block *how =
	    gate_conf_block_at(b, "signature", 0);
	size_t max = s->profile.body_max;

	if (how != NULL && s->provider->is_generic)
		gate_conf_source_sign(l, how, s);
	else if (how != NULL)
		gate_conf_errors_put(l->errors, how->path, how->line,
		    "signature",
		    "this provider signs in one way, expected no such block");
	gate_conf_source_read(l, b, s);
	if (s->tolerance_s > 0)
		s->signing.tolerance_s = s->tolerance_s;
	if (s->setting != NULL)
		s->signing.setting = s->setting;
	if (s->body_max_bytes == 0)
		s->body_max_bytes = max > 0 ? (int64_t)max : BODY_MAX_DEFAULT;
}

static void
find_provider(const struct gate_conf_load *l, const struct gate_conf_block *b,
    struct gate_source *s)
{
	const struct gate_conf_given *name = gate_conf_block_key(b, "provider");

	if (name->line == 0)
		return; /* filling says so */
	s->provider = gate_provider_find(gate_span_str(name->text[0]));
	if (s->provider != NULL)
		preset(s);
	else
		complain(l, b, "provider",
		    "no such provider, expected one of doc/providers.md");
}

static void
load_source(const struct gate_conf_load *l, const struct gate_conf_block *b,
    struct gate_source *s)
{
	s->line = b->line;
	s->name = gate_conf_fill_title(b, l->errors);
	find_provider(l, b, s);
	gate_conf_fill(b, s, l->conf->dir, l->errors);
	gate_conf_allow_load(b, &s->allow, l->errors);
	if (s->provider != NULL) {
		settle(l, b, s);
		check_provider(l, b, s);
	}
	gate_conf_events_load(l, b, &s->event_rules);
	load_secrets(l, b, s);
	if (gate_conf_block_key(b, "verify_token")->line != 0 &&
	    (l->want & GATE_CONF_INGEST) != 0)
		(void)load_text(l, b, "verify_token", 1, &s->verify_token);
}

void
gate_conf_sources_load(const struct gate_conf_load *l, struct gate_site *s,
    const struct gate_conf_block *b)
{
	size_t i;

	s->sources = gate_conf_fill_room(
	    b, "source", sizeof(*s->sources), &s->source_count, l->errors);
	for (i = 0; i < s->source_count; i++)
		load_source(
		    l, gate_conf_block_at(b, "source", i), &s->sources[i]);
}

static bool
has_source(const struct gate_site *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->source_count; i++)
		if (s->sources[i].name != NULL &&
		    strcmp(s->sources[i].name, name) == 0)
			return true;
	return false;
}

void
gate_conf_sources_check(const struct gate_conf_load *l,
    const struct gate_site *s, const struct gate_conf_block *b)
{
	const struct gate_route *r;
	size_t i, k;

	for (i = 0; i < s->route_count; i++) {
		r = &s->routes[i];
		for (k = 0; k < r->source_count; k++)
			if (!has_source(s, r->sources[k]))
				complain(l, gate_conf_block_at(b, "route", i),
				    "sources",
				    "no such source, expected sources of "
				    "this site");
	}
}

void
gate_conf_sources_clear(struct gate_site *s)
{
	struct gate_source *source;
	size_t i, k;

	for (i = 0; i < s->source_count; i++) {
		source = &s->sources[i];
		for (k = 0; k < source->secret_count; k++) {
			gate_provider_key_free(source->secrets[k].key);
			gate_secret_clear(&source->secrets[k].text);
			free(source->secrets[k].id);
		}
		free(source->secrets);
		free(source->keys);
		gate_secret_clear(&source->verify_token);
		gate_allow_clear(&source->allow);
		gate_conf_events_clear(&source->event_rules);
		gate_conf_unfill(&gate_conf_source_spec, source);
		free(source->name);
	}
	free(s->sources);
}

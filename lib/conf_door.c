/*
 * The doors of a site: which secrets and keys it has and where they are.
 * Owns the reading of key material; who may come in by it is decided in
 * fcgi. What must hold between doors and sites is lib/conf_clash.c's.
 */
#include "config.h"

#include "lib/conf_door.h"

#include <stdlib.h>
#include <string.h>

#include "lib/conf_fill.h"
#include "lib/num.h"

#define REF_MAX 4200 /* PATH_MAX and its scheme */

/* The blocks that hold HMAC secrets. */
static const struct {
	const char *door;
	const char *block;
	enum gate_scheme scheme;
} rings[] = {
    {"relay", "key", GATE_SCHEME_RELAY},
    {"edge", "key", GATE_SCHEME_EDGE},
    {"bridge", "hmac", GATE_SCHEME_HMAC},
};

static enum gate_code
make_mark(const struct gate_hmac_key *key, struct gate_mark *out)
{
	struct gate_span text = GATE_SPAN("pressgate: the same secret?");
	enum gate_code code = gate_hmac_sha256(key, &text, 1, out->b);

	out->is_set = code == GATE_OK;
	return code;
}

enum gate_code
gate_conf_door_mark(struct gate_span text, struct gate_mark *out)
{
	struct gate_hmac_key *key = NULL;
	enum gate_code code = gate_hmac_key_new(text, &key);

	if (code == GATE_OK)
		code = make_mark(key, out);
	gate_hmac_key_free(key);
	return code;
}

static bool
wants_keys(const struct gate_conf_load *l)
{
	return (l->want & GATE_CONF_INGEST) != 0;
}

/* The secret that a block's key `secret` refers to. */
static void
load_secret(const struct gate_conf_load *l, const struct gate_conf_block *b,
    struct gate_hmac_secret *s)
{
	const struct gate_conf_given *ref = gate_conf_block_key(b, "secret");
	struct gate_secret secret = {0};
	struct gate_err err = {0};
	enum gate_code code;

	if (ref->line == 0 || !wants_keys(l))
		return;
	code = gate_secret_load(
	    ref->text[0], l->conf->dir, GATE_HMAC_SECRET_MIN, &secret, &err);
	if (code == GATE_OK)
		code = gate_hmac_key_new(gate_secret_span(&secret), &s->key);
	if (code == GATE_OK)
		code = make_mark(s->key, &s->mark);
	if (code == GATE_OK && (l->want & GATE_CONF_TEXT) != 0)
		gate_secret_move(&s->text, &secret);
	gate_secret_clear(&secret);
	if (code == GATE_E_CONF)
		gate_conf_errors_put(l->errors, b->path, ref->line, "secret",
		    "%s, expected a secret of at least %d bytes", err.text,
		    GATE_HMAC_SECRET_MIN);
	else if (code != GATE_OK)
		l->errors->nomem = true;
}

static void
load_ring(const struct gate_conf_load *l, const struct gate_conf_block *door,
    const char *name, struct gate_hmac_secrets *out)
{
	struct gate_hmac_secret *s;
	size_t i;

	out->list = gate_conf_fill_room(
	    door, name, sizeof(*out->list), &out->count, l->errors);
	for (i = 0; i < out->count; i++) {
		const struct gate_conf_block *b =
		    gate_conf_block_at(door, name, i);

		s = &out->list[i];
		s->line = b->line;
		s->state = GATE_KEY_CURRENT;
		s->id = gate_conf_fill_title(b, l->errors);
		gate_conf_fill(b, s, l->conf->dir, l->errors);
		load_secret(l, b, s);
	}
}

/* HS256 has a secret, every other algorithm a public key. */
static bool
has_its_material(const struct gate_conf_load *l,
    const struct gate_conf_block *b, const struct gate_bridge_key *k)
{
	bool shared = k->algorithm == GATE_ALG_HS256;
	const char *wanted = shared ? "secret" : "public";
	const char *other = shared ? "public" : "secret";
	const struct gate_conf_given *given = gate_conf_block_key(b, other);

	if (given->line != 0)
		gate_conf_errors_put(l->errors, b->path, given->line, other,
		    "does not belong to %s, expected %s",
		    gate_alg_name(k->algorithm), wanted);
	if (gate_conf_block_key(b, wanted)->line != 0)
		return given->line == 0;
	gate_conf_errors_put(l->errors, b->path, b->line, wanted,
	    "is missing, expected a reference: env:NAME, file:PATH or "
	    "cred:NAME");
	return false;
}

/* The bytes of a key into what verifies tokens. */
static enum gate_code
make_key(struct gate_span text, struct gate_bridge_key *k, struct gate_err *err)
{
	struct gate_hmac_key *secret = NULL;
	enum gate_code code;

	code = gate_verify_key_new(k->algorithm, text, &k->key, err);
	if (code != GATE_OK || k->algorithm != GATE_ALG_HS256)
		return code;
	code = gate_hmac_key_new(text, &secret);
	if (code == GATE_OK)
		code = make_mark(secret, &k->mark);
	gate_hmac_key_free(secret);
	return code;
}

/* What is wrong with it is said at `at`, of the key `name`. */
static bool
load_key(const struct gate_conf_load *l, const struct gate_conf_place *at,
    const char *name, const char *ref, struct gate_bridge_key *k)
{
	bool shared = k->algorithm == GATE_ALG_HS256;
	struct gate_secret text = {0};
	struct gate_err err = {0};
	enum gate_code code;

	if (!wants_keys(l))
		return true;
	code = shared ? gate_secret_load(ref, l->conf->dir,
			    GATE_HS256_SECRET_MIN, &text, &err)
		      : gate_secret_load_public(ref, l->conf->dir, &text, &err);
	if (code == GATE_E_CONF) {
		gate_conf_errors_put(l->errors, at->path, at->line, name,
		    "%s, expected %s", err.text,
		    shared ? "a secret of at least 32 bytes"
			   : "a public key in PEM");
		return false;
	}
	if (code == GATE_OK)
		code = make_key(gate_secret_span(&text), k, &err);
	gate_secret_clear(&text);
	if (code == GATE_E_CONF) /* says itself what was expected */
		gate_conf_errors_put(
		    l->errors, at->path, at->line, name, "%s", err.text);
	else if (code != GATE_OK)
		l->errors->nomem = true;
	return code == GATE_OK;
}

static void
load_bridge_key(const struct gate_conf_load *l, const struct gate_conf_block *b,
    struct gate_bridge_key *k)
{
	size_t before = l->errors->count;
	const struct gate_conf_given *ref;
	struct gate_conf_place at;
	const char *name;

	k->line = b->line;
	k->state = GATE_KEY_CURRENT;
	k->id = gate_conf_fill_title(b, l->errors);
	gate_conf_fill(b, k, l->conf->dir, l->errors);
	if (l->errors->count > before || !has_its_material(l, b, k))
		return;
	name = k->algorithm == GATE_ALG_HS256 ? "secret" : "public";
	ref = gate_conf_block_key(b, name);
	at = (struct gate_conf_place){b->path, ref->line};
	(void)load_key(l, &at, name, ref->text[0], k); /* it is reported */
}

static void
load_bridge(const struct gate_conf_load *l, const struct gate_conf_block *b,
    struct gate_bridge *out)
{
	size_t i;

	gate_conf_fill(b, out, l->conf->dir, l->errors);
	out->keys = gate_conf_fill_room(
	    b, "key", sizeof(*out->keys), &out->key_count, l->errors);
	for (i = 0; i < out->key_count; i++)
		load_bridge_key(
		    l, gate_conf_block_at(b, "key", i), &out->keys[i]);
	/* Else a token for one could be used as one for the other. */
	if (out->audience != NULL && out->results_audience != NULL &&
	    strcmp(out->audience, out->results_audience) == 0)
		gate_conf_errors_put(l->errors, b->path, b->line,
		    "results_audience",
		    "the same as audience, expected "
		    "another text");
}

void
gate_conf_doors_load(const struct gate_conf_load *l, struct gate_site *s,
    const struct gate_conf_block *b)
{
	const struct gate_conf_block *door;
	size_t i;

	for (i = 0; i < GATE_COUNT(rings); i++) {
		door = gate_conf_block_at(b, rings[i].door, 1);
		if (door != NULL)
			gate_conf_errors_put(l->errors, b->path, door->line,
			    rings[i].door, "a second block, expected one");
		door = gate_conf_block_at(b, rings[i].door, 0);
		if (door == NULL)
			continue;
		s->door_lines[rings[i].scheme] = door->line;
		load_ring(
		    l, door, rings[i].block, &s->secrets[rings[i].scheme]);
	}
	door = gate_conf_block_at(b, "bridge", 0);
	if (door != NULL)
		load_bridge(l, door, &s->bridge);
}

static bool
has_key(const struct gate_bridge *b, const char *id)
{
	size_t i;

	for (i = 0; i < b->key_count; i++)
		if (b->keys[i].id != NULL && strcmp(b->keys[i].id, id) == 0)
			return true;
	return false;
}

static bool
may_have_key(const struct gate_conf_load *l, const struct gate_site *s,
    const struct gate_conf_place *at, const char *id)
{
	if (s->bridge.issuer == NULL)
		gate_conf_errors_put(l->errors, at->path, at->line, "bridge",
		    "a key for a door that the site does not have, expected "
		    "a block bridge in %s",
		    s->file);
	else if (has_key(&s->bridge, id))
		gate_conf_errors_put(l->errors, at->path, at->line, "bridge",
		    "the key id %s is there already, expected it once", id);
	else
		return true;
	return false;
}

void
gate_conf_door_add_key(const struct gate_conf_load *l, struct gate_site *s,
    const struct gate_conf_place *at, struct gate_bridge_key *key,
    struct gate_span file)
{
	struct gate_bridge_key *list;
	struct gate_buf ref;
	size_t n, bytes;

	if (!may_have_key(l, s, at, key->id))
		return;
	gate_buf_init(&ref, REF_MAX);
	(void)gate_buf_put_str(&ref, "file:");
	(void)gate_buf_put(&ref, file);
	if (!load_key(l, at, "bridge", gate_buf_str(&ref), key))
		goto out;
	if (!gate_add(s->bridge.key_count, 1, &n) ||
	    !gate_mul(n, sizeof(*list), &bytes) ||
	    (list = realloc(s->bridge.keys, bytes)) == NULL) {
		l->errors->nomem = true;
		goto out;
	}
	s->bridge.keys = list;
	list[s->bridge.key_count++] = *key;
	*key = (struct gate_bridge_key){.id = NULL};
out:
	gate_buf_clear(&ref);
}

void
gate_conf_doors_finish(const struct gate_conf_load *l, struct gate_site *s)
{
	struct gate_bridge *b = &s->bridge;
	size_t i;

	for (i = 0; i < GATE_COUNT(rings); i++)
		if (s->door_lines[rings[i].scheme] > 0 &&
		    s->secrets[rings[i].scheme].count == 0)
			gate_conf_errors_put(l->errors, s->file,
			    s->door_lines[rings[i].scheme], rings[i].block,
			    "is missing, expected at least one %s \"ID\" { "
			    "... }",
			    rings[i].block);
	b->set = calloc(b->key_count + 1, sizeof(*b->set));
	if (b->set == NULL) {
		l->errors->nomem = true;
		return;
	}
	for (i = 0; i < b->key_count; i++)
		b->set[i] =
		    (struct gate_jwt_key){b->keys[i].id, b->keys[i].key};
}

void
gate_conf_doors_clear(struct gate_site *s)
{
	size_t i, k;

	for (i = 0; i < GATE_COUNT(s->secrets); i++) {
		for (k = 0; k < s->secrets[i].count; k++) {
			gate_hmac_key_free(s->secrets[i].list[k].key);
			gate_secret_clear(&s->secrets[i].list[k].text);
			free(s->secrets[i].list[k].id);
		}
		free(s->secrets[i].list);
	}
	for (i = 0; i < s->bridge.key_count; i++) {
		gate_conf_unfill(
		    &gate_conf_bridge_key_spec, &s->bridge.keys[i]);
		gate_verify_key_free(s->bridge.keys[i].key);
		free(s->bridge.keys[i].id);
	}
	free(s->bridge.keys);
	free(s->bridge.set);
	gate_conf_unfill(&gate_conf_bridge_spec, &s->bridge);
}

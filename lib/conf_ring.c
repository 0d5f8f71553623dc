/*
 * Rotation's side of loading: a site's file is a person's and stays as it
 * is, so a secret that the command made stands in NAME.keys alone, and one
 * that has served its time is struck out there.
 */
#include "config.h"

#include "lib/conf_ring.h"

#include <stdlib.h>
#include <string.h>

#include "lib/conf_fill.h"
#include "lib/num.h"
#include "lib/secret.h"

#define REF_MAX 4200 /* PATH_MAX and its scheme */

static enum gate_code
load(const struct gate_conf_load *l, struct gate_span file,
    struct gate_hmac_secret *s, struct gate_err *err)
{
	struct gate_secret secret = {0};
	struct gate_buf ref;
	enum gate_code code;

	gate_buf_init(&ref, REF_MAX);
	(void)gate_buf_put_str(&ref, "file:");
	(void)gate_buf_put(&ref, file);
	code = gate_secret_load(gate_buf_str(&ref), l->conf->dir,
	    GATE_HMAC_SECRET_MIN, &secret, err);
	if (code == GATE_OK)
		code = gate_hmac_key_new(gate_secret_span(&secret), &s->key);
	if (code == GATE_OK)
		code = gate_conf_door_mark(gate_secret_span(&secret), &s->mark);
	if (code == GATE_OK && (l->want & GATE_CONF_TEXT) != 0)
		gate_secret_move(&s->text, &secret);
	gate_secret_clear(&secret);
	gate_buf_clear(&ref);
	return code;
}

static bool
has(const struct gate_hmac_secrets *all, const char *id)
{
	size_t i;

	for (i = 0; i < all->count; i++)
		if (all->list[i].id != NULL && strcmp(all->list[i].id, id) == 0)
			return true;
	return false;
}

static enum gate_code
append(struct gate_hmac_secrets *all, struct gate_hmac_secret *secret)
{
	struct gate_hmac_secret *list;
	size_t n, bytes;

	if (!gate_add(all->count, 1, &n) ||
	    !gate_mul(n, sizeof(*list), &bytes) ||
	    (list = realloc(all->list, bytes)) == NULL)
		return GATE_E_NOMEM;
	all->list = list;
	list[all->count++] = *secret;
	*secret = (struct gate_hmac_secret){.id = NULL};
	return GATE_OK;
}

void
gate_conf_ring_add(const struct gate_conf_load *l, struct gate_site *s,
    const struct gate_conf_place *at, enum gate_scheme scheme,
    struct gate_hmac_secret *secret, struct gate_span file)
{
	struct gate_hmac_secrets *all = &s->secrets[scheme];
	struct gate_err err = {0};
	enum gate_code code = GATE_OK;

	if (s->door_lines[scheme] == 0)
		return;
	if (has(all, secret->id)) {
		gate_conf_errors_put(l->errors, at->path, at->line,
		    gate_scheme_name(scheme),
		    "the key id %s is there already, expected it once",
		    secret->id);
		return;
	}
	if ((l->want & GATE_CONF_INGEST) != 0)
		code = load(l, file, secret, &err);
	if (code == GATE_OK)
		code = append(all, secret);
	if (code == GATE_E_CONF)
		gate_conf_errors_put(l->errors, at->path, at->line,
		    gate_scheme_name(scheme),
		    "%s, expected a secret of at least %d bytes", err.text,
		    GATE_HMAC_SECRET_MIN);
	else if (code != GATE_OK)
		l->errors->nomem = true;
}

static void
drop_secret(struct gate_hmac_secrets *all, struct gate_span id)
{
	struct gate_hmac_secret *list = all->list;
	size_t i;

	for (i = 0; i < all->count; i++) {
		if (list[i].id == NULL || !gate_span_is(id, list[i].id))
			continue;
		gate_hmac_key_free(list[i].key);
		gate_secret_clear(&list[i].text);
		free(list[i].id);
		all->count--;
		memmove(
		    &list[i], &list[i + 1], (all->count - i) * sizeof(*list));
		return;
	}
}

static void
drop_key(struct gate_bridge *b, struct gate_span id)
{
	size_t i;

	for (i = 0; i < b->key_count; i++) {
		if (b->keys[i].id == NULL || !gate_span_is(id, b->keys[i].id))
			continue;
		gate_conf_unfill(&gate_conf_bridge_key_spec, &b->keys[i]);
		gate_verify_key_free(b->keys[i].key);
		free(b->keys[i].id);
		b->key_count--;
		memmove(&b->keys[i], &b->keys[i + 1],
		    (b->key_count - i) * sizeof(b->keys[0]));
		return;
	}
}

void
gate_conf_ring_drop(
    struct gate_site *s, enum gate_scheme scheme, struct gate_span id)
{
	if (scheme == GATE_SCHEME_BRIDGE)
		drop_key(&s->bridge, id);
	else
		drop_secret(&s->secrets[scheme], id);
}

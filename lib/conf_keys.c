/*
 * The states of keys. Reads lines of four words, or six for a key that stands
 * nowhere else: the command took it in, or made it.
 */
#include "config.h"

#include "lib/conf_keys.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/conf_door.h"
#include "lib/conf_ring.h"
#include "lib/conf_text.h"
#include "lib/conf_value.h"
#include "lib/num.h"

#define WORD_MAX 64

struct line {
	enum gate_scheme scheme;
	struct gate_span id;
	enum gate_key_state state;
	int64_t made_at_ms;
	enum gate_alg algorithm; /* where there is a file */
	struct gate_span file;   /* empty: none */
};

/* False: not of that grammar. */
static bool
read_line(struct gate_span text, struct line *out)
{
	struct gate_span scheme, state, time, algorithm;
	struct line line = {0};

	if (!gate_span_until(&text, ' ', WORD_MAX, &scheme) ||
	    !gate_span_until(&text, ' ', WORD_MAX, &line.id) ||
	    !gate_span_until(&text, ' ', WORD_MAX, &state) ||
	    !gate_scheme_parse(scheme, &line.scheme) ||
	    !gate_key_state_parse(state, &line.state))
		return false;
	if (gate_span_until(&text, ' ', WORD_MAX, &time)) {
		if (!gate_conf_is_name(line.id) ||
		    !gate_span_until(&text, ' ', WORD_MAX, &algorithm) ||
		    !gate_alg_parse(algorithm, &line.algorithm) ||
		    (line.scheme == GATE_SCHEME_BRIDGE) !=
			(line.algorithm != GATE_ALG_HS256) ||
		    text.n == 0)
			return false;
		line.file = text;
	} else {
		time = text;
	}
	if (!gate_time_parse(time, &line.made_at_ms))
		return false;
	*out = line;
	return true;
}

static void
set_state(struct gate_site *s, const struct line *line)
{
	struct gate_hmac_secrets *secrets;
	struct gate_bridge *b = &s->bridge;
	size_t i;

	if (line->scheme == GATE_SCHEME_BRIDGE) {
		for (i = 0; i < b->key_count; i++)
			if (gate_span_is(line->id, b->keys[i].id)) {
				b->keys[i].state = line->state;
				b->keys[i].made_at_ms = line->made_at_ms;
			}
		return;
	}
	secrets = &s->secrets[line->scheme];
	for (i = 0; i < secrets->count; i++)
		if (gate_span_is(line->id, secrets->list[i].id)) {
			secrets->list[i].state = line->state;
			secrets->list[i].made_at_ms = line->made_at_ms;
		}
}

static void
add_key(const struct gate_conf_load *l, struct gate_site *s,
    const struct gate_conf_place *at, const struct line *line)
{
	struct gate_bridge_key key = {
	    .id = gate_span_dup(line->id),
	    .state = line->state,
	    .made_at_ms = line->made_at_ms,
	    .algorithm = line->algorithm,
	};

	if (key.id == NULL)
		l->errors->nomem = true;
	else
		gate_conf_door_add_key(l, s, at, &key, line->file);
	gate_verify_key_free(key.key);
	free(key.id);
}

static void
add_secret(const struct gate_conf_load *l, struct gate_site *s,
    const struct gate_conf_place *at, const struct line *line)
{
	struct gate_hmac_secret secret = {
	    .id = gate_span_dup(line->id),
	    .state = line->state,
	    .made_at_ms = line->made_at_ms,
	};

	if (secret.id == NULL)
		l->errors->nomem = true;
	else
		gate_conf_ring_add(l, s, at, line->scheme, &secret, line->file);
	gate_hmac_key_free(secret.key);
	gate_secret_clear(&secret.text);
	free(secret.id);
}

static void
take_line(const struct gate_conf_load *l, struct gate_site *s,
    const struct gate_conf_place *at, struct gate_span text)
{
	struct line line;

	text = gate_span_trim(text);
	if (text.n == 0 || text.p[0] == '#')
		return;
	if (!read_line(text, &line))
		gate_conf_errors_put(l->errors, at->path, at->line, NULL,
		    "not understood, expected: relay|edge|hmac|bridge KEY_ID "
		    "next|current|retiring|retired TIME "
		    "[HS256|RS256|ES256|EdDSA FILE]");
	else if (line.state == GATE_KEY_RETIRED)
		gate_conf_ring_drop(s, line.scheme, line.id);
	else if (line.file.n > 0 && line.scheme == GATE_SCHEME_BRIDGE)
		add_key(l, s, at, &line);
	else if (line.file.n > 0)
		add_secret(l, s, at, &line);
	else
		set_state(s, &line);
}

void
gate_conf_keys_load(
    const struct gate_conf_load *l, const char *path, struct gate_site *site)
{
	struct gate_conf_place at = {.path = path};
	struct gate_err err = {0};
	struct gate_span rest, line;
	struct gate_buf text;
	enum gate_code code;

	if (access(path, F_OK) != 0 && errno == ENOENT)
		return;
	gate_buf_init(&text, GATE_CONF_TEXT_MAX);
	code = gate_conf_text_read(path, &text, &err);
	rest = gate_buf_span(&text);
	if (code == GATE_E_NOMEM)
		l->errors->nomem = true;
	else if (code != GATE_OK)
		gate_conf_errors_put(l->errors, path, 0, NULL, "%s", err.text);
	while (code == GATE_OK && rest.n > 0) {
		if (!gate_span_until(&rest, '\n', rest.n, &line)) {
			line = rest;
			rest.n = 0;
		}
		at.line++;
		take_line(l, site, &at, line);
	}
	gate_buf_clear(&text);
}

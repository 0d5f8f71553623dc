/*
 * Headers of signed requests. The doors' differences stand in one table:
 * relay and edge sign the same string but for the nonce; a bridge has a
 * token of lib/jwt.c beside the MAC of the body alone.
 *
 * Knows neither configuration nor network. The verifying side is fcgi's own
 * and shares nothing with this but lib/crypto.h and lib/jwt.h.
 */
#include "config.h"

#include "lib/sign.h"

#include <stdio.h>

#include "lib/jwt.h"
#include "lib/num.h"

#define TEXT_MAX 32768 /* an authorization of GATE_SECRET_MAX and the rest */
#define PARTS_MAX 6

static const struct {
	const char *name;
	const char *path;
	const char *timestamp; /* NULL: no signed time, but a token */
	const char *nonce;     /* NULL: the time and the body are all */
	const char *signature;
	const char *key_id;
	const char *idempotency_key;
} doors[] = {
    [GATE_DOOR_BRIDGE] = {"bridge", "/ingest", NULL, NULL, "X-Signature", NULL,
	"X-Idempotency-Key"},
    [GATE_DOOR_RELAY] = {"relay", "/webhooks/wp", "X-WP-Timestamp", NULL,
	"X-WP-Signature", "X-WP-Key-Id", "Idempotency-Key"},
    [GATE_DOOR_EDGE] = {"edge", "/ingest/webhook", "X-Edge-Timestamp",
	"X-Edge-Nonce", "X-Edge-Signature", "X-Edge-Key-Id",
	"X-Idempotency-Key"},
};
_Static_assert(GATE_COUNT(doors) == GATE_DOOR_COUNT, "a door is missing");

/* 4a554dd6-1acc-4e75-b29a-03feaacb5b36, drawn once for this purpose. */
static const struct gate_uuid key_space = {{0x4a, 0x55, 0x4d, 0xd6, 0x1a, 0xcc,
    0x4e, 0x75, 0xb2, 0x9a, 0x03, 0xfe, 0xaa, 0xcb, 0x5b, 0x36}};

const char *
gate_door_name(enum gate_door door)
{
	return doors[door].name;
}

const char *
gate_door_path(enum gate_door door)
{
	return doors[door].path;
}

bool
gate_door_parse(struct gate_span name, enum gate_door *out)
{
	size_t i;

	for (i = 0; i < GATE_COUNT(doors); i++)
		if (gate_span_is(name, doors[i].name)) {
			*out = (enum gate_door)i;
			return true;
		}
	return false;
}

void
gate_sign_init(struct gate_sign_headers *h)
{
	*h = (struct gate_sign_headers){0};
	gate_buf_init(&h->text, TEXT_MAX);
}

void
gate_sign_clear(struct gate_sign_headers *h)
{
	gate_buf_wipe(&h->text);
	h->count = 0;
}

const char *
gate_sign_line(struct gate_sign_headers *h, size_t i)
{
	GATE_ASSERT(i < h->count);
	return gate_buf_str(&h->text) + h->at[i];
}

/* "Name: " and where the value's bytes begin. */
static size_t
begin(struct gate_sign_headers *h, const char *name)
{
	GATE_ASSERT(h->count < GATE_SIGN_LINES_MAX);
	h->at[h->count] = h->text.n;
	(void)gate_buf_put_str(&h->text, name);
	(void)gate_buf_put_str(&h->text, ": ");
	return h->text.n;
}

/* A value that begins there is whole. RFC 9110 section 5.5: nothing in it
 * may end the line, and what is not ASCII has no one reading. */
static enum gate_code
end(struct gate_sign_headers *h, size_t from)
{
	struct gate_span value;

	if (h->text.failed != GATE_OK)
		return h->text.failed;
	value = gate_span_of(h->text.p + from, h->text.n - from);
	if (value.n == 0 || !gate_span_within(value, 0x20, 0x7e))
		return GATE_E_BAD;
	h->count++;
	return gate_buf_put_byte(&h->text, '\0');
}

enum gate_code
gate_sign_put(
    struct gate_sign_headers *h, const char *name, struct gate_span value)
{
	size_t from = begin(h, name);

	(void)gate_buf_put(&h->text, value);
	return end(h, from);
}

static enum gate_code
put_mac(struct gate_sign_headers *h, const char *name, const char *prefix,
    const struct gate_hmac_key *secret, const struct gate_span *parts,
    size_t part_count)
{
	unsigned char mac[GATE_SHA256_BYTES];
	enum gate_code code = gate_hmac_sha256(secret, parts, part_count, mac);
	size_t from;

	if (code != GATE_OK)
		return code;
	from = begin(h, name);
	(void)gate_buf_put_str(&h->text, prefix);
	(void)gate_hex_put(&h->text, gate_span_of(mac, sizeof(mac)));
	return end(h, from);
}

static enum gate_code
put_token(struct gate_sign_headers *h, const struct gate_signer *who,
    const struct gate_sign_try *now)
{
	struct gate_jwt_claims claims = {.iss = who->issuer,
	    .aud = who->audience,
	    .sub = who->subject,
	    .jti = now->nonce,
	    .iat_s = now->now_s};
	enum gate_code code;
	size_t from;

	if (!gate_add(now->now_s, who->life_s, &claims.exp_s))
		return GATE_E_BAD;
	from = begin(h, "Authorization");
	(void)gate_buf_put_str(&h->text, "Bearer ");
	code = gate_jwt_sign(who->key, who->key_id, &claims, &h->text);
	return code == GATE_OK ? end(h, from) : code;
}

/* Time, nonce, MAC over both and what is said, key id. */
static enum gate_code
put_stamped(struct gate_sign_headers *h, const struct gate_signer *who,
    const struct gate_sign_try *now, const struct gate_span said[2])
{
	char digits[24];
	struct gate_span parts[PARTS_MAX], dot = GATE_SPAN(".");
	enum gate_code code;
	size_t n = 0;

	(void)snprintf(digits, sizeof(digits), "%lld", (long long)now->now_s);
	parts[n++] = gate_span_str(digits);
	parts[n++] = dot;
	code = gate_sign_put(h, doors[who->door].timestamp, parts[0]);
	if (code == GATE_OK && doors[who->door].nonce != NULL) {
		parts[n++] = now->nonce;
		parts[n++] = dot;
		code = gate_sign_put(h, doors[who->door].nonce, now->nonce);
	}
	parts[n++] = said[0];
	parts[n++] = said[1];
	if (code == GATE_OK)
		code = put_mac(
		    h, doors[who->door].signature, "", who->secret, parts, n);
	if (code == GATE_OK && who->key_id.n > 0)
		code = gate_sign_put(h, doors[who->door].key_id, who->key_id);
	return code;
}

enum gate_code
gate_sign_post(const struct gate_signer *who, const struct gate_sign_try *now,
    struct gate_span idempotency_key, struct gate_span body,
    struct gate_sign_headers *h)
{
	const struct gate_span said[2] = {body, {0}};
	enum gate_code code =
	    gate_sign_put(h, "Content-Type", GATE_SPAN("application/json"));

	if (!gate_span_within(idempotency_key, 0x21, 0x7e))
		return GATE_E_BAD;
	if (code == GATE_OK && doors[who->door].timestamp != NULL)
		code = put_stamped(h, who, now, said);
	else if (code == GATE_OK) {
		code = put_token(h, who, now);
		if (code == GATE_OK)
			code = put_mac(h, doors[who->door].signature,
			    "sha256=", who->secret, &body, 1);
	}
	if (code == GATE_OK)
		code = gate_sign_put(
		    h, doors[who->door].idempotency_key, idempotency_key);
	return code;
}

enum gate_code
gate_sign_get(const struct gate_signer *who, const struct gate_sign_try *now,
    struct gate_span target, struct gate_sign_headers *h)
{
	const struct gate_span said[2] = {GATE_SPAN("GET "), target};

	if (doors[who->door].timestamp == NULL)
		return put_token(h, who, now);
	return put_stamped(h, who, now, said);
}

enum gate_code
gate_sign_callback(
    const struct gate_sign_callback *c, struct gate_sign_headers *h)
{
	char digits[24];
	struct gate_span dot = GATE_SPAN(".");
	struct gate_span parts[] = {{0}, dot, c->delivery_id, dot, c->body};
	enum gate_code code =
	    gate_sign_put(h, "Content-Type", GATE_SPAN("application/json"));

	(void)snprintf(digits, sizeof(digits), "%lld", (long long)c->now_s);
	parts[0] = gate_span_str(digits);
	if (code == GATE_OK)
		code = gate_sign_put(h, "X-Request-Id", c->delivery_id);
	if (code == GATE_OK)
		code = gate_sign_put(h, "X-Pressgate-Timestamp", parts[0]);
	if (code == GATE_OK)
		code = put_mac(
		    h, "X-Signature", "sha256=", c->secret, &c->body, 1);
	if (code == GATE_OK)
		code = put_mac(h, "X-Pressgate-Signature", "", c->secret, parts,
		    GATE_COUNT(parts));
	if (code == GATE_OK)
		code = gate_sign_put(h, "Idempotency-Key", c->idempotency_key);
	if (code == GATE_OK && c->authorization.n > 0)
		code = gate_sign_put(h, "Authorization", c->authorization);
	return code;
}

enum gate_code
gate_sign_key(
    const struct gate_span *parts, size_t part_count, struct gate_uuid *out)
{
	return gate_uuid5(&key_space, parts, part_count, out);
}

/*
 * tests/vectors/wire.json, which another program made from doc/wire.md: what
 * we sign is what it signed, byte for byte, and what it signed is taken.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "cli/block.h"
#include "lib/jwt.h"
#include "lib/num.h"
#include "lib/sign.h"
#include "tests/runner.h"
#include "tests/wire.h"
#include "worker/send.h"

/* ---- tokens ----------------------------------------------------------------
 */

static enum gate_jwt_fault
judge(const struct gate_json *v, struct gate_span token, int64_t now_s)
{
	struct gate_verify_key *key = wire_verify_key(v);
	const struct gate_json *claims = wire_has(v, "iss") ? v : NULL;
	struct gate_jwt_rules rules = {
	    .issuer = wire_text(v, claims != NULL ? "iss" : "issuer"),
	    .audience = wire_text(v, claims != NULL ? "aud" : "audience"),
	    .now_s = now_s,
	    .leeway_s = GATE_JWT_LEEWAY_S,
	    .life_max_s = GATE_JWT_LIFE_MAX_S,
	    .needs_jti = true,
	};
	struct gate_jwt_claims got;
	struct gate_jwt jwt;
	enum gate_jwt_fault fault = gate_jwt_parse(token, &jwt);

	if (fault == GATE_JWT_OK) {
		ck_assert(gate_span_equal(jwt.kid, wire_text(v, "kid")));
		fault = gate_jwt_verify(&jwt, key);
		if (fault == GATE_JWT_OK)
			fault = gate_jwt_check(&jwt, &rules, &got);
		if (fault == GATE_JWT_OK)
			ck_assert(
			    gate_span_equal(got.jti, wire_text(v, "jti")) &&
			    gate_span_equal(got.sub, wire_text(v, "sub")));
		gate_jwt_clear(&jwt);
	}
	gate_verify_key_free(key);
	return fault;
}

START_TEST(takes_a_token)
{
	const struct gate_json *v = gate_json_at(wire_list("jwt"), (size_t)_i);

	ck_assert_str_eq(gate_jwt_fault_name(judge(
			     v, wire_text(v, "token"), wire_number(v, "iat"))),
	    gate_jwt_fault_name(GATE_JWT_OK));
}
END_TEST

/* An ECDSA signature is another one each time: it has to hold. */
static void
compare_tokens(const struct gate_json *v, struct gate_span got,
    struct gate_span expected, int64_t now_s)
{
	struct gate_span rest = got, part;
	size_t n;

	if (strcmp(wire_word(v, "key"), "ES256") != 0) {
		ck_assert_msg(
		    gate_span_equal(got, expected), "%s", wire_word(v, "name"));
		return;
	}
	ck_assert(gate_span_until(&rest, '.', rest.n, &part) &&
	    gate_span_until(&rest, '.', rest.n, &part));
	n = got.n - rest.n;
	ck_assert(got.n == expected.n &&
	    gate_span_equal(
		gate_span_of(got.p, n), gate_span_of(expected.p, n)));
	ck_assert_int_eq(judge(v, got, now_s), GATE_JWT_OK);
}

START_TEST(makes_the_same_token)
{
	const struct gate_json *v = gate_json_at(wire_list("jwt"), (size_t)_i);
	struct gate_sign_key *key = wire_sign_key(v);
	struct gate_jwt_claims claims = {
	    .iss = wire_text(v, "iss"),
	    .aud = wire_text(v, "aud"),
	    .sub = wire_text(v, "sub"),
	    .jti = wire_text(v, "jti"),
	    .iat_s = wire_number(v, "iat"),
	    .exp_s = wire_number(v, "exp"),
	};
	struct gate_buf token;

	gate_buf_init(&token, GATE_JWT_MAX);
	ck_assert_int_eq(
	    gate_jwt_sign(key, wire_text(v, "kid"), &claims, &token), GATE_OK);
	compare_tokens(
	    v, gate_buf_span(&token), wire_text(v, "token"), claims.iat_s);
	gate_buf_clear(&token);
	gate_sign_key_free(key);
}
END_TEST

/* ---- requests --------------------------------------------------------------
 */

static bool
is_post(const struct gate_json *v)
{
	return gate_span_is(wire_text(v, "method"), "POST");
}

/* Every line is an expected one, and there are as many. */
static void
compare_headers(
    const struct gate_json *v, struct gate_sign_headers *h, int64_t now_s)
{
	const struct gate_json *expected = wire_member(v, "headers");
	struct gate_span value, name, wanted;
	char key[64];
	size_t i;

	ck_assert_msg(h->count == gate_json_count(expected), "%s: %zu headers",
	    wire_word(v, "name"), h->count);
	for (i = 0; i < h->count; i++) {
		value = gate_span_str(gate_sign_line(h, i));
		ck_assert(gate_span_until(&value, ':', 63, &name) &&
		    gate_span_skip(&value, " ") &&
		    gate_span_copy(name, key, sizeof(key)));
		wanted = wire_text(expected, key);
		if (gate_span_skip(&wanted, "Bearer ") && wire_has(v, "key")) {
			ck_assert(gate_span_skip(&value, "Bearer "));
			compare_tokens(v, value, wanted, now_s);
			continue;
		}
		wanted = wire_text(expected, key);
		ck_assert_msg(gate_span_equal(value, wanted),
		    "%s: %s: %.*s, expected %.*s", wire_word(v, "name"), key,
		    GATE_SPAN_ARG(value), GATE_SPAN_ARG(wanted));
	}
}

START_TEST(signs_a_request_with_the_same_headers)
{
	const struct gate_json *v =
	    gate_json_at(wire_list("requests"), (size_t)_i);
	struct gate_signer who = {
	    .key_id = wire_text(v, wire_has(v, "kid") ? "kid" : "key_id"),
	    .issuer = wire_text(v, "issuer"),
	    .audience = wire_text(v, "audience"),
	    .subject = wire_text(v, "sub"),
	};
	struct gate_sign_try now = {.now_s = wire_number(v, "clock"),
	    .nonce = wire_text(v, wire_has(v, "jti") ? "jti" : "nonce")};
	struct gate_hmac_key *secret = wire_secret(v);
	struct gate_sign_key *key =
	    wire_has(v, "key") ? wire_sign_key(v) : NULL;
	struct gate_sign_headers h;
	struct gate_buf body;

	ck_assert(gate_door_parse(wire_text(v, "scheme"), &who.door));
	if (wire_has(v, "exp"))
		who.life_s = wire_number(v, "exp") - wire_number(v, "iat");
	who.secret = secret;
	who.key = key;
	gate_sign_init(&h);
	if (is_post(v)) {
		ck_assert(gate_span_starts(
		    wire_text(v, "target"), gate_door_path(who.door)));
		body = wire_bytes(v, "body_base64");
		ck_assert_int_eq(
		    gate_sign_post(&who, &now, wire_text(v, "idempotency_key"),
			gate_buf_span(&body), &h),
		    GATE_OK);
		gate_buf_clear(&body);
	} else {
		ck_assert_int_eq(
		    gate_sign_get(&who, &now, wire_text(v, "target"), &h),
		    GATE_OK);
	}
	compare_headers(v, &h, now.now_s);
	gate_sign_clear(&h);
	gate_hmac_key_free(secret);
	gate_sign_key_free(key);
}
END_TEST

/* ---- callbacks, keys of calls ----------------------------------------------
 */

/* Names are joined as doc/wire.md says. */
static void
key_of(struct gate_span name, char dst[GATE_UUID_TEXT])
{
	struct gate_uuid u;

	ck_assert_int_eq(gate_sign_key(&name, 1, &u), GATE_OK);
	gate_uuid_text(&u, dst);
}

START_TEST(signs_a_callback_with_the_same_headers)
{
	const struct gate_json *v =
	    gate_json_at(wire_list("callbacks"), (size_t)_i);
	struct gate_hmac_key *secret = wire_secret(v);
	struct gate_buf body = wire_bytes(v, "body_base64");
	char key[GATE_UUID_TEXT];
	struct gate_sign_callback c = {
	    .secret = secret,
	    .now_s = wire_number(v, "timestamp"),
	    .delivery_id = wire_text(v, "delivery_id"),
	    .authorization =
		wire_text(wire_member(v, "headers"), "Authorization"),
	    .body = gate_buf_span(&body),
	};
	struct gate_sign_headers h;

	key_of(wire_text(v, "idempotency_key_name"), key);
	c.idempotency_key = gate_span_str(key);
	gate_sign_init(&h);
	ck_assert_int_eq(gate_sign_callback(&c, &h), GATE_OK);
	compare_headers(v, &h, c.now_s);
	gate_sign_clear(&h);
	gate_buf_clear(&body);
	gate_hmac_key_free(secret);
}
END_TEST

START_TEST(makes_the_same_key_for_a_call)
{
	const struct gate_json *v =
	    gate_json_at(wire_list("outgoing_keys"), (size_t)_i);
	char route_name[64], step_name[64], salt[64], key[GATE_UUID_TEXT];
	struct gate_route route = {.name = route_name};
	struct gate_step step = {.name = step_name};
	struct job j = {.route = &route, .step = &step};

	ck_assert(gate_span_copy(
		      wire_text(v, "route"), route_name, sizeof(route_name)) &&
	    gate_span_copy(
		wire_text(v, "step"), step_name, sizeof(step_name)) &&
	    gate_span_copy(wire_text(v, "salt"), salt, sizeof(salt)) &&
	    gate_span_copy(
		wire_text(v, "event_id"), j.event_id, sizeof(j.event_id)));
	j.key_salt = wire_has(v, "salt") ? salt : NULL;
	ck_assert_int_eq(send_key(&j, key), GATE_OK);
	ck_assert(gate_span_is(wire_text(v, "key"), key));
	key_of(wire_text(v, "of"), key);
	ck_assert(gate_span_is(wire_text(v, "key"), key));
}
END_TEST

/* ---- blocks ----------------------------------------------------------------
 */

START_TEST(writes_the_same_block_a)
{
	const struct gate_json *v =
	    gate_json_at(wire_member(wire_list("blocks"), "a"), (size_t)_i);
	const struct gate_json *secret =
	    wire_member(wire_list("secrets"), wire_word(v, "secret"));
	char *owned[] = {gate_span_dup(wire_text(v, "url")),
	    gate_span_dup(wire_text(v, "endpoint")),
	    gate_span_dup(wire_text(secret, "site")),
	    gate_span_dup(wire_text(secret, "id")),
	    gate_span_dup(wire_text(secret, "secret"))};
	struct block_a a = {.url = owned[0],
	    .endpoint = owned[1],
	    .site = owned[2],
	    .key_id = owned[3],
	    .secret = owned[4],
	    .issuer = owned[0],
	    .audience = "pressgate",
	    .results_audience = "pressgate-results"};
	struct gate_buf out;
	size_t i;

	ck_assert(gate_door_parse(wire_text(v, "scheme"), &a.door));
	gate_buf_init(&out, 8192);
	ck_assert_int_eq(block_a_put(&out, &a, false), GATE_OK);
	ck_assert_msg(
	    gate_span_equal(gate_buf_span(&out), wire_text(v, "text")), "%s",
	    gate_buf_str(&out));
	gate_buf_clear(&out);
	for (i = 0; i < GATE_COUNT(owned); i++)
		free(owned[i]);
}
END_TEST

START_TEST(reads_block_b)
{
	const struct gate_json *v =
	    gate_json_at(wire_member(wire_list("blocks"), "b"), (size_t)_i);
	unsigned char digest[GATE_SHA256_BYTES];
	char hex[2 * GATE_SHA256_BYTES + 1];
	struct gate_verify_key *key = NULL;
	struct gate_err err = {0};
	enum gate_alg alg;
	struct block_b b;

	ck_assert_msg(block_b_parse(wire_text(v, "text"), &b, &err) == GATE_OK,
	    "%s", err.text);
	ck_assert(gate_span_equal(b.site, wire_text(v, "site")) &&
	    gate_span_equal(b.issuer, wire_text(v, "issuer")) &&
	    gate_span_equal(b.key_id, wire_text(v, "kid")) &&
	    gate_span_equal(b.algorithm, wire_text(v, "key")));
	ck_assert(gate_alg_parse(b.algorithm, &alg));
	ck_assert_int_eq(
	    gate_verify_key_new(alg, gate_buf_span(&b.pem), &key, &err),
	    GATE_OK);
	gate_verify_key_digest(key, digest);
	gate_hex_text(gate_span_of(digest, sizeof(digest)), hex, sizeof(hex));
	ck_assert(gate_span_is(wire_text(v, "fingerprint"), hex));
	gate_verify_key_free(key);
	block_b_clear(&b);
}
END_TEST

/* A test once for each element of a list. */
static void
add(TCase *t, const TTest *test, const struct gate_json *v)
{
	tcase_add_loop_test(t, test, 0, (int)gate_json_count(v));
}

Suite *
suite(void)
{
	Suite *s = suite_create("wire");
	TCase *t = tcase_create("wire");

	wire_load();
	add(t, takes_a_token, wire_list("jwt"));
	add(t, makes_the_same_token, wire_list("jwt"));
	add(t, signs_a_request_with_the_same_headers, wire_list("requests"));
	add(t, signs_a_callback_with_the_same_headers, wire_list("callbacks"));
	add(t, makes_the_same_key_for_a_call, wire_list("outgoing_keys"));
	add(t, writes_the_same_block_a, wire_member(wire_list("blocks"), "a"));
	add(t, reads_block_b, wire_member(wire_list("blocks"), "b"));
	suite_add_tcase(s, t);
	return s;
}

/*
 * lib/jwt.h: what its functions do besides refusing. Who is refused for what:
 * check_jwt_header.c, check_jwt_claims.c, check_jwt_shape.c; tokens of another
 * program: check_wire.c.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/codec.h"
#include "lib/jwt.h"
#include "tests/keyring.h"
#include "tests/runner.h"

#define NOW 1800000000

static const struct {
	enum gate_alg alg;
	const char *key;
} algs[] = {
    {GATE_ALG_RS256, "rsa"},
    {GATE_ALG_ES256, "ec"},
    {GATE_ALG_EDDSA, "ed"},
    {GATE_ALG_HS256, NULL},
};

static struct gate_jwt_claims
good_claims(void)
{
	return (struct gate_jwt_claims){
	    .iss = GATE_SPAN("https://blog.example.com"),
	    .aud = GATE_SPAN("pressgate"),
	    .sub = GATE_SPAN("wp"),
	    .jti = GATE_SPAN("jti-1"),
	    .iat_s = NOW,
	    .exp_s = NOW + 300,
	};
}

static struct gate_jwt_rules
good_rules(void)
{
	return (struct gate_jwt_rules){
	    .issuer = GATE_SPAN("https://blog.example.com"),
	    .audience = GATE_SPAN("pressgate"),
	    .now_s = NOW,
	    .leeway_s = GATE_JWT_LEEWAY_S,
	    .life_max_s = GATE_JWT_LIFE_MAX_S,
	    .needs_jti = true,
	};
}

START_TEST(takes_what_it_signed_with_each_algorithm)
{
	struct gate_sign_key *sign = keyring_sign(algs[_i].alg, algs[_i].key);
	struct gate_verify_key *verify =
	    keyring_verify(algs[_i].alg, algs[_i].key);
	struct gate_jwt_claims claims = good_claims(), got;
	struct gate_jwt_rules rules = good_rules();
	struct gate_jwt_key keys[] = {{"2026-11", verify}};
	const struct gate_jwt_key *picked = NULL;
	struct gate_buf token;
	struct gate_jwt jwt;

	gate_buf_init(&token, GATE_JWT_MAX);
	ck_assert_int_eq(
	    gate_jwt_sign(sign, GATE_SPAN("2026-11"), &claims, &token),
	    GATE_OK);
	ck_assert_int_eq(
	    gate_jwt_parse(gate_buf_span(&token), &jwt), GATE_JWT_OK);
	ck_assert_int_eq(gate_jwt_pick(&jwt, keys, 1, &picked), GATE_JWT_OK);
	ck_assert_ptr_eq(picked, &keys[0]);
	ck_assert_int_eq(gate_jwt_verify(&jwt, picked->key), GATE_JWT_OK);
	ck_assert_int_eq(gate_jwt_check(&jwt, &rules, &got), GATE_JWT_OK);
	ck_assert(gate_span_equal(got.jti, claims.jti));
	ck_assert(gate_span_equal(got.sub, claims.sub));
	gate_jwt_clear(&jwt);
	gate_buf_clear(&token);
	gate_sign_key_free(sign);
	gate_verify_key_free(verify);
}
END_TEST

/* What every key made by hand here is: HS256 with KEYRING_SECRET. */
#define HEADER "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"

START_TEST(takes_a_token_apart)
{
	static const char text[] =
	    /* {"alg":"HS256","typ":"JWT"} . {"iss":"a","x":[1]} . 4 bytes */
	    HEADER ".eyJpc3MiOiJhIiwieCI6WzFdfQ.AQIDBA";
	struct gate_span token = gate_span_str(text);
	struct gate_jwt jwt;

	ck_assert_int_eq(gate_jwt_parse(token, &jwt), GATE_JWT_OK);
	ck_assert_int_eq(jwt.alg, GATE_ALG_HS256);
	ck_assert_uint_eq(jwt.kid.n, 0);
	ck_assert(gate_span_is(jwt.iss, "a"));
	ck_assert_ptr_eq(jwt.signed_part.p, token.p);
	ck_assert(gate_span_is(
	    jwt.signed_part, HEADER ".eyJpc3MiOiJhIiwieCI6WzFdfQ"));
	ck_assert_uint_eq(jwt.signature_n, 4);
	ck_assert_mem_eq(jwt.signature, "\1\2\3\4", 4);
	gate_jwt_clear(&jwt);
	gate_jwt_clear(&jwt); /* may be said twice */
}
END_TEST

START_TEST(leaves_all_as_it_was_when_it_refuses)
{
	static const char *const texts[] = {"", "a.b.c",
	    HEADER ".eyJpc3MiOiJhIn0", HEADER ".e30.AQIDBA",
	    HEADER ".eyJpc3MiOiJhIn0.A", HEADER ".bnVsbA.AQIDBA"};
	struct gate_jwt jwt, same;
	size_t i;

	memset(&jwt, 0xa5, sizeof(jwt));
	same = jwt;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ck_assert_int_ne(
		    gate_jwt_parse(gate_span_str(texts[i]), &jwt), GATE_JWT_OK);
		ck_assert_mem_eq(&jwt, &same, sizeof(jwt));
	}
}
END_TEST

START_TEST(picks_one_key_or_none)
{
	struct gate_verify_key *key = keyring_verify(GATE_ALG_HS256, NULL);
	const struct gate_jwt_key keys[] = {{"a", key}, {"b", key}};
	const struct gate_jwt_key *got = NULL;
	struct gate_jwt jwt = {.kid = GATE_SPAN("b")};

	ck_assert_int_eq(gate_jwt_pick(&jwt, keys, 2, &got), GATE_JWT_OK);
	ck_assert_ptr_eq(got, &keys[1]);
	got = NULL;
	ck_assert_int_eq(
	    gate_jwt_pick(&jwt, keys, 1, &got), GATE_JWT_KID_UNKNOWN);
	ck_assert_int_eq(
	    gate_jwt_pick(&jwt, NULL, 0, &got), GATE_JWT_KID_UNKNOWN);
	jwt.kid.n = 0;
	ck_assert_int_eq(
	    gate_jwt_pick(&jwt, keys, 2, &got), GATE_JWT_KID_MISSING);
	ck_assert_int_eq(
	    gate_jwt_pick(&jwt, NULL, 0, &got), GATE_JWT_KID_MISSING);
	ck_assert_ptr_null(got);
	ck_assert_int_eq(gate_jwt_pick(&jwt, keys, 1, &got), GATE_JWT_OK);
	ck_assert_ptr_eq(got, &keys[0]);
	gate_verify_key_free(key);
}
END_TEST

/* The first two parts, in clear. */
static const struct {
	const char *kid;
	struct gate_jwt_claims claims;
	const char *header, *text;
} signs[] = {
    {"k", {BYTES("i"), BYTES("a"), BYTES("s"), BYTES("j"), 1, 2},
	"{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"k\"}",
	"{\"iss\":\"i\",\"aud\":\"a\",\"sub\":\"s\",\"iat\":1,\"exp\":2,"
	"\"jti\":\"j\"}"},
    {"", {BYTES("i"), BYTES("a"), BYTES(""), BYTES(""), 0, 9007199254740991},
	"{\"alg\":\"HS256\",\"typ\":\"JWT\"}",
	"{\"iss\":\"i\",\"aud\":\"a\",\"iat\":0,\"exp\":9007199254740991}"},
    {"k",
	{BYTES("https://\"\\\xc3\xbc/"), BYTES(""), BYTES("\x01"), BYTES("j\n"),
	    1, 2},
	"{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"k\"}",
	"{\"iss\":\"https://\\\"\\\\\xc3\xbc/\",\"aud\":\"\","
	"\"sub\":\"\\u0001\",\"iat\":1,\"exp\":2,\"jti\":\"j\\n\"}"},
};

START_TEST(writes_members_in_one_order)
{
	struct gate_sign_key *key = keyring_sign(GATE_ALG_HS256, NULL);
	struct gate_buf token, want;
	struct gate_span rest, part;

	gate_buf_init(&token, GATE_JWT_MAX);
	gate_buf_init(&want, GATE_JWT_MAX);
	ck_assert_int_eq(gate_buf_put_str(&token, "Bearer "), GATE_OK);
	ck_assert_int_eq(gate_jwt_sign(key, gate_span_str(signs[_i].kid),
			     &signs[_i].claims, &token),
	    GATE_OK);
	(void)gate_base64url_put(&want, gate_span_str(signs[_i].header));
	(void)gate_buf_put_byte(&want, '.');
	(void)gate_base64url_put(&want, gate_span_str(signs[_i].text));
	ck_assert_int_eq(want.failed, GATE_OK);
	rest = gate_buf_span(&token);
	ck_assert(gate_span_skip(&rest, "Bearer "));
	ck_assert(gate_span_take(&rest, want.n, &part));
	ck_assert(gate_span_equal(part, gate_buf_span(&want)));
	ck_assert(gate_span_skip(&rest, ".") && rest.n == 43);
	gate_buf_clear(&token);
	gate_buf_clear(&want);
	gate_sign_key_free(key);
}
END_TEST

/* Every size that is too small. */
START_TEST(says_when_a_token_has_no_room)
{
	struct gate_sign_key *key = keyring_sign(GATE_ALG_HS256, NULL);
	struct gate_jwt_claims claims = good_claims();
	struct gate_buf token;
	size_t max;

	for (max = 0;; max++) {
		enum gate_code code;

		gate_buf_init(&token, max);
		(void)gate_buf_put_str(&token, "x");
		code = gate_jwt_sign(key, GATE_SPAN("k"), &claims, &token);
		if (code == GATE_OK)
			break;
		ck_assert_int_eq(code, GATE_E_LIMIT);
		ck_assert_uint_eq(token.n, max > 0 ? 1 : 0);
		gate_buf_clear(&token);
	}
	ck_assert_uint_eq(token.n, max);
	gate_buf_clear(&token);
	gate_sign_key_free(key);
}
END_TEST

/* Rules other than the usual ones count as they are given. */
static const struct {
	const char *what;
	const char *issuer;
	int64_t now_s, leeway_s, life_max_s;
	enum gate_jwt_fault fault;
} rules_of[] = {
    {"as usual", "https://blog.example.com", NOW, 30, 300, GATE_JWT_OK},
    {"another issuer", "https://blog.example.org", NOW, 30, 300,
	GATE_JWT_OTHER_ISSUER},
    {"no issuer", "", NOW, 30, 300, GATE_JWT_OTHER_ISSUER},
    {"a shorter life", "https://blog.example.com", NOW, 30, 299, GATE_JWT_LIFE},
    {"no leeway, first second", "https://blog.example.com", NOW, 0, 300,
	GATE_JWT_OK},
    {"no leeway, before it", "https://blog.example.com", NOW - 1, 0, 300,
	GATE_JWT_FROM_FUTURE},
    {"no leeway, last second", "https://blog.example.com", NOW + 299, 0, 300,
	GATE_JWT_OK},
    {"no leeway, after it", "https://blog.example.com", NOW + 300, 0, 300,
	GATE_JWT_EXPIRED},
    {"a clock that was never set", "https://blog.example.com", 0, 30, 300,
	GATE_JWT_FROM_FUTURE},
    {"a clock at its end", "https://blog.example.com", INT64_MAX / 1000, 30,
	300, GATE_JWT_EXPIRED},
};

START_TEST(goes_by_the_rules_it_is_given)
{
	struct gate_sign_key *key = keyring_sign(GATE_ALG_HS256, NULL);
	struct gate_jwt_claims claims = good_claims(), got, same;
	struct gate_jwt_rules rules = good_rules();
	enum gate_jwt_fault fault;
	struct gate_buf token;
	struct gate_jwt jwt;

	rules.issuer = gate_span_str(rules_of[_i].issuer);
	rules.now_s = rules_of[_i].now_s;
	rules.leeway_s = rules_of[_i].leeway_s;
	rules.life_max_s = rules_of[_i].life_max_s;
	gate_buf_init(&token, GATE_JWT_MAX);
	ck_assert_int_eq(
	    gate_jwt_sign(key, GATE_SPAN("k"), &claims, &token), GATE_OK);
	ck_assert_int_eq(
	    gate_jwt_parse(gate_buf_span(&token), &jwt), GATE_JWT_OK);
	memset(&got, 0xa5, sizeof(got));
	same = got;
	fault = gate_jwt_check(&jwt, &rules, &got);
	ck_assert_msg(fault == rules_of[_i].fault, "%s: %s", rules_of[_i].what,
	    gate_jwt_fault_name(fault));
	if (fault != GATE_JWT_OK)
		ck_assert_mem_eq(&got, &same, sizeof(got));
	gate_jwt_clear(&jwt);
	gate_buf_clear(&token);
	gate_sign_key_free(key);
}
END_TEST

START_TEST(names_each_rule_once)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz_0123456789";
	unsigned i, k;

	for (i = 0; i < GATE_JWT_FAULT_COUNT; i++) {
		enum gate_jwt_fault f = (enum gate_jwt_fault)i;
		const char *name = gate_jwt_fault_name(f);

		ck_assert_ptr_nonnull(name);
		ck_assert(gate_span_only(gate_span_str(name), set));
		ck_assert_uint_gt(strlen(gate_jwt_fault_text(f)), 10);
		ck_assert_int_eq(gate_jwt_fault_code(f),
		    f == GATE_JWT_OK              ? GATE_OK
			: f == GATE_JWT_NO_MEMORY ? GATE_E_NOMEM
						  : GATE_E_AUTH);
		for (k = 0; k < i; k++)
			ck_assert_str_ne(
			    name, gate_jwt_fault_name((enum gate_jwt_fault)k));
	}
}
END_TEST

/* Who finds a reason in the log finds it there. */
START_TEST(stands_in_the_manual)
{
	static char page[65536];
	const char *srcdir = getenv("srcdir");
	enum gate_jwt_fault f;
	char path[4096], item[256];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/man/pressgate-fcgi.8",
	    srcdir != NULL ? srcdir : ".");
	file = fopen(path, "re");
	ck_assert_msg(file != NULL, "%s", path);
	ck_assert_uint_gt(fread(page, 1, sizeof(page) - 1, file), 0);
	fclose(file);
	for (f = GATE_JWT_OK + 1; f < GATE_JWT_NO_MEMORY; f++) {
		(void)snprintf(item, sizeof(item), ".It Ql %s\n%s\n",
		    gate_jwt_fault_name(f), gate_jwt_fault_text(f));
		ck_assert_msg(strstr(page, item) != NULL, "%s", item);
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("jwt");
	TCase *t = tcase_create("jwt");

	add_row_test(t, takes_what_it_signed_with_each_algorithm, algs);
	tcase_add_test(t, takes_a_token_apart);
	tcase_add_test(t, leaves_all_as_it_was_when_it_refuses);
	tcase_add_test(t, picks_one_key_or_none);
	add_row_test(t, writes_members_in_one_order, signs);
	tcase_add_test(t, says_when_a_token_has_no_room);
	add_row_test(t, goes_by_the_rules_it_is_given, rules_of);
	tcase_add_test(t, names_each_rule_once);
	tcase_add_test(t, stands_in_the_manual);
	suite_add_tcase(s, t);
	return s;
}

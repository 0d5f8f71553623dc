/* lib/jwt.h. */
#include "config.h"

#include <string.h>

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

Suite *
suite(void)
{
	Suite *s = suite_create("jwt");
	TCase *t = tcase_create("jwt");

	add_row_test(t, takes_what_it_signed_with_each_algorithm, algs);
	suite_add_tcase(s, t);
	return s;
}

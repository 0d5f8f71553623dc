/*
 * Out of memory within OpenSSL, and in what stands around it: each piece of
 * work is run with every single allocation failing in turn. A good signature
 * may then be taken or end in GATE_E_NOMEM, but never be called bad; a bad
 * one may never be called good. And what the work costs.
 */
#include "config.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "lib/jwt.h"
#include "tests/famine.h"
#include "tests/jwt_rows.h"
#include "tests/keyring.h"
#include "tests/runner.h"

static void *
openssl_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return malloc(size);
}

static void *
openssl_realloc(void *p, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return realloc(p, size);
}

static void
openssl_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

/* What each kind of work works on. */
struct bench {
	enum gate_alg alg;
	const char *text; /* of the key */
	const struct gate_verify_key *verify;
	const struct gate_sign_key *sign;
	struct gate_span data, good, bad, token;
};

static enum gate_code
verify_good(const struct bench *b)
{
	return gate_verify(b->verify, b->data, b->good);
}

static enum gate_code
verify_bad(const struct bench *b)
{
	return gate_verify(b->verify, b->data, b->bad);
}

static enum gate_code
sign(const struct bench *b)
{
	struct gate_buf out;
	enum gate_code code;

	gate_buf_init(&out, GATE_SIGNATURE_MAX);
	code = gate_sign(b->sign, b->data, &out);
	(void)famine_end();
	GATE_ASSERT(code != GATE_OK ||
	    gate_verify(b->verify, b->data, gate_buf_span(&out)) == GATE_OK);
	GATE_ASSERT(code == GATE_OK || out.n == 0);
	gate_buf_clear(&out);
	return code;
}

static enum gate_code
load(const struct bench *b)
{
	struct gate_verify_key *key = NULL;
	enum gate_code code =
	    gate_verify_key_new(b->alg, gate_span_str(b->text), &key, NULL);

	GATE_ASSERT((key != NULL) == (code == GATE_OK));
	gate_verify_key_free(key);
	return code;
}

static enum gate_code
judge(const struct bench *b)
{
	struct gate_jwt jwt;
	enum gate_jwt_fault fault = gate_jwt_parse(b->token, &jwt);

	if (fault == GATE_JWT_OK) {
		fault = gate_jwt_verify(&jwt, b->verify);
		gate_jwt_clear(&jwt);
	}
	return gate_jwt_fault_code(fault);
}

static enum gate_code
make(const struct bench *b)
{
	struct gate_jwt_claims claims = {.iss = GATE_SPAN(JWT_BLOG),
	    .aud = GATE_SPAN("pressgate"),
	    .exp_s = 1};
	struct gate_buf token;
	enum gate_code code;

	gate_buf_init(&token, GATE_JWT_MAX);
	code = gate_jwt_sign(b->sign, GATE_SPAN("k"), &claims, &token);
	GATE_ASSERT(code == GATE_OK || token.n == 0);
	gate_buf_clear(&token);
	return code;
}

static const struct {
	const char *what;
	enum gate_code (*work)(const struct bench *);
	enum gate_code end; /* without a failure, and in spite of one */
	enum gate_code also;
	unsigned long step; /* every so many allocations, where they are many */
} works[] = {
    {"verify", verify_good, GATE_OK, GATE_E_NOMEM, 1},
    {"refuse", verify_bad, GATE_E_AUTH, GATE_E_NOMEM, 1},
    {"sign", sign, GATE_OK, GATE_E_NOMEM, 1},
    {"load", load, GATE_OK, GATE_E_CONF, 23},
    {"judge a token", judge, GATE_OK, GATE_E_NOMEM, 1},
    {"make a token", make, GATE_OK, GATE_E_NOMEM, 1},
};
#define WORKS ((int)(sizeof(works) / sizeof(works[0])))

static const struct {
	enum gate_alg alg;
	enum jwt_signer by;
	const char *key;
} algs[] = {
    {GATE_ALG_RS256, SIGN_RS, "rsa"},
    {GATE_ALG_ES256, SIGN_ES, "ec"},
    {GATE_ALG_EDDSA, SIGN_ED, "ed"},
    {GATE_ALG_HS256, SIGN_HS, NULL},
};
#define ALGS ((int)(sizeof(algs) / sizeof(algs[0])))

static void
fail_each(int w, const struct bench *b)
{
	unsigned long i, failures = 0;
	enum gate_code code;
	bool failed;

	for (i = 0; i < 100000; i += works[w].step) {
		famine_begin(i);
		code = works[w].work(b);
		failed = famine_end();
		ck_assert_msg(code == works[w].end ||
			(failed &&
			    (code == GATE_E_NOMEM || code == works[w].also)),
		    "%s %s, allocation %lu: %s", works[w].what,
		    gate_alg_name(b->alg), i, gate_code_name(code));
		if (!failed)
			break;
		failures++;
	}
	ck_assert_uint_lt(i, 100000);
	ck_assert_uint_ge(failures, 1);
}

START_TEST(calls_no_good_signature_bad)
{
	int w = _i / ALGS, a = _i % ALGS;
	struct gate_verify_key *verify =
	    keyring_verify(algs[a].alg, algs[a].key);
	struct gate_sign_key *signer = keyring_sign(algs[a].alg, algs[a].key);
	struct bench b = {.alg = algs[a].alg,
	    .verify = verify,
	    .sign = signer,
	    .data = GATE_SPAN("data")};
	struct gate_buf good, bad, token;
	char name[32] = "ed.public";
	char *text;

	if (algs[a].key != NULL)
		(void)snprintf(name, sizeof(name), "%s.public", algs[a].key);
	text = keyring_text(name);
	b.text = algs[a].key != NULL ? text : KEYRING_SECRET;
	gate_buf_init(&good, GATE_SIGNATURE_MAX);
	gate_buf_init(&bad, GATE_SIGNATURE_MAX);
	ck_assert_int_eq(gate_sign(signer, b.data, &good), GATE_OK);
	b.good = gate_buf_span(&good);
	ck_assert_int_eq(gate_buf_put(&bad, b.good), GATE_OK);
	bad.p[7] ^= 1;
	b.bad = gate_buf_span(&bad);
	jwt_world_good(jwt_rows_world(), algs[a].by, &token);
	b.token = gate_buf_span(&token);
	fail_each(w, &b);
	gate_buf_clear(&good);
	gate_buf_clear(&bad);
	gate_buf_clear(&token);
	gate_verify_key_free(verify);
	gate_sign_key_free(signer);
	free(text);
}
END_TEST

/* Work is counted in allocations, which a clock cannot blur. */
static unsigned long
cost(const struct gate_verify_key *key, struct gate_span signature)
{
	enum gate_code code;

	famine_begin(FAMINE_NEVER);
	code = gate_verify(key, GATE_SPAN("data"), signature);
	(void)famine_end();
	ck_assert_int_eq(code, GATE_E_AUTH);
	return famine_seen();
}

START_TEST(spends_as_much_on_what_no_signature_can_be)
{
	struct gate_verify_key *key = keyring_verify(GATE_ALG_RS256, "rsa");
	unsigned char wrong[257] = {0, 3}, high[256];
	static const size_t lengths[] = {0, 1, 255, 257};
	unsigned long usual;
	size_t i;

	(void)cost(key, gate_span_of(wrong, 256)); /* it keeps something */
	usual = cost(key, gate_span_of(wrong, 256));
	/* An empty one needs no number made of it. */
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		ck_assert_uint_ge(
		    cost(key, gate_span_of(wrong, lengths[i])) + 1, usual);
	memset(high, 0xff, sizeof(high));
	ck_assert_uint_ge(cost(key, gate_span_of(high, sizeof(high))), usual);
	gate_verify_key_free(key);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("nomem_keys");
	TCase *t = tcase_create("nomem_keys");

	/* Refused once OpenSSL has allocated anything. */
	GATE_ASSERT(CRYPTO_set_mem_functions(
			openssl_malloc, openssl_realloc, openssl_free) == 1);
	tcase_add_unchecked_fixture(t, jwt_rows_open, jwt_rows_close);
	tcase_add_loop_test(t, calls_no_good_signature_bad, 0, WORKS * ALGS);
	tcase_add_test(t, spends_as_much_on_what_no_signature_can_be);
	suite_add_tcase(s, t);
	return s;
}

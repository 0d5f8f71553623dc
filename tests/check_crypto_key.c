/* lib/crypto_key.h: which keys load, what they verify and sign. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "lib/crypto_key.h"
#include "tests/fence.h"
#include "tests/keyring.h"
#include "tests/runner.h"

START_TEST(knows_algorithms_by_their_exact_names)
{
	static const char *const names[] = {"RS256", "ES256", "EdDSA", "HS256"};
	static const char *const others[] = {"", "rs256", "RS256 ", "RS25",
	    "RS2566", "none", "EDDSA", "Ed25519", "ES384"};
	enum gate_alg alg = GATE_ALG_COUNT;
	size_t i;

	ck_assert_uint_eq(sizeof(names) / sizeof(names[0]), GATE_ALG_COUNT);
	for (i = 0; i < GATE_ALG_COUNT; i++) {
		ck_assert(gate_alg_parse(gate_span_str(names[i]), &alg));
		ck_assert_uint_eq(alg, i);
		ck_assert_str_eq(gate_alg_name(alg), names[i]);
	}
	alg = GATE_ALG_COUNT;
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ck_assert(!gate_alg_parse(gate_span_str(others[i]), &alg));
	ck_assert(!gate_alg_parse((struct gate_span)BYTES("RS256\0"), &alg));
	ck_assert_int_eq(alg, GATE_ALG_COUNT);
}
END_TEST

/* Loads the text as either kind. False if it is refused. */
static bool
loads(enum gate_alg alg, bool is_private, struct gate_span text,
    struct gate_err *err)
{
	struct fence f = fence_page(text);
	struct gate_verify_key *verify = NULL;
	struct gate_sign_key *sign = NULL;
	enum gate_code code = is_private
	    ? gate_sign_key_new(alg, f.span, &sign, err)
	    : gate_verify_key_new(alg, f.span, &verify, err);
	bool made = sign != NULL || verify != NULL;

	fence_free(&f);
	ck_assert_int_eq(made, code == GATE_OK);
	ck_assert(code == GATE_OK || code == GATE_E_CONF);
	if (made && is_private)
		ck_assert_int_eq(gate_sign_key_alg(sign), alg);
	else if (made)
		ck_assert_int_eq(gate_verify_key_alg(verify), alg);
	gate_sign_key_free(sign);
	gate_verify_key_free(verify);
	return made;
}

static const struct {
	const char *name;
	enum gate_alg alg;
	const char *text; /* some of what is said, or NULL: it is taken */
} keys[] = {
    {"rsa.public", GATE_ALG_RS256, NULL},
    {"rsa.private", GATE_ALG_RS256, NULL},
    {"rsa_4096.public", GATE_ALG_RS256, NULL},
    {"rsa_8192.public", GATE_ALG_RS256, NULL},
    {"rsa_8200.public", GATE_ALG_RS256, "2048 to 8192 bits"},
    {"rsa_16384.public", GATE_ALG_RS256, "not 16384"},
    {"rsa_2047.public", GATE_ALG_RS256, "not 2047"},
    {"rsa_1024.public", GATE_ALG_RS256, "not 1024"},
    {"rsa_1024.private", GATE_ALG_RS256, "not 1024"},
    {"rsa_exponent_0.public", GATE_ALG_RS256, "exponent"},
    {"rsa_exponent_1.public", GATE_ALG_RS256, "exponent"},
    {"rsa_exponent_2.public", GATE_ALG_RS256, "exponent"},
    {"rsa_exponent_even.public", GATE_ALG_RS256, "exponent"},
    {"rsa_exponent_3.public", GATE_ALG_RS256, NULL},
    {"rsa_exponent_32_bits.public", GATE_ALG_RS256, NULL},
    {"rsa_exponent_33_bits.public", GATE_ALG_RS256, "at most 32 bits"},
    {"rsa_exponent_huge.public", GATE_ALG_RS256, "at most 32 bits"},
    {"rsa_modulus_even.public", GATE_ALG_RS256, "numbers"},
    {"rsa_modulus_with_factor_3.public", GATE_ALG_RS256, "numbers"},
    {"rsa_wrong_half.private", GATE_ALG_RS256, "numbers"},
    {"rsa_pss.public", GATE_ALG_RS256, "not RSA-PSS"},
    {"rsa_cut.public", GATE_ALG_RS256, "nothing else"},
    {"rsa_byte_after.public", GATE_ALG_RS256, "nothing else"},
    {"rsa_byte_after.private", GATE_ALG_RS256, "nothing else"},
    {"rsa_traditional.private", GATE_ALG_RS256, "not \"BEGIN RSA PRIV"},
    {"rsa_encrypted.private", GATE_ALG_RS256, "not \"BEGIN ENCRYPTED"},
    {"rsa_certificate.public", GATE_ALG_RS256, "not \"BEGIN CERTIFICATE"},
    {"rsa_pkcs1.public", GATE_ALG_RS256, "not \"BEGIN RSA PUBLIC KEY"},
    {"ec.public", GATE_ALG_RS256, "an RSA key was expected"},
    {"ed.public", GATE_ALG_RS256, "not ED25519"},
    {"ec.public", GATE_ALG_ES256, NULL},
    {"ec.private", GATE_ALG_ES256, NULL},
    {"ec_compressed.public", GATE_ALG_ES256, NULL},
    {"ec_p384.public", GATE_ALG_ES256, "not secp384r1"},
    {"ec_p384.private", GATE_ALG_ES256, "not secp384r1"},
    {"ec_secp256k1.public", GATE_ALG_ES256, "not secp256k1"},
    {"ec_explicit.public", GATE_ALG_ES256, "not one written out"},
    {"ec_off_curve.public", GATE_ALG_ES256, "nothing else"},
    {"ec_infinity.public", GATE_ALG_ES256, "numbers"},
    {"ec_traditional.private", GATE_ALG_ES256, "not \"BEGIN EC PRIV"},
    {"rsa.public", GATE_ALG_ES256, "P-256 was expected for ES256, not RSA"},
    {"ed.private", GATE_ALG_ES256, "not ED25519"},
    {"ed.public", GATE_ALG_EDDSA, NULL},
    {"ed.private", GATE_ALG_EDDSA, NULL},
    {"ed_31_bytes.public", GATE_ALG_EDDSA, "nothing else"},
    {"ed448.public", GATE_ALG_EDDSA, "not ED448"},
    {"ed448.private", GATE_ALG_EDDSA, "not ED448"},
    {"x25519.public", GATE_ALG_EDDSA, "not X25519"},
    {"rsa.public", GATE_ALG_EDDSA, "an Ed25519 key was expected"},
    {"rsa.public", GATE_ALG_HS256, "not a PEM block"},
    {"ed.private", GATE_ALG_HS256, "not a PEM block"},
};

START_TEST(takes_sound_keys_of_the_algorithm_only)
{
	char *text = keyring_text(keys[_i].name);
	bool is_private = strstr(keys[_i].name, ".private") != NULL;
	struct gate_err err = {GATE_OK, ""};
	bool taken = loads(keys[_i].alg, is_private, gate_span_str(text), &err);

	ck_assert_msg(taken == (keys[_i].text == NULL), "%s: %s", keys[_i].name,
	    err.text);
	if (!taken)
		ck_assert_msg(strstr(err.text, keys[_i].text) != NULL, "%s: %s",
		    keys[_i].name, err.text);
	free(text);
}
END_TEST

/* Each kind where the other belongs. */
START_TEST(takes_no_private_key_for_a_public_one)
{
	static const char *const names[] = {"rsa", "ec", "ed"};
	enum gate_alg alg = (enum gate_alg)_i;
	struct gate_err err;
	char name[32];
	char *text;

	(void)snprintf(name, sizeof(name), "%s.private", names[_i]);
	text = keyring_text(name);
	ck_assert(!loads(alg, false, gate_span_str(text), &err));
	ck_assert_str_eq(err.text,
	    "key: \"BEGIN PUBLIC KEY\" was expected, not "
	    "\"BEGIN PRIVATE KEY\"");
	free(text);
	(void)snprintf(name, sizeof(name), "%s.public", names[_i]);
	text = keyring_text(name);
	ck_assert(!loads(alg, true, gate_span_str(text), &err));
	ck_assert_str_eq(err.text,
	    "key: \"BEGIN PRIVATE KEY\" was expected, not "
	    "\"BEGIN PUBLIC KEY\"");
	free(text);
}
END_TEST

START_TEST(takes_nothing_around_a_pem_block)
{
	static const char *const faults[] = {"%sx", "x%s", "\n%s", "%s%s",
	    "%s\n-----BEGIN X-----", "%.50s", "%.0s"};
	char *text = keyring_text("ed.public");
	char bent[1000];
	struct gate_err err;
	size_t i;

	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
		(void)snprintf(bent, sizeof(bent), faults[i], text, text);
#pragma GCC diagnostic pop
		ck_assert_msg(
		    !loads(GATE_ALG_EDDSA, false, gate_span_str(bent), &err),
		    "%s", faults[i]);
		ck_assert_ptr_nonnull(strstr(err.text,
		    "one PEM block \"BEGIN PUBLIC KEY\" was expected"));
	}
	free(text);
}
END_TEST

/* At, one below, nothing. */
START_TEST(takes_secrets_of_32_bytes)
{
	static const unsigned char bytes[GATE_HS256_SECRET_MIN] = {0, 1, 2};
	struct gate_err err;
	int private;

	for (private = 0; private < 2; private ++) {
		ck_assert(loads(GATE_ALG_HS256, private,
		    gate_span_of(bytes, sizeof(bytes)), &err));
		ck_assert(!loads(GATE_ALG_HS256, private,
		    gate_span_of(bytes, sizeof(bytes) - 1), &err));
		ck_assert_str_eq(err.text,
		    "key: a secret of at least 32 bytes was expected for "
		    "HS256, not 31");
		ck_assert(!loads(GATE_ALG_HS256, private, GATE_SPAN(""), &err));
	}
}
END_TEST

START_TEST(tells_equal_keys_however_they_are_written)
{
	struct gate_verify_key *a = keyring_verify(GATE_ALG_EDDSA, "ed");
	struct gate_verify_key *other =
	    keyring_verify(GATE_ALG_EDDSA, "ed_other");
	struct gate_verify_key *b = NULL;
	unsigned char da[GATE_SHA256_BYTES], db[GATE_SHA256_BYTES];
	char *text = keyring_text("ed.public");
	char lines[500];
	size_t i, n = 0;

	/* CRLF, and another line break */
	for (i = 0; text[i] != '\0'; i++) {
		if (text[i] == '\n' || i == 40)
			lines[n++] = '\r', lines[n++] = '\n';
		if (text[i] != '\n')
			lines[n++] = text[i];
	}
	ck_assert_int_eq(gate_verify_key_new(
			     GATE_ALG_EDDSA, gate_span_of(lines, n), &b, NULL),
	    GATE_OK);
	gate_verify_key_digest(a, da);
	gate_verify_key_digest(b, db);
	ck_assert_mem_eq(da, db, sizeof(da));
	gate_verify_key_digest(other, db);
	ck_assert_mem_ne(da, db, sizeof(da));
	free(text);
	gate_verify_key_free(a);
	gate_verify_key_free(b);
	gate_verify_key_free(other);
}
END_TEST

#define JOE                                                                    \
	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGx"  \
	"lLmNvbS9pc19yb290Ijp0cnVlfQ"
static const struct {
	const char *source;
	enum gate_alg alg;
	const char *key, *data, *signature;
	bool is_fixed; /* signing gives the same */
} examples[] = {
    {"RFC 7515 A.2", GATE_ALG_RS256, "rfc7515_a2", "eyJhbGciOiJSUzI1NiJ9." JOE,
	"cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7"
	"AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4"
	"BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K"
	"0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv"
	"hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrB"
	"p0igcN_IoypGlUPQGe77Rw",
	true},
    {"RFC 7515 A.3", GATE_ALG_ES256, "rfc7515_a3", "eyJhbGciOiJFUzI1NiJ9." JOE,
	"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA"
	"pmWQxfKTUJqPP3-Kg6NU1Q",
	false},
    {"RFC 8037 A.4", GATE_ALG_EDDSA, "rfc8037_a",
	"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
	"hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5B"
	"hVsPt9g7sVvpAr_MuM0KAg",
	true},
};

START_TEST(agrees_with_the_examples_of_the_rfcs)
{
	struct gate_verify_key *verify =
	    keyring_verify(examples[_i].alg, examples[_i].key);
	struct gate_sign_key *sign =
	    keyring_sign(examples[_i].alg, examples[_i].key);
	struct gate_span data = gate_span_str(examples[_i].data);
	struct gate_buf want, got;
	int i;

	gate_buf_init(&want, 1000);
	gate_buf_init(&got, 1000);
	ck_assert_int_eq(
	    gate_base64url_decode(gate_span_str(examples[_i].signature), &want),
	    GATE_OK);
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(
		    gate_verify(verify, data, gate_buf_span(&want)), GATE_OK);
	ck_assert_int_eq(gate_sign(sign, data, &got), GATE_OK);
	ck_assert_int_eq(
	    gate_verify(verify, data, gate_buf_span(&got)), GATE_OK);
	ck_assert_int_eq(
	    gate_span_equal(gate_buf_span(&want), gate_buf_span(&got)),
	    examples[_i].is_fixed);
	data.n--;
	ck_assert_int_eq(
	    gate_verify(verify, data, gate_buf_span(&want)), GATE_E_AUTH);
	gate_buf_clear(&want);
	gate_buf_clear(&got);
	gate_verify_key_free(verify);
	gate_sign_key_free(sign);
}
END_TEST

static const struct {
	enum gate_alg alg;
	const char *key, *other;
	size_t size;
} pairs[] = {
    {GATE_ALG_RS256, "rsa", "rsa_other", 256},
    {GATE_ALG_RS256, "rsa_4096", "rsa", 512},
    {GATE_ALG_ES256, "ec", "ec_other", 64},
    {GATE_ALG_EDDSA, "ed", "ed_other", 64},
    {GATE_ALG_HS256, NULL, NULL, 32},
};

/* A key that has refused, and one that has signed, does its work after. */
START_TEST(verifies_and_refuses_again_and_again)
{
	struct gate_verify_key *verify =
	    keyring_verify(pairs[_i].alg, pairs[_i].key);
	struct gate_sign_key *sign = keyring_sign(pairs[_i].alg, pairs[_i].key);
	struct gate_buf sig;
	size_t i, n;

	gate_buf_init(&sig, 1000);
	for (i = 0; i < 20; i++) {
		struct gate_span data = {
		    (const unsigned char *)KEYRING_SECRET, i};

		gate_buf_reset(&sig);
		ck_assert_int_eq(gate_sign(sign, data, &sig), GATE_OK);
		ck_assert_uint_eq(sig.n, pairs[_i].size);
		ck_assert_int_eq(
		    gate_verify(verify, data, gate_buf_span(&sig)), GATE_OK);
		sig.p[i * 3 % sig.n] ^= 1;
		ck_assert_int_eq(gate_verify(verify, data, gate_buf_span(&sig)),
		    GATE_E_AUTH);
		sig.p[i * 3 % sig.n] ^= 1;
	}
	for (n = 0; n < sig.n; n++)
		ck_assert_int_eq(
		    gate_verify(verify, gate_span_of(KEYRING_SECRET, 19),
			gate_span_of(sig.p, n)),
		    GATE_E_AUTH);
	gate_buf_clear(&sig);
	gate_verify_key_free(verify);
	gate_sign_key_free(sign);
}
END_TEST

START_TEST(verifies_nothing_of_another_key)
{
	struct gate_verify_key *verify =
	    keyring_verify(pairs[_i].alg, pairs[_i].other);
	struct gate_sign_key *sign;
	struct gate_span data = GATE_SPAN("data");
	struct gate_buf sig;

	if (pairs[_i].other == NULL)
		ck_assert_int_eq(
		    gate_sign_key_new(GATE_ALG_HS256,
			GATE_SPAN("another secret of at least 32 bytes"), &sign,
			NULL),
		    GATE_OK);
	else
		sign = keyring_sign(pairs[_i].alg, pairs[_i].key);
	gate_buf_init(&sig, 1000);
	ck_assert_int_eq(gate_sign(sign, data, &sig), GATE_OK);
	ck_assert_int_eq(
	    gate_verify(verify, data, gate_buf_span(&sig)), GATE_E_AUTH);
	gate_buf_clear(&sig);
	gate_verify_key_free(verify);
	gate_sign_key_free(sign);
}
END_TEST

START_TEST(says_when_a_signature_has_no_room)
{
	struct gate_sign_key *sign = keyring_sign(GATE_ALG_EDDSA, "ed");
	struct gate_buf sig;

	gate_buf_init(&sig, 63);
	ck_assert_int_eq(
	    gate_sign(sign, GATE_SPAN("data"), &sig), GATE_E_LIMIT);
	gate_buf_clear(&sig);
	gate_sign_key_free(sign);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("crypto_key");
	TCase *t = tcase_create("crypto_key");

	tcase_add_test(t, knows_algorithms_by_their_exact_names);
	add_row_test(t, takes_sound_keys_of_the_algorithm_only, keys);
	tcase_add_loop_test(
	    t, takes_no_private_key_for_a_public_one, 0, GATE_ALG_HS256);
	tcase_add_test(t, takes_nothing_around_a_pem_block);
	tcase_add_test(t, takes_secrets_of_32_bytes);
	tcase_add_test(t, tells_equal_keys_however_they_are_written);
	add_row_test(t, agrees_with_the_examples_of_the_rfcs, examples);
	add_row_test(t, verifies_and_refuses_again_and_again, pairs);
	add_row_test(t, verifies_nothing_of_another_key, pairs);
	tcase_add_test(t, says_when_a_signature_has_no_room);
	suite_add_tcase(s, t);
	return s;
}

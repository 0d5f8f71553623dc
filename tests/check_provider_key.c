/*
 * lib/provider.h: keys, and what an operator may fill in.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "lib/codec.h"
#include "lib/crypto_certificate.h"
#include "lib/num.h"
#include "tests/hook_rows.h"
#include "tests/keyring.h"
#include "tests/runner.h"

#define SECRET24 "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define SECRET64 SECRET24 SECRET24 "MfKQ9r8GKYqrTwjUPD8ILA=="

static const struct {
	const char *provider, *secret;
	bool ok;
} secrets[] = {
    {"stripe", "whsec_x", true},
    {"stripe", "x", true},
    {"stripe", "", false},
    {"stripe", "whsec_x\n", false},
    {"stripe", " whsec_x", false},
    {"stripe", "whsec_x\t", false},
    {"standard-webhooks", "whsec_" SECRET24, true},
    {"standard-webhooks", SECRET24, true},
    {"standard-webhooks", SECRET24 SECRET24, true},
    {"standard-webhooks", "whsec_" SECRET64, true},
    {"standard-webhooks",
	"whsec_" SECRET24 SECRET24 "MfKQ9r8GKYqrTwjUPD8ILPY=", false},
    {"standard-webhooks", "whsec_" SECRET24 SECRET24 SECRET24, false},
    {"standard-webhooks", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaQ=", false},
    {"standard-webhooks", "whsec_", false},
    {"standard-webhooks", "whsec_not base64", false},
    {"standard-webhooks", "whsec_whsec_" SECRET24, false},
    {"standard-webhooks",
	"whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=", true},
    {"standard-webhooks", "whpk_" SECRET24, false},
    {"standard-webhooks", "whsk_" SECRET24, false},
    {"discord",
	"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
	true},
    {"discord",
	"D75A980182B10AB7D54BFED3C964073A0EE172F3DAA62325AF021A68F707511A",
	true},
    {"discord",
	"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f70751",
	false},
    {"discord",
	"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511g",
	false},
    {"discord", "x", false},
    {"adyen", "44782DEF", true},
    {"adyen", "44782DEFz", false},
    {"adyen", "4", false},
    {"sendgrid", "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE", false},
    {"sendgrid", "keyring:ec.public", false}, /* the base64 alone */
    {"sendgrid", "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
	false}, /* of another kind */
    {"public-key", "keyring:rsa.public", true},
    {"public-key", "keyring:rsa_4096.public", true},
    {"public-key", "keyring:rsa.private", false},
    {"public-key", "keyring:ec.public", false},
    {"public-key", "keyring:rsa.certificate", false},
    {"public-key", "secret", false},
    {"paypal", "keyring:rsa.certificate", true},
    {"paypal", "keyring:rsa.public", false},
    {"paypal", "secret", false},
};

START_TEST(takes_keys_in_their_form_only)
{
	const struct gate_provider *p =
	    gate_provider_find(gate_span_str(secrets[_i].provider));
	struct gate_span name = gate_span_str(secrets[_i].secret);
	struct gate_span text = name;
	struct gate_provider_key *key = NULL;
	struct gate_err err = {0};
	char *owned = NULL;
	enum gate_code code;

	if (gate_span_skip(&name, "keyring:")) {
		owned = keyring_text((const char *)name.p);
		text = gate_span_str(owned);
	}
	code = gate_provider_key_new(p, NULL, text, &key, &err);
	ck_assert_msg(code == (secrets[_i].ok ? GATE_OK : GATE_E_CONF) &&
		(key != NULL) == secrets[_i].ok &&
		(secrets[_i].ok || err.text[0] != '\0'),
	    "%s %s: %s", p->name, secrets[_i].secret, err.text);
	/* Of what was wrong nothing is told. */
	if (!secrets[_i].ok && text.n > 12)
		ck_assert_ptr_null(strstr(err.text, secrets[_i].secret));
	gate_provider_key_free(key);
	free(owned);
}
END_TEST

START_TEST(reads_a_certificates_key_and_time)
{
	char *text = keyring_text("rsa.certificate");
	char *pem = keyring_text("rsa.public");
	struct gate_validity v = {0};
	struct gate_span line = gate_span_str(pem), head;
	struct gate_buf der, base64;

	gate_buf_init(&der, 4096);
	gate_buf_init(&base64, 4096);
	ck_assert_int_eq(
	    gate_certificate_key(gate_span_str(text), &der, &v, NULL), GATE_OK);
	ck_assert_int_eq(v.from_s, 1420070400);  /* 2015-01-01T00:00:00Z */
	ck_assert_int_eq(v.until_s, 1451606399); /* 2015-12-31T23:59:59Z */
	/* The first line of the PEM that openssl made of the same key. */
	ck_assert(gate_span_until(&line, '\n', line.n, &head));
	ck_assert(gate_span_take(&line, 64, &head));
	ck_assert_int_eq(
	    gate_base64_put(&base64, gate_buf_span(&der)), GATE_OK);
	ck_assert(gate_span_equal(gate_span_of(base64.p, 64), head));
	text[40]++; /* no longer DER */
	ck_assert_int_eq(
	    gate_certificate_key(gate_span_str(text), &der, &v, NULL),
	    GATE_E_CONF);
	gate_buf_clear(&der);
	gate_buf_clear(&base64);
	free(text);
	free(pem);
}
END_TEST

/* ---- what an operator may fill in --------------------------------------- */

static const struct gate_signing good = {
    .seal = GATE_SEAL_HMAC_SHA256,
    .key_form = GATE_KEY_RAW,
    .encoding = GATE_ENCODING_HEX,
    .grammar = GATE_GRAMMAR_PREFIX,
    .header = "X-Sign",
    .mark = "sha256=",
    .message = "{time}.{1}.{body}",
    .id_header = NULL,
    .others = {"X-Nonce"},
    .time = {GATE_PLACE_HEADER, "X-Time"},
    .tolerance_s = 120,
};

static const struct {
	const char *message;
	bool ok;
} messages[] = {
    {"{time}.{1}.{body}", true}, {"{time}{body}", true},
    {"{method}{url}{body}{time}", true}, {"v1:{time}:{url}:{body}:end", true},
    {"{time}|{crc32}", true}, {"{body}", false}, /* the time is not signed */
    {"{time}", false}, {"", false}, {"{time}.{bodies}", false},
    {"{time}.{body", false}, {"{time}.body}", false}, {"{time}.{}", false},
    {"{time}.{body}{1}", false}, /* where does one end? */
    {"{time}.{1}{body}", false}, {"{time}.{body}{body}", false},
    {"{time}.{body}.{2}", false}, /* no such header */
    {"{time}.{body}.{0}", false}, {"{time}.{body}.{4}", false},
    {"{time}.{id}.{body}", false}, {"{time}.{setting}.{body}", false},
    {"{time}\n{body}", false},
    {"{time}.{1}.{1}.{1}.{1}.{1}.{body}", false}, /* too many */
};

START_TEST(checks_a_message)
{
	struct gate_signing how = good;
	struct gate_err err = {0};

	how.message = messages[_i].message;
	ck_assert_msg(
	    (gate_signing_check(&how, &err) == GATE_OK) == messages[_i].ok,
	    "%s: %s", messages[_i].message, err.text);
}
END_TEST

#define REFUSED(change)                                                        \
	do {                                                                   \
		struct gate_signing how = good;                                \
		struct gate_err err;                                           \
		change;                                                        \
		ck_assert_msg(gate_signing_check(&how, &err) == GATE_E_CONF,   \
		    "%s", #change);                                            \
	} while (0)

START_TEST(checks_everything_else)
{
	ck_assert_int_eq(gate_signing_check(&good, NULL), GATE_OK);
	REFUSED(how.header = NULL);
	REFUSED(how.header = "");
	REFUSED(how.header = "X Sign");
	REFUSED(how.header = "X:Sign");
	REFUSED(how.others[0] = "X\nNonce");
	REFUSED(how.id_header = "");
	REFUSED(how.time.name = "");
	REFUSED(how.time.name = NULL);
	REFUSED(how.mark = NULL);
	REFUSED(how.mark = "");
	REFUSED(how.mark = " sha256=");
	REFUSED(how.mark = "\x7f");
	REFUSED(how.tolerance_s = 0);
	REFUSED(how.tolerance_s = -1);
	REFUSED(how.tolerance_s = 86401);
	REFUSED(how.encoding = GATE_ENCODING_PLAIN);
	REFUSED(how.seal = GATE_SEAL_EQUAL);
	REFUSED(how.grammar = GATE_GRAMMAR_LIST);
	REFUSED(how.grammar = GATE_GRAMMAR_LIST; how.mark = "v1");
	REFUSED(how.grammar = GATE_GRAMMAR_LIST; how.mark = "v1";
		how.separator = '=');
	REFUSED(how.grammar = GATE_GRAMMAR_WORDS);
	REFUSED(how.time.kind = GATE_PLACE_LIST);
	REFUSED(how.time.kind = GATE_PLACE_BODY; how.time.name = "sent");
	REFUSED(how.time.kind = GATE_PLACE_BODY; how.time.name = NULL);
	REFUSED(how.key_form = GATE_KEY_PEM);
	REFUSED(how.seal = GATE_SEAL_RS256);
	REFUSED(how.seal = GATE_SEAL_ED25519);
	REFUSED(how.seal = GATE_SEAL_ED25519;
		how.key_form = GATE_KEY_CERTIFICATE);
	REFUSED(how.seal = GATE_SEAL_ES256; how.key_form = GATE_KEY_HEX);
	REFUSED(how.seal = GATE_SEAL_HMAC_SHA1; how.key_form = GATE_KEY_WHSEC);
}
END_TEST

/* A list of an operator's own, of two key pairs and of a prefix with a blank:
 * what gate_signing_check lets pass does verify. */
START_TEST(verifies_what_an_operator_filled_in)
{
	static const char *const names[] = {"ec", "ed"};
	static const enum gate_seal seals[] = {
	    GATE_SEAL_ES256, GATE_SEAL_ED25519};
	static const enum gate_alg algs[] = {GATE_ALG_ES256, GATE_ALG_EDDSA};
	const struct gate_provider *p =
	    gate_provider_find(GATE_SPAN("public-key"));
	struct gate_signing how = p->signing;
	struct gate_provider_secret secret = {"id", NULL};
	struct gate_provider_key *key = NULL;
	struct gate_hook_header header = {.name = GATE_SPAN("x_signature")};
	struct gate_hook hook = {.headers = &header,
	    .header_count = 1,
	    .body = GATE_SPAN("Hello, World!")};
	struct gate_sign_key *signer = keyring_sign(algs[_i], names[_i]);
	struct gate_buf raw, text;
	struct gate_verdict v;
	char *pem = keyring_text(_i == 0 ? "ec.public" : "ed.public");

	how.seal = seals[_i];
	ck_assert_int_eq(gate_signing_check(&how, NULL), GATE_OK);
	ck_assert_int_eq(
	    gate_provider_key_new(p, &how, gate_span_str(pem), &key, NULL),
	    GATE_OK);
	secret.key = key;
	gate_buf_init(&raw, 1024);
	gate_buf_init(&text, 1024);
	ck_assert_int_eq(gate_sign(signer, hook.body, &raw), GATE_OK);
	if (_i == 0) { /* r || s, and the numbers that DER has before them */
		const unsigned char *r = raw.p, *s = raw.p + 32;
		unsigned char der[80];
		size_t n = 2, k;

		for (k = 0; k < 2; k++) {
			const unsigned char *x = k == 0 ? r : s;
			size_t pad = x[0] >> 7, skip = 0;

			while (pad == 0 && x[skip] == 0 && x[skip + 1] < 128)
				skip++;
			der[n++] = 2;
			der[n++] = (unsigned char)(32 + pad - skip);
			if (pad == 1)
				der[n++] = 0;
			memcpy(der + n, x + skip, 32 - skip);
			n += 32 - skip;
		}
		der[0] = 0x30;
		der[1] = (unsigned char)(n - 2);
		gate_buf_reset(&raw);
		ck_assert_int_eq(
		    gate_buf_put(&raw, gate_span_of(der, n)), GATE_OK);
	}
	ck_assert_int_eq(gate_base64_put(&text, gate_buf_span(&raw)), GATE_OK);
	header.value = gate_buf_span(&text);
	ck_assert_int_eq(gate_provider_verify(p, &how, &secret, 1, &hook, &v),
	    GATE_PROVIDER_OK);
	hook.body.n--;
	ck_assert_int_eq(gate_provider_verify(p, &how, &secret, 1, &hook, &v),
	    GATE_PROVIDER_NO_MATCH);
	gate_buf_clear(&raw);
	gate_buf_clear(&text);
	gate_sign_key_free(signer);
	gate_provider_key_free(key);
	free(pem);
}
END_TEST

/* DER that is nearly a signature: another length, more after it, numbers
 * that are negative or too large. */
static const struct {
	const char *hex;
	bool ok;
} ders[] = {
    {"3006020101020101", true},
    {"3006020101020100", true}, /* of 0: gate_verify's to refuse */
    {"300602010102010100", false},
    {"3006020101020181", false}, /* negative */
    {"3006020181020101", false},
    {"3003020101", false},
    {"3000", false},
    {"", false},
    {"3006020101", false},
    {"3027022201000000000000000000000000000000000000000000000000000000000000"
     "00000000020101",
	false},
};

START_TEST(takes_der_of_two_numbers_apart)
{
	unsigned char der[80], plain[GATE_ES256_BYTES];
	size_t n = strlen(ders[_i].hex) / 2;
	struct fence f;

	ck_assert(
	    n == 0 || gate_hex_decode(gate_span_str(ders[_i].hex), der, n));
	f = fence_page(gate_span_of(der, n));
	ck_assert_msg(gate_es256_plain(f.span, plain) ==
		(ders[_i].ok ? GATE_OK : GATE_E_AUTH),
	    "%s", ders[_i].hex);
	fence_free(&f);
}
END_TEST

START_TEST(signs_only_what_one_secret_can)
{
	const struct gate_provider *p =
	    gate_provider_find(GATE_SPAN("standard-webhooks"));
	struct gate_provider_key *key = NULL;
	struct gate_hook hook = {.body = GATE_SPAN("{}")};
	struct gate_sign_headers h;
	unsigned char mac[GATE_SHA256_BYTES];

	ck_assert_int_eq(gate_provider_key_new(p, NULL,
			     GATE_SPAN("whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZT"
				       "InDBbOir4="),
			     &key, NULL),
	    GATE_OK);
	gate_sign_init(&h);
	ck_assert_int_eq(
	    gate_provider_sign(p, NULL, key, &hook, GATE_SPAN("id"), &h),
	    GATE_E_CONF);
	ck_assert_int_eq(
	    gate_provider_key_mac(key, hook.body, mac), GATE_E_BUG);
	gate_sign_clear(&h);
	gate_provider_key_free(key);
}
END_TEST

START_TEST(macs_for_handshakes)
{
	const struct gate_provider *p = gate_provider_find(GATE_SPAN("zoom"));
	struct gate_provider_key *key = NULL;
	unsigned char mac[GATE_SHA256_BYTES];
	char text[2 * GATE_SHA256_BYTES + 1];

	ck_assert_int_eq(
	    gate_provider_key_new(p, NULL, GATE_SPAN("Jefe"), &key, NULL),
	    GATE_OK);
	ck_assert_int_eq(gate_provider_key_mac(key,
			     GATE_SPAN("what do ya want for nothing?"), mac),
	    GATE_OK);
	gate_hex_text(gate_span_of(mac, sizeof(mac)), text, sizeof(text));
	ck_assert_str_eq(text,
	    "5bdcc146bf60754e6a042426089575c7"
	    "5a003f089d2739839dec58b964ec3843");
	gate_provider_key_free(key);
	gate_provider_key_free(NULL);
}
END_TEST

START_TEST(lists_the_headers_it_reads_proofs_first)
{
	const struct gate_provider *p;
	struct gate_provider_header list[GATE_PROVIDER_HEADERS_MAX];
	size_t i, k, n;

	for (i = 0; (p = gate_provider_at(i)) != NULL; i++) {
		n = gate_provider_headers(p, NULL, list);
		for (k = 1; k < n; k++)
			ck_assert_msg(list[k - 1].is_proof || !list[k].is_proof,
			    "%s", p->name);
	}
	p = gate_provider_find(GATE_SPAN("shopify"));
	n = gate_provider_headers(p, NULL, list);
	ck_assert_uint_eq(n, 3);
	ck_assert_str_eq(list[0].name, "X-Shopify-Hmac-Sha256");
	ck_assert(list[0].is_proof && !list[1].is_proof);
	p = gate_provider_find(GATE_SPAN("standard-webhooks"));
	n = gate_provider_headers(p, NULL, list);
	ck_assert_uint_eq(n, 3); /* the id is a proof and the identity */
	n = gate_provider_headers(
	    gate_provider_find(GATE_SPAN("adyen")), NULL, list);
	ck_assert_uint_eq(n, 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("provider_key");
	TCase *t = tcase_create("provider_key");

	add_row_test(t, takes_keys_in_their_form_only, secrets);
	tcase_add_test(t, reads_a_certificates_key_and_time);
	add_row_test(t, checks_a_message, messages);
	tcase_add_test(t, checks_everything_else);
	tcase_add_loop_test(t, verifies_what_an_operator_filled_in, 0, 2);
	add_row_test(t, takes_der_of_two_numbers_apart, ders);
	tcase_add_test(t, signs_only_what_one_secret_can);
	tcase_add_test(t, macs_for_handshakes);
	tcase_add_test(t, lists_the_headers_it_reads_proofs_first);
	suite_add_tcase(s, t);
	return s;
}

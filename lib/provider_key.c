/*
 * Secrets and public keys of third parties, made ready. Only at start.
 *
 * A secret is used as the provider does: Stripe's whsec_ is part of the key,
 * that of Standard Webhooks is a mark before base64. Public keys come in four
 * dresses; all are brought to PEM and judged by lib/crypto_key.h.
 */
#include "config.h"

#include "lib/provider_trial.h"

#include <stdlib.h>
#include <string.h>

#include "lib/codec.h"
#include "lib/crypto_certificate.h"
#include "lib/num.h"
#include "lib/secret.h"

#define WHSEC_MIN 24 /* Standard Webhooks, "Signature scheme" */
#define WHSEC_MAX 64
#define ED25519_BYTES 32
#define PEM_LINE 64

static enum gate_code
no_memory(struct gate_err *err)
{
	return gate_err_set(err, GATE_E_NOMEM, "secret: out of memory");
}

static bool
is_public(enum gate_seal seal)
{
	return seal == GATE_SEAL_ED25519 || seal == GATE_SEAL_ES256 ||
	    seal == GATE_SEAL_RS256;
}

static enum gate_code
take_hmac(
    struct gate_provider_key *key, struct gate_span bytes, struct gate_err *err)
{
	static const enum gate_digest digests[GATE_SEAL_COUNT] = {
	    [GATE_SEAL_HMAC_SHA256] = GATE_DIGEST_SHA256,
	    [GATE_SEAL_HMAC_SHA1] = GATE_DIGEST_SHA1,
	    [GATE_SEAL_HMAC_SHA512] = GATE_DIGEST_SHA512,
	};

	return gate_hmac_key_new_of(digests[key->seal], bytes, &key->hmac) ==
		GATE_OK
	    ? GATE_OK
	    : no_memory(err);
}

static enum gate_code
take_raw(
    struct gate_provider_key *key, struct gate_span bytes, struct gate_err *err)
{
	key->raw = malloc(bytes.n);
	if (key->raw == NULL)
		return no_memory(err);
	memcpy(key->raw, bytes.p, bytes.n);
	key->raw_n = bytes.n;
	return GATE_OK;
}

static enum gate_code
take_symmetric(
    struct gate_provider_key *key, struct gate_span bytes, struct gate_err *err)
{
	if (bytes.n == 0)
		return gate_err_set(err, GATE_E_CONF, "secret: it is empty");
	switch (key->seal) {
	case GATE_SEAL_HMAC_SHA256:
	case GATE_SEAL_HMAC_SHA1:
	case GATE_SEAL_HMAC_SHA512:
		return take_hmac(key, bytes, err);
	case GATE_SEAL_SHA256:
		return take_raw(key, bytes, err);
	case GATE_SEAL_EQUAL:
		return gate_sha256(&bytes, 1, key->digest) == GATE_OK
		    ? take_raw(key, bytes, err)
		    : no_memory(err);
	case GATE_SEAL_ED25519:
	case GATE_SEAL_ES256:
	case GATE_SEAL_RS256:
	case GATE_SEAL_COUNT:
		break;
	}
	return gate_err_set(err, GATE_E_BUG, "secret: not a symmetric one");
}

static enum gate_code
take_pem(
    struct gate_provider_key *key, struct gate_span pem, struct gate_err *err)
{
	static const enum gate_alg algs[GATE_SEAL_COUNT] = {
	    [GATE_SEAL_ED25519] = GATE_ALG_EDDSA,
	    [GATE_SEAL_ES256] = GATE_ALG_ES256,
	    [GATE_SEAL_RS256] = GATE_ALG_RS256,
	};

	return gate_verify_key_new(algs[key->seal], pem, &key->pair, err);
}

/* base64 of a SubjectPublicKeyInfo, in lines between the marks of PEM. */
static enum gate_code
take_spki(struct gate_provider_key *key, struct gate_span base64,
    struct gate_err *err)
{
	struct gate_buf pem;
	struct gate_span line;
	enum gate_code code;

	gate_buf_init(&pem, 2 * GATE_SECRET_MAX);
	(void)gate_buf_put_str(&pem, "-----BEGIN PUBLIC KEY-----\n");
	while (base64.n > 0) {
		if (!gate_span_take(&base64,
			base64.n < PEM_LINE ? base64.n : PEM_LINE, &line))
			break;
		(void)gate_buf_put(&pem, line);
		(void)gate_buf_put_byte(&pem, '\n');
	}
	code = gate_buf_put_str(&pem, "-----END PUBLIC KEY-----\n");
	code = code == GATE_OK ? take_pem(key, gate_buf_span(&pem), err)
			       : gate_err_set(err, GATE_E_CONF,
				     "secret: too long for a public key");
	gate_buf_clear(&pem);
	return code;
}

/* RFC 8410: the frame that 32 bytes of Ed25519 stand in. */
static enum gate_code
take_ed25519(
    struct gate_provider_key *key, struct gate_span bytes, struct gate_err *err)
{
	static const unsigned char frame[] = {0x30, 0x2a, 0x30, 0x05, 0x06,
	    0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0};
	struct gate_buf der, text;
	enum gate_code code;

	if (bytes.n != ED25519_BYTES)
		return gate_err_set(err, GATE_E_CONF,
		    "secret: an Ed25519 key of 32 bytes was expected, not %zu",
		    bytes.n);
	gate_buf_init(&der, sizeof(frame) + ED25519_BYTES);
	gate_buf_init(&text, GATE_SECRET_MAX);
	(void)gate_buf_put(&der, gate_span_of(frame, sizeof(frame)));
	(void)gate_buf_put(&der, bytes);
	code = der.failed == GATE_OK
	    ? gate_base64_put(&text, gate_buf_span(&der))
	    : der.failed;
	key->seal = GATE_SEAL_ED25519;
	code = code == GATE_OK ? take_spki(key, gate_buf_span(&text), err)
			       : no_memory(err);
	gate_buf_clear(&der);
	gate_buf_clear(&text);
	return code;
}

static enum gate_code
take_raw_form(
    struct gate_provider_key *key, struct gate_span text, struct gate_err *err)
{
	return take_symmetric(key, text, err);
}

static enum gate_code
take_hex(
    struct gate_provider_key *key, struct gate_span text, struct gate_err *err)
{
	unsigned char bytes[256];
	size_t n = text.n / 2;
	enum gate_code code;

	if (n > sizeof(bytes) || n == 0 || !gate_hex_decode(text, bytes, n))
		return gate_err_set(err, GATE_E_CONF,
		    "secret: hex digits were expected, 2 to %zu of them",
		    2 * sizeof(bytes));
	code = is_public(key->seal)
	    ? take_ed25519(key, gate_span_of(bytes, n), err)
	    : take_symmetric(key, gate_span_of(bytes, n), err);
	gate_wipe(bytes, sizeof(bytes));
	return code;
}

static enum gate_code
take_whsec(
    struct gate_provider_key *key, struct gate_span text, struct gate_err *err)
{
	bool public = gate_span_skip(&text, "whpk_");
	struct gate_buf bytes;
	enum gate_code code;

	if (!public)
		(void)!gate_span_skip(&text, "whsec_");
	gate_buf_init(&bytes, GATE_SECRET_MAX);
	code = gate_base64_decode(text, &bytes);
	if (code == GATE_E_NOMEM)
		code = no_memory(err);
	else if (code != GATE_OK)
		code = gate_err_set(err, GATE_E_CONF,
		    "secret: whsec_ or whpk_ and base64 were expected");
	else if (public)
		code = take_ed25519(key, gate_buf_span(&bytes), err);
	else if (bytes.n < WHSEC_MIN || bytes.n > WHSEC_MAX)
		code = gate_err_set(err, GATE_E_CONF,
		    "secret: base64 of %d to %d bytes was expected, not %zu",
		    WHSEC_MIN, WHSEC_MAX, bytes.n);
	else
		code = take_symmetric(key, gate_buf_span(&bytes), err);
	gate_buf_wipe(&bytes);
	return code;
}

static enum gate_code
take_certificate(
    struct gate_provider_key *key, struct gate_span text, struct gate_err *err)
{
	struct gate_validity v;
	struct gate_buf der, base64;
	enum gate_code code;

	gate_buf_init(&der, GATE_SECRET_MAX);
	gate_buf_init(&base64, 2 * GATE_SECRET_MAX);
	code = gate_certificate_key(text, &der, &v, err);
	if (code == GATE_OK) {
		code = gate_base64_put(&base64, gate_buf_span(&der));
		code = code == GATE_OK
		    ? take_spki(key, gate_buf_span(&base64), err)
		    : no_memory(err);
		key->from_s = v.from_s;
		key->until_s = v.until_s;
	}
	gate_buf_clear(&der);
	gate_buf_clear(&base64);
	return code;
}

static enum gate_code (*const forms[GATE_KEY_FORM_COUNT])(
    struct gate_provider_key *key, struct gate_span text,
    struct gate_err *err) = {
    [GATE_KEY_RAW] = take_raw_form,
    [GATE_KEY_HEX] = take_hex,
    [GATE_KEY_WHSEC] = take_whsec,
    [GATE_KEY_SPKI] = take_spki,
    [GATE_KEY_PEM] = take_pem,
    [GATE_KEY_CERTIFICATE] = take_certificate,
};

static bool
is_space(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

enum gate_code
gate_provider_key_new(const struct gate_provider *p,
    const struct gate_signing *how, struct gate_span text,
    struct gate_provider_key **out, struct gate_err *err)
{
	struct gate_provider_key *key;
	enum gate_code code;

	if (how == NULL)
		how = &p->signing;
	if (text.n == 0)
		return gate_err_set(err, GATE_E_CONF, "secret: it is empty");
	if (how->key_form != GATE_KEY_PEM &&
	    how->key_form != GATE_KEY_CERTIFICATE &&
	    (is_space(text.p[0]) || is_space(text.p[text.n - 1])))
		return gate_err_set(err, GATE_E_CONF,
		    "secret: white space at its beginning or end");
	key = calloc(1, sizeof(*key));
	if (key == NULL)
		return no_memory(err);
	key->seal = how->seal;
	key->from_s = INT64_MIN;
	key->until_s = INT64_MAX;
	code = forms[how->key_form](key, text, err);
	if (code == GATE_OK)
		*out = key;
	else
		gate_provider_key_free(key);
	return code;
}

void
gate_provider_key_free(struct gate_provider_key *key)
{
	if (key == NULL)
		return;
	gate_hmac_key_free(key->hmac);
	gate_verify_key_free(key->pair);
	if (key->raw != NULL)
		gate_wipe(key->raw, key->raw_n);
	free(key->raw);
	gate_wipe(key, sizeof(*key));
	free(key);
}

enum gate_code
gate_provider_key_mac(const struct gate_provider_key *key,
    struct gate_span data, unsigned char mac[GATE_SHA256_BYTES])
{
	if (key->seal != GATE_SEAL_HMAC_SHA256)
		return GATE_E_BUG;
	return gate_hmac_sha256(key->hmac, &data, 1, mac);
}

/*
 * Keys made ready: a pair's EVP_MD_CTX has its algorithm and its key already,
 * and lib/crypto_sign.c works on copies of it. Measured with OpenSSL 3.0 and
 * RSA of 2048 bits: a verification from the beginning 16.5 us, from a copy
 * 13.7 us, of which the copy is 0.2 us and the rest is arithmetic.
 */
#include "config.h"

#include "lib/crypto_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "lib/crypto_pkey.h"
#include "lib/secret.h"

static const char *const alg_names[GATE_ALG_COUNT] = {
    [GATE_ALG_RS256] = "RS256",
    [GATE_ALG_ES256] = "ES256",
    [GATE_ALG_EDDSA] = "EdDSA",
    [GATE_ALG_HS256] = "HS256",
};

const char *
gate_alg_name(enum gate_alg alg)
{
	return alg_names[alg];
}

bool
gate_alg_parse(struct gate_span name, enum gate_alg *out)
{
	unsigned i;

	for (i = 0; i < GATE_ALG_COUNT; i++) {
		if (gate_span_is(name, alg_names[i])) {
			*out = (enum gate_alg)i;
			return true;
		}
	}
	return false;
}

static void
clear_pair(struct gate_pair *p)
{
	EVP_MD_CTX_free(p->prepared);
	EVP_PKEY_free(p->pkey);
	BN_free(p->below);
}

/* Ed25519 has its hash inside and takes none. */
static const EVP_MD *
digest_of(enum gate_alg alg)
{
	return alg == GATE_ALG_EDDSA ? NULL : EVP_sha256();
}

static bool
prepare(struct gate_pair *p, enum gate_alg alg, bool to_sign)
{
	EVP_PKEY_CTX *ctx = NULL; /* the MD_CTX owns it */

	p->prepared = EVP_MD_CTX_new();
	if (p->prepared == NULL)
		return false;
	if ((to_sign ? EVP_DigestSignInit(
			   p->prepared, &ctx, digest_of(alg), NULL, p->pkey)
		     : EVP_DigestVerifyInit(p->prepared, &ctx, digest_of(alg),
			   NULL, p->pkey)) != 1)
		return false;
	if (alg == GATE_ALG_RS256 &&
	    (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1 ||
		EVP_PKEY_get_bn_param(
		    p->pkey, OSSL_PKEY_PARAM_RSA_N, &p->below) != 1))
		return false;
	if (alg == GATE_ALG_ES256 &&
	    EVP_PKEY_get_bn_param(
		p->pkey, OSSL_PKEY_PARAM_EC_ORDER, &p->below) != 1)
		return false;
	/* A copy is used once: no further copy for the last step. */
	EVP_MD_CTX_set_flags(p->prepared, EVP_MD_CTX_FLAG_FINALISE);
	return true;
}

/* PEM text -> *p, and the DER bytes for a fingerprint. */
static enum gate_code
load_pair(struct gate_pair *p, enum gate_alg alg, struct gate_span text,
    bool to_sign, struct gate_buf *der, struct gate_err *err)
{
	enum gate_code code =
	    gate_pkey_load(alg, text, to_sign, der, &p->pkey, err);

	if (code != GATE_OK)
		return code;
	if (prepare(p, alg, to_sign))
		return GATE_OK;
	ERR_clear_error();
	return gate_err_set(err, GATE_E_NOMEM, "key: OpenSSL cannot use it");
}

static enum gate_code
load_secret(
    struct gate_span text, struct gate_hmac_key **out, struct gate_err *err)
{
	if (gate_span_starts(text, "-----BEGIN"))
		return gate_err_set(err, GATE_E_CONF,
		    "key: a secret was expected for HS256, not a PEM block");
	if (text.n < GATE_HS256_SECRET_MIN)
		return gate_err_set(err, GATE_E_CONF,
		    "key: a secret of at least %d bytes was expected for "
		    "HS256, not %zu",
		    GATE_HS256_SECRET_MIN, text.n);
	return gate_hmac_key_new(text, out) == GATE_OK
	    ? GATE_OK
	    : gate_err_set(err, GATE_E_NOMEM, "key: out of memory");
}

enum gate_code
gate_verify_key_new(enum gate_alg alg, struct gate_span text,
    struct gate_verify_key **out, struct gate_err *err)
{
	struct gate_verify_key *key = calloc(1, sizeof(*key));
	struct gate_span bytes = text;
	struct gate_buf der;
	enum gate_code code;

	if (key == NULL)
		return gate_err_set(err, GATE_E_NOMEM, "key: out of memory");
	key->alg = alg;
	gate_buf_init(&der, GATE_SECRET_MAX);
	if (alg == GATE_ALG_HS256) {
		code = load_secret(text, &key->hmac, err);
	} else {
		code = load_pair(&key->pair, alg, text, false, &der, err);
		bytes = gate_buf_span(&der);
	}
	if (code == GATE_OK && gate_sha256(&bytes, 1, key->digest) != GATE_OK)
		code = gate_err_set(err, GATE_E_NOMEM, "key: out of memory");
	gate_buf_clear(&der);
	if (code == GATE_OK)
		*out = key;
	else
		gate_verify_key_free(key);
	return code;
}

void
gate_verify_key_free(struct gate_verify_key *key)
{
	if (key == NULL)
		return;
	clear_pair(&key->pair);
	gate_hmac_key_free(key->hmac);
	gate_wipe(key, sizeof(*key));
	free(key);
}

enum gate_alg
gate_verify_key_alg(const struct gate_verify_key *key)
{
	return key->alg;
}

void
gate_verify_key_digest(
    const struct gate_verify_key *key, unsigned char digest[GATE_SHA256_BYTES])
{
	size_t i;

	for (i = 0; i < sizeof(key->digest); i++)
		digest[i] = key->digest[i];
}

enum gate_code
gate_sign_key_new(enum gate_alg alg, struct gate_span text,
    struct gate_sign_key **out, struct gate_err *err)
{
	struct gate_sign_key *key = calloc(1, sizeof(*key));
	struct gate_buf der;
	enum gate_code code;

	if (key == NULL)
		return gate_err_set(err, GATE_E_NOMEM, "key: out of memory");
	key->alg = alg;
	gate_buf_init(&der, GATE_SECRET_MAX);
	if (alg == GATE_ALG_HS256)
		code = load_secret(text, &key->hmac, err);
	else
		code = load_pair(&key->pair, alg, text, true, &der, err);
	gate_buf_wipe(&der);
	if (code == GATE_OK)
		*out = key;
	else
		gate_sign_key_free(key);
	return code;
}

void
gate_sign_key_free(struct gate_sign_key *key)
{
	if (key == NULL)
		return;
	clear_pair(&key->pair);
	gate_hmac_key_free(key->hmac);
	free(key);
}

enum gate_alg
gate_sign_key_alg(const struct gate_sign_key *key)
{
	return key->alg;
}

/*
 * Signing and verifying with prepared keys. A key holds an EVP_MD_CTX that
 * has its algorithm and key already; each use works on a copy, so that a key
 * is const and no request pays for looking anything up.
 *
 * ECDSA signatures travel as r || s (RFC 7518 3.4) and OpenSSL wants DER:
 * ECDSA_SIG does both directions, no DER is written here.
 */
#include "config.h"

#include "lib/crypto_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "lib/crypto_pkey.h"
#include "lib/num.h"
#include "lib/secret.h"

#define P256_BYTES 32
#define ECDSA_DER_MAX 80 /* two integers of up to 35 bytes and a header */

struct pair {
	EVP_PKEY *pkey;
	EVP_MD_CTX *prepared;
	BIGNUM *order; /* ES256: n */
};

struct gate_verify_key {
	enum gate_alg alg;
	struct pair pair;
	struct gate_hmac_key *hmac; /* HS256: instead of the pair */
	unsigned char digest[GATE_SHA256_BYTES];
};

struct gate_sign_key {
	enum gate_alg alg;
	struct pair pair;
	struct gate_hmac_key *hmac;
};

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
clear_pair(struct pair *p)
{
	EVP_MD_CTX_free(p->prepared);
	EVP_PKEY_free(p->pkey);
	BN_free(p->order);
}

/* Ed25519 has its hash inside and takes none. */
static const EVP_MD *
digest_of(enum gate_alg alg)
{
	return alg == GATE_ALG_EDDSA ? NULL : EVP_sha256();
}

static bool
prepare(struct pair *p, enum gate_alg alg, bool to_sign)
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
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1)
		return false;
	if (alg == GATE_ALG_ES256 &&
	    EVP_PKEY_get_bn_param(
		p->pkey, OSSL_PKEY_PARAM_EC_ORDER, &p->order) != 1)
		return false;
	/* A copy is used once: no further copy for the last step. */
	EVP_MD_CTX_set_flags(p->prepared, EVP_MD_CTX_FLAG_FINALISE);
	return true;
}

/* PEM text -> *p, and the DER bytes for a fingerprint. */
static enum gate_code
load_pair(struct pair *p, enum gate_alg alg, struct gate_span text,
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

/* An integer of a signature: *out within 1..n-1, else false. */
static bool
read_scalar(struct gate_span *s, const BIGNUM *order, BIGNUM **out)
{
	struct gate_span bytes;

	if (!gate_span_take(s, P256_BYTES, &bytes))
		return false;
	*out = BN_bin2bn(bytes.p, P256_BYTES, NULL);
	return *out != NULL && !BN_is_zero(*out) && BN_cmp(*out, order) < 0;
}

/* r || s -> DER. Returns its length, or 0. */
static size_t
ecdsa_der(struct gate_span signature, const BIGNUM *order,
    unsigned char der[ECDSA_DER_MAX])
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = NULL, *s = NULL;
	unsigned char *to = der;
	int n = 0;

	if (sig != NULL && signature.n == (size_t)2 * P256_BYTES &&
	    read_scalar(&signature, order, &r) &&
	    read_scalar(&signature, order, &s) &&
	    ECDSA_SIG_set0(sig, r, s) == 1) {
		r = s = NULL; /* sig's now */
		n = i2d_ECDSA_SIG(sig, NULL);
		GATE_ASSERT(n <= ECDSA_DER_MAX);
		n = i2d_ECDSA_SIG(sig, &to);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	return n > 0 ? (size_t)n : 0;
}

static bool
pair_verifies(const struct pair *p, enum gate_alg alg, struct gate_span data,
    struct gate_span signature)
{
	unsigned char der[ECDSA_DER_MAX];
	EVP_MD_CTX *ctx;
	bool ok;

	if (alg == GATE_ALG_ES256) {
		size_t n = ecdsa_der(signature, p->order, der);

		signature = gate_span_of(der, n);
	}
	if (signature.n == 0)
		return false;
	ctx = EVP_MD_CTX_new();
	ok = ctx != NULL && EVP_MD_CTX_copy_ex(ctx, p->prepared) == 1 &&
	    EVP_DigestVerify(ctx, signature.p, signature.n, data.p, data.n) ==
		1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

static enum gate_code
hmac_verify(const struct gate_hmac_key *key, struct gate_span data,
    struct gate_span signature)
{
	unsigned char mac[GATE_SHA256_BYTES];
	enum gate_code code = gate_hmac_sha256(key, &data, 1, mac);

	if (code == GATE_OK &&
	    !gate_ct_equal(gate_span_of(mac, sizeof(mac)), signature))
		code = GATE_E_AUTH;
	gate_wipe(mac, sizeof(mac));
	return code;
}

enum gate_code
gate_verify(const struct gate_verify_key *key, struct gate_span data,
    struct gate_span signature)
{
	if (key->alg == GATE_ALG_HS256)
		return hmac_verify(key->hmac, data, signature);
	ERR_clear_error();
	if (pair_verifies(&key->pair, key->alg, data, signature))
		return GATE_OK;
	return gate_pkey_out_of_memory() ? GATE_E_NOMEM : GATE_E_AUTH;
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

/* DER -> r || s. False if it is not what OpenSSL makes. */
static bool
ecdsa_plain(
    const unsigned char *der, size_t n, unsigned char out[2 * P256_BYTES])
{
	const unsigned char *p = der;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)n);
	bool ok = sig != NULL &&
	    BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, P256_BYTES) ==
		P256_BYTES &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + P256_BYTES, P256_BYTES) ==
		P256_BYTES;

	ECDSA_SIG_free(sig);
	return ok;
}

/* *n: room in signature, then what it holds. */
static bool
pair_signs(const struct gate_sign_key *key, struct gate_span data,
    unsigned char signature[GATE_SIGNATURE_MAX], size_t *n)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char plain[2 * P256_BYTES];
	size_t i;
	bool ok = ctx != NULL &&
	    EVP_MD_CTX_copy_ex(ctx, key->pair.prepared) == 1 &&
	    EVP_DigestSign(ctx, signature, n, data.p, data.n) == 1;

	EVP_MD_CTX_free(ctx);
	if (!ok || key->alg != GATE_ALG_ES256)
		return ok;
	if (!ecdsa_plain(signature, *n, plain))
		return false;
	for (i = 0; i < sizeof(plain); i++)
		signature[i] = plain[i];
	*n = sizeof(plain);
	return true;
}

enum gate_code
gate_sign(const struct gate_sign_key *key, struct gate_span data,
    struct gate_buf *out)
{
	unsigned char signature[GATE_SIGNATURE_MAX];
	size_t n = sizeof(signature);
	enum gate_code code;

	if (key->alg == GATE_ALG_HS256) {
		n = GATE_SHA256_BYTES;
		code = gate_hmac_sha256(key->hmac, &data, 1, signature);
	} else {
		ERR_clear_error();
		code = pair_signs(key, data, signature, &n) ? GATE_OK
		    : gate_pkey_out_of_memory()             ? GATE_E_NOMEM
							    : GATE_E_BUG;
	}
	return code == GATE_OK ? gate_buf_put(out, gate_span_of(signature, n))
			       : code;
}

/*
 * Verifying and signing. Each use works on a copy of what the key has
 * prepared, so a key is const.
 *
 * ECDSA signatures travel as r || s (RFC 7518 3.4) and OpenSSL wants DER:
 * ECDSA_SIG does both directions, no DER is written here.
 */
#include "config.h"

#include "lib/crypto_key.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "lib/crypto_pkey.h"

#define P256_BYTES 32
#define ECDSA_DER_MAX 80 /* two integers of up to 35 bytes and a header */

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
pair_verifies(const struct gate_pair *p, enum gate_alg alg,
    struct gate_span data, struct gate_span signature)
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

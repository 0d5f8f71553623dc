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

/* An integer of a signature. GATE_E_AUTH if it is not within 1..n-1. */
static enum gate_code
read_scalar(struct gate_span bytes, const BIGNUM *order, BIGNUM **out)
{
	*out = BN_bin2bn(bytes.p, P256_BYTES, NULL);
	if (*out == NULL)
		return GATE_E_NOMEM;
	return !BN_is_zero(*out) && BN_cmp(*out, order) < 0 ? GATE_OK
							    : GATE_E_AUTH;
}

static enum gate_code
read_scalars(
    struct gate_span signature, const BIGNUM *order, BIGNUM **r, BIGNUM **s)
{
	struct gate_span first;
	enum gate_code code;

	if (!gate_span_take(&signature, P256_BYTES, &first) ||
	    signature.n != P256_BYTES)
		return GATE_E_AUTH;
	code = read_scalar(first, order, r);
	return code == GATE_OK ? read_scalar(signature, order, s) : code;
}

/* r || s -> DER; *n is its length. */
static enum gate_code
ecdsa_der(struct gate_span signature, const BIGNUM *order,
    unsigned char der[ECDSA_DER_MAX], size_t *n)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = NULL, *s = NULL;
	unsigned char *to = der;
	enum gate_code code =
	    sig == NULL ? GATE_E_NOMEM : read_scalars(signature, order, &r, &s);
	int size = 0;

	if (code == GATE_OK && ECDSA_SIG_set0(sig, r, s) == 1) {
		r = s = NULL; /* sig's now */
		size = i2d_ECDSA_SIG(sig, NULL);
		GATE_ASSERT(size <= ECDSA_DER_MAX);
		size = size > 0 ? i2d_ECDSA_SIG(sig, &to) : size;
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	if (code == GATE_OK && size <= 0)
		code = GATE_E_NOMEM;
	*n = code == GATE_OK ? (size_t)size : 0;
	return code;
}

static enum gate_code
verify_once(const struct gate_pair *p, struct gate_span data,
    struct gate_span signature)
{
	EVP_MD_CTX *ctx;
	enum gate_code code = GATE_E_NOMEM;

	ERR_clear_error();
	ctx = EVP_MD_CTX_new();
	if (ctx != NULL && EVP_MD_CTX_copy_ex(ctx, p->prepared) == 1)
		code = EVP_DigestVerify(
			   ctx, signature.p, signature.n, data.p, data.n) == 1
		    ? GATE_OK
		    : GATE_E_AUTH;
	EVP_MD_CTX_free(ctx);
	/* Lack of memory looks like a bad signature, but for the queue. */
	if (gate_pkey_out_of_memory() && code == GATE_E_AUTH)
		code = GATE_E_NOMEM;
	return code;
}

/* As long as the modulus, and below it. Returns GATE_OK, GATE_E_AUTH. */
static enum gate_code
check_range(struct gate_span signature, const BIGNUM *modulus)
{
	BIGNUM *n = BN_bin2bn(signature.p, (int)signature.n, NULL);
	bool fits = n != NULL && BN_cmp(n, modulus) < 0 &&
	    signature.n == (size_t)BN_num_bytes(modulus);
	enum gate_code code = n == NULL ? GATE_E_NOMEM : GATE_E_AUTH;

	BN_free(n);
	return fits ? GATE_OK : code;
}

/* OpenSSL turns away at once what no signature of this modulus can be; by
 * that an outsider would tell a modulus from another's, and so a key that is
 * there from the dummy. Such a one costs as much as any other. */
static enum gate_code
rsa_verify(const struct gate_pair *p, struct gate_span data,
    struct gate_span signature)
{
	static const unsigned char small[GATE_SIGNATURE_MAX] = {0, 2};
	enum gate_code code = GATE_E_AUTH, ignored;

	if (signature.n <= GATE_SIGNATURE_MAX)
		code = check_range(signature, p->below);
	if (code == GATE_OK)
		return verify_once(p, data, signature);
	ignored = verify_once(
	    p, data, gate_span_of(small, (size_t)BN_num_bytes(p->below)));
	return ignored == GATE_E_NOMEM ? ignored : code;
}

static enum gate_code
pair_verify(const struct gate_verify_key *key, struct gate_span data,
    struct gate_span signature)
{
	unsigned char der[ECDSA_DER_MAX];
	enum gate_code code = GATE_OK;
	size_t n;

	if (key->alg == GATE_ALG_RS256)
		return rsa_verify(&key->pair, data, signature);
	if (key->alg == GATE_ALG_ES256) {
		code = ecdsa_der(signature, key->pair.below, der, &n);
		signature = gate_span_of(der, n);
	}
	if (code == GATE_OK)
		code = verify_once(&key->pair, data, signature);
	/* OpenSSL 3.0 says nothing when it finds no memory for the hash
	 * within Ed25519. A sender that gets a 401 drops its event, so a bad
	 * signature has to be bad twice. */
	if (code == GATE_E_AUTH && key->alg == GATE_ALG_EDDSA)
		code = verify_once(&key->pair, data, signature);
	return code;
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
	return key->alg == GATE_ALG_HS256
	    ? hmac_verify(key->hmac, data, signature)
	    : pair_verify(key, data, signature);
}

enum gate_code
gate_es256_plain(struct gate_span der, unsigned char plain[GATE_ES256_BYTES])
{
	const unsigned char *p = der.p;
	const BIGNUM *r = NULL, *s = NULL;
	ECDSA_SIG *sig;
	bool ok;

	if (der.n > ECDSA_DER_MAX)
		return GATE_E_AUTH;
	ERR_clear_error();
	sig = d2i_ECDSA_SIG(NULL, &p, (long)der.n);
	if (sig != NULL)
		ECDSA_SIG_get0(sig, &r, &s);
	ok = sig != NULL && p == der.p + der.n && !BN_is_negative(r) &&
	    !BN_is_negative(s) &&
	    BN_bn2binpad(r, plain, P256_BYTES) == P256_BYTES &&
	    BN_bn2binpad(s, plain + P256_BYTES, P256_BYTES) == P256_BYTES;
	ECDSA_SIG_free(sig);
	if (ok)
		return GATE_OK;
	return gate_pkey_out_of_memory() ? GATE_E_NOMEM : GATE_E_AUTH;
}

/* *n: room in signature, then what it holds. */
static bool
pair_signs(const struct gate_sign_key *key, struct gate_span data,
    unsigned char signature[GATE_SIGNATURE_MAX], size_t *n)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char plain[GATE_ES256_BYTES];
	size_t i;
	bool ok = ctx != NULL &&
	    EVP_MD_CTX_copy_ex(ctx, key->pair.prepared) == 1 &&
	    EVP_DigestSign(ctx, signature, n, data.p, data.n) == 1;

	EVP_MD_CTX_free(ctx);
	if (!ok || key->alg != GATE_ALG_ES256)
		return ok;
	if (gate_es256_plain(gate_span_of(signature, *n), plain) != GATE_OK)
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
		/* A key that loaded can fail for nothing else. */
		code = pair_signs(key, data, signature, &n) ? GATE_OK
							    : GATE_E_NOMEM;
		ERR_clear_error();
	}
	return code == GATE_OK ? gate_buf_put(out, gate_span_of(signature, n))
			       : code;
}

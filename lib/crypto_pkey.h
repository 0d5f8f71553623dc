/*
 * Key pairs as OpenSSL holds them. Part of crypto_key and crypto_sign, not
 * for others.
 */
#ifndef GATE_CRYPTO_PKEY_H
#define GATE_CRYPTO_PKEY_H

#include <openssl/bn.h>
#include <openssl/evp.h>

#include "lib/buf.h"
#include "lib/crypto_key.h"
#include "lib/err.h"

struct gate_pair {
	EVP_PKEY *pkey;
	EVP_MD_CTX *prepared; /* to be copied */
	BIGNUM *below;        /* RS256: the modulus; ES256: the order */
};

struct gate_verify_key {
	enum gate_alg alg;
	struct gate_pair pair;
	struct gate_hmac_key *hmac; /* HS256: instead of the pair */
	unsigned char digest[GATE_SHA256_BYTES];
};

struct gate_sign_key {
	enum gate_alg alg;
	struct gate_pair pair;
	struct gate_hmac_key *hmac;
};

/*
 * Reads and judges a PEM key (see crypto_key.h for what is refused and the
 * codes). alg is one with key pairs. der receives the bytes that the PEM
 * frame held, which the caller wipes. On failure *out is untouched.
 */
enum gate_code gate_pkey_load(enum gate_alg alg, struct gate_span text,
    bool is_private, struct gate_buf *der, EVP_PKEY **out,
    struct gate_err *err) GATE_MUSTCHECK;

/* True if OpenSSL's last failure was for lack of memory; empties its queue
 * of errors, which must have been empty before the call that failed. */
bool gate_pkey_out_of_memory(void);

#endif

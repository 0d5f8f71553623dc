/*
 * Keys that sign and verify: one key, one algorithm (RFC 8725 section 3.1).
 * Prepared once, so that a verification parses no key and fetches no
 * algorithm.
 */
#ifndef GATE_CRYPTO_KEY_H
#define GATE_CRYPTO_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/crypto.h"
#include "lib/err.h"
#include "lib/span.h"

enum gate_alg {
	GATE_ALG_RS256, /* RSASSA-PKCS1-v1_5, SHA-256 (RFC 7518 3.3) */
	GATE_ALG_ES256, /* ECDSA, P-256, SHA-256, r || s (RFC 7518 3.4) */
	GATE_ALG_EDDSA, /* Ed25519 only (RFC 8037 3.1) */
	GATE_ALG_HS256, /* HMAC-SHA256 (RFC 7518 3.2) */
	GATE_ALG_COUNT
};

/* "RS256", as in a token's header: the letters count. */
const char *gate_alg_name(enum gate_alg alg);
/* False, *out untouched, if there is none of that name. */
bool gate_alg_parse(struct gate_span name, enum gate_alg *out) GATE_MUSTCHECK;

#define GATE_RSA_BITS_MIN 2048    /* RFC 7518 3.3 */
#define GATE_RSA_BITS_MAX 8192    /* what one request may cost us */
#define GATE_RSA_EXPONENT_BITS 32 /* 65537 needs 17 */
#define GATE_HS256_SECRET_MIN 32  /* bytes; RFC 7518 3.2 */
#define GATE_SIGNATURE_MAX (GATE_RSA_BITS_MAX / 8)

struct gate_verify_key;
struct gate_sign_key;

/*
 * alg   what the configuration says
 * text  a PEM public key (SubjectPublicKeyInfo), or the secret of HS256 as it
 *       stands; nothing is kept of it
 * Returns GATE_OK, GATE_E_NOMEM, GATE_E_CONF: err says what was expected and
 *         what came, but never the bytes. (OpenSSL's decoders, short of
 *         memory, sometimes end in that too.) On failure *out is untouched.
 *
 * Refused: RSA outside the bits above, exponent even, 1 or too long, modulus
 * with small factors; curves other than P-256; another kind of key than alg
 * needs; a private key; more than one PEM block; a secret that is short or is
 * itself a PEM block (the public key of RS256, say).
 */
enum gate_code gate_verify_key_new(enum gate_alg alg, struct gate_span text,
    struct gate_verify_key **out, struct gate_err *err) GATE_MUSTCHECK;
/* Takes NULL; secrets are wiped. */
void gate_verify_key_free(struct gate_verify_key *key);
enum gate_alg gate_verify_key_alg(const struct gate_verify_key *key);
/* SHA-256 of the key itself, however its PEM was broken into lines: two that
 * are equal are one key under two names. Not for showing where alg is HS256.*/
void gate_verify_key_digest(
    const struct gate_verify_key *key, unsigned char digest[GATE_SHA256_BYTES]);

/*
 * Whether signature is the key owner's over data.
 *
 * signature  untrusted; any bytes, any length. ES256: exactly r || s of 32
 *            bytes each, within 1..n-1; s above n/2 is a valid ECDSA
 *            signature, so a signature is nobody's identity
 * Returns GATE_OK, GATE_E_AUTH, GATE_E_NOMEM: never GATE_E_AUTH for lack of
 * memory, as a refused event is lost and a failed one is sent again.
 */
enum gate_code gate_verify(const struct gate_verify_key *key,
    struct gate_span data, struct gate_span signature) GATE_MUSTCHECK;

#define GATE_ES256_BYTES 64

/*
 * The DER form of an ECDSA signature (RFC 3279 2.2.3) -> r || s, for
 * gate_verify.
 *
 * der  untrusted; any bytes, any length
 * Returns GATE_OK; GATE_E_AUTH (anything else, or of negative or larger
 *         numbers); GATE_E_NOMEM. On failure plain is not to be used.
 */
enum gate_code gate_es256_plain(struct gate_span der,
    unsigned char plain[GATE_ES256_BYTES]) GATE_MUSTCHECK;

/*
 * As gate_verify_key_new, for a PEM private key without password (PKCS #8,
 * "BEGIN PRIVATE KEY"), or the secret of HS256.
 */
enum gate_code gate_sign_key_new(enum gate_alg alg, struct gate_span text,
    struct gate_sign_key **out, struct gate_err *err) GATE_MUSTCHECK;
void gate_sign_key_free(struct gate_sign_key *key);
enum gate_alg gate_sign_key_alg(const struct gate_sign_key *key);

/*
 * Appends the signature (at most GATE_SIGNATURE_MAX bytes). The same for the
 * same data each time, but for ES256.
 * Returns GATE_OK, GATE_E_NOMEM, GATE_E_LIMIT (out's max).
 */
enum gate_code gate_sign(const struct gate_sign_key *key, struct gate_span data,
    struct gate_buf *out) GATE_MUSTCHECK;

#endif

/*
 * Cryptography without key pairs, by OpenSSL; key pairs: lib/crypto_key.h.
 */
#ifndef GATE_CRYPTO_H
#define GATE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/codec.h"
#include "lib/err.h"
#include "lib/span.h"

#define GATE_SHA256_BYTES 32

enum gate_digest {
	GATE_DIGEST_SHA256,
	GATE_DIGEST_SHA1, /* for senders that know no better */
	GATE_DIGEST_SHA512,
	GATE_DIGEST_COUNT
};
#define GATE_MAC_MAX 64 /* bytes */

/* A key for HMAC, prepared once so that a request costs no key schedule and
 * no fetch of the algorithm. It is for one digest. */
struct gate_hmac_key;

/* GATE_E_NOMEM, GATE_E_BUG. key is copied; free wipes. */
enum gate_code gate_hmac_key_new_of(enum gate_digest digest,
    struct gate_span key, struct gate_hmac_key **out) GATE_MUSTCHECK;
/* The same of SHA-256. */
enum gate_code gate_hmac_key_new(
    struct gate_span key, struct gate_hmac_key **out) GATE_MUSTCHECK;
void gate_hmac_key_free(struct gate_hmac_key *key);

/*
 * HMAC (RFC 2104) by the key's digest over the parts one after another; *n
 * is its length. Both are written only on GATE_OK; the failure is
 * GATE_E_NOMEM.
 */
enum gate_code gate_hmac(const struct gate_hmac_key *key,
    const struct gate_span *parts, size_t part_count,
    unsigned char mac[GATE_MAC_MAX], size_t *n) GATE_MUSTCHECK;

/*
 * HMAC-SHA256 (RFC 2104, FIPS 180-4) over the parts one after another.
 * mac is written only on GATE_OK; the failure is GATE_E_NOMEM. A key of
 * another digest is our bug.
 */
enum gate_code gate_hmac_sha256(const struct gate_hmac_key *key,
    const struct gate_span *parts, size_t part_count,
    unsigned char mac[GATE_SHA256_BYTES]) GATE_MUSTCHECK;

enum gate_code gate_sha256(const struct gate_span *parts, size_t part_count,
    unsigned char digest[GATE_SHA256_BYTES]) GATE_MUSTCHECK;

/* Equal without telling where they differ; lengths are public. */
bool gate_ct_equal(struct gate_span a, struct gate_span b);

/* Overwrites, also where the compiler would see no need. */
void gate_wipe(void *p, size_t n);

/* From the system's generator. GATE_E_SYS if it fails. */
enum gate_code gate_random(void *p, size_t n) GATE_MUSTCHECK;

/* RFC 9562 version 7: 48 bits of wall milliseconds, then random bits. */
enum gate_code gate_uuid7(
    int64_t wall_ms, struct gate_uuid *out) GATE_MUSTCHECK;
/* RFC 9562 version 5 (SHA-1) of the parts within a name space. */
enum gate_code gate_uuid5(const struct gate_uuid *space,
    const struct gate_span *parts, size_t part_count,
    struct gate_uuid *out) GATE_MUSTCHECK;

/* How many certificates a PEM text holds (RFC 7468); 0 also if one of them
 * cannot be read. Says nothing of whether they are valid. */
size_t gate_certificates(struct gate_span pem);

/* For --version: "OpenSSL 3.0.15 ..." */
const char *gate_crypto_version(void);

#endif

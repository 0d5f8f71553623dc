/*
 * The relay scheme: X-WP-Timestamp, X-WP-Signature, Idempotency-Key and
 * X-WP-Key-Id. Reads what the headers say; fcgi/verify.c says if it holds.
 *
 * Signed with HMAC-SHA256, hex:
 *	POST	timestamp "." body
 *	GET	timestamp "." "GET " target
 * target is REQUEST_URI without the mount prefix, byte for byte.
 */
#ifndef FCGI_SCHEME_RELAY_H
#define FCGI_SCHEME_RELAY_H

#include <stdint.h>

#include "fcgi/outcome.h"
#include "fcgi/request.h"
#include "lib/crypto.h"
#include "lib/err.h"
#include "lib/span.h"

#define RELAY_KEY_MAX 128 /* of an idempotency key */
#define RELAY_PARTS_MAX 4

struct relay {
	struct gate_span timestamp; /* digits, as they were signed */
	int64_t timestamp_s;
	unsigned char mac[GATE_SHA256_BYTES];
	struct gate_span key_id;          /* empty: none given */
	struct gate_span idempotency_key; /* without quotes */
};

/*
 * Reads the headers of a POST, or of a GET, which has no idempotency key.
 *
 * out  borrows from r
 * Returns OUTCOME_NONE; OUTCOME_HEADER_MISSING; OUTCOME_BAD_KEY (the key is
 *         not signed, so its grammar may be told); OUTCOME_BAD_SIGNATURE for
 *         any other header that is not of its grammar. *out is then
 *         untouched.
 */
enum outcome relay_read_post(
    const struct request *r, struct relay *out) GATE_MUSTCHECK;
enum outcome relay_read_get(
    const struct request *r, struct relay *out) GATE_MUSTCHECK;

/* The signed parts, borrowed; the number of them. */
size_t relay_parts_post(const struct relay *relay, struct gate_span body,
    struct gate_span parts[RELAY_PARTS_MAX]);
size_t relay_parts_get(const struct relay *relay, struct gate_span target,
    struct gate_span parts[RELAY_PARTS_MAX]);

/*
 * An idempotency key: 1 to 128 bytes of 0x21-0x7e, bare, or in the quotes of
 * a structured field string (the draft of the IETF), which are taken off.
 * False, *out untouched, otherwise.
 */
bool relay_key(struct gate_span in, struct gate_span *out) GATE_MUSTCHECK;

#endif

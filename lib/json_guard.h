/*
 * Strict RFC 8259 scan of untrusted bytes before json-c sees them, because
 * json-c takes NaN, cuts keys at \u0000 and keeps the last duplicate.
 */
#ifndef GATE_JSON_GUARD_H
#define GATE_JSON_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"
#include "lib/span.h"

#define GATE_JSON_DEPTH_MAX 32     /* nobody's webhook is deeper */
#define GATE_JSON_VALUES_MAX 10000 /* bounds work and memory after us */
#define GATE_JSON_NUMBER_MAX                                                   \
	128                        /* characters of one number: some senders   \
				      print a double's full expansion */
#define GATE_JSON_EXPONENT_MAX 308 /* 10 bytes must not become 131,074 */

/*
 * in   untrusted; any bytes, any length
 * Returns GATE_OK only if: exactly one JSON value with nothing but white
 * space around it, RFC 8259 grammar, valid UTF-8 without a byte order mark,
 * no lone surrogate escape, no \u0000, no duplicate key within an object
 * (compared after unescaping), integers within int64/uint64, and the limits
 * above. GATE_E_BAD otherwise, GATE_E_LIMIT for the limits, GATE_E_NOMEM.
 * err's text names what and the byte offset, never the content.
 * Time: in.n times the logarithm of the count of keys, whatever the keys.
 * Source: RFC 8259; RFC 7493 (I-JSON) section 2.
 */
enum gate_code gate_json_guard(
    struct gate_span in, struct gate_err *err) GATE_MUSTCHECK;
/* The same for at most depth_max levels, up to GATE_JSON_DEPTH_MAX. */
enum gate_code gate_json_guard_within(
    struct gate_span in, size_t depth_max, struct gate_err *err) GATE_MUSTCHECK;

/* A body within the canonical form, an answer within a step's output within
 * the document of templates: what passed above stands deeper when read again.
 */
#define GATE_JSON_STORED_DEPTH_MAX 64
/* jsonb has no exponents: it writes 1e300 as 301 digits. */
#define GATE_JSON_STORED_NUMBER_MAX                                            \
	(GATE_JSON_NUMBER_MAX + GATE_JSON_EXPONENT_MAX + 2)

/*
 * The same for text that is made of guarded text: what jsonb gave back, or
 * what we put together to be stored. The grammar is as strict, and nothing
 * passes that jsonb would refuse, but only numbers with an exponent are
 * counted (each may become 436 bytes), depth and numbers without one have the
 * limits above, and integers may lie beyond 64 bits.
 *
 * wide  true: there is such an integer, which json-c would change
 */
enum gate_code gate_json_guard_stored(
    struct gate_span in, bool *wide, struct gate_err *err) GATE_MUSTCHECK;

#endif

/*
 * Borrowed bytes: the only type for anything that came from outside. A span
 * owns nothing and ends where its count says; a NUL byte is a byte like any
 * other. Parsers read by taking from the front and end by checking that
 * nothing is left.
 *
 *	p                p + n
 *	|<------ n ------->|        n == 0: p may be NULL
 */
#ifndef GATE_SPAN_H
#define GATE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

struct gate_span {
	const unsigned char *p;
	size_t n;
};

/* A span over a string literal, and the printf arguments for "%.*s". */
#define GATE_SPAN(lit)                                                         \
	((struct gate_span){(const unsigned char *)("" lit), sizeof(lit) - 1})
#define GATE_SPAN_ARG(s)                                                       \
	((s).n > 4096 ? 4096 : (int)(s).n), ((s).n ? (const char *)(s).p : "")

/* Borrows s without its NUL; NULL gives an empty span. */
struct gate_span gate_span_str(const char *s);
struct gate_span gate_span_of(const void *p, size_t n);

/* Takes the first n bytes of *s into *out. False, nothing changed, if there
 * are fewer. */
bool gate_span_take(
    struct gate_span *s, size_t n, struct gate_span *out) GATE_MUSTCHECK;

/*
 * Takes the bytes before the first `sep` into *out and drops the separator.
 * False, nothing changed, if there is no separator or if more than max
 * bytes stand before it.
 */
bool gate_span_until(struct gate_span *s, unsigned char sep, size_t max,
    struct gate_span *out) GATE_MUSTCHECK;

/* Drops `lit` from the front. False, nothing changed, if it is not there. */
bool gate_span_skip(struct gate_span *s, const char *lit) GATE_MUSTCHECK;

bool gate_span_is(struct gate_span s, const char *lit);
bool gate_span_is_nocase(struct gate_span s, const char *lit); /* ASCII */
/* Not for secrets: see gate_ct_equal in lib/crypto.h. */
bool gate_span_equal(struct gate_span a, struct gate_span b);
bool gate_span_starts(struct gate_span s, const char *lit);
/* Orders as memcmp does, then by length. */
int gate_span_compare(struct gate_span a, struct gate_span b);

/* Without leading and trailing spaces and tabs (RFC 9110 OWS). */
struct gate_span gate_span_trim(struct gate_span s);

/* True if every byte lies in lo..hi (an empty span is true). */
bool gate_span_within(struct gate_span s, unsigned char lo, unsigned char hi);
/* True if every byte is in the set (NUL-terminated ASCII characters). */
bool gate_span_only(struct gate_span s, const char *set);

/*
 * Reads the whole span as a decimal integer: digits only, no sign, no
 * spaces, at most 20 digits; leading zeros are taken.
 * Returns false, *out untouched, if it is anything else or above max.
 */
bool gate_span_u64(
    struct gate_span s, uint64_t max, uint64_t *out) GATE_MUSTCHECK;
/* The same with an optional leading '-', within min..max. */
bool gate_span_i64(
    struct gate_span s, int64_t min, int64_t max, int64_t *out) GATE_MUSTCHECK;

/*
 * Copies into a NUL-terminated string of the caller's.
 * False, dst[0] = 0, if it does not fit or if s contains a NUL.
 */
bool gate_span_copy(
    struct gate_span s, char *dst, size_t dst_size) GATE_MUSTCHECK;
/* The same on the heap; NULL if s contains a NUL or memory is short. */
char *gate_span_dup(struct gate_span s) GATE_MUSTCHECK;

#endif

/*
 * Exact decimal numbers, for comparing what JSON wrote: 1, 1.0 and 10e-1 are
 * one number, and nothing is rounded to a double on the way.
 *
 *	digits[0] digits[1] ... digits[n-1]  * 10 ^ exponent
 *	first and last digit not 0; n == 0: zero, which has no sign
 */
#ifndef GATE_DECIMAL_H
#define GATE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/json_guard.h"
#include "lib/span.h"

struct gate_decimal {
	bool negative;
	size_t n;
	int64_t exponent;
	unsigned char digits[GATE_JSON_NUMBER_MAX]; /* values, not characters */
};

/*
 * in  a JSON number. Returns false, *out untouched, if it is none, or if it
 *     has more than GATE_JSON_NUMBER_MAX digits that count, or an exponent
 *     of more than four digits.
 * Source: RFC 8259 section 6.
 */
bool gate_decimal_parse(
    struct gate_span in, struct gate_decimal *out) GATE_MUSTCHECK;
void gate_decimal_of_i64(int64_t v, struct gate_decimal *out);

/* -1, 0 or 1 as a is less than, equal to or greater than b. */
int gate_decimal_compare(
    const struct gate_decimal *a, const struct gate_decimal *b);
/* Without a fraction: 1.0 and 1e3 are integers, as JSON Schema has it. */
bool gate_decimal_is_integer(const struct gate_decimal *d);

/* What a divisor may have, so that a remainder fits 64 bits. */
#define GATE_DIVISOR_DIGITS_MAX 15
/* divisor: positive, of at most GATE_DIVISOR_DIGITS_MAX digits */
bool gate_decimal_is_multiple(
    const struct gate_decimal *d, const struct gate_decimal *divisor);

#endif

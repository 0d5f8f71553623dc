/*
 * Arithmetic that says when it does not fit. Header only.
 */
#ifndef GATE_NUM_H
#define GATE_NUM_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

/* *out = a + b, or false and *out unspecified. Any integer types. */
#define gate_add(a, b, out) (!__builtin_add_overflow((a), (b), (out)))
#define gate_mul(a, b, out) (!__builtin_mul_overflow((a), (b), (out)))
#define gate_sub(a, b, out) (!__builtin_sub_overflow((a), (b), (out)))

#define GATE_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* *out = n where n fits an int (libpq and libfcgi take int lengths). */
static inline bool GATE_MUSTCHECK
gate_to_int(size_t n, int *out)
{
	if (n > (size_t)INT_MAX)
		return false;
	*out = (int)n;
	return true;
}

#endif

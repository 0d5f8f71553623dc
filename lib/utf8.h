/*
 * UTF-8, one code point at a time.
 */
#ifndef GATE_UTF8_H
#define GATE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/span.h"

#define GATE_UTF8_MAX 4 /* bytes of one code point */

/*
 * Takes one code point off the front. False, nothing changed, at the end or
 * if no well-formed sequence stands there: overlong forms, surrogates and
 * values above U+10FFFF are none. Source: RFC 3629 section 4.
 */
bool gate_utf8_take(struct gate_span *s, uint32_t *code_point) GATE_MUSTCHECK;

/* Writes a code point that is no surrogate and at most U+10FFFF; returns
 * the count of bytes. */
size_t gate_utf8_encode(uint32_t code_point, unsigned char dst[GATE_UTF8_MAX]);

#endif

/*
 * Text forms of bytes, strict in both directions: a decoder takes exactly
 * what the encoder writes (hex also in upper case) and nothing else.
 */
#ifndef GATE_CODEC_H
#define GATE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/span.h"

/* 16 bytes, as RFC 9562 writes them. */
struct gate_uuid {
	unsigned char b[16];
};
#define GATE_UUID_TEXT 37 /* 36 characters and a NUL */

/*
 * Decodes exactly out_size bytes from 2 * out_size hex digits.
 * False, out untouched, if in has another length or another character.
 */
bool gate_hex_decode(
    struct gate_span in, unsigned char *out, size_t out_size) GATE_MUSTCHECK;
/* Appends lower-case hex. */
enum gate_code gate_hex_put(struct gate_buf *b, struct gate_span in);
/* Writes 2 * in.n digits and a NUL; dst_size must be at least that. */
void gate_hex_text(struct gate_span in, char *dst, size_t dst_size);

/*
 * RFC 4648 sections 4 (standard alphabet, padding demanded) and 5 (URL
 * alphabet, padding refused). Unused bits must be zero (section 3.5).
 * Appends to out; GATE_E_BAD on anything else, GATE_E_LIMIT past out's max.
 * On failure out's length is what it was.
 */
enum gate_code gate_base64_decode(
    struct gate_span in, struct gate_buf *out) GATE_MUSTCHECK;
enum gate_code gate_base64url_decode(
    struct gate_span in, struct gate_buf *out) GATE_MUSTCHECK;
enum gate_code gate_base64_put(struct gate_buf *b, struct gate_span in);
enum gate_code gate_base64url_put(struct gate_buf *b, struct gate_span in);

/* Decimal digits and a NUL; their count. */
#define GATE_I64_TEXT 21
size_t gate_i64_text(int64_t v, char dst[GATE_I64_TEXT]);

/* Canonical text form, any version, either case. */
bool gate_uuid_parse(struct gate_span in, struct gate_uuid *out) GATE_MUSTCHECK;
void gate_uuid_text(const struct gate_uuid *u, char dst[GATE_UUID_TEXT]);

/* Decodes %XX of a URI component; '+' stays '+'. GATE_E_BAD on a bad
 * escape or a NUL, escaped or not. Appends to out; on failure out's length
 * is what it was. */
enum gate_code gate_percent_decode(
    struct gate_span in, struct gate_buf *out) GATE_MUSTCHECK;

#endif

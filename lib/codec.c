/*
 * Hex, base64, UUID text and percent escapes. Strict: what is decoded here
 * ends up in signatures and keys, where two spellings of one value would
 * let a sender slip past a duplicate check.
 *
 * Not constant in time: what is secret (a MAC) is compared after decoding,
 * by gate_ct_equal.
 */
#include "config.h"

#include "lib/codec.h"

#include <string.h>

#include "lib/num.h"

static const char hex_digits[] = "0123456789abcdef";

/* 0 to 15, or -1. */
static int
hex_value(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool
hex_byte(const unsigned char *two, unsigned char *out)
{
	int high = hex_value(two[0]);
	int low = hex_value(two[1]);

	if (high < 0 || low < 0)
		return false;
	*out = (unsigned char)(high << 4 | low);
	return true;
}

static bool
all_hex(struct gate_span s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (hex_value(s.p[i]) < 0)
			return false;
	}
	return true;
}

bool
gate_hex_decode(struct gate_span in, unsigned char *out, size_t out_size)
{
	size_t i;

	if (in.n % 2 != 0 || in.n / 2 != out_size || !all_hex(in))
		return false;
	for (i = 0; i < out_size; i++) {
		if (!hex_byte(in.p + 2 * i, &out[i]))
			return false;
	}
	return true;
}

enum gate_code
gate_hex_put(struct gate_buf *b, struct gate_span in)
{
	unsigned char *p;
	size_t i, size;

	if (!gate_mul(in.n, (size_t)2, &size))
		size = SIZE_MAX; /* more than any buffer: marks it full */
	if (gate_buf_room(b, size, &p) != GATE_OK)
		return b->failed;
	for (i = 0; i < in.n; i++) {
		p[2 * i] = (unsigned char)hex_digits[in.p[i] >> 4];
		p[2 * i + 1] = (unsigned char)hex_digits[in.p[i] & 15];
	}
	gate_buf_added(b, size);
	return GATE_OK;
}

void
gate_hex_text(struct gate_span in, char *dst, size_t dst_size)
{
	size_t i;

	GATE_ASSERT(dst_size > 0 && in.n <= (dst_size - 1) / 2);
	for (i = 0; i < in.n; i++) {
		dst[2 * i] = hex_digits[in.p[i] >> 4];
		dst[2 * i + 1] = hex_digits[in.p[i] & 15];
	}
	dst[2 * in.n] = '\0';
}

static const char alphabet_std[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char alphabet_url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* 0 to 63, or -1. The alphabets differ in their last two characters. */
static int
base64_value(unsigned char c, const char *alphabet)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == (unsigned char)alphabet[62])
		return 62;
	if (c == (unsigned char)alphabet[63])
		return 63;
	return -1;
}

/*
 * Decodes a group of 2 to 4 characters into 1 to 3 bytes. False on a foreign
 * character or if bits are set that no byte uses.
 */
static bool
base64_group(struct gate_span in, const char *alphabet, unsigned char out[3])
{
	uint32_t bits = 0;
	size_t i;

	for (i = 0; i < 4; i++) {
		int v = i < in.n ? base64_value(in.p[i], alphabet) : 0;

		if (v < 0)
			return false;
		bits = bits << 6 | (uint32_t)v;
	}
	if ((in.n == 2 && (bits & 0xffff) != 0) ||
	    (in.n == 3 && (bits & 0xff) != 0))
		return false;
	out[0] = (unsigned char)(bits >> 16 & 0xff);
	out[1] = (unsigned char)(bits >> 8 & 0xff);
	out[2] = (unsigned char)(bits & 0xff);
	return true;
}

/* in without its padding. */
static enum gate_code
base64_decode(struct gate_span in, const char *alphabet, struct gate_buf *out)
{
	size_t before = out->n;
	struct gate_span group;
	unsigned char bytes[3];

	if (in.n % 4 == 1)
		return GATE_E_BAD;
	while (in.n > 0) {
		if (!gate_span_take(&in, in.n < 4 ? in.n : 4, &group) ||
		    !base64_group(group, alphabet, bytes)) {
			out->n = before;
			return GATE_E_BAD;
		}
		if (gate_buf_put(out, (struct gate_span){bytes, group.n - 1}) !=
		    GATE_OK) {
			out->n = before;
			return out->failed;
		}
	}
	return out->failed;
}

enum gate_code
gate_base64_decode(struct gate_span in, struct gate_buf *out)
{
	if (in.n % 4 != 0)
		return GATE_E_BAD;
	if (in.n > 0 && in.p[in.n - 1] == '=')
		in.n -= in.p[in.n - 2] == '=' ? 2 : 1;
	return base64_decode(in, alphabet_std, out);
}

enum gate_code
gate_base64url_decode(struct gate_span in, struct gate_buf *out)
{
	return base64_decode(in, alphabet_url, out);
}

/* Writes the characters of up to three bytes; returns how many. */
static size_t
base64_encode_group(
    struct gate_span in, const char *alphabet, unsigned char out[4])
{
	uint32_t bits = (uint32_t)in.p[0] << 16;
	size_t i;

	if (in.n > 1)
		bits |= (uint32_t)in.p[1] << 8;
	if (in.n > 2)
		bits |= in.p[2];
	for (i = 0; i <= in.n; i++) {
		out[i] = (unsigned char)alphabet[bits >> 18 & 63];
		bits <<= 6;
	}
	return in.n + 1;
}

static enum gate_code
base64_put(
    struct gate_buf *b, struct gate_span in, const char *alphabet, bool padded)
{
	struct gate_span group;
	unsigned char text[4];

	while (in.n > 0) {
		size_t n;

		if (!gate_span_take(&in, in.n < 3 ? in.n : 3, &group))
			return GATE_E_BUG;
		n = base64_encode_group(group, alphabet, text);
		while (padded && n < 4)
			text[n++] = '=';
		if (gate_buf_put(b, (struct gate_span){text, n}) != GATE_OK)
			break;
	}
	return b->failed;
}

enum gate_code
gate_base64_put(struct gate_buf *b, struct gate_span in)
{
	return base64_put(b, in, alphabet_std, true);
}

enum gate_code
gate_base64url_put(struct gate_buf *b, struct gate_span in)
{
	return base64_put(b, in, alphabet_url, false);
}

/* Bytes in each of the five groups of a UUID's text. */
static const size_t uuid_groups[] = {4, 2, 2, 2, 6};

size_t
gate_i64_text(int64_t v, char dst[GATE_I64_TEXT])
{
	uint64_t left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	char digits[GATE_I64_TEXT];
	size_t at = sizeof(digits), n;

	do {
		digits[--at] = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	if (v < 0)
		digits[--at] = '-';
	n = sizeof(digits) - at;
	memcpy(dst, digits + at, n);
	dst[n] = '\0';
	return n;
}

bool
gate_uuid_parse(struct gate_span in, struct gate_uuid *out)
{
	struct gate_uuid u = {{0}};
	unsigned char *to = u.b;
	struct gate_span digits;
	size_t i;

	for (i = 0; i < GATE_COUNT(uuid_groups); i++) {
		if ((i > 0 && !gate_span_skip(&in, "-")) ||
		    !gate_span_take(&in, 2 * uuid_groups[i], &digits) ||
		    !gate_hex_decode(digits, to, uuid_groups[i]))
			return false;
		to += uuid_groups[i];
	}
	if (in.n != 0)
		return false;
	*out = u;
	return true;
}

void
gate_uuid_text(const struct gate_uuid *u, char dst[GATE_UUID_TEXT])
{
	struct gate_span rest = gate_span_of(u->b, sizeof(u->b));
	struct gate_span bytes;
	char *to = dst;
	size_t i;

	for (i = 0; i < GATE_COUNT(uuid_groups); i++) {
		if (i > 0)
			*to++ = '-';
		GATE_ASSERT(gate_span_take(&rest, uuid_groups[i], &bytes));
		gate_hex_text(bytes, to, 2 * bytes.n + 1);
		to += 2 * bytes.n;
	}
}

/* Takes one byte, escaped or not. */
static bool
percent_take(struct gate_span *in, unsigned char *c)
{
	struct gate_span one;

	if (!gate_span_take(in, 1, &one))
		return false;
	*c = one.p[0];
	if (*c == '%' && (!gate_span_take(in, 2, &one) || !hex_byte(one.p, c)))
		return false;
	return *c != 0;
}

enum gate_code
gate_percent_decode(struct gate_span in, struct gate_buf *out)
{
	size_t before = out->n;
	unsigned char c;

	while (in.n > 0) {
		if (!percent_take(&in, &c)) {
			out->n = before;
			return GATE_E_BAD;
		}
		if (gate_buf_put_byte(out, c) != GATE_OK) {
			out->n = before;
			return out->failed;
		}
	}
	return out->failed;
}

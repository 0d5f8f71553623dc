/*
 * UTF-8 by RFC 3629, strict. Pure functions; knows nothing of JSON. What
 * passes here passes PostgreSQL's own check as well, except for NUL.
 */
#include "config.h"

#include "lib/utf8.h"

#include "lib/num.h"

/*
 * RFC 3629 section 4 as a table. The first continuation byte has narrower
 * bounds in some rows: that is what keeps overlong forms (C0 80), surrogates
 * (ED A0 80) and values above U+10FFFF out.
 */
static const struct sequence {
	unsigned char lead_lo, lead_hi;
	unsigned char second_lo, second_hi;
	unsigned char more; /* continuation bytes */
	unsigned char mask; /* of the lead byte's own bits */
} sequences[] = {
    {0xc2, 0xdf, 0x80, 0xbf, 1, 0x1f},
    {0xe0, 0xe0, 0xa0, 0xbf, 2, 0x0f},
    {0xe1, 0xec, 0x80, 0xbf, 2, 0x0f},
    {0xed, 0xed, 0x80, 0x9f, 2, 0x0f},
    {0xee, 0xef, 0x80, 0xbf, 2, 0x0f},
    {0xf0, 0xf0, 0x90, 0xbf, 3, 0x07},
    {0xf1, 0xf3, 0x80, 0xbf, 3, 0x07},
    {0xf4, 0xf4, 0x80, 0x8f, 3, 0x07},
};

static const struct sequence *
find_sequence(unsigned char lead)
{
	size_t i;

	for (i = 0; i < GATE_COUNT(sequences); i++) {
		if (lead >= sequences[i].lead_lo &&
		    lead <= sequences[i].lead_hi)
			return &sequences[i];
	}
	return NULL;
}

static bool
is_continuation(const struct sequence *q, size_t i, unsigned char c)
{
	if (i == 1)
		return c >= q->second_lo && c <= q->second_hi;
	return c >= 0x80 && c <= 0xbf;
}

bool
gate_utf8_take(struct gate_span *s, uint32_t *code_point)
{
	const struct sequence *q;
	struct gate_span bytes;
	uint32_t v;
	size_t i;

	if (s->n == 0)
		return false;
	if (s->p[0] < 0x80) {
		*code_point = s->p[0];
		return gate_span_take(s, 1, &bytes);
	}
	q = find_sequence(s->p[0]);
	if (q == NULL || q->more > s->n - 1)
		return false;
	v = s->p[0] & q->mask;
	for (i = 1; i <= q->more; i++) {
		if (!is_continuation(q, i, s->p[i]))
			return false;
		v = v << 6 | (s->p[i] & 0x3f);
	}
	*code_point = v;
	return gate_span_take(s, (size_t)q->more + 1, &bytes);
}

static unsigned char
low_bits(uint32_t v)
{
	return (unsigned char)(0x80 | (v & 0x3f));
}

size_t
gate_utf8_encode(uint32_t code_point, unsigned char dst[GATE_UTF8_MAX])
{
	uint32_t v = code_point;

	GATE_ASSERT(v <= 0x10ffff && (v < 0xd800 || v > 0xdfff));
	if (v < 0x80) {
		dst[0] = (unsigned char)v;
		return 1;
	}
	if (v < 0x800) {
		dst[0] = (unsigned char)(0xc0 | v >> 6);
		dst[1] = low_bits(v);
		return 2;
	}
	if (v < 0x10000) {
		dst[0] = (unsigned char)(0xe0 | v >> 12);
		dst[1] = low_bits(v >> 6);
		dst[2] = low_bits(v);
		return 3;
	}
	dst[0] = (unsigned char)(0xf0 | v >> 18);
	dst[1] = low_bits(v >> 12);
	dst[2] = low_bits(v >> 6);
	dst[3] = low_bits(v);
	return 4;
}

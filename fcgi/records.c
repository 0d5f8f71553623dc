/*
 * One record after the other, each
 *
 *	header (8) | content (0 to 65535) | padding (0 to 255)
 *
 * A reader holds at most a header; content is handed on in the pieces in
 * which it came. Every count is compared with what is left, none is added.
 */
#include "config.h"

#include "fcgi/records.h"

#include <string.h>

#define VERSION_1 1

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool
read_header(struct records *r)
{
	const unsigned char *h = r->header;

	r->type = h[1];
	r->id = (size_t)h[2] << 8 | h[3];
	r->length = (size_t)h[4] << 8 | h[5];
	r->content_left = r->length;
	r->padding_left = h[6];
	return h[0] == VERSION_1;
}

static enum records_step
take_header(struct records *r, struct gate_span *in)
{
	struct gate_span piece;

	if (!gate_span_take(
		in, least(in->n, RECORDS_HEADER - r->header_n), &piece))
		return RECORDS_BROKEN; /* not with what least() says */
	if (piece.n > 0)
		memcpy(r->header + r->header_n, piece.p, piece.n);
	r->header_n += piece.n;
	if (r->header_n < RECORDS_HEADER)
		return RECORDS_MORE;
	return read_header(r) ? RECORDS_BEGUN : RECORDS_BROKEN;
}

enum records_step
records_next(struct records *r, struct gate_span *in, struct gate_span *content)
{
	struct gate_span padding;

	if (r->header_n < RECORDS_HEADER)
		return take_header(r, in);
	if (r->content_left > 0) {
		if (in->n == 0)
			return RECORDS_MORE;
		if (!gate_span_take(in, least(in->n, r->content_left), content))
			return RECORDS_BROKEN;
		r->content_left -= content->n;
		return RECORDS_CONTENT;
	}
	if (!gate_span_take(in, least(in->n, r->padding_left), &padding))
		return RECORDS_BROKEN;
	r->padding_left -= padding.n;
	if (r->padding_left > 0)
		return RECORDS_MORE;
	r->header_n = 0;
	return RECORDS_ENDED;
}

/* A length is one byte, or four with the highest bit set. */
static bool
take_length(struct gate_span *s, size_t *n)
{
	struct gate_span b;

	if (!gate_span_take(s, 1, &b))
		return false;
	*n = b.p[0];
	if (*n < 0x80)
		return true;
	if (!gate_span_take(s, 3, &b))
		return false;
	*n = (*n & 0x7f) << 24 | (size_t)b.p[0] << 16 | (size_t)b.p[1] << 8 |
	    b.p[2];
	return true;
}

static bool
has(struct gate_span s, int byte)
{
	return s.n > 0 && memchr(s.p, byte, s.n) != NULL;
}

bool
records_are_params(struct gate_span in)
{
	struct gate_span name, value;
	size_t name_n, value_n;

	while (in.n > 0)
		if (!take_length(&in, &name_n) || !take_length(&in, &value_n) ||
		    name_n == 0 || !gate_span_take(&in, name_n, &name) ||
		    !gate_span_take(&in, value_n, &value) || has(name, '=') ||
		    has(name, '\0') || has(value, '\0'))
			return false;
	return true;
}

void
records_put_header(unsigned char out[RECORDS_HEADER], enum records_type type,
    size_t id, size_t length)
{
	memset(out, 0, RECORDS_HEADER);
	out[0] = VERSION_1;
	out[1] = (unsigned char)type;
	out[2] = (unsigned char)(id >> 8);
	out[3] = (unsigned char)id;
	out[4] = (unsigned char)(length >> 8);
	out[5] = (unsigned char)length;
}

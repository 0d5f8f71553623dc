/*
 * Walks records and the lengths of params. Pure. libfcgi parses the same
 * bytes afterwards and decides: this only tells that it will not have to
 * wait for more, nor give up, since then it hears the peer out.
 *
 *	BEGIN_REQUEST  PARAMS  PARAMS(0)  STDIN ... STDIN(0)
 *
 * An empty record may not be padded here: libfcgi 2.4.2 takes the padding
 * for the next header.
 */
#include "config.h"

#include "fcgi/records.h"

#include <stddef.h>

#define HEADER 8
#define VERSION_1 1
#define BEGIN_REQUEST 1
#define PARAMS 4
#define STDIN 5
#define BEGIN_BYTES 8 /* of its content */
#define RESPONDER 1

struct record {
	unsigned char type;
	size_t id;
	struct gate_span content;
	size_t padding;
};

static bool
take_record(struct gate_span *s, struct record *r)
{
	struct gate_span h, padding;

	if (!gate_span_take(s, HEADER, &h) || h.p[0] != VERSION_1)
		return false;
	r->type = h.p[1];
	r->id = (size_t)h.p[2] << 8 | h.p[3];
	r->padding = h.p[6];
	return gate_span_take(s, (size_t)h.p[4] << 8 | h.p[5], &r->content) &&
	    gate_span_take(s, r->padding, &padding);
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

/* Name-value pairs to the last byte: at others libfcgi gives up. */
static bool
are_pairs(struct gate_span s)
{
	struct gate_span text;
	size_t name, value;

	while (s.n > 0)
		if (!take_length(&s, &name) || !take_length(&s, &value) ||
		    !gate_span_take(&s, name, &text) ||
		    !gate_span_take(&s, value, &text))
			return false;
	return true;
}

static bool
take_of(struct gate_span *s, unsigned char type, size_t id, struct record *r)
{
	return take_record(s, r) && r->type == type && r->id == id;
}

/* All pairs in one record, if there are any: servers send them so. */
static bool
take_params(struct gate_span *s, size_t id)
{
	struct record r;

	if (!take_of(s, PARAMS, id, &r))
		return false;
	if (r.content.n > 0 &&
	    (!are_pairs(r.content) || !take_of(s, PARAMS, id, &r)))
		return false;
	return r.content.n == 0 && r.padding == 0;
}

static bool
take_body(struct gate_span *s, size_t id)
{
	struct record r;

	do {
		if (!take_of(s, STDIN, id, &r))
			return false;
	} while (r.content.n > 0);
	return r.padding == 0;
}

/* Other roles may send more, or are none, at which libfcgi gives up. */
static bool
is_responder(const struct record *r)
{
	return r->type == BEGIN_REQUEST && r->content.n == BEGIN_BYTES &&
	    r->content.p[0] == 0 && r->content.p[1] == RESPONDER;
}

bool
records_are_whole(struct gate_span in)
{
	struct record begin;

	return take_record(&in, &begin) && is_responder(&begin) &&
	    take_params(&in, begin.id) && take_body(&in, begin.id) &&
	    in.n == 0;
}

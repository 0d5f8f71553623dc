/*
 * The traceparent header, read and written. Owns nothing; tracestate is not
 * carried on.
 *
 *	00-<32 hex trace id>-<16 hex span id>-<2 hex flags>
 *
 * Source: W3C Recommendation "Trace Context" (level 1), section 3.2.
 */
#include "config.h"

#include "lib/trace.h"

#include <stdio.h>

#include "lib/codec.h"
#include "lib/crypto.h"

/* Lower-case hex of exactly n bytes. */
static bool
take_bytes(struct gate_span *s, unsigned char *out, size_t n)
{
	struct gate_span text;

	return gate_span_take(s, 2 * n, &text) &&
	    gate_span_only(text, "0123456789abcdef") &&
	    gate_hex_decode(text, out, n);
}

static bool
all_zero(const unsigned char *p, size_t n)
{
	return gate_span_within(gate_span_of(p, n), 0, 0);
}

bool
gate_trace_parse(struct gate_span in, struct gate_trace *out)
{
	struct gate_trace t;

	if (!gate_span_skip(&in, "00-") ||
	    !take_bytes(&in, t.trace_id, sizeof(t.trace_id)) ||
	    !gate_span_skip(&in, "-") ||
	    !take_bytes(&in, t.span_id, sizeof(t.span_id)) ||
	    !gate_span_skip(&in, "-") || !take_bytes(&in, &t.flags, 1) ||
	    in.n != 0)
		return false;
	if (all_zero(t.trace_id, sizeof(t.trace_id)) ||
	    all_zero(t.span_id, sizeof(t.span_id)))
		return false;
	*out = t;
	return true;
}

/* Random and, as the standard demands, not all zero. */
static enum gate_code
random_id(unsigned char *p, size_t n)
{
	enum gate_code code;

	do {
		code = gate_random(p, n);
	} while (code == GATE_OK && all_zero(p, n));
	return code;
}

enum gate_code
gate_trace_new(struct gate_trace *out)
{
	struct gate_trace t = {.flags = 0};
	enum gate_code code = random_id(t.trace_id, sizeof(t.trace_id));

	if (code == GATE_OK)
		code = random_id(t.span_id, sizeof(t.span_id));
	if (code == GATE_OK)
		*out = t;
	return code;
}

enum gate_code
gate_trace_child(const struct gate_trace *parent, struct gate_trace *out)
{
	struct gate_trace t = *parent;
	enum gate_code code = random_id(t.span_id, sizeof(t.span_id));

	if (code == GATE_OK)
		*out = t;
	return code;
}

void
gate_trace_text(const struct gate_trace *t, char dst[GATE_TRACEPARENT_TEXT])
{
	char trace_id[2 * sizeof(t->trace_id) + 1];
	char span_id[2 * sizeof(t->span_id) + 1];
	int n;

	gate_hex_text(gate_span_of(t->trace_id, sizeof(t->trace_id)), trace_id,
	    sizeof(trace_id));
	gate_hex_text(gate_span_of(t->span_id, sizeof(t->span_id)), span_id,
	    sizeof(span_id));
	n = snprintf(dst, GATE_TRACEPARENT_TEXT, "00-%s-%s-%02x", trace_id,
	    span_id, (unsigned int)t->flags);
	GATE_ASSERT(n == GATE_TRACEPARENT_TEXT - 1);
}

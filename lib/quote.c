/*
 * JSON string escaping (RFC 8259 section 7). Owns nothing. Used by
 * lib/json.c for documents, by lib/log.c for log lines and by templates.
 */
#include "config.h"

#include "lib/quote.h"

#include "lib/num.h"
#include "lib/utf8.h"

/* Written as \uXXXX; all lie below U+10000. */
static const struct range {
	uint32_t first, last;
} risky[] = {
    {0x0000, 0x001f}, /* control characters */
    {0x007f, 0x009f}, /* DEL and C1: CSI is U+009B */
    {0x061c, 0x061c}, /* Arabic letter mark */
    {0x200e, 0x200f}, /* direction marks */
    {0x2028, 0x202e}, /* separators, direction embeddings */
    {0x2066, 0x2069}, /* direction isolates */
    {0xfeff, 0xfeff}, /* byte order mark */
};

static bool
is_risky(uint32_t code_point)
{
	size_t i;

	for (i = 0; i < GATE_COUNT(risky); i++) {
		if (code_point >= risky[i].first && code_point <= risky[i].last)
			return true;
	}
	return false;
}

static const char *
short_escape(uint32_t code_point)
{
	static const struct {
		uint32_t code_point;
		const char *text;
	} shorts[] = {
	    {'"', "\\\""},
	    {'\\', "\\\\"},
	    {'\b', "\\b"},
	    {'\f', "\\f"},
	    {'\n', "\\n"},
	    {'\r', "\\r"},
	    {'\t', "\\t"},
	};
	size_t i;

	for (i = 0; i < GATE_COUNT(shorts); i++) {
		if (shorts[i].code_point == code_point)
			return shorts[i].text;
	}
	return NULL;
}

/* Takes what needs no escape. */
static struct gate_span
take_plain(struct gate_span *s)
{
	struct gate_span plain = {s->p, 0};
	struct gate_span one;

	while (plain.n < s->n && s->p[plain.n] >= 0x20 &&
	    s->p[plain.n] < 0x7f && s->p[plain.n] != '"' &&
	    s->p[plain.n] != '\\')
		plain.n++;
	return gate_span_take(s, plain.n, &one) ? one : plain;
}

static enum gate_code
put_one(struct gate_buf *b, struct gate_span *s)
{
	struct gate_span rest = *s;
	struct gate_span bytes;
	uint32_t code_point;
	const char *text;

	if (!gate_utf8_take(s, &code_point)) {
		if (!gate_span_take(s, 1, &bytes))
			return b->failed;
		return gate_buf_put_str(b, "\xef\xbf\xbd");
	}
	text = short_escape(code_point);
	if (text != NULL)
		return gate_buf_put_str(b, text);
	if (is_risky(code_point))
		return gate_buf_printf(b, "\\u%04x", (unsigned)code_point);
	return gate_buf_put(b, (struct gate_span){rest.p, rest.n - s->n});
}

enum gate_code
gate_quote_escape(struct gate_buf *b, struct gate_span s)
{
	while (s.n > 0 && b->failed == GATE_OK) {
		if (gate_buf_put(b, take_plain(&s)) == GATE_OK)
			(void)put_one(b, &s); /* b remembers */
	}
	return b->failed;
}

enum gate_code
gate_quote_put(struct gate_buf *b, struct gate_span s)
{
	(void)gate_buf_put_byte(b, '"');
	(void)gate_quote_escape(b, s);
	return gate_buf_put_byte(b, '"');
}

/*
 * A walk over JSON text, a token at a time, without reading it: strings are
 * spelled anew, white space between tokens is made anew, all else is copied.
 */
#include "config.h"

#include "cli/recode.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/codec.h"
#include "lib/num.h"
#include "lib/utf8.h"

struct walk {
	struct gate_span rest;
	struct recode how;
	struct gate_buf *out;
	size_t depth;
};

struct recode
recode_at(size_t i)
{
	return (struct recode){(enum recode_slash)(i % SLASH_COUNT),
	    (enum recode_letters)(i / SLASH_COUNT % LETTERS_COUNT),
	    (enum recode_space)(i / SLASH_COUNT / LETTERS_COUNT)};
}

void
recode_text(struct recode how, char *dst, size_t dst_size)
{
	static const char *const slashes[] = {
	    "", "/ written as \\/", "\\/ written as /"};
	static const char *const letters[] = {
	    "", "letters beyond ASCII written as \\u", "\\u written as UTF-8"};
	static const char *const spaces[] = {"", "without white space",
	    "with \", \" and \": \" as Python writes", "pretty-printed by 4",
	    "pretty-printed by 2"};
	const char *parts[] = {
	    slashes[how.slash], letters[how.letters], spaces[how.space]};
	size_t i, n = 0;

	dst[0] = '\0';
	for (i = 0; i < GATE_COUNT(parts); i++)
		if (parts[i][0] != '\0' && n < dst_size)
			n += (size_t)snprintf(dst + n, dst_size - n, "%s%s",
			    n == 0 ? "" : ", ", parts[i]);
}

static void
put_escape(struct gate_buf *b, uint32_t unit)
{
	(void)gate_buf_printf(b, "\\u%04x", (unsigned int)unit);
}

static void
put_code_point(struct walk *w, uint32_t c)
{
	unsigned char utf8[GATE_UTF8_MAX];

	if (w->how.letters == LETTERS_ESCAPED && c > 0xffff) {
		put_escape(w->out, 0xd800 + ((c - 0x10000) >> 10));
		put_escape(w->out, 0xdc00 + ((c - 0x10000) & 0x3ff));
	} else if (w->how.letters == LETTERS_ESCAPED) {
		put_escape(w->out, c);
	} else {
		(void)gate_buf_put(
		    w->out, gate_span_of(utf8, gate_utf8_encode(c, utf8)));
	}
}

/* Four hex digits. */
static bool
read_unit(struct gate_span s, uint32_t *out)
{
	unsigned char b[2];

	if (s.n < 4 || !gate_hex_decode(gate_span_of(s.p, 4), b, 2))
		return false;
	*out = (uint32_t)b[0] << 8 | b[1];
	return true;
}

static void
skip(struct walk *w, size_t n)
{
	w->rest = gate_span_of(w->rest.p + n, w->rest.n - n);
}

/* \uXXXX, or a pair of them, into a code point; how many bytes it was; 0: it
 * is to be copied. */
static size_t
read_escape(struct gate_span s, uint32_t *out)
{
	uint32_t high, low;

	if (s.n < 6 || s.p[1] != 'u' ||
	    !read_unit(gate_span_of(s.p + 2, s.n - 2), &high) || high < 0x80)
		return 0;
	*out = high;
	if (high < 0xd800 || high > 0xdfff)
		return 6;
	if (high > 0xdbff || s.n < 12 || s.p[6] != '\\' || s.p[7] != 'u' ||
	    !read_unit(gate_span_of(s.p + 8, s.n - 8), &low) || low < 0xdc00 ||
	    low > 0xdfff)
		return 0;
	*out = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
	return 12;
}

static void
take_escape(struct walk *w)
{
	uint32_t c;
	size_t n = read_escape(w->rest, &c);

	if (w->rest.p[1] == '/' && w->how.slash == SLASH_BARE) {
		(void)gate_buf_put_byte(w->out, '/');
		n = 2;
	} else if (n > 0 && w->how.letters != LETTERS_AS_IS) {
		put_code_point(w, c);
	} else {
		n = 2;
		(void)gate_buf_put(w->out, gate_span_of(w->rest.p, n));
	}
	skip(w, n);
}

/* A byte of a string, or a letter of several. */
static void
take_letter(struct walk *w)
{
	struct gate_span after = w->rest;
	uint32_t c;

	if (w->rest.p[0] == '/' && w->how.slash == SLASH_ESCAPED)
		(void)gate_buf_put_byte(w->out, '\\');
	if (w->rest.p[0] >= 0x80 && w->how.letters == LETTERS_ESCAPED &&
	    gate_utf8_take(&after, &c)) {
		put_code_point(w, c);
		w->rest = after;
		return;
	}
	(void)gate_buf_put_byte(w->out, w->rest.p[0]);
	skip(w, 1);
}

static bool
take_string(struct walk *w)
{
	(void)gate_buf_put_byte(w->out, '"');
	skip(w, 1);
	while (w->rest.n > 0 && w->rest.p[0] != '"') {
		if (w->rest.p[0] == '\\' && w->rest.n >= 2)
			take_escape(w);
		else
			take_letter(w);
	}
	if (w->rest.n == 0)
		return false;
	(void)gate_buf_put_byte(w->out, '"');
	skip(w, 1);
	return true;
}

static bool
is_pretty(const struct walk *w)
{
	return w->how.space == SPACE_PRETTY || w->how.space == SPACE_PRETTY2;
}

static void
put_line(struct walk *w)
{
	size_t i, n = w->depth * (w->how.space == SPACE_PRETTY ? 4 : 2);

	(void)gate_buf_put_byte(w->out, '\n');
	for (i = 0; i < n && w->out->failed == GATE_OK; i++)
		(void)gate_buf_put_byte(w->out, ' ');
}

static void
skip_white(struct walk *w)
{
	while (w->rest.n > 0 && strchr(" \t\r\n", w->rest.p[0]) != NULL &&
	    w->rest.p[0] != '\0')
		skip(w, 1);
}

/* [ or {: an empty one stays on its line. */
static void
open_bracket(struct walk *w, unsigned char c)
{
	unsigned char end = c == '[' ? ']' : '}';

	(void)gate_buf_put_byte(w->out, c);
	skip_white(w);
	if (w->rest.n > 0 && w->rest.p[0] == end) {
		(void)gate_buf_put_byte(w->out, end);
		skip(w, 1);
		return;
	}
	w->depth++;
	if (is_pretty(w))
		put_line(w);
}

static void
take_mark(struct walk *w)
{
	unsigned char c = w->rest.p[0];
	bool is_python = w->how.space == SPACE_PYTHON;

	skip(w, 1);
	if (w->how.space == SPACE_AS_IS) {
		(void)gate_buf_put_byte(w->out, c);
		return;
	}
	if (c == '[' || c == '{') {
		open_bracket(w, c);
		return;
	}
	if (c == ']' || c == '}') {
		w->depth -= w->depth > 0 ? 1 : 0;
		if (is_pretty(w))
			put_line(w);
	}
	(void)gate_buf_put_byte(w->out, c);
	if (c == ',' && is_pretty(w))
		put_line(w);
	if ((c == ',' && is_python) ||
	    (c == ':' && (is_python || is_pretty(w))))
		(void)gate_buf_put_byte(w->out, ' ');
}

enum gate_code
recode_put(struct gate_span in, struct recode how, struct gate_buf *out)
{
	struct walk w = {.rest = in, .how = how, .out = out};

	while (w.rest.n > 0 && out->failed == GATE_OK) {
		if (how.space != SPACE_AS_IS)
			skip_white(&w);
		if (w.rest.n == 0)
			break;
		if (w.rest.p[0] != '"')
			take_mark(&w);
		else if (!take_string(&w))
			return GATE_E_BAD;
	}
	return out->failed;
}

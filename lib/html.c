/*
 * HTML as a browser's tokenizer sees it, down to where a tag ends: quotes in
 * attributes, comments, elements whose content is no text. No tree is built;
 * what is wrong in the nesting does not matter to the text.
 *
 * To take something out may bring together what was apart: "<<b>i>" would
 * become "<i>". A blank is put there.
 */
#include "config.h"

#include "lib/html.h"

#include "lib/num.h"

#define SPACE " \t\n\f\r"
#define NAME_MAX_BYTES 16

struct strip {
	struct gate_span rest;
	struct gate_buf *out;
	size_t from; /* where our own output begins */
	bool broken; /* a block has begun or ended since the last text */
};

/* Their content is not what a reader sees. */
static const char *const silent[] = {"script", "style", "iframe", "noembed",
    "noframes", "noscript", "xmp", "plaintext"};

static const char *const blocks[] = {"address", "article", "aside",
    "blockquote", "br", "dd", "div", "dl", "dt", "fieldset", "figcaption",
    "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header",
    "hr", "li", "main", "nav", "ol", "option", "p", "pre", "section", "table",
    "td", "th", "tr", "ul"};

static bool
is_letter(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_space(unsigned char c)
{
	return gate_span_only(gate_span_of(&c, 1), SPACE);
}

static bool
opens(unsigned char c)
{
	return is_letter(c) || c == '/' || c == '!' || c == '?';
}

static void
put(struct strip *s, unsigned char c)
{
	struct gate_buf *b = s->out;

	if (s->broken && b->n > s->from && b->p[b->n - 1] != '\n' && c != '\n')
		(void)gate_buf_put_byte(b, '\n');
	s->broken = false;
	if (b->n > s->from && b->p[b->n - 1] == '<' && opens(c))
		(void)gate_buf_put_byte(b, ' ');
	(void)gate_buf_put_byte(b, c);
}

/* Drops up to and with `end`; all if it is not there. */
static void
drop_until(struct strip *s, const char *end)
{
	struct gate_span one;

	while (s->rest.n > 0 && !gate_span_skip(&s->rest, end))
		if (!gate_span_take(&s->rest, 1, &one))
			return;
}

/* Behind "<!--": ends at --> or --!>, and at once at > or ->. */
static void
drop_comment(struct strip *s)
{
	struct gate_span one;

	if (gate_span_skip(&s->rest, ">") || gate_span_skip(&s->rest, "->"))
		return;
	while (s->rest.n > 0)
		if (gate_span_skip(&s->rest, "-->") ||
		    gate_span_skip(&s->rest, "--!>") ||
		    !gate_span_take(&s->rest, 1, &one))
			return;
}

static struct gate_span
take_name(struct strip *s)
{
	struct gate_span name = {0};
	size_t n = 0;

	while (n < s->rest.n && !is_space(s->rest.p[n]) &&
	    s->rest.p[n] != '/' && s->rest.p[n] != '>')
		n++;
	if (!gate_span_take(&s->rest, n, &name))
		name.n = 0;
	return name;
}

/* Behind a '=' and blanks: a quoted value, or one that ends at a blank or
 * '>'. */
static void
drop_value(struct strip *s)
{
	struct gate_span one;

	while (s->rest.n > 0 && is_space(s->rest.p[0]))
		if (!gate_span_take(&s->rest, 1, &one))
			return;
	if (gate_span_skip(&s->rest, "\"")) {
		drop_until(s, "\"");
	} else if (gate_span_skip(&s->rest, "'")) {
		drop_until(s, "'");
	} else {
		while (s->rest.n > 0 && s->rest.p[0] != '>' &&
		    !is_space(s->rest.p[0]))
			if (!gate_span_take(&s->rest, 1, &one))
				return;
	}
}

/* Behind a tag's name. A '=' that begins an attribute's name is part of it.
 */
static void
drop_attributes(struct strip *s)
{
	struct gate_span one;
	bool in_name = false;

	while (gate_span_take(&s->rest, 1, &one)) {
		if (one.p[0] == '>')
			return;
		if (one.p[0] == '=' && in_name) {
			drop_value(s);
			in_name = false;
		} else if (one.p[0] == '/') {
			in_name = false;
		} else if (!is_space(one.p[0])) {
			in_name = true;
		} /* a blank may stand between a name and its '=' */
	}
}

static bool
is_one_of(struct gate_span name, const char *const list[], size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (gate_span_is_nocase(name, list[i]))
			return true;
	return false;
}

/* The rest begins with `name` in any case, and that is all of the name. */
static bool
is_at_name(const struct strip *s, struct gate_span name)
{
	struct gate_span head = s->rest;
	char text[NAME_MAX_BYTES];

	if (s->rest.n < name.n || !gate_span_copy(name, text, sizeof(text)))
		return false;
	head.n = name.n;
	return gate_span_is_nocase(head, text) &&
	    (s->rest.n == name.n || is_space(s->rest.p[name.n]) ||
		s->rest.p[name.n] == '/' || s->rest.p[name.n] == '>');
}

/* The content of an element that is no text, with its end tag. */
static void
drop_content(struct strip *s, struct gate_span name)
{
	while (s->rest.n > 0) {
		drop_until(s, "</");
		if (s->rest.n > 0 && is_at_name(s, name)) {
			(void)take_name(s);
			drop_attributes(s);
			return;
		}
	}
}

/* Behind '<' and perhaps '/', at a letter. */
static void
drop_tag(struct strip *s, bool begins)
{
	struct gate_span name = take_name(s);

	drop_attributes(s);
	if (is_one_of(name, blocks, GATE_COUNT(blocks)))
		s->broken = true;
	if (begins && is_one_of(name, silent, GATE_COUNT(silent)))
		drop_content(s, name);
}

/* Behind '<': drops what it begins. False: it begins nothing. */
static bool
drop_markup(struct strip *s)
{
	if (s->rest.n == 0 || !opens(s->rest.p[0]))
		return false;
	if (is_letter(s->rest.p[0])) {
		drop_tag(s, true);
	} else if (gate_span_skip(&s->rest, "!--")) {
		drop_comment(s);
	} else if (!gate_span_skip(&s->rest, "/")) {
		drop_until(s, ">"); /* <!DOCTYPE, <![CDATA[, <?xml */
	} else if (s->rest.n > 0 && is_letter(s->rest.p[0])) {
		drop_tag(s, false);
	} else {
		drop_until(s, ">");
	}
	return true;
}

enum gate_code
gate_html_strip(struct gate_span in, struct gate_buf *out)
{
	struct strip s = {.rest = in, .out = out, .from = out->n};
	struct gate_span one;

	while (gate_span_take(&s.rest, 1, &one))
		if (one.p[0] != '<' || !drop_markup(&s))
			put(&s, one.p[0]);
	return out->failed;
}

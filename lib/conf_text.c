/*
 * Reading a configuration file and walking over its tokens once. The walk
 * follows lexer.l of libconfuse 3.3 and builds nothing: it knows strings,
 * comments and braces, and what stands between them. Comments become
 * spaces, because libconfuse counts a line that ends in one twice.
 */
#include "config.h"

#include "lib/conf_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/utf8.h"

/* Blocks in blocks: site, route, step is three. */
#define DEPTH_MAX 16

struct walk {
	unsigned char *text; /* rest lies in it */
	struct gate_span rest;
	int line;
	const char *path;
	struct gate_conf_errors *errors;
	int open[DEPTH_MAX]; /* lines of the braces that are open */
	size_t depth;
	bool over; /* nothing more can be said of this file */
};

enum gate_code
gate_conf_text_read(
    const char *path, struct gate_buf *out, struct gate_err *err)
{
	enum gate_code code = GATE_OK;
	unsigned char *p;
	struct stat st;
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return gate_err_sys(err, "cannot open");
	if (fstat(fd, &st) != 0) {
		code = gate_err_sys(err, "cannot stat");
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		code = gate_err_set(err, GATE_E_CONF, "is not a regular file");
		goto out;
	}
	for (;;) {
		code = gate_buf_room(out, 4096, &p);
		if (code != GATE_OK) {
			(void)gate_err_set(err, GATE_E_CONF,
			    code == GATE_E_LIMIT ? "is too large"
						 : "out of memory");
			if (code == GATE_E_LIMIT)
				code = GATE_E_CONF;
			goto out;
		}
		n = read(fd, p, 4096);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			code = gate_err_sys(err, "cannot read");
		if (n <= 0)
			goto out;
		gate_buf_added(out, (size_t)n);
	}
out:
	(void)close(fd); /* only read from */
	return code;
}

/* The next byte, without taking it; -1 at the end. */
static int
peek(const struct walk *w, size_t ahead)
{
	return ahead < w->rest.n ? w->rest.p[ahead] : -1;
}

/* Names and prompts end up in JSON and in PostgreSQL: both want UTF-8. */
static void
step(struct walk *w)
{
	uint32_t c = 0;

	if (w->rest.n == 0)
		return;
	if (!gate_utf8_take(&w->rest, &c)) {
		gate_conf_errors_put(
		    w->errors, w->path, w->line, NULL, "is not UTF-8");
		w->rest.p += w->rest.n;
		w->rest.n = 0;
		w->over = true;
	}
	if (c == '\n')
		w->line++;
}

/* Spaces for everything from there to here but line ends. */
static void
blank(struct walk *w, const unsigned char *from)
{
	unsigned char *p = w->text + (from - w->text);

	for (; p < w->rest.p; p++)
		if (*p != '\n')
			*p = ' ';
}

static void
walk_line_comment(struct walk *w)
{
	const unsigned char *from = w->rest.p;

	while (w->rest.n > 0 && peek(w, 0) != '\n')
		step(w);
	blank(w, from);
}

static void
walk_comment(struct walk *w)
{
	const unsigned char *from = w->rest.p - 2; /* the opening */
	int line = w->line;

	while (w->rest.n > 0) {
		if (gate_span_skip(&w->rest, "*/")) {
			blank(w, from);
			return;
		}
		step(w);
	}
	if (w->over)
		return;
	gate_conf_errors_put(w->errors, w->path, line, NULL,
	    "a comment is not closed, expected */");
	w->over = true;
}

static bool
is_variable_name(struct gate_span name)
{
	return name.n > 0 && (name.p[0] < '0' || name.p[0] > '9') &&
	    gate_span_only(name,
		"abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
}

/* After "${". libconfuse takes everything up to the next '}'. */
static void
walk_variable(struct walk *w)
{
	struct gate_span inner, name;
	char text[128];

	if (!gate_span_until(&w->rest, '}', sizeof(text) - 1, &inner)) {
		gate_conf_errors_put(w->errors, w->path, w->line, NULL,
		    "${ without its }, expected ${NAME} or ${NAME:-default}; "
		    "write \\${ for the characters");
		return;
	}
	if (memchr(inner.p, '\n', inner.n) != NULL) {
		gate_conf_errors_put(w->errors, w->path, w->line, NULL,
		    "${ without its } on the same line");
		w->over = true;
		return;
	}
	name = inner;
	if (!gate_span_until(&inner, ':', sizeof(text) - 1, &name))
		inner.n = 0;
	if (!is_variable_name(name) ||
	    !gate_span_copy(name, text, sizeof(text)) ||
	    (inner.n > 0 && !gate_span_starts(inner, "-"))) {
		gate_conf_errors_put(w->errors, w->path, w->line, NULL,
		    "a bad variable, expected ${NAME} or ${NAME:-default}; "
		    "write \\${ for the characters");
		return;
	}
	if (getenv(text) == NULL && !gate_span_starts(inner, "-"))
		gate_conf_errors_put(w->errors, w->path, w->line, NULL,
		    "${%s} is not set, expected it in the environment, or a "
		    "default: ${%s:-default}",
		    text, text);
}

static bool
is_hex_digit(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	    (c >= 'A' && c <= 'F');
}

/* After a backslash in a double-quoted string. */
static void
walk_escape(struct walk *w)
{
	int c = peek(w, 0);

	if (c >= '0' && c <= '9')
		gate_conf_errors_put(w->errors, w->path, w->line, NULL,
		    "an octal escape, expected \\xHH");
	else if (c == 'x' && peek(w, 1) == '0' &&
	    (peek(w, 2) == '0' || !is_hex_digit(peek(w, 2))))
		gate_conf_errors_put(w->errors, w->path, w->line, NULL,
		    "an escaped NUL, expected text");
	step(w);
}

static void
walk_string(struct walk *w, int quote)
{
	int line = w->line;

	while (w->rest.n > 0) {
		if (peek(w, 0) == quote) {
			step(w);
			return;
		}
		if (peek(w, 0) == '\\') {
			step(w);
			if (quote == '"')
				walk_escape(w);
			else
				step(w);
		} else if (quote == '"' && gate_span_skip(&w->rest, "${")) {
			walk_variable(w);
		} else {
			step(w);
		}
	}
	if (w->over)
		return;
	gate_conf_errors_put(w->errors, w->path, line, NULL,
	    "a string is not closed, expected %c", quote);
	w->over = true;
}

static void
walk_brace(struct walk *w, bool opens)
{
	if (!opens) {
		if (w->depth == 0) {
			gate_conf_errors_put(w->errors, w->path, w->line, NULL,
			    "} without its {");
			w->over = true;
			return;
		}
		w->depth--;
		return;
	}
	if (w->depth == DEPTH_MAX) {
		gate_conf_errors_put(w->errors, w->path, w->line, NULL,
		    "blocks are nested too deep");
		w->over = true;
		return;
	}
	w->open[w->depth++] = w->line;
}

static void
walk_word(struct walk *w)
{
	static const char ends[] = " #\"'\t\n\r={}()+,*";

	/* A word may hold //; only at its start is that a comment. */
	while (w->rest.n > 0 && peek(w, 0) != 0 &&
	    strchr(ends, peek(w, 0)) == NULL)
		step(w);
}

/* False: no comment stands here. */
static bool
walk_any_comment(struct walk *w)
{
	int c = peek(w, 0);

	if (c == '#' || (c == '/' && peek(w, 1) == '/'))
		walk_line_comment(w);
	else if (gate_span_skip(&w->rest, "/*"))
		walk_comment(w);
	else
		return false;
	return true;
}

/* Bytes that are tokens of their own, or stand between tokens. */
static bool
is_passed_over(const struct walk *w, int c)
{
	return (c == '+' && peek(w, 1) == '=') ||
	    (c != 0 && strchr(" \t\r\n=,", c) != NULL);
}

/* Bytes that libconfuse passes over in silence, or knows from include(). */
static bool
is_meaningless(int c)
{
	return c == 0 || strchr("()*+", c) != NULL;
}

static void
walk_token(struct walk *w)
{
	int c = peek(w, 0);

	if (walk_any_comment(w))
		return;
	if (c == '"' || c == '\'') {
		step(w);
		walk_string(w, c);
	} else if (c == '{' || c == '}') {
		step(w);
		walk_brace(w, c == '{');
	} else if (gate_span_skip(&w->rest, "${")) {
		walk_variable(w);
	} else if (is_passed_over(w, c)) {
		step(w);
	} else if (is_meaningless(c)) {
		gate_conf_errors_put(w->errors, w->path, w->line, NULL,
		    "byte 0x%02x has no meaning here, expected quotes "
		    "around text",
		    (unsigned int)c);
		step(w);
	} else {
		walk_word(w);
	}
}

bool
gate_conf_text_check(
    const char *path, struct gate_buf *text, struct gate_conf_errors *errors)
{
	struct walk w = {.text = text->p,
	    .rest = gate_buf_span(text),
	    .line = 1,
	    .path = path,
	    .errors = errors};
	size_t before = errors->count;

	while (!w.over && w.rest.n > 0)
		walk_token(&w);
	if (!w.over && w.depth > 0)
		gate_conf_errors_put(errors, path, w.open[w.depth - 1], NULL,
		    "{ is not closed before the end of the file, expected }");
	return errors->count == before && !errors->nomem;
}

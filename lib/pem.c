/*
 * PEM frames. Stricter than OpenSSL's reader, which skips what stands before
 * and after a block and what it does not understand within: a key file that
 * holds more than it seems to is refused, not guessed at. Lines may hold a
 * private key, so the copy made here is wiped.
 */
#include "config.h"

#include "lib/pem.h"

#include "lib/codec.h"

#define LINE_MAX_CHARS 76 /* RFC 7468 writes 64, MIME encoders 76 */
#define LABEL_MAX 64

/* Takes a line without its LF or CRLF. False if nothing is left. */
static bool
take_line(struct gate_span *s, struct gate_span *line)
{
	if (s->n == 0)
		return false;
	if (!gate_span_until(s, '\n', s->n, line) &&
	    !gate_span_take(s, s->n, line))
		return false;
	if (line->n > 0 && line->p[line->n - 1] == '\r')
		line->n--;
	return true;
}

/* "-----BEGIN label-----", or END: the whole line. */
static bool
read_label(struct gate_span line, const char *begin, struct gate_span *label)
{
	struct gate_span found;

	if (!gate_span_skip(&line, begin) ||
	    !gate_span_until(&line, '-', LABEL_MAX, &found) || found.n == 0 ||
	    !gate_span_is(line, "----"))
		return false;
	*label = found;
	return true;
}

/* The lines between, put together; *text then stands after END. Returns what
 * is wrong, or NULL (also where b failed). */
static const char *
read_lines(struct gate_span *text, struct gate_span label, struct gate_buf *b)
{
	struct gate_span line, end;

	while (take_line(text, &line)) {
		if (gate_span_starts(line, "-----")) {
			if (!read_label(line, "-----END ", &end) ||
			    !gate_span_equal(end, label))
				return "no END line like its BEGIN line";
			return b->n == 0 ? "nothing between BEGIN and END"
					 : NULL;
		}
		if (line.n == 0 || line.n > LINE_MAX_CHARS)
			return "an empty or too long line";
		(void)gate_buf_put(b, line); /* b remembers */
	}
	return "no END line";
}

static enum gate_code
decode(struct gate_span base64, struct gate_buf *der, struct gate_err *err)
{
	unsigned char *room;
	enum gate_code code = gate_buf_room(der, base64.n / 4 * 3, &room);

	/* With the room made, der does not move and leave a copy behind. */
	if (code == GATE_OK)
		code = gate_base64_decode(base64, der);
	if (code == GATE_E_BAD)
		return gate_err_set(
		    err, code, "PEM: not base64 between BEGIN and END");
	return code == GATE_OK
	    ? GATE_OK
	    : gate_err_set(err, code, "PEM: too long, or out of memory");
}

enum gate_code
gate_pem_parse(struct gate_span text, struct gate_span *label,
    struct gate_buf *der, struct gate_err *err)
{
	struct gate_span rest = text, line, name;
	const char *fault = NULL;
	enum gate_code code = GATE_E_BAD;
	unsigned char *room;
	struct gate_buf b;

	gate_buf_init(&b, text.n);
	if (gate_buf_room(&b, text.n, &room) != GATE_OK)
		return gate_err_set(err, b.failed, "PEM: out of memory");
	if (!take_line(&rest, &line) || !read_label(line, "-----BEGIN ", &name))
		fault = "the first line is no \"-----BEGIN ...-----\"";
	else
		fault = read_lines(&rest, name, &b);
	if (fault == NULL && !gate_span_only(rest, " \t\r\n"))
		fault = "something follows the END line";
	if (fault != NULL)
		code = gate_err_set(err, GATE_E_BAD, "PEM: %s", fault);
	else
		code = decode(gate_buf_span(&b), der, err);
	gate_buf_wipe(&b);
	if (code == GATE_OK)
		*label = name;
	return code;
}

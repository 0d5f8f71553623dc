/*
 * Reading a capture. It was made by a person's tool and copied by hand, so
 * what is wrong with it is said; nothing is guessed but line ends.
 */
#include "config.h"

#include "cli/capture.h"

#include <string.h>

/* Without its end; false: none is left. */
static bool
take_line(struct gate_span *rest, struct gate_span *out)
{
	if (!gate_span_until(rest, '\n', rest->n, out))
		return false;
	if (out->n > 0 && out->p[out->n - 1] == '\r')
		out->n--;
	return true;
}

/* "POST /path HTTP/1.1"; a proxy's has the whole address. */
static enum gate_code
read_request_line(
    struct gate_span line, struct capture *c, struct gate_err *err)
{
	struct gate_span rest = line, ignored;

	if (!gate_span_until(&rest, ' ', 16, &c->method) ||
	    !gate_span_until(&rest, ' ', rest.n, &c->target) ||
	    !gate_span_starts(rest, "HTTP/") || c->target.n == 0 ||
	    !gate_span_within(c->method, 'A', 'Z'))
		return gate_err_set(err, GATE_E_BAD,
		    "expected a first line such as POST /path HTTP/1.1");
	if ((gate_span_skip(&c->target, "https://") ||
		gate_span_skip(&c->target, "http://")) &&
	    gate_span_until(&c->target, '/', c->target.n, &ignored))
		c->target = gate_span_of(c->target.p - 1, c->target.n + 1);
	if (c->target.p[0] != '/')
		return gate_err_set(err, GATE_E_BAD,
		    "expected a path that begins with / in the first line");
	return GATE_OK;
}

static enum gate_code
read_header(struct gate_span line, size_t number, struct capture *c,
    struct gate_err *err)
{
	struct gate_hook_header *h = &c->headers[c->header_count];
	struct gate_span rest = line;

	if (c->header_count == CAPTURE_HEADERS_MAX)
		return gate_err_set(err, GATE_E_LIMIT,
		    "more than %d header lines", CAPTURE_HEADERS_MAX);
	if (!gate_span_until(&rest, ':', rest.n, &h->name) || h->name.n == 0 ||
	    !gate_span_within(h->name, 0x21, 0x7e))
		return gate_err_set(err, GATE_E_BAD,
		    "line %zu: expected a header, Name: value, or the empty "
		    "line before the body",
		    number);
	h->value = gate_span_trim(rest);
	c->header_count++;
	return GATE_OK;
}

bool
capture_header(const struct capture *c, const char *name, struct gate_span *out)
{
	struct gate_span found = {0};
	size_t i, count = 0;

	for (i = 0; i < c->header_count; i++)
		if (gate_span_is_nocase(c->headers[i].name, name)) {
			found = c->headers[i].value;
			count++;
		}
	if (count == 1)
		*out = found;
	return count == 1;
}

static enum gate_code
cut_body(struct capture *c, struct gate_err *err)
{
	struct gate_span v;
	uint64_t length;

	if (capture_header(c, "transfer-encoding", &v))
		return gate_err_set(err, GATE_E_BAD,
		    "the body is in chunks: expected it as it was put "
		    "together again");
	if (!capture_header(c, "content-length", &v))
		return GATE_OK;
	if (!gate_span_u64(v, SIZE_MAX, &length))
		return gate_err_set(
		    err, GATE_E_BAD, "Content-Length is no number");
	if (c->body.n < length)
		return gate_err_set(err, GATE_E_BAD,
		    "the capture is cut: Content-Length says %llu bytes, "
		    "%zu are there",
		    (unsigned long long)length, c->body.n);
	c->extra = c->body.n - (size_t)length;
	c->body.n = (size_t)length;
	return GATE_OK;
}

enum gate_code
capture_parse(struct gate_span in, struct capture *out, struct gate_err *err)
{
	struct capture c = {.extra = 0};
	struct gate_span rest = in, line;
	size_t number = 1;
	enum gate_code code;

	if (!take_line(&rest, &line))
		return gate_err_set(
		    err, GATE_E_BAD, "expected a request of several lines");
	code = read_request_line(line, &c, err);
	while (code == GATE_OK) {
		number++;
		if (!take_line(&rest, &line))
			return gate_err_set(err, GATE_E_BAD,
			    "expected an empty line after the headers");
		if (line.n == 0)
			break;
		code = read_header(line, number, &c, err);
	}
	c.body = rest;
	if (code == GATE_OK)
		code = cut_body(&c, err);
	if (code == GATE_OK)
		*out = c;
	return code;
}

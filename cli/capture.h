/*
 * One captured HTTP request: bytes as tcpdump, nginx or ngrok show them.
 * Pure.
 */
#ifndef CLI_CAPTURE_H
#define CLI_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"
#include "lib/provider.h"
#include "lib/span.h"

#define CAPTURE_HEADERS_MAX 128

struct capture {
	struct gate_span method;
	struct gate_span target; /* path and query */
	struct gate_hook_header headers[CAPTURE_HEADERS_MAX];
	size_t header_count;
	struct gate_span body;
	size_t extra; /* bytes after what Content-Length says */
};

/*
 * Takes a request apart: request line, header lines, an empty line, body.
 * Lines end with CRLF or with LF. A body longer than Content-Length says is
 * cut there, since a capture may go on with the next request.
 *
 * in   untrusted; any bytes
 * out  borrows from in; untouched on failure
 * Returns GATE_OK; GATE_E_BAD, GATE_E_LIMIT: err says what was expected. Among
 *         them: a body that is shorter than announced, or in chunks.
 * Source: RFC 9112 sections 2 to 6.
 */
enum gate_code capture_parse(struct gate_span in, struct capture *out,
    struct gate_err *err) GATE_MUSTCHECK;

/* The value of a header; false: it is not there, or twice. */
bool capture_header(
    const struct capture *c, const char *name, struct gate_span *out);

#endif

/*
 * The few answer headers that a caller of lib/http.h is told of. Knows
 * header lines only, nothing of libcurl. Used by lib/http.c alone.
 */
#ifndef GATE_HTTP_HEAD_H
#define GATE_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/span.h"

enum http_head_field {
	HTTP_HEAD_RETRY_AFTER,
	HTTP_HEAD_RETRY_AFTER_MS,
	HTTP_HEAD_REQUEST_ID,
	HTTP_HEAD_CONTENT_TYPE,
	HTTP_HEAD_SHOULD_RETRY,
	HTTP_HEAD_FIELDS
};

#define HTTP_HEAD_VALUE 128 /* a longer value is none that we could use */
#define HTTP_HEAD_MAX 65536 /* all header lines of one answer */

struct http_head {
	char value[HTTP_HEAD_FIELDS][HTTP_HEAD_VALUE];
	size_t n[HTTP_HEAD_FIELDS];
	size_t seen; /* bytes of header lines so far */
};

/*
 * Takes one header line, as it came, with its line end. A status line starts
 * anew (the answer before was 1xx). Of a header that comes twice the first
 * counts. False: more than HTTP_HEAD_MAX bytes of headers.
 */
bool http_head_line(struct http_head *h, struct gate_span line) GATE_MUSTCHECK;
struct gate_span http_head_get(
    const struct http_head *h, enum http_head_field f);

/* "Name: value" as RFC 9110 section 5 has it: token, colon, a value that is
 * not empty, nothing below space but tab, no DEL. */
bool http_head_is_field(struct gate_span line);

#endif

/*
 * A request as the web server handed it over: its FastCGI params as a
 * struct of borrowed spans, checked for everything that can be checked
 * without knowing what the request is about, and a way to its body.
 */
#ifndef FCGI_REQUEST_H
#define FCGI_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fcgi/outcome.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/provider.h"
#include "lib/span.h"

#define REQUEST_PARAMS_MAX 256         /* real servers send 30 to 60 */
#define REQUEST_PARAMS_BYTES_MAX 65536 /* all servers stop far below */

/* How reading a body ended. */
enum request_body_end {
	REQUEST_BODY_OK,
	REQUEST_BODY_LONG, /* more than max: reading stopped there */
	REQUEST_BODY_CUT,  /* the peer went away or broke the protocol */
	REQUEST_BODY_LATE, /* the deadline came first */
	REQUEST_BODY_NOMEM
};

/* Where the body comes from: libfcgi, or a test. */
struct request_body {
	enum request_body_end (*read)(
	    void *ctx, size_t max, struct gate_buf *out);
	void *ctx;
};

/* Every span may be empty: absent and empty are the same to us, except
 * where has_length tells. */
struct request {
	struct gate_span role;
	struct gate_span method;
	struct gate_span uri; /* REQUEST_URI: raw, with the query */
	struct gate_span content_type;
	struct gate_span content_type_header;
	struct gate_span content_encoding;
	struct gate_span content_length;
	struct gate_span remote_addr;
	struct gate_span https;
	struct gate_span scheme;
	struct gate_span forwarded_proto;
	struct gate_span forwarded_for;
	struct gate_span user_agent;
	struct gate_span traceparent;
	struct gate_span if_none_match;
	struct gate_span authorization;
	struct gate_span idempotency_key;
	struct gate_span wp_timestamp;
	struct gate_span wp_signature;
	struct gate_span wp_key_id;
	struct gate_span x_signature;
	struct gate_span x_idempotency_key;
	struct gate_span edge_timestamp;
	struct gate_span edge_nonce;
	struct gate_span edge_signature;
	struct gate_span edge_key_id;

	char *const *params; /* all of them: request_headers */

	bool has_length; /* false: absent, empty or -1 (lighttpd, Caddy) */
	uint64_t length;
};

/*
 * Reads all params.
 *
 * params  NULL-terminated "NAME=value" strings; untrusted values
 * out     borrows from params
 * Returns OUTCOME_NONE. OUTCOME_HEADER_TWICE: a name that decides over trust
 *         stands twice (nginx sends a repeated header as two params, and
 *         FCGX_GetParam would show only the first). OUTCOME_MALFORMED: too
 *         many, too long, a control character, a role that is not
 *         RESPONDER, a CONTENT_LENGTH that is no number. *out is then not to
 *         be used.
 */
enum outcome request_params(
    char *const *params, struct request *out) GATE_MUSTCHECK;

/*
 * Reads the body, which must fit max, be as long as was announced, and not
 * be empty. Bytes are appended to out.
 *
 * Returns OUTCOME_NONE, OUTCOME_TOO_LARGE, _CUT_BODY, _LATE_BODY,
 * _EMPTY_BODY, _AWAY (memory).
 */
enum outcome request_read_body(const struct request *r,
    const struct request_body *body, size_t max,
    struct gate_buf *out) GATE_MUSTCHECK;

/*
 * All HTTP headers of a request, as CGI names them, without HTTP_: for
 * senders whose headers are not known here. Which of them may stand twice,
 * and what may stand in them, is for who reads them.
 *
 * out  borrows from the params
 * Returns how many.
 */
size_t request_headers(
    const struct request *r, struct gate_hook_header out[REQUEST_PARAMS_MAX]);

/* application/x-www-form-urlencoded, alone or with charset=utf-8. */
bool request_is_form(const struct request *r);
/* application/json, alone or with charset=utf-8. */
bool request_is_json(const struct request *r);

#endif

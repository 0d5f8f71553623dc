/*
 * The answer's bytes: status, headers and body, from an outcome. The only
 * place that knows HTTP statuses.
 */
#ifndef FCGI_REPLY_H
#define FCGI_REPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "fcgi/outcome.h"
#include "lib/buf.h"
#include "lib/codec.h"
#include "lib/err.h"
#include "lib/span.h"

/* Of a 429: what ran out, and when to come again. */
struct reply_limit {
	const char *name; /* NULL: nothing did */
	int64_t quota;
	int64_t window_s; /* that the quota is for; 0: for no time */
	int64_t wait_ms;
};

struct reply {
	enum outcome outcome;
	char request_id[GATE_UUID_TEXT]; /* ACCEPTED, DUPLICATE; "": none */
	const char *mount;               /* in front of Location; NULL: none */
	const char *allow;               /* BAD_METHOD: what is allowed */
	const char *restart;             /* GONE: the cursor to go on from */
	const char *etag;                /* FOUND, UNCHANGED; NULL: none */
	struct reply_limit limit;        /* RATE, BUSY */
	struct gate_span body;           /* FOUND, GREETED; borrowed */
	/* What a third party wants to hear instead, below 300. */
	int status;            /* 0: the outcome's */
	struct gate_span said; /* ACCEPTED, DUPLICATE; p NULL: their own */
	const char *media;     /* NULL: application/json */
};

/* The status that r is sent with. */
int reply_sent(const struct reply *r);

/*
 * Appends a CGI response (RFC 3875 section 6) with Content-Length. Every
 * answer is private and not to be stored. Errors are RFC 9457 problems.
 *
 * Returns GATE_OK, GATE_E_LIMIT or GATE_E_NOMEM (of out).
 */
enum gate_code reply_put(
    struct gate_buf *out, const struct reply *r) GATE_MUSTCHECK;

int reply_status(enum outcome o);
const char *reply_name(enum outcome o);
/* What a failure of ours looks like from outside. */
enum outcome reply_of_code(enum gate_code code);

#endif

/*
 * HTTP client; the only file that includes libcurl. Transfers run inside the
 * caller's loop: gate_http_wait waits for all of them and for the caller's
 * own descriptors at once.
 *
 * No redirects, no proxy (also not from the environment), no automatic
 * decompression, TLS verified always, HTTP(S) only, response counted in the
 * write callback and cut off at its maximum. HTTP/2 where a TLS server
 * offers it (ALPN), with as many transfers on a connection as it allows.
 */
#ifndef GATE_HTTP_H
#define GATE_HTTP_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/span.h"

struct gate_http; /* one loop's transfers: connections are reused */

/* May this numeric peer be connected to? ctx is the request's. */
typedef bool gate_http_allow(
    const struct sockaddr *peer, socklen_t n, void *ctx);

struct gate_http_request {
	const char *method;
	const char *url;            /* copied */
	const char *const *headers; /* "Name: value", no CR LF; copied */
	size_t header_count;
	struct gate_span body; /* copied */
	int64_t connect_timeout_ms;
	int64_t timeout_ms;
	size_t answer_max;   /* bytes of the body */
	const char *ca_file; /* PEM; who alone may sign; NULL: the system's */
	gate_http_allow *allow; /* NULL: any */
	void *ctx;              /* handed back with the answer */
};

enum gate_http_end {
	GATE_HTTP_ANSWERED, /* status is set */
	GATE_HTTP_REFUSED_ADDRESS,
	GATE_HTTP_CONNECT, /* resolve, connect, reset, protocol */
	GATE_HTTP_TLS,
	GATE_HTTP_TIMEOUT,
	GATE_HTTP_TOO_LARGE,
	GATE_HTTP_END_COUNT
};

struct gate_http_answer {
	enum gate_http_end end;
	int64_t status;
	struct gate_span body;           /* borrowed until _next or _free */
	struct gate_span retry_after;    /* header value, or empty */
	struct gate_span retry_after_ms; /* OpenAI's; or empty */
	struct gate_span request_id; /* x-request-id / request-id, or empty */
	struct gate_span content_type;
	struct gate_span should_retry; /* x-should-retry, or empty */
	int64_t duration_ms;
	char text[GATE_ERR_TEXT]; /* for people; "" when answered */
};

enum gate_code gate_http_new(size_t connections_max, struct gate_http **out,
    struct gate_err *err) GATE_MUSTCHECK;
/* Aborts what is under way. */
void gate_http_free(struct gate_http *h);

/*
 * GATE_OK: the answer will come. GATE_E_NOMEM; GATE_E_BAD: the URL is not
 * absolute http or https, or holds a user name or password, or a header is
 * malformed (err never shows either, since both may hold secrets).
 * The bytes are sent once at most: where libcurl would send them again
 * by itself, because a kept connection closed without an answer, the
 * transfer ends as GATE_HTTP_CONNECT, and trying again is the caller's.
 */
enum gate_code gate_http_start(struct gate_http *h,
    const struct gate_http_request *r, struct gate_err *err) GATE_MUSTCHECK;
size_t gate_http_under_way(const struct gate_http *h);

/* Waits at most timeout_ms for transfers or for extra[] (revents set). */
enum gate_code gate_http_wait(struct gate_http *h, struct pollfd *extra,
    size_t extra_count, int64_t timeout_ms,
    struct gate_err *err) GATE_MUSTCHECK;
/* True: *answer is one that has ended, with its request's *ctx. What it
 * borrows is valid until the next call. */
bool gate_http_next(
    struct gate_http *h, struct gate_http_answer *answer, void **ctx);

const char *gate_http_version(void);

#endif

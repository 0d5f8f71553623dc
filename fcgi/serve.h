/*
 * FastCGI: accepts, reads and answers one request at a time. The only user
 * of libfcgi, and the only place that knows its params and streams.
 */
#ifndef FCGI_SERVE_H
#define FCGI_SERVE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "fcgi/request.h"
#include "lib/buf.h"
#include "lib/err.h"

/* One request. Everything is borrowed and ends with `answer`. */
struct serve_request {
	char *const *params;
	struct request_body body;
	int64_t accepted_ms; /* monotonic */
};

/* What the loop calls. */
struct serve_calls {
	/* A request has come, and is not accepted yet. */
	void (*before)(void *ctx);
	/* Puts a whole CGI response into out. */
	void (*answer)(
	    void *ctx, const struct serve_request *r, struct gate_buf *out);
	/* The answer has left. */
	void (*after)(void *ctx);
	/* A peer broke the protocol before anything could be answered. */
	void (*broken)(void *ctx);
	/* How long a request's params and body may take, from accept. */
	int64_t (*read_ms)(void *ctx);
	void *ctx;
};

struct serve_settings {
	int listener;              /* non-blocking */
	int64_t requests_max;      /* then the loop ends; 0: never */
	const sigset_t *wait_mask; /* as gate_proc_signals made it */
};

/*
 * Serves until GATE_SIG_STOP, or until requests_max. A request in hand is
 * finished first. Silent, slow, stalled and kept connections cannot hold
 * it beyond their deadlines.
 *
 * Returns GATE_OK, or GATE_E_SYS (the listening socket is of no use),
 * GATE_E_NOMEM.
 */
enum gate_code serve_loop(const struct serve_settings *s,
    const struct serve_calls *calls, struct gate_err *err) GATE_MUSTCHECK;

/* An answer never needs more: a page of results is cut below it. */
#define SERVE_ANSWER_MAX (9u * 1024 * 1024)

#endif

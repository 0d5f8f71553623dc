/*
 * Signed events for the benchmarks: what a WordPress site posts when a post
 * is published, as a whole HTTP request, each with a key of its own.
 */
#ifndef BENCH_EVENT_H
#define BENCH_EVENT_H

#include <stdint.h>

#include "lib/buf.h"
#include "lib/crypto.h"
#include "lib/err.h"

struct event_maker {
	struct gate_hmac_key *key;
	int64_t now_s; /* signed time of all of them */
	int64_t made;
};

/*
 * path  a file with the relay secret
 * Returns GATE_OK, GATE_E_CONF, GATE_E_NOMEM, ...: err says why.
 */
enum gate_code event_maker_init(struct event_maker *m, const char *path,
    struct gate_err *err) GATE_MUSTCHECK;
void event_maker_clear(struct event_maker *m);

/*
 * Appends one request. All requests of a maker have the same length.
 * Returns GATE_OK, GATE_E_NOMEM, GATE_E_LIMIT (out is full), GATE_E_SYS.
 */
enum gate_code event_put(
    struct gate_buf *out, struct event_maker *m) GATE_MUSTCHECK;

#endif

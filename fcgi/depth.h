/*
 * How deep the queue is, as one word of shared memory: one responder of a
 * host counts now and then, all of them look. Nothing here asks the
 * database; who does says so before, so that the others need not.
 */
#ifndef FCGI_DEPTH_H
#define FCGI_DEPTH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"

#define DEPTH_COUNT_MAX ((INT64_C(1) << 24) - 1)
#define DEPTH_EVERY_MS 2000
/* What is older is not believed: nobody has asked, or nobody could. */
#define DEPTH_TRUST_MS 10000

/* Zeroes, or what others left. Whoever is killed leaves a whole word. */
struct depth {
	_Atomic uint64_t known; /* count, and when; 0: never counted */
	_Atomic int64_t asked_ms;
	uint64_t unused[6];
};

/* All times: monotonic, of one host. */

/* More than limit were there when it was counted, not long ago. */
bool depth_is_over(const struct depth *d, int64_t limit, int64_t now_ms);
/* True for one process in DEPTH_EVERY_MS: it is its turn to count. One that
 * is killed in it is followed by another, so much later. */
bool depth_is_mine(struct depth *d, int64_t now_ms) GATE_MUSTCHECK;
/* count  at most DEPTH_COUNT_MAX; more counts as that */
void depth_tell(struct depth *d, int64_t count, int64_t now_ms);

#endif

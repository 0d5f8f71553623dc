/*
 * Token buckets in shared memory, many and of fixed size: who sends more than
 * a limit allows is told to wait. Pure but for the memory: the time is given.
 *
 *	| key | set 0: 8 words | set 1: 8 words | ...
 *
 * A bucket is one 64-bit word: 20 bits that tell it from the others of its
 * set, and the instant at which it will be full again (the "theoretical
 * arrival time" of GCRA, ITU-T I.371 annex A). A word changes by one
 * compare-and-swap, so there is nothing to lock and nothing that a process
 * that is killed could leave half done; whoever is killed before has taken
 * nothing, and after it has taken one.
 *
 * A bucket that is full again is as good as none, so nothing is ever
 * cleared: the next one takes its word. Where all eight of a set are in use,
 * the fullest goes. So a sender gets rid of its own empty bucket only by
 * emptying seven others of the same set first, and which those are it cannot
 * know: set and bits come from a hash whose key was drawn when the memory
 * was made. Two senders share a bucket with a chance of 2^-34.
 */
#ifndef FCGI_BUCKETS_H
#define FCGI_BUCKETS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/limit.h"
#include "lib/span.h"

#define BUCKETS_WAYS 8 /* one cache line */
#define BUCKETS_SETS_BITS 14
#define BUCKETS_SETS (1u << BUCKETS_SETS_BITS)

struct buckets {
	_Atomic uint64_t key[2]; /* 0: not drawn yet */
	uint64_t unused[6];
	_Atomic uint64_t words[BUCKETS_SETS][BUCKETS_WAYS]; /* zero: free */
};

struct bucket_state {
	bool ok;
	int64_t left;    /* that could be taken at once now */
	int64_t wait_ms; /* until one can; 0 if ok */
};

/*
 * Draws the key if nobody has; several processes may at once, and all end
 * with the same. b is zeroes, or what others left.
 * Returns GATE_OK, or what gate_random does: then every bucket is without
 * limit.
 */
enum gate_code buckets_join(struct buckets *b) GATE_MUSTCHECK;

/*
 * Takes one token of who's bucket, if there is one.
 *
 * who     any bytes; borrowed
 * limit   may be another one each time: what is kept is the time
 * now_ms  monotonic, of the same clock in all processes
 * A sender that meets itself in eight processes in the same instant 64 times
 * over is let through.
 */
struct bucket_state buckets_take(struct buckets *b, struct gate_span who,
    const struct gate_limit *limit, int64_t now_ms);
/* The same without taking. */
struct bucket_state buckets_look(const struct buckets *b, struct gate_span who,
    const struct gate_limit *limit, int64_t now_ms);

#endif

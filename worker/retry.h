/*
 * When a failed call is tried again. Pure: time and randomness are given.
 */
#ifndef WORKER_RETRY_H
#define WORKER_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/route.h"
#include "lib/span.h"

/* No vendor may send us to sleep for longer. */
#define RETRY_AFTER_MAX_MS 3600000

struct retry_facts {
	const struct gate_policy *policy;
	int64_t attempt; /* tries of this step so far, from 1 */
	int64_t max_attempt;
	int64_t window_left_ms; /* until the step's window is over */
	int64_t retry_after_ms; /* what the peer asked for; -1: nothing */
	uint64_t random;        /* any value, all of them alike */
};

/*
 * Full jitter: rand(0, min(cap, base * factor^(attempt - 1))), and not
 * before the peer's Retry-After, which is cut to one hour and to the
 * window: one last try at its end is better than none.
 *
 * Returns true and the pause in *delay_ms; false, *delay_ms untouched, if
 * the attempts are used up or the next one would be past the window.
 */
bool retry_decide(
    const struct retry_facts *f, int64_t *delay_ms) GATE_MUSTCHECK;

/*
 * Reads Retry-After: seconds, also with a fraction, or an IMF-fixdate
 * (RFC 9110 sections 10.2.3 and 5.6.7; the two obsolete date forms are
 * taken for nothing). now_wall_ms is what a date is held against. Returns
 * 0 to RETRY_AFTER_MAX_MS, or -1 if value is empty or anything else.
 */
int64_t retry_after_parse(struct gate_span value, int64_t now_wall_ms);
/* The same for retry-after-ms: milliseconds, also with a fraction. */
int64_t retry_after_ms_parse(struct gate_span value);

#endif

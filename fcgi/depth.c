/*
 * The word that says how deep the queue is, and whose turn it is to count.
 * Of a word 40 bits are milliseconds since boot, plus one, and 24 the count.
 */
#include "config.h"

#include "fcgi/depth.h"

#define COUNT_BITS 24

bool
depth_is_over(const struct depth *d, int64_t limit, int64_t now_ms)
{
	uint64_t known = atomic_load_explicit(&d->known, memory_order_relaxed);
	int64_t at_ms = (int64_t)(known >> COUNT_BITS) - 1;

	return limit > 0 && known != 0 && now_ms - at_ms < DEPTH_TRUST_MS &&
	    (int64_t)(known & (uint64_t)DEPTH_COUNT_MAX) > limit;
}

bool
depth_is_mine(struct depth *d, int64_t now_ms)
{
	int64_t asked =
	    atomic_load_explicit(&d->asked_ms, memory_order_relaxed);

	if (asked != 0 && now_ms >= asked && now_ms - asked < DEPTH_EVERY_MS)
		return false;
	return atomic_compare_exchange_strong(&d->asked_ms, &asked, now_ms);
}

void
depth_tell(struct depth *d, int64_t count, int64_t now_ms)
{
	if (count > DEPTH_COUNT_MAX)
		count = DEPTH_COUNT_MAX;
	atomic_store_explicit(&d->known,
	    ((uint64_t)(now_ms + 1) << COUNT_BITS) | (uint64_t)count,
	    memory_order_relaxed);
}

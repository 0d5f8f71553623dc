/*
 * Token buckets: where one is, and what is in it. Does not know who is
 * limited, or by how much: that is fcgi/limits.c. The bits of a word:
 *
 *	| 20: tag | 44: when it will be full again, in ticks of 1/64 ms |
 *
 * 44 bits last for 8 years after boot; then times begin anew, and those of
 * before are farther ahead than any bucket can be, which counts as none.
 */
#include "config.h"

#include "fcgi/buckets.h"

#include <stddef.h>

#include "lib/crypto.h"
#include "lib/num.h"
#include "lib/siphash.h"

#define TICKS_PER_MS 64
#define TIME_BITS 44
#define TIME_MASK ((UINT64_C(1) << TIME_BITS) - 1)
#define NOW_RANK (UINT64_C(1) << (TIME_BITS - 1))
#define MINUTE_TICKS (UINT64_C(60000) * TICKS_PER_MS)
/* No bucket takes longer to fill: the largest at the slowest rate. */
#define LONGEST_TICKS (MINUTE_TICKS * GATE_LIMIT_BURST_MAX)
/* How often a compare-and-swap may be lost to others. */
#define TRIES 64

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "a word must need no lock");
_Static_assert(LONGEST_TICKS < TIME_MASK / 16, "times cannot be told apart");
_Static_assert(MINUTE_TICKS / GATE_LIMIT_RATE_MAX > 0, "a token takes time");

enum gate_code
buckets_join(struct buckets *b)
{
	uint64_t fresh[GATE_COUNT(b->key)], none;
	enum gate_code code = gate_random(fresh, sizeof(fresh));
	size_t i;

	if (code != GATE_OK)
		return code;
	for (i = 0; i < GATE_COUNT(fresh); i++) {
		none = 0;
		(void)atomic_compare_exchange_strong(
		    &b->key[i], &none, fresh[i] | 1);
	}
	return GATE_OK;
}

/* Where somebody's bucket is, or would be. */
struct place {
	size_t set;
	uint64_t tag; /* in its bits of the word */
	size_t way;
	uint64_t seen; /* the word there */
	uint64_t debt; /* ticks until it is full */
};

/* The instants of two words in their order, around now; 0, the first of all,
 * for what nobody can have put there. */
static uint64_t
rank(uint64_t word, uint64_t now)
{
	uint64_t r = (word - now + NOW_RANK) & TIME_MASK;

	return r > NOW_RANK + LONGEST_TICKS ? 0 : r;
}

static bool
locate(const struct buckets *b, struct gate_span who, struct place *p)
{
	uint64_t key[GATE_COUNT(b->key)], hash;
	size_t i;

	for (i = 0; i < GATE_COUNT(key); i++) {
		key[i] = atomic_load_explicit(&b->key[i], memory_order_relaxed);
		if (key[i] == 0)
			return false;
	}
	hash = gate_siphash(key, who);
	p->set = (size_t)(hash & (BUCKETS_SETS - 1));
	p->tag = hash & ~TIME_MASK;
	return true;
}

/* Its word, or the one that it may take: the one that is full first, the
 * first of equals, so that two who come at once want the same one, whatever
 * their clocks say, and one of them looks again. */
static void
find(const struct buckets *b, struct place *p, uint64_t now)
{
	const _Atomic uint64_t *words = b->words[p->set];
	uint64_t word, r, least = UINT64_MAX;
	size_t i;

	for (i = 0; i < BUCKETS_WAYS; i++) {
		word = atomic_load_explicit(&words[i], memory_order_relaxed);
		r = rank(word, now);
		if (r > NOW_RANK && (word & ~TIME_MASK) == p->tag) {
			p->way = i;
			p->seen = word;
			p->debt = r - NOW_RANK;
			return;
		}
		if (r < least) {
			least = r;
			p->way = i;
			p->seen = word;
		}
	}
	p->debt = 0;
}

/* What a token more makes of a debt. */
static struct bucket_state
weigh(uint64_t debt, const struct gate_limit *limit, uint64_t *step)
{
	uint64_t all;

	*step = MINUTE_TICKS / (uint64_t)limit->per_minute;
	all = *step * (uint64_t)limit->burst;
	if (debt + *step > all)
		return (struct bucket_state){
		    .wait_ms =
			(int64_t)((debt + *step - all + TICKS_PER_MS - 1) /
			    TICKS_PER_MS)};
	return (struct bucket_state){
	    .ok = true, .left = (int64_t)((all - debt) / *step)};
}

static bool
is_off(const struct gate_limit *l)
{
	GATE_ASSERT(l->per_minute <= GATE_LIMIT_RATE_MAX &&
	    l->burst <= GATE_LIMIT_BURST_MAX);
	return l->per_minute <= 0 || l->burst <= 0;
}

static uint64_t
ticks(int64_t ms)
{
	return ((uint64_t)ms * TICKS_PER_MS) & TIME_MASK;
}

struct bucket_state
buckets_take(struct buckets *b, struct gate_span who,
    const struct gate_limit *limit, int64_t now_ms)
{
	struct bucket_state s = {.ok = true};
	uint64_t now = ticks(now_ms), step, word;
	struct place p;
	int i;

	if (is_off(limit) || !locate(b, who, &p))
		return s;
	for (i = 0; i < TRIES; i++) {
		find(b, &p, now);
		s = weigh(p.debt, limit, &step);
		if (!s.ok)
			return s;
		s.left--;
		word = p.tag | ((now + p.debt + step) & TIME_MASK);
		if (atomic_compare_exchange_strong_explicit(
			&b->words[p.set][p.way], &p.seen, word,
			memory_order_relaxed, memory_order_relaxed))
			return s;
	}
	return s;
}

struct bucket_state
buckets_look(const struct buckets *b, struct gate_span who,
    const struct gate_limit *limit, int64_t now_ms)
{
	struct bucket_state s = {.ok = true};
	uint64_t now = ticks(now_ms), step;
	struct place p;

	if (is_off(limit) || !locate(b, who, &p))
		return s;
	find(b, &p, now);
	return weigh(p.debt, limit, &step);
}

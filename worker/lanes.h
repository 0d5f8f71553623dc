/*
 * Who is asked for next: the (lane, site) pairs, their low-water marks and
 * the fair order of asking. No I/O; times are given.
 *
 * High lanes are asked first, but every fourth claim begins with a lower
 * class, so that these get a share however much is due above them. One
 * eighth of the room is kept from the lower classes, so that an urgent job
 * need not wait for a slow one to end. Each site gets the same quota. What
 * is left over after that goes, at once, to the pairs that had more.
 *
 * Pairs that gave nothing the last time are asked for one job each on top
 * of what there is room for, since most of them have none: with many quiet
 * sites nobody waits for his turn. So a claim may bring more for a service
 * than it takes; the caller releases the rest, once.
 */
#ifndef WORKER_LANES_H
#define WORKER_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/route.h"

#define LANES_PAIRS_MAX 256    /* in one claim */
#define LANES_SWEEP_MS 15000   /* a pair is asked without its mark this often */
#define LANES_SLACK_US 5000000 /* a commit may be this late for its due_at */

struct lanes_pair {
	int32_t lane, site;
	enum gate_urgency urgency;
	size_t service; /* index that the caller chose */
	bool paused;    /* not asked for */

	/* lanes.c's own; zeroed by the caller */
	size_t group;
	int64_t share; /* pairs that this site has in its class */
	int64_t mark_us;
	int64_t swept_ms;
	bool hot;  /* gave a job the last time */
	bool full; /* gave its whole quota the last time */
};

struct lanes;

/*
 * pairs is copied; service of each is below service_count.
 * GATE_E_NOMEM.
 */
enum gate_code lanes_new(const struct lanes_pair *pairs, size_t count,
    size_t service_count, struct lanes **out) GATE_MUSTCHECK;
void lanes_free(struct lanes *l);
size_t lanes_count(const struct lanes *l);
/* To set paused, or to look. i < lanes_count. */
struct lanes_pair *lanes_at(struct lanes *l, size_t i);

/* What is there to fill. */
struct lanes_room {
	size_t slots; /* jobs that the worker holds at most */
	size_t total; /* jobs that this claim may bring at most */
	size_t held[GATE_URGENCY_COUNT]; /* jobs in hand, by class */
	const size_t *service_free;      /* calls each service still takes */
};

/* One claim: what to ask, and later what came. */
struct lanes_plan {
	size_t count; /* 0: nobody is to be asked */
	size_t total;
	bool again; /* only pairs that had more */
	int64_t asked_ms;
	size_t pair[LANES_PAIRS_MAX]; /* index for lanes_at */
	int32_t quota[LANES_PAIRS_MAX];
	int64_t mark_us[LANES_PAIRS_MAX];
	/* filled by lanes_got */
	size_t got[LANES_PAIRS_MAX];
	int64_t first_due_us[LANES_PAIRS_MAX];
	size_t got_count;
	int64_t now_us; /* the database's clock; 0: no row told it */
};

void lanes_ask(struct lanes *l, const struct lanes_room *room, int64_t now_ms,
    struct lanes_plan *plan);
/* For each row of the claim, in any order. position from 0. */
void lanes_got(
    struct lanes_plan *plan, size_t position, int64_t due_us, int64_t now_us);
/*
 * Learns from a claim that went through. Returns true if some pair had more
 * than its quota: then ask again at once.
 */
bool lanes_learn(struct lanes *l, const struct lanes_plan *plan);

#endif

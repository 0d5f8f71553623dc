/*
 * Out of the spool, into the database, in the order in which it came.
 */
#ifndef FCGI_DRAIN_H
#define FCGI_DRAIN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "fcgi/child.h"
#include "fcgi/lookup.h"
#include "fcgi/settings.h"
#include "fcgi/spool.h"
#include "lib/db.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/metrics.h"

/* With what. */
struct drain {
	struct spool *spool;
	struct gate_db *db;
	struct lookup *lookup;
	struct gate_log *log;
	struct gate_metrics *metrics;
	size_t drained; /* so far */
	size_t later;   /* files that could not go out, and stay */
};

/*
 * Stores what is in the spool, oldest first, until it is empty, time is up or
 * the database is away; nothing, if another process does. What the database
 * does not know yet (names: `pressgate apply` is under way) or refuses stays
 * for the next time; what is not what was written is set aside.
 *
 * Whoever is killed in it has stored a delivery and not removed its file:
 * the next one stores it again, and the database knows its event ids.
 *
 * until_ms  monotonic
 * Returns GATE_OK, or what failed: everything that is left is there still.
 */
enum gate_code drain_run(
    struct drain *d, int64_t until_ms, struct gate_err *err) GATE_MUSTCHECK;

/* ---- the pool's process for it ---------------------------------------- */

/* Of the pre-fork parent: at most one child that drains, and none while
 * there is nothing to drain. */
struct drainer {
	pid_t pid; /* 0: none */
	int64_t look_ms;
	int64_t pause_ms;
};

#define DRAINER_PAUSE_MIN_MS 1000
#define DRAINER_PAUSE_MAX_MS 8000

/* Looks, if it is time; forks, if there is something. */
void drainer_tick(struct drainer *d, const struct child_start *start,
    struct settings *settings);
/* True: it was that one, which has ended. */
bool drainer_reap(struct drainer *d, pid_t pid, int status);
/* It may be killed at any instant, and is: settings change, or all ends. */
void drainer_stop(struct drainer *d);
/* When drainer_tick wants to be called next; -1: never. */
int64_t drainer_wait_ms(
    const struct drainer *d, const struct settings *settings);

#endif

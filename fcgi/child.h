/*
 * A serving process: one of the pool's, or the only one on fd 0.
 */
#ifndef FCGI_CHILD_H
#define FCGI_CHILD_H

#include <signal.h>

#include "fcgi/group.h"
#include "fcgi/limits.h"
#include "fcgi/listener.h"
#include "fcgi/settings.h"
#include "lib/conf.h"
#include "lib/db.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/metrics.h"

struct child_start {
	const char *conf_path;
	const struct listener *listener;
	const sigset_t *wait_mask;
	struct gate_log *log;
	struct gate_metrics *metrics;
	struct limits *limits;
};

/*
 * seat      where it meets the other children; NULL: there are none
 * settings  taken over
 *
 * Serves until told to stop. Alone (listener->alone) it also looks at the
 * generation file before each request and swaps its settings when they
 * changed; in the pool the parent does that by new children.
 *
 * Returns what a process should exit with.
 */
int child_run(const struct child_start *start, const struct group_seat *seat,
    struct settings *settings);

/* The responder's connection, which is made when it is first used. */
enum gate_code child_open_db(const struct gate_conf_database *c,
    struct gate_db **out, struct gate_err *err) GATE_MUSTCHECK;

#endif

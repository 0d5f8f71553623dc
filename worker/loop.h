/*
 * The worker: one process, one wait for everything. Owns struct worker and
 * the stages of its life; what happens in a stage is in the files that take
 * a struct worker:
 *
 *	asks.c		the asking connection: beats, claims, leases
 *	flush.c		the telling connection: finishes in batches
 *	course.c	one job from claim to finish
 */
#ifndef WORKER_LOOP_H
#define WORKER_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/catalog.h"
#include "lib/http.h"
#include "lib/log.h"
#include "lib/metrics.h"
#include "worker/job.h"
#include "worker/lanes.h"
#include "worker/peers.h"
#include "worker/queue.h"
#include "worker/settings.h"
#include "worker/setup.h"
#include "worker/tally.h"

/* Exit codes of the program. */
enum { EXIT_TROUBLE = 1, EXIT_USAGE = 2, EXIT_CONFIG = 3 };

enum stage {
	STAGE_RUNNING,   /* claims and calls */
	STAGE_STOPPING,  /* no claims; calls in hand may end */
	STAGE_RELEASING, /* what has not ended is given back, results flushed */
	STAGE_LEAVING,   /* worker_stop() */
	STAGE_GONE
};

struct asks {
	struct queue q;
	int64_t gone_ms; /* when asks_go last looked */

	/* beats.c */
	struct peers peers;
	struct peer suspect; /* id 0: nobody is to be taken over */
	int64_t beat_ms;     /* when the next is due */
	int64_t beat_begun_ms;
	bool told_stop;

	/* leases.c */
	int64_t renew_ms; /* not before */
	int64_t renew_begun_ms;
	int64_t renew_lease_ms;
	int64_t lease_first_ms; /* no lease needs it before; 0: look */

	/* doubt.c */
	int doubts;       /* how often to ask yet; 0: no doubt */
	int64_t doubt_ms; /* not before */

	/* places.c */
	struct lanes *lanes; /* NULL: no catalog yet */
	int64_t catalog_ms;  /* when it is to be read again; 0: not */
	int64_t paused_ms;

	int64_t janitor_ms; /* janitor.c: when it is due */

	/* pace.c */
	struct lanes_plan plan;
	int64_t claim_ms; /* when the next is due */
	int64_t claim_begun_ms;
	int64_t idle_ms;    /* pause after a claim that brought nothing */
	size_t quiet_pairs; /* asked in vain, one after another */
};

struct flush {
	struct queue q;
	struct job_list list; /* FINISHED, oldest first */
	size_t batch_count;   /* the first so many are on their way */
	size_t batch_max;     /* shrinks while the database is slow */
	int64_t since_ms;     /* when the oldest came */
	int64_t settled_ms;   /* when a finish went through last */
};

struct counts {
	int64_t done, retried, died, fenced;
};

struct worker {
	const struct settings *settings;
	const struct gate_log *log;
	struct gate_metrics *metrics;
	struct setup *setup;
	struct setup *next_setup;     /* reloaded, not yet in force */
	struct gate_catalog *catalog; /* NULL: not read yet */
	struct gate_http *http;
	struct asks asks;
	struct flush flush;
	struct job_list calls; /* CLAIMED and CALLING */
	struct tally calling;  /* the latter, by service */
	struct counts counts;
	int64_t id; /* 0: not registered yet */
	int signal_fd, poke_fd;
	enum stage stage;
	int64_t started_ms;
	int64_t stage_by_ms; /* when the stage is over at the latest */
	int exit_code;
};

/*
 * Runs until a signal, the end of a --once run, or a failure that nothing
 * here can mend. Takes over setup. Returns the exit code.
 */
int loop_run(const struct settings *settings, const struct gate_log *log,
    struct gate_metrics *metrics, struct setup *setup);

/* Jobs in hand: every one of them has a lease. */
size_t loop_held(const struct worker *w);

#endif

/*
 * The telling connection: finished jobs are told to the database in
 * batches. While it is away they stay here, and with them their slots, so
 * that no more is claimed than can be kept.
 */
#ifndef WORKER_TELLS_H
#define WORKER_TELLS_H

#include <stdbool.h>
#include <stdint.h>

#include "worker/job.h"
#include "worker/loop.h"

/* Takes over a FINISHED job with its item. */
void tells_put(struct worker *w, struct job *j);
/* Drops a job that was claimed anew: at once, or when the finish that its
 * item is in has ended without settling it. */
void tells_drop(struct worker *w, struct job *j);

/* Counts a job that turned out not to be ours any more. */
void tells_fenced(struct worker *w);

/* Begins a finish if one is due, and looks after one under way. */
void tells_go(struct worker *w, int64_t now_ms);
void tells_step(struct worker *w, int64_t now_ms);
/* When tells_go wants to be called again. */
int64_t tells_wake_ms(const struct worker *w);

#endif

/*
 * The telling connection: finished jobs are told to the database in
 * batches. While it is away they stay here, and with them their slots, so
 * that no more is claimed than can be kept.
 */
#ifndef WORKER_FLUSH_H
#define WORKER_FLUSH_H

#include <stdbool.h>
#include <stdint.h>

#include "worker/job.h"
#include "worker/loop.h"

/* Takes over a FINISHED job with its item. */
void flush_put(struct worker *w, struct job *j);
/* Drops a job that was claimed anew: at once, or when the finish that its
 * item is in has ended without settling it. */
void flush_drop(struct worker *w, struct job *j);

/* Counts a job that turned out not to be ours any more. */
void flush_fenced(struct worker *w);

/* Begins a finish if one is due, and looks after one under way. */
void flush_go(struct worker *w, int64_t now_ms);
void flush_step(struct worker *w, int64_t now_ms);
/* When flush_go wants to be called again. */
int64_t flush_wake_ms(const struct worker *w);

#endif

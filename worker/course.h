/*
 * The course of one job: from its claim to the item that settles it.
 */
#ifndef WORKER_COURSE_H
#define WORKER_COURSE_H

#include "lib/http.h"
#include "worker/job.h"
#include "worker/loop.h"

/* Takes over a fresh job: calls, or ends it at once. */
void course_begin(struct worker *w, struct job *j);
/* The answer to j's call has come. */
void course_answer(
    struct worker *w, struct job *j, const struct gate_http_answer *a);
/* Gives a job back untouched; its call, if any, must have been aborted. */
void course_release(struct worker *w, struct job *j);
/* The item was refused by the database, alone: bury the job instead, or, if
 * that was refused too, drop it (its lease runs out). j is in no list. */
void course_refused(struct worker *w, struct job *j, const char *why);

#endif

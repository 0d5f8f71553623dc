/*
 * Leases that are about to end although their jobs are still in hand: a
 * call ends before its lease, but its result may wait for the database.
 */
#ifndef WORKER_LEASES_H
#define WORKER_LEASES_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/db.h"
#include "worker/loop.h"

/* A job more is in hand. */
void leases_note(struct worker *w, const struct job *j);
/* Before leases_is_due is asked: finds out which lease is the first. */
void leases_look(struct worker *w, int64_t now_ms);

bool leases_is_due(const struct worker *w, int64_t now_ms);
void leases_begin(struct worker *w, int64_t now_ms);
void leases_done(struct worker *w, enum gate_code rc,
    const struct gate_rows *rows, int64_t now_ms);

#endif

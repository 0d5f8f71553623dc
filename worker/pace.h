/*
 * When to claim and how much: the pace between busy and idle, the room that
 * is left, and what happens to the rows.
 */
#ifndef WORKER_PACE_H
#define WORKER_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/db.h"
#include "worker/loop.h"

bool pace_is_due(const struct worker *w, int64_t now_ms);
void pace_begin(struct worker *w, int64_t now_ms);
void pace_done(struct worker *w, enum gate_code rc,
    const struct gate_rows *rows, int64_t now_ms);

/* Somebody says that there is work. */
void pace_poke(struct worker *w, int64_t now_ms);

/* True if every pair was asked in vain since the last job ended: a --once
 * run has nothing left to do. */
bool pace_are_quiet(const struct worker *w);

#endif

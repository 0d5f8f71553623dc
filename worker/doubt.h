/*
 * Claims whose answer got lost: the database may have leased jobs to us that
 * we know nothing of. They would wait for their leases to end, and have lost
 * a try; so they are given back.
 */
#ifndef WORKER_DOUBT_H
#define WORKER_DOUBT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/db.h"
#include "worker/loop.h"

/* A claim was sent and not answered. */
void doubt_note(struct worker *w);

bool doubt_is_due(const struct worker *w, int64_t now_ms);
void doubt_begin(struct worker *w, int64_t now_ms);
void doubt_done(struct worker *w, enum gate_code rc,
    const struct gate_rows *rows, int64_t now_ms);

#endif

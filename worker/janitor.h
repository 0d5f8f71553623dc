/*
 * Housekeeping that the database needs from time to time. So far: event
 * partitions made ahead, without which accepting would end one day.
 */
#ifndef WORKER_JANITOR_H
#define WORKER_JANITOR_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/db.h"
#include "worker/loop.h"

/* At start and once a day; an hour after a failure. */
bool janitor_is_due(const struct worker *w, int64_t now_ms);
void janitor_begin(struct worker *w, int64_t now_ms);
void janitor_done(struct worker *w, enum gate_code rc,
    const struct gate_rows *rows, int64_t now_ms);

#endif

/*
 * The asking connection: the catalog, our beat, other workers' silence,
 * leases that need renewing, what is paused, and claims. One statement at a
 * time, the most urgent first.
 */
#ifndef WORKER_ASKS_H
#define WORKER_ASKS_H

#include <stdint.h>

#include "worker/loop.h"

/* Begins what is due, and looks after what is under way. */
void asks_go(struct worker *w, int64_t now_ms);
void asks_step(struct worker *w, int64_t now_ms);
/* When asks_go wants to be called again. */
int64_t asks_wake_ms(const struct worker *w);

#endif

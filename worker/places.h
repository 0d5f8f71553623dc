/*
 * Where work can come from: the catalog, the pairs that it gives with the
 * configuration, and which of them operators have paused. A reloaded
 * configuration comes into force here, together with a fresh catalog.
 */
#ifndef WORKER_PLACES_H
#define WORKER_PLACES_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/db.h"
#include "worker/loop.h"

bool places_catalog_is_due(const struct worker *w, int64_t now_ms);
void places_catalog_begin(struct worker *w, int64_t now_ms);
void places_catalog_done(struct worker *w, enum gate_code rc,
    const struct gate_rows *rows, int64_t now_ms);
bool places_paused_is_due(const struct worker *w, int64_t now_ms);
void places_paused_begin(struct worker *w, int64_t now_ms);
void places_paused_done(struct worker *w, enum gate_code rc,
    const struct gate_rows *rows, int64_t now_ms);

#endif

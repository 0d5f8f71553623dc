/*
 * Being a worker among others: getting an identity, saying every five
 * seconds that we live, taking over from those who do not, leaving. Each is
 * one statement of the asking connection (see asks.c).
 */
#ifndef WORKER_BEATS_H
#define WORKER_BEATS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/db.h"
#include "worker/loop.h"

bool beats_start_is_due(const struct worker *w, int64_t now_ms);
void beats_start_begin(struct worker *w, int64_t now_ms);
void beats_start_done(struct worker *w, enum gate_code rc,
    const struct gate_rows *rows, int64_t now_ms);
bool beats_beat_is_due(const struct worker *w, int64_t now_ms);
void beats_beat_begin(struct worker *w, int64_t now_ms);
void beats_beat_done(struct worker *w, enum gate_code rc,
    const struct gate_rows *rows, int64_t now_ms);
bool beats_takeover_is_due(const struct worker *w, int64_t now_ms);
void beats_takeover_begin(struct worker *w, int64_t now_ms);
void beats_takeover_done(struct worker *w, enum gate_code rc,
    const struct gate_rows *rows, int64_t now_ms);
bool beats_stop_is_due(const struct worker *w, int64_t now_ms);
void beats_stop_begin(struct worker *w, int64_t now_ms);
void beats_stop_done(struct worker *w, enum gate_code rc,
    const struct gate_rows *rows, int64_t now_ms);

#endif

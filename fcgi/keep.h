/*
 * What becomes of a delivery that holds while the database is away: it goes
 * to the spool, if its sender would not bring it again.
 */
#ifndef FCGI_KEEP_H
#define FCGI_KEEP_H

#include <stdbool.h>

#include "fcgi/inbox.h"
#include "fcgi/visit.h"
#include "lib/err.h"
#include "lib/limit.h"

/* Whether anybody of that configuration may send something for the spool. */
bool keep_is_needed(const struct gate_conf *c);

/* Whether a failed call means that it is kept. */
bool keep_is_due(const struct visit *v, enum gate_code code,
    enum gate_away policy) GATE_MUSTCHECK;

/*
 * Keeps a delivery of v->site; its ids of the database need not be known.
 *
 * source    NULL: of the own doors
 * receipts  event_count of them, written only on GATE_OK: all accepted
 * Returns GATE_OK: it is on disk, and v->err and v->why say so; else what is
 * to be answered: GATE_E_DB_RETRY, v->err has the reason.
 */
enum gate_code keep_delivery(struct visit *v, const struct inbox_delivery *d,
    const char *source, struct inbox_receipt *receipts) GATE_MUSTCHECK;

#endif

/*
 * Plain events and the parameters of ingest_plain(), which takes many of
 * them. A record is one event in PostgreSQL's binary form of its type
 * plain_event; an array of them is their bytes one behind the other.
 */
#ifndef FCGI_PLAIN_H
#define FCGI_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fcgi/inbox.h"
#include "lib/buf.h"
#include "lib/db.h"
#include "lib/err.h"
#include "lib/span.h"

#define PLAIN_PARAMS 2

/* Buffers keep their memory. */
struct plain {
	struct gate_buf record;
	struct gate_buf array;
	struct gate_param v[PLAIN_PARAMS];
};

void plain_init(struct plain *p);
void plain_clear(struct plain *p);

/* One event, at most one job, neither serial nor to be merged. */
bool plain_is(const struct inbox_delivery *d);

/* Makes p->record of a plain delivery. GATE_E_LIMIT, GATE_E_NOMEM. */
enum gate_code plain_put(
    struct plain *p, const struct inbox_delivery *d) GATE_MUSTCHECK;

/*
 * Makes p->v of records of plain_put(), p->record or other processes'.
 *
 * type  gate_catalog_plain_type()
 * Returns GATE_OK; GATE_E_BAD (not a record); GATE_E_LIMIT, GATE_E_NOMEM.
 */
enum gate_code plain_params(struct plain *p, uint32_t type,
    const struct gate_span *records, size_t count) GATE_MUSTCHECK;

#endif

/*
 * A delivery as a record for the spool, and back: all that inbox_store takes,
 * with names where it has ids of the database, which may not be known while
 * it is away, and with the time at which it came.
 */
#ifndef FCGI_SPOOLED_H
#define FCGI_SPOOLED_H

#include <stddef.h>
#include <stdint.h>

#include "fcgi/inbox.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/route.h"
#include "lib/span.h"

/* By what name the database knows a job's route and lane. */
struct spooled_names {
	const char *route;
	const char *service;
	enum gate_urgency urgency;
};

struct spooled {
	struct inbox_delivery delivery; /* its ids are 0 */
	const char *site;
	const char *source; /* NULL: the own doors */
	struct inbox_event *events;
	struct inbox_job *jobs;
	struct spooled_names *names; /* one for each job */
};

/*
 * Appends the record of a delivery, whose jobs say what route they are of.
 * Returns GATE_OK, GATE_E_LIMIT, GATE_E_NOMEM.
 */
enum gate_code spooled_put(struct gate_buf *b, const struct inbox_delivery *d,
    const char *site, const char *source) GATE_MUSTCHECK;

/*
 * Reads a record.
 *
 * in   what spooled_put wrote; anything else is refused
 * out  borrows from in; to be cleared if and only if GATE_OK
 * Returns GATE_OK, GATE_E_BAD, GATE_E_NOMEM.
 */
enum gate_code spooled_get(
    struct gate_span in, struct spooled *out) GATE_MUSTCHECK;
void spooled_clear(struct spooled *s);

#endif

/*
 * Probes: does this process answer, and could it store an event.
 */
#ifndef FCGI_STATUS_H
#define FCGI_STATUS_H

#include "fcgi/outcome.h"
#include "fcgi/visit.h"
#include "lib/err.h"

/* GET /livez: FOUND whenever a child answers at all. */
enum outcome status_live(struct visit *v) GATE_MUSTCHECK;
/* GET /readyz: FOUND, or AWAY. Asks the database at most once a second,
 * since nobody has to authenticate here. */
enum outcome status_ready(struct visit *v) GATE_MUSTCHECK;

#endif

/*
 * Whether an event fits the schema of its type, and what becomes of one that
 * does not: the site says so. A stage of fcgi/ingest.c.
 */
#ifndef FCGI_FIT_H
#define FCGI_FIT_H

#include "fcgi/delivery.h"
#include "fcgi/outcome.h"

/* An event type that no configuration names. OUTCOME_NONE or
 * OUTCOME_UNKNOWN_EVENT. */
enum outcome fit_unknown(struct delivery *d) GATE_MUSTCHECK;

/*
 * Holds the body against the schema, where there is one, and changes what is
 * to be stored as it says. OUTCOME_NONE, OUTCOME_UNFIT, or what a failure of
 * ours looks like. In the visit stand keyword and place of what did not hold.
 */
enum outcome fit_schema(struct delivery *d) GATE_MUSTCHECK;

/* Makes the jobs what the fate of the event says, once there are some. */
void fit_jobs(struct delivery *d);

#endif

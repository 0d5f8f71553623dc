/*
 * What pressgate-fcgi counts: one counter for each outcome and the time
 * that answers take.
 */
#ifndef FCGI_COUNTERS_H
#define FCGI_COUNTERS_H

#include <stdint.h>

#include "fcgi/outcome.h"
#include "lib/metrics.h"

/* Indices into counters_table: first the outcomes, by their numbers. */
enum {
	COUNTERS_SECONDS = OUTCOME_COUNT,
	COUNTERS_STARTS,
	COUNTERS_BROKEN,
	COUNTERS_SPOOLED,
	COUNTERS_DRAINED,
	COUNTERS_SET_ASIDE,
	COUNTERS_COUNT
};

extern const struct gate_metric counters_table[COUNTERS_COUNT];

#endif

/*
 * Time. Wall time is for signatures, logs and ids; the monotonic clock is
 * for deadlines. Due times and leases use the database's clock only.
 */
#ifndef GATE_CLOCK_H
#define GATE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/span.h"

int64_t gate_wall_ms(void); /* since 1970, UTC */
int64_t gate_mono_ms(void); /* since some fixed instant, never backwards */

#define GATE_TIME_TEXT 25 /* "2026-11-22T06:30:00.123Z" and a NUL */

/* RFC 3339 UTC with milliseconds. Years 1970 to 9999; others print as the
 * nearest of the two. */
void gate_time_text(int64_t wall_ms, char dst[GATE_TIME_TEXT]);

/*
 * Parses an RFC 3339 date-time: any offset, 0 to 9 fraction digits (cut to
 * milliseconds), 'T' and 'Z' in either case, no leap second. False, *out
 * untouched, on anything else.
 */
bool gate_time_parse(struct gate_span in, int64_t *out_wall_ms) GATE_MUSTCHECK;

#endif

/*
 * Numbers with a unit, as the configuration writes them.
 */
#ifndef GATE_CONF_UNIT_H
#define GATE_CONF_UNIT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/span.h"

/*
 * Each takes digits and, but for a count, exactly one
 * unit: "500ms" "15s" "2m" "1h" "7d"; "4096" "256k" "1m" (bytes); "0" needs
 * none. False, *out untouched, on anything else or on overflow.
 */
bool gate_conf_duration_ms(struct gate_span in, int64_t *out) GATE_MUSTCHECK;
bool gate_conf_size(struct gate_span in, int64_t *out) GATE_MUSTCHECK;

#define GATE_CONF_UNIT_TEXT 32
/* In the largest unit that gives a whole number. */
void gate_conf_duration_text(int64_t ms, char dst[GATE_CONF_UNIT_TEXT]);
void gate_conf_size_text(int64_t bytes, char dst[GATE_CONF_UNIT_TEXT]);

#endif

/* W3C Trace Context level 1: the traceparent header. */
#ifndef GATE_TRACE_H
#define GATE_TRACE_H

#include <stdbool.h>

#include "lib/err.h"
#include "lib/span.h"

#define GATE_TRACEPARENT_TEXT 56 /* 55 characters and a NUL */

struct gate_trace {
	unsigned char trace_id[16];
	unsigned char span_id[8];
	unsigned char flags;
};

/* Version 00 exactly, lower case, ids not all zero. False, *out untouched,
 * otherwise: the caller then makes a new one. */
bool gate_trace_parse(
    struct gate_span in, struct gate_trace *out) GATE_MUSTCHECK;
/* New random ids, flags 0. */
enum gate_code gate_trace_new(struct gate_trace *out) GATE_MUSTCHECK;
/* Same trace, new span id. */
enum gate_code gate_trace_child(
    const struct gate_trace *parent, struct gate_trace *out) GATE_MUSTCHECK;
void gate_trace_text(
    const struct gate_trace *t, char dst[GATE_TRACEPARENT_TEXT]);

#endif

/*
 * Takes a secret out of text that is going to be kept. A vendor's error page
 * may echo the key it was called with.
 */
#ifndef WORKER_REDACT_H
#define WORKER_REDACT_H

#include "lib/buf.h"
#include "lib/span.h"

/* Appends text with "***" for each occurrence of the secret. An empty
 * secret occurs nowhere. Failures stick in out. */
void redact_put(
    struct gate_buf *out, struct gate_span text, struct gate_span secret);

/* The same for JSON text: the secret as JSON writes it is taken out too. */
void redact_put_json(
    struct gate_buf *out, struct gate_span text, struct gate_span secret);

/* In place; text is NUL-terminated. The result is cut to what fits. */
void redact_text(char *text, size_t size, struct gate_span secret);

#endif

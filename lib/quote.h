/*
 * Any bytes as the inside of a JSON string. Apart from json.h, because the
 * log quotes too and must not depend on json-c.
 *
 * Escaped besides what RFC 8259 demands: DEL and the C1 controls, the line
 * and paragraph separators and the marks that turn the direction of text.
 * A reader of the JSON gets the same value, a terminal or a browser that
 * shows it raw cannot be fooled by it. Bytes that are no UTF-8 are written
 * as U+FFFD, one for each byte.
 */
#ifndef GATE_QUOTE_H
#define GATE_QUOTE_H

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/span.h"

/* Appends s escaped, without quotes; with quotes. */
enum gate_code gate_quote_escape(struct gate_buf *b, struct gate_span s);
enum gate_code gate_quote_put(struct gate_buf *b, struct gate_span s);

#endif

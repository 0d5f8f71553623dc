/*
 * Text out of HTML.
 */
#ifndef GATE_HTML_H
#define GATE_HTML_H

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/span.h"

/*
 * Appends the text of some HTML: no tags, no comments, nothing of script,
 * style and their like; a line's end where a block begins or ends and the
 * text goes on. References such as &lt; stay what they are.
 *
 * What is appended has no '<' that a browser would take for the beginning of
 * anything, whatever came in, is never longer than in, and is not changed by
 * being stripped again.
 *
 * in  UTF-8; any text
 * Returns the buffer's code. Time: linear.
 * Source: HTML Living Standard, section 13.2.5 Tokenization.
 */
enum gate_code gate_html_strip(
    struct gate_span in, struct gate_buf *out) GATE_MUSTCHECK;

#endif

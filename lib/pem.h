/*
 * The frame of a PEM text (RFC 7468): which block it is and what stands in
 * it. Knows nothing about keys.
 */
#ifndef GATE_PEM_H
#define GATE_PEM_H

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/span.h"

/*
 * text   untrusted; exactly one block from its first byte to its last, but
 *        for white space after it; lines end with LF or CRLF
 * label  what stands after BEGIN, and again after END; borrows from text
 * der    the decoded bytes are appended (wiping them is the caller's)
 * Returns GATE_OK, GATE_E_BAD (frame, headers inside, base64 of another
 *         length than a line may have, nothing in it, something after it),
 *         or der's failure. On failure *label is untouched and der's length
 *         is what it was; err says what was expected, never the content.
 * Source: RFC 7468 section 3, the strict form; lines of up to 76 characters.
 */
enum gate_code gate_pem_parse(struct gate_span text, struct gate_span *label,
    struct gate_buf *der, struct gate_err *err) GATE_MUSTCHECK;

#endif

/*
 * Bodies of application/x-www-form-urlencoded, read strictly.
 */
#ifndef GATE_FORM_H
#define GATE_FORM_H

#include <stddef.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/span.h"

/* More than any provider sends; bounds work and memory after us. */
#define GATE_FORM_FIELDS_MAX 1000

struct gate_form_field {
	struct gate_span name; /* at least one byte */
	struct gate_span value;
};

struct gate_form {
	struct gate_form_field *list; /* in the order of the body */
	size_t count;
	struct gate_buf text; /* what the fields borrow from */
};

/*
 * in   untrusted; any bytes, any length
 * out  decoded: '+' is a space, %XX a byte; owned, to be cleared. Any bytes
 *      but NUL: whether they are UTF-8 is not looked at
 * Returns GATE_OK; GATE_E_BAD: a field without '=' or without a name, an
 *         empty one (as after a last '&'), a bad escape, a NUL, a byte that
 *         an encoder must escape (controls, space, above 0x7e);
 *         GATE_E_LIMIT (fields); GATE_E_NOMEM. *out is then untouched.
 * Source: WHATWG URL, section 5, of which it takes what serializers write.
 */
enum gate_code gate_form_parse(
    struct gate_span in, struct gate_form *out) GATE_MUSTCHECK;
void gate_form_clear(struct gate_form *f);

/* The one field of that name; false if there is none, or more than one. */
bool gate_form_get(const struct gate_form *f, const char *name,
    struct gate_span *out) GATE_MUSTCHECK;

/*
 * Appends the fields as a JSON object of strings; of a name that came more
 * than once, an array in the order of the body. Bytes that are no UTF-8
 * become U+FFFD, and names that are then equal are taken for one.
 *
 * GATE_OK, GATE_E_LIMIT, GATE_E_NOMEM (also of out).
 */
enum gate_code gate_form_json(
    const struct gate_form *f, struct gate_buf *out) GATE_MUSTCHECK;

#endif

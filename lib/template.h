/*
 * Templates: text with {{/json/pointer|filter|...}} holes, filled from one
 * JSON document. A hole that points at nothing is an error unless its
 * filters give a default. Filters so far:
 *
 *	json            the value as JSON text (a string with its quotes)
 *	text            strings bare, numbers and booleans as JSON
 *	                writes them (this is what no filter means)
 *	default:WORD    WORD when nothing (or null) stands there
 *	lower upper trim truncate:N uri date hash
 *
 * In a template whose output is JSON, a hole inside a JSON string needs
 * `json_escape` (as json, without the quotes).
 */
#ifndef GATE_TEMPLATE_H
#define GATE_TEMPLATE_H

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/span.h"

struct gate_template;

/* Parses and checks every hole. GATE_E_BAD: err names the hole's number and
 * what is wrong. text is copied. */
enum gate_code gate_template_new(struct gate_span text,
    struct gate_template **out, struct gate_err *err) GATE_MUSTCHECK;
void gate_template_free(struct gate_template *t);

/*
 * Appends the filled text. GATE_E_UNKNOWN: a pointer found nothing (err
 * names the pointer, which is ours; never the data). GATE_E_BAD: a value
 * of a kind that the filter cannot take. GATE_E_LIMIT: past out's max.
 * On failure out's content is to be thrown away.
 */
enum gate_code gate_template_fill(const struct gate_template *t,
    const struct gate_json *doc, struct gate_buf *out, struct gate_err *err)
    GATE_MUSTCHECK;

#endif

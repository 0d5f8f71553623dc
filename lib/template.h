/*
 * Templates: text with {{/json/pointer|filter|...}} holes, filled from one
 * JSON document. A hole that points at nothing is an error unless its
 * filters give a default. {{}} and {{|filter}} are the whole document.
 * Blanks around a pointer or a filter are dropped. Filters work one after
 * another, at most GATE_TEMPLATE_FILTERS_MAX in a hole:
 *
 *	json            the value as JSON text (a string with its quotes)
 *	json_escape     as json, without the quotes: for a hole that
 *	                stands inside a JSON string of the template
 *	text            strings bare, numbers and booleans as JSON
 *	                writes them (this is what no filter means)
 *	default:WORD    WORD when nothing (or null) stands there
 *	lower upper     the ASCII letters
 *	trim            without white space at both ends
 *	truncate:N      the first N characters (code points)
 *	uri             all but RFC 3986's unreserved characters as %XX
 *	date            "2026-11-22" of an RFC 3339 date-time
 *	hash            SHA-256 in lower-case hex
 *
 * All but json and default take what `text` takes. Nothing and null pass
 * through them untouched, up to a default or the end. What a filter gave is
 * text, which json and json_escape then treat as a string. There is no way
 * to write "{{" itself, or '|' or "}}" inside a hole.
 */
#ifndef GATE_TEMPLATE_H
#define GATE_TEMPLATE_H

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/span.h"

#define GATE_TEMPLATE_FILTERS_MAX 8

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
    const struct gate_json *doc, struct gate_buf *out,
    struct gate_err *err) GATE_MUSTCHECK;

#endif

/*
 * The filters of lib/template.h, one by one. Part of template: nobody else
 * includes this.
 */
#ifndef GATE_TEMPLATE_FILTER_H
#define GATE_TEMPLATE_FILTER_H

#include <stddef.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/span.h"

/*
 * What goes through a hole's filters: at first a JSON value (or NULL where
 * the pointer found nothing), after the first filter that made text of it
 * the text.
 */
struct gate_cell {
	const struct gate_json *value; /* borrowed; not asked if is_text */
	bool is_text;
	struct gate_buf text;
};

struct gate_filter_kind;

/* One filter of one hole. */
struct gate_filter {
	const struct gate_filter_kind *kind;
	struct gate_span word; /* of default: borrowed from the template */
	uint64_t count;        /* of truncate */
};

/* "name" or "name:argument". NULL, or what is wrong with it (a literal). */
const char *gate_filter_parse(
    struct gate_span in, struct gate_filter *out) GATE_MUSTCHECK;

/* GATE_E_BAD: not for such a value. GATE_E_LIMIT: past the cell's max. */
enum gate_code gate_filter_apply(
    const struct gate_filter *f, struct gate_cell *cell) GATE_MUSTCHECK;
/* What the end of a hole does: the same as the filter `text`. */
enum gate_code gate_cell_to_text(struct gate_cell *cell) GATE_MUSTCHECK;
const char *gate_filter_name(const struct gate_filter *f);

#endif

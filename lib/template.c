/*
 * Templates. Owns the copy of the text; parts borrow from it. Everything
 * that can be wrong with a template itself is found when it is made, so that
 * filling can fail only for what the document holds.
 *
 *	text {{/a/b|lower}} text {{/c}}
 *	|part 0            |part 1     |   each part: a literal, then a hole
 */
#include "config.h"

#include "lib/template.h"

#include <stdlib.h>

#include "lib/num.h"
#include "lib/template_filter.h"

#define SHOWN "%.60s" /* of a pointer or a filter in an error text */

struct part {
	struct gate_span literal;
	char *pointer; /* of the hole after it; NULL: the text ends here */
	struct gate_filter filters[GATE_TEMPLATE_FILTERS_MAX];
	size_t filter_count;
};

struct gate_template {
	unsigned char *text;
	struct part *parts;
	size_t part_count, part_cap;
};

/* Takes up to the next two c and drops them; false if there are none. */
static bool
take_to_pair(struct gate_span *s, unsigned char c, struct gate_span *out)
{
	size_t i;

	for (i = 0; i + 1 < s->n; i++) {
		struct gate_span two;

		if (s->p[i] != c || s->p[i + 1] != c)
			continue;
		return gate_span_take(s, i, out) && gate_span_take(s, 2, &two);
	}
	return false;
}

static enum gate_code
bad_hole(struct gate_err *err, size_t number, const char *why)
{
	return gate_err_set(
	    err, GATE_E_BAD, "template: hole %zu: %s", number, why);
}

static enum gate_code
parse_filter(struct gate_span text, struct part *part, size_t number,
    struct gate_err *err)
{
	const char *why;

	if (part->filter_count == GATE_TEMPLATE_FILTERS_MAX)
		return bad_hole(err, number, "too many filters");
	why = gate_filter_parse(text, &part->filters[part->filter_count]);
	if (why != NULL)
		return gate_err_set(err, GATE_E_BAD,
		    "template: hole %zu: filter \"%.*s\": %s", number,
		    text.n > 60 ? 60 : (int)text.n,
		    text.n > 0 ? (const char *)text.p : "", why);
	part->filter_count++;
	return GATE_OK;
}

/* What stands between {{ and }}. */
static enum gate_code
parse_hole(struct gate_span hole, struct part *part, size_t number,
    struct gate_err *err)
{
	struct gate_span pointer = hole;
	bool more = gate_span_until(&hole, '|', hole.n, &pointer);
	enum gate_code code = GATE_OK;

	part->pointer = gate_span_dup(gate_span_trim(pointer));
	if (part->pointer == NULL)
		return gate_err_set(err, GATE_E_NOMEM, "out of memory");
	if (!gate_json_pointer_valid(part->pointer))
		return bad_hole(err, number, "not a JSON pointer (/a/b)");
	while (more && code == GATE_OK) {
		struct gate_span filter = hole;

		more = gate_span_until(&hole, '|', hole.n, &filter);
		code = parse_filter(gate_span_trim(filter), part, number, err);
	}
	return code;
}

static struct part *
add_part(struct gate_template *t)
{
	if (t->part_count == t->part_cap) {
		size_t cap = t->part_cap == 0 ? 8 : t->part_cap * 2;
		struct part *parts = realloc(t->parts, cap * sizeof(*parts));

		if (parts == NULL)
			return NULL;
		t->parts = parts;
		t->part_cap = cap;
	}
	t->parts[t->part_count] = (struct part){.pointer = NULL};
	return &t->parts[t->part_count++];
}

static enum gate_code
parse_parts(
    struct gate_template *t, struct gate_span rest, struct gate_err *err)
{
	enum gate_code code = GATE_OK;

	while (code == GATE_OK) {
		struct part *part = add_part(t);
		struct gate_span hole;

		if (part == NULL)
			return gate_err_set(err, GATE_E_NOMEM, "out of memory");
		if (!take_to_pair(&rest, '{', &part->literal)) {
			part->literal = rest;
			return GATE_OK;
		}
		if (!take_to_pair(&rest, '}', &hole))
			return bad_hole(err, t->part_count, "no }} ends it");
		code = parse_hole(hole, part, t->part_count, err);
	}
	return code;
}

enum gate_code
gate_template_new(
    struct gate_span text, struct gate_template **out, struct gate_err *err)
{
	struct gate_template *t;
	enum gate_code code;

	/* Pointers become C strings. */
	if (!gate_span_within(text, 1, 255))
		return gate_err_set(
		    err, GATE_E_BAD, "template: it has a NUL byte");
	t = calloc(1, sizeof(*t));
	if (t != NULL)
		t->text = (unsigned char *)gate_span_dup(text);
	if (t == NULL || t->text == NULL) {
		gate_template_free(t);
		return gate_err_set(err, GATE_E_NOMEM, "out of memory");
	}
	code = parse_parts(t, gate_span_of(t->text, text.n), err);
	if (code != GATE_OK)
		gate_template_free(t);
	else
		*out = t;
	return code;
}

void
gate_template_free(struct gate_template *t)
{
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < t->part_count; i++)
		free(t->parts[i].pointer);
	free(t->parts);
	free(t->text);
	free(t);
}

static enum gate_code
filter_cell(
    const struct part *part, struct gate_cell *cell, struct gate_err *err)
{
	size_t i;

	for (i = 0; i < part->filter_count; i++) {
		const struct gate_filter *f = &part->filters[i];
		enum gate_code code = gate_filter_apply(f, cell);

		if (code != GATE_OK)
			return gate_err_set(err, code,
			    "template: " SHOWN ": filter %s: %s", part->pointer,
			    gate_filter_name(f), gate_code_name(code));
	}
	return GATE_OK;
}

/* At the end of the filters. */
static enum gate_code
put_cell(struct gate_cell *cell, struct gate_buf *out)
{
	enum gate_code code;

	if (!cell->is_text && cell->value == NULL)
		return GATE_E_UNKNOWN;
	code = gate_cell_to_text(cell);
	if (code != GATE_OK)
		return code;
	return gate_buf_put(out, gate_buf_span(&cell->text));
}

static const char *
reason(enum gate_code code)
{
	if (code == GATE_E_UNKNOWN)
		return "nothing stands there";
	if (code == GATE_E_BAD)
		return "no string, number or boolean";
	return gate_code_name(code);
}

static enum gate_code
fill_hole(const struct part *part, const struct gate_json *doc,
    struct gate_buf *out, struct gate_err *err)
{
	struct gate_cell cell = {.value = NULL};
	enum gate_code code;

	gate_buf_init(&cell.text, out->max);
	if (!gate_json_pointer(doc, part->pointer, &cell.value))
		cell.value = NULL;
	code = filter_cell(part, &cell, err);
	if (code == GATE_OK) {
		code = put_cell(&cell, out);
		if (code != GATE_OK)
			(void)gate_err_set(err, code, "template: " SHOWN ": %s",
			    part->pointer, reason(code));
	}
	gate_buf_clear(&cell.text);
	return code;
}

enum gate_code
gate_template_fill(const struct gate_template *t, const struct gate_json *doc,
    struct gate_buf *out, struct gate_err *err)
{
	size_t i;

	for (i = 0; i < t->part_count; i++) {
		const struct part *part = &t->parts[i];
		enum gate_code code;

		if (gate_buf_put(out, part->literal) != GATE_OK)
			return gate_err_set(
			    err, out->failed, "template: the text is too long");
		if (part->pointer == NULL)
			continue;
		code = fill_hole(part, doc, out, err);
		if (code != GATE_OK)
			return code;
	}
	return GATE_OK;
}

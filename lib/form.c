/*
 * The form decoder. Pure. Refuses whatever two readers could read in two
 * ways: what a sender has signed must have one meaning.
 */
#include "config.h"

#include "lib/form.h"

#include <stdlib.h>

#include "lib/codec.h"
#include "lib/num.h"

/* Where a field stands in the text, which may move while it grows. */
struct place {
	size_t name_at, name_n, value_at, value_n;
};

/* Decodes a run without '+' in it, then the space that stood there. */
static enum gate_code
decode(struct gate_span in, struct gate_buf *out)
{
	struct gate_span run;
	enum gate_code code = GATE_OK;

	if (!gate_span_within(in, 0x21, 0x7e))
		return GATE_E_BAD;
	while (code == GATE_OK && gate_span_until(&in, '+', in.n, &run)) {
		code = gate_percent_decode(run, out);
		if (code == GATE_OK)
			code = gate_buf_put_byte(out, ' ');
	}
	return code == GATE_OK ? gate_percent_decode(in, out) : code;
}

static enum gate_code
take_field(struct gate_span field, struct gate_buf *text, struct place *out)
{
	struct gate_span value = field, name;
	enum gate_code code;

	if (!gate_span_until(&value, '=', value.n, &name) || name.n == 0)
		return GATE_E_BAD;
	out->name_at = text->n;
	code = decode(name, text);
	out->name_n = text->n - out->name_at;
	out->value_at = text->n;
	if (code == GATE_OK)
		code = decode(value, text);
	out->value_n = text->n - out->value_at;
	return code;
}

static enum gate_code
take_fields(struct gate_span in, struct gate_buf *text, struct place *places,
    size_t *count)
{
	struct gate_span field;
	enum gate_code code = GATE_OK;
	bool more = true;

	while (more && code == GATE_OK) {
		more = gate_span_until(&in, '&', in.n, &field);
		if (!more)
			field = in;
		if (*count == GATE_FORM_FIELDS_MAX)
			return GATE_E_LIMIT;
		code = take_field(field, text, &places[*count]);
		(*count)++;
	}
	return code;
}

enum gate_code
gate_form_parse(struct gate_span in, struct gate_form *out)
{
	struct place *places = calloc(GATE_FORM_FIELDS_MAX, sizeof(*places));
	struct gate_form f = {.list = NULL};
	enum gate_code code = GATE_E_NOMEM;
	size_t i;

	gate_buf_init(&f.text, in.n); /* nothing grows by decoding */
	if (places != NULL)
		code = take_fields(in, &f.text, places, &f.count);
	if (code == GATE_OK) {
		f.list = calloc(f.count, sizeof(*f.list));
		if (f.list == NULL)
			code = GATE_E_NOMEM;
	}
	for (i = 0; code == GATE_OK && i < f.count; i++)
		f.list[i] = (struct gate_form_field){
		    gate_span_of(
			f.text.p + places[i].name_at, places[i].name_n),
		    gate_span_of(
			f.text.p + places[i].value_at, places[i].value_n)};
	free(places);
	if (code == GATE_OK)
		*out = f;
	else
		gate_form_clear(&f);
	return code;
}

void
gate_form_clear(struct gate_form *f)
{
	free(f->list);
	gate_buf_clear(&f->text);
	f->list = NULL;
	f->count = 0;
}

bool
gate_form_get(
    const struct gate_form *f, const char *name, struct gate_span *out)
{
	const struct gate_form_field *found = NULL;
	size_t i;

	for (i = 0; i < f->count; i++) {
		if (!gate_span_is(f->list[i].name, name))
			continue;
		if (found != NULL)
			return false;
		found = &f->list[i];
	}
	if (found == NULL)
		return false;
	*out = found->value;
	return true;
}

/* For the order of names, then of fields. */
struct entry {
	struct gate_span name; /* as JSON text */
	struct gate_span value;
	size_t index;
	size_t first; /* index of the first field of that name */
};

static int
by_name(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	int order = gate_span_compare(a->name, b->name);

	if (order != 0)
		return order;
	return a->index < b->index ? -1 : a->index > b->index;
}

static int
by_first(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

static void
put_entries(const struct entry *e, size_t n, struct gate_buf *out)
{
	size_t i;

	(void)gate_buf_put_byte(out, '{');
	for (i = 0; i < n; i++) {
		bool opens = i == 0 || e[i - 1].first != e[i].first;
		bool closes = i + 1 == n || e[i + 1].first != e[i].first;

		if (i > 0)
			(void)gate_buf_put_byte(out, ',');
		if (opens) {
			(void)gate_buf_put(out, e[i].name);
			(void)gate_buf_put_str(out, closes ? ":" : ":[");
		}
		(void)gate_json_put_string(out, e[i].value);
		if (closes && !opens)
			(void)gate_buf_put_byte(out, ']');
	}
	(void)gate_buf_put_byte(out, '}');
}

/* The names as JSON text, one after another; the entries borrow them. */
static enum gate_code
name_entries(const struct gate_form *f, struct gate_buf *names, struct entry *e)
{
	enum gate_code code = GATE_OK;
	size_t i, at = 0;

	for (i = 0; i < f->count && code == GATE_OK; i++) {
		code = gate_json_put_string(names, f->list[i].name);
		e[i] = (struct entry){.value = f->list[i].value, .index = i};
		e[i].name.n = names->n - at;
		at = names->n;
	}
	for (i = 0, at = 0; i < f->count && code == GATE_OK; i++) {
		e[i].name.p = names->p + at;
		at += e[i].name.n;
	}
	return code;
}

enum gate_code
gate_form_json(const struct gate_form *f, struct gate_buf *out)
{
	struct entry *e = calloc(f->count + 1, sizeof(*e));
	struct gate_buf names;
	enum gate_code code = GATE_E_NOMEM;
	size_t i;

	/* A byte becomes six at most: \u0001. */
	gate_buf_init(&names, 6 * f->text.n + 2 * f->count);
	if (e != NULL)
		code = name_entries(f, &names, e);
	if (code == GATE_OK) {
		qsort(e, f->count, sizeof(*e), by_name);
		for (i = 0; i < f->count; i++)
			e[i].first =
			    i > 0 && gate_span_equal(e[i].name, e[i - 1].name)
			    ? e[i - 1].first
			    : e[i].index;
		qsort(e, f->count, sizeof(*e), by_first);
		put_entries(e, f->count, out);
		code = out->failed;
	}
	gate_buf_clear(&names);
	free(e);
	return code;
}

/*
 * Form bodies. What was read, written by the book, reads the same; as JSON
 * it is an object that our own reader takes.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "lib/form.h"
#include "lib/num.h"

static void
put_encoded(struct gate_buf *b, struct gate_span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		(void)gate_buf_printf(b, "%%%02x", s.p[i]);
}

static void
check_again(const struct gate_form *f, size_t size)
{
	struct gate_form again;
	struct gate_buf b;
	size_t i;

	gate_buf_init(&b, 3 * size + 1);
	for (i = 0; i < f->count; i++) {
		(void)gate_buf_put_str(&b, i == 0 ? "" : "&");
		put_encoded(&b, f->list[i].name);
		(void)gate_buf_put_str(&b, "=");
		put_encoded(&b, f->list[i].value);
	}
	GATE_ASSERT(b.failed == GATE_OK);
	GATE_ASSERT(gate_form_parse(gate_buf_span(&b), &again) == GATE_OK);
	GATE_ASSERT(again.count == f->count);
	for (i = 0; i < f->count; i++)
		GATE_ASSERT(
		    gate_span_equal(f->list[i].name, again.list[i].name) &&
		    gate_span_equal(f->list[i].value, again.list[i].value));
	gate_form_clear(&again);
	gate_buf_clear(&b);
}

static void
check_json(const struct gate_form *f, size_t size)
{
	struct gate_json *doc = NULL;
	struct gate_buf b;

	/* A byte may become U+FFFD or an escape; a field has 6 more. */
	gate_buf_init(&b, 6 * size + 8 * f->count + 2);
	GATE_ASSERT(gate_form_json(f, &b) == GATE_OK);
	GATE_ASSERT(gate_json_parse(gate_buf_span(&b), &doc, NULL) == GATE_OK);
	GATE_ASSERT(gate_json_kind(doc) == GATE_JSON_OBJECT);
	GATE_ASSERT(gate_json_count(doc) <= f->count);
	gate_json_free(doc);
	gate_buf_clear(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gate_form f = {.count = 42};
	struct gate_span value;
	size_t i;

	if (gate_form_parse(gate_span_of(data, size), &f) != GATE_OK) {
		GATE_ASSERT(f.count == 42);
		return 0;
	}
	GATE_ASSERT(f.count <= GATE_FORM_FIELDS_MAX);
	for (i = 0; i < f.count; i++)
		GATE_ASSERT(f.list[i].name.n > 0);
	if (gate_form_get(&f, "a", &value))
		GATE_ASSERT(value.n < size);
	check_again(&f, size);
	check_json(&f, size);
	gate_form_clear(&f);
	return 0;
}

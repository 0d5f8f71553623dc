/*
 * Schemas. An input is a schema, a NUL byte, and a value to hold against it;
 * without a NUL, a schema alone. What fits must be storable, and what is
 * stored must be JSON that the guard takes.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "lib/html.h"
#include "lib/schema.h"
#include "lib/url.h"

#define TEXT_MAX (1024 * 1024)

static void
ignore(const char *pointer, const char *text, void *ctx)
{
	size_t *count = ctx;

	GATE_ASSERT(pointer != NULL && text[0] != '\0');
	++*count;
}

static void
check_stored(const struct gate_schema *s, const struct gate_json *v)
{
	struct gate_json *out = NULL, *again = NULL;
	struct gate_buf text;
	enum gate_code code = gate_schema_shape(s, v, &out);

	GATE_ASSERT(code == GATE_OK || code == GATE_E_LIMIT);
	gate_buf_init(&text, TEXT_MAX);
	if (code == GATE_OK) {
		GATE_ASSERT(gate_json_text(out, &text) == GATE_OK);
		GATE_ASSERT(gate_json_parse(
				gate_buf_span(&text), &again, NULL) == GATE_OK);
	} else {
		GATE_ASSERT(out == NULL);
	}
	gate_buf_clear(&text);
	gate_json_free(again);
	gate_json_free(out);
}

static void
check_value(const struct gate_schema *s, struct gate_span text)
{
	struct gate_schema_fault fault;
	struct gate_json *v = NULL;
	enum gate_code code;

	if (gate_json_parse(text, &v, NULL) != GATE_OK)
		return;
	code = gate_schema_check(s, v, &fault);
	GATE_ASSERT(
	    code == GATE_OK || code == GATE_E_BAD || code == GATE_E_LIMIT);
	GATE_ASSERT((code == GATE_OK) == (fault.keyword == NULL));
	if (code == GATE_OK)
		check_stored(s, v);
	gate_json_free(v);
}

/* Any text, as HTML and as a URL: what comes out is its own form. */
static void
check_forms(struct gate_span in)
{
	struct gate_buf once, twice;
	size_t i;

	gate_buf_init(&once, TEXT_MAX);
	gate_buf_init(&twice, TEXT_MAX);
	GATE_ASSERT(gate_html_strip(in, &once) == GATE_OK);
	GATE_ASSERT(once.n <= in.n);
	for (i = 1; i < once.n; i++)
		GATE_ASSERT(once.p[i - 1] != '<' ||
		    (once.p[i] != '/' && once.p[i] != '!' && once.p[i] != '?' &&
			!(once.p[i] >= 'a' && once.p[i] <= 'z') &&
			!(once.p[i] >= 'A' && once.p[i] <= 'Z')));
	GATE_ASSERT(gate_html_strip(gate_buf_span(&once), &twice) == GATE_OK);
	GATE_ASSERT(
	    gate_span_equal(gate_buf_span(&once), gate_buf_span(&twice)));
	gate_buf_reset(&once);
	gate_buf_reset(&twice);
	if (gate_url_normalise(in, &once) == GATE_OK) {
		GATE_ASSERT(gate_url_normalise(gate_buf_span(&once), &twice) ==
		    GATE_OK);
		GATE_ASSERT(gate_span_equal(
		    gate_buf_span(&once), gate_buf_span(&twice)));
		GATE_ASSERT(gate_url_is_uri(gate_buf_span(&once)));
	}
	gate_buf_clear(&once);
	gate_buf_clear(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gate_span value = gate_span_of(data, size);
	struct gate_span text = value;
	struct gate_schema *s = NULL;
	size_t complaints = 0;
	enum gate_code code;

	check_forms(value);
	if (!gate_span_until(&value, '\0', size, &text))
		value = GATE_SPAN("{\"a\":[1,\"x\",null,{\"b\":true}]}");
	code = gate_schema_new(text, ignore, &complaints, &s);
	GATE_ASSERT((code == GATE_OK) == (s != NULL));
	GATE_ASSERT((code == GATE_E_CONF) == (complaints > 0));
	if (code == GATE_OK)
		check_value(s, value);
	gate_schema_free(s);
	return 0;
}

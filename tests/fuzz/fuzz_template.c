/*
 * Templates. An input is a template, a NUL byte, and the JSON document to
 * fill it from; without a NUL, a template alone.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "lib/template.h"

#define OUTPUT_MAX 4096

static void
fill(const struct gate_template *t, struct gate_span text)
{
	struct gate_json *doc = NULL;
	struct gate_buf out;
	struct gate_err err;
	enum gate_code code;

	if (gate_json_parse(text, &doc, NULL) != GATE_OK)
		return;
	gate_buf_init(&out, OUTPUT_MAX);
	code = gate_template_fill(t, doc, &out, &err);
	GATE_ASSERT(code == GATE_OK || code == GATE_E_UNKNOWN ||
	    code == GATE_E_BAD || code == GATE_E_LIMIT);
	GATE_ASSERT(out.n <= OUTPUT_MAX);
	GATE_ASSERT(code != GATE_OK || out.failed == GATE_OK);
	gate_buf_clear(&out);
	gate_json_free(doc);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gate_span document = gate_span_of(data, size);
	struct gate_span text = document;
	struct gate_template *t = NULL;
	struct gate_err err;

	if (!gate_span_until(&document, '\0', size, &text))
		document = GATE_SPAN("{\"a\":[1,\"x\",null,{\"b\":true}]}");
	if (gate_template_new(text, &t, &err) != GATE_OK) {
		GATE_ASSERT(t == NULL);
		return 0;
	}
	fill(t, document);
	gate_template_free(t);
	return 0;
}

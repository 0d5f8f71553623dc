/*
 * json_guard and json-c behind it. What the guard takes json-c must take
 * too, and the text it prints must be a fixed point of both.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "lib/json.h"
#include "lib/json_guard.h"

/* Prints what was parsed; the caller frees b. */
static void
print(struct gate_span in, struct gate_buf *b)
{
	struct gate_json *doc = NULL;
	struct gate_err err;

	GATE_ASSERT(gate_json_parse(in, &doc, &err) == GATE_OK);
	/* One byte may become "\u0000": six. */
	gate_buf_init(b, 6 * in.n + 16);
	GATE_ASSERT(gate_json_text(doc, b) == GATE_OK);
	gate_json_free(doc);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gate_span in = gate_span_of(data, size);
	struct gate_buf first, second;
	struct gate_json *doc = NULL;
	struct gate_err err;

	if (gate_json_guard(in, &err) != GATE_OK) {
		GATE_ASSERT(gate_json_parse(in, &doc, NULL) != GATE_OK);
		GATE_ASSERT(doc == NULL);
		return 0;
	}
	print(in, &first);
	print(gate_buf_span(&first), &second);
	GATE_ASSERT(
	    gate_span_equal(gate_buf_span(&first), gate_buf_span(&second)));
	gate_buf_clear(&first);
	gate_buf_clear(&second);
	return 0;
}

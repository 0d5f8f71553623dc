/*
 * FastCGI records. What is seen in them does not depend on where they are
 * cut, and all bytes are taken.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "fcgi/records.h"
#include "lib/buf.h"

static bool
walk(struct records *r, struct gate_span in, struct gate_buf *seen)
{
	struct gate_span content;

	for (;;) {
		switch (records_next(r, &in, &content)) {
		case RECORDS_MORE:
			GATE_ASSERT(in.n == 0);
			return true;
		case RECORDS_BEGUN:
			(void)gate_buf_printf(
			    seen, "%u.%zu.%zu:", r->type, r->id, r->length);
			break;
		case RECORDS_CONTENT:
			GATE_ASSERT(content.n > 0);
			(void)gate_buf_put(seen, content);
			break;
		case RECORDS_ENDED:
			(void)gate_buf_put_str(seen, ";");
			break;
		case RECORDS_BROKEN:
			return false;
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gate_span all = gate_span_of(data, size);
	size_t cut = size == 0 ? 0 : data[0] % (size + 1);
	struct records one = {.header_n = 0}, two = {.header_n = 0};
	struct gate_buf a, b;
	bool good;

	gate_buf_init(&a, 1 << 20);
	gate_buf_init(&b, 1 << 20);
	good = walk(&one, all, &a);
	GATE_ASSERT(
	    (walk(&two, gate_span_of(data, cut), &b) &&
		walk(&two, gate_span_of(data + cut, size - cut), &b)) == good);
	GATE_ASSERT(
	    !good || gate_span_equal(gate_buf_span(&a), gate_buf_span(&b)));
	gate_buf_clear(&a);
	gate_buf_clear(&b);
	GATE_ASSERT(!records_are_params(all) || size == 0 || size >= 3);
	return 0;
}

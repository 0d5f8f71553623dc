/*
 * Numbers out of spans. Printing what was read must give the input, but for
 * noughts in front and "-0".
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/span.h"

/* "-007" -> "-7", "-0" -> "0", as printf would write it. */
static void
canonical(struct gate_span in, char out[32])
{
	bool negative = gate_span_skip(&in, "-");

	while (in.n > 1 && gate_span_skip(&in, "0"))
		continue;
	if (gate_span_is(in, "0"))
		negative = false;
	(void)snprintf(
	    out, 32, "%s%.*s", negative ? "-" : "", GATE_SPAN_ARG(in));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gate_span in = gate_span_of(data, size);
	char printed[32], want[32];
	uint64_t u = 42;
	int64_t i = 42;

	if (gate_span_u64(in, UINT64_MAX, &u)) {
		canonical(in, want);
		(void)snprintf(printed, sizeof(printed), "%" PRIu64, u);
		GATE_ASSERT(gate_span_is(gate_span_str(want), printed));
		GATE_ASSERT(u == 0 || !gate_span_u64(in, u - 1, &u));
		GATE_ASSERT(gate_span_u64(in, u, &u));
	} else {
		GATE_ASSERT(u == 42);
	}
	if (gate_span_i64(in, INT64_MIN, INT64_MAX, &i)) {
		canonical(in, want);
		(void)snprintf(printed, sizeof(printed), "%" PRId64, i);
		GATE_ASSERT(gate_span_is(gate_span_str(want), printed));
	} else {
		GATE_ASSERT(i == 42);
	}
	return 0;
}

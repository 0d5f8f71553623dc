/*
 * RFC 3339 dates. What is read and lies in the years that can be written
 * must come back as the same instant.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "lib/clock.h"

#define LAST_MS INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gate_span in = gate_span_of(data, size);
	char text[GATE_TIME_TEXT];
	int64_t ms = 42;
	int64_t back;

	if (!gate_time_parse(in, &ms)) {
		GATE_ASSERT(ms == 42);
		return 0;
	}
	gate_time_text(ms, text);
	GATE_ASSERT(gate_time_parse(gate_span_str(text), &back));
	if (ms >= 0 && ms <= LAST_MS)
		GATE_ASSERT(back == ms);
	else
		GATE_ASSERT(back == (ms < 0 ? 0 : LAST_MS));
	return 0;
}

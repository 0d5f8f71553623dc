/*
 * Our JSON reader and jansson's, on the same bytes (tests/json_twin.h).
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "tests/json_twin.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	(void)json_twin(gate_span_of(data, size));
	return 0;
}

/*
 * FastCGI records. A whole request ends in the end of its STDIN, is not
 * whole without its last byte, and not with one more.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi/records.h"

#define HEADER 8

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gate_span in = gate_span_of(data, size);
	unsigned char *more;

	if (!records_are_whole(in))
		return 0;
	GATE_ASSERT(size >= 4 * (size_t)HEADER);
	GATE_ASSERT(data[size - HEADER + 1] == 5);
	GATE_ASSERT(!records_are_whole(gate_span_of(data, size - 1)));
	more = calloc(1, size + 1);
	GATE_ASSERT(more != NULL);
	memcpy(more, data, size);
	GATE_ASSERT(!records_are_whole(gate_span_of(more, size + 1)));
	free(more);
	return 0;
}

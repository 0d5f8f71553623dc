/*
 * events SECRET_FILE COUNT: that many signed requests on standard output,
 * all of one length, which the first line says. bench/accept.lua reads it.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "bench/event.h"

#define COUNT_MAX 10000000

static bool
put_all(struct event_maker *m, uint64_t count, struct gate_buf *b)
{
	uint64_t i;

	for (i = 0; i < count; i++) {
		gate_buf_reset(b);
		if (event_put(b, m) != GATE_OK)
			return false;
		if (i == 0)
			(void)printf("%zu\n", b->n);
		if (fwrite(b->p, 1, b->n, stdout) != b->n)
			return false;
	}
	return fflush(stdout) == 0;
}

int
main(int argc, char **argv)
{
	struct event_maker maker;
	struct gate_buf b;
	struct gate_err err;
	uint64_t count;
	bool ok;

	if (argc != 3 ||
	    !gate_span_u64(gate_span_str(argv[2]), COUNT_MAX, &count)) {
		(void)fprintf(stderr, "usage: events SECRET_FILE COUNT\n");
		return EXIT_FAILURE;
	}
	if (event_maker_init(&maker, argv[1], &err) != GATE_OK) {
		(void)fprintf(stderr, "events: %s\n", err.text);
		return EXIT_FAILURE;
	}
	gate_buf_init(&b, 4096);
	ok = put_all(&maker, count, &b);
	gate_buf_clear(&b);
	event_maker_clear(&maker);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

/*
 * Inputs of parsers, placed where one byte of over-read is found out.
 */
#ifndef TESTS_FENCE_H
#define TESTS_FENCE_H

#include "lib/span.h"

struct fence {
	void *map;
	size_t map_size;
	void *block;
	struct gate_span span;
};

/*
 * A copy whose last byte is the last one before a page that must not be
 * touched: reading on is a SIGSEGV with every compiler. For no bytes the
 * span points at that page itself.
 */
struct fence fence_page(struct gate_span s);
/* A copy in a heap block of exactly its size: for ASan, which also sees
 * reads before the beginning. */
struct fence fence_heap(struct gate_span s);
void fence_free(struct fence *f);

#endif

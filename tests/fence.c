/*
 * Guard pages and exact-size blocks. Aborts when the system has no memory:
 * a test that runs without its fence proves nothing.
 */
#include "config.h"

#include "tests/fence.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct fence
fence_page(struct gate_span s)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t data = (s.n / page + 1) * page;
	struct fence f = {.map_size = data + page};
	unsigned char *end;

	f.map = mmap(NULL, f.map_size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	GATE_ASSERT(f.map != MAP_FAILED);
	end = (unsigned char *)f.map + data;
	GATE_ASSERT(mprotect(end, page, PROT_NONE) == 0);
	if (s.n > 0)
		memcpy(end - s.n, s.p, s.n);
	f.span = gate_span_of(end - s.n, s.n);
	return f;
}

struct fence
fence_heap(struct gate_span s)
{
	struct fence f = {.block = malloc(s.n)};

	GATE_ASSERT(f.block != NULL || s.n == 0);
	if (s.n > 0)
		memcpy(f.block, s.p, s.n);
	f.span = gate_span_of(f.block, s.n);
	return f;
}

void
fence_free(struct fence *f)
{
	if (f->map != NULL)
		GATE_ASSERT(munmap(f->map, f->map_size) == 0);
	free(f->block);
	*f = (struct fence){0};
}

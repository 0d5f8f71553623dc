/* Wraps the allocator: see tests/famine.h. Not for threads. */
#include "config.h"

#include "tests/famine.h"

#include <stddef.h>

/* The names are the linker's. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);

static bool armed, struck;
static unsigned long seen, allowed;

void
famine_begin(unsigned long after)
{
	seen = 0;
	allowed = after;
	struck = false;
	armed = true;
}

bool
famine_end(void)
{
	armed = false;
	return struck;
}

unsigned long
famine_seen(void)
{
	return seen;
}

static bool
fails_now(void)
{
	if (!armed || seen++ < allowed)
		return false;
	armed = false;
	struck = true;
	return true;
}

void *
__wrap_malloc(size_t size)
{
	return fails_now() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return fails_now() ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *p, size_t size)
{
	return fails_now() ? NULL : __real_realloc(p, size);
}

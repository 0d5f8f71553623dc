/*
 * Memory that runs out once. A program that is linked with FAMINE_WRAP
 * (Makefile.am) calls malloc, calloc and realloc through here.
 */
#ifndef TESTS_FAMINE_H
#define TESTS_FAMINE_H

#include <stdbool.h>

#define FAMINE_NEVER 100000000UL

/* From now on one allocation fails, the one after so many others; those that
 * follow it do not: cleaning up may allocate. */
void famine_begin(unsigned long after);
/* No more. Whether one has failed since the last beginning; may be asked
 * again. */
bool famine_end(void);
/* How many allocations the last one that failed none has seen. */
unsigned long famine_seen(void);

#endif

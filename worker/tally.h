/*
 * How many there are of each name: calls under way, by service. By name and
 * not by place, because a reload makes new places while old calls run.
 */
#ifndef WORKER_TALLY_H
#define WORKER_TALLY_H

#include <stddef.h>

#include "lib/err.h"

struct tally_row;

struct tally { /* zeroed is empty */
	struct tally_row *rows;
	size_t count;
};

/* One more. The name is copied. GATE_E_NOMEM: nothing was counted. */
enum gate_code tally_add(struct tally *t, const char *name) GATE_MUSTCHECK;
/* One less; the name was added before. */
void tally_take(struct tally *t, const char *name);
size_t tally_of(const struct tally *t, const char *name);
void tally_clear(struct tally *t);

#endif

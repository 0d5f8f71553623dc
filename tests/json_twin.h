/*
 * Our JSON reader beside another one: jansson 2.14 with
 * JSON_REJECT_DUPLICATES. They agree on every byte string, about whether it
 * is JSON and about what it says, apart from a written list.
 */
#ifndef TESTS_JSON_TWIN_H
#define TESTS_JSON_TWIN_H

#include "lib/span.h"

/* The list. */
enum json_twin {
	JSON_TWIN_AGREE,
	JSON_TWIN_LIMIT,   /* ours is stricter: depth, values, digits */
	JSON_TWIN_INTEGER, /* ours is wider: up to 2^64 - 1 */
	JSON_TWIN_REAL,    /* ours is wider: what no double holds */
	JSON_TWIN_NUL,     /* theirs drops some NULs */
	JSON_TWIN_COUNT
};

/* One line for each, with its reason. */
extern const char *const json_twin_reasons[JSON_TWIN_COUNT];

/* Which it is; ends the program (GATE_ASSERT) at a difference that is not on
 * the list. */
enum json_twin json_twin(struct gate_span in);

#endif

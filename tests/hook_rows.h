/* Deliveries that vendors published or made: tests/hook_rows.c. */
#ifndef TESTS_HOOK_ROWS_H
#define TESTS_HOOK_ROWS_H

#include "tests/hook_world.h"

extern const struct hook_row hook_rows[];
extern const size_t hook_row_count;

#endif

/*
 * The frame of a test program: runner.c has main(), each check_x.c defines
 * suite().
 */
#ifndef TESTS_RUNNER_H
#define TESTS_RUNNER_H

#include <check.h>
#include <stddef.h>

Suite *suite(void);

/*
 * A test over a table is a loop test: its name is one sentence, and _i is
 * the row. Rows begin with a text that says what they are about, so that a
 * red row names itself in the message.
 */
#define ROWS(table) 0, (int)(sizeof(table) / sizeof((table)[0]))

#endif

/*
 * The frame of a test program: runner.c has main(), each check_x.c defines
 * suite().
 */
#ifndef TESTS_RUNNER_H
#define TESTS_RUNNER_H

#include <check.h>
#include <stddef.h>

Suite *suite(void);

/* A struct gate_span in a static table; may hold NUL bytes. */
#define BYTES(lit)                                                             \
	{                                                                      \
		(const unsigned char *)("" lit), sizeof(lit) - 1               \
	}

/*
 * Adds a test once for each row of a table; in the test _i is the row. Rows
 * say what they are about, so that a red one names itself in the message.
 */
#define add_row_test(tcase, test, table)                                       \
	tcase_add_loop_test(                                                   \
	    tcase, test, 0, (int)(sizeof(table) / sizeof((table)[0])))

#endif

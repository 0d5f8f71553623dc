/*
 * main() of every test program: runs the one suite and says so. Environment
 * variables of check apply (CK_FORK=no under a debugger, CK_RUN_CASE).
 */
#include "config.h"

#include "tests/runner.h"

#include <stdlib.h>

int
main(void)
{
	SRunner *runner;
	int failed;

	/* A bound against hanging, not a measure: check's own 4 s is one on a
	 * machine that is busy with something else. */
	(void)setenv("CK_DEFAULT_TIMEOUT", "60", 0);
	runner = srunner_create(suite());

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

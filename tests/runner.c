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
	SRunner *runner = srunner_create(suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

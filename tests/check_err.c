/* lib/err.h and lib/num.h. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"
#include "tests/runner.h"

START_TEST(fills_the_text_and_returns_the_code)
{
	struct gate_err err = {GATE_OK, ""};

	ck_assert_int_eq(
	    gate_err_set(&err, GATE_E_CONF, "%s %d", "a", 1), GATE_E_CONF);
	ck_assert_int_eq(err.code, GATE_E_CONF);
	ck_assert_str_eq(err.text, "a 1");
	ck_assert_int_eq(gate_err_set(NULL, GATE_E_BAD, "x"), GATE_E_BAD);
}
END_TEST

START_TEST(adds_what_the_system_said)
{
	struct gate_err err = {GATE_OK, ""};

	errno = ENOENT;
	ck_assert_int_eq(gate_err_sys(&err, "open %s", "x"), GATE_E_SYS);
	ck_assert_str_eq(err.text, "open x: No such file or directory");
	ck_assert_int_eq(gate_err_sys(NULL, "x"), GATE_E_SYS);
}
END_TEST

START_TEST(cuts_long_texts)
{
	struct gate_err err = {GATE_OK, ""};
	char text[3 * GATE_ERR_TEXT];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	(void)gate_err_set(&err, GATE_E_BAD, "%s", text);
	ck_assert_uint_eq(strlen(err.text), GATE_ERR_TEXT - 1);
	errno = ENOENT;
	(void)gate_err_sys(&err, "%s", text);
	ck_assert_uint_eq(strlen(err.text), GATE_ERR_TEXT - 1);
}
END_TEST

START_TEST(names_every_code)
{
	int code;

	for (code = 0; code < GATE_CODE_COUNT; code++)
		ck_assert_ptr_nonnull(gate_code_name((enum gate_code)code));
	ck_assert_str_eq(gate_code_name(GATE_E_DB_RETRY), "db_retry");
	ck_assert_str_eq(gate_code_name(GATE_CODE_COUNT), "bug");
}
END_TEST

START_TEST(says_when_a_number_does_not_fit)
{
	size_t n;
	int i = 42;

	ck_assert(gate_add((size_t)1, (size_t)2, &n) && n == 3);
	ck_assert(!gate_add(SIZE_MAX, (size_t)1, &n));
	ck_assert(gate_sub((size_t)3, (size_t)3, &n) && n == 0);
	ck_assert(!gate_sub((size_t)0, (size_t)1, &n));
	ck_assert(!gate_mul(SIZE_MAX / 2, (size_t)3, &n));
	ck_assert(gate_to_int(INT_MAX, &i) && i == INT_MAX);
	ck_assert(!gate_to_int((size_t)INT_MAX + 1, &i) && i == INT_MAX);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("err");
	TCase *t = tcase_create("err");

	tcase_add_test(t, fills_the_text_and_returns_the_code);
	tcase_add_test(t, adds_what_the_system_said);
	tcase_add_test(t, cuts_long_texts);
	tcase_add_test(t, names_every_code);
	tcase_add_test(t, says_when_a_number_does_not_fit);
	suite_add_tcase(s, t);
	return s;
}

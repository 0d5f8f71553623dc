/* lib/buf.h, in its order. */
#include "config.h"

#include <string.h>

#include "lib/buf.h"
#include "tests/runner.h"

START_TEST(starts_empty_and_gives_an_empty_string)
{
	struct gate_buf b;

	gate_buf_init(&b, 10);
	ck_assert_str_eq(gate_buf_str(&b), "");
	ck_assert_uint_eq(gate_buf_span(&b).n, 0);
	gate_buf_clear(&b);
}
END_TEST

static const struct {
	size_t max;
	size_t before, put;
	enum gate_code code;
} maxima[] = {
    {10, 0, 10, GATE_OK},
    {10, 4, 6, GATE_OK},
    {10, 4, 7, GATE_E_LIMIT},
    {10, 0, 11, GATE_E_LIMIT},
    {0, 0, 1, GATE_E_LIMIT},
    {0, 0, 0, GATE_OK},
    {1000, 63, 1, GATE_OK},
    {1000, 64, 1, GATE_OK},
    {1000, 700, 300, GATE_OK},
    {1000, 700, 301, GATE_E_LIMIT},
};

START_TEST(grows_to_its_maximum_and_not_beyond)
{
	static const unsigned char bytes[1000];
	struct gate_buf b;

	gate_buf_init(&b, maxima[_i].max);
	ck_assert_int_eq(
	    gate_buf_put(&b, gate_span_of(bytes, maxima[_i].before)), GATE_OK);
	ck_assert_int_eq(gate_buf_put(&b, gate_span_of(bytes, maxima[_i].put)),
	    maxima[_i].code);
	ck_assert_uint_eq(b.n,
	    maxima[_i].before +
		(maxima[_i].code == GATE_OK ? maxima[_i].put : 0));
	ck_assert(b.cap <= b.max);
	gate_buf_clear(&b);
}
END_TEST

START_TEST(remembers_a_failure_until_it_is_reset)
{
	struct gate_buf b;
	unsigned char *p = NULL;

	gate_buf_init(&b, 4);
	ck_assert_int_eq(gate_buf_put_str(&b, "abc"), GATE_OK);
	ck_assert_int_eq(gate_buf_put_str(&b, "de"), GATE_E_LIMIT);
	ck_assert_int_eq(gate_buf_put_str(&b, "d"), GATE_E_LIMIT);
	ck_assert_int_eq(gate_buf_put_str(&b, ""), GATE_E_LIMIT);
	ck_assert_int_eq(gate_buf_room(&b, 0, &p), GATE_E_LIMIT);
	ck_assert_int_eq(gate_buf_printf(&b, "%s", ""), GATE_E_LIMIT);
	ck_assert_ptr_null(p);
	ck_assert_str_eq(gate_buf_str(&b), "");
	gate_buf_reset(&b);
	ck_assert_int_eq(gate_buf_put_str(&b, "wxyz"), GATE_OK);
	ck_assert_str_eq(gate_buf_str(&b), "wxyz");
	gate_buf_clear(&b);
	ck_assert_int_eq(gate_buf_put_str(&b, "wxyz"), GATE_OK);
	gate_buf_wipe(&b);
	ck_assert_ptr_null(b.p);
	ck_assert_uint_eq(b.max, 4);
}
END_TEST

START_TEST(keeps_what_stood_there_when_it_grows)
{
	struct gate_buf b;
	int i;

	gate_buf_init(&b, 1000);
	for (i = 0; i < 1000; i++)
		ck_assert_int_eq(
		    gate_buf_put_byte(&b, (unsigned char)i), GATE_OK);
	for (i = 0; i < 1000; i++)
		ck_assert_int_eq(b.p[i], (unsigned char)i);
	gate_buf_clear(&b);
}
END_TEST

START_TEST(prints_numbers_and_formats)
{
	struct gate_buf b;

	gate_buf_init(&b, 64);
	(void)gate_buf_put_i64(&b, INT64_MIN);
	(void)gate_buf_put_byte(&b, ' ');
	(void)gate_buf_put_i64(&b, INT64_MAX);
	(void)gate_buf_printf(&b, " %s-%d", "x", 7);
	ck_assert_str_eq(
	    gate_buf_str(&b), "-9223372036854775808 9223372036854775807 x-7");
	gate_buf_clear(&b);
}
END_TEST

START_TEST(prints_up_to_exactly_its_maximum)
{
	struct gate_buf b;

	gate_buf_init(&b, 4);
	ck_assert_int_eq(gate_buf_printf(&b, "%d", 1234), GATE_OK);
	ck_assert_str_eq(gate_buf_str(&b), "1234");
	gate_buf_reset(&b);
	ck_assert_int_eq(gate_buf_printf(&b, "%d", 12345), GATE_E_LIMIT);
	ck_assert_uint_eq(b.n, 0);
	gate_buf_clear(&b);
}
END_TEST

/* The first try writes into what room there is: at its edge, it must not
 * be believed. */
START_TEST(prints_around_the_edge_of_its_room)
{
	static const char text[] = "0123456789012345678901234567890123456789012"
				   "345678901234567890123456";
	struct gate_buf b;
	int n;

	for (n = 60; n <= 67; n++) {
		gate_buf_init(&b, 1000);
		ck_assert_int_eq(gate_buf_put_str(&b, "x"), GATE_OK);
		ck_assert_int_eq(gate_buf_printf(&b, "%.*s", n, text), GATE_OK);
		ck_assert_uint_eq(b.n, (size_t)n + 1);
		ck_assert_int_eq(memcmp(b.p + 1, text, (size_t)n), 0);
		ck_assert_uint_eq(strlen(gate_buf_str(&b)), b.n);
		gate_buf_clear(&b);
	}
}
END_TEST

START_TEST(gives_room_to_write_into)
{
	struct gate_buf b;
	unsigned char *p;

	gate_buf_init(&b, 100);
	ck_assert_int_eq(gate_buf_put_str(&b, "a"), GATE_OK);
	ck_assert_int_eq(gate_buf_room(&b, 99, &p), GATE_OK);
	memset(p, 'b', 99);
	gate_buf_added(&b, 2);
	ck_assert_str_eq(gate_buf_str(&b), "abb");
	ck_assert_int_eq(gate_buf_room(&b, SIZE_MAX, &p), GATE_E_LIMIT);
	gate_buf_clear(&b);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("buf");
	TCase *t = tcase_create("buf");

	tcase_add_test(t, starts_empty_and_gives_an_empty_string);
	add_row_test(t, grows_to_its_maximum_and_not_beyond, maxima);
	tcase_add_test(t, remembers_a_failure_until_it_is_reset);
	tcase_add_test(t, keeps_what_stood_there_when_it_grows);
	tcase_add_test(t, prints_numbers_and_formats);
	tcase_add_test(t, prints_up_to_exactly_its_maximum);
	tcase_add_test(t, prints_around_the_edge_of_its_room);
	tcase_add_test(t, gives_room_to_write_into);
	suite_add_tcase(s, t);
	return s;
}

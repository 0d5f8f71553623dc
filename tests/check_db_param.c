/* Parameters: what reaches libpq, without a server. */
#include "config.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/db.h"
#include "lib/db_param.h"
#include "lib/num.h"
#include "tests/runner.h"

static const struct {
	const char *in;
	const char *out;
} elements[] = {
    {"abc", "{\"abc\"}"},
    {"", "{\"\"}"},
    {"NULL", "{\"NULL\"}"},
    {"a\"b", "{\"a\\\"b\"}"},
    {"\\", "{\"\\\\\"}"},
    {"\"\"\\\\\"", "{\"\\\"\\\"\\\\\\\\\\\"\"}"},
    {"{a,b} ", "{\"{a,b} \"}"},
};

START_TEST(quotes_an_array_element)
{
	struct gate_array a;
	struct gate_param p;

	gate_array_init(&a, 1000);
	gate_array_put(&a, gate_span_str(elements[_i].in));
	ck_assert_int_eq(gate_array_param(&a, &p), GATE_OK);
	ck_assert(gate_span_is(p.v, elements[_i].out));
	gate_array_clear(&a);
}
END_TEST

START_TEST(builds_arrays_of_every_kind)
{
	struct gate_array a;
	struct gate_param p;

	gate_array_init(&a, 1000);
	ck_assert_int_eq(gate_array_param(&a, &p), GATE_OK);
	ck_assert(gate_span_is(p.v, "{}"));
	gate_array_clear(&a);
	gate_array_put_i64(&a, -7);
	gate_array_put_null(&a);
	gate_array_put_bytes(&a, GATE_SPAN("\x00\xff"));
	ck_assert_int_eq(gate_array_param(&a, &p), GATE_OK);
	ck_assert(gate_span_is(p.v, "{-7,NULL,\"\\\\x00ff\"}"));
	gate_array_clear(&a);
}
END_TEST

START_TEST(refuses_an_array_past_its_maximum)
{
	struct gate_array a;
	struct gate_param p = gate_param_null();

	gate_array_init(&a, 10);
	gate_array_put(&a, GATE_SPAN("123456789"));
	ck_assert_int_eq(gate_array_param(&a, &p), GATE_E_LIMIT);
	ck_assert(p.null);
	gate_array_clear(&a);
}
END_TEST

START_TEST(ends_every_copied_text_with_a_nul)
{
	char room[GATE_PARAM_I64_TEXT];
	const struct gate_param in[] = {
	    gate_param_text(gate_span_of("abcdef", 3)),
	    gate_param_null(),
	    gate_param_i64(-42, room),
	    gate_param_bytes(gate_span_of("x\0y", 3)),
	};
	struct gate_param *out;

	ck_assert_int_eq(
	    gate_params_copy(in, GATE_COUNT(in), true, &out), GATE_OK);
	ck_assert_str_eq((const char *)out[0].v.p, "abc");
	ck_assert(out[1].null);
	ck_assert_str_eq((const char *)out[2].v.p, "-42");
	ck_assert_uint_eq(out[3].v.n, 3);
	ck_assert(out[3].v.p != in[3].v.p);
	free(out);
	ck_assert_int_eq(
	    gate_params_copy(in, GATE_COUNT(in), false, &out), GATE_OK);
	ck_assert(out[3].v.p == in[3].v.p);
	free(out);
}
END_TEST

START_TEST(refuses_a_nul_inside_a_text)
{
	const struct gate_param in[] = {
	    gate_param_text(gate_span_of("a\0b", 3)),
	};
	struct gate_param *out = NULL;

	ck_assert_int_eq(gate_params_copy(in, 1, true, &out), GATE_E_BAD);
	ck_assert_ptr_null(out);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("db_param");
	TCase *t = tcase_create("params");

	tcase_add_loop_test(
	    t, quotes_an_array_element, 0, (int)GATE_COUNT(elements));
	tcase_add_test(t, builds_arrays_of_every_kind);
	tcase_add_test(t, refuses_an_array_past_its_maximum);
	tcase_add_test(t, ends_every_copied_text_with_a_nul);
	tcase_add_test(t, refuses_a_nul_inside_a_text);
	suite_add_tcase(s, t);
	return s;
}

/* lib/span.h, in its order. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "lib/span.h"
#include "tests/fence.h"
#include "tests/runner.h"

START_TEST(takes_from_the_front)
{
	struct gate_span s = GATE_SPAN("abc");
	struct gate_span out;

	ck_assert(gate_span_take(&s, 2, &out));
	ck_assert(gate_span_is(out, "ab") && gate_span_is(s, "c"));
	ck_assert(gate_span_take(&s, 1, &out) && s.n == 0);
	ck_assert(gate_span_take(&s, 0, &out) && out.n == 0);
}
END_TEST

START_TEST(takes_no_more_than_there_is)
{
	struct gate_span s = GATE_SPAN("abc");
	struct gate_span out = GATE_SPAN("before");

	ck_assert(!gate_span_take(&s, 4, &out));
	ck_assert(!gate_span_take(&s, SIZE_MAX, &out));
	ck_assert(gate_span_is(s, "abc") && gate_span_is(out, "before"));
}
END_TEST

static const struct {
	const char *what;
	const char *in;
	size_t max;
	const char *out; /* NULL: refused */
	const char *rest;
} untils[] = {
    {"first separator", "a,b,c", 9, "a", "b,c"},
    {"nothing before it", ",b", 9, "", "b"},
    {"nothing after it", "a,", 9, "a", ""},
    {"exactly max", "abc,d", 3, "abc", "d"},
    {"one above max", "abcd,e", 3, NULL, NULL},
    {"no separator", "abc", 9, NULL, NULL},
    {"empty", "", 9, NULL, NULL},
    {"max is absurd", "abc,d", SIZE_MAX, "abc", "d"},
    {"max is 0", ",d", 0, "", "d"},
};

START_TEST(takes_until_a_separator)
{
	struct fence f = fence_page(gate_span_str(untils[_i].in));
	struct gate_span s = f.span;
	struct gate_span out = GATE_SPAN("before");
	bool taken = gate_span_until(&s, ',', untils[_i].max, &out);

	if (untils[_i].out != NULL) {
		ck_assert_msg(taken && gate_span_is(out, untils[_i].out) &&
			gate_span_is(s, untils[_i].rest),
		    "%s", untils[_i].what);
	} else {
		ck_assert_msg(!taken && gate_span_is(out, "before") &&
			gate_span_equal(s, f.span),
		    "%s", untils[_i].what);
	}
	fence_free(&f);
}
END_TEST

START_TEST(skips_only_what_is_there)
{
	struct gate_span s = GATE_SPAN("v1=x");
	struct gate_span empty = {NULL, 0};

	ck_assert(!gate_span_skip(&s, "v2="));
	ck_assert(!gate_span_skip(&s, "v1=xy"));
	ck_assert(gate_span_is(s, "v1=x"));
	ck_assert(gate_span_skip(&s, "v1="));
	ck_assert(gate_span_is(s, "x"));
	ck_assert(gate_span_skip(&empty, "") && empty.n == 0);
	ck_assert(!gate_span_skip(&empty, "a"));
}
END_TEST

START_TEST(compares_bytes_and_lengths)
{
	struct gate_span with_nul = BYTES("a\0b");
	struct gate_span empty = {NULL, 0};

	ck_assert(!gate_span_is(with_nul, "a"));
	ck_assert(gate_span_equal(with_nul, with_nul));
	ck_assert(gate_span_is(empty, "") && gate_span_equal(empty, empty));
	ck_assert(
	    gate_span_is_nocase(GATE_SPAN("Content-TYPE"), "content-type"));
	ck_assert(!gate_span_is_nocase(GATE_SPAN("[@"), "{`"));
	ck_assert(!gate_span_is_nocase(GATE_SPAN("a"), "ab"));
	ck_assert(gate_span_compare(GATE_SPAN("a"), GATE_SPAN("b")) < 0);
	ck_assert(gate_span_compare(GATE_SPAN("a"), GATE_SPAN("ab")) < 0);
	ck_assert(gate_span_compare(GATE_SPAN("\xff"), GATE_SPAN("a")) > 0);
	ck_assert(gate_span_compare(empty, empty) == 0);
	ck_assert(gate_span_compare(GATE_SPAN("a"), empty) > 0);
}
END_TEST

START_TEST(trims_blanks_but_no_other_white_space)
{
	ck_assert(gate_span_is(gate_span_trim(GATE_SPAN(" \t a b \t")), "a b"));
	ck_assert(gate_span_is(gate_span_trim(GATE_SPAN("\na\r")), "\na\r"));
	ck_assert(gate_span_trim(GATE_SPAN(" \t ")).n == 0);
	ck_assert(gate_span_trim((struct gate_span){NULL, 0}).n == 0);
}
END_TEST

START_TEST(knows_sets_of_bytes)
{
	struct gate_span with_nul = BYTES("a\0");
	struct gate_span empty = {NULL, 0};

	ck_assert(gate_span_within(GATE_SPAN("az"), 'a', 'z'));
	ck_assert(!gate_span_within(GATE_SPAN("a{"), 'a', 'z'));
	ck_assert(!gate_span_within(GATE_SPAN("`a"), 'a', 'z'));
	ck_assert(gate_span_within(empty, 'a', 'z'));
	ck_assert(gate_span_only(GATE_SPAN("abba"), "ab"));
	ck_assert(!gate_span_only(GATE_SPAN("abc"), "ab"));
	ck_assert(!gate_span_only(with_nul, "ab"));
	ck_assert(gate_span_only(empty, ""));
}
END_TEST

static const struct {
	struct gate_span in;
	uint64_t max;
	bool ok;
	uint64_t value;
} u64s[] = {
    {BYTES("0"), 0, true, 0}, {BYTES("007"), 9, true, 7},
    {BYTES("300"), 300, true, 300}, {BYTES("301"), 300, false, 0},
    {BYTES("18446744073709551615"), UINT64_MAX, true, UINT64_MAX},
    {BYTES("18446744073709551616"), UINT64_MAX, false, 0},
    {BYTES("99999999999999999999"), UINT64_MAX, false, 0},
    {BYTES("00000000000000000001"), UINT64_MAX, true, 1},
    {BYTES("000000000000000000001"), UINT64_MAX, false, 0},
    {BYTES(""), 9, false, 0}, {BYTES("+1"), 9, false, 0},
    {BYTES("-1"), 9, false, 0}, {BYTES(" 1"), 9, false, 0},
    {BYTES("1 "), 9, false, 0}, {BYTES("1.5"), 9, false, 0},
    {BYTES("1_0"), 99, false, 0}, {BYTES("1e1"), 99, false, 0},
    {BYTES("0x1"), 99, false, 0}, {BYTES("1\0"), 99, false, 0},
    {BYTES("/"), 99, false, 0}, {BYTES(":"), 99, false, 0},
    {BYTES("\xef\xbc\x91"), 99, false, 0}, /* full-width 1 */
};

START_TEST(reads_decimal_numbers_strictly)
{
	struct fence f = fence_page(u64s[_i].in);
	uint64_t v = 42;

	ck_assert_int_eq(gate_span_u64(f.span, u64s[_i].max, &v), u64s[_i].ok);
	ck_assert(v == (u64s[_i].ok ? u64s[_i].value : 42));
	fence_free(&f);
}
END_TEST

static const struct {
	const char *in;
	int64_t min, max;
	bool ok;
	int64_t value;
} i64s[] = {
    {"-9223372036854775808", INT64_MIN, INT64_MAX, true, INT64_MIN},
    {"-9223372036854775809", INT64_MIN, INT64_MAX, false, 0},
    {"9223372036854775807", INT64_MIN, INT64_MAX, true, INT64_MAX},
    {"9223372036854775808", INT64_MIN, INT64_MAX, false, 0},
    {"-0", -1, 1, true, 0},
    {"-5", -5, 5, true, -5},
    {"-6", -5, 5, false, 0},
    {"6", -5, 5, false, 0},
    {"--5", -9, 9, false, 0},
    {"-", -9, 9, false, 0},
    {"+5", -9, 9, false, 0},
    {"", -9, 9, false, 0},
};

START_TEST(reads_signed_numbers_strictly)
{
	struct fence f = fence_page(gate_span_str(i64s[_i].in));
	int64_t v = 42;

	ck_assert_msg(gate_span_i64(f.span, i64s[_i].min, i64s[_i].max, &v) ==
		i64s[_i].ok,
	    "%s", i64s[_i].in);
	ck_assert(v == (i64s[_i].ok ? i64s[_i].value : 42));
	fence_free(&f);
}
END_TEST

START_TEST(copies_what_fits_and_has_no_nul)
{
	char dst[4] = "xyz";
	struct gate_span with_nul = BYTES("a\0b");
	struct gate_span empty = {NULL, 0};
	char *copy;

	ck_assert(gate_span_copy(GATE_SPAN("abc"), dst, sizeof(dst)));
	ck_assert_str_eq(dst, "abc");
	ck_assert(!gate_span_copy(GATE_SPAN("abcd"), dst, sizeof(dst)));
	ck_assert_str_eq(dst, "");
	ck_assert(!gate_span_copy(with_nul, dst, sizeof(dst)));
	ck_assert(gate_span_copy(empty, dst, 1));
	ck_assert_ptr_null(gate_span_dup(with_nul));
	copy = gate_span_dup(empty);
	ck_assert_str_eq(copy, "");
	free(copy);
	copy = gate_span_dup(GATE_SPAN("abc"));
	ck_assert_str_eq(copy, "abc");
	free(copy);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("span");
	TCase *t = tcase_create("span");

	tcase_add_test(t, takes_from_the_front);
	tcase_add_test(t, takes_no_more_than_there_is);
	add_row_test(t, takes_until_a_separator, untils);
	tcase_add_test(t, skips_only_what_is_there);
	tcase_add_test(t, compares_bytes_and_lengths);
	tcase_add_test(t, trims_blanks_but_no_other_white_space);
	tcase_add_test(t, knows_sets_of_bytes);
	add_row_test(t, reads_decimal_numbers_strictly, u64s);
	add_row_test(t, reads_signed_numbers_strictly, i64s);
	tcase_add_test(t, copies_what_fits_and_has_no_nul);
	suite_add_tcase(s, t);
	return s;
}

/* fcgi/records.h: every look at bytes ends before a page that must not be
 * touched. */
#include "config.h"

#include <string.h>

#include "fcgi/records.h"
#include "lib/buf.h"
#include "tests/fence.h"
#include "tests/runner.h"

#define BEGIN                                                                  \
	"\1\1\0\1\0\10\0\0"                                                    \
	"\0\1\0\0\0\0\0\0"
#define PARAMS                                                                 \
	"\1\4\0\1\0\6\3\0"                                                     \
	"\3\1abcd"                                                             \
	"pad"
#define PADDED_END "\1\4\0\1\0\0\2\0pa"
#define STDIN                                                                  \
	"\1\5\1\2\0\2\6\0"                                                     \
	"{}"                                                                   \
	"padpad"
#define STDIN_END "\1\5\1\2\0\0\0\0"
#define X43 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X129 X43 X43 X43

#define WHOLE BEGIN PARAMS PADDED_END STDIN STDIN_END
/* What is seen in WHOLE: type.id.length, content, end. */
#define SEEN                                                                   \
	"1.1.8\"\0\1\0\0\0\0\0\0\";"                                           \
	"4.1.6\"\3\1abcd\";4.1.0\"\";5.258.2\"{}\";5.258.0\"\";"

/* Steps until more is needed; false once it is broken. */
static bool
walk(struct records *r, struct gate_span in, struct gate_buf *seen)
{
	struct gate_span content;

	for (;;) {
		switch (records_next(r, &in, &content)) {
		case RECORDS_MORE:
			ck_assert_uint_eq(in.n, 0);
			return true;
		case RECORDS_BEGUN:
			(void)gate_buf_printf(
			    seen, "%u.%zu.%zu\"", r->type, r->id, r->length);
			break;
		case RECORDS_CONTENT:
			ck_assert_uint_gt(content.n, 0);
			(void)gate_buf_put(seen, content);
			break;
		case RECORDS_ENDED:
			(void)gate_buf_put_str(seen, "\";");
			break;
		case RECORDS_BROKEN:
			return false;
		}
	}
}

START_TEST(records_are_the_same_wherever_they_are_cut)
{
	struct gate_span whole = GATE_SPAN(WHOLE);
	struct gate_buf seen;
	size_t n;

	gate_buf_init(&seen, 4096);
	for (n = 0; n <= whole.n; n++) {
		struct fence a = fence_page(gate_span_of(whole.p, n));
		struct fence b =
		    fence_page(gate_span_of(whole.p + n, whole.n - n));
		struct records r = {.header_n = 0};

		gate_buf_reset(&seen);
		ck_assert(walk(&r, a.span, &seen) && walk(&r, b.span, &seen));
		ck_assert_msg(
		    gate_span_equal(gate_buf_span(&seen), GATE_SPAN(SEEN)),
		    "cut at %zu: %s", n, gate_buf_str(&seen));
		fence_free(&a);
		fence_free(&b);
	}
	gate_buf_clear(&seen);
}
END_TEST

START_TEST(another_version_is_broken)
{
	struct records r = {.header_n = 0};
	struct gate_buf seen;

	gate_buf_init(&seen, 4096);
	ck_assert(!walk(&r, GATE_SPAN(BEGIN "\2\4\0\1\0\0\0\0"), &seen));
	gate_buf_clear(&seen);
}
END_TEST

START_TEST(a_header_of_ours_is_read_back)
{
	unsigned char h[RECORDS_HEADER] = {0};
	struct records r = {.header_n = 0};
	struct gate_span in = gate_span_of(h, sizeof(h)), content;

	records_put_header(h, RECORDS_PARAMS, 513, 65535);
	ck_assert_int_eq(records_next(&r, &in, &content), RECORDS_BEGUN);
	ck_assert_uint_eq(r.type, RECORDS_PARAMS);
	ck_assert_uint_eq(r.id, 513);
	ck_assert_uint_eq(r.length, 65535);
}
END_TEST

static const struct {
	const char *what;
	struct gate_span in;
	bool good;
} pairs[] = {
    {"nothing", BYTES(""), true},
    {"one pair", BYTES("\3\1abcd"), true},
    {"two pairs", BYTES("\3\1abcd\1\0n"), true},
    {"a value of 129 bytes", BYTES("\1\200\0\0\201n" X129), true},
    {"= in a value", BYTES("\1\1n="), true},
    {"= in a name", BYTES("\2\1n=v"), false},
    {"NUL in a name", BYTES("\2\1n\0v"), false},
    {"NUL in a value", BYTES("\1\2nv\0"), false},
    {"no name", BYTES("\0\1v"), false},
    {"a name beyond the end", BYTES("\2\0n"), false},
    {"a value beyond the end", BYTES("\1\1n"), false},
    {"a length beyond the end", BYTES("\0\200\0\0"), false},
    {"a length alone", BYTES("\1"), false},
    {"lengths of 2 GiB", BYTES("\377\377\377\377\377\377\377\377AB"), false},
};

START_TEST(params_are_pairs_that_c_can_hold)
{
	struct fence f = fence_page(pairs[_i].in);

	ck_assert_msg(
	    records_are_params(f.span) == pairs[_i].good, "%s", pairs[_i].what);
	fence_free(&f);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("records");
	TCase *t = tcase_create("records");

	tcase_add_test(t, records_are_the_same_wherever_they_are_cut);
	tcase_add_test(t, another_version_is_broken);
	tcase_add_test(t, a_header_of_ours_is_read_back);
	add_row_test(t, params_are_pairs_that_c_can_hold, pairs);
	suite_add_tcase(s, t);
	return s;
}

/* lib/utf8.h and lib/quote.h. */
#include "config.h"

#include <string.h>

#include "lib/quote.h"
#include "lib/utf8.h"
#include "tests/fence.h"
#include "tests/runner.h"

/* Bounds of each row of RFC 3629 section 4, and one beyond. */
static const struct {
	struct gate_span in;
	bool ok;
	uint32_t code_point;
} utf8s[] = {
    {BYTES("\x00"), true, 0},
    {BYTES("\x7f"), true, 0x7f},
    {BYTES("\x80"), false, 0},
    {BYTES("\xc1\xbf"), false, 0},
    {BYTES("\xc0\x80"), false, 0},
    {BYTES("\xc2\x80"), true, 0x80},
    {BYTES("\xdf\xbf"), true, 0x7ff},
    {BYTES("\xc2"), false, 0},
    {BYTES("\xc2\x7f"), false, 0},
    {BYTES("\xc2\xc0"), false, 0},
    {BYTES("\xe0\x9f\xbf"), false, 0},
    {BYTES("\xe0\xa0\x80"), true, 0x800},
    {BYTES("\xed\x9f\xbf"), true, 0xd7ff},
    {BYTES("\xed\xa0\x80"), false, 0},
    {BYTES("\xee\x80\x80"), true, 0xe000},
    {BYTES("\xef\xbf\xbf"), true, 0xffff},
    {BYTES("\xe2\x82"), false, 0},
    {BYTES("\xe2\x82\xc0"), false, 0},
    {BYTES("\xf0\x8f\xbf\xbf"), false, 0},
    {BYTES("\xf0\x90\x80\x80"), true, 0x10000},
    {BYTES("\xf4\x8f\xbf\xbf"), true, 0x10ffff},
    {BYTES("\xf4\x90\x80\x80"), false, 0},
    {BYTES("\xf5\x80\x80\x80"), false, 0},
    {BYTES("\xff"), false, 0},
    {BYTES("\xf0\x9f\x98"), false, 0},
    {BYTES(""), false, 0},
};

START_TEST(reads_and_writes_utf8)
{
	struct fence f = fence_page(utf8s[_i].in);
	struct gate_span s = f.span;
	uint32_t code_point = 42;
	unsigned char out[GATE_UTF8_MAX];

	ck_assert_int_eq(gate_utf8_take(&s, &code_point), utf8s[_i].ok);
	if (utf8s[_i].ok) {
		ck_assert_uint_eq(code_point, utf8s[_i].code_point);
		ck_assert_uint_eq(s.n, 0);
		ck_assert(gate_span_equal(f.span,
		    gate_span_of(out, gate_utf8_encode(code_point, out))));
	} else {
		ck_assert_uint_eq(code_point, 42);
		ck_assert(gate_span_equal(s, f.span));
	}
	fence_free(&f);
}
END_TEST

static const struct {
	struct gate_span in;
	const char *out;
} quotes[] = {
    {BYTES(""), "\"\""},
    {BYTES("plain / text"), "\"plain / text\""},
    {BYTES("\"\\"), "\"\\\"\\\\\""},
    {BYTES("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\""},
    {BYTES("\0\x1f"), "\"\\u0000\\u001f\""},
    {BYTES("\x1b[31m"), "\"\\u001b[31m\""},
    {BYTES("\x7f"), "\"\\u007f\""},
    {BYTES("\xc2\x9b"), "\"\\u009b\""},
    {BYTES("gr\xc3\xbc\xc3\x9f"), "\"gr\xc3\xbc\xc3\x9f\""},
    {BYTES("\xf0\x9f\x98\x80"), "\"\xf0\x9f\x98\x80\""},
    {BYTES("\xe2\x80\xae"
	   "abc"),
	"\"\\u202eabc\""},
    {BYTES("\xe2\x80\xa8"), "\"\\u2028\""},
    {BYTES("a\xff"
	   "b"),
	"\"a\xef\xbf\xbd"
	"b\""},
    {BYTES("\xc3"), "\"\xef\xbf\xbd\""},
    {BYTES("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
};

START_TEST(quotes_any_bytes_as_a_json_string)
{
	struct fence f = fence_page(quotes[_i].in);
	struct gate_buf b;

	gate_buf_init(&b, 100);
	ck_assert_int_eq(gate_quote_put(&b, f.span), GATE_OK);
	ck_assert_str_eq(gate_buf_str(&b), quotes[_i].out);
	gate_buf_clear(&b);
	gate_buf_init(&b, strlen(quotes[_i].out) - 1);
	ck_assert_int_eq(gate_quote_put(&b, f.span), GATE_E_LIMIT);
	gate_buf_clear(&b);
	fence_free(&f);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("utf8");
	TCase *t = tcase_create("utf8");

	add_row_test(t, reads_and_writes_utf8, utf8s);
	add_row_test(t, quotes_any_bytes_as_a_json_string, quotes);
	suite_add_tcase(s, t);
	return s;
}

/* lib/html.h, lib/url.h, lib/decimal.h: texts and their one form. */
#include "config.h"

#include "lib/decimal.h"
#include "lib/html.h"
#include "lib/url.h"
#include "tests/fence.h"
#include "tests/runner.h"

static const struct {
	const char *html;
	const char *text;
} strips[] = {
    {"plain", "plain"},
    {"", ""},
    {"a < b > c & d", "a < b > c & d"},
    {"a <b>c</b> d", "a c d"},
    {"<p>one</p><p>two</p>", "one\ntwo"},
    {"<p>one</p>\n<p>two</p>\n", "one\ntwo\n"},
    {"one<br>two<BR/>three", "one\ntwo\nthree"},
    {"<ul><li>a</li><li>b</li></ul>", "a\nb"},
    {"a<img src=\"x>y\" alt='>'>b", "ab"},
    {"a<img alt=x>b", "ab"},
    {"a<a href = \"1>\" >b</a>c", "abc"},
    {"a<x ='>b", "ab"},
    {"a<x a'>b", "ab"},
    {"a<!-- > -- -->b", "ab"},
    {"a<!-->b", "ab"},
    {"a<!--->b", "ab"},
    {"a<!--x--!>b", "ab"},
    {"a<!--x", "a"},
    {"a<!DOCTYPE html>b<?php x ?>c<![CDATA[x]]>d", "abcd"},
    {"a</>b", "ab"},
    {"a</ x>b", "ab"},
    {"a</", "a"},
    {"a<", "a<"},
    {"a<b", "a"},
    {"a<b title=\"x", "a"},
    {"a<script>x</b>y</scriptx>z</script >b", "ab"},
    {"a<STYLE>p{}</style>b", "ab"},
    {"a<script>x", "a"},
    {"<<b>i>x", "< i>x"},
    {"<<<b>b>b>x", "<< b>b>x"},
    {"a<<!--x-->/b>c", "a< /b>c"},
    {"&lt;b&gt;&amp;", "&lt;b&gt;&amp;"},
    {"gr\xc3\xbc\xc3\x9f<i>\xf0\x9f\x98\x80</i>",
	"gr\xc3\xbc\xc3\x9f\xf0\x9f\x98\x80"},
};

/* What stands in out after what was there before. */
static void
strip(struct gate_span html, struct gate_buf *out)
{
	struct fence f = fence_page(html);

	gate_buf_init(out, 10000);
	ck_assert_int_eq(gate_html_strip(f.span, out), GATE_OK);
	fence_free(&f);
}

START_TEST(leaves_the_text_of_html)
{
	struct gate_buf once, twice;

	strip(gate_span_str(strips[_i].html), &once);
	ck_assert_str_eq(gate_buf_str(&once), strips[_i].text);
	strip(gate_buf_span(&once), &twice);
	ck_assert_str_eq(gate_buf_str(&twice), strips[_i].text);
	gate_buf_clear(&once);
	gate_buf_clear(&twice);
}
END_TEST

/* url NULL: it is none */
static const struct {
	const char *in;
	const char *url;
} urls[] = {
    {"https://example.com/a?b#c", "https://example.com/a?b#c"},
    {"HTTP://EXAMPLE.com:80", "http://example.com/"},
    {"https://example.com:443/", "https://example.com/"},
    {"https://example.com:0443/", "https://example.com/"},
    {"http://example.com:443/", "http://example.com:443/"},
    {"https://example.com:/", "https://example.com/"},
    {"https://example.com?x", "https://example.com/?x"},
    {"https://example.com/%7Ea%2fb%c3%a9", "https://example.com/~a%2Fb%C3%A9"},
    {"https://example.com/caf\xc3\xa9?q=\xc3\xa9#\xc3\xa9",
	"https://example.com/caf%C3%A9?q=%C3%A9#%C3%A9"},
    {"https://example.com/a/./b/../c", "https://example.com/a/c"},
    {"https://example.com/a/..", "https://example.com/"},
    {"https://example.com/a/.", "https://example.com/a/"},
    {"https://example.com/../../a", "https://example.com/a"},
    {"https://example.com/a/%2e%2E/b", "https://example.com/b"},
    {"https://example.com/a//b/", "https://example.com/a//b/"},
    {"https://example.com/a//../b", "https://example.com/a/b"},
    {"https://example.com/.../x", "https://example.com/.../x"},
    {"https://example.com/?a=../b", "https://example.com/?a=../b"},
    {"https://example.com/?", "https://example.com/?"},
    {"https://192.0.2.1:8080/", "https://192.0.2.1:8080/"},
    {"https://[2001:DB8::1]:443/", "https://[2001:db8::1]/"},
    {"", NULL},
    {"example.com", NULL},
    {"//example.com/", NULL},
    {"https:example.com", NULL},
    {"https:/example.com", NULL},
    {"https:///a", NULL},
    {"https://", NULL},
    {"https://:80/", NULL},
    {"ftp://example.com/", NULL},
    {"javascript:alert(1)", NULL},
    {"data:text/html,x", NULL},
    {"https://user@example.com/", NULL},
    {"https://user:pass@example.com/", NULL},
    {"https://@example.com/", NULL},
    {"https://example.com:x/", NULL},
    {"https://example.com:65536/", NULL},
    {"https://example.com:99999999999999999999999/", NULL},
    {"https://[::1/", NULL},
    {"https://[x]/", NULL},
    {"https://[::1]x/", NULL},
    {"https://ex%41mple.com/", NULL},
    {"https://a&b/", NULL},
    {"https://exa mple.com/", NULL},
    {"https://ex\xc3\xa4mple.com/", NULL},
    {"https://example.com/a b", NULL},
    {"https://example.com/\\a", NULL},
    {"https://example.com/%", NULL},
    {"https://example.com/%4", NULL},
    {"https://example.com/%4g", NULL},
    {" https://example.com/", NULL},
    {"https://example.com/\n", NULL},
    {"https://example.com/<b>", NULL},
    {"https://example.com/#a#b", NULL},
};

static void
check_url(const char *in, const char *url)
{
	struct fence f = fence_page(gate_span_str(in));
	struct gate_buf out;

	gate_buf_init(&out, 10000);
	ck_assert_msg(gate_url_is_web(f.span) == (url != NULL), "%s", in);
	ck_assert_int_eq(gate_url_normalise(f.span, &out),
	    url != NULL ? GATE_OK : GATE_E_BAD);
	ck_assert_str_eq(gate_buf_str(&out), url != NULL ? url : "");
	gate_buf_clear(&out);
	fence_free(&f);
}

START_TEST(writes_a_url_in_its_normal_form)
{
	check_url(urls[_i].in, urls[_i].url);
	if (urls[_i].url != NULL)
		check_url(urls[_i].url, urls[_i].url);
}
END_TEST

static const struct {
	const char *a, *b;
	int order;
} orders[] = {
    {"0", "-0", 0},
    {"0.0e5", "0", 0},
    {"1", "1.0", 0},
    {"10e-1", "1", 0},
    {"100", "1e2", 0},
    {"0.001", "1e-3", 0},
    {"1", "2", -1},
    {"-1", "-2", 1},
    {"-1", "1", -1},
    {"0", "1e-308", -1},
    {"9", "10", -1},
    {"19", "2", 1},
    {"1.5", "1.50001", -1},
    {"9007199254740993", "9007199254740992", 1},
    {"18446744073709551615", "18446744073709551614", 1},
    {"1e308", "1e307", 1},
};

static struct gate_decimal
decimal(const char *text)
{
	struct fence f = fence_page(gate_span_str(text));
	struct gate_decimal d;

	ck_assert_msg(gate_decimal_parse(f.span, &d), "%s", text);
	fence_free(&f);
	return d;
}

START_TEST(compares_numbers_without_rounding)
{
	struct gate_decimal a = decimal(orders[_i].a);
	struct gate_decimal b = decimal(orders[_i].b);

	ck_assert_int_eq(gate_decimal_compare(&a, &b), orders[_i].order);
	ck_assert_int_eq(gate_decimal_compare(&b, &a), -orders[_i].order);
}
END_TEST

static const int64_t integers[] = {0, 1, -1, 9, 10, 11, -100, 123456789012,
    1000000000000000000, INT64_MAX, INT64_MIN};

START_TEST(makes_the_same_of_an_integer_and_its_text)
{
	struct gate_decimal a, b;
	struct gate_buf text;

	gate_buf_init(&text, 100);
	ck_assert_int_eq(gate_buf_put_i64(&text, integers[_i]), GATE_OK);
	b = decimal(gate_buf_str(&text));
	gate_decimal_of_i64(integers[_i], &a);
	ck_assert_int_eq(gate_decimal_compare(&a, &b), 0);
	ck_assert_uint_eq(a.n, b.n);
	ck_assert(a.exponent == b.exponent);
	ck_assert(gate_decimal_is_integer(&a));
	gate_buf_clear(&text);
}
END_TEST

static const struct {
	const char *number, *divisor;
	bool is;
} multiples[] = {
    {"0", "7", true},
    {"21", "7", true},
    {"22", "7", false},
    {"-21", "7", true},
    {"0.3", "0.1", true},
    {"0.35", "0.1", false},
    {"4.5", "1.5", true},
    {"35", "1.5", false},
    {"0.0075", "0.0001", true},
    {"0.00751", "0.0001", false},
    {"1e308", "0.123456789", false},
    {"1e308", "5", true},
    {"1e308", "3", false},
    {"12391239123", "1e-8", true},
};

START_TEST(divides_without_rounding)
{
	struct gate_decimal a = decimal(multiples[_i].number);
	struct gate_decimal b = decimal(multiples[_i].divisor);

	ck_assert(gate_decimal_is_multiple(&a, &b) == multiples[_i].is);
}
END_TEST

static const char *const not_decimals[] = {"", "-", "+1", ".5", "1.", "1e",
    "1e+", "1 ", " 1", "0x1", "1e99999", "NaN", "1e1e1"};

START_TEST(takes_no_decimal_that_is_none)
{
	struct fence f = fence_page(gate_span_str(not_decimals[_i]));
	struct gate_decimal d;

	ck_assert(!gate_decimal_parse(f.span, &d));
	fence_free(&f);
}
END_TEST

START_TEST(takes_as_many_digits_as_the_guard)
{
	struct gate_decimal d;
	struct gate_buf b;
	int i;

	gate_buf_init(&b, 1000);
	for (i = 0; i < GATE_JSON_NUMBER_MAX; i++)
		(void)gate_buf_put_byte(&b, '9');
	ck_assert(gate_decimal_parse(gate_buf_span(&b), &d));
	(void)gate_buf_put_byte(&b, '0');
	ck_assert(gate_decimal_parse(gate_buf_span(&b), &d));
	ck_assert_int_eq(gate_buf_put_byte(&b, '9'), GATE_OK);
	ck_assert(!gate_decimal_parse(gate_buf_span(&b), &d));
	gate_buf_clear(&b);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("text_forms");
	TCase *t = tcase_create("text_forms");

	add_row_test(t, leaves_the_text_of_html, strips);
	add_row_test(t, writes_a_url_in_its_normal_form, urls);
	add_row_test(t, compares_numbers_without_rounding, orders);
	add_row_test(t, makes_the_same_of_an_integer_and_its_text, integers);
	add_row_test(t, divides_without_rounding, multiples);
	add_row_test(t, takes_no_decimal_that_is_none, not_decimals);
	tcase_add_test(t, takes_as_many_digits_as_the_guard);
	suite_add_tcase(s, t);
	return s;
}

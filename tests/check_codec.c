/* lib/codec.h. */
#include "config.h"

#include <string.h>

#include "lib/codec.h"
#include "tests/fence.h"
#include "tests/runner.h"

static const struct {
	struct gate_span in;
	bool ok; /* as two bytes */
} hexes[] = {
    {BYTES("0aff"), true},
    {BYTES("0AFF"), true},
    {BYTES("0aFf"), true},
    {BYTES("0af"), false},
    {BYTES("0aff0"), false},
    {BYTES("0aff00"), false},
    {BYTES(""), false},
    {BYTES("0x0a"), false},
    {BYTES("0ag0"), false},
    {BYTES("0a f"), false},
    {BYTES("0a\0f"), false},
    {BYTES("0a/f"), false},
    {BYTES("0a:f"), false},
    {BYTES("0a`f"), false},
    {BYTES("0a@f"), false},
    {BYTES("0aGf"), false},
};

START_TEST(decodes_hex_of_one_length_only)
{
	struct fence f = fence_page(hexes[_i].in);
	unsigned char out[2] = {1, 2};

	ck_assert_int_eq(gate_hex_decode(f.span, out, 2), hexes[_i].ok);
	ck_assert_int_eq(out[0], hexes[_i].ok ? 0x0a : 1);
	ck_assert_int_eq(out[1], hexes[_i].ok ? 0xff : 2);
	fence_free(&f);
}
END_TEST

START_TEST(writes_lower_case_hex)
{
	struct gate_span in = BYTES("\x00\x9f\xff");
	char text[7];
	struct gate_buf b;

	gate_hex_text(in, text, sizeof(text));
	ck_assert_str_eq(text, "009fff");
	gate_buf_init(&b, 6);
	ck_assert_int_eq(gate_hex_put(&b, in), GATE_OK);
	ck_assert_str_eq(gate_buf_str(&b), "009fff");
	ck_assert_int_eq(gate_hex_put(&b, in), GATE_E_LIMIT);
	gate_buf_clear(&b);
}
END_TEST

static const struct {
	const char *bytes, *std, *url;
} base64s[] = {
    /* RFC 4648 section 10 */
    {"", "", ""},
    {"f", "Zg==", "Zg"},
    {"fo", "Zm8=", "Zm8"},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg==", "Zm9vYg"},
    {"fooba", "Zm9vYmE=", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
    /* the two characters that differ */
    {"\xfb\xff\xbf", "+/+/", "-_-_"},
};

START_TEST(writes_and_reads_base64)
{
	struct gate_buf b;
	struct fence f;

	gate_buf_init(&b, 100);
	ck_assert_int_eq(
	    gate_base64_put(&b, gate_span_str(base64s[_i].bytes)), GATE_OK);
	ck_assert_str_eq(gate_buf_str(&b), base64s[_i].std);
	gate_buf_reset(&b);
	ck_assert_int_eq(
	    gate_base64url_put(&b, gate_span_str(base64s[_i].bytes)), GATE_OK);
	ck_assert_str_eq(gate_buf_str(&b), base64s[_i].url);

	gate_buf_reset(&b);
	f = fence_page(gate_span_str(base64s[_i].std));
	ck_assert_int_eq(gate_base64_decode(f.span, &b), GATE_OK);
	ck_assert_str_eq(gate_buf_str(&b), base64s[_i].bytes);
	fence_free(&f);
	gate_buf_reset(&b);
	f = fence_page(gate_span_str(base64s[_i].url));
	ck_assert_int_eq(gate_base64url_decode(f.span, &b), GATE_OK);
	ck_assert_str_eq(gate_buf_str(&b), base64s[_i].bytes);
	fence_free(&f);
	gate_buf_clear(&b);
}
END_TEST

static const struct {
	const char *what;
	struct gate_span in;
	bool std, url; /* whether each takes it */
} strict64[] = {
    {"no padding", BYTES("Zg"), false, true},
    {"half the padding", BYTES("Zg="), false, false},
    {"padding", BYTES("Zg=="), true, false},
    {"too much padding", BYTES("Zg==="), false, false},
    {"three of padding", BYTES("Z==="), false, false},
    {"only padding", BYTES("===="), false, false},
    {"one =", BYTES("="), false, false},
    {"padding within", BYTES("Zg==Zg=="), false, false},
    {"padding where none belongs", BYTES("Zm9v===="), false, false},
    {"unused bits set, two", BYTES("Zh=="), false, false},
    {"unused bits set, two, url", BYTES("Zh"), false, false},
    {"unused bits set, three", BYTES("Zm9="), false, false},
    {"unused bits set, three, url", BYTES("Zm9"), false, false},
    {"one character", BYTES("Z"), false, false},
    {"one character over", BYTES("Zm9vY"), false, false},
    {"newline", BYTES("Zm9v\n"), false, false},
    {"space", BYTES("Zm v"), false, false},
    {"NUL", BYTES("Zm\0v"), false, false},
    {"url in std", BYTES("-_-_"), false, true},
    {"std in url", BYTES("+/+/"), true, false},
    {"high byte", BYTES("Zm9\xf6"), false, false},
};

START_TEST(takes_only_the_one_spelling_of_base64)
{
	struct fence f = fence_page(strict64[_i].in);
	struct gate_buf b;

	gate_buf_init(&b, 100);
	ck_assert_int_eq(gate_buf_put_str(&b, "before"), GATE_OK);
	ck_assert_msg(gate_base64_decode(f.span, &b) ==
		(strict64[_i].std ? GATE_OK : GATE_E_BAD),
	    "%s", strict64[_i].what);
	if (!strict64[_i].std)
		ck_assert_str_eq(gate_buf_str(&b), "before");
	gate_buf_reset(&b);
	ck_assert_int_eq(gate_buf_put_str(&b, "before"), GATE_OK);
	ck_assert_msg(gate_base64url_decode(f.span, &b) ==
		(strict64[_i].url ? GATE_OK : GATE_E_BAD),
	    "%s", strict64[_i].what);
	if (!strict64[_i].url)
		ck_assert_str_eq(gate_buf_str(&b), "before");
	gate_buf_clear(&b);
	fence_free(&f);
}
END_TEST

START_TEST(says_when_the_result_does_not_fit)
{
	struct gate_buf b;

	gate_buf_init(&b, 5);
	ck_assert_int_eq(
	    gate_base64_decode(GATE_SPAN("Zm9vYmFy"), &b), GATE_E_LIMIT);
	ck_assert_uint_eq(b.n, 0);
	gate_buf_reset(&b);
	ck_assert_int_eq(
	    gate_base64_decode(GATE_SPAN("Zm9vYmE="), &b), GATE_OK);
	gate_buf_reset(&b);
	ck_assert_int_eq(
	    gate_percent_decode(GATE_SPAN("%41bcdef"), &b), GATE_E_LIMIT);
	ck_assert_uint_eq(b.n, 0);
	gate_buf_reset(&b);
	ck_assert_int_eq(
	    gate_base64_put(&b, GATE_SPAN("abcdef")), GATE_E_LIMIT);
	gate_buf_clear(&b);
}
END_TEST

static const struct {
	struct gate_span in;
	bool ok;
} uuids[] = {
    /* RFC 9562 appendix A.6 */
    {BYTES("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"), true},
    {BYTES("017F22E2-79B0-7CC3-98C4-DC0C0C07398F"), true},
    {BYTES("00000000-0000-0000-0000-000000000000"), true},
    {BYTES("017f22e279b07cc398c4dc0c0c07398f"), false},
    {BYTES("{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}"), false},
    {BYTES("017f22e2-79b0-7cc3-98c4-dc0c0c07398"), false},
    {BYTES("017f22e2-79b0-7cc3-98c4-dc0c0c07398f0"), false},
    {BYTES("017f22e2-79b0-7cc3-98c4-dc0c0c07398g"), false},
    {BYTES("017f22e2-79b0-7cc3-98c4_dc0c0c07398f"), false},
    {BYTES("017f22e-279b0-7cc3-98c4-dc0c0c07398f"), false},
    {BYTES(""), false},
    {BYTES("-"), false},
};

START_TEST(reads_and_writes_uuids)
{
	struct fence f = fence_page(uuids[_i].in);
	struct gate_uuid u = {{42}};
	char text[GATE_UUID_TEXT];

	ck_assert_int_eq(gate_uuid_parse(f.span, &u), uuids[_i].ok);
	if (uuids[_i].ok) {
		gate_uuid_text(&u, text);
		ck_assert(gate_span_is_nocase(f.span, text));
		ck_assert_ptr_null(strpbrk(text, "ABCDEF"));
	} else {
		ck_assert_int_eq(u.b[0], 42);
	}
	fence_free(&f);
}
END_TEST

static const struct {
	struct gate_span in;
	const char *out; /* NULL: refused */
} percents[] = {
    {BYTES("a%20b+c"), "a b+c"},
    {BYTES("%41%62%2f"), "Ab/"},
    {BYTES("%2F%ff"), "/\xff"},
    {BYTES("%25%32%30"), "%20"},
    {BYTES(""), ""},
    {BYTES("%"), NULL},
    {BYTES("a%2"), NULL},
    {BYTES("%2g"), NULL},
    {BYTES("%%20"), NULL},
    {BYTES("%00"), NULL},
    {BYTES("a\0b"), NULL},
    {BYTES("%u0041"), NULL},
};

START_TEST(decodes_percent_escapes)
{
	struct fence f = fence_page(percents[_i].in);
	struct gate_buf b;
	enum gate_code want = percents[_i].out != NULL ? GATE_OK : GATE_E_BAD;

	gate_buf_init(&b, 100);
	ck_assert_int_eq(gate_percent_decode(f.span, &b), want);
	ck_assert_str_eq(
	    gate_buf_str(&b), percents[_i].out != NULL ? percents[_i].out : "");
	gate_buf_clear(&b);
	fence_free(&f);
}
END_TEST

static const struct {
	int64_t v;
	const char *text;
} numbers[] = {
    {0, "0"},
    {9, "9"},
    {10, "10"},
    {-1, "-1"},
    {1000000, "1000000"},
    {INT64_MAX, "9223372036854775807"},
    {INT64_MIN, "-9223372036854775808"},
};

START_TEST(writes_numbers)
{
	char text[GATE_I64_TEXT];

	ck_assert_uint_eq(
	    gate_i64_text(numbers[_i].v, text), strlen(numbers[_i].text));
	ck_assert_str_eq(text, numbers[_i].text);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("codec");
	TCase *t = tcase_create("codec");

	add_row_test(t, decodes_hex_of_one_length_only, hexes);
	tcase_add_test(t, writes_lower_case_hex);
	add_row_test(t, writes_and_reads_base64, base64s);
	add_row_test(t, takes_only_the_one_spelling_of_base64, strict64);
	tcase_add_test(t, says_when_the_result_does_not_fit);
	add_row_test(t, writes_numbers, numbers);
	add_row_test(t, reads_and_writes_uuids, uuids);
	add_row_test(t, decodes_percent_escapes, percents);
	suite_add_tcase(s, t);
	return s;
}

/* lib/json_guard.h, and that lib/json.h follows it. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/codec.h"
#include "lib/json.h"
#include "lib/json_guard.h"
#include "tests/fence.h"
#include "tests/runner.h"

static enum gate_code
code_named(struct gate_span name)
{
	int code;

	for (code = 0; code < GATE_CODE_COUNT; code++) {
		if (gate_span_is(name, gate_code_name((enum gate_code)code)))
			return (enum gate_code)code;
	}
	ck_abort_msg("no such code: %.*s", GATE_SPAN_ARG(name));
	return GATE_E_BUG;
}

/* Guard and parse must agree, and a refused text must give no document. */
static void
expect_code(struct gate_span in, enum gate_code want, const char *what)
{
	struct fence f = fence_page(in);
	struct gate_err err = {GATE_OK, ""};
	struct gate_json *doc = NULL;

	ck_assert_msg(gate_json_guard(f.span, &err) == want,
	    "%s: wanted %s, got %s (%s)", what, gate_code_name(want),
	    gate_code_name(err.code), err.text);
	ck_assert_int_eq(gate_json_parse(f.span, &doc, &err), want);
	ck_assert_int_eq(err.code, want);
	if (want == GATE_OK) {
		ck_assert_ptr_nonnull(doc);
		gate_json_free(doc);
	} else {
		ck_assert_ptr_null(doc);
		ck_assert_ptr_nonnull(strstr(err.text, " at byte "));
	}
	fence_free(&f);
}

/* "want name hex" */
static void
check_suite_line(struct gate_span line)
{
	struct gate_span want, name;
	unsigned char bytes[4096];
	size_t n;

	ck_assert(gate_span_until(&line, ' ', 8, &want));
	ck_assert(gate_span_until(&line, ' ', 200, &name));
	n = gate_span_is(line, "-") ? 0 : line.n / 2;
	ck_assert(n <= sizeof(bytes));
	ck_assert(n == 0 || gate_hex_decode(line, bytes, n));
	expect_code(
	    gate_span_of(bytes, n), code_named(want), (const char *)name.p);
}

START_TEST(judges_the_json_test_suite)
{
	const char *srcdir = getenv("srcdir");
	char line[8192];
	int count = 0;
	FILE *f;

	(void)snprintf(line, sizeof(line), "%s/tests/vectors/json_suite.txt",
	    srcdir != NULL ? srcdir : ".");
	f = fopen(line, "r");
	ck_assert_msg(f != NULL, "%s", line);
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#')
			continue;
		check_suite_line(gate_span_str(line));
		count++;
	}
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(count, 316);
}
END_TEST

static const struct {
	const char *what;
	struct gate_span in;
	enum gate_code want;
} texts[] = {
    {"key repeated", BYTES("{\"a\":1,\"a\":1}"), GATE_E_BAD},
    {"key repeated, escaped", BYTES("{\"ab\":1,\"\\u0061b\":1}"), GATE_E_BAD},
    {"key repeated, escaped twice", BYTES("{\"\\u00e9\":1,\"\\u00E9\":1}"),
	GATE_E_BAD},
    {"key repeated, escaped and UTF-8",
	BYTES("{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":1}"), GATE_E_BAD},
    {"slash escaped or not", BYTES("{\"/\":1,\"\\/\":1}"), GATE_E_BAD},
    {"empty key repeated", BYTES("{\"\":1,\"\":1}"), GATE_E_BAD},
    {"key repeated far apart",
	BYTES("{\"a\":{\"a\":[{\"a\":1}]},\"b\":1,\"a\":2}"), GATE_E_BAD},
    {"key repeated deep inside", BYTES("[[{\"x\":{\"k\":1,\"l\":2,\"k\":3}}]]"),
	GATE_E_BAD},
    {"same key in two objects", BYTES("[{\"a\":1},{\"a\":1}]"), GATE_OK},
    {"same key inside", BYTES("{\"a\":{\"a\":{\"a\":1}}}"), GATE_OK},
    {"same key after an inner object", BYTES("{\"a\":{\"b\":1},\"b\":1}"),
	GATE_OK},
    {"keys that differ in case", BYTES("{\"a\":1,\"A\":1}"), GATE_OK},
    {"key that is a beginning", BYTES("{\"a\":1,\"aa\":1}"), GATE_OK},
    {"NUL escaped in a key", BYTES("{\"id\\u0000x\":1}"), GATE_E_BAD},
    {"NUL escaped in a value", BYTES("\"a\\u0000\""), GATE_E_BAD},
    {"NUL raw in a string", BYTES("\"a\0\""), GATE_E_BAD},
    {"NUL after the value", BYTES("{}\0"), GATE_E_BAD},
    {"backslash before a NUL", BYTES("\"\\\0\""), GATE_E_BAD},
    {"byte order mark", BYTES("\xef\xbb\xbf{}"), GATE_E_BAD},
    {"two values", BYTES("1 2"), GATE_E_BAD},
    {"nothing", BYTES(""), GATE_E_BAD},
    {"only space", BYTES(" \r\n\t"), GATE_E_BAD},
    {"space around", BYTES(" \r\n\t1 \r\n\t"), GATE_OK},
    {"vertical tab", BYTES("\v1"), GATE_E_BAD},
    {"no-break space",
	BYTES("\xc2\xa0"
	      "1"),
	GATE_E_BAD},
    {"comment", BYTES("/**/1"), GATE_E_BAD},
    {"NaN", BYTES("NaN"), GATE_E_BAD},
    {"infinity", BYTES("-Infinity"), GATE_E_BAD},
    {"single quotes", BYTES("'a'"), GATE_E_BAD},
    {"literal in capitals", BYTES("True"), GATE_E_BAD},
    {"literal cut", BYTES("tru"), GATE_E_BAD},
    {"literal and more", BYTES("nullx"), GATE_E_BAD},
    {"trailing comma", BYTES("[1,]"), GATE_E_BAD},
    {"trailing comma in an object", BYTES("{\"a\":1,}"), GATE_E_BAD},
    {"wrong bracket", BYTES("[1}"), GATE_E_BAD},
    {"wrong bracket on empty", BYTES("{]"), GATE_E_BAD},
    {"colon in an array", BYTES("[\"a\":1]"), GATE_E_BAD},
    {"no colon", BYTES("{\"a\"}"), GATE_E_BAD},
    {"key is a number", BYTES("{1:1}"), GATE_E_BAD},
    {"one closing too many", BYTES("{}}"), GATE_E_BAD},
    {"high surrogate alone", BYTES("\"\\ud800\""), GATE_E_BAD},
    {"high surrogate twice", BYTES("\"\\ud800\\ud800\""), GATE_E_BAD},
    {"high surrogate and a letter", BYTES("\"\\ud800\\u0041\""), GATE_E_BAD},
    {"low surrogate alone", BYTES("\"\\udc00\""), GATE_E_BAD},
    {"low surrogate twice", BYTES("\"\\udc00\\udc00\""), GATE_E_BAD},
    {"surrogate pair", BYTES("\"\\ud83d\\ude00\""), GATE_OK},
    {"last pair", BYTES("\"\\udbff\\udfff\""), GATE_OK},
    {"surrogate pair cut", BYTES("\"\\ud83d\\ude0\""), GATE_E_BAD},
    {"escape cut by the end", BYTES("\"\\u00"), GATE_E_BAD},
    {"backslash at the end", BYTES("\"\\"), GATE_E_BAD},
    {"quote at the end", BYTES("\""), GATE_E_BAD},
    {"UTF-8 cut by the end", BYTES("\"\xe2\x82"), GATE_E_BAD},
    {"overlong NUL", BYTES("\"\xc0\x80\""), GATE_E_BAD},
    {"surrogate in UTF-8", BYTES("\"\xed\xa0\x80\""), GATE_E_BAD},
    {"DEL is a character", BYTES("\"\x7f\""), GATE_OK},
    {"newline in a string", BYTES("\"\n\""), GATE_E_BAD},
    {"int64 smallest", BYTES("-9223372036854775808"), GATE_OK},
    {"int64 smallest less one", BYTES("-9223372036854775809"), GATE_E_BAD},
    {"uint64 largest", BYTES("18446744073709551615"), GATE_OK},
    {"uint64 largest and one", BYTES("18446744073709551616"), GATE_E_BAD},
    {"minus nought", BYTES("-0"), GATE_OK},
    {"minus alone", BYTES("-"), GATE_E_BAD},
    {"plus", BYTES("+1"), GATE_E_BAD},
    {"point at the end", BYTES("1."), GATE_E_BAD},
    {"point in front", BYTES(".5"), GATE_E_BAD},
    {"exponent without digits", BYTES("1e"), GATE_E_BAD},
    {"exponent with a sign only", BYTES("1e+"), GATE_E_BAD},
    {"exponent with two signs", BYTES("1e+-1"), GATE_E_BAD},
    {"hexadecimal", BYTES("0x10"), GATE_E_BAD},
    {"exponent at the limit", BYTES("[1e308,1E-308,1e+308]"), GATE_OK},
    {"exponent above it", BYTES("1e309"), GATE_E_LIMIT},
    {"exponent below it", BYTES("1e-309"), GATE_E_LIMIT},
    {"exponent absurd", BYTES("1e99999999999999999999999"), GATE_E_LIMIT},
    {"exponent with noughts in front", BYTES("1e0000000000000000000001"),
	GATE_OK},
    {"exponent of noughts", BYTES("1e0000000000000000000000"), GATE_OK},
};

START_TEST(takes_json_and_nothing_else)
{
	expect_code(texts[_i].in, texts[_i].want, texts[_i].what);
}
END_TEST

/* open * depth, middle, close * depth */
static void
expect_depth(size_t depth, enum gate_code want)
{
	struct gate_buf b;
	size_t i;

	gate_buf_init(&b, 1000000);
	for (i = 0; i < depth; i++)
		(void)gate_buf_put_str(&b, i % 2 ? "[" : "{\"k\":");
	(void)gate_buf_put_byte(&b, '1');
	for (i = depth; i > 0; i--)
		(void)gate_buf_put_byte(&b, (i - 1) % 2 ? ']' : '}');
	ck_assert_int_eq(b.failed, GATE_OK);
	expect_code(gate_buf_span(&b), want, "depth");
	gate_buf_clear(&b);
}

START_TEST(limits_the_depth)
{
	expect_depth(GATE_JSON_DEPTH_MAX, GATE_OK);
	expect_depth(GATE_JSON_DEPTH_MAX + 1, GATE_E_LIMIT);
	expect_depth(100000, GATE_E_LIMIT);
}
END_TEST

/* open, item * count with commas, close; %zu in item is the number */
static void
expect_count(const char *open, const char *item, size_t count,
    const char *close, enum gate_code want)
{
	struct gate_buf b;
	size_t i;

	gate_buf_init(&b, 10000000);
	(void)gate_buf_put_str(&b, open);
	for (i = 0; i < count; i++) {
		if (i > 0)
			(void)gate_buf_put_byte(&b, ',');
		(void)gate_buf_printf(&b, "%s%zu", item, i);
		if (item[0] == '"')
			(void)gate_buf_put_str(&b, "\":[]");
	}
	(void)gate_buf_put_str(&b, close);
	ck_assert_int_eq(b.failed, GATE_OK);
	expect_code(gate_buf_span(&b), want, item);
	gate_buf_clear(&b);
}

START_TEST(limits_the_count_of_values)
{
	/* The container is a value too; keys are none. */
	expect_count("[", "", GATE_JSON_VALUES_MAX - 1, "]", GATE_OK);
	expect_count("[", "", GATE_JSON_VALUES_MAX, "]", GATE_E_LIMIT);
	expect_count("[", "", 500000, "]", GATE_E_LIMIT);
	expect_count("{", "\"k", GATE_JSON_VALUES_MAX - 1, "}", GATE_OK);
	expect_count("{", "\"k", GATE_JSON_VALUES_MAX, "}", GATE_E_LIMIT);
	expect_count("{", "\"\\u006b", GATE_JSON_VALUES_MAX - 1, "}", GATE_OK);
	expect_count("{\"k77\":1,", "\"\\u006b", GATE_JSON_VALUES_MAX - 2, "}",
	    GATE_E_BAD);
	expect_count("{", "\"k", 9000, ",\"\\u006b8999\":1}", GATE_E_BAD);
}
END_TEST

START_TEST(limits_the_length_of_numbers)
{
	char number[GATE_JSON_NUMBER_MAX + 2];

	memset(number, '1', sizeof(number));
	number[1] = '.';
	number[GATE_JSON_NUMBER_MAX] = '\0';
	expect_code(gate_span_str(number), GATE_OK, "at the limit");
	number[GATE_JSON_NUMBER_MAX] = '1';
	expect_code(gate_span_of(number, GATE_JSON_NUMBER_MAX + 1),
	    GATE_E_LIMIT, "one above");
}
END_TEST

/* A number of so many characters, then a tail. */
static const struct {
	size_t digits;
	const char *tail;
	enum gate_code code;
	bool wide;
} stored_numbers[] = {
    {20, "", GATE_OK, true},
    {19, "", GATE_OK, false},
    {20, ".5", GATE_OK, false},
    {309, "", GATE_OK, true},
    {GATE_JSON_STORED_NUMBER_MAX, "", GATE_OK, true},
    {GATE_JSON_STORED_NUMBER_MAX + 1, "", GATE_E_LIMIT, false},
    {131073, "", GATE_E_LIMIT, false}, /* jsonb's own limit */
    {124, "e308", GATE_OK, false},
    {125, "e308", GATE_E_LIMIT, false}, /* with it jsonb would get 433 */
    {1, "e309", GATE_E_LIMIT, false},
    {1, "e", GATE_E_BAD, false},
};

START_TEST(lets_stored_numbers_be_long)
{
	struct gate_buf b;
	bool wide = !stored_numbers[_i].wide;
	size_t i;

	gate_buf_init(&b, 200000);
	for (i = 0; i < stored_numbers[_i].digits; i++)
		(void)gate_buf_put_byte(&b, '9');
	(void)gate_buf_put_str(&b, stored_numbers[_i].tail);
	ck_assert_int_eq(b.failed, GATE_OK);
	ck_assert_int_eq(gate_json_guard_stored(gate_buf_span(&b), &wide, NULL),
	    stored_numbers[_i].code);
	ck_assert_int_eq(wide, stored_numbers[_i].wide);
	gate_buf_clear(&b);
}
END_TEST

START_TEST(limits_what_jsonb_would_make_of_a_text)
{
	struct gate_buf b;
	bool wide;
	size_t i;

	gate_buf_init(&b, 10 * GATE_JSON_VALUES_MAX);
	(void)gate_buf_put_str(&b, "[1,2");
	for (i = 0; i < GATE_JSON_VALUES_MAX; i++)
		(void)gate_buf_put_str(&b, ",1e308");
	(void)gate_buf_put_str(&b, "]");
	ck_assert_int_eq(
	    gate_json_guard_stored(gate_buf_span(&b), &wide, NULL), GATE_OK);
	b.n--;
	(void)gate_buf_put_str(&b, ",1e1]");
	ck_assert_int_eq(b.failed, GATE_OK);
	ck_assert_int_eq(gate_json_guard_stored(gate_buf_span(&b), &wide, NULL),
	    GATE_E_LIMIT);
	gate_buf_clear(&b);
}
END_TEST

START_TEST(judges_stored_text_alike_but_for_wide_integers)
{
	struct fence f = fence_page(texts[_i].in);
	bool wide;
	enum gate_code got = gate_json_guard_stored(f.span, &wide, NULL);

	if (wide)
		ck_assert_int_eq(texts[_i].want, GATE_E_BAD);
	ck_assert_msg(got == (wide ? GATE_OK : texts[_i].want), "%s: %s",
	    texts[_i].what, gate_code_name(got));
	fence_free(&f);
}
END_TEST

static const struct {
	const char *in;
	const char *text;
} faults[] = {
    {"{\"a\":1,\"b\":2,\"\\u0061\":3}", "JSON: duplicate key at byte 13"},
    {"[1,2,tru]", "JSON: a value was expected at byte 5"},
    {"{\"secret\" 1}", "JSON: a colon was expected at byte 10"},
    {"[\"\\x\"]", "JSON: bad escape at byte 2"},
    {"[1 2]", "JSON: a comma or a closing bracket was expected at byte 3"},
    {"[1", "JSON: a comma or a closing bracket was expected at byte 2"},
    {"[123456789012345678901]", "JSON: integer beyond 64 bits at byte 1"},
};

START_TEST(tells_what_is_wrong_and_where)
{
	struct gate_err err;

	ck_assert_int_ne(
	    gate_json_guard(gate_span_str(faults[_i].in), &err), GATE_OK);
	ck_assert_str_eq(err.text, faults[_i].text);
	ck_assert_int_ne(
	    gate_json_guard(gate_span_str(faults[_i].in), NULL), GATE_OK);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("json_guard");
	TCase *t = tcase_create("json_guard");

	tcase_add_test(t, judges_the_json_test_suite);
	add_row_test(t, takes_json_and_nothing_else, texts);
	tcase_add_test(t, limits_the_depth);
	tcase_add_test(t, limits_the_count_of_values);
	tcase_add_test(t, limits_the_length_of_numbers);
	add_row_test(t, lets_stored_numbers_be_long, stored_numbers);
	tcase_add_test(t, limits_what_jsonb_would_make_of_a_text);
	add_row_test(t, judges_stored_text_alike_but_for_wide_integers, texts);
	add_row_test(t, tells_what_is_wrong_and_where, faults);
	suite_add_tcase(s, t);
	return s;
}

/* lib/json_guard.h and lib/json.h. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/codec.h"
#include "lib/json.h"
#include "lib/json_guard.h"
#include "tests/fence.h"
#include "tests/runner.h"

/* ---- the guard -------------------------------------------------------- */

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
	expect_code(gate_span_of(bytes, n), code_named(want),
	    (const char *)name.p);
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
	{"key repeated, escaped", BYTES("{\"ab\":1,\"\\u0061b\":1}"),
	    GATE_E_BAD},
	{"key repeated, escaped twice",
	    BYTES("{\"\\u00e9\":1,\"\\u00E9\":1}"), GATE_E_BAD},
	{"key repeated, escaped and UTF-8",
	    BYTES("{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":1}"),
	    GATE_E_BAD},
	{"slash escaped or not", BYTES("{\"/\":1,\"\\/\":1}"), GATE_E_BAD},
	{"empty key repeated", BYTES("{\"\":1,\"\":1}"), GATE_E_BAD},
	{"key repeated far apart",
	    BYTES("{\"a\":{\"a\":[{\"a\":1}]},\"b\":1,\"a\":2}"), GATE_E_BAD},
	{"key repeated deep inside",
	    BYTES("[[{\"x\":{\"k\":1,\"l\":2,\"k\":3}}]]"), GATE_E_BAD},
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
	{"no-break space", BYTES("\xc2\xa0" "1"), GATE_E_BAD},
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
	{"high surrogate and a letter", BYTES("\"\\ud800\\u0041\""),
	    GATE_E_BAD},
	{"low surrogate alone", BYTES("\"\\udc00\""), GATE_E_BAD},
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
	{"exponent absurd", BYTES("1e99999999999999999999999"),
	    GATE_E_LIMIT},
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
	expect_count("{", "\"\\u006b", GATE_JSON_VALUES_MAX - 1, "}",
	    GATE_OK);
	expect_count("{\"k77\":1,", "\"\\u006b", GATE_JSON_VALUES_MAX - 2,
	    "}", GATE_E_BAD);
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

	ck_assert_int_ne(gate_json_guard(gate_span_str(faults[_i].in), &err),
	    GATE_OK);
	ck_assert_str_eq(err.text, faults[_i].text);
	ck_assert_int_ne(gate_json_guard(gate_span_str(faults[_i].in), NULL),
	    GATE_OK);
}
END_TEST

/* ---- documents -------------------------------------------------------- */

static struct gate_json *
parse(const char *text)
{
	struct gate_json *doc = NULL;
	struct gate_err err = {GATE_OK, ""};

	ck_assert_msg(gate_json_parse(gate_span_str(text), &doc, &err) ==
		GATE_OK, "%s: %s", text, err.text);
	return doc;
}

static void
expect_text(const struct gate_json *v, const char *want)
{
	struct gate_buf b;

	gate_buf_init(&b, 10000);
	ck_assert_int_eq(gate_json_text(v, &b), GATE_OK);
	ck_assert_str_eq(gate_buf_str(&b), want);
	gate_buf_clear(&b);
}

static const struct {
	const char *in, *out;
} prints[] = {
	{"null", "null"},
	{" true ", "true"},
	{"-9223372036854775808", "-9223372036854775808"},
	{"9223372036854775807", "9223372036854775807"},
	{"9223372036854775808", "9223372036854775808"},
	{"18446744073709551615", "18446744073709551615"},
	{"9007199254740993", "9007199254740993"},
	{"-0", "0"},
	{"[-0.0,1.10,1E2,1e-7,0.1000000000000000055511151231257827]",
	    "[-0.0,1.10,1E2,1e-7,0.1000000000000000055511151231257827]"},
	{"{ \"b\" : null , \"a\" : [ ] , \"\" : { } }",
	    "{\"b\":null,\"a\":[],\"\":{}}"},
	{"\"\\u00fc\\/\\ud83d\\ude00\"", "\"\xc3\xbc/\xf0\x9f\x98\x80\""},
	{"\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\"",
	    "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\""},
	{"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
	    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"},
};

START_TEST(prints_what_it_parsed)
{
	struct gate_json *doc = parse(prints[_i].in);
	struct gate_json *copy = gate_json_dup(doc);

	expect_text(doc, prints[_i].out);
	gate_json_free(doc);
	ck_assert_ptr_nonnull(copy);
	expect_text(copy, prints[_i].out);
	gate_json_free(copy);
}
END_TEST

static const struct {
	const char *in;
	enum gate_json_kind kind;
	size_t count;
} kinds[] = {
	{"null", GATE_JSON_NULL, 0},	   {"true", GATE_JSON_BOOL, 0},
	{"-1", GATE_JSON_INT, 0},	   {"1.0", GATE_JSON_DOUBLE, 0},
	{"1e2", GATE_JSON_DOUBLE, 0},	   {"\"\"", GATE_JSON_STRING, 0},
	{"[1,null,3]", GATE_JSON_ARRAY, 3}, {"{\"a\":1}", GATE_JSON_OBJECT, 1},
	{"18446744073709551615", GATE_JSON_INT, 0},
};

START_TEST(knows_the_seven_kinds)
{
	struct gate_json *doc = parse(kinds[_i].in);

	ck_assert_int_eq(gate_json_kind(doc), kinds[_i].kind);
	ck_assert_uint_eq(gate_json_count(doc), kinds[_i].count);
	gate_json_free(doc);
}
END_TEST

START_TEST(gives_nothing_of_another_kind)
{
	struct gate_json *doc = parse("[null,true,1,1.5,\"s\",[],{}]");
	const struct gate_json *member = NULL;
	struct gate_span s = GATE_SPAN("before");
	int64_t i = 42;
	bool b = true;
	size_t n;

	for (n = 0; n < 7; n++) {
		const struct gate_json *v = gate_json_at(doc, n);

		ck_assert_int_eq(gate_json_kind(v), (enum gate_json_kind)n);
		ck_assert_int_eq(gate_json_bool(v, &b), n == 1);
		ck_assert_int_eq(gate_json_i64(v, &i), n == 2);
		ck_assert_int_eq(gate_json_string(v, &s), n == 4);
		ck_assert(!gate_json_get(v, "a", &member));
		ck_assert(gate_json_each(v, NULL, NULL));
		if (n < 2)
			ck_assert_int_eq(i, 42);
		if (n < 4)
			ck_assert(gate_span_is(s, "before"));
	}
	ck_assert_ptr_null(member);
	ck_assert(b && i == 1 && gate_span_is(s, "s"));
	gate_json_free(doc);
}
END_TEST

static const struct {
	const char *in;
	bool ok;
	int64_t value;
} integers[] = {
	{"0", true, 0},
	{"-0", true, 0},
	{"9223372036854775807", true, INT64_MAX},
	{"-9223372036854775808", true, INT64_MIN},
	{"9223372036854775808", false, 0},
	{"18446744073709551615", false, 0},
	{"1.0", false, 0},
	{"\"1\"", false, 0},
	{"true", false, 0},
	{"null", false, 0},
};

START_TEST(gives_integers_exactly_or_not_at_all)
{
	struct gate_json *doc = parse(integers[_i].in);
	int64_t v = 42;

	ck_assert_int_eq(gate_json_i64(doc, &v), integers[_i].ok);
	ck_assert(v == (integers[_i].ok ? integers[_i].value : 42));
	gate_json_free(doc);
}
END_TEST

/* RFC 6901 section 5, and what it leaves out. */
static const char pointer_doc[] =
    "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,"
    "\"g|h\":4,\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8,"
    "\"deep\":{\"null\":null,\"0\":[{\"x\":9}]}}";

static const struct {
	const char *pointer;
	const char *text; /* NULL: nothing there */
	bool valid;
} pointers[] = {
	{"/foo", "[\"bar\",\"baz\"]", true},
	{"/foo/0", "\"bar\"", true},
	{"/", "0", true},
	{"/a~1b", "1", true},
	{"/c%d", "2", true},
	{"/e^f", "3", true},
	{"/g|h", "4", true},
	{"/i\\j", "5", true},
	{"/k\"l", "6", true},
	{"/ ", "7", true},
	{"/m~0n", "8", true},
	{"/deep/null", "null", true},
	{"/deep/0/0/x", "9", true},
	{"/foo/1", "\"baz\"", true},
	{"/foo/2", NULL, true},
	{"/foo/-", NULL, true},
	{"/foo/-1", NULL, true},
	{"/foo/00", NULL, true},
	{"/foo/01", NULL, true},
	{"/foo/1e0", NULL, true},
	{"/foo/", NULL, true},
	{"/foo/18446744073709551616", NULL, true},
	{"/deep/null/x", NULL, true},
	{"/deep/none", NULL, true},
	{"/foo/0/x", NULL, true},
	{"/m~n", NULL, false},
	{"/m~", NULL, false},
	{"/m~2n", NULL, false},
	{"foo", NULL, false},
};

START_TEST(follows_json_pointers)
{
	struct gate_json *doc = parse(pointer_doc);
	const struct gate_json *v = NULL;

	ck_assert_msg(gate_json_pointer(doc, pointers[_i].pointer, &v) ==
		(pointers[_i].text != NULL), "%s", pointers[_i].pointer);
	ck_assert_int_eq(gate_json_pointer_valid(pointers[_i].pointer),
	    pointers[_i].valid);
	if (pointers[_i].text != NULL)
		expect_text(v, pointers[_i].text);
	else
		ck_assert_ptr_null(v);
	gate_json_free(doc);
}
END_TEST

START_TEST(follows_the_empty_pointer_and_no_endless_one)
{
	struct gate_json *doc = parse("[1]");
	const struct gate_json *v = NULL;
	char pointer[300];

	ck_assert(gate_json_pointer(doc, "", &v));
	ck_assert_ptr_eq(v, doc);
	memset(pointer, 'k', sizeof(pointer));
	pointer[0] = '/';
	pointer[256] = '\0';
	ck_assert(gate_json_pointer_valid(pointer));
	pointer[256] = 'k';
	pointer[257] = '\0';
	ck_assert(!gate_json_pointer_valid(pointer));
	ck_assert(!gate_json_pointer(doc, pointer, &v));
	gate_json_free(doc);
}
END_TEST

static bool
gather(const char *key, const struct gate_json *member, void *ctx)
{
	struct gate_buf *b = ctx;

	(void)gate_buf_printf(b, "%s=", key);
	ck_assert_int_eq(gate_json_text(member, b), GATE_OK);
	return strcmp(key, "stop") != 0;
}

START_TEST(walks_objects_in_their_order)
{
	struct gate_json *doc = parse("{\"b\":1,\"a\":null,\"stop\":2,\"c\":3}");
	struct gate_json *all = parse("{\"z\":{},\"y\":[1]}");
	struct gate_buf b;

	gate_buf_init(&b, 1000);
	ck_assert(!gate_json_each(doc, gather, &b));
	ck_assert_str_eq(gate_buf_str(&b), "b=1a=nullstop=2");
	gate_buf_reset(&b);
	ck_assert(gate_json_each(all, gather, &b));
	ck_assert_str_eq(gate_buf_str(&b), "z={}y=[1]");
	gate_buf_clear(&b);
	gate_json_free(doc);
	gate_json_free(all);
}
END_TEST

START_TEST(builds_documents)
{
	struct gate_json *o = gate_json_new_object();
	struct gate_json *a = gate_json_new_array();
	struct gate_json *copy;
	struct gate_span odd = BYTES("a\0\xff" "b\xc3\xbc\n");

	ck_assert_int_eq(gate_json_put(o, "i", gate_json_new_i64(INT64_MIN)),
	    GATE_OK);
	ck_assert_int_eq(gate_json_put(o, "t", gate_json_new_bool(true)),
	    GATE_OK);
	ck_assert_int_eq(gate_json_put(o, "t", gate_json_new_bool(false)),
	    GATE_OK);
	ck_assert_int_eq(gate_json_put_null(o, "n"), GATE_OK);
	ck_assert_int_eq(gate_json_append(a, gate_json_new_string(odd)),
	    GATE_OK);
	ck_assert_int_eq(gate_json_append(a,
	    gate_json_new_string((struct gate_span){NULL, 0})), GATE_OK);
	copy = gate_json_dup(a);
	ck_assert_int_eq(gate_json_append(a, copy), GATE_OK);
	ck_assert_int_eq(gate_json_put(o, "a", a), GATE_OK);
	expect_text(o, "{\"i\":-9223372036854775808,\"t\":false,\"n\":null,"
	    "\"a\":[\"a\xef\xbf\xbd\xef\xbf\xbd" "b\xc3\xbc\\n\",\"\","
	    "[\"a\xef\xbf\xbd\xef\xbf\xbd" "b\xc3\xbc\\n\",\"\"]]}");
	gate_json_free(o);
}
END_TEST

START_TEST(a_failed_put_takes_the_member_along)
{
	struct gate_json *o = gate_json_new_object();
	struct gate_json *a = gate_json_new_array();

	ck_assert_int_eq(gate_json_put(NULL, "k", gate_json_new_i64(1)),
	    GATE_E_NOMEM);
	ck_assert_int_eq(gate_json_put(o, "k", NULL), GATE_E_NOMEM);
	ck_assert_int_eq(gate_json_append(NULL, gate_json_new_i64(1)),
	    GATE_E_NOMEM);
	ck_assert_int_eq(gate_json_append(a, NULL), GATE_E_NOMEM);
	ck_assert_int_eq(gate_json_put_null(NULL, "k"), GATE_E_NOMEM);
	expect_text(o, "{}");
	expect_text(a, "[]");
	ck_assert_ptr_null(gate_json_dup(NULL));
	gate_json_free(NULL);
	gate_json_free(o);
	gate_json_free(a);
}
END_TEST

START_TEST(says_when_the_text_does_not_fit)
{
	struct gate_json *doc = parse("[1,2]");
	struct gate_buf b;

	gate_buf_init(&b, 4);
	ck_assert_int_eq(gate_json_text(doc, &b), GATE_E_LIMIT);
	ck_assert_uint_eq(b.n, 0);
	gate_json_free(doc);
	gate_buf_clear(&b);
}
END_TEST

START_TEST(quotes_without_a_document)
{
	struct gate_buf b;

	gate_buf_init(&b, 100);
	ck_assert_int_eq(gate_json_put_string(&b, GATE_SPAN("a\"b")),
	    GATE_OK);
	ck_assert_str_eq(gate_buf_str(&b), "\"a\\\"b\"");
	gate_buf_clear(&b);
}
END_TEST

static TCase *
guard_case(void)
{
	TCase *t = tcase_create("guard");

	tcase_add_test(t, judges_the_json_test_suite);
	add_row_test(t, takes_json_and_nothing_else, texts);
	tcase_add_test(t, limits_the_depth);
	tcase_add_test(t, limits_the_count_of_values);
	tcase_add_test(t, limits_the_length_of_numbers);
	add_row_test(t, tells_what_is_wrong_and_where, faults);
	return t;
}

static TCase *
document_case(void)
{
	TCase *t = tcase_create("document");

	add_row_test(t, prints_what_it_parsed, prints);
	add_row_test(t, knows_the_seven_kinds, kinds);
	tcase_add_test(t, gives_nothing_of_another_kind);
	add_row_test(t, gives_integers_exactly_or_not_at_all,
	    integers);
	add_row_test(t, follows_json_pointers, pointers);
	tcase_add_test(t, follows_the_empty_pointer_and_no_endless_one);
	tcase_add_test(t, walks_objects_in_their_order);
	tcase_add_test(t, builds_documents);
	tcase_add_test(t, a_failed_put_takes_the_member_along);
	tcase_add_test(t, says_when_the_text_does_not_fit);
	tcase_add_test(t, quotes_without_a_document);
	return t;
}

Suite *
suite(void)
{
	Suite *s = suite_create("json");

	suite_add_tcase(s, guard_case());
	suite_add_tcase(s, document_case());
	return s;
}

/* lib/json.h. What text it takes: tests/check_json_guard.c. */
#include "config.h"

#include <string.h>

#include "lib/json.h"
#include "lib/json_guard.h"
#include "tests/runner.h"

static struct gate_json *
parse(const char *text)
{
	struct gate_json *doc = NULL;
	struct gate_err err = {GATE_OK, ""};

	ck_assert_msg(
	    gate_json_parse(gate_span_str(text), &doc, &err) == GATE_OK,
	    "%s: %s", text, err.text);
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

/* What jsonb makes of a sender's 1e20, and its neighbours. */
static const struct {
	const char *in, *out;
	bool is_double;
} stored[] = {
    {"[18446744073709551615]", "[18446744073709551615]", false},
    {"[18446744073709551616]", "[18446744073709551616.0]", true},
    {"[-9223372036854775808]", "[-9223372036854775808]", false},
    {"[-9223372036854775809]", "[-9223372036854775809.0]", true},
    {"[100000000000000000000,\"100000000000000000000\\\"\",1]",
	"[100000000000000000000.0,\"100000000000000000000\\\"\",1]", true},
    {"[100000000000000000000.5,100000000000000000000]",
	"[100000000000000000000.5,100000000000000000000.0]", true},
    {"[1e20,100000000000000000000]", "[1e20,100000000000000000000.0]", true},
};

START_TEST(keeps_every_digit_of_what_was_stored)
{
	struct gate_span in = gate_span_str(stored[_i].in);
	struct gate_json *doc = NULL;

	ck_assert_int_eq(gate_json_parse_stored(in, &doc, NULL), GATE_OK);
	expect_text(doc, stored[_i].out);
	ck_assert_int_eq(gate_json_kind(gate_json_at(doc, 0)),
	    stored[_i].is_double ? GATE_JSON_DOUBLE : GATE_JSON_INT);
	gate_json_free(doc);
}
END_TEST

START_TEST(reads_stored_text_as_deep_as_its_guard_lets_it)
{
	char text[2 * GATE_JSON_STORED_DEPTH_MAX + 3];
	struct gate_json *doc = NULL;
	size_t n = GATE_JSON_STORED_DEPTH_MAX;

	memset(text, '[', n + 1);
	memset(text + n + 1, ']', n + 1);
	ck_assert_int_eq(
	    gate_json_parse_stored(gate_span_of(text + 1, 2 * n), &doc, NULL),
	    GATE_OK);
	gate_json_free(doc);
	doc = NULL;
	ck_assert_int_eq(
	    gate_json_parse_stored(gate_span_of(text, 2 * n + 2), &doc, NULL),
	    GATE_E_LIMIT);
	ck_assert_int_eq(gate_json_parse_stored(
			     gate_span_of(text + 1, 2 * n - 1), &doc, NULL),
	    GATE_E_BAD);
	ck_assert_ptr_null(doc);
}
END_TEST

static const struct {
	const char *in;
	enum gate_json_kind kind;
	size_t count;
} kinds[] = {
    {"null", GATE_JSON_NULL, 0},
    {"true", GATE_JSON_BOOL, 0},
    {"-1", GATE_JSON_INT, 0},
    {"1.0", GATE_JSON_DOUBLE, 0},
    {"1e2", GATE_JSON_DOUBLE, 0},
    {"\"\"", GATE_JSON_STRING, 0},
    {"[1,null,3]", GATE_JSON_ARRAY, 3},
    {"{\"a\":1}", GATE_JSON_OBJECT, 1},
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
		(pointers[_i].text != NULL),
	    "%s", pointers[_i].pointer);
	ck_assert_int_eq(
	    gate_json_pointer_valid(pointers[_i].pointer), pointers[_i].valid);
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
	struct gate_json *doc =
	    parse("{\"b\":1,\"a\":null,\"stop\":2,\"c\":3}");
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
	struct gate_span odd = BYTES("a\0\xff"
				     "b\xc3\xbc\n");
	struct gate_span nul = BYTES("\0");

	ck_assert_int_eq(
	    gate_json_put(o, "i", gate_json_new_i64(INT64_MIN)), GATE_OK);
	ck_assert_int_eq(
	    gate_json_put(o, "t", gate_json_new_bool(true)), GATE_OK);
	ck_assert_int_eq(
	    gate_json_put(o, "t", gate_json_new_bool(false)), GATE_OK);
	ck_assert_int_eq(gate_json_put_null(o, "n"), GATE_OK);
	ck_assert_int_eq(
	    gate_json_append(a, gate_json_new_string(odd)), GATE_OK);
	ck_assert_int_eq(gate_json_append(a,
			     gate_json_new_string((struct gate_span){NULL, 0})),
	    GATE_OK);
	ck_assert_int_eq(
	    gate_json_append(a, gate_json_new_string(nul)), GATE_OK);
	copy = gate_json_dup(a);
	ck_assert_int_eq(gate_json_append(a, copy), GATE_OK);
	ck_assert_int_eq(gate_json_put(o, "a", a), GATE_OK);
	expect_text(o,
	    "{\"i\":-9223372036854775808,\"t\":false,\"n\":null,"
	    "\"a\":[\"a\xef\xbf\xbd\xef\xbf\xbd"
	    "b\xc3\xbc\\n\",\"\","
	    "\"\xef\xbf\xbd\",[\"a\xef\xbf\xbd\xef\xbf\xbd"
	    "b\xc3\xbc\\n\",\"\","
	    "\"\xef\xbf\xbd\"]]}");
	gate_json_free(o);
}
END_TEST

START_TEST(a_failed_put_takes_the_member_along)
{
	struct gate_json *o = gate_json_new_object();
	struct gate_json *a = gate_json_new_array();

	ck_assert_int_eq(
	    gate_json_put(NULL, "k", gate_json_new_i64(1)), GATE_E_NOMEM);
	ck_assert_int_eq(gate_json_put(o, "k", NULL), GATE_E_NOMEM);
	ck_assert_int_eq(
	    gate_json_append(NULL, gate_json_new_i64(1)), GATE_E_NOMEM);
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
	ck_assert_int_eq(gate_json_put_string(&b, GATE_SPAN("a\"b")), GATE_OK);
	ck_assert_str_eq(gate_buf_str(&b), "\"a\\\"b\"");
	gate_buf_clear(&b);
}
END_TEST

static const struct {
	const char *a, *b;
	bool equal;
} pairs[] = {
    {"{\"a\":1,\"b\":[]}", "{\"b\":[],\"a\":1}", true},
    {"{\"a\":1}", "{\"a\":1,\"b\":1}", false},
    {"{\"a\":1}", "{\"b\":1}", false},
    {"{\"a\":null}", "{\"b\":null}", false},
    {"[1,2]", "[2,1]", false},
    {"[1]", "[1,1]", false},
    {"1", "1.0", true},
    {"1", "1e0", true},
    {"1e22", "10000000000000000000000.0", true},
    {"0.1", "0.2", false},
    {"9007199254740993", "9007199254740992", false},
    {"1", "\"1\"", false},
    {"1", "true", false},
    {"true", "false", false},
    {"\"\\u00e4\"", "\"\xc3\xa4\"", true},
    {"\"a\"", "\"A\"", false},
    {"null", "null", true},
    {"[{\"a\":[1,{\"b\":\"x\"}]}]", "[{\"a\":[1,{\"b\":\"y\"}]}]", false},
};

START_TEST(knows_documents_that_say_the_same)
{
	struct gate_json *a = parse(pairs[_i].a), *b = parse(pairs[_i].b);

	ck_assert_msg(gate_json_equal(a, b) == pairs[_i].equal, "%s, %s",
	    pairs[_i].a, pairs[_i].b);
	ck_assert_msg(gate_json_equal(b, a) == pairs[_i].equal, "%s, %s",
	    pairs[_i].b, pairs[_i].a);
	gate_json_free(a);
	gate_json_free(b);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("json");
	TCase *t = tcase_create("json");

	add_row_test(t, prints_what_it_parsed, prints);
	add_row_test(t, keeps_every_digit_of_what_was_stored, stored);
	tcase_add_test(t, reads_stored_text_as_deep_as_its_guard_lets_it);
	add_row_test(t, knows_the_seven_kinds, kinds);
	tcase_add_test(t, gives_nothing_of_another_kind);
	add_row_test(t, gives_integers_exactly_or_not_at_all, integers);
	add_row_test(t, follows_json_pointers, pointers);
	tcase_add_test(t, follows_the_empty_pointer_and_no_endless_one);
	tcase_add_test(t, walks_objects_in_their_order);
	tcase_add_test(t, builds_documents);
	tcase_add_test(t, a_failed_put_takes_the_member_along);
	tcase_add_test(t, says_when_the_text_does_not_fit);
	tcase_add_test(t, quotes_without_a_document);
	add_row_test(t, knows_documents_that_say_the_same, pairs);
	suite_add_tcase(s, t);
	return s;
}

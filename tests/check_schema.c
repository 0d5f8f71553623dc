/*
 * lib/schema.h: what a schema may say, where a fault lies, what is stored,
 * and that no schema and value cost more than they may. What each keyword
 * means is the official suite's to test (tests/schema_suite.py).
 */
#include "config.h"

#include <string.h>

#include "lib/schema.h"
#include "tests/fence.h"
#include "tests/runner.h"

struct notes {
	char pointer[4096];
	char text[512];
	int count;
};

static void
note(const char *pointer, const char *text, void *ctx)
{
	struct notes *n = ctx;

	if (n->count++ > 0)
		return;
	(void)snprintf(n->pointer, sizeof(n->pointer), "%s", pointer);
	(void)snprintf(n->text, sizeof(n->text), "%s", text);
}

static struct gate_schema *
make(struct gate_span text)
{
	struct fence f = fence_page(text);
	struct gate_schema *s = NULL;
	struct notes n = {"", "", 0};

	ck_assert_msg(gate_schema_new(f.span, note, &n, &s) == GATE_OK,
	    "%.200s: %s: %s", (const char *)text.p, n.pointer, n.text);
	fence_free(&f); /* what is kept was copied */
	return s;
}

static struct gate_json *
parse(struct gate_span text)
{
	struct gate_json *v = NULL;

	ck_assert_msg(gate_json_parse(text, &v, NULL) == GATE_OK, "%.200s",
	    (const char *)text.p);
	return v;
}

#define REF_TO(x) "{\"$ref\":\"" x "\"}"

static const struct {
	const char *text;
	const char *pointer;
	const char *says; /* a part of the text */
} refusals[] = {
    {"{\"type\":\"strin\"}", "/type", "null, boolean, integer"},
    {"{\"type\":[]}", "/type", "list of these"},
    {"{\"type\":[\"string\",\"string\"]}", "/type", "list of these"},
    {"{\"maxLenght\":1}", "/maxLenght", "unknown keyword"},
    {"{\"properties\":{\"a\":{\"b/~c\":1}}}", "/properties/a/b~1~0c",
	"unknown keyword"},
    {"{\"properties\":{\"a\\nb\":{\"x\":1}}}", "/properties/a?b/x",
	"unknown keyword"},
    {"{\"properties\":[]}", "/properties", "an object of schemas"},
    {"{\"properties\":{\"a\":1}}", "/properties/a", "is no schema"},
    {"[]", "", "is no schema"},
    {"{\"a\":", "", "expected a JSON document"},
    {"{\"type\":\"null\",\"type\":\"null\"}", "", "JSON document"},
    {"{\"items\":[{}]}", "/items", "is no schema"},
    {"{\"allOf\":[]}", "/allOf", "a list of schemas"},
    {"{\"allOf\":[true,3]}", "/allOf/1", "is no schema"},
    {"{\"enum\":[]}", "/enum", "a list of values"},
    {"{\"minLength\":-1}", "/minLength", "from 0"},
    {"{\"minLength\":1.5}", "/minLength", "from 0"},
    {"{\"minLength\":1e12}", "/minLength", "from 0"},
    {"{\"minimum\":\"1\"}", "/minimum", "a number"},
    {"{\"multipleOf\":0}", "/multipleOf", "above 0"},
    {"{\"multipleOf\":-2}", "/multipleOf", "above 0"},
    {"{\"multipleOf\":1234567890123456}", "/multipleOf", "15 digits"},
    {"{\"required\":\"a\"}", "/required", "a list of names"},
    {"{\"required\":[1]}", "/required", "a list of names"},
    {"{\"dependentRequired\":{\"a\":\"b\"}}", "/dependentRequired",
	"lists of names"},
    {"{\"uniqueItems\":1}", "/uniqueItems", "true or false"},
    {"{\"format\":\"hostname\"}", "/format", "date-time"},
    {"{\"title\":1}", "/title", "a string"},
    {"{\"$schema\":\"http://json-schema.org/draft-07/schema#\"}", "/$schema",
	"2020-12"},
    {"{\"items\":{\"$id\":\"x\"}}", "/items/$id", "document's own"},
    {"{\"pattern\":\"(\"}", "/pattern", "missing closing parenthesis"},
    {"{\"patternProperties\":{\"[\":true}}", "/patternProperties",
	"bad pattern"},
    {"{\"pattern\":\"(*LIMIT_MATCH=999999999)a\"}", "/pattern", "ECMA"},
    {"{\"pattern\":\"(a(?1)?)\"}", "/pattern", "ECMA"},
    {"{\"pattern\":\"(?R)\"}", "/pattern", "ECMA"},
    {"{\"pattern\":\"a\\\\C\"}", "/pattern", "bad pattern"},
    {REF_TO("https://example.com/a.json"), "/$ref", "in this document"},
    {REF_TO("other.json#/$defs/a"), "/$ref", "in this document"},
    {REF_TO("#/$defs/none"), "/$ref", "leads to no schema"},
    {REF_TO("#anchor"), "/$ref", "leads to no schema"},
    {REF_TO("#/%zz"), "/$ref", "leads to no schema"},
    {"{\"$ref\":\"#/title\",\"title\":\"a\"}", "/$ref", "leads to no schema"},
    {REF_TO("#"), "/$ref", "back to itself"},
    {"{\"allOf\":[" REF_TO("#") "]}", "/allOf/0/$ref", "back to itself"},
    {"{\"not\":" REF_TO("#") "}", "/not/$ref", "back to itself"},
    {"{\"$defs\":{\"a\":" REF_TO("#/$defs/b") ",\"b\":" REF_TO(
	 "#/$defs/a") "}}",
	"/$defs/b/$ref", "back to itself"},
    {"{\"dependentSchemas\":{\"a\":" REF_TO("#") "}}",
	"/dependentSchemas/a/$ref", "back to itself"},
    {"{\"x-pressgate-html\":true}", "/x-pressgate-html", "strip"},
    {"{\"x-pressgate-url\":\"keep\"}", "/x-pressgate-url", "normalise"},
    {"{\"x-pressgate-cut\":0}", "/x-pressgate-cut", "from 1"},
    {"{\"x-pressgate-unknown\":\"ignore\"}", "/x-pressgate-unknown", "keep"},
    {"{\"anyOf\":[{\"x-pressgate-cut\":1}]}", "/anyOf", "may hold or not"},
    {"{\"contains\":{\"x-pressgate-cut\":1}}", "/contains", "or not"},
    {"{\"if\":true,\"then\":" REF_TO(
	 "#/$defs/a") ",\"$defs\":{\"a\":"
		      "{\"properties\":{\"b\":{\"x-pressgate-html\":\"strip\"}}"
		      "}}}",
	"/then", "may hold or not"},
};

START_TEST(refuses_a_schema_that_it_would_not_hold_to)
{
	struct fence f = fence_page(gate_span_str(refusals[_i].text));
	struct gate_schema *s = NULL;
	struct notes n = {"", "", 0};

	ck_assert_int_eq(gate_schema_new(f.span, note, &n, &s), GATE_E_CONF);
	ck_assert_msg(n.count > 0 && s == NULL, "%s", refusals[_i].text);
	ck_assert_msg(strcmp(n.pointer, refusals[_i].pointer) == 0, "%s: at %s",
	    refusals[_i].text, n.pointer);
	ck_assert_msg(strstr(n.text, refusals[_i].says) != NULL, "%s: %s",
	    refusals[_i].text, n.text);
	fence_free(&f);
}
END_TEST

START_TEST(tells_everything_that_is_wrong_at_once)
{
	struct gate_schema *s = NULL;
	struct notes n = {"", "", 0};

	ck_assert_int_eq(
	    gate_schema_new(GATE_SPAN("{\"a\":1,\"type\":2,\"properties\":"
				      "{\"x\":{\"b\":3},\"y\":4}}"),
		note, &n, &s),
	    GATE_E_CONF);
	ck_assert_int_eq(n.count, 4);
}
END_TEST

static const struct {
	const char *schema;
	const char *value;
	const char *keyword; /* NULL: it fits */
	const char *where;
} faults[] = {
    {"{\"properties\":{\"a\":{\"items\":{\"maxLength\":2}}}}",
	"{\"a\":[\"x\",\"xyz\"]}", "maxLength", "/a/1"},
    {"{\"properties\":{\"a/b~\":{\"type\":\"null\"}}}", "{\"a/b~\":1}", "type",
	"/a~1b~0"},
    {"{\"required\":[\"title\"]}", "{}", "required", ""},
    /* what the sender names is not told */
    {"{\"additionalProperties\":{\"type\":\"null\"}}", "{\"secret\":1}", "type",
	"/*"},
    {"{\"additionalProperties\":false}", "{\"secret\":1}", "false", "/*"},
    {"{\"x-pressgate-unknown\":\"refuse\"}", "{\"secret\":1}",
	"x-pressgate-unknown", ""},
    {"{\"patternProperties\":{\"^s\":{\"type\":\"null\"}}}", "{\"secret\":1}",
	"type", "/*"},
    {"{\"propertyNames\":{\"maxLength\":3}}", "{\"secret\":1}", "propertyNames",
	""},
    /* of a choice only that it was none */
    {"{\"anyOf\":[{\"type\":\"null\"},{\"minLength\":3}]}", "\"a\"", "anyOf",
	""},
    {"{\"oneOf\":[true,true]}", "1", "oneOf", ""},
    {"{\"not\":{}}", "1", "not", ""},
    {"{\"contains\":{\"type\":\"null\"}}", "[1]", "contains", ""},
    {"{\"if\":{\"minLength\":2},\"then\":{\"maxLength\":3}}", "\"abcd\"",
	"maxLength", ""},
    {"{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"type\":\"null\"}}}", "1",
	"type", ""},
    {"false", "1", "false", ""},
    /* exact numbers */
    {"{\"maximum\":9007199254740992}", "9007199254740993", "maximum", ""},
    {"{\"const\":18446744073709551615}", "18446744073709551615", NULL, ""},
    {"{\"const\":18446744073709551615}", "18446744073709551614", "const", ""},
    {"{\"multipleOf\":0.1}", "0.3", NULL, ""},
    {"{\"multipleOf\":0.01}", "1e300", NULL, ""},
    {"{\"type\":\"integer\"}", "1e300", NULL, ""},
    {"{\"type\":\"integer\"}", "1e-300", "type", ""},
    {"{\"uniqueItems\":true}", "[1,1.0]", "uniqueItems", ""},
    {"{\"uniqueItems\":true}", "[{\"a\":1,\"b\":2},{\"b\":2,\"a\":1}]",
	"uniqueItems", ""},
    /* code points; the very end; ASCII */
    {"{\"maxLength\":1}", "\"\xf0\x9f\x98\x80\"", NULL, ""},
    {"{\"pattern\":\"^a$\"}", "\"a\\n\"", "pattern", ""},
    {"{\"pattern\":\"^\\\\d$\"}", "\"\xd9\xa1\"", "pattern", ""},
    {"{\"pattern\":\"^.$\"}", "\"\xf0\x9f\x98\x80\"", NULL, ""},
    {"{\"pattern\":\"\\\\u00e9\"}", "\"caf\xc3\xa9\"", NULL, ""},
    {"{\"format\":\"uri\"}", "\"https://a b\"", "format", ""},
    {"{\"x-pressgate-url\":\"normalise\"}", "\"javascript:alert(1)\"",
	"x-pressgate-url", ""},
    {"{\"x-pressgate-url\":\"normalise\"}", "\"https://u:p@a.example/\"",
	"x-pressgate-url", ""},
    {"{\"x-pressgate-url\":\"normalise\"}", "null", NULL, ""},
    /* recursion that eats */
    {"{\"properties\":{\"next\":{\"$ref\":\"#\"}},\"maxProperties\":1}",
	"{\"next\":{\"next\":{\"a\":1,\"b\":2}}}", "maxProperties",
	"/next/next"},
};

START_TEST(says_which_keyword_does_not_hold_and_where)
{
	struct gate_schema *s = make(gate_span_str(faults[_i].schema));
	struct gate_json *v = parse(gate_span_str(faults[_i].value));
	struct gate_schema_fault fault;
	enum gate_code code = gate_schema_check(s, v, &fault);

	if (faults[_i].keyword == NULL) {
		ck_assert_msg(code == GATE_OK, "%s: %s", faults[_i].schema,
		    faults[_i].value);
	} else {
		ck_assert_msg(code == GATE_E_BAD, "%s: %s is taken",
		    faults[_i].schema, faults[_i].value);
		ck_assert_str_eq(fault.keyword, faults[_i].keyword);
		ck_assert_str_eq(fault.where, faults[_i].where);
	}
	gate_json_free(v);
	gate_schema_free(s);
}
END_TEST

START_TEST(cuts_a_place_that_is_too_long_to_tell)
{
	struct gate_schema_fault fault;
	struct gate_schema *s;
	struct gate_buf b;
	struct gate_json *v;
	int i;

	gate_buf_init(&b, 10000);
	(void)gate_buf_put_str(&b, "{\"");
	for (i = 0; i < 500; i++)
		(void)gate_buf_put_byte(&b, 'n');
	(void)gate_buf_put_str(&b, "\":1}");
	v = parse(gate_buf_span(&b));
	gate_buf_reset(&b);
	(void)gate_buf_put_str(&b, "{\"properties\":{\"");
	for (i = 0; i < 500; i++)
		(void)gate_buf_put_byte(&b, 'n');
	(void)gate_buf_put_str(&b, "\":false}}");
	s = make(gate_buf_span(&b));
	ck_assert_int_eq(gate_schema_check(s, v, &fault), GATE_E_BAD);
	ck_assert_uint_eq(strlen(fault.where), GATE_SCHEMA_WHERE - 1);
	gate_json_free(v);
	gate_schema_free(s);
	gate_buf_clear(&b);
}
END_TEST

#define SHAPE_A "{\"properties\":{\"a\":{"

static const struct {
	const char *schema;
	const char *value;
	const char *stored;
} shapes[] = {
    {SHAPE_A "\"x-pressgate-html\":\"strip\"}}}",
	"{\"a\":\"<p>x &lt; y</p><p>z</p>\",\"b\":\"<b>\"}",
	"{\"a\":\"x &lt; y\\nz\",\"b\":\"<b>\"}"},
    {SHAPE_A "\"x-pressgate-url\":\"normalise\"}}}",
	"{\"a\":\"HTTPS://Example.COM:443/a/../b?x=%7e\"}",
	"{\"a\":\"https://example.com/b?x=~\"}"},
    {SHAPE_A "\"x-pressgate-cut\":2}}}", "{\"a\":\"\xc3\xa9\xc3\xa9\xc3\xa9\"}",
	"{\"a\":\"\xc3\xa9\xc3\xa9\"}"},
    {SHAPE_A "\"x-pressgate-cut\":3}}}", "{\"a\":\"abc\"}", "{\"a\":\"abc\"}"},
    {SHAPE_A "\"x-pressgate-html\":\"strip\",\"x-pressgate-cut\":3}}}",
	"{\"a\":\"<i>abcd</i>\"}", "{\"a\":\"abc\"}"},
    {"{\"x-pressgate-unknown\":\"drop\",\"properties\":{\"a\":true},"
     "\"patternProperties\":{\"^x-\":true}}",
	"{\"a\":1,\"b\":2,\"x-c\":3}", "{\"a\":1,\"x-c\":3}"},
    {"{\"x-pressgate-unknown\":\"keep\",\"properties\":{\"a\":"
     "{\"x-pressgate-cut\":1}}}",
	"{\"a\":\"xy\",\"b\":2}", "{\"a\":\"x\",\"b\":2}"},
    {"{\"items\":{\"x-pressgate-cut\":1},\"prefixItems\":[true]}",
	"[\"ab\",\"cd\"]", "[\"ab\",\"c\"]"},
    {"{\"prefixItems\":[{\"x-pressgate-cut\":1}]}", "[\"ab\",\"cd\"]",
	"[\"a\",\"cd\"]"},
    {"{\"additionalProperties\":{\"x-pressgate-cut\":1},\"properties\":"
     "{\"a\":true}}",
	"{\"a\":\"xy\",\"b\":\"xy\"}", "{\"a\":\"xy\",\"b\":\"x\"}"},
    {"{\"patternProperties\":{\"^b\":{\"x-pressgate-cut\":1}}}",
	"{\"a\":\"xy\",\"b\":\"xy\"}", "{\"a\":\"xy\",\"b\":\"x\"}"},
    {"{\"allOf\":[{\"$ref\":\"#/$defs/d\"}],\"$defs\":{\"d\":{\"properties\":"
     "{\"a\":{\"x-pressgate-cut\":1}}}}}",
	"{\"a\":\"xy\"}", "{\"a\":\"x\"}"},
    {"{\"properties\":{\"n\":{\"$ref\":\"#\"},\"a\":{\"x-pressgate-cut\":1}}}",
	"{\"n\":{\"n\":{\"a\":\"xy\"}}}", "{\"n\":{\"n\":{\"a\":\"x\"}}}"},
    /* what is not changed is as exact as it was */
    {SHAPE_A "\"x-pressgate-cut\":1}}}",
	"{\"b\":[1.10,18446744073709551615,null,true,{}]}",
	"{\"b\":[1.10,18446744073709551615,null,true,{}]}"},
    {"{\"x-pressgate-cut\":1}", "5", "5"},
};

START_TEST(stores_a_value_in_the_form_that_the_schema_says)
{
	struct gate_schema *s = make(gate_span_str(shapes[_i].schema));
	struct gate_json *v = parse(gate_span_str(shapes[_i].value));
	struct gate_json *out = NULL;
	struct gate_schema_fault fault;
	struct gate_buf text;

	gate_buf_init(&text, 1000);
	ck_assert(gate_schema_shapes(s));
	ck_assert_int_eq(gate_schema_check(s, v, &fault), GATE_OK);
	ck_assert_int_eq(gate_schema_shape(s, v, &out), GATE_OK);
	ck_assert_int_eq(gate_json_text(out, &text), GATE_OK);
	ck_assert_str_eq(gate_buf_str(&text), shapes[_i].stored);
	gate_buf_reset(&text);
	ck_assert_int_eq(gate_json_text(v, &text), GATE_OK);
	ck_assert_str_eq(gate_buf_str(&text), shapes[_i].value);
	gate_buf_clear(&text);
	gate_json_free(out);
	gate_json_free(v);
	gate_schema_free(s);
}
END_TEST

START_TEST(knows_when_there_is_nothing_to_change)
{
	struct gate_schema *s =
	    make(GATE_SPAN("{\"properties\":{\"a\":{\"maxLength\":3}},"
			   "\"x-pressgate-unknown\":\"refuse\"}"));

	ck_assert(!gate_schema_shapes(s));
	gate_schema_free(s);
}
END_TEST

/* ---- hostile pairs: text, made of a piece that is repeated ------------ */

struct made {
	const char *head, *piece, *tail;
	int count;
};

static struct gate_span
build(struct gate_buf *b, const struct made *m)
{
	int i;

	gate_buf_init(b, 1024 * 1024);
	(void)gate_buf_put_str(b, m->head);
	for (i = 0; i < m->count; i++)
		(void)gate_buf_put_str(b, m->piece);
	ck_assert_int_eq(gate_buf_put_str(b, m->tail), GATE_OK);
	return gate_buf_span(b);
}

#define PATTERN(p)                                                             \
	{                                                                      \
		"{\"pattern\":\"" p "\"}", "", "", 0                           \
	}

static const struct {
	const char *what;
	struct made schema, value;
	enum gate_code code;
	const char *keyword;
} hostile[] = {
    {"nested repetition", PATTERN("^(a+)+$"), {"\"", "a", "!\"", 40},
	GATE_E_LIMIT, "limit"},
    {"a little of it", PATTERN("^(a+)+$"), {"\"", "a", "!\"", 13}, GATE_E_BAD,
	"pattern"},
    {"more than a try may take", PATTERN("^(a+)+$"), {"\"", "a", "!\"", 20},
	GATE_E_LIMIT, "limit"},
    {"nested repetition that matches", PATTERN("^(a+)+$"),
	{"\"", "a", "\"", 40}, GATE_OK, NULL},
    {"overlapping choices", PATTERN("^(a|aa)+$"), {"\"", "a", "!\"", 60},
	GATE_E_LIMIT, "limit"},
    {"overlapping choices, anywhere", PATTERN("(x+x+)+[yz]"),
	{"\"", "x", "\"", 8000}, GATE_E_LIMIT, "limit"},
    {"a look ahead", PATTERN("^(?=(a+))*\\\\1b"), {"\"", "a", "\"", 5000},
	GATE_E_BAD, "pattern"},
    {"quadratic, at the longest", PATTERN("[a-w]*[xz]"),
	{"\"", "a", "\"", 8192}, GATE_E_BAD, "pattern"},
    {"quadratic, one more", PATTERN("[a-w]*[xz]"), {"\"", "a", "\"", 8193},
	GATE_E_LIMIT, "limit"},
    {"quadratic, absurd", PATTERN("[a-w]*[xz]"), {"\"", "a", "\"", 1000000},
	GATE_E_LIMIT, "limit"},
    {"many of them", {"{\"items\":{\"pattern\":\"^(a+)+$\"}}", "", "", 0},
	{"[\"!\"", ",\"aaaaaaaaaaaaaaaaaaaaaa\"", "]", 5000}, GATE_E_BAD,
	"pattern"},
    {"wide, plain", {"{\"items\":{\"type\":\"integer\"}}", "", "", 0},
	{"[0", ",0", "]", 9000}, GATE_OK, NULL},
    {"wide, each other one the same", {"{\"uniqueItems\":true}", "", "", 0},
	{"[0", ",0", "]", 9000}, GATE_E_BAD, "uniqueItems"},
    {"deep", {"{\"additionalProperties\":{\"$ref\":\"#\"}}", "", "", 0},
	{"{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":"
	 "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":"
	 "{\"a\":{\"a\":1",
	    "", "}}}}}}}}}}}}}}}}}}}}", 0},
	GATE_OK, NULL},
    /* 2^n ways through allOf, each step its own schema */
    {"doubling",
	{"{\"$defs\":{\"a\":{\"allOf\":[{\"$ref\":\"#/$defs/b\"},{\"$ref\":"
	 "\"#/$defs/b\"}]},\"b\":{\"items\":{\"$ref\":\"#/$defs/a\"}}},"
	 "\"$ref\":\"#/$defs/a\"}",
	    "", "", 0},
	{"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1", "",
	    "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", 0},
	GATE_E_LIMIT, "limit"},
    {"a choice does not hide it",
	{"{\"anyOf\":[{\"pattern\":\"^(a+)+$\"},true]}", "", "", 0},
	{"\"", "a", "!\"", 40}, GATE_E_LIMIT, "limit"},
    {"nor does a negation", {"{\"not\":{\"pattern\":\"^(a+)+$\"}}", "", "", 0},
	{"\"", "a", "!\"", 40}, GATE_E_LIMIT, "limit"},
    {"a thousand values of an enum, for each item",
	{"{\"items\":{\"enum\":[\"x\"", ",1", "]}}", 1000},
	{"[1.5", ",1.5", "]", 1000}, GATE_E_BAD, "enum"},
    {"the same where all are gone through",
	{"{\"items\":{\"not\":{\"enum\":[\"x\"", ",1", "]}}}", 1000},
	{"[1.5", ",1.5", "]", 1000}, GATE_E_LIMIT, "limit"},
};

START_TEST(spends_no_more_than_its_budget)
{
	struct gate_buf schema_text, value_text;
	struct gate_schema *s = make(build(&schema_text, &hostile[_i].schema));
	struct gate_json *v = parse(build(&value_text, &hostile[_i].value));
	struct gate_schema_fault fault;
	enum gate_code code = gate_schema_check(s, v, &fault);

	ck_assert_msg(code == hostile[_i].code, "%s: %s", hostile[_i].what,
	    gate_code_name(code));
	if (code != GATE_OK)
		ck_assert_str_eq(fault.keyword, hostile[_i].keyword);
	gate_json_free(v);
	gate_schema_free(s);
	gate_buf_clear(&schema_text);
	gate_buf_clear(&value_text);
}
END_TEST

/* At, one above, absurd. */
static const struct {
	const char *what;
	struct made schema;
	bool fits;
} sizes[] = {
    {"schemas", {"{\"allOf\":[true", ",true", "]}", 1998}, true},
    {"schemas, one more", {"{\"allOf\":[true", ",true", "]}", 1999}, false},
    {"schemas, absurd", {"{\"allOf\":[true", ",true", "]}", 9000}, false},
    {"patterns", {"{\"allOf\":[true", ",{\"pattern\":\"a\"}", "]}", 200}, true},
    {"patterns, one more",
	{"{\"allOf\":[true", ",{\"pattern\":\"a\"}", "]}", 201}, false},
    {"a pattern", {"{\"pattern\":\"", "a", "\"}", 512}, true},
    {"a pattern, one more", {"{\"pattern\":\"", "a", "\"}", 513}, false},
    {"a pattern, absurd", {"{\"pattern\":\"", "a", "\"}", 100000}, false},
    {"parentheses", {"{\"pattern\":\"", "(a)", "\"}", 100}, true},
    {"bytes", {"{\"title\":\"", "a", "\"}", 256 * 1024 - 12}, true},
    {"bytes, one more", {"{\"title\":\"", "a", "\"}", 256 * 1024 - 11}, false},
    {"bytes, absurd", {"{\"title\":\"", "a", "\"}", 1000000}, false},
};

START_TEST(takes_a_schema_of_limited_size)
{
	struct gate_schema *s = NULL;
	struct gate_buf text;
	struct notes n = {"", "", 0};
	enum gate_code code =
	    gate_schema_new(build(&text, &sizes[_i].schema), note, &n, &s);

	ck_assert_msg(code == (sizes[_i].fits ? GATE_OK : GATE_E_CONF),
	    "%s: %s %s", sizes[_i].what, gate_code_name(code), n.text);
	gate_schema_free(s);
	gate_buf_clear(&text);
}
END_TEST

/* A chain of `count` schemas for one value: the last of them is `true`. */
static enum gate_code
load_chain(int count)
{
	struct gate_schema *s = NULL;
	struct notes n = {"", "", 0};
	enum gate_code code;
	struct gate_buf b;
	int i;

	gate_buf_init(&b, 100000);
	(void)gate_buf_put_str(&b, "{\"$defs\":{");
	for (i = 2; i < count; i++)
		(void)gate_buf_printf(
		    &b, "\"%d\":{\"$ref\":\"#/$defs/%d\"},", i, i + 1);
	(void)gate_buf_printf(&b, "\"%d\":true},\"$ref\":\"#/$defs/2\"}", i);
	code = gate_schema_new(gate_buf_span(&b), note, &n, &s);
	gate_schema_free(s);
	gate_buf_clear(&b);
	return code;
}

START_TEST(leads_through_so_many_schemas_for_one_value)
{
	ck_assert_int_eq(load_chain(GATE_SCHEMA_CHAIN_MAX), GATE_OK);
	ck_assert_int_eq(load_chain(GATE_SCHEMA_CHAIN_MAX + 1), GATE_E_CONF);
	ck_assert_int_eq(load_chain(1000), GATE_E_CONF);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("schema");
	TCase *t = tcase_create("schema");

	add_row_test(t, refuses_a_schema_that_it_would_not_hold_to, refusals);
	tcase_add_test(t, tells_everything_that_is_wrong_at_once);
	add_row_test(t, says_which_keyword_does_not_hold_and_where, faults);
	tcase_add_test(t, cuts_a_place_that_is_too_long_to_tell);
	add_row_test(
	    t, stores_a_value_in_the_form_that_the_schema_says, shapes);
	tcase_add_test(t, knows_when_there_is_nothing_to_change);
	add_row_test(t, spends_no_more_than_its_budget, hostile);
	add_row_test(t, takes_a_schema_of_limited_size, sizes);
	tcase_add_test(t, leads_through_so_many_schemas_for_one_value);
	suite_add_tcase(s, t);
	return s;
}

/* lib/canonical.h */
#include "config.h"

#include <string.h>

#include "lib/canonical.h"
#include "lib/json.h"
#include "tests/runner.h"

#define FRAME(type, actor, id, kind, action, data, when)                       \
	"{\"tenant_id\":\"blog\",\"source\":\"relay\",\"type\":\"" type        \
	"\",\"actor\":{\"id\":" actor                                          \
	",\"email\":null},\"subject\":{\"id\":" id ",\"type\":" kind           \
	"},\"action\":{\"type\":\"" action                                     \
	"\",\"reason\":null},\"data\":" data ",\"occurred_at\":" when "}"

static const struct gate_canonical_form relay_form = {.source = "relay",
    .type = "event",
    .refs = {"object_ref", "post_id"},
    .times = {"occurred_at", "published_at"},
    .actor = "author"};

static const struct {
	const char *what;
	const char *type;
	const char *body;
	const char *text;
} forms[] = {
    {"a published post", "post.published",
	"{\"post_id\": 17, \"author\": \"ann\", "
	"\"published_at\": \"2026-02-05T10:00:00+01:00\"}",
	FRAME("post.published", "\"ann\"", "\"17\"", "\"post\"", "published",
	    "{\"post_id\": 17, \"author\": \"ann\", "
	    "\"published_at\": \"2026-02-05T10:00:00+01:00\"}",
	    "\"2026-02-05T09:00:00.000Z\"")},
    {"nothing known", "ping", "{}",
	FRAME("ping", "null", "null", "null", "ping", "{}", "null")},
    {"a type of three parts", "a.b.c", "{}",
	FRAME("a.b.c", "null", "null", "\"a.b\"", "c", "{}", "null")},
    {"object_ref goes first", "x.y", "{\"post_id\":1,\"object_ref\":\"p:1\"}",
	FRAME("x.y", "null", "\"p:1\"", "\"x\"", "y",
	    "{\"post_id\":1,\"object_ref\":\"p:1\"}", "null")},
    {"occurred_at goes first", "x.y",
	"{\"published_at\":\"2020-01-01T00:00:00Z\","
	"\"occurred_at\":\"2021-01-01T00:00:00Z\"}",
	FRAME("x.y", "null", "null", "\"x\"", "y",
	    "{\"published_at\":\"2020-01-01T00:00:00Z\","
	    "\"occurred_at\":\"2021-01-01T00:00:00Z\"}",
	    "\"2021-01-01T00:00:00.000Z\"")},
    {"values of other kinds are none", "x.y",
	"{\"post_id\":[1],\"author\":{\"a\":1},\"published_at\":5}",
	FRAME("x.y", "null", "null", "\"x\"", "y",
	    "{\"post_id\":[1],\"author\":{\"a\":1},\"published_at\":5}",
	    "null")},
    {"a local time is none", "x.y",
	"{\"published_at\":\"2020-01-01 00:00:00\"}",
	FRAME("x.y", "null", "null", "\"x\"", "y",
	    "{\"published_at\":\"2020-01-01 00:00:00\"}", "null")},
    {"an author by number", "x.y", "{\"author\":7}",
	FRAME("x.y", "7", "null", "\"x\"", "y", "{\"author\":7}", "null")},
    {"quotes", "x.y", "{\"author\":\"a\\\"b\",\"post_id\":\"c\\\\d\"}",
	FRAME("x.y", "\"a\\\"b\"", "\"c\\\\d\"", "\"x\"", "y",
	    "{\"author\":\"a\\\"b\",\"post_id\":\"c\\\\d\"}", "null")},
};

static struct gate_json *
parse(const char *text)
{
	struct gate_json *doc;

	ck_assert_int_eq(
	    gate_json_parse(gate_span_str(text), &doc, NULL), GATE_OK);
	return doc;
}

START_TEST(puts_an_event_into_its_canonical_form)
{
	struct gate_json *body = parse(forms[_i].body), *doc;
	struct gate_canonical c;

	gate_canonical_init(&c);
	ck_assert_int_eq(gate_canonical_fill(&c, &relay_form, "blog",
			     gate_span_str(forms[_i].type), body,
			     gate_span_str(forms[_i].body)),
	    GATE_OK);
	ck_assert_str_eq(gate_buf_str(&c.text), forms[_i].text);
	doc = parse(gate_buf_str(&c.text));
	gate_json_free(doc);
	gate_json_free(body);
	gate_canonical_clear(&c);
}
END_TEST

START_TEST(forgets_one_event_before_the_next)
{
	struct gate_json *a = parse("{\"post_id\":\"one\",\"occurred_at\":"
				    "\"2020-01-01T00:00:00Z\"}");
	struct gate_json *b = parse("{}");
	struct gate_canonical c;

	gate_canonical_init(&c);
	ck_assert_int_eq(gate_canonical_fill(&c, &relay_form, "s",
			     GATE_SPAN("t"), a, GATE_SPAN("{}")),
	    GATE_OK);
	ck_assert(c.has_occurred && c.ref.n == 3);
	ck_assert_int_eq(gate_canonical_fill(&c, &relay_form, "s",
			     GATE_SPAN("t"), b, GATE_SPAN("{}")),
	    GATE_OK);
	ck_assert(!c.has_occurred && c.ref.n == 0);
	gate_json_free(a);
	gate_json_free(b);
	gate_canonical_clear(&c);
}
END_TEST

static const struct {
	size_t n;
	size_t kept;
} refs[] = {
    {GATE_CANONICAL_REF_MAX, GATE_CANONICAL_REF_MAX},
    {GATE_CANONICAL_REF_MAX + 1, 0},
    {100000, 0},
};

START_TEST(drops_a_reference_that_is_too_long)
{
	struct gate_buf text;
	struct gate_json *body;
	struct gate_canonical c;
	size_t i;

	gate_buf_init(&text, 200000);
	(void)gate_buf_put_str(&text, "{\"object_ref\":\"");
	for (i = 0; i < refs[_i].n; i++)
		(void)gate_buf_put_byte(&text, 'x');
	(void)gate_buf_put_str(&text, "\"}");
	body = parse(gate_buf_str(&text));
	gate_canonical_init(&c);
	ck_assert_int_eq(gate_canonical_fill(&c, &relay_form, "s",
			     GATE_SPAN("t"), body, gate_buf_span(&text)),
	    GATE_OK);
	ck_assert_uint_eq(c.ref.n, refs[_i].kept);
	gate_json_free(body);
	gate_buf_clear(&text);
	gate_canonical_clear(&c);
}
END_TEST

static const struct {
	const char *pointer;
	const char *text;
} scalars[] = {
    {"/a", "text"},
    {"/b", "7"},
    {"/c", "true"},
    {"/d", "1.5"},
    {"/e", ""},
    {"/f", ""},
    {"/g", ""},
    {"/h/i", "deep"},
    {"/none", ""},
    {"", ""},
};

START_TEST(finds_a_scalar_as_text)
{
	struct gate_json *doc = parse("{\"a\":\"text\",\"b\":7,\"c\":true,"
				      "\"d\":1.5,\"e\":null,\"f\":{},"
				      "\"g\":[],\"h\":{\"i\":\"deep\"}}");
	struct gate_buf b;

	gate_buf_init(&b, 64);
	ck_assert_int_eq(
	    gate_canonical_scalar(doc, scalars[_i].pointer, &b), GATE_OK);
	ck_assert_msg(gate_span_is(gate_buf_span(&b), scalars[_i].text), "%s",
	    scalars[_i].pointer);
	gate_buf_clear(&b);
	gate_json_free(doc);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("canonical");
	TCase *t = tcase_create("canonical");

	add_row_test(t, puts_an_event_into_its_canonical_form, forms);
	tcase_add_test(t, forgets_one_event_before_the_next);
	add_row_test(t, drops_a_reference_that_is_too_long, refs);
	add_row_test(t, finds_a_scalar_as_text, scalars);
	suite_add_tcase(s, t);
	return s;
}

/* lib/template.h. */
#include "config.h"

#include <string.h>

#include "lib/template.h"
#include "tests/fence.h"
#include "tests/runner.h"

static const char document[] =
    "{\"event\":{\"title\":\"  Gr\xc3\xbc\xc3\x9f Gott \",\"id\":42,"
    "\"price\":1.10,\"big\":18446744073709551615,\"draft\":false,"
    "\"none\":null,\"tags\":[\"a\",\"B c\"],\"empty\":\"\","
    "\"at\":\"2026-11-22T23:30:00-05:00\",\"quote\":\"say \\\"hi\\\"\\n\","
    "\"hole\":\"{{/event/id}}\"}}";

static struct gate_json *
parse_document(void)
{
	struct gate_json *doc = NULL;

	ck_assert_int_eq(
	    gate_json_parse(gate_span_str(document), &doc, NULL), GATE_OK);
	return doc;
}

static struct gate_template *
make(const char *text)
{
	struct fence f = fence_page(gate_span_str(text));
	struct gate_template *t = NULL;
	struct gate_err err = {GATE_OK, ""};

	ck_assert_msg(gate_template_new(f.span, &t, &err) == GATE_OK, "%s: %s",
	    text, err.text);
	fence_free(&f); /* the text was copied */
	return t;
}

static const struct {
	const char *text, *out;
} fills[] = {
    {"", ""},
    {"no hole", "no hole"},
    {"single { and } and }}", "single { and } and }}"},
    {"{{/event/id}}", "42"},
    {"<{{/event/id}}>", "<42>"},
    {"{{/event/id}}{{/event/id}}", "4242"},
    {"{\"n\":{{/event/id}}}", "{\"n\":42}"},
    {"{{ /event/id }}", "42"},
    {"{{/event/tags/1}}", "B c"},
    /* kinds */
    {"{{/event/price}}", "1.10"},
    {"{{/event/big}}", "18446744073709551615"},
    {"{{/event/draft}}", "false"},
    {"{{/event/title|text}}", "  Gr\xc3\xbc\xc3\x9f Gott "},
    {"{{/event/empty}}", ""},
    {"{{/event/tags|json}}", "[\"a\",\"B c\"]"},
    {"{{/event/none|json}}", "null"},
    {"{{/event/quote|json}}", "\"say \\\"hi\\\"\\n\""},
    {"{\"s\":\"x{{/event/quote|json_escape}}y\"}",
	"{\"s\":\"xsay \\\"hi\\\"\\ny\"}"},
    {"{{/event/id|json_escape}}", "42"},
    {"{{/event/id|text|json}}", "\"42\""},
    /* what a value holds is never a template */
    {"{{/event/hole}}", "{{/event/id}}"},
    /* default */
    {"{{/nothing|default:x y}}", "x y"},
    {"{{/nothing|default:}}", ""},
    {"{{/nothing|default:a:b}}", "a:b"},
    {"{{/event/none|default:x}}", "x"},
    {"{{/event/empty|default:x}}", ""},
    {"{{/event/id|default:x}}", "42"},
    {"{{/nothing|lower|trim|default:X}}", "X"},
    {"{{/nothing|default:X|lower}}", "x"},
    {"{{/nothing|json|default:x}}", "x"},
    {"{{/nothing|default:x|json}}", "\"x\""},
    {"{{/event/none|json|default:x}}", "null"},
    /* the others */
    {"{{/event/title|trim|lower}}", "gr\xc3\xbc\xc3\x9f gott"},
    {"{{/event/title|upper|trim}}", "GR\xc3\xbc\xc3\x9f GOTT"},
    {"{{/event/title|trim|truncate:4}}", "Gr\xc3\xbc\xc3\x9f"},
    {"{{/event/title|trim|truncate:3}}", "Gr\xc3\xbc"},
    {"{{/event/title|truncate:0}}", ""},
    {"{{/event/title|trim|truncate:4294967295}}", "Gr\xc3\xbc\xc3\x9f Gott"},
    {"{{/event/title|trim|uri}}", "Gr%C3%BC%C3%9F%20Gott"},
    {"{{/event/tags/0|uri}}", "a"},
    {"{{/nothing|default:-._~/?&=+%|uri}}", "-._~%2F%3F%26%3D%2B%25"},
    {"{{/event/at|date}}", "2026-11-22"},
    {"{{/event/none|date|default:-}}", "-"},
    /* FIPS 180-2 appendix B.1 */
    {"{{/nothing|default:abc|hash}}",
	"ba7816bf8f01cfea414140de5dae2223"
	"b00361a396177a9cb410ff61f20015ad"},
    {"{{/event/id|hash|truncate:8|upper}}", "73475CB4"},
    {"{{/event/id|text|text|text|text|text|text|text|text}}", "42"},
};

START_TEST(fills_its_holes)
{
	struct gate_template *t = make(fills[_i].text);
	struct gate_json *doc = parse_document();
	struct gate_err err = {GATE_OK, ""};
	struct gate_buf b;
	int round;

	gate_buf_init(&b, 1000);
	for (round = 0; round < 2; round++) {
		ck_assert_int_eq(gate_buf_put_str(&b, "+"), GATE_OK);
		ck_assert_msg(gate_template_fill(t, doc, &b, &err) == GATE_OK,
		    "%s: %s", fills[_i].text, err.text);
		ck_assert_str_eq(gate_buf_str(&b) + 1, fills[_i].out);
		gate_buf_reset(&b);
	}
	gate_buf_clear(&b);
	gate_json_free(doc);
	gate_template_free(t);
}
END_TEST

START_TEST(fills_in_the_whole_document)
{
	struct gate_template *t = make("{{|json}}");
	struct gate_template *bare = make("{{}}");
	struct gate_json *doc = NULL;
	struct gate_buf b;

	ck_assert_int_eq(
	    gate_json_parse(GATE_SPAN("\"x\""), &doc, NULL), GATE_OK);
	gate_buf_init(&b, 1000);
	ck_assert_int_eq(gate_template_fill(t, doc, &b, NULL), GATE_OK);
	ck_assert_int_eq(gate_template_fill(bare, doc, &b, NULL), GATE_OK);
	ck_assert_str_eq(gate_buf_str(&b), "\"x\"x");
	gate_buf_clear(&b);
	gate_json_free(doc);
	gate_template_free(bare);
	gate_template_free(t);
}
END_TEST

static const struct {
	struct gate_span text;
	const char *error;
} refusals[] = {
    {BYTES("{{/a"), "hole 1: no }} ends it"},
    {BYTES("{{/a}"), "hole 1: no }} ends it"},
    {BYTES("{{"), "hole 1: no }} ends it"},
    {BYTES("{{/a}} {{/b"), "hole 2: no }} ends it"},
    {BYTES("{{a}}"), "hole 1: not a JSON pointer"},
    {BYTES("{{/a}}{{/b}}{{{/c}}}"), "hole 3: not a JSON pointer"},
    {BYTES("{{/a~2}}"), "hole 1: not a JSON pointer"},
    {BYTES("{{/a|}}"), "hole 1: filter \"\": no such filter"},
    {BYTES("{{/a|json|}}"), "hole 1: filter \"\": no such filter"},
    {BYTES("{{/a|Json}}"), "filter \"Json\": no such filter"},
    {BYTES("{{/a|json:x}}"), "filter \"json:x\": it takes no argument"},
    {BYTES("{{/a|json:}}"), "filter \"json:\": it takes no argument"},
    {BYTES("{{/a|default}}"), "\"default\": it needs an argument"},
    {BYTES("{{/a|truncate}}"), "\"truncate\": it needs an argument"},
    {BYTES("{{/a|truncate:}}"), "its argument is no count"},
    {BYTES("{{/a|truncate:-1}}"), "its argument is no count"},
    {BYTES("{{/a|truncate:4294967296}}"), "its argument is no count"},
    {BYTES("{{/a|trim|trim|trim|trim|trim|trim|trim|trim|trim}}"),
	"hole 1: too many filters"},
    {BYTES("a\0b"), "NUL"},
    {BYTES("{{/a\0}}"), "NUL"},
};

START_TEST(refuses_a_wrong_template_when_it_is_made)
{
	struct fence f = fence_page(refusals[_i].text);
	struct gate_template *t = NULL;
	struct gate_err err = {GATE_OK, ""};

	ck_assert_int_eq(gate_template_new(f.span, &t, &err), GATE_E_BAD);
	ck_assert_ptr_null(t);
	ck_assert_int_eq(err.code, GATE_E_BAD);
	ck_assert_msg(strstr(err.text, refusals[_i].error) != NULL,
	    "\"%s\" has no \"%s\"", err.text, refusals[_i].error);
	fence_free(&f);
}
END_TEST

static const struct {
	const char *text;
	enum gate_code code;
	const char *error;
} failures[] = {
    {"{{/nothing}}", GATE_E_UNKNOWN, "/nothing: nothing stands there"},
    {"{{/nothing|lower}}", GATE_E_UNKNOWN, "/nothing"},
    {"{{/nothing|json}}", GATE_E_UNKNOWN, "/nothing"},
    {"{{/event/tags/2}}", GATE_E_UNKNOWN, "/event/tags/2"},
    {"{{/event/none}}", GATE_E_BAD, "/event/none: no string"},
    {"{{/event/none|lower}}", GATE_E_BAD, "/event/none: no string"},
    {"{{/event/tags}}", GATE_E_BAD, "/event/tags: no string"},
    {"{{/event}}", GATE_E_BAD, "/event: no string"},
    {"{{/event/tags|lower}}", GATE_E_BAD, "filter lower"},
    {"{{/event/tags|json_escape}}", GATE_E_BAD, "filter json_escape"},
    {"{{/event/title|date}}", GATE_E_BAD, "filter date"},
    {"{{/event/id|date}}", GATE_E_BAD, "filter date"},
};

START_TEST(says_which_hole_cannot_be_filled_but_not_with_what)
{
	struct gate_template *t = make(failures[_i].text);
	struct gate_json *doc = parse_document();
	struct gate_err err = {GATE_OK, ""};
	struct gate_buf b;

	gate_buf_init(&b, 1000);
	ck_assert_int_eq(
	    gate_template_fill(t, doc, &b, &err), failures[_i].code);
	ck_assert_int_eq(err.code, failures[_i].code);
	ck_assert_msg(strstr(err.text, failures[_i].error) != NULL,
	    "\"%s\" has no \"%s\"", err.text, failures[_i].error);
	ck_assert_ptr_null(strstr(err.text, "Gott"));
	gate_buf_clear(&b);
	gate_json_free(doc);
	gate_template_free(t);
}
END_TEST

static const struct {
	const char *text;
	size_t fits;
} limits[] = {
    {"0123456789", 10},
    {"{{/event/id}}", 2},
    {"{{/event/title|trim|uri}}", 21},
    {"{{/event/id|hash}}", 64},
    {"a{{/event/id}}b", 4},
};

START_TEST(stops_at_the_maximum_of_its_output)
{
	struct gate_template *t = make(limits[_i].text);
	struct gate_json *doc = parse_document();
	struct gate_err err = {GATE_OK, ""};
	struct gate_buf b;

	gate_buf_init(&b, limits[_i].fits - 1);
	ck_assert_int_eq(gate_template_fill(t, doc, &b, &err), GATE_E_LIMIT);
	ck_assert_int_eq(err.code, GATE_E_LIMIT);
	gate_buf_clear(&b);
	gate_buf_init(&b, limits[_i].fits);
	ck_assert_int_eq(gate_template_fill(t, doc, &b, &err), GATE_OK);
	ck_assert_uint_eq(b.n, limits[_i].fits);
	gate_buf_clear(&b);
	gate_json_free(doc);
	gate_template_free(t);
}
END_TEST

START_TEST(takes_as_many_holes_as_there_are)
{
	struct gate_json *doc = parse_document();
	struct gate_template *t;
	struct gate_buf text, b;
	int i;

	gate_buf_init(&text, 100000);
	gate_buf_init(&b, 100000);
	for (i = 0; i < 1000; i++)
		(void)gate_buf_put_str(&text, "{{/event/id}},");
	t = make(gate_buf_str(&text));
	ck_assert_int_eq(gate_template_fill(t, doc, &b, NULL), GATE_OK);
	ck_assert_uint_eq(b.n, 3000);
	gate_template_free(t);
	gate_template_free(NULL);
	gate_buf_clear(&b);
	gate_buf_clear(&text);
	gate_json_free(doc);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("template");
	TCase *t = tcase_create("template");

	add_row_test(t, fills_its_holes, fills);
	tcase_add_test(t, fills_in_the_whole_document);
	add_row_test(t, refuses_a_wrong_template_when_it_is_made, refusals);
	add_row_test(
	    t, says_which_hole_cannot_be_filled_but_not_with_what, failures);
	add_row_test(t, stops_at_the_maximum_of_its_output, limits);
	tcase_add_test(t, takes_as_many_holes_as_there_are);
	suite_add_tcase(s, t);
	return s;
}

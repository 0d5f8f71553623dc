/* lib/form.h. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/form.h"
#include "tests/fence.h"
#include "tests/runner.h"

static const struct {
	struct gate_span in;
	enum gate_code code;
	const char *json;
} forms[] = {
    {BYTES("a=1"), GATE_OK, "{\"a\":\"1\"}"},
    {BYTES("a="), GATE_OK, "{\"a\":\"\"}"},
    {BYTES("a=b=c"), GATE_OK, "{\"a\":\"b=c\"}"},
    {BYTES("a=1&b=2"), GATE_OK, "{\"a\":\"1\",\"b\":\"2\"}"},
    {BYTES("b=1&a=2&b=3&b=4"), GATE_OK,
	"{\"b\":[\"1\",\"3\",\"4\"],\"a\":\"2\"}"},
    {BYTES("a+b=c+d%2B"), GATE_OK, "{\"a b\":\"c d+\"}"},
    {BYTES("+=+"), GATE_OK, "{\" \":\" \"}"},
    {BYTES("%61=%C3%a9"), GATE_OK, "{\"a\":\"\xc3\xa9\"}"},
    {BYTES("a=%22%5C%0a"), GATE_OK, "{\"a\":\"\\\"\\\\\\n\"}"},
    {BYTES("a=%ff"), GATE_OK, "{\"a\":\"\xef\xbf\xbd\"}"},
    {BYTES("%fe=1&%ff=2"), GATE_OK, "{\"\xef\xbf\xbd\":[\"1\",\"2\"]}"},
    {BYTES(""), GATE_E_BAD, NULL},
    {BYTES("a"), GATE_E_BAD, NULL},
    {BYTES("=1"), GATE_E_BAD, NULL},
    {BYTES("a=1&"), GATE_E_BAD, NULL},
    {BYTES("&a=1"), GATE_E_BAD, NULL},
    {BYTES("a=1&&b=2"), GATE_E_BAD, NULL},
    {BYTES("a=1&b"), GATE_E_BAD, NULL},
    {BYTES("a=%"), GATE_E_BAD, NULL},
    {BYTES("a=%4"), GATE_E_BAD, NULL},
    {BYTES("a=%4g"), GATE_E_BAD, NULL},
    {BYTES("a=%00"), GATE_E_BAD, NULL},
    {BYTES("a=\0"), GATE_E_BAD, NULL},
    {BYTES("a= b"), GATE_E_BAD, NULL},
    {BYTES("a=b\n"), GATE_E_BAD, NULL},
    {BYTES("a=\xc3\xa9"), GATE_E_BAD, NULL},
};

START_TEST(decodes_what_an_encoder_writes_and_nothing_else)
{
	struct fence f = fence_page(forms[_i].in);
	struct gate_form form = {.count = 77};
	struct gate_buf b;

	ck_assert_int_eq(gate_form_parse(f.span, &form), forms[_i].code);
	if (forms[_i].code == GATE_OK) {
		gate_buf_init(&b, 1000);
		ck_assert_int_eq(gate_form_json(&form, &b), GATE_OK);
		ck_assert_str_eq(gate_buf_str(&b), forms[_i].json);
		gate_buf_clear(&b);
		gate_form_clear(&form);
	} else {
		ck_assert_uint_eq(form.count, 77);
	}
	fence_free(&f);
}
END_TEST

START_TEST(finds_a_field_that_came_once)
{
	struct gate_form form;
	struct gate_span v = GATE_SPAN("as it was");

	ck_assert_int_eq(
	    gate_form_parse(GATE_SPAN("a=1&b=2&a=3"), &form), GATE_OK);
	ck_assert(gate_form_get(&form, "b", &v));
	ck_assert(gate_span_is(v, "2"));
	ck_assert(!gate_form_get(&form, "a", &v));
	ck_assert(!gate_form_get(&form, "c", &v));
	ck_assert(gate_span_is(v, "2"));
	gate_form_clear(&form);
}
END_TEST

static const struct {
	size_t fields;
	enum gate_code code;
} counts[] = {
    {GATE_FORM_FIELDS_MAX, GATE_OK},
    {GATE_FORM_FIELDS_MAX + 1, GATE_E_LIMIT},
    {100 * GATE_FORM_FIELDS_MAX, GATE_E_LIMIT},
};

START_TEST(takes_so_many_fields)
{
	struct gate_form form = {.count = 77};
	struct gate_buf b;
	size_t i;

	gate_buf_init(&b, 4 * counts[_i].fields);
	for (i = 0; i < counts[_i].fields; i++)
		(void)gate_buf_put_str(&b, i == 0 ? "a=1" : "&a=1");
	ck_assert_int_eq(
	    gate_form_parse(gate_buf_span(&b), &form), counts[_i].code);
	ck_assert_uint_eq(
	    form.count, counts[_i].code == GATE_OK ? counts[_i].fields : 77);
	if (counts[_i].code == GATE_OK)
		gate_form_clear(&form);
	gate_buf_clear(&b);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("form");
	TCase *t = tcase_create("form");

	add_row_test(t, decodes_what_an_encoder_writes_and_nothing_else, forms);
	tcase_add_test(t, finds_a_field_that_came_once);
	add_row_test(t, takes_so_many_fields, counts);
	suite_add_tcase(s, t);
	return s;
}

/* cli/capture.h, cli/recode.h, cli/hint.h */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "cli/capture.h"
#include "cli/hint.h"
#include "cli/recode.h"
#include "lib/num.h"
#include "tests/fence.h"
#include "tests/runner.h"

static const struct {
	const char *in;
	const char *target; /* NULL: refused, and why: */
	const char *body;
	size_t headers, extra;
} captures[] = {
    {"POST /a?b HTTP/1.1\r\nHost: x\r\nA: 1\r\n\r\n{}\n", "/a?b", "{}\n", 2, 0},
    {"POST /a HTTP/1.1\nA:1\n\n{}", "/a", "{}", 1, 0},
    {"GET / HTTP/2\n\n", "/", "", 0, 0},
    {"POST https://h.example/a/b HTTP/1.1\n\nx", "/a/b", "x", 0, 0},
    {"POST /a HTTP/1.1\nContent-Length: 2\n\n{}\nPOST", "/a", "{}", 1, 5},
    {"POST /a HTTP/1.1\nA: \t b c \t\n\n\n\nx", "/a", "\n\nx", 1, 0},
    {"", NULL, "several lines", 0, 0},
    {"POST", NULL, "several lines", 0, 0},
    {"{\"a\":1}\n", NULL, "first line", 0, 0},
    {"post / HTTP/1.1\n\n", NULL, "first line", 0, 0},
    {"POST / FTP/1\n\n", NULL, "first line", 0, 0},
    {"POST a HTTP/1.1\n\n", NULL, "begins with /", 0, 0},
    {"POST https://h.example HTTP/1.1\n\n", NULL, "begins with /", 0, 0},
    {"POST / HTTP/1.1\nA: 1\n", NULL, "empty line", 0, 0},
    {"POST / HTTP/1.1\nA 1\n\n", NULL, "line 2", 0, 0},
    {"POST / HTTP/1.1\nA: 1\n folded: 2\n\n", NULL, "line 3", 0, 0},
    {"POST / HTTP/1.1\n: 1\n\n", NULL, "line 2", 0, 0},
    {"POST / HTTP/1.1\nContent-Length: 3\n\n{}", NULL, "2 are there", 0, 0},
    {"POST / HTTP/1.1\nContent-Length: x\n\n{}", NULL, "no number", 0, 0},
    {"POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n2\n{}", NULL, "in chunks",
	0, 0},
};

START_TEST(takes_a_request_apart)
{
	struct fence f = fence_page(gate_span_str(captures[_i].in));
	struct capture c = {.extra = 77};
	struct gate_err err = {0};
	enum gate_code code = capture_parse(f.span, &c, &err);

	if (captures[_i].target == NULL) {
		ck_assert_int_eq(code, GATE_E_BAD);
		ck_assert_uint_eq(c.extra, 77);
		ck_assert_msg(strstr(err.text, captures[_i].body) != NULL, "%s",
		    err.text);
	} else {
		ck_assert_msg(code == GATE_OK, "%s", err.text);
		ck_assert(gate_span_is(c.target, captures[_i].target));
		ck_assert(gate_span_is(c.body, captures[_i].body));
		ck_assert_uint_eq(c.header_count, captures[_i].headers);
		ck_assert_uint_eq(c.extra, captures[_i].extra);
	}
	fence_free(&f);
}
END_TEST

static enum gate_code
parse_headers(size_t count)
{
	struct capture c;
	struct gate_buf b;
	enum gate_code code;

	gate_buf_init(&b, 65536);
	(void)gate_buf_put_str(&b, "GET / HTTP/1.1\n");
	while (count-- > 0)
		(void)gate_buf_put_str(&b, "A: 1\n");
	(void)gate_buf_put_str(&b, "\n");
	code = capture_parse(gate_buf_span(&b), &c, NULL);
	gate_buf_clear(&b);
	return code;
}

START_TEST(takes_so_many_headers_and_no_more)
{
	ck_assert_int_eq(parse_headers(CAPTURE_HEADERS_MAX), GATE_OK);
	ck_assert_int_eq(parse_headers(CAPTURE_HEADERS_MAX + 1), GATE_E_LIMIT);
	ck_assert_int_eq(parse_headers(9999), GATE_E_LIMIT);
}
END_TEST

START_TEST(finds_a_header_that_stands_once)
{
	struct capture c;
	struct gate_span v = GATE_SPAN("before");

	ck_assert_int_eq(
	    capture_parse(
		GATE_SPAN("GET / HTTP/1.1\nOne: 1\ntwo: 2\nTWO: 3\n\n"), &c,
		NULL),
	    GATE_OK);
	ck_assert(!capture_header(&c, "two", &v));
	ck_assert(!capture_header(&c, "three", &v));
	ck_assert(gate_span_is(v, "before"));
	ck_assert(capture_header(&c, "one", &v) && gate_span_is(v, "1"));
}
END_TEST

static const struct {
	struct recode how;
	const char *in, *out;
} recodes[] = {
    {{SLASH_ESCAPED, LETTERS_AS_IS, SPACE_AS_IS}, "{\"a/\": \"/\\/\"}",
	"{\"a\\/\": \"\\/\\/\"}"},
    {{SLASH_BARE, LETTERS_AS_IS, SPACE_AS_IS}, "[\"\\/\\\\/\"]",
	"[\"/\\\\/\"]"},
    {{SLASH_AS_IS, LETTERS_ESCAPED, SPACE_AS_IS},
	"[\"\xc3\xa4\xf0\x9f\x98\x80\"]", "[\"\\u00e4\\ud83d\\ude00\"]"},
    {{SLASH_AS_IS, LETTERS_BARE, SPACE_AS_IS},
	"[\"\\u00e4\\uD83D\\uDE00\\u0041\\n\"]",
	"[\"\xc3\xa4\xf0\x9f\x98\x80\\u0041\\n\"]"},
    {{SLASH_AS_IS, LETTERS_BARE, SPACE_AS_IS}, "[\"\\ud83d\"]",
	"[\"\\ud83d\"]"},
    {{SLASH_AS_IS, LETTERS_AS_IS, SPACE_NONE}, " {\n\"a b\" : [ 1 , {} ] }\n",
	"{\"a b\":[1,{}]}"},
    {{SLASH_AS_IS, LETTERS_AS_IS, SPACE_PYTHON}, "{\"a\":[1,2],\"b\":null}",
	"{\"a\": [1, 2], \"b\": null}"},
    {{SLASH_AS_IS, LETTERS_AS_IS, SPACE_PRETTY}, "{\"a\":[1,{}],\"b\":[]}",
	"{\n    \"a\": [\n        1,\n        {}\n    ],\n    \"b\": []\n}"},
    {{SLASH_AS_IS, LETTERS_AS_IS, SPACE_PRETTY2}, "[1]", "[\n  1\n]"},
    {{SLASH_ESCAPED, LETTERS_ESCAPED, SPACE_NONE}, "no json / \xff",
	"nojson/\xff"},
};

START_TEST(spells_a_document_anew)
{
	struct fence f = fence_page(gate_span_str(recodes[_i].in));
	struct gate_buf b;

	gate_buf_init(&b, 4096);
	ck_assert_int_eq(recode_put(f.span, recodes[_i].how, &b), GATE_OK);
	ck_assert_str_eq(gate_buf_str(&b), recodes[_i].out);
	gate_buf_clear(&b);
	fence_free(&f);
}
END_TEST

static const char *const broken[] = {
    "[\"", "[\"\\", "[\"\\u", "[\"\\ud83d\\u", "\"\xc3", "{\"a\":\"x"};

START_TEST(says_when_a_string_does_not_end)
{
	struct fence f = fence_page(gate_span_str(broken[_i]));
	struct gate_buf b;
	size_t i;

	for (i = 0; i < RECODE_COUNT; i++) {
		gate_buf_init(&b, 4096);
		ck_assert_int_eq(
		    recode_put(f.span, recode_at(i), &b), GATE_E_BAD);
		gate_buf_clear(&b);
	}
	fence_free(&f);
}
END_TEST

/* What the sender did, as the one who asks for readings sees it. */
static const struct {
	const char *body, *url, *target, *secret; /* as they came */
	const char *did_body, *did_url, *did_target, *did_secret;
	const char *hint; /* NULL: none */
} cases[] = {
    {"{}", "", "", "key", "{}", "", "", "key", "under secret k1"},
    {"{}", "", "", "key", "{}\n", "", "", "key", "a newline at its end, under"},
    {"{}\r\n", "", "", "key", "{}", "", "", "key", "without the white space"},
    {"a\r\nb", "", "", "key", "a\nb", "", "", "key", "LF for CR LF"},
    {"{\"a\":\"/\xc3\xa4\"}", "", "", "key", "{\"a\": \"\\/\\u00e4\"}", "", "",
	"key",
	"/ written as \\/, letters beyond ASCII written as \\u, with \", \""},
    {"{}", "", "", "6b6579", "{}", "", "", "key", "k1 decoded from hex"},
    {"{}", "", "", "a2V5", "{}", "", "", "key", "k1 decoded from base64"},
    {"{}", "", "", "whsec_a2V5", "{}", "", "", "key", "without whsec_, dec"},
    {"{}", "", "", "key", "{}", "", "", "key\n", "k1 with a newline at its"},
    {"{}", "", "", "6b6579", "{}\n", "", "", "key",
	"newline at its end, under secret k1 decoded from hex"},
    {"{}", "https://h/a", "/a", "key", "{}", "http://h/a", "/a", "key",
	"http for https"},
    {"{}", "https://h/a", "/a", "key", "{}", "https://h/a/", "/a", "key",
	"with a slash at its end"},
    {"{}", "https://h/a", "/a", "key", "{}", "https://h:443/a", "/a", "key",
	"port :443"},
    {"{}", "https://h/a", "/a?b", "key", "{}", "https://h/a", "/a", "key",
	"without its query"},
    {"", "", "/a", "key", "", "", "/gate/a", "key", "the gate's prefix"},
    {"{}", "", "", "key", "{}", "", "", "other", NULL},
    {"{\"a\":1}", "", "", "key", "{\"a\":2}", "", "", "key", NULL},
};

static bool
is_what_it_did(void *ctx, const struct hint_try *t)
{
	size_t i = *(const size_t *)ctx;

	return gate_span_is(t->body, cases[i].did_body) &&
	    gate_span_is(t->url, cases[i].did_url) &&
	    gate_span_is(t->target, cases[i].did_target) &&
	    gate_span_is(t->text, cases[i].did_secret);
}

START_TEST(finds_out_what_the_sender_did)
{
	struct hint_secret secret = {
	    .id = "k1", .text = gate_span_str(cases[_i].secret)};
	size_t n = (size_t)_i, which = 7;
	struct hint_case c = {.secrets = &secret,
	    .secret_count = 1,
	    .mount = "/gate",
	    .holds = is_what_it_did,
	    .ctx = &n,
	    .as_is = {.body = gate_span_str(cases[_i].body),
		.url = gate_span_str(cases[_i].url),
		.target = gate_span_str(cases[_i].target)}};
	char text[HINT_TEXT] = "before";
	bool nomem;
	bool found = hint_find(&c, text, &which, &nomem);

	ck_assert(!nomem);
	ck_assert_msg(found == (cases[_i].hint != NULL), "%s", text);
	if (found) {
		ck_assert_msg(strstr(text, cases[_i].hint) != NULL, "%s", text);
		ck_assert_uint_eq(which, 0);
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("capture");
	TCase *t = tcase_create("capture");

	add_row_test(t, takes_a_request_apart, captures);
	tcase_add_test(t, takes_so_many_headers_and_no_more);
	tcase_add_test(t, finds_a_header_that_stands_once);
	add_row_test(t, spells_a_document_anew, recodes);
	add_row_test(t, says_when_a_string_does_not_end, broken);
	add_row_test(t, finds_out_what_the_sender_did, cases);
	suite_add_tcase(s, t);
	return s;
}

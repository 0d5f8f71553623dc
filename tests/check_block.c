/* cli/block.h: what is pasted. The texts that hold are in wire.json. */
#include "config.h"

#include <string.h>

#include "cli/block.h"
#include "lib/num.h"
#include "tests/fence.h"
#include "tests/runner.h"

#define HEAD "pressgate site key 1\n"
#define SITE "site: blog\n"
#define ISSUER "issuer: https://blog.example.com\n"
#define KID "key-id: wp-1\n"
#define ALG "algorithm: RS256\n"
#define LINES HEAD SITE ISSUER KID ALG
#define BEGIN "-----BEGIN PUBLIC KEY-----\n"
#define END "-----END PUBLIC KEY-----\n"
#define PEM BEGIN "AAAA\n" END

static const struct {
	const char *what;
	const char *in;
	enum gate_code code;
	const char *says; /* part of err; "": GATE_OK */
} blocks[] = {
    {"as it is shown", LINES PEM, GATE_OK, ""},
    {"with blank lines around", "\n \r\n\t" LINES PEM "\n  \n", GATE_OK, ""},
    {"without the last line's end",
	LINES BEGIN "AAAA\n-----END PUBLIC KEY-----", GATE_OK, ""},
    {"with lines that end as in a form",
	"pressgate site key 1\r\nsite: blog\r\nissuer: https://b\r\n"
	"key-id: a\r\nalgorithm: RS256\r\n-----BEGIN PUBLIC KEY-----\r\n"
	"AAAA\r\n-----END PUBLIC KEY-----\r\n",
	GATE_OK, ""},
    {"nothing", "", GATE_E_BAD, "line 1"},
    {"another version", "pressgate site key 2\n" SITE ISSUER KID ALG PEM,
	GATE_E_BAD, "line 1"},
    {"a version that begins alike",
	"pressgate site key 10\n" SITE ISSUER KID ALG PEM, GATE_E_BAD,
	"line 1"},
    {"another order", HEAD ISSUER SITE KID ALG PEM, GATE_E_BAD, "line 2"},
    {"a line twice", HEAD SITE SITE ISSUER KID ALG PEM, GATE_E_BAD, "line 3"},
    {"a line missing", HEAD SITE ISSUER ALG PEM, GATE_E_BAD, "line 4"},
    {"an unknown line", LINES "note: hello\n" PEM, GATE_E_BAD, "line 6"},
    {"a blank line within", HEAD "\n" SITE ISSUER KID ALG PEM, GATE_E_BAD,
	"line 2"},
    {"an empty value", HEAD "site: \n" ISSUER KID ALG PEM, GATE_E_BAD,
	"line 2"},
    {"no blank after the colon", HEAD "site:blog\n" ISSUER KID ALG PEM,
	GATE_E_BAD, "line 2"},
    {"two words", HEAD "site: blog shop\n" ISSUER KID ALG PEM, GATE_E_BAD,
	"line 2"},
    {"a blank at the end", HEAD "site: blog \n" ISSUER KID ALG PEM, GATE_E_BAD,
	"line 2"},
    {"a letter beyond ASCII",
	HEAD SITE "issuer: https://b\xc3\xa4\n" KID ALG PEM, GATE_E_BAD,
	"line 3"},
    {"no key", LINES, GATE_E_BAD, "line 6"},
    {"another block", LINES "-----BEGIN CERTIFICATE-----\n", GATE_E_BAD,
	"line 6"},
    {"a key without an end", LINES BEGIN "AAAA\n", GATE_E_BAD, "no end"},
    {"a key with a control character",
	LINES BEGIN "AAAA\r\r\n-----END PUBLIC KEY-----\n", GATE_E_BAD,
	"plain text"},
    {"two keys", LINES PEM PEM, GATE_E_BAD, "follows"},
    {"something after the key", LINES PEM "bye\n", GATE_E_BAD, "follows"},
    {"a private key", "-----BEGIN PRIVATE KEY-----\nAAAA\n", GATE_E_AUTH,
	"private"},
    {"a private key of an old form", LINES "-----BEGIN RSA PRIVATE KEY-----\n",
	GATE_E_AUTH, "private"},
    {"a private key behind the public one",
	LINES PEM "-----BEGIN ENCRYPTED PRIVATE KEY-----\n", GATE_E_AUTH,
	"private"},
};

START_TEST(reads_a_block_or_says_what_it_expected)
{
	struct fence f = fence_page(gate_span_str(blocks[_i].in));
	struct gate_err err = {.text = ""};
	struct block_b b = {.site = GATE_SPAN("before")};
	enum gate_code code = block_b_parse(f.span, &b, &err);

	ck_assert_msg(code == blocks[_i].code &&
		strstr(err.text, blocks[_i].says) != NULL,
	    "%s: %s, %s", blocks[_i].what, gate_code_name(code), err.text);
	if (code == GATE_OK) {
		ck_assert(
		    gate_span_is(gate_buf_span(&b.pem), BEGIN "AAAA\n" END));
		ck_assert(gate_span_is(b.site, "blog"));
		block_b_clear(&b);
	} else {
		ck_assert(gate_span_is(b.site, "before"));
	}
	fence_free(&f);
}
END_TEST

/* What the size is: one byte more is refused. */
START_TEST(refuses_more_than_a_block_can_be)
{
	static char text[BLOCK_B_MAX + 2];
	struct gate_err err;
	struct block_b b;
	size_t n = sizeof(LINES PEM) - 1;

	memset(text, '\n', sizeof(text));
	memcpy(text, LINES PEM, n);
	ck_assert_int_eq(
	    block_b_parse(gate_span_of(text, BLOCK_B_MAX), &b, &err), GATE_OK);
	block_b_clear(&b);
	ck_assert_int_eq(
	    block_b_parse(gate_span_of(text, BLOCK_B_MAX + 1), &b, &err),
	    GATE_E_LIMIT);
}
END_TEST

START_TEST(refuses_a_line_that_is_too_long)
{
	static const size_t lengths[] = {512, 513, 4096};
	struct gate_buf text;
	struct gate_err err;
	struct block_b b;
	size_t i, k;

	for (i = 0; i < GATE_COUNT(lengths); i++) {
		gate_buf_init(&text, BLOCK_B_MAX);
		(void)gate_buf_put_str(&text, HEAD SITE "issuer: ");
		for (k = 0; k < lengths[i]; k++)
			(void)gate_buf_put_byte(&text, 'x');
		(void)gate_buf_put_str(&text, "\n" KID ALG PEM);
		ck_assert_int_eq(block_b_parse(gate_buf_span(&text), &b, &err),
		    i == 0 ? GATE_OK : GATE_E_LIMIT);
		if (i == 0)
			block_b_clear(&b);
		gate_buf_clear(&text);
	}
}
END_TEST

START_TEST(writes_block_a_as_json_too)
{
	const struct block_a a = {.url = "https://b",
	    .endpoint = "https://g",
	    .site = "blog",
	    .door = GATE_DOOR_EDGE,
	    .key_id = "blog-1",
	    .secret = "s"};
	struct gate_buf out;

	gate_buf_init(&out, 1024);
	ck_assert_int_eq(block_a_put(&out, &a, true), GATE_OK);
	ck_assert_str_eq(gate_buf_str(&out),
	    "{\"url\":\"https://b\",\"endpoint\":\"https://g\","
	    "\"site\":\"blog\",\"scheme\":\"edge\",\"key_id\":\"blog-1\","
	    "\"secret\":\"s\"}\n");
	gate_buf_clear(&out);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("block");
	TCase *t = tcase_create("block");

	add_row_test(t, reads_a_block_or_says_what_it_expected, blocks);
	tcase_add_test(t, refuses_more_than_a_block_can_be);
	tcase_add_test(t, refuses_a_line_that_is_too_long);
	tcase_add_test(t, writes_block_a_as_json_too);
	suite_add_tcase(s, t);
	return s;
}

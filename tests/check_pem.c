/* lib/pem.h. */
#include "config.h"

#include <string.h>

#include "lib/pem.h"
#include "tests/fence.h"
#include "tests/runner.h"

#define BEGIN "-----BEGIN KEY-----\n"
#define END "-----END KEY-----"
#define A19 "AAAAAAAAAAAAAAAAAAA"
#define LINE76 A19 A19 A19 A19

static const struct {
	const char *what;
	struct gate_span text;
	const char *bytes; /* what is in it, or NULL: refused */
	const char *fault;
} texts[] = {
    {"a block", BYTES(BEGIN "Zm9v\n" END "\n"), "foo", NULL},
    {"no newline at the end", BYTES(BEGIN "Zm9v\n" END), "foo", NULL},
    {"CRLF", BYTES("-----BEGIN KEY-----\r\nZm9v\r\n" END "\r\n"), "foo", NULL},
    {"two lines", BYTES(BEGIN "Zm9v\nYmFy\n" END "\n"), "foobar", NULL},
    {"a break within a group", BYTES(BEGIN "Zm9\nvYmFy\n" END "\n"), "foobar",
	NULL},
    {"padding", BYTES(BEGIN "Zm9vYg==\n" END "\n"), "foob", NULL},
    {"a label of two words",
	BYTES("-----BEGIN PUBLIC KEY-----\nZm9v\n-----END PUBLIC KEY-----\n"),
	"foo", NULL},
    {"white space after", BYTES(BEGIN "Zm9v\n" END "\n\n \t\r\n"), "foo", NULL},
    {"nothing", BYTES(""), NULL, "the first line"},
    {"white space before", BYTES("\n" BEGIN "Zm9v\n" END "\n"), NULL,
	"the first line"},
    {"text before", BYTES("key:\n" BEGIN "Zm9v\n" END "\n"), NULL,
	"the first line"},
    {"four dashes", BYTES("----BEGIN KEY-----\nZm9v\n" END "\n"), NULL,
	"the first line"},
    {"four dashes behind", BYTES("-----BEGIN KEY----\nZm9v\n" END "\n"), NULL,
	"the first line"},
    {"six dashes behind", BYTES("-----BEGIN KEY------\nZm9v\n" END "\n"), NULL,
	"the first line"},
    {"a space after BEGIN", BYTES("-----BEGIN KEY----- \nZm9v\n" END "\n"),
	NULL, "the first line"},
    {"no label", BYTES("-----BEGIN -----\nZm9v\n-----END -----\n"), NULL,
	"the first line"},
    {"BEGIN alone", BYTES(BEGIN), NULL, "no END line"},
    {"no END", BYTES(BEGIN "Zm9v\n"), NULL, "no END line"},
    {"another END", BYTES(BEGIN "Zm9v\n-----END KEYS-----\n"), NULL,
	"like its BEGIN"},
    {"BEGIN again", BYTES(BEGIN "Zm9v\n" BEGIN "Zm9v\n" END "\n"), NULL,
	"like its BEGIN"},
    {"END in the same line", BYTES(BEGIN "Zm9v" END "\n"), NULL, "no END line"},
    {"nothing in it", BYTES(BEGIN END "\n"), NULL, "nothing between"},
    {"an empty line in it", BYTES(BEGIN "\nZm9v\n" END "\n"), NULL,
	"an empty or too long"},
    {"a header", BYTES(BEGIN "Proc-Type: 4,ENCRYPTED\n\nZm9v\n" END "\n"), NULL,
	"an empty or too long"},
    {"a header alone", BYTES(BEGIN "Proc-Type: 4\nZm9v\n" END "\n"), NULL,
	"not base64"},
    {"a line of 76", BYTES(BEGIN LINE76 "\n" END "\n"), "", NULL},
    {"a line of 77", BYTES(BEGIN LINE76 "A\n" END "\n"), NULL,
	"an empty or too long"},
    {"base64url", BYTES(BEGIN "Zm9_\n" END "\n"), NULL, "not base64"},
    {"padding missing", BYTES(BEGIN "Zm9vYg\n" END "\n"), NULL, "not base64"},
    {"padding within", BYTES(BEGIN "Zm9vYg==\nZm9v\n" END "\n"), NULL,
	"not base64"},
    {"unused bits set", BYTES(BEGIN "Zm9vYh==\n" END "\n"), NULL, "not base64"},
    {"a space in a line", BYTES(BEGIN "Zm 9v\n" END "\n"), NULL, "not base64"},
    {"a space after a line", BYTES(BEGIN "Zm9v \n" END "\n"), NULL,
	"not base64"},
    {"NUL", BYTES(BEGIN "Zm9v\0\n" END "\n"), NULL, "not base64"},
    {"text after", BYTES(BEGIN "Zm9v\n" END "\nx"), NULL, "follows"},
    {"NUL after", BYTES(BEGIN "Zm9v\n" END "\n\0"), NULL, "follows"},
    {"a second block", BYTES(BEGIN "Zm9v\n" END "\n" BEGIN "Zm9v\n" END "\n"),
	NULL, "follows"},
};

START_TEST(takes_one_whole_block_only)
{
	struct fence f = fence_page(texts[_i].text);
	struct gate_span label = {NULL, 0};
	struct gate_err err = {GATE_OK, ""};
	enum gate_code code;
	struct gate_buf der;

	gate_buf_init(&der, 1000);
	ck_assert_int_eq(gate_buf_put(&der, GATE_SPAN("<")), GATE_OK);
	code = gate_pem_parse(f.span, &label, &der, &err);
	if (texts[_i].bytes == NULL) {
		ck_assert_msg(code == GATE_E_BAD, "%s", texts[_i].what);
		ck_assert_msg(strstr(err.text, texts[_i].fault) != NULL,
		    "%s: %s", texts[_i].what, err.text);
		ck_assert_ptr_null(label.p);
		ck_assert_str_eq(gate_buf_str(&der), "<");
	} else {
		ck_assert_msg(
		    code == GATE_OK, "%s: %s", texts[_i].what, err.text);
		ck_assert(gate_span_is(label, "KEY") ||
		    gate_span_is(label, "PUBLIC KEY"));
		ck_assert_str_eq(gate_buf_str(&der) + 1, texts[_i].bytes);
	}
	gate_buf_clear(&der);
	fence_free(&f);
}
END_TEST

START_TEST(says_when_there_is_no_room)
{
	struct gate_span label = {NULL, 0};
	struct gate_buf der;

	gate_buf_init(&der, 2);
	ck_assert_int_eq(
	    gate_pem_parse(GATE_SPAN(BEGIN "Zm9v\n" END), &label, &der, NULL),
	    GATE_E_LIMIT);
	ck_assert_uint_eq(der.n, 0);
	ck_assert_ptr_null(label.p);
	gate_buf_clear(&der);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("pem");
	TCase *t = tcase_create("pem");

	add_row_test(t, takes_one_whole_block_only, texts);
	tcase_add_test(t, says_when_there_is_no_room);
	suite_add_tcase(s, t);
	return s;
}

/* fcgi/records.h: every look at bytes ends before a page that must not be
 * touched. */
#include "config.h"

#include <string.h>

#include "fcgi/records.h"
#include "tests/fence.h"
#include "tests/runner.h"

#define BEGIN                                                                  \
	"\1\1\0\1\0\10\0\0"                                                    \
	"\0\1\0\0\0\0\0\0"
#define PARAMS                                                                 \
	"\1\4\0\1\0\6\3\0"                                                     \
	"\3\1abcd"                                                             \
	"pad"
#define PARAMS_END "\1\4\0\1\0\0\0\0"
#define STDIN                                                                  \
	"\1\5\0\1\0\2\6\0"                                                     \
	"{}"                                                                   \
	"padpad"
#define STDIN_END "\1\5\0\1\0\0\0\0"
#define X43 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X129 X43 X43 X43
#define WHOLE BEGIN PARAMS PARAMS_END STDIN STDIN_END

static const struct {
	const char *what;
	struct gate_span in;
	bool whole;
} rows[] = {
    {"a request with a body", BYTES(WHOLE), true},
    {"without a body", BYTES(BEGIN PARAMS PARAMS_END STDIN_END), true},
    {"without params", BYTES(BEGIN PARAMS_END STDIN_END), true},
    {"a body in two records",
	BYTES(BEGIN PARAMS PARAMS_END STDIN STDIN STDIN_END), true},
    {"a value of 129 bytes",
	BYTES(BEGIN "\1\4\0\1\0\207\0\0"
		    "\1\200\0\0\201"
		    "n" X129 PARAMS_END STDIN_END),
	true},
    {"params in two records: nobody sends them so",
	BYTES(BEGIN PARAMS PARAMS PARAMS_END STDIN_END), false},
    /* At these libfcgi gives up and hears the peer out. */
    {"another role",
	BYTES("\1\1\0\1\0\10\0\0"
	      "\0\3\0\0\0\0\0\0" PARAMS_END STDIN_END),
	false},
    {"a role of 257",
	BYTES("\1\1\0\1\0\10\0\0"
	      "\1\1\0\0\0\0\0\0" PARAMS_END STDIN_END),
	false},
    {"a name beyond its record",
	BYTES(BEGIN "\1\4\0\1\0\3\0\0"
		    "\2\0n" PARAMS_END STDIN_END),
	false},
    {"a value beyond its record",
	BYTES(BEGIN "\1\4\0\1\0\3\0\0"
		    "\1\1n" PARAMS_END STDIN_END),
	false},
    {"a length beyond its record",
	BYTES(BEGIN "\1\4\0\1\0\4\0\0"
		    "\0\200\0\0" PARAMS_END STDIN_END),
	false},
    {"a length alone",
	BYTES(BEGIN "\1\4\0\1\0\1\0\0"
		    "\0" PARAMS_END STDIN_END),
	false},
    {"lengths of 2 GiB",
	BYTES(BEGIN "\1\4\0\1\0\12\0\0"
		    "\377\377\377\377\377\377\377\377AB" PARAMS_END STDIN_END),
	false},
    {"nothing", BYTES(""), false},
    {"one byte more", BYTES(WHOLE "\1"), false},
    {"a second request", BYTES(WHOLE WHOLE), false},
    {"no end of its body", BYTES(BEGIN PARAMS PARAMS_END STDIN), false},
    {"no end of its params", BYTES(BEGIN PARAMS STDIN STDIN_END), false},
    {"no beginning", BYTES(PARAMS PARAMS_END STDIN_END), false},
    {"two beginnings", BYTES(BEGIN BEGIN PARAMS PARAMS_END STDIN_END), false},
    {"the body before the params",
	BYTES(BEGIN STDIN STDIN_END PARAMS PARAMS_END), false},
    {"an abort in between",
	BYTES(BEGIN PARAMS PARAMS_END "\1\2\0\1\0\0\0\0" STDIN_END), false},
    {"another request's params", BYTES(BEGIN "\1\4\0\2\0\0\0\0" STDIN_END),
	false},
    {"another request's body", BYTES(BEGIN PARAMS_END "\1\5\1\1\0\0\0\0"),
	false},
    {"another version", BYTES(BEGIN PARAMS_END "\2\5\0\1\0\0\0\0"), false},
    {"a beginning of seven bytes",
	BYTES("\1\1\0\1\0\7\1\0"
	      "\0\1\0\0\0\0\0\0" PARAMS_END STDIN_END),
	false},
    /* libfcgi would take the padding for a header, and wait for the rest. */
    {"padded end of params",
	BYTES(BEGIN PARAMS "\1\4\0\1\0\0\1\0"
			   "p" STDIN_END),
	false},
    {"padded end of the body",
	BYTES(BEGIN PARAMS PARAMS_END "\1\5\0\1\0\0\1\0"
				      "p"),
	false},
    {"a length that is absurd",
	BYTES(BEGIN "\1\4\0\1\377\377\377\0"
		    "abc" PARAMS_END STDIN_END),
	false},
};

START_TEST(tells_whether_a_request_is_all_there)
{
	struct fence f = fence_page(rows[_i].in);

	ck_assert_msg(
	    records_are_whole(f.span) == rows[_i].whole, "%s", rows[_i].what);
	fence_free(&f);
}
END_TEST

START_TEST(a_part_of_a_request_is_not_whole)
{
	struct gate_span whole = GATE_SPAN(WHOLE);
	size_t n;

	for (n = 0; n < whole.n; n++) {
		struct fence f = fence_page(gate_span_of(whole.p, n));

		ck_assert_msg(!records_are_whole(f.span), "%zu bytes", n);
		fence_free(&f);
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("records");
	TCase *t = tcase_create("records");

	add_row_test(t, tells_whether_a_request_is_all_there, rows);
	tcase_add_test(t, a_part_of_a_request_is_not_whole);
	suite_add_tcase(s, t);
	return s;
}

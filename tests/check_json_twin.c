/* tests/json_twin.h: each difference on the list, and what lies beside it. */
#include "config.h"

#include "tests/json_twin.h"
#include "tests/runner.h"

#define X8(s) s s s s s s s s
#define X32(s) X8(s) X8(s) X8(s) X8(s)
#define X128(s) X32(s) X32(s) X32(s) X32(s)

static const struct {
	struct gate_span in;
	enum json_twin which;
} rows[] = {
    {BYTES("{\"a\":[1,-2.5e3,true,null,\"\\u00e9\xc3\xa9\"]}"),
	JSON_TWIN_AGREE},
    {BYTES(X32("[") X32("]")), JSON_TWIN_AGREE},
    {BYTES("[" X32("[") X32("]") "]"), JSON_TWIN_LIMIT},
    {BYTES("0." X128("1")), JSON_TWIN_LIMIT},
    {BYTES("1e308"), JSON_TWIN_AGREE},
    {BYTES("0e309"), JSON_TWIN_LIMIT},
    {BYTES("9223372036854775807"), JSON_TWIN_AGREE},
    {BYTES("-9223372036854775808"), JSON_TWIN_AGREE},
    {BYTES("9223372036854775808"), JSON_TWIN_INTEGER},
    {BYTES("18446744073709551615"), JSON_TWIN_INTEGER},
    {BYTES("18446744073709551616"), JSON_TWIN_AGREE},
    {BYTES("-9223372036854775809"), JSON_TWIN_AGREE},
    {BYTES("1000e308"), JSON_TWIN_REAL},
    {BYTES("1\0"), JSON_TWIN_NUL},
    {BYTES("[true\0,1\0]"), JSON_TWIN_NUL},
    {BYTES("1\0\0"), JSON_TWIN_AGREE},
    {BYTES("{}\0"), JSON_TWIN_AGREE},
    {BYTES("{}\0nonsense"), JSON_TWIN_AGREE},
    {BYTES("\0"), JSON_TWIN_AGREE},
    {BYTES("\"\\u0000\""), JSON_TWIN_AGREE},
    {BYTES("{\"a\":1,\"\\u0061\":1}"), JSON_TWIN_AGREE},
    {BYTES("\"\\ud800\""), JSON_TWIN_AGREE},
    {BYTES("\xef\xbb\xbf{}"), JSON_TWIN_AGREE},
    {BYTES("-0"), JSON_TWIN_AGREE},
    {BYTES("1e-400"), JSON_TWIN_LIMIT},
    {BYTES("NaN"), JSON_TWIN_AGREE},
    {BYTES(""), JSON_TWIN_AGREE},
};

START_TEST(the_readers_differ_as_written)
{
	enum json_twin seen = json_twin(rows[_i].in);

	ck_assert_msg(seen == rows[_i].which, "%.*s: %s", (int)rows[_i].in.n,
	    (const char *)rows[_i].in.p, json_twin_reasons[seen]);
}
END_TEST

START_TEST(each_entry_of_the_list_is_shown)
{
	size_t i, entry;

	for (entry = 0; entry < JSON_TWIN_COUNT; entry++) {
		ck_assert_ptr_nonnull(json_twin_reasons[entry]);
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			if (rows[i].which == (enum json_twin)entry)
				break;
		ck_assert_uint_lt(i, sizeof(rows) / sizeof(rows[0]));
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("json twin");
	TCase *t = tcase_create("json twin");

	add_row_test(t, the_readers_differ_as_written, rows);
	tcase_add_test(t, each_entry_of_the_list_is_shown);
	suite_add_tcase(s, t);
	return s;
}

/* lib/clock.h. */
#include "config.h"

#include "lib/clock.h"
#include "tests/fence.h"
#include "tests/runner.h"

START_TEST(clocks_go_forward_in_milliseconds)
{
	int64_t wall = gate_wall_ms();
	int64_t mono = gate_mono_ms();

	ck_assert_int_gt(wall, INT64_C(1700000000000));  /* after 2023 */
	ck_assert_int_lt(wall, INT64_C(10000000000000)); /* before 2286 */
	ck_assert_int_ge(gate_mono_ms(), mono);
}
END_TEST

/* Seconds by `date -u -d TEXT +%s`. */
static const struct {
	int64_t ms;
	const char *text;
} texts[] = {
    {0, "1970-01-01T00:00:00.000Z"},
    {999, "1970-01-01T00:00:00.999Z"},
    {INT64_C(951782399000), "2000-02-28T23:59:59.000Z"},
    {INT64_C(951782400000), "2000-02-29T00:00:00.000Z"},
    {INT64_C(951868800000), "2000-03-01T00:00:00.000Z"},
    {INT64_C(4107456000000), "2100-02-28T00:00:00.000Z"},
    {INT64_C(4107542400000), "2100-03-01T00:00:00.000Z"},
    {INT64_C(1795329000123), "2026-11-22T06:30:00.123Z"},
    {INT64_C(253402300799999), "9999-12-31T23:59:59.999Z"},
};

START_TEST(writes_and_reads_instants)
{
	char text[GATE_TIME_TEXT];
	int64_t ms = 42;

	gate_time_text(texts[_i].ms, text);
	ck_assert_str_eq(text, texts[_i].text);
	ck_assert(gate_time_parse(gate_span_str(text), &ms));
	ck_assert_int_eq(ms, texts[_i].ms);
}
END_TEST

START_TEST(prints_what_lies_outside_as_the_nearest)
{
	char text[GATE_TIME_TEXT];

	gate_time_text(-1, text);
	ck_assert_str_eq(text, "1970-01-01T00:00:00.000Z");
	gate_time_text(INT64_MIN, text);
	ck_assert_str_eq(text, "1970-01-01T00:00:00.000Z");
	gate_time_text(INT64_C(253402300800000), text);
	ck_assert_str_eq(text, "9999-12-31T23:59:59.999Z");
	gate_time_text(INT64_MAX, text);
	ck_assert_str_eq(text, "9999-12-31T23:59:59.999Z");
}
END_TEST

START_TEST(reads_back_every_day_it_writes)
{
	/* 37 and 86400 have no common factor: all times of day come by. */
	const int64_t step = INT64_C(37) * 86400 * 1000 + 37 * 61 * 1000 + 7;
	int64_t ms, back;
	char text[GATE_TIME_TEXT];

	for (ms = 0; ms < INT64_C(253402300799999); ms += step) {
		gate_time_text(ms, text);
		ck_assert(gate_time_parse(gate_span_str(text), &back));
		ck_assert_int_eq(back, ms);
	}
}
END_TEST

static const struct {
	struct gate_span in;
	bool ok;
	int64_t ms;
} parses[] = {
    /* RFC 3339 section 5.8; its leap seconds we refuse */
    {BYTES("1985-04-12T23:20:50.52Z"), true, INT64_C(482196050520)},
    {BYTES("1996-12-19T16:39:57-08:00"), true, INT64_C(851042397000)},
    {BYTES("1990-12-31T23:59:60Z"), false, 0},
    {BYTES("1990-12-31T15:59:60-08:00"), false, 0},
    {BYTES("1937-01-01T12:00:27.87+00:20"), true, INT64_C(-1041337172130)},
    {BYTES("1970-01-01t00:00:00z"), true, 0},
    {BYTES("1970-01-01T00:00:00-00:00"), true, 0},
    {BYTES("1970-01-01T23:59:00+23:59"), true, 0},
    {BYTES("1970-01-01T00:00:00.1Z"), true, 100},
    {BYTES("1970-01-01T00:00:00.0019Z"), true, 1},
    {BYTES("1970-01-01T00:00:00.123456789Z"), true, 123},
    {BYTES("1970-01-01T00:00:00.1234567890Z"), false, 0},
    {BYTES("1970-01-01T00:00:00.Z"), false, 0},
    {BYTES("0000-01-01T00:00:00Z"), true, INT64_C(-62167219200000)},
    {BYTES("2023-02-29T00:00:00Z"), false, 0},
    {BYTES("2024-02-29T00:00:00Z"), true, INT64_C(1709164800000)},
    {BYTES("2100-02-29T00:00:00Z"), false, 0},
    {BYTES("2000-02-29T00:00:00Z"), true, INT64_C(951782400000)},
    {BYTES("2000-02-30T00:00:00Z"), false, 0},
    {BYTES("2000-04-31T00:00:00Z"), false, 0},
    {BYTES("2000-00-01T00:00:00Z"), false, 0},
    {BYTES("2000-13-01T00:00:00Z"), false, 0},
    {BYTES("2000-01-00T00:00:00Z"), false, 0},
    {BYTES("2000-01-32T00:00:00Z"), false, 0},
    {BYTES("2000-01-01T24:00:00Z"), false, 0},
    {BYTES("2000-01-01T00:60:00Z"), false, 0},
    {BYTES("2000-01-01T00:00:61Z"), false, 0},
    {BYTES("2000-01-01T00:00:00+24:00"), false, 0},
    {BYTES("2000-01-01T00:00:00+00:60"), false, 0},
    {BYTES("2000-01-01T00:00:00+0000"), false, 0},
    {BYTES("2000-01-01T00:00:00"), false, 0},
    {BYTES("2000-01-01T00:00Z"), false, 0},
    {BYTES("2000-01-01 00:00:00Z"), false, 0},
    {BYTES("2000-1-1T00:00:00Z"), false, 0},
    {BYTES("20000-01-01T00:00:00Z"), false, 0},
    {BYTES("+000-01-01T00:00:00Z"), false, 0},
    {BYTES("2000-01-01T00:00:00Zx"), false, 0},
    {BYTES("2000-01-01T00:00:00Z\0"), false, 0},
    {BYTES(" 2000-01-01T00:00:00Z"), false, 0},
    {BYTES("2000-01-01T00:00:00,5Z"), false, 0},
    {BYTES("2000-01-01"), false, 0},
    {BYTES(""), false, 0},
};

START_TEST(reads_rfc_3339_and_nothing_else)
{
	struct fence f = fence_page(parses[_i].in);
	int64_t ms = 42;

	ck_assert_msg(gate_time_parse(f.span, &ms) == parses[_i].ok, "%.*s",
	    GATE_SPAN_ARG(parses[_i].in));
	ck_assert_int_eq(ms, parses[_i].ok ? parses[_i].ms : 42);
	fence_free(&f);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("clock");
	TCase *t = tcase_create("clock");

	tcase_add_test(t, clocks_go_forward_in_milliseconds);
	add_row_test(t, writes_and_reads_instants, texts);
	tcase_add_test(t, prints_what_lies_outside_as_the_nearest);
	tcase_add_test(t, reads_back_every_day_it_writes);
	add_row_test(t, reads_rfc_3339_and_nothing_else, parses);
	suite_add_tcase(s, t);
	return s;
}

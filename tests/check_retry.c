/* worker/retry.h. */
#include "config.h"

#include "tests/fence.h"
#include "tests/runner.h"
#include "worker/retry.h"

#define HOUR RETRY_AFTER_MAX_MS
#define DAY_MS (INT64_C(86400) * 1000)
/* 2026-11-22T08:00:00Z, a Sunday */
#define NOW INT64_C(1795334400000)

static const struct gate_policy high = {4, 1000, 3, 27000, 90};
static const struct gate_policy low = {20, 60000, 4, 43200000, 259200};
static const struct gate_policy wild = {9, INT64_MAX / 2, 9, INT64_MAX, 9};
static const struct gate_policy none = {9, 0, 1, 0, 9};

/* -1: dead. random UINT64_MAX is the ceiling only where 2^64 is a multiple
 * of it plus one, so the ceiling itself is given instead. */
static const struct {
	const char *what;
	struct retry_facts facts;
	int64_t delay_ms;
} decisions[] = {
    {"the first ceiling is the base", {&high, 1, 4, 90000, -1, 1000}, 1000},
    {"jitter goes round past the ceiling", {&high, 1, 4, 90000, -1, 1001}, 0},
    {"jitter goes down to nothing", {&high, 3, 4, 90000, -1, 0}, 0},
    {"the second ceiling has grown", {&high, 2, 4, 90000, -1, 3000}, 3000},
    {"the third too", {&high, 3, 4, 90000, -1, 9000}, 9000},
    {"the cap holds", {&low, 19, 20, 3 * DAY_MS, -1, 43200000}, 43200000},
    {"a product that does not fit is the cap",
	{&wild, 8, 9, INT64_MAX, -1, UINT64_MAX >> 1}, INT64_MAX},
    {"a policy without pauses has none", {&none, 1, 9, 9000, -1, 7}, 0},
    {"the last attempt is the last", {&high, 4, 4, 90000, -1, 0}, -1},
    {"more attempts than there are, too", {&high, 5, 4, 90000, -1, 0}, -1},
    {"a pause to the end of the window is taken", {&high, 3, 4, 9000, -1, 9000},
	9000},
    {"one past it is death", {&high, 3, 4, 8999, -1, 9000}, -1},
    {"a window that is over is death", {&high, 1, 4, -1, -1, 0}, -1},
    {"what the peer asks for is a minimum", {&high, 1, 4, 90000, 5000, 1000},
	5000},
    {"jitter may be longer", {&high, 3, 4, 90000, 5000, 9000}, 9000},
    {"what the peer asks for is at most an hour",
	{&low, 1, 20, 3 * DAY_MS, 50 * (int64_t)HOUR, 0}, HOUR},
    {"and ends a second before the window", {&high, 1, 4, 60000, HOUR, 0},
	59000},
    {"but never below the jitter", {&high, 1, 4, 900, HOUR, 500}, 500},
};

START_TEST(decides_by_attempts_window_and_peer)
{
	int64_t delay = -7;
	bool again = retry_decide(&decisions[_i].facts, &delay);

	if (decisions[_i].delay_ms < 0) {
		ck_assert_msg(!again, "%s", decisions[_i].what);
		ck_assert_int_eq(delay, -7);
	} else {
		ck_assert_msg(again && delay == decisions[_i].delay_ms,
		    "%s: %lld", decisions[_i].what, (long long)delay);
	}
}
END_TEST

START_TEST(stays_below_the_ceiling_whatever_chance_says)
{
	struct retry_facts f = {&high, 3, 4, 90000, -1, 0};
	int64_t delay = 0, most = 0, least = INT64_MAX;
	uint64_t r = 88172645463325252u;
	int i;

	for (i = 0; i < 10000; i++) {
		r ^= r << 13;
		r ^= r >> 7;
		r ^= r << 17;
		f.random = r;
		ck_assert(retry_decide(&f, &delay));
		most = delay > most ? delay : most;
		least = delay < least ? delay : least;
	}
	ck_assert_int_le(most, 9000);
	ck_assert_int_gt(most, 8900);
	ck_assert_int_lt(least, 100);
}
END_TEST

static const struct {
	const char *value;
	int64_t ms;
} retry_afters[] = {
    {"", -1},
    {"0", 0},
    {"1", 1000},
    {" 20 ", 20000},
    {"1.5", 1500},
    {"0.0004", 0},
    {"2.0009999999999999999999999", 2000},
    {"0003", 3000},
    {"00000000000000000000000000000000003", 3000},
    {"3599", 3599000},
    {"3600", HOUR},
    {"3601", HOUR},
    {"100000000000000000000", HOUR},
    {"99999999999999999999999999999999999999999999999999999", HOUR},
    {"18446744073709551616", HOUR},
    {"-5", -1},
    {"+5", -1},
    {"1.", -1},
    {".5", -1},
    {"1.5.5", -1},
    {"1e9", -1},
    {"0x10", -1},
    {"5 s", -1},
    {"1, 2", -1},
    {"nan", -1},
    {"Sun, 22 Nov 2026 08:00:30 GMT", 30000},
    {"Sun, 22 Nov 2026 07:59:59 GMT", 0},
    {"Sun, 06 Nov 1994 08:49:37 GMT", 0},
    {"Fri, 31 Dec 9999 23:59:59 GMT", HOUR},
    {"Sun, 31 Feb 2027 08:00:00 GMT", -1},
    {"Sun, 22 Nov 2026 24:00:00 GMT", -1},
    {"Sun, 22 Nov 2026 08:00:30 UTC", -1},
    {"Sun, 22 Nov 2026 08:00:30", -1},
    {"Sun, 22 Nov 2026 08:00:30 GMTx", -1},
    {"Sunday, 22-Nov-26 08:00:30 GMT", -1},
    {"Sun Nov 22 08:00:30 2026", -1},
    {"Sun, 2", -1},
};

START_TEST(reads_retry_after)
{
	struct fence f = fence_page(gate_span_str(retry_afters[_i].value));
	int64_t got = retry_after_parse(f.span, NOW);

	ck_assert_msg(got == retry_afters[_i].ms, "%s: %lld",
	    retry_afters[_i].value, (long long)got);
	fence_free(&f);
}
END_TEST

static const struct {
	const char *value;
	int64_t ms;
} retry_after_mss[] = {
    {"", -1},
    {"0", 0},
    {"1", 1},
    {"250", 250},
    {"12.9", 12},
    {"3600001", HOUR},
    {"99999999999999999999", HOUR},
    {"-1", -1},
    {"Sun, 22 Nov 2026 08:00:30 GMT", -1},
};

START_TEST(reads_retry_after_ms)
{
	struct fence f = fence_page(gate_span_str(retry_after_mss[_i].value));

	ck_assert_int_eq(retry_after_ms_parse(f.span), retry_after_mss[_i].ms);
	fence_free(&f);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("retry");
	TCase *t = tcase_create("retry");

	add_row_test(t, decides_by_attempts_window_and_peer, decisions);
	tcase_add_test(t, stays_below_the_ceiling_whatever_chance_says);
	add_row_test(t, reads_retry_after, retry_afters);
	add_row_test(t, reads_retry_after_ms, retry_after_mss);
	suite_add_tcase(s, t);
	return s;
}

/* fcgi/depth.h, in its order. */
#include "config.h"

#include "fcgi/depth.h"
#include "tests/runner.h"

#define T0 INT64_C(1000000)

/* Counted at T0, looked at so much later. */
static const struct {
	int64_t count;
	int64_t limit;
	int64_t after_ms;
	bool is_over;
} looks[] = {
    {10, 10, 0, false},
    {11, 10, 0, true},
    {11, 10, DEPTH_TRUST_MS - 1, true},
    {11, 10, DEPTH_TRUST_MS, false},
    {11, 10, -1, true}, /* who looks read his clock before */
    {11, 0, 0, false},  /* no limit */
    {0, 1, 0, false},
    {DEPTH_COUNT_MAX, DEPTH_COUNT_MAX - 1, 0, true},
    {INT64_MAX, DEPTH_COUNT_MAX - 1, 0, true},
};

START_TEST(believes_what_was_counted_not_long_ago)
{
	struct depth d = {.known = 0};

	ck_assert(!depth_is_over(&d, looks[_i].limit, T0));
	depth_tell(&d, looks[_i].count, T0);
	ck_assert(depth_is_over(&d, looks[_i].limit, T0 + looks[_i].after_ms) ==
	    looks[_i].is_over);
}
END_TEST

/* Asked one after another. */
static const struct {
	int64_t at_ms;
	bool is_mine;
} turns[] = {
    {0, true}, /* just booted: nobody has */
    {1, true}, /* 0 is "nobody" too */
    {2, false}, {DEPTH_EVERY_MS, false}, {DEPTH_EVERY_MS + 1, true},
    {DEPTH_EVERY_MS + 2, false}, {10 * DEPTH_EVERY_MS, true},
    {5, true}, /* a clock that began anew */
};

START_TEST(gives_one_process_at_a_time_the_turn_to_count)
{
	struct depth d = {.known = 0};
	size_t i;

	for (i = 0; i < sizeof(turns) / sizeof(turns[0]); i++)
		ck_assert_msg(
		    depth_is_mine(&d, turns[i].at_ms) == turns[i].is_mine,
		    "row %zu", i);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("depth");
	TCase *t = tcase_create("depth");

	add_row_test(t, believes_what_was_counted_not_long_ago, looks);
	tcase_add_test(t, gives_one_process_at_a_time_the_turn_to_count);
	suite_add_tcase(s, t);
	return s;
}

/* worker/lanes.h. A model of the queue stands in for the database. */
#include "config.h"

#include <string.h>

#include "tests/runner.h"
#include "worker/lanes.h"

#define SITES 12
#define SLOTS 64
#define US INT64_C(1795334400000000)

static struct lanes *
make(const struct lanes_pair *pairs, size_t n, size_t services)
{
	struct lanes *l = NULL;

	ck_assert_int_eq(lanes_new(pairs, n, services, &l), GATE_OK);
	return l;
}

/* One claim against backlog[site]: rows go to got[site]. */
static bool
claim(struct lanes *l, const struct lanes_room *room, int64_t now_ms,
    size_t *backlog, size_t *got, struct lanes_plan *plan)
{
	size_t i, left;

	lanes_ask(l, room, now_ms, plan);
	left = plan->total;
	for (i = 0; i < plan->count; i++) {
		int32_t site = lanes_at(l, plan->pair[i])->site;
		size_t n = backlog[site];

		if (n > (size_t)plan->quota[i])
			n = (size_t)plan->quota[i];
		if (n > left)
			n = left;
		left -= n;
		backlog[site] -= n;
		got[site] += n;
		while (n-- > 0)
			lanes_got(plan, i, US, US);
	}
	return lanes_learn(l, plan);
}

static struct lanes *
make_sites(size_t sites)
{
	struct lanes_pair pairs[300];
	size_t i;

	memset(pairs, 0, sizeof(pairs));
	for (i = 0; i < sites; i++)
		pairs[i] = (struct lanes_pair){.lane = 1,
		    .site = (int32_t)i,
		    .urgency = GATE_URGENCY_NORMAL};
	return make(pairs, sites, 1);
}

START_TEST(gives_each_site_the_same)
{
	size_t backlog[SITES], got[SITES] = {0}, service = 10000, i, n;
	struct lanes_room room = {
	    .slots = SLOTS, .total = SLOTS, .service_free = &service};
	struct lanes *l = make_sites(SITES);
	struct lanes_plan plan;

	for (i = 0; i < SITES; i++)
		backlog[i] = i == 0 ? 1000000 : 400;
	for (n = 0; n < 60; n++) {
		(void)claim(l, &room, (int64_t)n * 20, backlog, got, &plan);
		for (i = 0; i < plan.count; i++)
			ck_assert_uint_le(plan.got[i], SLOTS / SITES + 1);
	}
	for (i = 1; i < SITES; i++) {
		ck_assert_uint_gt(got[i] + 12, got[0]);
		ck_assert_uint_lt(got[i], got[0] + 12);
	}
	lanes_free(l);
}
END_TEST

START_TEST(gives_a_site_no_more_for_having_more_lanes)
{
	size_t backlog[3] = {10000, 10000, 10000}, got[3] = {0}, before, n;
	size_t service = 10000;
	struct lanes_room room = {
	    .slots = SLOTS, .total = 60, .service_free = &service};
	struct lanes_pair pairs[5];
	struct lanes_plan plan;
	struct lanes *l;

	memset(pairs, 0, sizeof(pairs));
	for (n = 0; n < 5; n++) {
		pairs[n].lane = n < 3 ? (int32_t)n : 1;
		pairs[n].site = n < 3 ? 0 : (int32_t)n - 2;
	}
	l = make(pairs, 5, 1);
	for (n = 0; n < 20; n++) {
		before = got[0];
		(void)claim(l, &room, (int64_t)n, backlog, got, &plan);
		if (n > 2 && !plan.again)
			ck_assert_uint_le(got[0] - before, 20);
	}
	lanes_free(l);
}
END_TEST

START_TEST(fills_the_room_from_one_busy_site)
{
	size_t backlog[SITES] = {[3] = 100000}, got[SITES] = {0};
	size_t service = 10000;
	struct lanes_room room = {
	    .slots = SLOTS, .total = SLOTS, .service_free = &service};
	struct lanes *l = make_sites(SITES);
	struct lanes_plan plan;
	int n;

	for (n = 0; n < 4; n++)
		(void)claim(l, &room, n, backlog, got, &plan);
	ck_assert_uint_ge(got[3], SLOTS);
	lanes_free(l);
}
END_TEST

START_TEST(says_whether_to_ask_again_at_once)
{
	size_t backlog[SITES] = {[3] = 3}, got[SITES] = {0}, service = 100;
	struct lanes_room room = {
	    .slots = SLOTS, .total = SLOTS, .service_free = &service};
	struct lanes *l = make_sites(SITES);
	struct lanes_plan plan;

	ck_assert(claim(l, &room, 0, backlog, got, &plan));
	ck_assert(!claim(l, &room, 1, backlog, got, &plan));
	ck_assert_uint_eq(plan.count, 1); /* the one that had more */
	ck_assert_uint_eq(got[3], 3);
	ck_assert(!claim(l, &room, 2, backlog, got, &plan));
	ck_assert_uint_eq(plan.count, SITES);
	lanes_free(l);
}
END_TEST

START_TEST(reaches_every_pair_with_one_slot)
{
	size_t backlog[SITES], got[SITES] = {0}, service = 1, i;
	struct lanes_room room = {
	    .slots = 1, .total = 1, .service_free = &service};
	struct lanes *l = make_sites(SITES);
	struct lanes_plan plan;
	int n;

	for (i = 0; i < SITES; i++)
		backlog[i] = 1000;
	for (n = 0; n < SITES * 8; n++)
		(void)claim(l, &room, n, backlog, got, &plan);
	for (i = 0; i < SITES; i++)
		ck_assert_msg(
		    got[i] >= 4 && got[i] <= 12, "site %zu: %zu", i, got[i]);
	lanes_free(l);
}
END_TEST

START_TEST(reaches_every_pair_of_more_than_fit)
{
	size_t backlog[300], got[300] = {0}, service = 10000, i;
	struct lanes_room room = {
	    .slots = 10000, .total = 10000, .service_free = &service};
	struct lanes *l = make_sites(300);
	struct lanes_plan plan;
	int n;

	for (i = 0; i < 300; i++)
		backlog[i] = 1;
	for (n = 0; n < 4; n++) {
		(void)claim(l, &room, n, backlog, got, &plan);
		ck_assert_uint_le(plan.count, LANES_PAIRS_MAX);
	}
	for (i = 0; i < 300; i++)
		ck_assert_uint_eq(got[i], 1);
	lanes_free(l);
}
END_TEST

START_TEST(asks_a_saturated_service_for_no_more_than_it_takes)
{
	size_t backlog[SITES], got[SITES] = {0}, service = 3, i, sum = 0;
	struct lanes_room room = {
	    .slots = SLOTS, .total = SLOTS, .service_free = &service};
	struct lanes *l = make_sites(SITES);
	struct lanes_plan plan;

	for (i = 0; i < SITES; i++)
		backlog[i] = 1000;
	(void)claim(l, &room, 0, backlog, got, &plan); /* all are hot now */
	(void)claim(l, &room, 1, backlog, got, &plan);
	for (i = 0; i < plan.count; i++)
		sum += (size_t)plan.quota[i];
	ck_assert_uint_eq(sum, 3);
	service = 0;
	(void)claim(l, &room, 2, backlog, got, &plan);
	ck_assert_uint_eq(plan.count, 0);
	lanes_free(l);
}
END_TEST

/* One site, three classes, all of them with more than anybody can do. */
static struct lanes *
make_classes(void)
{
	struct lanes_pair pairs[GATE_URGENCY_COUNT];
	int u;

	memset(pairs, 0, sizeof(pairs));
	for (u = 0; u < GATE_URGENCY_COUNT; u++)
		pairs[u] = (struct lanes_pair){
		    .lane = u + 1, .site = u, .urgency = (enum gate_urgency)u};
	return make(pairs, GATE_URGENCY_COUNT, 1);
}

START_TEST(prefers_high_and_forgets_nobody)
{
	size_t backlog[3] = {100000, 100000, 100000}, got[3] = {0};
	size_t service = 10000;
	struct lanes_room room = {
	    .slots = 64, .total = 1, .service_free = &service};
	struct lanes *l = make_classes();
	struct lanes_plan plan;
	int n;

	for (n = 0; n < 800; n++)
		(void)claim(l, &room, n, backlog, got, &plan);
	ck_assert_uint_gt(got[0], 500);
	ck_assert_uint_ge(got[1], 50);
	ck_assert_uint_ge(got[2], 50);
	lanes_free(l);
}
END_TEST

START_TEST(keeps_room_for_the_high_class)
{
	size_t backlog[3] = {0, 100000, 100000}, got[3] = {0};
	size_t service = 10000, held = 0, n;
	struct lanes_room room = {.slots = 64, .service_free = &service};
	struct lanes *l = make_classes();
	struct lanes_plan plan;

	for (n = 0; n < 50; n++) {
		room.total = 64 - held;
		(void)claim(l, &room, (int64_t)n, backlog, got, &plan);
		room.held[GATE_URGENCY_NORMAL] = got[1];
		room.held[GATE_URGENCY_LOW] = got[2];
		held = got[1] + got[2];
	}
	ck_assert_uint_le(held, 58); /* 56 and one cold pair of each */
	ck_assert_uint_ge(held, 56);
	lanes_free(l);
}
END_TEST

START_TEST(does_not_ask_for_what_is_paused)
{
	size_t backlog[SITES], got[SITES] = {0}, service = 100, i;
	struct lanes_room room = {
	    .slots = SLOTS, .total = SLOTS, .service_free = &service};
	struct lanes *l = make_sites(SITES);
	struct lanes_plan plan;

	for (i = 0; i < SITES; i++) {
		backlog[i] = 10;
		lanes_at(l, i)->paused = i != 5;
	}
	(void)claim(l, &room, 0, backlog, got, &plan);
	ck_assert_uint_eq(plan.count, 1);
	ck_assert_int_eq(lanes_at(l, plan.pair[0])->site, 5);
	lanes_free(l);
}
END_TEST

/* ---- marks ------------------------------------------------------------ */

static const struct {
	const char *what;
	size_t rows;
	int64_t due_us, now_us, mark_us;
} marks[] = {
    {"nobody told the time: the mark stays", 0, 0, 0, 0},
    {"behind the oldest job", 1, US - 9000000, US,
	US - 9000000 - LANES_SLACK_US},
    {"never after the database's now", 1, US + 9000000, US,
	US - LANES_SLACK_US},
};

START_TEST(sets_the_mark_with_care)
{
	size_t service = 100;
	struct lanes_room room = {
	    .slots = SLOTS, .total = SLOTS, .service_free = &service};
	struct lanes *l = make_sites(1);
	struct lanes_plan plan;
	size_t i;

	lanes_ask(l, &room, 1000, &plan);
	ck_assert_int_eq(plan.mark_us[0], 0); /* marks start empty */
	for (i = 0; i < marks[_i].rows; i++)
		lanes_got(&plan, 0, marks[_i].due_us, marks[_i].now_us);
	(void)lanes_learn(l, &plan);
	ck_assert_msg(
	    lanes_at(l, 0)->mark_us == marks[_i].mark_us, "%s", marks[_i].what);
	lanes_free(l);
}
END_TEST

START_TEST(sets_the_mark_behind_the_oldest_of_several)
{
	size_t service = 100;
	struct lanes_room room = {
	    .slots = SLOTS, .total = SLOTS, .service_free = &service};
	struct lanes *l = make_sites(1);
	struct lanes_plan plan;

	lanes_ask(l, &room, 0, &plan);
	lanes_got(&plan, 0, US - 3000000, US);
	lanes_got(&plan, 0, US - 8000000, US);
	lanes_got(&plan, 0, US - 1000000, US);
	(void)lanes_learn(l, &plan);
	ck_assert_int_eq(
	    lanes_at(l, 0)->mark_us, US - 8000000 - LANES_SLACK_US);
	lanes_free(l);
}
END_TEST

START_TEST(sweeps_without_a_mark_now_and_then)
{
	size_t service = 100;
	struct lanes_room room = {
	    .slots = SLOTS, .total = SLOTS, .service_free = &service};
	struct lanes *l = make_sites(1);
	struct lanes_plan plan;
	int64_t t0 = 100000, sweeps = 0, t;

	for (t = t0; t < t0 + 60000; t += 500) {
		lanes_ask(l, &room, t, &plan);
		sweeps += plan.mark_us[0] == 0;
		lanes_got(&plan, 0, US, US);
		(void)lanes_learn(l, &plan);
	}
	ck_assert_int_eq(sweeps, 4);
	lanes_free(l);
}
END_TEST

START_TEST(moves_no_mark_that_was_not_reached)
{
	size_t service = 100, i, at, other;
	struct lanes_room room = {
	    .slots = SLOTS, .total = 1, .service_free = &service};
	struct lanes *l = make_sites(2);
	struct lanes_plan plan;

	lanes_ask(l, &room, 0, &plan);
	ck_assert_uint_eq(plan.count, 2);
	at = plan.pair[0];
	other = plan.pair[1];
	lanes_got(&plan, 0, US, US); /* the total is used up here */
	(void)lanes_learn(l, &plan);
	ck_assert_int_ne(lanes_at(l, at)->mark_us, 0);
	ck_assert_int_eq(lanes_at(l, other)->mark_us, 0);
	for (i = 0; i < 2; i++) /* one of the two claims asks all */
		lanes_ask(l, &room, 1, &plan);
	ck_assert_uint_eq(plan.pair[0], other); /* whose turn it is */
	lanes_free(l);
}
END_TEST

START_TEST(does_nothing_without_pairs_or_room)
{
	size_t service = 100;
	struct lanes_room room = {
	    .slots = SLOTS, .total = SLOTS, .service_free = &service};
	struct lanes *l = make(NULL, 0, 1);
	struct lanes_plan plan;

	lanes_ask(l, &room, 0, &plan);
	ck_assert_uint_eq(plan.count, 0);
	ck_assert(!lanes_learn(l, &plan));
	lanes_free(l);
	l = make_sites(3);
	room.total = 0;
	lanes_ask(l, &room, 0, &plan);
	ck_assert_uint_eq(plan.count, 0);
	ck_assert(!lanes_learn(l, &plan));
	lanes_free(l);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("lanes");
	TCase *t = tcase_create("lanes");

	tcase_add_test(t, gives_each_site_the_same);
	tcase_add_test(t, gives_a_site_no_more_for_having_more_lanes);
	tcase_add_test(t, fills_the_room_from_one_busy_site);
	tcase_add_test(t, says_whether_to_ask_again_at_once);
	tcase_add_test(t, reaches_every_pair_with_one_slot);
	tcase_add_test(t, reaches_every_pair_of_more_than_fit);
	tcase_add_test(t, asks_a_saturated_service_for_no_more_than_it_takes);
	tcase_add_test(t, prefers_high_and_forgets_nobody);
	tcase_add_test(t, keeps_room_for_the_high_class);
	tcase_add_test(t, does_not_ask_for_what_is_paused);
	add_row_test(t, sets_the_mark_with_care, marks);
	tcase_add_test(t, sets_the_mark_behind_the_oldest_of_several);
	tcase_add_test(t, sweeps_without_a_mark_now_and_then);
	tcase_add_test(t, moves_no_mark_that_was_not_reached);
	tcase_add_test(t, does_nothing_without_pairs_or_room);
	suite_add_tcase(s, t);
	return s;
}

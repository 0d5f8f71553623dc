/* When a lease is renewed (worker/leases.h), and the tally of calls. */
#include "config.h"

#include <signal.h>
#include <string.h>

#include "tests/runner.h"
#include "worker/leases.h"
#include "worker/tally.h"

/* A job without a step has a lease of 10 s, renewed 2.5 s before its end. */
#define EARLY_MS 2500

static struct worker w;
static struct job jobs[3];

static void
set_up(void)
{
	memset(&w, 0, sizeof(w));
	memset(jobs, 0, sizeof(jobs));
}

static void
hold(struct job_list *l, struct job *j, int64_t lease_end_ms)
{
	j->lease_end_ms = lease_end_ms;
	job_list_put(l, j);
	leases_note(&w, j);
}

static bool
is_due(int64_t now_ms)
{
	leases_look(&w, now_ms);
	return leases_is_due(&w, now_ms);
}

START_TEST(renews_nothing_where_nothing_is_held)
{
	ck_assert(!is_due(0));
	ck_assert(!is_due(INT64_MAX - 1));
}
END_TEST

START_TEST(renews_the_first_lease_before_its_end)
{
	ck_assert(!is_due(1000));
	hold(&w.calls, &jobs[0], 20000);
	hold(&w.flush.list, &jobs[1], 15000);
	hold(&w.calls, &jobs[2], 30000);
	ck_assert(!is_due(15000 - EARLY_MS - 1));
	ck_assert_int_eq(w.asks.lease_first_ms, 15000 - EARLY_MS);
	ck_assert(is_due(15000 - EARLY_MS));
}
END_TEST

START_TEST(goes_on_to_the_next_when_the_first_is_gone)
{
	hold(&w.calls, &jobs[0], 15000);
	hold(&w.calls, &jobs[1], 20000);
	ck_assert(!is_due(1000));
	job_list_remove(&w.calls, &jobs[0]);
	ck_assert(!is_due(15000));
	ck_assert_int_eq(w.asks.lease_first_ms, 20000 - EARLY_MS);
	ck_assert(is_due(20000 - EARLY_MS));
}
END_TEST

START_TEST(leaves_what_is_lost_or_being_told)
{
	jobs[0].lost = true;
	jobs[1].in_batch = true;
	hold(&w.calls, &jobs[0], 15000);
	hold(&w.flush.list, &jobs[1], 15000);
	ck_assert(!is_due(16000));
	jobs[1].in_batch = false; /* the telling failed */
	leases_note(&w, &jobs[1]);
	ck_assert(is_due(16000));
}
END_TEST

START_TEST(waits_between_two_renewals)
{
	hold(&w.calls, &jobs[0], 15000);
	w.asks.renew_ms = 17000;
	ck_assert(!is_due(16000));
	ck_assert(is_due(17000));
}
END_TEST

START_TEST(counts_by_name)
{
	struct tally t = {NULL, 0};
	char name[] = "llm";

	ck_assert_uint_eq(tally_of(&t, "llm"), 0);
	ck_assert_int_eq(tally_add(&t, name), GATE_OK);
	name[0] = 'x'; /* it was copied */
	ck_assert_int_eq(tally_add(&t, "llm"), GATE_OK);
	ck_assert_int_eq(tally_add(&t, "crm"), GATE_OK);
	ck_assert_uint_eq(tally_of(&t, "llm"), 2);
	ck_assert_uint_eq(tally_of(&t, "crm"), 1);
	tally_take(&t, "llm");
	tally_take(&t, "crm");
	ck_assert_uint_eq(tally_of(&t, "llm"), 1);
	ck_assert_uint_eq(tally_of(&t, "crm"), 0);
	tally_clear(&t);
	ck_assert_uint_eq(tally_of(&t, "llm"), 0);
}
END_TEST

START_TEST(aborts_when_more_end_than_began)
{
	struct tally t = {NULL, 0};

	ck_assert_int_eq(tally_add(&t, "llm"), GATE_OK);
	tally_take(&t, "llm");
	tally_take(&t, "llm");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("leases");
	TCase *t = tcase_create("leases");

	tcase_add_checked_fixture(t, set_up, NULL);
	tcase_add_test(t, renews_nothing_where_nothing_is_held);
	tcase_add_test(t, renews_the_first_lease_before_its_end);
	tcase_add_test(t, goes_on_to_the_next_when_the_first_is_gone);
	tcase_add_test(t, leaves_what_is_lost_or_being_told);
	tcase_add_test(t, waits_between_two_renewals);
	tcase_add_test(t, counts_by_name);
	tcase_add_test_raise_signal(
	    t, aborts_when_more_end_than_began, SIGABRT);
	suite_add_tcase(s, t);
	return s;
}

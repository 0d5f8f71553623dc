/* fcgi/buckets.h, in its order; then what several processes do to it. */
#include "config.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fcgi/buckets.h"
#include "lib/clock.h"
#include "lib/num.h"
#include "lib/segment.h"
#include "tests/runner.h"

#define T0 INT64_C(1000000) /* some instant, in ms */

static const struct gate_limit sixty = {.per_minute = 60, .burst = 3};

/* Memory of one test; freed with its process. */
static struct buckets *
make(void)
{
	struct gate_segment s;
	struct gate_err err;
	struct buckets *b;

	ck_assert(gate_segment_private(sizeof(*b), &s, &err) == GATE_OK);
	b = (void *)s.map;
	ck_assert(buckets_join(b) == GATE_OK);
	return b;
}

START_TEST(keeps_the_key_that_was_drawn_first)
{
	struct buckets *b = make();
	uint64_t key[2] = {b->key[0], b->key[1]};

	ck_assert_uint_ne(key[0], 0);
	ck_assert_uint_ne(key[1], 0);
	ck_assert(buckets_join(b) == GATE_OK);
	ck_assert_uint_eq(key[0], b->key[0]);
	ck_assert_uint_eq(key[1], b->key[1]);
	ck_assert_uint_ne(key[0], make()->key[0]);
}
END_TEST

/* One after another, in the same memory: at 60 a minute, 3 at once. */
static const struct {
	int64_t at_ms;
	const char *who;
	bool ok;
	int64_t left;
	int64_t wait_ms;
} takes[] = {
    {0, "a", true, 2, 0},
    {0, "a", true, 1, 0},
    {0, "a", true, 0, 0},
    {0, "a", false, 0, 1000},
    {0, "b", true, 2, 0},
    {400, "a", false, 0, 600},
    {999, "a", false, 0, 1},
    {1000, "a", true, 0, 0},
    {1000, "a", false, 0, 1000},
    {2500, "a", true, 0, 0},
    {2500, "a", false, 0, 500},
    {60000, "a", true, 2, 0}, /* full, and no fuller */
    {59000, "a", true, 0, 0}, /* somebody's clock was read before */
    {59000, "a", false, 0, 1000},
};

START_TEST(gives_what_the_limit_allows_and_says_how_long_to_wait)
{
	struct buckets *b = make();
	struct bucket_state s;
	size_t i;

	for (i = 0; i < GATE_COUNT(takes); i++) {
		s = buckets_take(b, gate_span_str(takes[i].who), &sixty,
		    T0 + takes[i].at_ms);
		ck_assert_msg(s.ok == takes[i].ok, "row %zu", i);
		ck_assert_msg(s.left == takes[i].left, "row %zu: %lld left", i,
		    (long long)s.left);
		ck_assert_msg(s.wait_ms == takes[i].wait_ms,
		    "row %zu: wait %lld", i, (long long)s.wait_ms);
	}
}
END_TEST

/* As many as may be had in the first instant, and after ten seconds. */
static const struct {
	const char *what;
	struct gate_limit limit;
	int64_t now_ms;
	int first;
	int later;
} limits[] = {
    {"one a minute", {1, 1}, T0, 1, 0},
    {"sixty", {60, 60}, T0, 60, 10},
    {"no limit", {0, 60}, T0, 20000, 20000},
    {"no burst is no limit", {60, 0}, T0, 20000, 20000},
    {"the fastest", {GATE_LIMIT_RATE_MAX, 100}, T0, 100, 100},
    {"the largest", {60, GATE_LIMIT_BURST_MAX}, T0, GATE_LIMIT_BURST_MAX, 10},
    {"just booted", {60, 5}, 0, 5, 5},
    {"eight years after", {60, 5}, INT64_C(274877906944) - 5000, 5, 5},
};

START_TEST(counts_at_every_rate)
{
	struct buckets *b = make();
	int n, k;

	for (k = 0; k < 2; k++) {
		for (n = 0; n < 20000; n++)
			if (!buckets_take(b, GATE_SPAN("a"), &limits[_i].limit,
				limits[_i].now_ms + k * 10000)
				 .ok)
				break;
		ck_assert_msg(
		    n == (k == 0 ? limits[_i].first : limits[_i].later),
		    "%s: %d", limits[_i].what, n);
	}
}
END_TEST

START_TEST(goes_by_the_time_when_the_limit_changes)
{
	static const struct gate_limit wide = {60, 10};
	struct buckets *b = make();
	int i;

	for (i = 0; i < 10; i++)
		ck_assert(buckets_take(b, GATE_SPAN("a"), &wide, T0).ok);
	ck_assert_int_eq(
	    buckets_take(b, GATE_SPAN("a"), &sixty, T0).wait_ms, 8000);
	ck_assert(buckets_take(b, GATE_SPAN("a"), &sixty, T0 + 8000).ok);
}
END_TEST

/* The one bucket that is in use. */
static _Atomic uint64_t *
only_word(struct buckets *b)
{
	size_t i, k;

	for (i = 0; i < BUCKETS_SETS; i++)
		for (k = 0; k < BUCKETS_WAYS; k++)
			if (b->words[i][k] != 0)
				return &b->words[i][k];
	ck_abort_msg("no bucket is in use");
}

START_TEST(takes_a_time_that_nobody_can_have_written_for_none)
{
	struct buckets *b = make();
	_Atomic uint64_t *word;

	ck_assert_int_eq(buckets_take(b, GATE_SPAN("a"), &sixty, T0).left, 2);
	word = only_word(b);
	*word |= UINT64_C(0x3ffffffffff); /* two years ahead */
	ck_assert_int_eq(buckets_take(b, GATE_SPAN("a"), &sixty, T0).left, 2);
	ck_assert_ptr_eq(only_word(b), word);
	ck_assert_int_eq(buckets_take(b, GATE_SPAN("a"), &sixty, T0).left, 1);
}
END_TEST

START_TEST(limits_nobody_without_a_key)
{
	struct buckets *b = make();
	int i;

	b->key[1] = 0;
	for (i = 0; i < 10; i++)
		ck_assert(buckets_take(b, GATE_SPAN("a"), &sixty, T0).ok);
}
END_TEST

START_TEST(looks_without_taking)
{
	struct buckets *b = make();
	int i;

	for (i = 0; i < 9; i++)
		ck_assert(buckets_look(b, GATE_SPAN("a"), &sixty, T0).ok);
	for (i = 0; i < 3; i++)
		ck_assert(buckets_take(b, GATE_SPAN("a"), &sixty, T0).ok);
	ck_assert_int_eq(
	    buckets_look(b, GATE_SPAN("a"), &sixty, T0).wait_ms, 1000);
}
END_TEST

static struct gate_span
number(const uint32_t *n)
{
	return gate_span_of(n, sizeof(*n));
}

START_TEST(keeps_many_senders_apart)
{
	struct buckets *b = make();
	uint32_t i;

	for (i = 0; i < 5000; i++)
		ck_assert_int_eq(
		    buckets_take(b, number(&i), &sixty, T0).left, 2);
	for (i = 0; i < 5000; i++)
		ck_assert_int_eq(
		    buckets_take(b, number(&i), &sixty, T0).left, 1);
}
END_TEST

/* 16 times as many as there is room for, each once. */
START_TEST(does_not_forget_an_empty_bucket_for_a_flood_of_strangers)
{
	struct buckets *b = make();
	uint32_t i, k, first = 1u << 30, let_off = 0;

	for (i = 0; i < 1000; i++) {
		k = first + i;
		while (buckets_take(b, number(&k), &sixty, T0).ok)
			;
	}
	for (i = 0; i < 16 * BUCKETS_SETS * BUCKETS_WAYS; i++)
		(void)buckets_take(b, number(&i), &sixty, T0);
	for (i = 0; i < 1000; i++) {
		k = first + i;
		if (buckets_look(b, number(&k), &sixty, T0).ok)
			let_off++;
	}
	ck_assert_uint_eq(let_off, 0);
}
END_TEST

#define CHILDREN 6
#define SENDERS 20000 /* more than there is time for */
#define KILLS 60

static const struct gate_limit stress = {60, GATE_LIMIT_BURST_MAX};

/* What the children of a test share. */
struct shared {
	struct buckets buckets;
	_Atomic uint32_t sender; /* whose bucket all of them empty now */
	_Atomic uint64_t taken[SENDERS];
};

/* All at the same instant, so nothing comes back meanwhile. */
static void
take_all(struct shared *m)
{
	uint32_t n;

	while ((n = atomic_load(&m->sender)) < SENDERS) {
		if (buckets_take(&m->buckets, number(&n), &stress, T0).ok)
			atomic_fetch_add(&m->taken[n], 1);
		else
			(void)atomic_compare_exchange_strong(
			    &m->sender, &n, n + 1);
	}
	(void)pause(); /* until it is killed */
}

static pid_t
fork_taker(struct shared *m)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		take_all(m);
	return pid;
}

static void
kill_one(pid_t pid)
{
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

START_TEST(gives_each_token_once_though_takers_are_killed)
{
	int64_t until_ms = gate_mono_ms() + 30000;
	struct gate_segment s;
	struct gate_err err;
	struct shared *m;
	pid_t pids[CHILDREN];
	uint64_t lost = 0, kills;
	size_t i;

	ck_assert(gate_segment_private(sizeof(*m), &s, &err) == GATE_OK);
	m = (void *)s.map;
	ck_assert(buckets_join(&m->buckets) == GATE_OK);
	for (i = 0; i < CHILDREN; i++)
		pids[i] = fork_taker(m);
	for (kills = 0; kills < KILLS && gate_mono_ms() < until_ms; kills++) {
		(void)usleep(1000);
		kill_one(pids[kills % CHILDREN]);
		pids[kills % CHILDREN] = fork_taker(m);
	}
	for (i = 0; i < CHILDREN; i++)
		kill_one(pids[i]);
	ck_assert_uint_ge(kills, KILLS / 4);
	ck_assert_uint_gt(m->sender, 10);
	for (i = 0; i < m->sender; i++) { /* those that are empty */
		ck_assert_uint_le(m->taken[i], GATE_LIMIT_BURST_MAX);
		lost += GATE_LIMIT_BURST_MAX - m->taken[i];
	}
	/* One who is killed may have taken and not counted. */
	ck_assert_uint_le(lost, kills + CHILDREN);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("buckets");
	TCase *t = tcase_create("buckets");

	tcase_add_test(t, keeps_the_key_that_was_drawn_first);
	tcase_add_test(
	    t, gives_what_the_limit_allows_and_says_how_long_to_wait);
	add_row_test(t, counts_at_every_rate, limits);
	tcase_add_test(t, goes_by_the_time_when_the_limit_changes);
	tcase_add_test(t, takes_a_time_that_nobody_can_have_written_for_none);
	tcase_add_test(t, limits_nobody_without_a_key);
	tcase_add_test(t, looks_without_taking);
	tcase_add_test(t, keeps_many_senders_apart);
	tcase_add_test(
	    t, does_not_forget_an_empty_bucket_for_a_flood_of_strangers);
	suite_add_tcase(s, t);
	t = tcase_create("processes");
	tcase_set_timeout(t, 60);
	tcase_add_test(t, gives_each_token_once_though_takers_are_killed);
	suite_add_tcase(s, t);
	return s;
}

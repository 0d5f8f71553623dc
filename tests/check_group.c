/*
 * fcgi/group.h with real processes: who leads, who hears what, and what is
 * left when a leader is killed. store() writes each record into a ledger in
 * shared memory, as a table would keep it.
 */
#include "config.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fcgi/group.h"
#include "lib/clock.h"
#include "lib/num.h"
#include "tests/runner.h"

#define WORKERS 8
#define ROUNDS 400
#define KEYS (WORKERS * ROUNDS)
#define LONG_MS 20000

struct ledger {
	atomic_uint stored[KEYS]; /* how often each record was stored */
	atomic_uint answered[KEYS];
	atomic_uint calls;
	atomic_uint largest;
	atomic_uint leading; /* processes in store() right now */
	atomic_uint together_at_once;
	atomic_uint alone;
	atomic_int victim; /* the next leader kills itself: before, after */
	atomic_uint killed;
};

enum { NOBODY, BEFORE, AFTER };

static struct ledger *ledger;
static struct group *group;

static void
setup(void)
{
	struct gate_err err;

	ledger = mmap(NULL, sizeof(*ledger), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert(ledger != MAP_FAILED);
	ck_assert(group_open(WORKERS, &group, &err) == GATE_OK);
}

static void
teardown(void)
{
	group_close(group);
	(void)munmap(ledger, sizeof(*ledger));
}

static void
die_if(int when)
{
	int was = when;

	if (!atomic_compare_exchange_strong(&ledger->victim, &was, NOBODY))
		return;
	(void)atomic_fetch_add(&ledger->killed, 1);
	(void)atomic_fetch_sub(&ledger->leading, 1);
	(void)kill(getpid(), SIGKILL);
}

/* How a store() goes: ctx. */
struct how {
	int ms;
	bool fails;
	bool fails_together;
};

static bool
store(void *ctx, const struct gate_span *records, size_t count,
    char answers[][GROUP_ANSWER_MAX])
{
	const struct how *how = ctx;
	unsigned int key, largest = atomic_load(&ledger->largest);
	size_t i;

	if (atomic_fetch_add(&ledger->leading, 1) > 0)
		(void)atomic_fetch_add(&ledger->together_at_once, 1);
	(void)atomic_fetch_add(&ledger->calls, 1);
	while (largest < count &&
	    !atomic_compare_exchange_weak(
		&ledger->largest, &largest, (unsigned int)count))
		;
	die_if(BEFORE);
	if (how->ms > 0)
		(void)usleep((useconds_t)how->ms * 1000);
	for (i = 0; i < count && !how->fails; i++) {
		if (how->fails_together && count > 1)
			break;
		ck_assert(records[i].n == sizeof(key));
		memcpy(&key, records[i].p, sizeof(key));
		ck_assert(key < KEYS);
		(void)atomic_fetch_add(&ledger->stored[key], 1);
		(void)snprintf(answers[i], GROUP_ANSWER_MAX, "k%u", key);
	}
	die_if(AFTER);
	(void)atomic_fetch_sub(&ledger->leading, 1);
	return i == count;
}

static bool
bring(size_t seat, unsigned int key, const struct how *how, int64_t ms,
    char answer[GROUP_ANSWER_MAX])
{
	struct group_seat s = {group, seat};
	struct group_call call = {store, (void *)(uintptr_t)how};

	return group_store(&s, gate_span_of(&key, sizeof(key)), &call,
	    gate_mono_ms() + ms, answer);
}

/* A child that brings its records one after the other, and stores alone what
 * it heard nothing of, as fcgi/inbox.c does. */
static void
work(size_t seat, unsigned int first, const struct how *how)
{
	char answer[GROUP_ANSWER_MAX], want[GROUP_ANSWER_MAX];
	unsigned int key;

	for (key = first; key < (seat + 1) * ROUNDS; key++) {
		if (bring(seat, key, how, LONG_MS, answer)) {
			(void)snprintf(want, sizeof(want), "k%u", key);
			if (strcmp(answer, want) != 0)
				_exit(2);
		} else {
			(void)usleep(1000);
			(void)atomic_fetch_add(&ledger->alone, 1);
			(void)atomic_fetch_add(&ledger->stored[key], 1);
		}
		(void)atomic_fetch_add(&ledger->answered[key], 1);
	}
	_exit(0);
}

static pid_t
start(size_t seat, unsigned int first, const struct how *how)
{
	pid_t pid = fork();

	ck_assert(pid >= 0);
	if (pid == 0)
		work(seat, first, how);
	return pid;
}

/* The first record of a seat that nobody has been answered. */
static unsigned int
next_of(size_t seat)
{
	unsigned int key = (unsigned int)seat * ROUNDS;

	while (key < (seat + 1) * ROUNDS &&
	    atomic_load(&ledger->answered[key]) > 0)
		key++;
	return key;
}

/* Runs all seats to their end; one that was killed is started again. */
static void
run(const struct how *how, unsigned int kills)
{
	pid_t pids[WORKERS], pid;
	size_t i, left = WORKERS;
	unsigned int told = 0;
	int status;

	for (i = 0; i < WORKERS; i++)
		pids[i] = start(i, next_of(i), how);
	while (left > 0) {
		if (told < kills && atomic_load(&ledger->victim) == NOBODY) {
			atomic_store(
			    &ledger->victim, told % 2 == 0 ? BEFORE : AFTER);
			told++;
		}
		pid = waitpid(-1, &status, WNOHANG);
		if (pid == 0) {
			(void)usleep(500);
			continue;
		}
		for (i = 0; i < WORKERS && pids[i] != pid; i++)
			;
		ck_assert(i < WORKERS);
		group_vacate(group, i);
		if (WIFSIGNALED(status)) {
			pids[i] = start(i, next_of(i), how);
			continue;
		}
		ck_assert_int_eq(WEXITSTATUS(status), 0);
		left--;
	}
}

static void
check_all(void)
{
	unsigned int key;

	for (key = 0; key < KEYS; key++) {
		ck_assert_uint_ge(atomic_load(&ledger->stored[key]), 1);
		ck_assert_uint_eq(atomic_load(&ledger->answered[key]), 1);
	}
}

START_TEST(one_alone_leads_itself)
{
	struct how how = {0};
	char answer[GROUP_ANSWER_MAX];

	ck_assert(bring(3, 7, &how, LONG_MS, answer));
	ck_assert_str_eq(answer, "k7");
	ck_assert_uint_eq(atomic_load(&ledger->calls), 1);
	ck_assert_uint_eq(atomic_load(&ledger->largest), 1);
}
END_TEST

START_TEST(what_fails_is_nobodys)
{
	struct how fails = {.fails = true}, how = {0};
	char answer[GROUP_ANSWER_MAX];

	ck_assert(!bring(3, 7, &fails, LONG_MS, answer));
	ck_assert(bring(3, 8, &how, LONG_MS, answer));
	ck_assert_str_eq(answer, "k8");
}
END_TEST

START_TEST(a_record_too_long_goes_alone)
{
	static unsigned char big[GROUP_RECORD_MAX + 1];
	struct how how = {0};
	struct group_seat s = {group, 0};
	struct group_call call = {store, &how};
	char answer[GROUP_ANSWER_MAX];

	ck_assert(!group_store(&s, gate_span_of(big, sizeof(big)), &call,
	    gate_mono_ms() + LONG_MS, answer));
	ck_assert_uint_eq(atomic_load(&ledger->calls), 0);
}
END_TEST

START_TEST(each_hears_its_own_answer)
{
	struct how how = {.ms = 1};

	run(&how, 0);
	check_all();
	ck_assert_uint_eq(atomic_load(&ledger->alone), 0);
	ck_assert_uint_eq(atomic_load(&ledger->together_at_once), 0);
	ck_assert_uint_ge(atomic_load(&ledger->largest), 3);
	ck_assert_uint_lt(atomic_load(&ledger->calls), KEYS / 2);
}
END_TEST

START_TEST(one_bad_record_spoils_no_other)
{
	struct how how = {.ms = 1, .fails_together = true};

	run(&how, 0);
	check_all();
	ck_assert_uint_gt(atomic_load(&ledger->alone), 0);
}
END_TEST

START_TEST(a_killed_leader_leaves_nothing_behind)
{
	struct how how = {.ms = 1};
	int64_t began_ms = gate_mono_ms();

	run(&how, 40);
	check_all();
	ck_assert_uint_ge(atomic_load(&ledger->killed), 40);
	/* Nobody waited for a deadline of 20 s. Who comes to a dead one's
	 * seat while somebody stores its record goes alone until then. */
	ck_assert(gate_mono_ms() - began_ms < LONG_MS);
	ck_assert_uint_lt(atomic_load(&ledger->alone), KEYS / 8);
}
END_TEST

/* While another process leads for long, time runs out; then the seat belongs
 * to that leader until it is done, and after that to its owner again. */
START_TEST(who_waits_too_long_goes_alone)
{
	struct how slow = {.ms = 700}, quick = {0};
	char answer[GROUP_ANSWER_MAX];
	pid_t leader = fork();
	int status;

	if (leader == 0)
		_exit(bring(0, 1, &slow, LONG_MS, answer) ? 0 : 1);
	while (atomic_load(&ledger->leading) == 0)
		(void)usleep(1000);
	ck_assert(!bring(1, 2, &quick, 100, answer));
	ck_assert(waitpid(leader, &status, 0) == leader);
	ck_assert_int_eq(status, 0);
	ck_assert(bring(1, 3, &quick, LONG_MS, answer));
	ck_assert_str_eq(answer, "k3");
	ck_assert_uint_eq(atomic_load(&ledger->stored[2]), 0);
}
END_TEST

/* Waits behind the first leader, then leads for longer than the other one
 * has time; or is taken along by that one, gives up and looks at its seat. */
static void
lead_or_leave(size_t seat, unsigned int key)
{
	struct how slow = {.ms = 400}, quick = {0};
	char answer[GROUP_ANSWER_MAX];

	if (bring(seat, key, &slow, 600, answer))
		_exit(0);
	if (bring(seat, key + 10, &quick, LONG_MS, answer))
		_exit(3); /* the leader still reads the seat */
	(void)usleep(500 * 1000);
	_exit(bring(seat, key + 20, &quick, LONG_MS, answer) ? 10 : 4);
}

START_TEST(a_seat_is_free_again_when_its_leader_is_done)
{
	struct how slow = {.ms = 400};
	char answer[GROUP_ANSWER_MAX];
	pid_t pids[3] = {fork()};
	int i, status, sum = 0;

	if (pids[0] == 0)
		_exit(bring(0, 1, &slow, LONG_MS, answer) ? 0 : 1);
	while (atomic_load(&ledger->leading) == 0)
		(void)usleep(1000);
	for (i = 1; i < 3; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			lead_or_leave((size_t)i, (unsigned int)i + 1);
	}
	for (i = 0; i < 3; i++) {
		ck_assert(waitpid(pids[i], &status, 0) == pids[i]);
		ck_assert(WIFEXITED(status));
		sum += WEXITSTATUS(status);
	}
	ck_assert_int_eq(sum, 10); /* one led, one left */
	ck_assert_uint_eq(atomic_load(&ledger->stored[2]), 1);
	ck_assert_uint_eq(atomic_load(&ledger->stored[3]), 1);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("group");
	TCase *t = tcase_create("group");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, one_alone_leads_itself);
	tcase_add_test(t, what_fails_is_nobodys);
	tcase_add_test(t, a_record_too_long_goes_alone);
	tcase_add_test(t, each_hears_its_own_answer);
	tcase_add_test(t, one_bad_record_spoils_no_other);
	tcase_add_test(t, a_killed_leader_leaves_nothing_behind);
	tcase_add_test(t, who_waits_too_long_goes_alone);
	tcase_add_test(t, a_seat_is_free_again_when_its_leader_is_done);
	suite_add_tcase(s, t);
	return s;
}

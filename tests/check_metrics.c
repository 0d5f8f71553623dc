/* lib/metrics.h, in its order. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/metrics.h"
#include "tests/runner.h"

static const struct gate_metric table[] = {
    {"x_total", "a=\"1\"", GATE_COUNTER, "Xs."},
    {"x_total", "a=\"2\"", GATE_COUNTER, "Xs."},
    {"depth", NULL, GATE_GAUGE, "How deep."},
    {"x_seconds", NULL, GATE_HISTOGRAM, "Time."},
};
#define TABLE table, sizeof(table) / sizeof(table[0])

static struct gate_metrics *
open_metrics(const char *name)
{
	struct gate_metrics *m;
	struct gate_err err = {0};

	ck_assert_msg(gate_metrics_open(name, TABLE, &m, &err) == GATE_OK,
	    "%s", err.text);
	return m;
}

/* Runs f in a child that has a slot of its own; the child's pid. */
static pid_t
in_child(struct gate_metrics *m, void (*f)(struct gate_metrics *m))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		gate_metrics_attach(m);
		f(m);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	return pid;
}

static void
count_three(struct gate_metrics *m)
{
	gate_metrics_add(m, 0, 3);
	gate_metrics_set(m, 2, 9);
	gate_metrics_observe_ms(m, 3, 7);
}

START_TEST(sums_over_all_processes)
{
	struct gate_metrics *m = open_metrics("");
	int i;

	gate_metrics_attach(m);
	gate_metrics_add(m, 0, 1);
	for (i = 0; i < 5; i++)
		(void)in_child(m, count_three);
	ck_assert_uint_eq(gate_metrics_get(m, 0), 16);
	ck_assert_uint_eq(gate_metrics_get(m, 1), 0);
	ck_assert_uint_eq(gate_metrics_get(m, 3), 5);
	gate_metrics_close(m);
}
END_TEST

START_TEST(keeps_what_the_dead_have_counted_but_not_their_gauges)
{
	struct gate_metrics *m = open_metrics("");
	pid_t pid;

	gate_metrics_attach(m);
	pid = in_child(m, count_three);
	ck_assert_uint_eq(gate_metrics_get(m, 2), 9);
	gate_metrics_fold(m, pid);
	ck_assert_uint_eq(gate_metrics_get(m, 0), 3);
	ck_assert_uint_eq(gate_metrics_get(m, 2), 0);
	gate_metrics_fold(m, pid);
	ck_assert_uint_eq(gate_metrics_get(m, 0), 3);
	gate_metrics_close(m);
}
END_TEST

/* More processes than slots, none of them folded by a parent. */
START_TEST(loses_nothing_when_slots_run_out)
{
	struct gate_metrics *m = open_metrics("");
	int i;

	for (i = 0; i < 3 * GATE_METRICS_SLOTS; i++)
		(void)in_child(m, count_three);
	ck_assert_uint_eq(gate_metrics_get(m, 0), 9 * GATE_METRICS_SLOTS);
	ck_assert_uint_eq(gate_metrics_get(m, 3), 3 * GATE_METRICS_SLOTS);
	gate_metrics_close(m);
}
END_TEST

/* All live at once, so that the last slot is shared. */
START_TEST(counts_in_a_shared_slot)
{
	struct gate_metrics *m = open_metrics("");
	int i, n = GATE_METRICS_SLOTS + 8, go[2];
	char c;

	ck_assert_int_eq(pipe(go), 0);
	for (i = 0; i < n; i++) {
		if (fork() != 0)
			continue;
		(void)close(go[1]);
		gate_metrics_attach(m);
		(void)!read(go[0], &c, 1); /* until all are there */
		for (i = 0; i < 1000; i++)
			gate_metrics_add(m, 1, 1);
		_exit(0);
	}
	(void)usleep(200000);
	(void)close(go[0]);
	(void)close(go[1]);
	while (wait(NULL) > 0)
		;
	ck_assert_uint_eq(gate_metrics_get(m, 1), (uint64_t)n * 1000);
	gate_metrics_close(m);
}
END_TEST

START_TEST(is_found_again_by_its_name)
{
	char name[64];
	struct gate_metrics *a, *b;

	(void)snprintf(name, sizeof(name), "pressgate-check-%d",
	    (int)getpid());
	a = open_metrics(name);
	gate_metrics_add(a, 0, 5);
	b = open_metrics(name);
	ck_assert_uint_eq(gate_metrics_get(b, 0), 5);
	gate_metrics_add(b, 0, 1);
	ck_assert_uint_eq(gate_metrics_get(a, 0), 6);
	gate_metrics_close(a);
	gate_metrics_close(b);
	b = open_metrics(name);
	ck_assert_uint_eq(gate_metrics_get(b, 0), 6);
	gate_metrics_close(b);
}
END_TEST

START_TEST(leaves_another_tables_segment_alone)
{
	char name[64];
	struct gate_metrics *a, *b;

	(void)snprintf(name, sizeof(name), "pressgate-check2-%d",
	    (int)getpid());
	a = open_metrics(name);
	gate_metrics_add(a, 0, 5);
	ck_assert_int_eq(gate_metrics_open(name, table, 2, &b, NULL),
	    GATE_OK);
	ck_assert_uint_eq(gate_metrics_get(b, 0), 0);
	gate_metrics_add(b, 0, 1);
	ck_assert_uint_eq(gate_metrics_get(a, 0), 5);
	gate_metrics_close(b);
	gate_metrics_close(a);
}
END_TEST

START_TEST(counts_nothing_without_metrics)
{
	gate_metrics_attach(NULL);
	gate_metrics_add(NULL, 0, 1);
	gate_metrics_set(NULL, 0, 1);
	gate_metrics_observe_ms(NULL, 0, 1);
	gate_metrics_fold(NULL, 1);
	gate_metrics_close(NULL);
	ck_assert_uint_eq(gate_metrics_get(NULL, 0), 0);
}
END_TEST

static const struct {
	int64_t ms;
	const char *line;
} observed[] = {
    {0, "x_seconds_bucket{le=\"0.001\"} 1\n"},
    {-5, "x_seconds_bucket{le=\"0.001\"} 1\n"},
    {1, "x_seconds_bucket{le=\"0.001\"} 1\n"},
    {2, "x_seconds_bucket{le=\"0.001\"} 0\n"
	"x_seconds_bucket{le=\"0.002\"} 1\n"},
    {60000, "x_seconds_bucket{le=\"60.000\"} 1\n"},
    {60001, "x_seconds_bucket{le=\"60.000\"} 0\n"
	    "x_seconds_bucket{le=\"+Inf\"} 1\n"
	    "x_seconds_sum 60.001\nx_seconds_count 1\n"},
};

START_TEST(puts_a_time_into_its_bucket)
{
	struct gate_metrics *m = open_metrics("");
	struct gate_buf b;

	gate_buf_init(&b, 65536);
	gate_metrics_observe_ms(m, 3, observed[_i].ms);
	ck_assert_int_eq(gate_metrics_text(m, &b), GATE_OK);
	ck_assert_msg(strstr(gate_buf_str(&b), observed[_i].line) != NULL,
	    "%lld: %s", (long long)observed[_i].ms, gate_buf_str(&b));
	gate_buf_clear(&b);
	gate_metrics_close(m);
}
END_TEST

START_TEST(speaks_prometheus)
{
	struct gate_metrics *m = open_metrics("");
	struct gate_buf b;

	gate_buf_init(&b, 65536);
	gate_metrics_add(m, 1, 2);
	gate_metrics_set(m, 2, 7);
	ck_assert_int_eq(gate_metrics_text(m, &b), GATE_OK);
	ck_assert_ptr_nonnull(strstr(gate_buf_str(&b),
	    "# HELP x_total Xs.\n# TYPE x_total counter\n"
	    "x_total{a=\"1\"} 0\nx_total{a=\"2\"} 2\n"
	    "# HELP depth How deep.\n# TYPE depth gauge\ndepth 7\n"
	    "# HELP x_seconds Time.\n# TYPE x_seconds histogram\n"));
	gate_buf_clear(&b);
	gate_buf_init(&b, 100);
	ck_assert_int_eq(gate_metrics_text(m, &b), GATE_E_LIMIT);
	gate_buf_clear(&b);
	gate_metrics_close(m);
}
END_TEST

static void
unlink_segments(void)
{
	(void)!system("rm -f /dev/shm/pressgate-check*");
}

Suite *
suite(void)
{
	Suite *s = suite_create("metrics");
	TCase *t = tcase_create("metrics");

	tcase_add_unchecked_fixture(t, unlink_segments, unlink_segments);
	tcase_add_test(t, sums_over_all_processes);
	tcase_add_test(t,
	    keeps_what_the_dead_have_counted_but_not_their_gauges);
	tcase_add_test(t, loses_nothing_when_slots_run_out);
	tcase_add_test(t, counts_in_a_shared_slot);
	tcase_add_test(t, is_found_again_by_its_name);
	tcase_add_test(t, leaves_another_tables_segment_alone);
	tcase_add_test(t, counts_nothing_without_metrics);
	add_row_test(t, puts_a_time_into_its_bucket, observed);
	tcase_add_test(t, speaks_prometheus);
	suite_add_tcase(s, t);
	return s;
}

/*
 * What the verification of one delivery costs, provider by provider: the
 * deliveries of tests/hook_rows.c, one secret, and what a second one adds.
 * Time is the least of some batches, as nothing makes it run faster than it
 * does and much slower; instructions are the kernel's count of this
 * process in user space, n/a where it gives none (most virtual machines).
 */
#include "config.h"

#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/hook_rows.h"

/* How long to look. */
struct effort {
	size_t batches;
	int64_t batch_ns; /* long beside a clock, short beside a time slice */
	int counter;      /* -1: none */
};

static int64_t
now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* A counter of user-space instructions, or -1. */
static int
open_counter(void)
{
	struct perf_event_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.type = PERF_TYPE_HARDWARE;
	attr.size = sizeof(attr);
	attr.config = PERF_COUNT_HW_INSTRUCTIONS;
	attr.exclude_kernel = 1;
	attr.exclude_hv = 1;
	return (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

static void
verify(const struct hook_world *w, size_t secrets, int64_t count)
{
	/* The right one last: all are tried whatever the order. */
	struct gate_provider_secret list[2] = {
	    {"other", w->keys[1]}, {"right", w->keys[0]}};
	struct gate_verdict v;

	for (; count > 0; count--)
		if (gate_provider_verify(w->provider, &w->how,
			list + (2 - secrets), secrets, &w->hook,
			&v) != GATE_PROVIDER_OK)
			abort();
}

/* Microseconds of one verification; *instructions is below 0 if nobody
 * counts them. */
static double
measure(const struct hook_world *w, size_t secrets, const struct effort *e,
    double *instructions)
{
	double us, least = 0;
	int64_t n = 1, from, counted = 0;
	size_t b;

	do {
		from = now_ns();
		verify(w, secrets, n);
		n *= 2;
	} while (now_ns() - from < e->batch_ns / 2);
	*instructions = -1;
	for (b = 0; b < e->batches; b++) {
		from = now_ns();
		verify(w, secrets, n);
		us = (double)(now_ns() - from) / 1000.0 / (double)n;
		if (b == 0 || us < least)
			least = us;
	}
	if (e->counter >= 0 &&
	    ioctl(e->counter, PERF_EVENT_IOC_RESET, 0) == 0) {
		verify(w, secrets, n);
		if (read(e->counter, &counted, sizeof(counted)) ==
			(ssize_t)sizeof(counted) &&
		    counted > 0)
			*instructions = (double)counted / (double)n;
	}
	return least;
}

static void
print_row(const struct hook_row *row, const struct effort *e)
{
	static struct hook_world w;
	double one, two, instructions, ignored;
	char text[32] = "n/a";

	hook_begin(&w, row);
	one = measure(&w, 1, e, &instructions);
	two = measure(&w, 2, e, &ignored);
	if (instructions >= 0)
		(void)snprintf(text, sizeof(text), "%.0f", instructions);
	printf("| %s | %zu | %.2f | %s | %.2f |\n", row->provider, row->body.n,
	    one, text, two - one);
	(void)fflush(stdout);
	hook_end(&w);
}

int
main(int argc, char **argv)
{
	bool smoke = argc > 1 && strcmp(argv[1], "--smoke") == 0;
	struct effort e = {.batches = smoke ? 1 : 21,
	    .batch_ns = smoke ? 1 : 5000000,
	    .counter = open_counter()};
	size_t i, k;

	puts("| provider | body bytes | us | instructions | us for a second "
	     "secret |\n|---|---|---|---|---|");
	for (i = 0; i < hook_row_count; i++) {
		for (k = 0; k < i; k++)
			if (strcmp(hook_rows[k].provider,
				hook_rows[i].provider) == 0)
				break;
		if (k == i)
			print_row(&hook_rows[i], &e);
	}
	if (e.counter >= 0)
		(void)close(e.counter);
	return EXIT_SUCCESS;
}

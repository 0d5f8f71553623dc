/*
 * Counting. Knows no metric by name: the table is the program's; where the
 * memory comes from is metrics_segment.c's. A slot may change hands or be
 * shared without anything being counted twice or lost, since cells are
 * atomic and nobody takes anything back. Only gauges are a process's own and
 * count no more when it is gone.
 */
#include "config.h"

#include "lib/metrics.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <unistd.h>

#include "lib/metrics_segment.h"

#define BUCKETS GATE_METRICS_BUCKETS

const int64_t gate_metrics_bounds_ms[BUCKETS - 1] = {
    1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000};

static bool
is_gone(int64_t pid)
{
	return pid <= 0 || pid > INT_MAX ||
	    (kill((pid_t)pid, 0) != 0 && errno == ESRCH);
}

/* The gauges of who had the slot before. */
static void
clear_gauges(const struct gate_metrics *m, struct gate_metrics_slot *s)
{
	size_t i;

	for (i = 0; i < m->count; i++)
		if (m->table[i].kind == GATE_GAUGE)
			atomic_store(&s->cells[m->first[i]], 0);
}

void
gate_metrics_attach(struct gate_metrics *m)
{
	int64_t me = (int64_t)getpid();
	size_t i;

	if (m == NULL)
		return;
	for (i = 1; i < GATE_METRICS_ALL_SLOTS; i++) {
		struct gate_metrics_slot *s = gate_metrics_slot(m, i);
		int64_t pid = atomic_load(&s->pid);

		if ((pid == me || is_gone(pid)) &&
		    atomic_compare_exchange_strong(&s->pid, &pid, me)) {
			clear_gauges(m, s);
			m->mine = s;
			return;
		}
	}
	m->mine = gate_metrics_slot(m, GATE_METRICS_SLOTS); /* shared */
}

static _Atomic uint64_t *
cell(struct gate_metrics *m, size_t i, enum gate_metric_kind kind)
{
	GATE_ASSERT(i < m->count && m->table[i].kind == kind);
	return &m->mine->cells[m->first[i]];
}

static void
bump(_Atomic uint64_t *c, uint64_t n)
{
	(void)atomic_fetch_add_explicit(c, n, memory_order_relaxed);
}

void
gate_metrics_add(struct gate_metrics *m, size_t i, uint64_t n)
{
	if (m != NULL)
		bump(cell(m, i, GATE_COUNTER), n);
}

void
gate_metrics_set(struct gate_metrics *m, size_t i, uint64_t v)
{
	if (m != NULL)
		atomic_store_explicit(
		    cell(m, i, GATE_GAUGE), v, memory_order_relaxed);
}

void
gate_metrics_observe_ms(struct gate_metrics *m, size_t i, int64_t ms)
{
	_Atomic uint64_t *c;
	size_t b;

	if (m == NULL)
		return;
	c = cell(m, i, GATE_HISTOGRAM);
	if (ms < 0)
		ms = 0;
	for (b = 0; b < BUCKETS - 1; b++)
		if (ms <= gate_metrics_bounds_ms[b])
			break;
	bump(&c[b], 1);
	bump(&c[GATE_METRICS_SUM_CELL], (uint64_t)ms);
	bump(&c[GATE_METRICS_COUNT_CELL], 1);
}

/* Slot 0 is for those who have not attached: it is nobody's. */
uint64_t
gate_metrics_cell(const struct gate_metrics *m, size_t i, size_t k)
{
	bool gauge = m->table[i].kind == GATE_GAUGE;
	uint64_t v = 0;
	size_t n;

	for (n = 0; n < GATE_METRICS_ALL_SLOTS; n++) {
		struct gate_metrics_slot *s = gate_metrics_slot(m, n);

		if (gauge && n > 0 && is_gone(atomic_load(&s->pid)))
			continue;
		v += atomic_load_explicit(
		    &s->cells[m->first[i] + k], memory_order_relaxed);
	}
	return v;
}

uint64_t
gate_metrics_get(const struct gate_metrics *m, size_t i)
{
	if (m == NULL)
		return 0;
	GATE_ASSERT(i < m->count);
	return gate_metrics_cell(m, i,
	    m->table[i].kind == GATE_HISTOGRAM ? GATE_METRICS_COUNT_CELL : 0);
}

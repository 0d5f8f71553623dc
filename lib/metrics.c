/*
 * Counters and histograms in shared memory. Knows no metric by name: the
 * table is the program's. The segment:
 *
 *	| head | slot 0 | slot 1 | ... | slot GATE_METRICS_SLOTS |
 *	         total    one process each: pid, then cells
 *
 * A metric has one cell, a histogram one for each bucket, then sum (ms) and
 * count. Truth about a counter is the sum over all slots, so a slot may
 * change hands or be shared without anything being counted twice or lost:
 * folding moves each cell by an atomic exchange. A gauge is a process's own
 * and goes with it.
 */
#include "config.h"

#include "lib/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/metrics_cells.h"
#include "lib/num.h"

#define MAGIC UINT64_C(0x7072657373676131)
#define SLOTS (GATE_METRICS_SLOTS + 1) /* slot 0 is the total */
#define NAME_MAX_BYTES 200
#define BUCKETS GATE_METRICS_BUCKETS
#define HISTOGRAM_CELLS (BUCKETS + 2)

/* The last bucket is +Inf. */
const int64_t gate_metrics_bounds_ms[BUCKETS - 1] = {
    1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000};

struct head {
	uint64_t magic;
	uint64_t shape; /* of the table: names, labels, kinds */
};

struct slot {
	_Atomic int32_t pid; /* 0 free, < 0 being folded by -pid */
	int32_t unused;
	_Atomic uint64_t cells[];
};

struct gate_metrics {
	const struct gate_metric *table;
	size_t count;
	size_t first[GATE_METRICS_MAX]; /* cell of metric i */
	size_t cell_count;
	size_t slot_bytes;
	size_t bytes;
	unsigned char *map;
	struct slot *mine; /* never NULL; slot 0 until attached */
};

static struct slot *
slot_at(const struct gate_metrics *m, size_t i)
{
	void *p = m->map + sizeof(struct head) + i * m->slot_bytes;

	return p;
}

static void
lay_out(struct gate_metrics *m)
{
	size_t i;

	for (i = 0; i < m->count; i++) {
		m->first[i] = m->cell_count;
		m->cell_count +=
		    m->table[i].kind == GATE_HISTOGRAM ? HISTOGRAM_CELLS : 1;
	}
	m->slot_bytes = sizeof(struct slot) + m->cell_count * sizeof(uint64_t);
	m->bytes = sizeof(struct head) + SLOTS * m->slot_bytes;
}

/* FNV-1a: tells tables apart, guards nothing. */
static uint64_t
shape_add(uint64_t h, const char *s)
{
	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(1099511628211);
	return (h ^ 0xff) * UINT64_C(1099511628211);
}

static uint64_t
shape(const struct gate_metrics *m)
{
	uint64_t h = UINT64_C(14695981039346656037);
	size_t i;

	for (i = 0; i < m->count; i++) {
		const struct gate_metric *t = &m->table[i];

		h = shape_add(h, t->name);
		h = shape_add(h, t->labels == NULL ? "" : t->labels);
		h = (h ^ (uint64_t)t->kind) * UINT64_C(1099511628211);
	}
	return h;
}

/* The boot id goes into the name, so that counters of a previous boot on a
 * /dev/shm that outlived it are not taken for ours. */
static void
boot_id(char out[9])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, out, 8);

	if (fd >= 0)
		(void)close(fd);
	out[n == 8 ? 8 : 0] = '\0';
}

static bool
shm_name(const char *name, char out[NAME_MAX_BYTES])
{
	char boot[9];
	int n;

	boot_id(boot);
	n = snprintf(out, NAME_MAX_BYTES, "/%s.%s.%s", name, PACKAGE_VERSION,
		     boot);
	return n > 0 && n < NAME_MAX_BYTES && strchr(name, '/') == NULL;
}

/* -1 with errno, or a descriptor of m->bytes bytes that exist for real. */
static int
shm_fd(const char *name, size_t bytes)
{
	int fd = shm_open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && st.st_uid == geteuid() &&
	    (errno = posix_fallocate(fd, 0, (off_t)bytes)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

static void *
map_named(const char *name, size_t bytes)
{
	char path[NAME_MAX_BYTES];
	void *p;
	int fd;

	if (name == NULL || name[0] == '\0' || !shm_name(name, path))
		return MAP_FAILED;
	fd = shm_fd(path, bytes);
	if (fd < 0)
		return MAP_FAILED;
	p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	return p;
}

/* True if the segment is new (all zero) or holds this very table. */
static bool
claim_head(struct gate_metrics *m)
{
	struct head *head = (void *)m->map;
	uint64_t want = shape(m);

	if (head->magic == 0) {
		head->shape = want;
		head->magic = MAGIC;
	}
	return head->magic == MAGIC && head->shape == want;
}

enum gate_code
gate_metrics_open(const char *name, const struct gate_metric *table,
		  size_t count, struct gate_metrics **out, struct gate_err *err)
{
	struct gate_metrics *m;
	void *p;

	GATE_ASSERT(count <= GATE_METRICS_MAX);
	m = calloc(1, sizeof(*m));
	if (m == NULL)
		return gate_err_set(err, GATE_E_NOMEM, "metrics: no memory");
	m->table = table;
	m->count = count;
	lay_out(m);
	p = map_named(name, m->bytes);
	if (p != MAP_FAILED) {
		m->map = p;
		if (!claim_head(m)) { /* another build's: leave it alone */
			(void)munmap(p, m->bytes);
			p = MAP_FAILED;
		}
	}
	if (p == MAP_FAILED)
		p = mmap(NULL, m->bytes, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED) {
		free(m);
		return gate_err_sys(err, "metrics");
	}
	m->map = p;
	m->mine = slot_at(m, 0);
	*out = m;
	return GATE_OK;
}

static bool
is_gone(int32_t pid)
{
	return kill((pid_t)(pid < 0 ? -pid : pid), 0) != 0 && errno == ESRCH;
}

/* Moves what the slot counted into the total, if it still has `pid`. */
static void
fold_slot(struct gate_metrics *m, struct slot *s, int32_t pid)
{
	struct slot *total = slot_at(m, 0);
	size_t i, c;

	if (!atomic_compare_exchange_strong(&s->pid, &pid, -(int32_t)getpid()))
		return;
	for (i = 0; i < m->count; i++) {
		size_t end = i + 1 < m->count ? m->first[i + 1] : m->cell_count;

		for (c = m->first[i]; c < end; c++) {
			uint64_t v = atomic_exchange(&s->cells[c], 0);

			if (m->table[i].kind != GATE_GAUGE)
				(void)atomic_fetch_add(&total->cells[c], v);
		}
	}
	atomic_store(&s->pid, 0);
}

void
gate_metrics_attach(struct gate_metrics *m)
{
	int32_t me = (int32_t)getpid();
	size_t i;

	if (m == NULL)
		return;
	for (i = 1; i < SLOTS; i++) {
		struct slot *s = slot_at(m, i);
		int32_t pid = atomic_load(&s->pid);

		if (pid != 0 && pid != me && is_gone(pid))
			fold_slot(m, s, pid);
		pid = 0;
		if (atomic_compare_exchange_strong(&s->pid, &pid, me)) {
			m->mine = s;
			return;
		}
	}
	m->mine = slot_at(m, SLOTS - 1); /* shared: cells are atomic */
}

void
gate_metrics_fold(struct gate_metrics *m, int pid)
{
	size_t i;

	for (i = 1; m != NULL && i < SLOTS; i++) {
		struct slot *s = slot_at(m, i);

		if (atomic_load(&s->pid) == (int32_t)pid)
			fold_slot(m, s, (int32_t)pid);
	}
}

void
gate_metrics_close(struct gate_metrics *m)
{
	if (m == NULL)
		return;
	(void)munmap(m->map, m->bytes);
	free(m);
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
		atomic_store_explicit(cell(m, i, GATE_GAUGE), v,
				      memory_order_relaxed);
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

uint64_t
gate_metrics_cell(const struct gate_metrics *m, size_t i, size_t k)
{
	uint64_t v = 0;
	size_t s;

	for (s = 0; s < SLOTS; s++)
		v +=
		    atomic_load_explicit(&slot_at(m, s)->cells[m->first[i] + k],
					 memory_order_relaxed);
	return v;
}

const struct gate_metric *
gate_metrics_row(const struct gate_metrics *m, size_t i)
{
	return i < m->count ? &m->table[i] : NULL;
}

uint64_t
gate_metrics_get(const struct gate_metrics *m, size_t i)
{
	if (m == NULL)
		return 0;
	GATE_ASSERT(i < m->count);
	return gate_metrics_cell(
	    m, i,
	    m->table[i].kind == GATE_HISTOGRAM ? GATE_METRICS_COUNT_CELL : 0);
}

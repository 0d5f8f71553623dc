/*
 * The counters' segment: described, and read. Counts nothing; the memory is
 * lib/segment.c's. A writer maps its segment; a reader does not, it copies
 * the file, so that nothing it does reaches the writers and nothing they do
 * to the file ends it.
 */
#include "config.h"

#include "lib/metrics_segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/num.h"
#include "lib/segment.h"
#include "lib/span.h"

#define HEAD_BYTES sizeof(struct gate_metrics_head)
#define ROW_BYTES sizeof(struct gate_metrics_row)

struct gate_metrics_slot *
gate_metrics_slot(const struct gate_metrics *m, size_t i)
{
	void *p = m->map + m->slots_at + i * m->slot_bytes;

	return p;
}

void
gate_metrics_lay_out(struct gate_metrics *m)
{
	size_t i;

	m->cell_count = 0;
	for (i = 0; i < m->count; i++) {
		m->first[i] = m->cell_count;
		m->cell_count += m->table[i].kind == GATE_HISTOGRAM
		    ? GATE_METRICS_HISTOGRAM_CELLS
		    : 1;
	}
	m->slots_at = HEAD_BYTES + m->count * ROW_BYTES;
	m->slot_bytes =
	    sizeof(struct gate_metrics_slot) + m->cell_count * sizeof(uint64_t);
	m->bytes = m->slots_at + GATE_METRICS_ALL_SLOTS * m->slot_bytes;
}

/* ---- writing ----------------------------------------------------------- */

/* Writes the rows if nobody has; several may at once, they write the same.
 * False: other rows stand there. */
static bool
describe(unsigned char *map, const struct gate_metrics_row *rows, size_t count)
{
	struct gate_metrics_head *head = (void *)map;
	size_t n = count * ROW_BYTES;

	if (atomic_load(&head->magic) == 0) {
		memcpy(map + HEAD_BYTES, rows, n);
		head->count = count;
		atomic_store(&head->magic, GATE_METRICS_MAGIC);
	}
	return atomic_load(&head->magic) == GATE_METRICS_MAGIC &&
	    head->count == count &&
	    gate_span_equal(
		gate_span_of(map + HEAD_BYTES, n), gate_span_of(rows, n));
}

static void
use(struct gate_metrics *m, const struct gate_segment *s)
{
	m->map = s->map;
	m->shared = s->shared;
}

static void
map_shared(struct gate_metrics *m, const char *name, const char *program,
    const struct gate_metrics_row *rows)
{
	struct gate_segment s;

	if (!gate_segment_named(name, program, m->bytes, &s))
		return;
	if (describe(s.map, rows, m->count))
		use(m, &s);
	else
		gate_segment_close(&s);
}

/* With zeroes, for us and our children. */
static enum gate_code
map_private(struct gate_metrics *m, struct gate_err *err)
{
	struct gate_segment s;
	enum gate_code rc = gate_segment_private(m->bytes, &s, err);

	if (rc == GATE_OK)
		use(m, &s);
	return rc;
}

enum gate_code
gate_metrics_open(const char *name, const char *program,
    const struct gate_metric *table, size_t count, struct gate_metrics **out,
    struct gate_err *err)
{
	struct gate_metrics_row *rows = calloc(count + 1, ROW_BYTES);
	struct gate_metrics *m = calloc(1, sizeof(*m));
	enum gate_code rc = GATE_OK;
	size_t i;

	GATE_ASSERT(count <= GATE_METRICS_MAX);
	if (rows == NULL || m == NULL) {
		rc = gate_err_set(err, GATE_E_NOMEM, "metrics: no memory");
		goto out;
	}
	for (i = 0; i < count; i++)
		GATE_ASSERT(
		    gate_metrics_row_put(&table[i], &rows[i]) == GATE_OK);
	GATE_ASSERT(gate_metrics_rows_get(rows, count, m->table) == GATE_OK);
	memcpy(m->table, table, count * sizeof(*table));
	m->count = count;
	gate_metrics_lay_out(m);
	map_shared(m, name, program, rows);
	if (m->map == NULL)
		rc = map_private(m, err);
	if (rc == GATE_OK) {
		m->mine = gate_metrics_slot(m, 0);
		*out = m;
		m = NULL;
	}
out:
	free(rows);
	free(m);
	return rc;
}

bool
gate_metrics_is_shared(const struct gate_metrics *m)
{
	return m->shared;
}

void
gate_metrics_close(struct gate_metrics *m)
{
	if (m == NULL)
		return;
	(void)munmap(m->map, m->bytes);
	free(m);
}

/* ---- reading ----------------------------------------------------------- */

static enum gate_code
open_theirs(const char *path, int *fd, size_t *bytes, struct gate_err *err)
{
	struct gate_metrics most = {.count = GATE_METRICS_MAX};
	struct stat st;
	size_t i;

	*fd = shm_open(path, O_RDONLY | O_CLOEXEC, 0);
	if (*fd < 0)
		return errno == ENOENT ? gate_err_set(err, GATE_E_UNKNOWN,
					     "/dev/shm%s: there is none", path)
				       : gate_err_sys(err, "/dev/shm%s", path);
	if (fstat(*fd, &st) != 0)
		return gate_err_sys(err, "/dev/shm%s", path);
	if ((st.st_uid != geteuid() && geteuid() != 0) ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return gate_err_set(err, GATE_E_AUTH,
		    "/dev/shm%s: of another user, or others may write it",
		    path);
	for (i = 0; i < most.count; i++)
		most.table[i].kind = GATE_HISTOGRAM;
	gate_metrics_lay_out(&most);
	if (!S_ISREG(st.st_mode) || st.st_size < (off_t)HEAD_BYTES ||
	    st.st_size > (off_t)most.bytes)
		return gate_err_set(
		    err, GATE_E_BAD, "/dev/shm%s: not of this version", path);
	*bytes = (size_t)st.st_size;
	return GATE_OK;
}

/* False: the file is shorter than it was. */
static bool
read_all(int fd, unsigned char *p, size_t n)
{
	size_t at = 0;

	while (at < n) {
		ssize_t got = pread(fd, p + at, n - at, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += (size_t)got;
	}
	return true;
}

enum gate_code
gate_metrics_understand(struct gate_metrics *m)
{
	const struct gate_metrics_head *head = (const void *)m->map;
	const void *rows = m->map + HEAD_BYTES;
	size_t bytes = m->bytes;

	if (bytes < HEAD_BYTES || head->magic != GATE_METRICS_MAGIC ||
	    head->count > GATE_METRICS_MAX ||
	    head->count * ROW_BYTES > bytes - HEAD_BYTES ||
	    gate_metrics_rows_get(rows, (size_t)head->count, m->table) !=
		GATE_OK)
		return GATE_E_BAD;
	m->count = (size_t)head->count;
	gate_metrics_lay_out(m);
	if (m->bytes == bytes)
		return GATE_OK;
	m->bytes = bytes; /* what is mapped */
	return GATE_E_BAD;
}

static enum gate_code
copy(int fd, size_t bytes, const char *path, struct gate_metrics **out,
    struct gate_err *err)
{
	struct gate_metrics *m = calloc(1, sizeof(*m));
	enum gate_code rc;

	if (m == NULL)
		return gate_err_set(err, GATE_E_NOMEM, "metrics: no memory");
	m->bytes = bytes;
	rc = map_private(m, err);
	if (rc != GATE_OK) {
		free(m);
		return rc;
	}
	if (!read_all(fd, m->map, bytes) ||
	    gate_metrics_understand(m) != GATE_OK) {
		gate_metrics_close(m);
		return gate_err_set(
		    err, GATE_E_BAD, "/dev/shm%s: not of this version", path);
	}
	m->mine = gate_metrics_slot(m, 0);
	*out = m;
	return GATE_OK;
}

enum gate_code
gate_metrics_read(const char *name, const char *program,
    struct gate_metrics **out, struct gate_err *err)
{
	char path[GATE_SEGMENT_PATH];
	enum gate_code rc;
	size_t bytes;
	int fd;

	if (!gate_segment_path(name, program, path))
		return gate_err_set(err, GATE_E_UNKNOWN,
		    "metrics: no name, so there are none to be read");
	rc = open_theirs(path, &fd, &bytes, err);
	if (rc == GATE_OK)
		rc = copy(fd, bytes, path, out, err);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

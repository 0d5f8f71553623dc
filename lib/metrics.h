/*
 * Counters and histograms in shared memory: one truth over all processes of
 * a program, and readable by others while they run or are gone. Each process
 * takes a slot and counts only there, with relaxed atomics; the slot of one
 * that has died is taken over with what it counted, so nothing is lost.
 *
 * A program has one segment, /dev/shm/NAME.PROGRAM.VERSION.BOOT, which says
 * itself what is in it. Its memory is posix_fallocate'd (a full /dev/shm must
 * fail here, not as SIGBUS later); where that fails, or without a name,
 * private counters are used.
 *
 * Which metrics exist is one table of the program's own. Names are of one
 * program only: then the texts of several make one exposition together.
 */
#ifndef GATE_METRICS_H
#define GATE_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/err.h"

enum gate_metric_kind {
	GATE_COUNTER,
	GATE_GAUGE, /* its process's own: goes with it */
	GATE_HISTOGRAM
};

struct gate_metric {
	const char *name;   /* Prometheus: pressgate_..._total, _seconds */
	const char *labels; /* fixed, e.g. "outcome=\"accepted\"", or NULL */
	enum gate_metric_kind kind;
	const char *help; /* one for all rows of a name, which stand together */
};

#define GATE_METRICS_MAX 128  /* metrics of one program */
#define GATE_METRICS_SLOTS 64 /* processes at once; more share the last */
#define GATE_METRICS_TEXT_MAX (1024u * 1024) /* of the exposition */

struct gate_metrics;

/*
 * Makes the program's segment, or finds it as it was left.
 *
 * name     of the configuration; "" or NULL: private, shared with children
 *          only
 * program  "fcgi", "worker"
 * table    outlives *out. One that could not be printed is our bug: aborts.
 */
enum gate_code gate_metrics_open(const char *name, const char *program,
    const struct gate_metric *table, size_t count, struct gate_metrics **out,
    struct gate_err *err) GATE_MUSTCHECK;
/* False: private; gate_metrics_read will not find them. */
bool gate_metrics_is_shared(const struct gate_metrics *m);

/*
 * What the segment of a program holds at this moment, as a copy: cannot
 * disturb the program, and believes nothing that it reads.
 *
 * Returns GATE_OK, GATE_E_UNKNOWN (there is none), GATE_E_AUTH (of another
 *         user, who is not us and we are not root, or writable by others),
 *         GATE_E_BAD (not a segment of this version), GATE_E_SYS,
 *         GATE_E_NOMEM.
 */
enum gate_code gate_metrics_read(const char *name, const char *program,
    struct gate_metrics **out, struct gate_err *err) GATE_MUSTCHECK;

/* The calling process takes a slot (after fork). */
void gate_metrics_attach(struct gate_metrics *m);
void gate_metrics_close(struct gate_metrics *m);

/* All take NULL. i: index into the table; out of range aborts. */
void gate_metrics_add(struct gate_metrics *m, size_t i, uint64_t n);
void gate_metrics_set(struct gate_metrics *m, size_t i, uint64_t v);
void gate_metrics_observe_ms(struct gate_metrics *m, size_t i, int64_t ms);
/* The sum over all processes; of a histogram, how many were observed. */
uint64_t gate_metrics_get(const struct gate_metrics *m, size_t i);

/* Appends the Prometheus text format, version 0.0.4. */
enum gate_code gate_metrics_text(
    const struct gate_metrics *m, struct gate_buf *out) GATE_MUSTCHECK;

#endif

/*
 * Counters and histograms in shared memory: one truth over all processes
 * of a program. The parent makes the segment before it forks; each process
 * takes a slot and writes only there, with relaxed atomics; slots of dead
 * processes are folded into a total, so nothing is lost. Memory is
 * posix_fallocate'd (a full /dev/shm must fail here, not as SIGBUS later);
 * where that fails, or for a parentless process without a name, private
 * counters are used.
 *
 * Which metrics exist is one table of the program's own.
 */
#ifndef GATE_METRICS_H
#define GATE_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/err.h"

enum gate_metric_kind { GATE_COUNTER, GATE_GAUGE, GATE_HISTOGRAM };

struct gate_metric {
	const char *name; /* Prometheus: pressgate_..._total, _seconds */
	const char *labels; /* fixed, e.g. "outcome=\"accepted\"", or NULL */
	enum gate_metric_kind kind;
	const char *help;
};

#define GATE_METRICS_MAX 128 /* metrics of one program */
#define GATE_METRICS_SLOTS 64 /* processes at once; more share the last */

struct gate_metrics;

/*
 * name  of the segment below /dev/shm ("" or NULL: anonymous, shared with
 *       children only); version and boot id are added to it
 */
enum gate_code gate_metrics_open(const char *name,
    const struct gate_metric *table, size_t count, struct gate_metrics **out,
    struct gate_err *err) GATE_MUSTCHECK;
/* The calling process takes a slot (after fork). */
void gate_metrics_attach(struct gate_metrics *m);
/* Folds the slot of a process that is gone. The parent calls it on exit of
 * a child. */
void gate_metrics_fold(struct gate_metrics *m, int pid);
void gate_metrics_close(struct gate_metrics *m);

/* All take NULL. i: index into the table; out of range aborts. */
void gate_metrics_add(struct gate_metrics *m, size_t i, uint64_t n);
void gate_metrics_set(struct gate_metrics *m, size_t i, uint64_t v);
void gate_metrics_observe_ms(struct gate_metrics *m, size_t i, int64_t ms);
uint64_t gate_metrics_get(const struct gate_metrics *m, size_t i);

/* Appends the Prometheus text format, version 0.0.4. */
enum gate_code gate_metrics_text(const struct gate_metrics *m,
    struct gate_buf *out) GATE_MUSTCHECK;

#endif

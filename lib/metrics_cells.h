/*
 * What lies behind a metric: for lib/metrics_text.c, which prints it.
 */
#ifndef GATE_METRICS_CELLS_H
#define GATE_METRICS_CELLS_H

#include "lib/metrics.h"

#define GATE_METRICS_BUCKETS 16

/* A histogram's cells: the buckets, then these. */
#define GATE_METRICS_SUM_CELL GATE_METRICS_BUCKETS /* in ms */
#define GATE_METRICS_COUNT_CELL (GATE_METRICS_BUCKETS + 1)

/* Upper bounds of all buckets but the last. */
extern const int64_t gate_metrics_bounds_ms[GATE_METRICS_BUCKETS - 1];

/* The sum over all processes of cell k of metric i. */
uint64_t gate_metrics_cell(const struct gate_metrics *m, size_t i, size_t k);
/* NULL beyond the table. */
const struct gate_metric *gate_metrics_row(const struct gate_metrics *m,
    size_t i);

#endif

/*
 * How a segment is laid out: for the files of lib/metrics only.
 *
 *	| head | rows: what is counted | slot 0 | slot 1 | ... | slot 64 |
 *	                                 shared   one process each
 *
 * A metric has one cell in each slot, a histogram one for each bucket, then
 * sum (ms) and count. The truth about a counter is the sum over all slots,
 * and no cell of a counter is ever taken back: who adds them up one after
 * another, while others count, never sees less than before.
 */
#ifndef GATE_METRICS_SEGMENT_H
#define GATE_METRICS_SEGMENT_H

#include <stdatomic.h>

#include "lib/metrics.h"

#define GATE_METRICS_MAGIC UINT64_C(0x7072657373676132) /* the layout, too */
#define GATE_METRICS_ALL_SLOTS (GATE_METRICS_SLOTS + 1)

#define GATE_METRICS_BUCKETS 16
/* A histogram's cells: the buckets, then these. */
#define GATE_METRICS_SUM_CELL GATE_METRICS_BUCKETS /* in ms */
#define GATE_METRICS_COUNT_CELL (GATE_METRICS_BUCKETS + 1)
#define GATE_METRICS_HISTOGRAM_CELLS (GATE_METRICS_BUCKETS + 2)

/* Upper bounds of all buckets but the last, which is +Inf. */
extern const int64_t gate_metrics_bounds_ms[GATE_METRICS_BUCKETS - 1];

struct gate_metrics_head {
	_Atomic uint64_t magic; /* 0 until all rows stand */
	uint64_t count;         /* of rows */
};

/* A struct gate_metric without pointers. Each text ends with a NUL. */
struct gate_metrics_row {
	char name[64];
	char labels[96];
	char help[96];
	uint64_t kind;
};

struct gate_metrics_slot {
	_Atomic int64_t pid; /* 0: free */
	_Atomic uint64_t cells[];
};

struct gate_metrics {
	struct gate_metric table[GATE_METRICS_MAX];
	size_t count;
	size_t first[GATE_METRICS_MAX]; /* cell of metric i */
	size_t cell_count;
	size_t slots_at; /* bytes into map */
	size_t slot_bytes;
	size_t bytes;
	bool shared;
	unsigned char *map;
	struct gate_metrics_slot *mine; /* never NULL; 0 until attached */
};

/* From table and count to all sizes. */
void gate_metrics_lay_out(struct gate_metrics *m);
struct gate_metrics_slot *gate_metrics_slot(
    const struct gate_metrics *m, size_t i);
/* The sum over all processes of cell k of metric i; k 0 for all but
 * histograms. */
uint64_t gate_metrics_cell(const struct gate_metrics *m, size_t i, size_t k);

/* Makes a row of a metric. GATE_E_LIMIT: a text is too long. */
enum gate_code gate_metrics_row_put(
    const struct gate_metric *t, struct gate_metrics_row *out) GATE_MUSTCHECK;
/*
 * Makes a table of rows that may hold anything; its texts are the rows'.
 * GATE_E_BAD, unless it can be printed: names, labels and help as Prometheus
 * takes them, the rows of a name together and of one kind, none twice.
 */
enum gate_code gate_metrics_rows_get(const struct gate_metrics_row *rows,
    size_t count, struct gate_metric *table) GATE_MUSTCHECK;

/*
 * Fills *m from what lies in its map, m->bytes of anything.
 * GATE_E_BAD: it is no segment; m->bytes is as it was.
 */
enum gate_code gate_metrics_understand(struct gate_metrics *m) GATE_MUSTCHECK;

#endif

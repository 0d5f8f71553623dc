/*
 * Metrics as text: the Prometheus exposition format, version 0.0.4. Reads
 * cells and changes none.
 */
#include "config.h"

#include "lib/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/metrics_segment.h"

/* Labels of the table and one of our own, in braces; "" if neither. */
static void
put_labels(struct gate_buf *out, const char *labels, const char *le)
{
	bool has = labels != NULL && labels[0] != '\0';

	if (!has && le == NULL)
		return;
	(void)gate_buf_printf(out, "{%s", has ? labels : "");
	if (le != NULL)
		(void)gate_buf_printf(out, "%sle=\"%s\"", has ? "," : "", le);
	(void)gate_buf_put_byte(out, '}');
}

static void
put_seconds(char *dst, size_t dst_size, uint64_t ms)
{
	(void)snprintf(dst, dst_size, "%" PRIu64 ".%03u", ms / 1000,
	    (unsigned int)(ms % 1000));
}

static void
put_histogram(const struct gate_metrics *m, size_t i,
    const struct gate_metric *t, struct gate_buf *out)
{
	uint64_t below = 0;
	char seconds[32];
	size_t b;

	for (b = 0; b < GATE_METRICS_BUCKETS; b++) {
		below += gate_metrics_cell(m, i, b);
		(void)gate_buf_printf(out, "%s_bucket", t->name);
		if (b < GATE_METRICS_BUCKETS - 1)
			put_seconds(seconds, sizeof(seconds),
			    (uint64_t)gate_metrics_bounds_ms[b]);
		put_labels(out, t->labels,
		    b < GATE_METRICS_BUCKETS - 1 ? seconds : "+Inf");
		(void)gate_buf_printf(out, " %" PRIu64 "\n", below);
	}
	put_seconds(seconds, sizeof(seconds),
	    gate_metrics_cell(m, i, GATE_METRICS_SUM_CELL));
	(void)gate_buf_printf(out, "%s_sum", t->name);
	put_labels(out, t->labels, NULL);
	(void)gate_buf_printf(out, " %s\n%s_count", seconds, t->name);
	put_labels(out, t->labels, NULL);
	(void)gate_buf_printf(out, " %" PRIu64 "\n", below);
}

enum gate_code
gate_metrics_text(const struct gate_metrics *m, struct gate_buf *out)
{
	static const char *const kinds[] = {"counter", "gauge", "histogram"};
	const char *last = "";
	size_t i;

	for (i = 0; i < m->count; i++) {
		const struct gate_metric *t = &m->table[i];

		if (strcmp(t->name, last) != 0)
			(void)gate_buf_printf(out,
			    "# HELP %s %s\n# TYPE %s %s\n", t->name, t->help,
			    t->name, kinds[t->kind]);
		last = t->name;
		if (t->kind == GATE_HISTOGRAM) {
			put_histogram(m, i, t, out);
			continue;
		}
		(void)gate_buf_put_str(out, t->name);
		put_labels(out, t->labels, NULL);
		(void)gate_buf_printf(
		    out, " %" PRIu64 "\n", gate_metrics_cell(m, i, 0));
	}
	return out->failed;
}

/*
 * What a segment says of itself: tables as rows of bytes, and back. Pure.
 * Rows come from a file that another program wrote, or another version of
 * it, or somebody else; what passes here can be printed as it is, without
 * any escaping.
 */
#include "config.h"

#include "lib/metrics_segment.h"

#include <string.h>

#include "lib/num.h"
#include "lib/span.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define DIGITS "0123456789"

enum gate_code
gate_metrics_row_put(const struct gate_metric *t, struct gate_metrics_row *out)
{
	struct gate_metrics_row r = {.kind = (uint64_t)t->kind};

	if (!gate_span_copy(gate_span_str(t->name), r.name, sizeof(r.name)) ||
	    !gate_span_copy(
		gate_span_str(t->labels), r.labels, sizeof(r.labels)) ||
	    !gate_span_copy(gate_span_str(t->help), r.help, sizeof(r.help)))
		return GATE_E_LIMIT;
	*out = r;
	return GATE_OK;
}

/* False: no NUL ends it. */
static bool
text_of(const char *p, size_t n, struct gate_span *out)
{
	const char *end = memchr(p, '\0', n);

	if (end == NULL)
		return false;
	*out = gate_span_of(p, (size_t)(end - p));
	return true;
}

static bool
is_name(struct gate_span s)
{
	struct gate_span first = s;

	first.n = 1;
	return s.n > 0 && gate_span_only(first, LETTERS) &&
	    gate_span_only(s, LETTERS DIGITS);
}

/* Printable ASCII without what the text format escapes. */
static bool
is_plain(struct gate_span s)
{
	return gate_span_within(s, ' ', '~') &&
	    memchr(s.p, '\\', s.n) == NULL && memchr(s.p, '"', s.n) == NULL;
}

/* name="value",name="value" or nothing; "le" is a histogram's own. */
static bool
is_labels(struct gate_span s)
{
	struct gate_span name, value;
	bool more = s.n > 0;

	while (more) {
		if (!gate_span_until(&s, '=', s.n, &name) || !is_name(name) ||
		    gate_span_is(name, "le") || !gate_span_skip(&s, "\"") ||
		    !gate_span_until(&s, '"', s.n, &value) || !is_plain(value))
			return false;
		more = gate_span_skip(&s, ",");
	}
	return s.n == 0;
}

static bool
row_get(const struct gate_metrics_row *r, struct gate_metric *out)
{
	struct gate_span name, labels, help;

	if (!text_of(r->name, sizeof(r->name), &name) ||
	    !text_of(r->labels, sizeof(r->labels), &labels) ||
	    !text_of(r->help, sizeof(r->help), &help) ||
	    r->kind > GATE_HISTOGRAM || !is_name(name) || !is_labels(labels) ||
	    !is_plain(help))
		return false;
	*out = (struct gate_metric){.name = r->name,
	    .labels = r->labels,
	    .kind = (enum gate_metric_kind)r->kind,
	    .help = r->help};
	return true;
}

/* Row i goes with those before it. */
static bool
fits(const struct gate_metric *table, size_t i)
{
	const struct gate_metric *t = &table[i];
	size_t k;

	for (k = 0; k < i; k++) {
		if (strcmp(table[k].name, t->name) != 0)
			continue;
		if (strcmp(table[i - 1].name, t->name) != 0 ||
		    table[k].kind != t->kind ||
		    strcmp(table[k].help, t->help) != 0 ||
		    strcmp(table[k].labels, t->labels) == 0)
			return false;
	}
	return true;
}

enum gate_code
gate_metrics_rows_get(const struct gate_metrics_row *rows, size_t count,
    struct gate_metric *table)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!row_get(&rows[i], &table[i]) || !fits(table, i))
			return GATE_E_BAD;
	return GATE_OK;
}

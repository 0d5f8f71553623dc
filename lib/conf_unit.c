/*
 * Durations and sizes, both ways.
 */
#include "config.h"

#include "lib/conf_unit.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/num.h"

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit durations[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
static const struct unit sizes[] = {
    {"", 1}, {"k", 1024}, {"m", 1024 * 1024}, {"g", 1024 * 1024 * 1024}};

static bool
with_unit(struct gate_span in, const struct unit *units, size_t unit_count,
    int64_t *out)
{
	struct gate_span digits;
	uint64_t number;
	int64_t v;
	size_t n = 0, i;

	while (n < in.n && in.p[n] >= '0' && in.p[n] <= '9')
		n++;
	if (!gate_span_take(&in, n, &digits) ||
	    !gate_span_u64(digits, INT64_MAX, &number))
		return false;
	if (number == 0 && in.n == 0) {
		*out = 0;
		return true;
	}
	for (i = 0; i < unit_count; i++)
		if (gate_span_is(in, units[i].name))
			break;
	if (i == unit_count || !gate_mul((int64_t)number, units[i].factor, &v))
		return false;
	*out = v;
	return true;
}

bool
gate_conf_duration_ms(struct gate_span in, int64_t *out)
{
	return with_unit(in, durations, GATE_COUNT(durations), out);
}

bool
gate_conf_size(struct gate_span in, int64_t *out)
{
	return with_unit(in, sizes, GATE_COUNT(sizes), out);
}

/* The largest unit that gives a whole number. */
static void
put_with_unit(int64_t v, const struct unit *units, size_t unit_count,
    char dst[GATE_CONF_UNIT_TEXT])
{
	size_t i = unit_count;

	while (i > 1 && (v == 0 || v % units[i - 1].factor != 0))
		i--;
	(void)snprintf(dst, GATE_CONF_UNIT_TEXT, "%" PRId64 "%s",
	    v / units[i - 1].factor, units[i - 1].name);
}

void
gate_conf_duration_text(int64_t ms, char dst[GATE_CONF_UNIT_TEXT])
{
	put_with_unit(ms, durations, GATE_COUNT(durations), dst);
}

void
gate_conf_size_text(int64_t bytes, char dst[GATE_CONF_UNIT_TEXT])
{
	put_with_unit(bytes, sizes, GATE_COUNT(sizes), dst);
}

/*
 * The query of GET /results. Pure. No decoding: the values need none, so an
 * escape makes them invalid.
 */
#include "config.h"

#include "fcgi/cursor.h"

static bool
parse_since(struct gate_span in, struct cursor *c)
{
	struct gate_span tag = in, seq;

	if (!gate_span_until(&tag, '.', 19, &seq) || seq.n == 0 ||
	    !gate_span_i64(seq, 0, INT64_MAX, &c->seq))
		return false;
	if (tag.n != CURSOR_TAG - 1 ||
	    !gate_span_only(tag, "0123456789abcdef") ||
	    !gate_span_copy(tag, c->tag, sizeof(c->tag)))
		return false;
	c->is_given = true;
	c->text = in;
	return true;
}

static bool
parse_limit(struct gate_span in, struct cursor *c)
{
	uint64_t n;

	if (!gate_span_u64(in, INT32_MAX, &n) || n == 0)
		return false;
	c->limit = n < CURSOR_LIMIT_MAX ? (int64_t)n : CURSOR_LIMIT_MAX;
	return true;
}

bool
cursor_parse(struct gate_span query, struct cursor *out)
{
	struct cursor c = {.limit = CURSOR_LIMIT_DEFAULT};
	bool has_limit = false;

	while (query.n > 0) {
		struct gate_span item;

		if (!gate_span_until(&query, '&', query.n, &item)) {
			item = query;
			query.n = 0;
		}
		if (gate_span_skip(&item, "since=")) {
			if (c.is_given || !parse_since(item, &c))
				return false;
		} else if (gate_span_skip(&item, "limit=")) {
			if (has_limit || !parse_limit(item, &c))
				return false;
			has_limit = true;
		}
	}
	*out = c;
	return true;
}

/*
 * Whether two documents say the same. By the public face of lib/json.h only.
 */
#include "config.h"

#include "lib/json.h"

static bool
equal_numbers(const struct gate_json *a, const struct gate_json *b)
{
	int64_t i, k;
	double x, y;

	if (gate_json_i64(a, &i) && gate_json_i64(b, &k))
		return i == k;
	return gate_json_number(a, &x) && gate_json_number(b, &y) && x >= y &&
	    x <= y;
}

static bool
equal_arrays(const struct gate_json *a, const struct gate_json *b)
{
	size_t i, n = gate_json_count(a);

	if (n != gate_json_count(b))
		return false;
	for (i = 0; i < n; i++)
		if (!gate_json_equal(gate_json_at(a, i), gate_json_at(b, i)))
			return false;
	return true;
}

static bool
equal_member(const char *key, const struct gate_json *member, void *ctx)
{
	const struct gate_json *other;

	return gate_json_get(ctx, key, &other) &&
	    gate_json_equal(member, other);
}

/* Keys are unique in each: as many, and each of one in the other. */
static bool
equal_objects(const struct gate_json *a, const struct gate_json *b)
{
	return gate_json_count(a) == gate_json_count(b) &&
	    gate_json_each(a, equal_member, (void *)(uintptr_t)b);
}

bool
gate_json_equal(const struct gate_json *a, const struct gate_json *b)
{
	enum gate_json_kind kind = gate_json_kind(a);
	struct gate_span s, t;
	bool x, y;

	if (kind == GATE_JSON_INT || kind == GATE_JSON_DOUBLE)
		return equal_numbers(a, b);
	if (kind != gate_json_kind(b))
		return false;
	switch (kind) {
	case GATE_JSON_BOOL:
		return gate_json_bool(a, &x) && gate_json_bool(b, &y) && x == y;
	case GATE_JSON_STRING:
		return gate_json_string(a, &s) && gate_json_string(b, &t) &&
		    gate_span_equal(s, t);
	case GATE_JSON_ARRAY:
		return equal_arrays(a, b);
	case GATE_JSON_OBJECT:
		return equal_objects(a, b);
	case GATE_JSON_NULL:
	case GATE_JSON_INT:
	case GATE_JSON_DOUBLE:
		break;
	}
	return true;
}

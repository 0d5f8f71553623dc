/*
 * Which values are the same: 1 is 1.0, and members have no order. Owns
 * uniqueItems, which would compare each item with each other one: items are
 * sorted by a hash, and only equal hashes are compared. Who makes many items
 * of one hash pays for it from the budget.
 */
#include "config.h"

#include <stdlib.h>

#include "lib/num.h"
#include "lib/schema_tree.h"

#define BYTES_A_STEP 64

struct pair {
	struct schema_walk *w;
	const struct gate_json *other;
};

static bool
same_member(const char *key, const struct gate_json *member, void *ctx)
{
	const struct pair *p = ctx;
	const struct gate_json *other;

	return gate_json_get(p->other, key, &other) &&
	    schema_equal(p->w, member, other);
}

static bool
same_items(
    struct schema_walk *w, const struct gate_json *a, const struct gate_json *b)
{
	size_t i;

	for (i = 0; i < gate_json_count(a); i++)
		if (!schema_equal(w, gate_json_at(a, i), gate_json_at(b, i)))
			return false;
	return true;
}

static bool
same_number(
    struct schema_walk *w, const struct gate_json *a, const struct gate_json *b)
{
	struct gate_decimal x, y;

	return schema_number(w, a, &x) && schema_number(w, b, &y) &&
	    gate_decimal_compare(&x, &y) == 0;
}

static bool
same_string(
    struct schema_walk *w, const struct gate_json *a, const struct gate_json *b)
{
	struct gate_span x = {0}, y = {0};

	return gate_json_string(a, &x) && gate_json_string(b, &y) &&
	    x.n == y.n && schema_spend(w, x.n / BYTES_A_STEP) &&
	    gate_span_equal(x, y);
}

bool
schema_equal(
    struct schema_walk *w, const struct gate_json *a, const struct gate_json *b)
{
	enum gate_json_kind kind = gate_json_kind(a);
	struct pair p = {w, b};
	bool x = false, y = false;

	if (!schema_spend(w, 1))
		return false;
	if ((KIND(kind) & KINDS_NUMBER) &&
	    (KIND(gate_json_kind(b)) & KINDS_NUMBER))
		return same_number(w, a, b);
	if (kind != gate_json_kind(b) ||
	    gate_json_count(a) != gate_json_count(b))
		return false;
	switch (kind) {
	case GATE_JSON_BOOL:
		return gate_json_bool(a, &x) && gate_json_bool(b, &y) && x == y;
	case GATE_JSON_STRING:
		return same_string(w, a, b);
	case GATE_JSON_ARRAY:
		return same_items(w, a, b);
	case GATE_JSON_OBJECT:
		return gate_json_each(a, same_member, &p);
	case GATE_JSON_NULL:
	case GATE_JSON_INT:
	case GATE_JSON_DOUBLE:
		break;
	}
	return true;
}

/* ---- hashes: FNV-1a; equal values have equal ones -------------------- */

#define FNV_BASIS UINT64_C(14695981039346656037)
#define FNV_PRIME UINT64_C(1099511628211)

static uint64_t
mix(uint64_t hash, struct gate_span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		hash = (hash ^ s.p[i]) * FNV_PRIME;
	return hash;
}

static uint64_t hash_of(struct schema_walk *w, const struct gate_json *v);

struct sum {
	struct schema_walk *w;
	uint64_t hash;
};

/* A sum: members have no order. */
static bool
add_member(const char *key, const struct gate_json *member, void *ctx)
{
	struct sum *s = ctx;

	s->hash += mix(FNV_BASIS, gate_span_str(key)) * FNV_PRIME ^
	    hash_of(s->w, member);
	return s->w->code == GATE_OK;
}

static uint64_t
hash_number(struct schema_walk *w, const struct gate_json *v)
{
	struct gate_decimal d;

	if (!schema_number(w, v, &d))
		return 0;
	return mix(FNV_BASIS, gate_span_of(d.digits, d.n)) ^
	    (uint64_t)d.exponent;
}

static uint64_t
hash_of(struct schema_walk *w, const struct gate_json *v)
{
	enum gate_json_kind kind = gate_json_kind(v);
	struct sum s = {w, FNV_BASIS + (uint64_t)kind};
	struct gate_span text;
	size_t i;

	if (KIND(kind) & KINDS_NUMBER)
		return schema_spend(w, 1) ? hash_number(w, v) : 0;
	if (gate_json_string(v, &text))
		return schema_spend(w, 1 + text.n / BYTES_A_STEP)
		    ? mix(s.hash, text)
		    : 0;
	if (!schema_spend(w, 1))
		return 0;
	if (kind == GATE_JSON_ARRAY)
		for (i = 0; i < gate_json_count(v) && w->code == GATE_OK; i++)
			s.hash =
			    s.hash * FNV_PRIME ^ hash_of(w, gate_json_at(v, i));
	else
		(void)gate_json_each(v, add_member, &s); /* w has the code */
	return s.hash;
}

struct item {
	uint64_t hash;
	const struct gate_json *v;
};

static int
by_hash(const void *left, const void *right)
{
	const struct item *a = left, *b = right;

	return a->hash == b->hash ? 0 : a->hash < b->hash ? -1 : 1;
}

/* Compares those of equal hashes. */
static bool
has_twins(struct schema_walk *w, const struct item *items, size_t count)
{
	size_t i, k;

	for (i = 0; i < count; i++)
		for (k = i + 1; k < count && items[k].hash == items[i].hash;
		     k++)
			if (schema_equal(w, items[i].v, items[k].v) ||
			    w->code != GATE_OK)
				return true;
	return false;
}

bool
schema_is_unique(struct schema_walk *w, const struct gate_json *array)
{
	size_t i, bytes, count = gate_json_count(array);
	struct item *items;
	bool twins = false;

	if (count < 2)
		return true;
	items = gate_mul(count, sizeof(*items), &bytes) ? malloc(bytes) : NULL;
	if (items == NULL)
		return schema_give_up(w, GATE_E_NOMEM);
	for (i = 0; i < count && w->code == GATE_OK; i++) {
		items[i].v = gate_json_at(array, i);
		items[i].hash = hash_of(w, items[i].v);
	}
	if (w->code == GATE_OK) {
		qsort(items, count, sizeof(*items), by_hash);
		twins = has_twins(w, items, count);
	}
	free(items);
	return !twins && w->code == GATE_OK;
}

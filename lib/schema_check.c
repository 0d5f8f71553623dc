/*
 * Keywords that look at a value and have no schemas inside.
 */
#include "config.h"

#include "lib/schema_rules.h"
#include "lib/url.h"

/* Bytes that are gone through for one step. */
#define BYTES_A_STEP 64

static bool
spend_on(struct schema_walk *w, struct gate_span s)
{
	return schema_spend(w, s.n / BYTES_A_STEP);
}

bool
schema_number(
    struct schema_walk *w, const struct gate_json *v, struct gate_decimal *out)
{
	struct gate_buf text;
	int64_t small;

	if (gate_json_i64(v, &small)) {
		gate_decimal_of_i64(small, out);
		return true;
	}
	gate_buf_init(&text, GATE_JSON_STORED_NUMBER_MAX);
	if (gate_json_text(v, &text) == GATE_E_NOMEM)
		(void)schema_give_up(w, GATE_E_NOMEM);
	else if (text.failed != GATE_OK ||
	    !gate_decimal_parse(gate_buf_span(&text), out))
		(void)schema_give_up(w, GATE_E_LIMIT);
	gate_buf_clear(&text);
	return w->code == GATE_OK;
}

static bool
is_integer(struct schema_walk *w, const struct gate_json *v)
{
	struct gate_decimal d;

	return gate_json_kind(v) == GATE_JSON_INT ||
	    (schema_number(w, v, &d) && gate_decimal_is_integer(&d));
}

SCHEMA_CHECK(schema_check_types)
{
	unsigned int kind = KIND(gate_json_kind(v));

	(void)n;
	if (r->types & kind)
		return true;
	return (r->types & SCHEMA_TYPE_INTEGER) && (kind & KINDS_NUMBER) &&
	    is_integer(w, v);
}

SCHEMA_CHECK(schema_check_values)
{
	size_t i;

	(void)n;
	for (i = 0; i < gate_json_count(r->value); i++)
		if (schema_equal(w, gate_json_at(r->value, i), v))
			return true;
	return false;
}

SCHEMA_CHECK(schema_check_value)
{
	(void)n;
	return schema_equal(w, r->value, v);
}

SCHEMA_CHECK(schema_check_bound)
{
	struct gate_decimal d;
	int order;

	(void)n;
	if (!schema_number(w, v, &d))
		return false;
	order = gate_decimal_compare(&d, r->number);
	return r->keyword->param &
	    (order < 0           ? SCHEMA_LESS
		    : order == 0 ? SCHEMA_EQUAL
				 : SCHEMA_GREATER);
}

SCHEMA_CHECK(schema_check_divisor)
{
	struct gate_decimal d;

	(void)n;
	return schema_number(w, v, &d) &&
	    gate_decimal_is_multiple(&d, r->number);
}

/* In code points: bytes that do not continue one. */
static uint64_t
length(struct gate_span s)
{
	uint64_t count = 0;
	size_t i;

	for (i = 0; i < s.n; i++)
		count += (s.p[i] & 0xc0) != 0x80;
	return count;
}

SCHEMA_CHECK(schema_check_size)
{
	uint64_t size = gate_json_count(v);
	struct gate_span s;

	(void)n;
	if (gate_json_string(v, &s)) {
		if (!spend_on(w, s))
			return false;
		size = length(s);
	}
	return r->keyword->param == SCHEMA_LESS ? size <= r->count
						: size >= r->count;
}

SCHEMA_CHECK(schema_check_unique)
{
	(void)n;
	return r->count == 0 || schema_is_unique(w, v);
}

static bool
has_all(struct schema_walk *w, const struct gate_json *names,
    const struct gate_json *v)
{
	const struct gate_json *unused;
	struct gate_span name;
	size_t i, count = gate_json_count(names);

	if (!schema_spend(w, count))
		return false;
	for (i = 0; i < count; i++)
		if (!gate_json_string(gate_json_at(names, i), &name) ||
		    !gate_json_get(v, (const char *)name.p, &unused))
			return false;
	return true;
}

SCHEMA_CHECK(schema_check_names)
{
	(void)n;
	return has_all(w, r->value, v);
}

struct lists {
	struct schema_walk *w;
	const struct gate_json *v;
};

static bool
check_list(const char *key, const struct gate_json *names, void *ctx)
{
	const struct lists *l = ctx;
	const struct gate_json *unused;

	return schema_spend(l->w, 1) &&
	    (!gate_json_get(l->v, key, &unused) || has_all(l->w, names, l->v));
}

SCHEMA_CHECK(schema_check_name_lists)
{
	struct lists l = {w, v};

	(void)n;
	return gate_json_each(r->value, check_list, &l);
}

SCHEMA_CHECK(schema_check_pattern)
{
	struct gate_span s = {0};

	(void)n;
	return gate_json_string(v, &s) &&
	    schema_pattern_holds(w, r->patterns[0], s);
}

SCHEMA_CHECK(schema_check_format)
{
	struct gate_span s = {0};

	(void)n;
	return gate_json_string(v, &s) && spend_on(w, s) && r->format(s);
}

SCHEMA_CHECK(schema_check_url)
{
	struct gate_span s = {0};

	(void)n;
	(void)r;
	return gate_json_string(v, &s) && spend_on(w, s) && gate_url_is_web(s);
}

bool
schema_member_is_known(struct schema_walk *w, const struct schema_node *n,
    const char *name, bool *known)
{
	const struct schema_rule *r = n->pattern_properties;
	const struct gate_json *unused;
	size_t i;

	if (!schema_spend(w, 1))
		return false;
	*known = n->properties != NULL &&
	    gate_json_get(n->properties->value, name, &unused);
	for (i = 0; r != NULL && i < r->node_count && !*known; i++) {
		*known = schema_pattern_holds(
		    w, r->patterns[i], gate_span_str(name));
		if (w->code != GATE_OK)
			return false;
	}
	return true;
}

struct unknown {
	struct schema_walk *w;
	const struct schema_node *n;
};

static bool
refuse_unknown(const char *name, const struct gate_json *member, void *ctx)
{
	const struct unknown *u = ctx;
	bool known;

	(void)member;
	return schema_member_is_known(u->w, u->n, name, &known) && known;
}

SCHEMA_CHECK(schema_check_unknown)
{
	struct unknown u = {w, n};

	(void)r;
	return n->unknown != SCHEMA_UNKNOWN_REFUSE ||
	    gate_json_each(v, refuse_unknown, &u);
}

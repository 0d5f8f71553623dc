/*
 * Keywords that have schemas inside. What may hold or not is asked quietly;
 * what has to hold tells its own fault, deeper down.
 */
#include "config.h"

#include "lib/schema_rules.h"

SCHEMA_CHECK(schema_apply_node)
{
	(void)n;
	return schema_walk_node(w, r->nodes[0], v);
}

SCHEMA_CHECK(schema_apply_all)
{
	size_t i;

	(void)n;
	for (i = 0; i < r->node_count; i++)
		if (!schema_walk_node(w, r->nodes[i], v))
			return false;
	return true;
}

/* How many hold, or more than max. */
static size_t
count_choices(struct schema_walk *w, const struct schema_rule *r,
    const struct gate_json *v, size_t max)
{
	size_t i, count = 0;

	for (i = 0; i < r->node_count && count <= max; i++)
		count += schema_walk_choice(w, r->nodes[i], v);
	return count;
}

SCHEMA_CHECK(schema_apply_any)
{
	(void)n;
	return count_choices(w, r, v, 0) > 0 && w->code == GATE_OK;
}

SCHEMA_CHECK(schema_apply_one)
{
	(void)n;
	return count_choices(w, r, v, 1) == 1 && w->code == GATE_OK;
}

SCHEMA_CHECK(schema_apply_not)
{
	(void)n;
	return !schema_walk_choice(w, r->nodes[0], v) && w->code == GATE_OK;
}

SCHEMA_CHECK(schema_apply_if)
{
	bool holds = schema_walk_choice(w, r->nodes[0], v);
	const struct schema_node *next = holds ? n->then_node : n->else_node;

	if (w->code != GATE_OK)
		return false;
	return next == NULL || schema_walk_node(w, next, v);
}

SCHEMA_CHECK(schema_apply_dependent)
{
	const struct gate_json *unused;
	size_t i;

	(void)n;
	for (i = 0; i < r->node_count; i++)
		if (gate_json_get(v, r->names[i], &unused) &&
		    !schema_walk_node(w, r->nodes[i], v))
			return false;
	return true;
}

/* Goes by the schema's members: there are few, and their faults come in the
 * order in which the schema has them. */
SCHEMA_CHECK(schema_apply_properties)
{
	const struct gate_json *member;
	size_t i;

	(void)n;
	if (!schema_spend(w, r->node_count))
		return false;
	for (i = 0; i < r->node_count; i++)
		if (gate_json_get(v, r->names[i], &member) &&
		    !schema_walk_member(
			w, r->nodes[i], r->names[i], true, member))
			return false;
	return true;
}

struct members {
	struct schema_walk *w;
	const struct schema_node *n;
	const struct schema_rule *r;
};

static bool
apply_patterns(const char *name, const struct gate_json *member, void *ctx)
{
	const struct members *m = ctx;
	size_t i;

	for (i = 0; i < m->r->node_count; i++) {
		if (schema_pattern_holds(
			m->w, m->r->patterns[i], gate_span_str(name)) &&
		    !schema_walk_member(
			m->w, m->r->nodes[i], name, false, member))
			return false;
		if (m->w->code != GATE_OK)
			return false;
	}
	return true;
}

SCHEMA_CHECK(schema_apply_patterns)
{
	struct members m = {w, n, r};

	return gate_json_each(v, apply_patterns, &m);
}

static bool
apply_additional(const char *name, const struct gate_json *member, void *ctx)
{
	const struct members *m = ctx;
	bool known;

	if (!schema_member_is_known(m->w, m->n, name, &known))
		return false;
	return known ||
	    schema_walk_member(m->w, m->r->nodes[0], name, false, member);
}

SCHEMA_CHECK(schema_apply_additional)
{
	struct members m = {w, n, r};

	return gate_json_each(v, apply_additional, &m);
}

static bool
apply_name(const char *name, const struct gate_json *member, void *ctx)
{
	const struct members *m = ctx;
	struct gate_json *v = gate_json_new_string(gate_span_str(name));
	bool holds;

	(void)member;
	if (v == NULL)
		return schema_give_up(m->w, GATE_E_NOMEM);
	holds = schema_walk_choice(m->w, m->r->nodes[0], v);
	gate_json_free(v);
	return holds;
}

SCHEMA_CHECK(schema_apply_member_names)
{
	struct members m = {w, n, r};

	return gate_json_each(v, apply_name, &m);
}

SCHEMA_CHECK(schema_apply_prefix)
{
	size_t i, count = gate_json_count(v);

	(void)n;
	for (i = 0; i < count && i < r->node_count; i++)
		if (!schema_walk_item(w, r->nodes[i], i, gate_json_at(v, i)))
			return false;
	return true;
}

SCHEMA_CHECK(schema_apply_items)
{
	size_t i = n->prefix != NULL ? n->prefix->node_count : 0;

	for (; i < gate_json_count(v); i++)
		if (!schema_walk_item(w, r->nodes[0], i, gate_json_at(v, i)))
			return false;
	return true;
}

SCHEMA_CHECK(schema_apply_contains)
{
	uint64_t found = 0;
	size_t i, count = gate_json_count(v);

	for (i = 0; i < count && w->code == GATE_OK; i++) {
		w->quiet++;
		found +=
		    schema_walk_item(w, r->nodes[0], i, gate_json_at(v, i));
		w->quiet--;
	}
	return w->code == GATE_OK && found >= n->contains_min &&
	    found <= n->contains_max;
}

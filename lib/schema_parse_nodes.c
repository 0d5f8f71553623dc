/*
 * Keywords whose value holds schemas or patterns, in it or by name.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "lib/schema_rules.h"

static struct gate_pattern *
pattern_new(struct schema_load *l, const struct schema_node *n,
    const struct schema_rule *r, struct gate_span text)
{
	struct gate_pattern *p = NULL;
	struct gate_err err;
	enum gate_code code = GATE_E_BAD;

	if (++l->schema->pattern_count > GATE_SCHEMA_PATTERNS_MAX)
		(void)schema_complain(l, n->pointer, r->keyword->name,
		    "too many patterns, expected at most %d in a schema",
		    GATE_SCHEMA_PATTERNS_MAX);
	else
		code = gate_pattern_new(text, &p, &err);
	if (code == GATE_E_NOMEM)
		l->nomem = true;
	else if (p == NULL &&
	    l->schema->pattern_count <= GATE_SCHEMA_PATTERNS_MAX)
		(void)schema_complain(l, n->pointer, r->keyword->name,
		    "bad pattern: %s, expected a regular expression", err.text);
	return p;
}

SCHEMA_PARSE(schema_parse_pattern)
{
	struct gate_span s = {0};

	if (!gate_json_string(value, &s))
		return schema_expected(l, n, r, "a regular expression");
	r->patterns = calloc(1, sizeof(*r->patterns));
	if (r->patterns == NULL) {
		l->nomem = true;
		return false;
	}
	r->patterns[0] = pattern_new(l, n, r, s);
	return r->patterns[0] != NULL;
}

/* ---- schemas inside -------------------------------------------------- */

/* Room for count nodes, and for what names them. */
static bool
make_room(struct schema_load *l, struct schema_rule *r, size_t count)
{
	r->nodes = calloc(count + 1, sizeof(struct schema_node *));
	r->names = calloc(count + 1, sizeof(const char *));
	r->patterns = calloc(count + 1, sizeof(*r->patterns));
	if (r->nodes == NULL || r->names == NULL || r->patterns == NULL)
		l->nomem = true;
	return !l->nomem;
}

SCHEMA_PARSE(schema_parse_node)
{
	const char *name = r->keyword->name;

	if (!make_room(l, r, 1))
		return false;
	r->nodes[0] = schema_load_node(l, n->pointer, name, NULL, value);
	r->node_count = r->nodes[0] != NULL;
	if (strcmp(name, "items") == 0)
		n->items = r;
	if (strcmp(name, "additionalProperties") == 0)
		n->additional = r;
	return r->node_count > 0;
}

SCHEMA_PARSE(schema_parse_branch)
{
	if (!schema_parse_node(l, n, r, value))
		return false;
	if (r->keyword->param == SCHEMA_BRANCH_THEN)
		n->then_node = r->nodes[0];
	else
		n->else_node = r->nodes[0];
	return true;
}

SCHEMA_PARSE(schema_parse_nodes)
{
	size_t i, count = gate_json_count(value);
	char index[24];

	if (gate_json_kind(value) != GATE_JSON_ARRAY || count == 0)
		return schema_expected(l, n, r, "a list of schemas");
	if (!make_room(l, r, count))
		return false;
	if (strcmp(r->keyword->name, "prefixItems") == 0)
		n->prefix = r;
	for (i = 0; i < count; i++) {
		(void)snprintf(index, sizeof(index), "%zu", i);
		r->nodes[i] = schema_load_node(l, n->pointer, r->keyword->name,
		    index, gate_json_at(value, i));
		if (r->nodes[i] == NULL)
			return false;
		r->node_count++;
	}
	return true;
}

struct members {
	struct schema_load *l;
	struct schema_node *n;
	struct schema_rule *r;
	bool patterns;
};

static bool
load_member(const char *key, const struct gate_json *v, void *ctx)
{
	struct members *m = ctx;
	size_t i = m->r->node_count;

	m->r->names[i] = key;
	m->r->nodes[i] =
	    schema_load_node(m->l, m->n->pointer, m->r->keyword->name, key, v);
	if (m->r->nodes[i] != NULL && m->patterns)
		m->r->patterns[i] =
		    pattern_new(m->l, m->n, m->r, gate_span_str(key));
	if (m->r->nodes[i] != NULL &&
	    (!m->patterns || m->r->patterns[i] != NULL))
		m->r->node_count++;
	return !m->l->nomem;
}

static bool
load_members(struct members *m, const struct gate_json *value)
{
	size_t count = gate_json_count(value);

	if (gate_json_kind(value) != GATE_JSON_OBJECT)
		return schema_expected(
		    m->l, m->n, m->r, "an object of schemas");
	if (!make_room(m->l, m->r, count))
		return false;
	m->r->value = value;
	return gate_json_each(value, load_member, m) &&
	    m->r->node_count == count;
}

SCHEMA_PARSE(schema_parse_members)
{
	struct members m = {l, n, r, false};

	if (strcmp(r->keyword->name, "properties") == 0)
		n->properties = r;
	return load_members(&m, value);
}

SCHEMA_PARSE(schema_parse_member_patterns)
{
	struct members m = {l, n, r, true};

	n->pattern_properties = r;
	return load_members(&m, value);
}

/*
 * One check of one value, from top to bottom. Owns the budget, the place in
 * the value, and which fault is told: the first one outside of a choice.
 *
 * The stack is bounded: a step down is at most as deep as the guard lets JSON
 * be, and between two steps down no chain is longer than
 * GATE_SCHEMA_CHAIN_MAX, which loading has seen to.
 */
#include "config.h"

#include "lib/schema_tree.h"

#include <stdio.h>
#include <string.h>

bool
schema_give_up(struct schema_walk *w, enum gate_code code)
{
	if (w->code == GATE_OK)
		w->code = code;
	return false;
}

bool
schema_spend(struct schema_walk *w, size_t steps)
{
	if (w->code != GATE_OK)
		return false;
	if (steps > w->steps)
		return schema_give_up(w, GATE_E_LIMIT);
	w->steps -= steps;
	return true;
}

static void
put_name(struct gate_buf *b, const char *name)
{
	for (; *name != '\0'; name++)
		if (*name == '~')
			(void)gate_buf_put_str(b, "~0");
		else if (*name == '/')
			(void)gate_buf_put_str(b, "~1");
		else if ((unsigned char)*name < 0x20 || *name == 0x7f)
			(void)gate_buf_put_byte(b, '?'); /* it is for a log */
		else
			(void)gate_buf_put_byte(b, (unsigned char)*name);
}

/* A place that is too long to be told is told as far as it goes. */
static void
note(struct schema_walk *w, const char *keyword)
{
	struct gate_buf b;
	size_t i;

	if (w->fault->keyword != NULL || w->quiet > 0)
		return;
	w->fault->keyword = keyword;
	gate_buf_init(&b, GATE_SCHEMA_WHERE - 1);
	for (i = 0; i < w->depth; i++) {
		(void)gate_buf_put_byte(&b, '/');
		if (w->path[i].name != NULL)
			put_name(&b, w->path[i].name);
		else
			(void)gate_buf_printf(&b, "%zu", w->path[i].index);
	}
	memcpy(w->fault->where, b.n > 0 ? (const char *)b.p : "", b.n);
	w->fault->where[b.n] = '\0';
	gate_buf_clear(&b);
}

bool
schema_walk_node(struct schema_walk *w, const struct schema_node *n,
    const struct gate_json *v)
{
	unsigned int kind = KIND(gate_json_kind(v));
	size_t i;

	if (!schema_spend(w, 1 + n->rule_count))
		return false;
	if (n->never) {
		note(w, "false");
		return false;
	}
	for (i = 0; i < n->rule_count; i++) {
		const struct schema_rule *r = &n->rules[i];

		if (r->keyword->check == NULL || !(r->keyword->kinds & kind) ||
		    r->keyword->check(w, n, r, v))
			continue;
		if (w->code == GATE_OK)
			note(w, r->keyword->name);
		return false;
	}
	return true;
}

static bool
step_down(struct schema_walk *w, const struct schema_node *n,
    struct schema_place place, const struct gate_json *v)
{
	bool holds;

	if (w->depth == sizeof(w->path) / sizeof(w->path[0]))
		return schema_give_up(w, GATE_E_LIMIT);
	w->path[w->depth++] = place;
	holds = schema_walk_node(w, n, v);
	if (w->code == GATE_OK)
		w->depth--; /* else it says where */
	return holds;
}

bool
schema_walk_member(struct schema_walk *w, const struct schema_node *n,
    const char *name, bool known, const struct gate_json *v)
{
	/* What the schema does not name is the sender's to name. */
	return step_down(
	    w, n, (struct schema_place){.name = known ? name : "*"}, v);
}

bool
schema_walk_item(struct schema_walk *w, const struct schema_node *n,
    size_t index, const struct gate_json *v)
{
	return step_down(w, n, (struct schema_place){.index = index}, v);
}

bool
schema_walk_choice(struct schema_walk *w, const struct schema_node *n,
    const struct gate_json *v)
{
	bool holds;

	w->quiet++;
	holds = schema_walk_node(w, n, v);
	w->quiet--;
	return holds;
}

bool
schema_pattern_holds(
    struct schema_walk *w, const struct gate_pattern *p, struct gate_span s)
{
	enum gate_code code;

	if (!schema_spend(w, gate_pattern_cost(p, s, false)))
		return false;
	code = gate_pattern_match(p, s, false);
	if (code == GATE_E_LIMIT) {
		if (!schema_spend(w, gate_pattern_cost(p, s, true)))
			return false;
		code = gate_pattern_match(p, s, true);
	}
	if (code == GATE_OK || code == GATE_E_UNKNOWN)
		return code == GATE_OK;
	return schema_give_up(w, code);
}

enum gate_code
gate_schema_check(const struct gate_schema *s, const struct gate_json *v,
    struct gate_schema_fault *fault)
{
	struct schema_walk w = {.steps = GATE_SCHEMA_STEPS_MAX, .fault = fault};
	bool holds;

	*fault = (struct gate_schema_fault){.keyword = NULL};
	holds = schema_walk_node(&w, s->nodes[0], v);
	if (w.code == GATE_E_LIMIT) {
		w.quiet = 0;
		note(&w, GATE_SCHEMA_TOO_MUCH);
	}
	if (w.code != GATE_OK)
		return w.code;
	GATE_ASSERT(holds || fault->keyword != NULL);
	return holds ? GATE_OK : GATE_E_BAD;
}

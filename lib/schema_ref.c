/*
 * Where nodes lead. Owns the resolution of $ref, and three refusals: a circle
 * that consumes nothing of the value and so has no end; a chain in place that
 * is too long for the stack; and x-pressgate-... where it would depend on
 * which of several schemas happens to hold.
 */
#include "config.h"

#include <string.h>

#include "lib/codec.h"
#include "lib/schema_tree.h"

#define POINTER_MAX 4096

/* RFC 3986 section 2.1, in place of a URI's own reader: a fragment is all
 * that there may be. False: no such form. */
static bool
decode(const char *fragment, struct gate_buf *out)
{
	struct gate_span s = gate_span_str(fragment), hex, one;
	unsigned char c;

	while (s.n > 0) {
		if (!gate_span_skip(&s, "%")) {
			if (!gate_span_take(&s, 1, &one) ||
			    gate_buf_put(out, one) != GATE_OK)
				return false;
			continue;
		}
		if (!gate_span_take(&s, 2, &hex) ||
		    !gate_hex_decode(hex, &c, 1) ||
		    gate_buf_put_byte(out, c) != GATE_OK)
			return false;
	}
	return true;
}

static struct schema_node *
find(const struct gate_schema *s, const char *pointer)
{
	size_t i;

	for (i = 0; i < s->node_count; i++)
		if (strcmp(s->nodes[i]->pointer, pointer) == 0)
			return s->nodes[i];
	return NULL;
}

static void
resolve(struct schema_load *l, struct schema_node *n, struct schema_rule *r)
{
	struct schema_node *to = NULL;
	struct gate_buf b;

	gate_buf_init(&b, POINTER_MAX);
	if (decode(n->ref + 1, &b))
		to = find(l->schema, gate_buf_str(&b));
	l->nomem = l->nomem || b.failed == GATE_E_NOMEM;
	gate_buf_clear(&b);
	if (to == NULL) {
		(void)schema_complain(l, n->pointer, "$ref",
		    "leads to no schema, expected # and the JSON Pointer of "
		    "one in this document");
		return;
	}
	r->nodes[0] = to;
	r->node_count = 1;
}

static void
resolve_all(struct schema_load *l)
{
	size_t i, k;

	for (i = 0; i < l->schema->node_count; i++) {
		struct schema_node *n = l->schema->nodes[i];

		for (k = 0; n->ref != NULL && k < n->rule_count; k++)
			if (strcmp(n->rules[k].keyword->name, "$ref") == 0)
				resolve(l, n, &n->rules[k]);
	}
}

/* ---- chains in place ------------------------------------------------- */

enum { UNSEEN, OPEN, DONE };

static bool
is_in_place(const struct schema_rule *r)
{
	return r->keyword->reach == SCHEMA_IN_PLACE ||
	    r->keyword->reach == SCHEMA_CHOICE;
}

/* The longest way on from n, where all that it leads to is done. */
static void
measure(struct schema_load *l, struct schema_node *n)
{
	size_t i, k;

	n->chain = 1;
	for (i = 0; i < n->rule_count; i++)
		for (k = 0;
		     is_in_place(&n->rules[i]) && k < n->rules[i].node_count;
		     k++)
			if (n->rules[i].nodes[k]->chain >= n->chain)
				n->chain = n->rules[i].nodes[k]->chain + 1;
	n->mark = DONE;
	if (n->chain == GATE_SCHEMA_CHAIN_MAX + 1)
		(void)schema_complain(l, n->pointer, "",
		    "leads through more than %d schemas for one value, "
		    "expected fewer",
		    GATE_SCHEMA_CHAIN_MAX);
}

/* A step of a search without recursion: the node on top of the stack is
 * OPEN; pushes what it leads to and has not been seen, else measures it. */
static void
search_on(struct schema_load *l, struct schema_node **stack, size_t *depth)
{
	struct schema_node *n = stack[*depth - 1];
	size_t i, k;

	for (i = 0; i < n->rule_count; i++)
		for (k = 0;
		     is_in_place(&n->rules[i]) && k < n->rules[i].node_count;
		     k++) {
			struct schema_node *to = n->rules[i].nodes[k];

			if (to->mark == UNSEEN) {
				to->mark = OPEN;
				stack[(*depth)++] = to;
				return;
			}
			if (to->mark == OPEN) {
				(void)schema_complain(l, n->pointer,
				    n->rules[i].keyword->name,
				    "leads back to itself for the same "
				    "value, expected an end");
				n->rules[i].node_count = 0; /* said once */
			}
		}
	measure(l, n);
	--*depth;
}

static void
measure_all(struct schema_load *l)
{
	struct schema_node *stack[GATE_SCHEMA_NODES_MAX];
	struct gate_schema *s = l->schema;
	size_t i, depth;

	for (i = 0; i < s->node_count; i++) {
		if (s->nodes[i]->mark != UNSEEN)
			continue;
		s->nodes[i]->mark = OPEN;
		stack[0] = s->nodes[i];
		for (depth = 1; depth > 0;)
			search_on(l, stack, &depth);
	}
}

/* ---- what is stored in another form ---------------------------------- */

static bool
has_shape(const struct schema_node *n)
{
	return n->strip_html || n->normalise_url || n->cut_to > 0 ||
	    n->unknown == SCHEMA_UNKNOWN_DROP;
}

static bool
may_not_hold(const struct schema_rule *r)
{
	return r->keyword->reach == SCHEMA_CHOICE || r->keyword->maybe;
}

/* True: something is new. */
static bool
spread_shapes(const struct schema_node *n, bool *shapes)
{
	size_t i, k;

	for (i = 0; i < n->rule_count && !*shapes; i++)
		for (k = 0; n->rules[i].keyword->reach != SCHEMA_NONE &&
		     k < n->rules[i].node_count;
		     k++)
			if (n->rules[i].nodes[k]->shapes) {
				*shapes = true;
				return true;
			}
	return false;
}

static void
find_shapes(struct schema_load *l)
{
	struct gate_schema *s = l->schema;
	bool again = true;
	size_t i;

	for (i = 0; i < s->node_count; i++)
		s->nodes[i]->shapes = has_shape(s->nodes[i]);
	while (again)
		for (again = false, i = s->node_count; i-- > 0;)
			if (spread_shapes(s->nodes[i], &s->nodes[i]->shapes))
				again = true;
}

static void
refuse_doubtful_shapes(struct schema_load *l)
{
	struct gate_schema *s = l->schema;
	size_t i, j, k;

	for (i = 0; i < s->node_count; i++)
		for (j = 0; j < s->nodes[i]->rule_count; j++) {
			const struct schema_rule *r = &s->nodes[i]->rules[j];

			for (k = 0; may_not_hold(r) && k < r->node_count; k++)
				if (r->nodes[k]->shapes)
					(void)schema_complain(l,
					    s->nodes[i]->pointer,
					    r->keyword->name,
					    "has x-pressgate-... in a schema "
					    "that may hold or not, expected "
					    "it where it always holds");
		}
}

bool
schema_link(struct schema_load *l)
{
	resolve_all(l);
	if (l->complaints == 0 && !l->nomem)
		measure_all(l);
	if (l->complaints == 0 && !l->nomem) {
		find_shapes(l);
		refuse_doubtful_shapes(l);
	}
	return l->complaints == 0;
}

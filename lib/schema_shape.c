/*
 * A value as it is to be stored. Walks what the check has walked, but only
 * along schemas that always hold; makes a new value, since the old one is
 * what was signed.
 */
#include "config.h"

#include "lib/html.h"
#include "lib/schema_tree.h"
#include "lib/url.h"

#define BYTES_A_STEP 64
/* A string within a body, which may grow by its URL's escapes. */
#define STRING_MAX (4u * 1024 * 1024)

static struct gate_json *shape(struct schema_walk *w,
    const struct schema_node *n, const struct gate_json *v);

static struct gate_json *
made(struct schema_walk *w, struct gate_json *v)
{
	if (v == NULL)
		(void)schema_give_up(w, GATE_E_NOMEM);
	return v;
}

bool
gate_schema_shapes(const struct gate_schema *s)
{
	return s->nodes[0]->shapes;
}

/* The first `max` characters; s is UTF-8. */
static struct gate_span
cut(struct gate_span s, uint64_t max)
{
	size_t i;

	for (i = 0; max > 0 && i < s.n; i++)
		if ((s.p[i] & 0xc0) != 0x80 && max-- == 1) {
			for (i++; i < s.n && (s.p[i] & 0xc0) == 0x80;)
				i++;
			s.n = i;
		}
	return s;
}

static struct gate_json *
shape_string(
    struct schema_walk *w, const struct schema_node *n, struct gate_span text)
{
	struct gate_json *v = NULL;
	struct gate_buf b;
	enum gate_code code = GATE_OK;

	if (!schema_spend(w, text.n / BYTES_A_STEP))
		return NULL;
	gate_buf_init(&b, STRING_MAX);
	if (n->strip_html)
		code = gate_html_strip(text, &b);
	else if (n->normalise_url)
		code = gate_url_normalise(text, &b);
	if (n->strip_html || n->normalise_url)
		text = gate_buf_span(&b);
	if (n->cut_to > 0)
		text = cut(text, n->cut_to);
	if (code == GATE_OK)
		v = made(w, gate_json_new_string(text));
	else
		(void)schema_give_up(
		    w, code == GATE_E_NOMEM ? GATE_E_NOMEM : GATE_E_LIMIT);
	gate_buf_clear(&b);
	return v;
}

/* v is taken over; NULL: given up. */
static struct gate_json *
shape_again(
    struct schema_walk *w, const struct schema_node *n, struct gate_json *v)
{
	struct gate_json *again = NULL;

	if (v != NULL && n->shapes)
		again = shape(w, n, v);
	else
		return v;
	gate_json_free(v);
	return again;
}

struct members {
	struct schema_walk *w;
	const struct schema_node *n;
	struct gate_json *out;
};

/* By each schema that is for the member. */
static struct gate_json *
shape_member(struct members *m, const char *name, const struct gate_json *v)
{
	struct gate_json *out = made(m->w, gate_json_dup(v));
	const struct schema_rule *r = m->n->properties;
	bool known;
	size_t i;

	for (i = 0; r != NULL && i < r->node_count; i++)
		if (gate_span_is(gate_span_str(name), r->names[i]))
			out = shape_again(m->w, r->nodes[i], out);
	r = m->n->pattern_properties;
	for (i = 0; r != NULL && i < r->node_count; i++)
		if (schema_pattern_holds(
			m->w, r->patterns[i], gate_span_str(name)))
			out = shape_again(m->w, r->nodes[i], out);
	r = m->n->additional;
	if (r != NULL && schema_member_is_known(m->w, m->n, name, &known) &&
	    !known)
		out = shape_again(m->w, r->nodes[0], out);
	return out;
}

static bool
put_member(const char *name, const struct gate_json *v, void *ctx)
{
	struct members *m = ctx;
	struct gate_json *out;
	bool known = true;

	if (m->n->unknown == SCHEMA_UNKNOWN_DROP &&
	    !schema_member_is_known(m->w, m->n, name, &known))
		return false;
	if (!known)
		return true;
	out = shape_member(m, name, v);
	if (m->w->code != GATE_OK) {
		gate_json_free(out);
		return false;
	}
	if (gate_json_put(m->out, name, out) != GATE_OK)
		return schema_give_up(m->w, GATE_E_NOMEM);
	return true;
}

static struct gate_json *
shape_object(struct schema_walk *w, const struct schema_node *n,
    const struct gate_json *v)
{
	struct members m = {w, n, made(w, gate_json_new_object())};

	if (m.out != NULL)
		(void)gate_json_each(v, put_member, &m); /* w has the code */
	return m.out;
}

static struct gate_json *
shape_array(struct schema_walk *w, const struct schema_node *n,
    const struct gate_json *v)
{
	struct gate_json *out = made(w, gate_json_new_array()), *item;
	size_t i, prefix = n->prefix != NULL ? n->prefix->node_count : 0;

	for (i = 0; i < gate_json_count(v) && w->code == GATE_OK; i++) {
		item = made(w, gate_json_dup(gate_json_at(v, i)));
		if (i < prefix)
			item = shape_again(w, n->prefix->nodes[i], item);
		else if (n->items != NULL)
			item = shape_again(w, n->items->nodes[0], item);
		if (item == NULL || gate_json_append(out, item) != GATE_OK)
			(void)schema_give_up(w, GATE_E_NOMEM);
	}
	return out;
}

/* NULL: given up. The result is the caller's. */
static struct gate_json *
shape(struct schema_walk *w, const struct schema_node *n,
    const struct gate_json *v)
{
	struct gate_json *out;
	struct gate_span text;
	size_t i, k;

	if (!schema_spend(w, 1 + gate_json_count(v)))
		return NULL;
	if (gate_json_string(v, &text))
		out = shape_string(w, n, text);
	else if (gate_json_kind(v) == GATE_JSON_OBJECT)
		out = shape_object(w, n, v);
	else if (gate_json_kind(v) == GATE_JSON_ARRAY)
		out = shape_array(w, n, v);
	else
		out = made(w, gate_json_dup(v));
	for (i = 0; i < n->rule_count; i++)
		for (k = 0; n->rules[i].keyword->reach == SCHEMA_IN_PLACE &&
		     k < n->rules[i].node_count;
		     k++)
			out = shape_again(w, n->rules[i].nodes[k], out);
	return out;
}

enum gate_code
gate_schema_shape(const struct gate_schema *s, const struct gate_json *v,
    struct gate_json **out)
{
	struct gate_schema_fault unused;
	struct schema_walk w = {
	    .steps = GATE_SCHEMA_STEPS_MAX, .fault = &unused};
	struct gate_json *shaped = shape(&w, s->nodes[0], v);

	if (w.code == GATE_OK)
		*out = shaped;
	else
		gate_json_free(shaped);
	return w.code;
}

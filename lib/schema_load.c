/*
 * From text to nodes. Owns what a schema may say: each member is a keyword
 * of the table or the schema is refused, since a rule that is skipped looks
 * like one that holds.
 */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/schema_rules.h"

#define POINTER_MAX 4096
#define COMPLAINT_MAX 300

static void
put_token(struct gate_buf *b, const char *token)
{
	(void)gate_buf_put_byte(b, '/');
	for (; *token != '\0'; token++)
		if (*token == '~')
			(void)gate_buf_put_str(b, "~0");
		else if (*token == '/')
			(void)gate_buf_put_str(b, "~1");
		else
			(void)gate_buf_put_byte(b, (unsigned char)*token);
}

/* A complaint is one line, whatever names are in it. */
static void
put_visible(struct gate_buf *b, const char *s)
{
	for (; *s != '\0'; s++)
		(void)gate_buf_put_byte(b,
		    (unsigned char)*s < 0x20 || *s == 0x7f ? '?'
							   : (unsigned char)*s);
}

bool
schema_complain(struct schema_load *l, const char *pointer, const char *below,
    const char *fmt, ...)
{
	char text[COMPLAINT_MAX];
	struct gate_buf b, line;
	va_list ap;

	if (l->nomem) /* it may only look wrong */
		return false;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	gate_buf_init(&b, POINTER_MAX);
	gate_buf_init(&line, POINTER_MAX);
	(void)gate_buf_put_str(&b, pointer);
	if (below[0] != '\0')
		put_token(&b, below);
	put_visible(&line, gate_buf_str(&b));
	l->complaints++;
	l->report(gate_buf_str(&line), text, l->ctx);
	gate_buf_clear(&b);
	gate_buf_clear(&line);
	return false;
}

static char *
pointer_new(const char *pointer, const char *keyword, const char *name)
{
	struct gate_buf b;
	char *out = NULL;

	gate_buf_init(&b, POINTER_MAX);
	(void)gate_buf_put_str(&b, pointer);
	if (keyword[0] != '\0')
		put_token(&b, keyword);
	if (name != NULL)
		put_token(&b, name);
	if (b.failed == GATE_OK)
		out = strdup(gate_buf_str(&b));
	gate_buf_clear(&b);
	return out;
}

/* A new node in the schema's list, which owns it. NULL: complained, or no
 * memory. */
static struct schema_node *
node_new(struct schema_load *l, char *pointer)
{
	struct gate_schema *s = l->schema;
	struct schema_node *n;

	if (s->node_count == GATE_SCHEMA_NODES_MAX) {
		if (pointer != NULL)
			(void)schema_complain(l, pointer, "",
			    "too many schemas, expected at most %d in a file",
			    GATE_SCHEMA_NODES_MAX);
		free(pointer);
		return NULL;
	}
	n = pointer == NULL ? NULL : calloc(1, sizeof(*n));
	if (n == NULL) {
		free(pointer);
		l->nomem = true;
		return NULL;
	}
	n->pointer = pointer;
	n->contains_min = 1;
	n->contains_max = UINT64_MAX;
	s->nodes[s->node_count++] = n;
	return n;
}

static const struct schema_keyword *
find_keyword(const char *name)
{
	size_t i;

	for (i = 0; i < schema_keyword_count; i++)
		if (strcmp(schema_keywords[i].name, name) == 0)
			return &schema_keywords[i];
	return NULL;
}

struct loading {
	struct schema_load *l;
	const struct schema_node *n;
};

static bool
check_keyword(const char *key, const struct gate_json *value, void *ctx)
{
	const struct loading *x = ctx;

	(void)value;
	if (find_keyword(key) == NULL)
		(void)schema_complain(x->l, x->n->pointer, key,
		    "unknown keyword, expected one of doc/schema.md");
	return true;
}

static void
load_rules(
    struct schema_load *l, struct schema_node *n, const struct gate_json *value)
{
	const struct gate_json *member;
	struct schema_rule *r;
	size_t i;

	n->rules = calloc(gate_json_count(value) + 1, sizeof(*n->rules));
	if (n->rules == NULL) {
		l->nomem = true;
		return;
	}
	for (i = 0; i < schema_keyword_count && !l->nomem; i++) {
		const struct schema_keyword *k = &schema_keywords[i];

		if (!gate_json_get(value, k->name, &member))
			continue;
		r = &n->rules[n->rule_count++];
		r->keyword = k;
		if (k->parse != NULL)
			(void)k->parse(l, n, r, member); /* has complained */
	}
}

struct schema_node *
schema_load_node(struct schema_load *l, const char *pointer,
    const char *keyword, const char *name, const struct gate_json *value)
{
	struct schema_node *n =
	    node_new(l, pointer_new(pointer, keyword, name));
	struct loading x = {l, n};
	bool truth = true;

	if (n == NULL)
		return NULL;
	if (gate_json_bool(value, &truth)) {
		n->never = !truth;
		return n;
	}
	if (gate_json_kind(value) != GATE_JSON_OBJECT) {
		(void)schema_complain(l, n->pointer, "",
		    "is no schema, expected an object, true or false");
		return NULL;
	}
	(void)gate_json_each(value, check_keyword, &x); /* always true */
	load_rules(l, n, value);
	return l->nomem ? NULL : n;
}

static void
node_free(struct schema_node *n)
{
	size_t i, k;

	for (i = 0; i < n->rule_count; i++) {
		struct schema_rule *r = &n->rules[i];

		for (k = 0;
		     r->patterns != NULL && (k == 0 || k < r->node_count); k++)
			gate_pattern_free(r->patterns[k]);
		free(r->patterns);
		free(r->nodes);
		free(r->names);
		free(r->number);
	}
	free(n->rules);
	free(n->pointer);
	free(n);
}

void
gate_schema_free(struct gate_schema *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->node_count; i++)
		node_free(s->nodes[i]);
	free(s->nodes);
	gate_json_free(s->doc);
	free(s);
}

/* The document, or what is wrong with it. */
static enum gate_code
read_document(struct schema_load *l, struct gate_span text)
{
	struct gate_err err = {GATE_OK, ""};
	enum gate_code code = GATE_E_LIMIT;

	if (text.n <= GATE_SCHEMA_TEXT_MAX)
		code = gate_json_parse(text, &l->schema->doc, &err);
	else
		(void)gate_err_set(
		    &err, code, "larger than %d bytes", GATE_SCHEMA_TEXT_MAX);
	if (code == GATE_E_NOMEM || code == GATE_OK)
		return code;
	(void)schema_complain(
	    l, "", "", "%s, expected a JSON document", err.text);
	return GATE_E_CONF;
}

enum gate_code
gate_schema_new(struct gate_span text, gate_schema_report *report, void *ctx,
    struct gate_schema **out)
{
	struct schema_load l = {.report = report, .ctx = ctx};
	enum gate_code code;

	l.schema = calloc(1, sizeof(*l.schema));
	if (l.schema == NULL)
		return GATE_E_NOMEM;
	l.schema->nodes =
	    calloc(GATE_SCHEMA_NODES_MAX, sizeof(struct schema_node *));
	if (l.schema->nodes == NULL)
		l.nomem = true;
	code = l.nomem ? GATE_E_NOMEM : read_document(&l, text);
	if (code == GATE_OK) {
		(void)schema_load_node(&l, "", "", NULL, l.schema->doc);
		if (l.complaints == 0 && !l.nomem)
			(void)schema_link(&l); /* has complained */
		code = l.nomem         ? GATE_E_NOMEM
		    : l.complaints > 0 ? GATE_E_CONF
				       : GATE_OK;
	}
	if (code == GATE_OK)
		*out = l.schema;
	else
		gate_schema_free(l.schema);
	return code;
}

/*
 * The value of each keyword, as the table names its function. A function
 * says what it expected, and never stops the others.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "lib/num.h"
#include "lib/schema_rules.h"

#define DIALECT "https://json-schema.org/draft/2020-12/schema"

bool
schema_expected(struct schema_load *l, const struct schema_node *n,
    const struct schema_rule *r, const char *what)
{
	return schema_complain(
	    l, n->pointer, r->keyword->name, "bad value, expected %s", what);
}

static bool
is_string(const struct gate_json *v)
{
	return gate_json_kind(v) == GATE_JSON_STRING;
}

SCHEMA_PARSE(schema_parse_dialect)
{
	struct gate_span s = {0};

	if (gate_json_string(value, &s) &&
	    (gate_span_is(s, DIALECT) || gate_span_is(s, DIALECT "#")))
		return true;
	return schema_expected(l, n, r, "\"" DIALECT "\"");
}

/* Within the document it would change what a $ref means. */
SCHEMA_PARSE(schema_parse_id)
{
	if (n->pointer[0] != '\0')
		return schema_expected(
		    l, n, r, "no $id but the document's own");
	return is_string(value) || schema_expected(l, n, r, "a string");
}

SCHEMA_PARSE(schema_parse_text)
{
	return is_string(value) || schema_expected(l, n, r, "a string");
}

/* Resolved when all nodes are there. */
SCHEMA_PARSE(schema_parse_ref)
{
	struct gate_span s = {0};

	if (!gate_json_string(value, &s) || s.n == 0 || s.p[0] != '#')
		return schema_expected(
		    l, n, r, "a place in this document: #/$defs/NAME, or #");
	n->ref = (const char *)s.p;
	r->nodes = calloc(1, sizeof(struct schema_node *));
	l->nomem = l->nomem || r->nodes == NULL;
	return true;
}

static const struct {
	const char *name;
	unsigned int types;
} types[] = {
    {"null", KIND(GATE_JSON_NULL)},
    {"boolean", KIND(GATE_JSON_BOOL)},
    {"integer", SCHEMA_TYPE_INTEGER},
    {"number", KINDS_NUMBER},
    {"string", KIND(GATE_JSON_STRING)},
    {"array", KIND(GATE_JSON_ARRAY)},
    {"object", KIND(GATE_JSON_OBJECT)},
};

/* False: no name of a type, or a second time. */
static bool
add_type(const struct gate_json *value, struct schema_rule *r)
{
	struct gate_span s = {0};
	size_t i;

	if (!gate_json_string(value, &s))
		return false;
	for (i = 0; i < GATE_COUNT(types); i++)
		if (gate_span_is(s, types[i].name)) {
			if ((r->types & types[i].types) == types[i].types)
				return false;
			r->types |= types[i].types;
			return true;
		}
	return false;
}

SCHEMA_PARSE(schema_parse_types)
{
	static const char what[] = "null, boolean, integer, number, string, "
				   "array, object, or a list of these";
	size_t i, count = gate_json_count(value);

	if (add_type(value, r))
		return true;
	if (gate_json_kind(value) != GATE_JSON_ARRAY || count == 0)
		return schema_expected(l, n, r, what);
	for (i = 0; i < count; i++)
		if (!add_type(gate_json_at(value, i), r))
			return schema_expected(l, n, r, what);
	return true;
}

SCHEMA_PARSE(schema_parse_values)
{
	r->value = value;
	return (gate_json_kind(value) == GATE_JSON_ARRAY &&
		   gate_json_count(value) > 0) ||
	    schema_expected(l, n, r, "a list of values");
}

SCHEMA_PARSE(schema_parse_value)
{
	(void)l;
	(void)n;
	r->value = value;
	return true;
}

static bool
parse_number(
    struct schema_load *l, struct schema_rule *r, const struct gate_json *value)
{
	struct schema_walk w = {.steps = 1};

	if (!(KIND(gate_json_kind(value)) & KINDS_NUMBER))
		return false;
	r->number = calloc(1, sizeof(*r->number));
	if (r->number == NULL || !schema_number(&w, value, r->number))
		l->nomem =
		    l->nomem || r->number == NULL || w.code == GATE_E_NOMEM;
	return w.code == GATE_OK;
}

SCHEMA_PARSE(schema_parse_bound)
{
	return parse_number(l, r, value) ||
	    schema_expected(l, n, r, "a number");
}

SCHEMA_PARSE(schema_parse_divisor)
{
	bool is = parse_number(l, r, value);

	if (l->nomem)
		return false;
	if (!is || r->number->negative || r->number->n == 0 ||
	    r->number->n > GATE_DIVISOR_DIGITS_MAX)
		return schema_expected(l, n, r,
		    "a number above 0, of at most 15 digits that count");
	return true;
}

/* 2.0 is an integer, too. */
static bool
count_of(struct schema_load *l, const struct gate_json *value, uint64_t *out)
{
	struct schema_walk w = {.steps = 1};
	struct gate_decimal d;
	uint64_t count = 0;
	int64_t k;
	size_t i;

	if (!(KIND(gate_json_kind(value)) & KINDS_NUMBER))
		return false;
	if (!schema_number(&w, value, &d)) {
		l->nomem = l->nomem || w.code == GATE_E_NOMEM;
		return false;
	}
	if (d.negative || !gate_decimal_is_integer(&d) ||
	    (int64_t)d.n + d.exponent > 12)
		return false;
	for (i = 0; i < d.n; i++)
		count = count * 10 + d.digits[i];
	for (k = 0; k < d.exponent; k++)
		count *= 10;
	*out = count;
	return true;
}

SCHEMA_PARSE(schema_parse_count)
{
	if (!count_of(l, value, &r->count))
		return schema_expected(
		    l, n, r, "a number from 0, without a fraction");
	if (strcmp(r->keyword->name, "minContains") == 0)
		n->contains_min = r->count;
	if (strcmp(r->keyword->name, "maxContains") == 0)
		n->contains_max = r->count;
	return true;
}

SCHEMA_PARSE(schema_parse_bool)
{
	bool is = false;

	if (!gate_json_bool(value, &is))
		return schema_expected(l, n, r, "true or false");
	r->count = is;
	return true;
}

static bool
is_list_of_names(const struct gate_json *value)
{
	size_t i;

	if (gate_json_kind(value) != GATE_JSON_ARRAY)
		return false;
	for (i = 0; i < gate_json_count(value); i++)
		if (!is_string(gate_json_at(value, i)))
			return false;
	return true;
}

SCHEMA_PARSE(schema_parse_names)
{
	r->value = value;
	return is_list_of_names(value) ||
	    schema_expected(l, n, r, "a list of names");
}

static bool
check_list_of_names(const char *key, const struct gate_json *v, void *ctx)
{
	(void)key;
	(void)ctx;
	return is_list_of_names(v);
}

SCHEMA_PARSE(schema_parse_name_lists)
{
	r->value = value;
	return (gate_json_kind(value) == GATE_JSON_OBJECT &&
		   gate_json_each(value, check_list_of_names, NULL)) ||
	    schema_expected(l, n, r, "an object of lists of names");
}

SCHEMA_PARSE(schema_parse_format)
{
	struct gate_span s = {0};

	if (gate_json_string(value, &s))
		r->format = schema_format_find(s);
	return r->format != NULL ||
	    schema_expected(
		l, n, r, "date-time, date, email, uri, uuid, ipv4 or ipv6");
}

/* ---- how it is stored ------------------------------------------------ */

SCHEMA_PARSE(schema_parse_html)
{
	struct gate_span s = {0};

	n->strip_html = gate_json_string(value, &s) && gate_span_is(s, "strip");
	return n->strip_html || schema_expected(l, n, r, "\"strip\"");
}

SCHEMA_PARSE(schema_parse_url)
{
	struct gate_span s = {0};

	n->normalise_url =
	    gate_json_string(value, &s) && gate_span_is(s, "normalise");
	return n->normalise_url || schema_expected(l, n, r, "\"normalise\"");
}

SCHEMA_PARSE(schema_parse_cut)
{
	return (count_of(l, value, &n->cut_to) && n->cut_to > 0) ||
	    schema_expected(l, n, r, "a number of characters, from 1");
}

SCHEMA_PARSE(schema_parse_unknown)
{
	static const char *const words[] = {[SCHEMA_UNKNOWN_KEEP] = "keep",
	    [SCHEMA_UNKNOWN_DROP] = "drop",
	    [SCHEMA_UNKNOWN_REFUSE] = "refuse"};
	struct gate_span s = {0};
	size_t i;

	for (i = 0; gate_json_string(value, &s) && i < GATE_COUNT(words); i++)
		if (gate_span_is(s, words[i])) {
			n->unknown = (enum schema_unknown)i;
			return true;
		}
	return schema_expected(l, n, r, "\"keep\", \"drop\" or \"refuse\"");
}

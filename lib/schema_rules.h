/*
 * The functions that the table of keywords names: how a keyword's value is
 * read, and how it is held against a value. For lib/schema_*.c alone.
 */
#ifndef GATE_SCHEMA_RULES_H
#define GATE_SCHEMA_RULES_H

#include "lib/schema_tree.h"

#define SCHEMA_PARSE(name)                                                     \
	bool name(struct schema_load *l, struct schema_node *n,                \
	    struct schema_rule *r, const struct gate_json *value)
#define SCHEMA_CHECK(name)                                                     \
	bool name(struct schema_walk *w, const struct schema_node *n,          \
	    const struct schema_rule *r, const struct gate_json *v)

/* Which results of a comparison with the bound hold; params. */
#define SCHEMA_LESS 1u
#define SCHEMA_EQUAL 2u
#define SCHEMA_GREATER 4u

/* Bits of schema_rule.types beyond the kinds. */
#define SCHEMA_TYPE_INTEGER (1u << 16)

/* Params of schema_parse_branch. */
enum { SCHEMA_BRANCH_THEN, SCHEMA_BRANCH_ELSE };

/* Complains: "bad value, expected " and what. Always false. */
bool schema_expected(struct schema_load *l, const struct schema_node *n,
    const struct schema_rule *r, const char *what);

SCHEMA_PARSE(schema_parse_dialect);
SCHEMA_PARSE(schema_parse_id);
SCHEMA_PARSE(schema_parse_text);
SCHEMA_PARSE(schema_parse_ref);
SCHEMA_PARSE(schema_parse_types);
SCHEMA_PARSE(schema_parse_values);
SCHEMA_PARSE(schema_parse_value);
SCHEMA_PARSE(schema_parse_bound);
SCHEMA_PARSE(schema_parse_divisor);
SCHEMA_PARSE(schema_parse_count);
SCHEMA_PARSE(schema_parse_bool);
SCHEMA_PARSE(schema_parse_names);
SCHEMA_PARSE(schema_parse_name_lists);
SCHEMA_PARSE(schema_parse_pattern);
SCHEMA_PARSE(schema_parse_format);
SCHEMA_PARSE(schema_parse_node);
SCHEMA_PARSE(schema_parse_branch);
SCHEMA_PARSE(schema_parse_nodes);
SCHEMA_PARSE(schema_parse_members);
SCHEMA_PARSE(schema_parse_member_patterns);
SCHEMA_PARSE(schema_parse_html);
SCHEMA_PARSE(schema_parse_url);
SCHEMA_PARSE(schema_parse_cut);
SCHEMA_PARSE(schema_parse_unknown);

SCHEMA_CHECK(schema_check_types);
SCHEMA_CHECK(schema_check_values);
SCHEMA_CHECK(schema_check_value);
SCHEMA_CHECK(schema_check_bound);
SCHEMA_CHECK(schema_check_divisor);
SCHEMA_CHECK(schema_check_size);
SCHEMA_CHECK(schema_check_unique);
SCHEMA_CHECK(schema_check_names);
SCHEMA_CHECK(schema_check_name_lists);
SCHEMA_CHECK(schema_check_pattern);
SCHEMA_CHECK(schema_check_format);
SCHEMA_CHECK(schema_check_url);
SCHEMA_CHECK(schema_check_unknown);

SCHEMA_CHECK(schema_apply_node);
SCHEMA_CHECK(schema_apply_all);
SCHEMA_CHECK(schema_apply_any);
SCHEMA_CHECK(schema_apply_one);
SCHEMA_CHECK(schema_apply_not);
SCHEMA_CHECK(schema_apply_if);
SCHEMA_CHECK(schema_apply_dependent);
SCHEMA_CHECK(schema_apply_properties);
SCHEMA_CHECK(schema_apply_patterns);
SCHEMA_CHECK(schema_apply_additional);
SCHEMA_CHECK(schema_apply_member_names);
SCHEMA_CHECK(schema_apply_prefix);
SCHEMA_CHECK(schema_apply_items);
SCHEMA_CHECK(schema_apply_contains);

#endif

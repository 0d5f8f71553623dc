/*
 * What a compiled schema is made of; for lib/schema_*.c alone.
 *
 *	struct gate_schema
 *	  nodes[]  one for each schema in the document, nodes[0] is the whole
 *	    rules[]  one for each keyword, in the order of the table
 *	      nodes[]  the schemas that stand in it (or, for $ref, elsewhere)
 *
 * Strings and values are borrowed from the document, which is kept.
 */
#ifndef GATE_SCHEMA_TREE_H
#define GATE_SCHEMA_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/decimal.h"
#include "lib/json.h"
#include "lib/schema.h"
#include "lib/schema_pattern.h"

struct schema_node;
struct schema_rule;
struct schema_load;
struct schema_walk;

/* Sets of enum gate_json_kind. */
#define KIND(kind) (1u << (kind))
#define KINDS_NUMBER (KIND(GATE_JSON_INT) | KIND(GATE_JSON_DOUBLE))
#define KINDS_ANY 0xffu

enum schema_reach {
	SCHEMA_NONE,     /* no schemas in it, or none that is looked at */
	SCHEMA_INSIDE,   /* for members and items: a step down */
	SCHEMA_IN_PLACE, /* for the value itself; it has to hold */
	SCHEMA_CHOICE    /* for the value itself; it may hold or not */
};

struct schema_keyword {
	const char *name;
	unsigned int kinds; /* the values that it looks at */
	enum schema_reach reach;
	bool maybe; /* SCHEMA_INSIDE: may hold or not (contains) */
	/* The keyword's value into r; false: complained. NULL: ignored. */
	bool (*parse)(struct schema_load *l, struct schema_node *n,
	    struct schema_rule *r, const struct gate_json *value);
	/* Whether v holds; NULL: always. */
	bool (*check)(struct schema_walk *w, const struct schema_node *n,
	    const struct schema_rule *r, const struct gate_json *v);
	unsigned int param; /* what functions of several keywords differ by */
};

extern const struct schema_keyword schema_keywords[];
extern const size_t schema_keyword_count;

struct schema_rule {
	const struct schema_keyword *keyword;
	struct schema_node **nodes;
	const char **names;             /* of the nodes, where they have any */
	struct gate_pattern **patterns; /* the same */
	size_t node_count;
	const struct gate_json *value; /* as it stands in the document */
	struct gate_decimal *number;
	uint64_t count;
	unsigned int types; /* KIND(...), and TYPE_INTEGER */
	bool (*format)(struct gate_span s);
};

enum schema_unknown {
	SCHEMA_UNKNOWN_KEEP,
	SCHEMA_UNKNOWN_DROP,
	SCHEMA_UNKNOWN_REFUSE
};

struct schema_node {
	char *pointer;
	const char *ref; /* the text of its $ref; NULL: it has none */
	bool never;      /* the schema `false` */
	struct schema_rule *rules;
	size_t rule_count;

	/* What keywords want to know of those beside them. */
	const struct schema_rule *properties, *pattern_properties;
	const struct schema_rule *additional, *prefix, *items;
	struct schema_node *then_node, *else_node;
	uint64_t contains_min, contains_max;

	/* How the value is stored. */
	enum schema_unknown unknown;
	bool strip_html, normalise_url;
	uint64_t cut_to; /* code points; 0: not cut */
	bool shapes;     /* it, or a node that it leads to, changes a value */

	unsigned int mark; /* for searches while loading */
	size_t chain;      /* longest way on in place, this one included */
};

struct gate_schema {
	struct gate_json *doc;
	struct schema_node **nodes;
	size_t node_count, node_room;
	size_t pattern_count;
};

/* ---- loading --------------------------------------------------------- */

struct schema_load {
	struct gate_schema *schema;
	gate_schema_report *report;
	void *ctx;
	size_t complaints;
	bool nomem;
};

/* Reports, unless memory is short; below, a member's name or "", follows the
 * pointer after '/'.
 * Always false, for `return schema_complain(...)`. */
bool schema_complain(struct schema_load *l, const char *pointer,
    const char *below, const char *fmt, ...) GATE_PRINTF(4, 5);

/* Compiles the schema that stands at pointer and below (a keyword, and
 * unless NULL a name or an index in it). NULL: complained or no memory. */
struct schema_node *schema_load_node(struct schema_load *l, const char *pointer,
    const char *keyword, const char *name, const struct gate_json *value);

/* Resolves $ref and looks at where nodes lead; false: complained. */
bool schema_link(struct schema_load *l);

/* ---- checking -------------------------------------------------------- */

/* One level of the value: a member's name, or an item's index. */
struct schema_place {
	const char *name; /* NULL: an index */
	size_t index;
};

struct schema_walk {
	size_t steps;        /* left */
	enum gate_code code; /* GATE_OK, or why the walk was given up */
	unsigned int quiet;  /* within a choice: faults are not final */
	struct schema_place path[GATE_JSON_STORED_DEPTH_MAX + 1];
	size_t depth;
	struct gate_schema_fault *fault;
};

/* False: given up, now or before. */
bool schema_spend(struct schema_walk *w, size_t steps) GATE_MUSTCHECK;
/* The same with a reason of its own. Always false. */
bool schema_give_up(struct schema_walk *w, enum gate_code code);

/* Whether v holds against n; the fault is noted. */
bool schema_walk_node(struct schema_walk *w, const struct schema_node *n,
    const struct gate_json *v) GATE_MUSTCHECK;
/* The same one level down. known: the schema names the member. */
bool schema_walk_member(struct schema_walk *w, const struct schema_node *n,
    const char *name, bool known, const struct gate_json *v) GATE_MUSTCHECK;
bool schema_walk_item(struct schema_walk *w, const struct schema_node *n,
    size_t index, const struct gate_json *v) GATE_MUSTCHECK;
/* The same for one of several choices. */
bool schema_walk_choice(struct schema_walk *w, const struct schema_node *n,
    const struct gate_json *v) GATE_MUSTCHECK;

/* False also where the walk was given up. */
bool schema_pattern_holds(struct schema_walk *w, const struct gate_pattern *p,
    struct gate_span s) GATE_MUSTCHECK;
/* Whether `properties` or `patternProperties` name a member; false: given
 * up. */
bool schema_member_is_known(struct schema_walk *w, const struct schema_node *n,
    const char *name, bool *known) GATE_MUSTCHECK;

/* Reads a number; false: given up. */
bool schema_number(struct schema_walk *w, const struct gate_json *v,
    struct gate_decimal *out) GATE_MUSTCHECK;
/* Same value, whatever the order of members; false also if given up. */
bool schema_equal(struct schema_walk *w, const struct gate_json *a,
    const struct gate_json *b) GATE_MUSTCHECK;
/* No two items are equal; false also if given up. */
bool schema_is_unique(
    struct schema_walk *w, const struct gate_json *array) GATE_MUSTCHECK;

/* NULL: no such word. */
bool (*schema_format_find(struct gate_span name))(struct gate_span s);

#endif

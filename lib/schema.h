/*
 * A subset of JSON Schema (draft 2020-12), compiled once and then constant.
 * doc/schema.md is its contract: each keyword, each refusal, each limit.
 *
 *	schema_load.c     text -> nodes with rules; what a schema may say
 *	schema_parse*.c   the value of each keyword
 *	schema_ref.c      $ref, and what may not lead in circles
 *	schema_keyword.c  the table of keywords
 *	schema_check.c    keywords that look at a value
 *	schema_apply.c    keywords that have schemas inside
 *	schema_walk.c     one check from top to bottom, with its budget
 *	schema_equal.c    which values are the same
 *	schema_format.c   the words of "format"
 *	schema_pattern.c  regular expressions; the only user of PCRE2
 *	schema_shape.c    x-pressgate-...: the value as it is to be stored
 *
 * Work is bounded whatever schema and value say: a check spends at most
 * GATE_SCHEMA_STEPS_MAX steps.
 */
#ifndef GATE_SCHEMA_H
#define GATE_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"
#include "lib/json.h"
#include "lib/span.h"

#define GATE_SCHEMA_TEXT_MAX (256 * 1024) /* of a file */
#define GATE_SCHEMA_NODES_MAX 2000        /* schemas in one file */
#define GATE_SCHEMA_PATTERNS_MAX 200      /* compiled, about 1 KiB each */
#define GATE_SCHEMA_PATTERN_BYTES_MAX 512
/* $ref, allOf and their like one within the other, without a step down into
 * the value: bounds the stack together with the depth of JSON. */
#define GATE_SCHEMA_CHAIN_MAX 16
/* Ten thousand values (what the guard lets in) by fifty looks at each. */
#define GATE_SCHEMA_STEPS_MAX 500000

struct gate_schema;

/* One line of trouble with a schema: pointer is a JSON Pointer into it. */
typedef void gate_schema_report(
    const char *pointer, const char *text, void *ctx);

/*
 * text    a schema; trusted as far as an operator is
 * report  called for each thing that is wrong with it
 * Returns GATE_OK. GATE_E_CONF: something was reported. GATE_E_NOMEM.
 *         *out only on GATE_OK; free with gate_schema_free.
 * Source: JSON Schema Core and Validation, draft 2020-12; RFC 6901.
 */
enum gate_code gate_schema_new(struct gate_span text,
    gate_schema_report *report, void *ctx,
    struct gate_schema **out) GATE_MUSTCHECK;
void gate_schema_free(struct gate_schema *s);

#define GATE_SCHEMA_WHERE 200

/* What did not hold. Says nothing of the value: a member that the schema
 * does not name is "*" in `where`. */
struct gate_schema_fault {
	const char *keyword;           /* "maxLength"; static; NULL: none */
	char where[GATE_SCHEMA_WHERE]; /* JSON Pointer, perhaps cut; "": top */
};

/* The keyword of a fault where the check was given up. */
#define GATE_SCHEMA_TOO_MUCH "limit"

/*
 * Holds a value against the schema.
 *
 * v      from gate_json_parse: at most GATE_JSON_DEPTH_MAX deep
 * fault  written on GATE_E_BAD and GATE_E_LIMIT
 * Returns GATE_OK; GATE_E_BAD: it does not fit. GATE_E_LIMIT: it would take
 *         too many steps, always so for this schema and value.
 *         GATE_E_NOMEM: nothing is known.
 */
enum gate_code gate_schema_check(const struct gate_schema *s,
    const struct gate_json *v, struct gate_schema_fault *fault) GATE_MUSTCHECK;

/* Whether the schema changes anything in what is stored. */
bool gate_schema_shapes(const struct gate_schema *s);

/*
 * A copy of a value that gate_schema_check found to fit, as it is to be
 * stored: URLs normalised, HTML stripped, strings cut, members dropped.
 * Returns GATE_OK, GATE_E_LIMIT (as above), GATE_E_NOMEM; *out, the caller's
 * to free, only on GATE_OK.
 */
enum gate_code gate_schema_shape(const struct gate_schema *s,
    const struct gate_json *v, struct gate_json **out) GATE_MUSTCHECK;

#endif

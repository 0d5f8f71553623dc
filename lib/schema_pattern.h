/*
 * Regular expressions with limits: the only user of PCRE2. Interpreted, never
 * compiled to machine code; UTF-8; ECMA-262 where PCRE2 can.
 */
#ifndef GATE_SCHEMA_PATTERN_H
#define GATE_SCHEMA_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"
#include "lib/span.h"

struct gate_pattern;

/* A longer string is not looked at: PCRE2 may have to begin at each byte of
 * it, and to go to its end each time. */
#define GATE_PATTERN_SUBJECT_MAX 8192

/*
 * text  UTF-8 (json_guard has passed it)
 * Returns GATE_OK; GATE_E_BAD: err says what is wrong with it;
 *         GATE_E_NOMEM. *out only on GATE_OK.
 */
enum gate_code gate_pattern_new(struct gate_span text,
    struct gate_pattern **out, struct gate_err *err) GATE_MUSTCHECK;
void gate_pattern_free(struct gate_pattern *p);

/*
 * Whether the pattern is found anywhere in s, which is UTF-8.
 *
 * hard  false: a first try, of little work. true: a second one
 * Returns GATE_OK (found), GATE_E_UNKNOWN (not found), GATE_E_LIMIT (more
 *         work than a try may be, or s is too long), GATE_E_NOMEM.
 */
enum gate_code gate_pattern_match(
    const struct gate_pattern *p, struct gate_span s, bool hard) GATE_MUSTCHECK;
/* What a try costs, in steps of lib/schema.h; an upper bound. */
size_t gate_pattern_cost(
    const struct gate_pattern *p, struct gate_span s, bool hard);

/* For --version: "PCRE2 10.42" */
const char *gate_pattern_version(void);

#endif

/*
 * The command line: words and options. All options of all verbs stand in
 * one table, so that they may come before the verb, and mean the same
 * everywhere.
 */
#ifndef CLI_OPTION_H
#define CLI_OPTION_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/err.h"

enum option {
	OPTION_CONFIG,
	OPTION_JSON,
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_DATABASE,
	OPTION_PRINT,
	OPTION_SAMPLE,
	OPTION_SITE_SAMPLE,
	OPTION_MANUAL,
	OPTION_PROVIDERS,
	OPTION_ROLES,
	OPTION_DRY_RUN,
	OPTION_URL,
	OPTION_DEFAULT,
	OPTION_ENDPOINT,
	OPTION_NO_APPLY,
	OPTION_EVENT,
	OPTION_DATA,
	OPTION_SITE,
	OPTION_KEY,
	OPTION_DOOR,
	OPTION_KEY_FILE,
	OPTION_IDEMPOTENCY_KEY,
	OPTION_ALL,
	OPTION_LIMIT,
	OPTION_NEW_KEY,
	OPTION_PAYLOAD,
	OPTION_SINCE,
	OPTION_UNTIL,
	OPTION_FORCE,
	OPTION_CAPTURE,
	OPTION_SOURCE,
	OPTION_AT,
	OPTION_COUNT
};

#define OPTION_BIT(o) (UINT64_C(1) << (o))
/* What every verb takes. */
#define OPTION_ALWAYS                                                          \
	(OPTION_BIT(OPTION_CONFIG) | OPTION_BIT(OPTION_JSON) |                 \
	    OPTION_BIT(OPTION_HELP))

#define WORDS_MAX 8

struct command_line {
	const char *value[OPTION_COUNT]; /* NULL: not given; flags: "" */
	const char *words[WORDS_MAX];
	size_t word_count;
};

/*
 * Takes "--name value", "--name=value", "-c value" and words in any order;
 * after "--" all are words. Borrows from argv.
 * GATE_OK, or GATE_E_BAD with err.
 */
enum gate_code option_parse(int argc, char **argv, struct command_line *out,
    struct gate_err *err) GATE_MUSTCHECK;

/* "--config" */
const char *option_name(enum option o);
/* The options of a set, one a line, for --help. */
void option_help(FILE *f, uint64_t set);

#endif

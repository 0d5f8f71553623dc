/*
 * pressgate rejections: what was refused, by the views that a DBA would use.
 * Nothing of a refused request is stored but that it was counted.
 */
#include "config.h"

#include <stdio.h>

#include "cli/command.h"
#include "lib/num.h"

#define REFUSED                                                                \
	"select coalesce(nullif(site, ''), '-') as site, "                     \
	"coalesce(nullif(source, ''), '-') as source, reason, "                \
	"coalesce(last_hour, 0) as last_hour, last_day, "                      \
	"to_char(last_minute, 'YYYY-MM-DD HH24:MI') as last_seen "             \
	"from pressgate.rejections where ($1::text is null or site = $1)"
#define CONFLICTS                                                              \
	"select to_char(seen_at, 'YYYY-MM-DD HH24:MI') as seen, site, "        \
	"coalesce(source, '-') as source, key, event_id, "                     \
	"coalesce(address, '-') as address, "                                  \
	"left(first_fingerprint, 16) as first, "                               \
	"left(other_fingerprint, 16) as other from pressgate.conflicts "       \
	"where ($1::text is null or site = $1) limit $2"

enum { STMT_READY, STMT_REFUSED, STMT_CONFLICTS, STMT_JSON };
static const struct gate_stmt stmts[] = {
    [STMT_READY] = COMMAND_READY_STMT,
    [STMT_REFUSED] = {"rejections", REFUSED, 1},
    [STMT_CONFLICTS] = {"conflicts", CONFLICTS, 2},
    [STMT_JSON] = {"rejections_json",
	"select jsonb_build_object('rejections', (select "
	"coalesce(jsonb_agg(x), '[]') from pressgate.rejections x "
	"where ($1::text is null or site = $1)), 'conflicts', (select "
	"coalesce(jsonb_agg(x), '[]') from (select * from pressgate.conflicts "
	"where ($1::text is null or site = $1) limit $2) x))",
	2},
};

static const char *const refused_heads[] = {
    "SITE", "DOOR", "REASON", "LAST HOUR", "LAST DAY", "LAST SEEN"};
static const char *const conflict_heads[] = {"SEEN", "SITE", "SOURCE", "KEY",
    "FIRST EVENT", "ADDRESS", "FIRST", "OTHER"};

static int
print_list(struct gate_db *db, size_t stmt, const struct gate_param *params,
    const char *const *heads, size_t head_count, const char *none)
{
	struct gate_rows *rows = NULL;
	int exit_code = command_call(
	    db, stmt, params, (size_t)stmts[stmt].param_count, &rows);

	if (exit_code != CLI_OK)
		return exit_code;
	if (gate_rows_count(rows) == 0)
		printf("%s\n", none);
	else
		command_print_rows(rows, heads, head_count);
	gate_rows_free(rows);
	return CLI_OK;
}

static int
print_json(struct gate_db *db, const struct gate_param *params)
{
	struct gate_rows *rows = NULL;
	int exit_code = command_call(db, STMT_JSON, params, 2, &rows);

	if (exit_code == CLI_OK)
		command_print_json(rows);
	gate_rows_free(rows);
	return exit_code;
}

static int
print_text(struct gate_db *db, const struct gate_param *params)
{
	int exit_code = print_list(db, STMT_REFUSED, params, refused_heads,
	    GATE_COUNT(refused_heads), "nothing was refused in the last day");

	if (exit_code != CLI_OK)
		return exit_code;
	putchar('\n');
	return print_list(db, STMT_CONFLICTS, params, conflict_heads,
	    GATE_COUNT(conflict_heads), "no key came again with other content");
}

int
rejections_run(const struct command *c)
{
	const char *limit = c->line->value[OPTION_LIMIT];
	struct gate_conf *conf = NULL;
	struct gate_db *db = NULL;
	struct gate_param params[2];
	size_t bad = 0; /* a bad site file hides nothing */
	uint64_t n;
	int exit_code;

	if (limit == NULL)
		limit = COMMAND_LIMIT_DEFAULT;
	if (!gate_span_u64(gate_span_str(limit), COMMAND_LIMIT_MAX, &n))
		return command_fail(CLI_USAGE,
		    "--limit: expected a number up to %d", COMMAND_LIMIT_MAX);
	params[0] = gate_param_str(c->line->value[OPTION_SITE]);
	params[1] = gate_param_str(limit);
	exit_code = command_conf(c, 0, &conf, &bad);
	if (exit_code == CLI_OK)
		exit_code = command_db(conf, GATE_CONF_ROLE_OPERATOR, stmts,
		    GATE_COUNT(stmts), 0, &db);
	if (exit_code == CLI_OK)
		exit_code = command_schema(db, STMT_READY);
	if (exit_code == CLI_OK)
		exit_code =
		    c->json ? print_json(db, params) : print_text(db, params);
	gate_db_close(db);
	gate_conf_free(conf);
	return exit_code;
}

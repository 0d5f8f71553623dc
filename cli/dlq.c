/*
 * pressgate dlq: dead letters, by the view and the function that a DBA
 * would use.
 */
#include "config.h"

#include "cli/command.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/num.h"

#define LIST                                                                   \
	"select id, to_char(died_at, 'YYYY-MM-DD HH24:MI') as died_at, site, " \
	"route, step, cause, last_code, event_type, idempotency_key, "         \
	"attempts, replayed_as, left(last_error, 60) as error "                \
	"from pressgate.dead_letters "                                         \
	"where ($1::text is null or site = $1) "                               \
	"and ($2 or replayed_as is null) order by died_at desc, id desc "      \
	"limit $3"
#define LIST_JSON                                                              \
	"select coalesce(json_agg(d), '[]') from (select * "                   \
	"from pressgate.dead_letters "                                         \
	"where ($1::text is null or site = $1) "                               \
	"and ($2 or replayed_as is null) order by died_at desc, id desc "      \
	"limit $3) d"

enum { STMT_READY, STMT_LIST, STMT_LIST_JSON, STMT_FIND, STMT_REPLAY };
static const struct gate_stmt stmts[] = {
    [STMT_READY] = COMMAND_READY_STMT,
    [STMT_LIST] = {"dlq_list", LIST, 3},
    [STMT_LIST_JSON] = {"dlq_list_json", LIST_JSON, 3},
    [STMT_FIND] = {"dlq_find",
	"select coalesce(replayed_as, 0) from pressgate.dead_letters "
	"where id = $1",
	1},
    [STMT_REPLAY] = {"dlq_replay", "select pressgate.replay($1, $2, $3)", 3},
};

static const char *const heads[] = {"ID", "DIED", "SITE", "ROUTE", "STEP",
    "CAUSE", "CODE", "EVENT", "KEY", "TRIES", "REPLAYED AS", "ERROR"};

#define REPLAYED "dead letter %" PRId64 ": replayed as job %" PRId64 "\n"
#define REPLAYED_JSON "{\"dead\":%" PRId64 ",\"job\":%" PRId64 "}\n"

static int
open_ready(
    const struct command *c, struct gate_conf **conf, struct gate_db **db)
{
	size_t bad = 0; /* a bad site file does not hide the dead */
	int exit_code = command_conf(c, 0, conf, &bad);

	if (exit_code == CLI_OK)
		exit_code = command_db(*conf, GATE_CONF_ROLE_OPERATOR, stmts,
		    GATE_COUNT(stmts), 0, db);
	if (exit_code == CLI_OK)
		exit_code = command_schema(*db, STMT_READY);
	return exit_code;
}

int
dlq_list_run(const struct command *c)
{
	const char *limit = c->line->value[OPTION_LIMIT];
	struct gate_conf *conf = NULL;
	struct gate_db *db = NULL;
	struct gate_rows *rows = NULL;
	struct gate_param params[3];
	uint64_t n;
	int exit_code;

	if (limit == NULL)
		limit = COMMAND_LIMIT_DEFAULT;
	if (!gate_span_u64(gate_span_str(limit), COMMAND_LIMIT_MAX, &n))
		return command_fail(CLI_USAGE,
		    "--limit: expected a number up to %d", COMMAND_LIMIT_MAX);
	params[0] = gate_param_str(c->line->value[OPTION_SITE]);
	params[1] = gate_param_str(
	    c->line->value[OPTION_ALL] != NULL ? "true" : "false");
	params[2] = gate_param_str(limit);
	exit_code = open_ready(c, &conf, &db);
	if (exit_code == CLI_OK)
		exit_code =
		    command_call(db, c->json ? STMT_LIST_JSON : STMT_LIST,
			params, GATE_COUNT(params), &rows);
	if (exit_code == CLI_OK && c->json)
		command_print_json(rows);
	else if (exit_code == CLI_OK)
		command_print_rows(rows, heads, GATE_COUNT(heads));
	gate_rows_free(rows);
	gate_db_close(db);
	gate_conf_free(conf);
	return exit_code;
}

/* CLI_OK if there is such a letter that was not replayed yet. */
static int
find(struct gate_db *db, struct gate_param id, const char *text)
{
	struct gate_rows *rows = NULL;
	int exit_code = command_call(db, STMT_FIND, &id, 1, &rows);

	if (exit_code != CLI_OK)
		return exit_code;
	if (gate_rows_count(rows) == 0)
		exit_code =
		    command_fail(CLI_NOTHING, "no dead letter %s", text);
	else if (gate_rows_i64(rows, 0, 0) != 0)
		exit_code = command_fail(CLI_FAILED,
		    "dead letter %s has been replayed as job %" PRId64, text,
		    gate_rows_i64(rows, 0, 0));
	gate_rows_free(rows);
	return exit_code;
}

int
dlq_replay_run(const struct command *c)
{
	const char *id = c->words[0];
	struct gate_conf *conf = NULL;
	struct gate_db *db = NULL;
	struct gate_rows *rows = NULL;
	struct gate_param params[3];
	char who[64];
	int64_t number;
	int exit_code;

	if (!gate_span_i64(gate_span_str(id), 1, INT64_MAX, &number))
		return command_fail(
		    CLI_USAGE, "%s: expected the number of a dead letter", id);
	command_who(who, sizeof(who));
	params[0] = gate_param_str(id);
	params[1] = gate_param_str(who);
	params[2] = gate_param_str(
	    c->line->value[OPTION_NEW_KEY] != NULL ? "true" : "false");
	exit_code = open_ready(c, &conf, &db);
	if (exit_code == CLI_OK)
		exit_code = find(db, params[0], id);
	if (exit_code == CLI_OK)
		exit_code = command_call(
		    db, STMT_REPLAY, params, GATE_COUNT(params), &rows);
	if (exit_code == CLI_OK)
		printf(c->json ? REPLAYED_JSON : REPLAYED, number,
		    gate_rows_i64(rows, 0, 0));
	gate_rows_free(rows);
	gate_db_close(db);
	gate_conf_free(conf);
	return exit_code;
}

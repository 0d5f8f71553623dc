/*
 * pressgate status: one look at the whole gate, from the views.
 */
#include "config.h"

#include "cli/command.h"
#include "cli/secrets.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "lib/clock.h"
#include "lib/num.h"

#define WORKERS                                                                \
	"select host, pid, version, in_flight, "                               \
	"date_trunc('second', up) as up, "                                     \
	"date_trunc('second', silent) as silent from pressgate.workers"
#define QUEUE                                                                  \
	"select urgency, site, depth, due, paused, running, retrying, "        \
	"date_trunc('second', oldest_age) as oldest_age, "                     \
	"date_trunc('second', longest_overdue) as longest_overdue, verdict "   \
	"from pressgate.queue_health"
#define DEAD                                                                   \
	"select count(*) from pressgate.dead_letters where replayed_as is "    \
	"null"
#define LIST(q) "(select coalesce(jsonb_agg(x), '[]') from (" q ") x)"

enum { STMT_READY, STMT_WORKERS, STMT_QUEUE, STMT_COUNTS, STMT_JSON };
static const struct gate_stmt stmts[] = {
    [STMT_READY] = COMMAND_READY_STMT,
    [STMT_WORKERS] = {"status_workers", WORKERS, 0},
    [STMT_QUEUE] = {"status_queue", QUEUE, 0},
    [STMT_COUNTS] = {"status_counts",
	"select (" DEAD "), (select count(*) from pressgate.pauses), "
	"(select weeks_ahead from pressgate.ready())",
	0},
    [STMT_JSON] = {"status_json",
	"select jsonb_build_object('schema_version', r.version, "
	"'weeks_ahead', r.weeks_ahead, 'dead_letters', (" DEAD "), "
	"'pauses', (select count(*) from pressgate.pauses), "
	"'workers', " LIST(WORKERS) ", 'queue', " LIST(
	    QUEUE) ", "
		   "'config', jsonb_build_object('path', $1::text, 'age_s', "
		   "$2::bigint, 'sites', $3::bigint, 'bad_sites', $4::bigint, "
		   "'old_keys', $5::bigint)) "
		   "from pressgate.ready() r",
	5},
};

static const char *const worker_heads[] = {
    "HOST", "PID", "VERSION", "IN FLIGHT", "UP", "SILENT"};
static const char *const queue_heads[] = {"URGENCY", "SITE", "DEPTH", "DUE",
    "PAUSED", "RUNNING", "RETRYING", "OLDEST", "OVERDUE", "VERDICT"};

/* Since `apply` last wrote the generation; before that, since the file
 * itself was changed. -1: neither can be told. */
static int64_t
config_age_s(const struct gate_conf *c)
{
	char path[4096];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/generation", c->dir);
	if (stat(path, &st) != 0 && stat(c->path, &st) != 0)
		return -1;
	return gate_wall_ms() / 1000 - (int64_t)st.st_mtim.tv_sec;
}

static int
print_list(struct gate_db *db, size_t stmt, const char *const *heads,
    size_t head_count, const char *none)
{
	struct gate_rows *rows = NULL;
	int exit_code = command_call(db, stmt, NULL, 0, &rows);

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
print_counts(struct gate_db *db)
{
	struct gate_rows *rows = NULL;
	int exit_code = command_call(db, STMT_COUNTS, NULL, 0, &rows);

	if (exit_code != CLI_OK)
		return exit_code;
	printf("dead letters: %" PRId64 "%s\npauses: %" PRId64
	       "\nevent partitions: %" PRId64 " weeks ahead\n",
	    gate_rows_i64(rows, 0, 0),
	    gate_rows_i64(rows, 0, 0) > 0 ? " (pressgate dlq list)" : "",
	    gate_rows_i64(rows, 0, 1), gate_rows_i64(rows, 0, 2));
	gate_rows_free(rows);
	return CLI_OK;
}

static int
print_text(const struct gate_conf *conf, struct gate_db *db, size_t bad)
{
	size_t old = secrets_old_count(conf, gate_wall_ms());
	int64_t age = config_age_s(conf);
	int exit_code;

	printf("configuration: %s, %zu sites", conf->path, conf->sites.count);
	if (bad > 0)
		printf(", %zu INVALID", bad);
	if (age >= 0)
		printf(", applied %" PRId64 " s ago", age);
	printf("\n");
	if (old > 0)
		printf("keys: %zu of more than %d days (pressgate secret "
		       "list)\n",
		    old, SECRETS_OLD_DAYS);
	printf("\n");
	exit_code = print_list(db, STMT_WORKERS, worker_heads,
	    GATE_COUNT(worker_heads), "no worker is alive");
	putchar('\n');
	if (exit_code == CLI_OK)
		exit_code = print_list(db, STMT_QUEUE, queue_heads,
		    GATE_COUNT(queue_heads), "the queue is empty");
	putchar('\n');
	if (exit_code == CLI_OK)
		exit_code = print_counts(db);
	return exit_code;
}

static int
print_json(const struct gate_conf *conf, struct gate_db *db, size_t bad)
{
	char age[GATE_PARAM_I64_TEXT], sites[GATE_PARAM_I64_TEXT],
	    bads[GATE_PARAM_I64_TEXT], olds[GATE_PARAM_I64_TEXT];
	size_t old = secrets_old_count(conf, gate_wall_ms());
	struct gate_rows *rows = NULL;
	struct gate_param params[] = {
	    gate_param_str(conf->path),
	    gate_param_i64(config_age_s(conf), age),
	    gate_param_i64((int64_t)conf->sites.count, sites),
	    gate_param_i64((int64_t)bad, bads),
	    gate_param_i64((int64_t)old, olds),
	};
	int exit_code =
	    command_call(db, STMT_JSON, params, GATE_COUNT(params), &rows);

	if (exit_code == CLI_OK)
		command_print_json(rows);
	gate_rows_free(rows);
	return exit_code;
}

int
status_run(const struct command *c)
{
	struct gate_conf *conf = NULL;
	struct gate_db *db = NULL;
	size_t bad = 0;
	int exit_code = command_conf(c, 0, &conf, &bad);

	if (exit_code == CLI_OK)
		exit_code = command_db(conf, GATE_CONF_ROLE_OPERATOR, stmts,
		    GATE_COUNT(stmts), 0, &db);
	if (exit_code == CLI_OK)
		exit_code = command_schema(db, STMT_READY);
	if (exit_code == CLI_OK)
		exit_code = c->json ? print_json(conf, db, bad)
				    : print_text(conf, db, bad);
	gate_db_close(db);
	gate_conf_free(conf);
	return exit_code;
}

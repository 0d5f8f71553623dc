/*
 * pressgate metrics: what the programs of this configuration have counted,
 * from their shared memory, and the state of the queue, from the database,
 * as one Prometheus exposition. Either part is printed without the other.
 */
#include "config.h"

#include "cli/command.h"

#include <stdio.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/metrics.h"
#include "lib/num.h"

#define QUEUE_TEXT_MAX (16u * 1024 * 1024) /* some 100 bytes a site and row */

enum { STMT_READY, STMT_QUEUE, STMT_COUNTS };
static const struct gate_stmt stmts[] = {
    [STMT_READY] = COMMAND_READY_STMT,
    [STMT_QUEUE] = {"metrics_queue",
	"select urgency, site, depth, due, running, retrying, "
	"round(extract(epoch from oldest_age)::numeric, 3), "
	"round(extract(epoch from coalesce(longest_overdue, '0'))::numeric, "
	"3) "
	"from pressgate.queue_health",
	0},
    [STMT_COUNTS] = {"metrics_counts",
	"select (select count(*) from pressgate.dead_letters "
	"where replayed_as is null), "
	"(select count(*) from pressgate.workers), "
	"(select count(*) from pressgate.pauses)",
	0},
};

struct gauge {
	size_t column;
	const char *name, *help;
};

/* Of STMT_QUEUE, each labelled with urgency and site. */
static const struct gauge queue_gauges[] = {
    {2, "pressgate_queue_jobs", "Unfinished jobs."},
    {3, "pressgate_queue_due_jobs", "Jobs that a worker could take now."},
    {4, "pressgate_queue_running_jobs", "Jobs that a worker holds."},
    {5, "pressgate_queue_retrying_jobs", "Jobs that have failed before."},
    {6, "pressgate_queue_oldest_seconds", "Age of the oldest unfinished job."},
    {7, "pressgate_queue_overdue_seconds",
	"How long the most overdue job has waited for a worker."},
};

/* Of STMT_COUNTS. */
static const struct gauge count_gauges[] = {
    {0, "pressgate_dead_letters", "Dead letters nobody has replayed."},
    {1, "pressgate_workers", "Workers that live."},
    {2, "pressgate_pauses", "Pauses in force."},
};

static void
put_head(struct gate_buf *out, const char *name, const char *help)
{
	(void)gate_buf_printf(
	    out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

/* A label's value: the format escapes these three. */
static void
put_label(struct gate_buf *out, const char *name, struct gate_span value)
{
	size_t i;

	(void)gate_buf_printf(out, "%s=\"", name);
	for (i = 0; i < value.n; i++) {
		if (value.p[i] == '\\' || value.p[i] == '"')
			(void)gate_buf_put_byte(out, '\\');
		if (value.p[i] == '\n')
			(void)gate_buf_put_str(out, "\\n");
		else
			(void)gate_buf_put_byte(out, value.p[i]);
	}
	(void)gate_buf_put_byte(out, '"');
}

static void
put_queue(struct gate_buf *out, const struct gate_rows *rows)
{
	size_t g, row;

	for (g = 0; g < GATE_COUNT(queue_gauges); g++) {
		const struct gauge *q = &queue_gauges[g];

		put_head(out, q->name, q->help);
		for (row = 0; row < gate_rows_count(rows); row++) {
			(void)gate_buf_printf(out, "%s{", q->name);
			put_label(out, "urgency", gate_rows_get(rows, row, 0));
			(void)gate_buf_put_byte(out, ',');
			put_label(out, "site", gate_rows_get(rows, row, 1));
			(void)gate_buf_printf(
			    out, "} %s\n", gate_rows_str(rows, row, q->column));
		}
	}
}

static void
put_counts(struct gate_buf *out, const struct gate_rows *rows)
{
	size_t g;

	for (g = 0; g < GATE_COUNT(count_gauges); g++) {
		const struct gauge *q = &count_gauges[g];

		put_head(out, q->name, q->help);
		(void)gate_buf_printf(
		    out, "%s %s\n", q->name, gate_rows_str(rows, 0, q->column));
	}
}

/* All of the database's part or nothing of it; what is wrong has been said
 * if it is not CLI_OK. */
static int
ask_database(const struct gate_conf *conf, struct gate_buf *out)
{
	struct gate_rows *queue = NULL, *counts = NULL;
	struct gate_db *db = NULL;
	int exit_code = command_db(
	    conf, GATE_CONF_ROLE_OPERATOR, stmts, GATE_COUNT(stmts), 0, &db);

	if (exit_code == CLI_OK)
		exit_code = command_schema(db, STMT_READY);
	if (exit_code == CLI_OK)
		exit_code = command_call(db, STMT_QUEUE, NULL, 0, &queue);
	if (exit_code == CLI_OK)
		exit_code = command_call(db, STMT_COUNTS, NULL, 0, &counts);
	if (exit_code == CLI_OK) {
		put_queue(out, queue);
		put_counts(out, counts);
	}
	gate_rows_free(queue);
	gate_rows_free(counts);
	gate_db_close(db);
	return exit_code;
}

/* Says by a gauge, too, whether the database answered: who collects the text
 * does not read standard error. */
static void
put_database(const struct gate_conf *conf, struct gate_buf *out)
{
	int exit_code = ask_database(conf, out);

	if (exit_code != CLI_OK)
		(void)command_fail(CLI_OK, "so the queue's state is missing");
	put_head(out, "pressgate_database_up",
	    "1 if the database answered when this was printed.");
	(void)gate_buf_printf(
	    out, "pressgate_database_up %d\n", exit_code == CLI_OK);
}

/* CLI_NOTHING: the program has no segment. */
static int
put_program(
    const struct gate_conf *conf, const char *program, struct gate_buf *out)
{
	struct gate_err err = {GATE_OK, ""};
	struct gate_metrics *m = NULL;
	enum gate_code code =
	    gate_metrics_read(conf->metrics, program, &m, &err);

	if (code == GATE_E_UNKNOWN)
		return CLI_NOTHING;
	if (code != GATE_OK)
		return command_fail_err(&err);
	code = gate_metrics_text(m, out);
	gate_metrics_close(m);
	return code == GATE_OK
	    ? CLI_OK
	    : command_fail(CLI_FAILED, "metrics: %s", gate_code_name(code));
}

/* CLI_OK if at least one program's was found and none is unreadable. */
static int
put_memory(const struct gate_conf *conf, struct gate_buf *out)
{
	static const char *const programs[] = {"fcgi", "worker"};
	int exit_code = CLI_NOTHING, one;
	size_t i;

	for (i = 0; i < GATE_COUNT(programs); i++) {
		one = put_program(conf, programs[i], out);
		if (one != CLI_NOTHING && exit_code != CLI_FAILED)
			exit_code = one;
	}
	if (exit_code != CLI_NOTHING)
		return exit_code;
	if (conf->metrics[0] == '\0')
		return command_fail(CLI_UNREACHABLE,
		    "no counters: metrics is "
		    "empty in %s, so each process keeps its own",
		    conf->path);
	return command_fail(CLI_UNREACHABLE,
	    "no counters of metrics = \"%s\": "
	    "no program of this version and configuration has run here since "
	    "the machine was started",
	    conf->metrics);
}

int
metrics_run(const struct command *c)
{
	struct gate_conf *conf = NULL;
	struct gate_buf out;
	size_t bad = 0;
	int exit_code;

	if (c->json)
		return command_fail(
		    CLI_USAGE, "metrics prints Prometheus text, not JSON");
	exit_code = command_conf(c, 0, &conf, &bad);
	if (exit_code != CLI_OK)
		return exit_code;
	gate_buf_init(&out, QUEUE_TEXT_MAX);
	exit_code = put_memory(conf, &out);
	put_database(conf, &out);
	if (out.failed == GATE_OK)
		(void)fwrite(out.p, 1, out.n, stdout);
	else
		exit_code = command_fail(
		    CLI_FAILED, "metrics: %s", gate_code_name(out.failed));
	gate_buf_clear(&out);
	gate_conf_free(conf);
	return exit_code;
}

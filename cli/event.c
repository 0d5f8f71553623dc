/*
 * pressgate event show: all that is known of one event, by the views that a
 * DBA would use. It only reads, so a role that may do no more is enough.
 * Without --payload nothing of what was sent or came back is shown.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "lib/codec.h"
#include "lib/num.h"

#define STAMP "'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'"
#define UTC(column) "to_char(" column " at time zone 'UTC', " STAMP ")"
#define SHORT(column) "to_char(" column ", 'MM-DD HH24:MI:SS')"

#define RECORD                                                                 \
	"select id, site, source, scheme, key_id, created_by, type, "          \
	"idempotency_key, object_ref, " UTC("occurred_at") ", " UTC(           \
	    "received_at") ", address, user_agent, traceparent, fingerprint, " \
			   "fp_version, sealed_by, raw_of, raw_bytes, "        \
			   "case when $2 then signed_headers::text end, "      \
			   "case when $2 then canonical::text end, "           \
			   "case when $2 then pressgate.body_text(raw) end "  \
			   "from pressgate.events where id = $1"

#define JOBS                                                                                                                        \
	"select job, route, coalesce(step, '-'), state, attempts, " SHORT("qu"                                                      \
									  "eu"                                                      \
									  "ed"                                                      \
									  "_a"                                                      \
									  "t") ", coalesce(case when isfinite(due_at) then " SHORT( \
	    "due_at") " end, '-'), coalesce(" SHORT("finished_at") ", '-'), "                                                       \
								   "coalesce("                                                      \
								   "result::"                                                       \
								   "text, "                                                         \
								   "'-'), "                                                         \
								   "coalesce("                                                      \
								   "replay_"                                                        \
								   "of::text,"                                                      \
								   " '-'), "                                                        \
								   "last_"                                                          \
								   "error "                                                         \
								   "from "                                                          \
								   "pressgate"                                                      \
								   ".event_"                                                        \
								   "jobs "                                                          \
								   "where "                                                         \
								   "event_id "                                                      \
								   "= $1 "                                                          \
								   "order by "                                                      \
								   "job"
#define TRIES                                                                  \
	"select job, route, step, service, attempt, " SHORT(                   \
	    "started_at") ", duration_ms, outcome, coalesce(code::text, "      \
			  "'-'), worker, left(error, 60) "                     \
			  "from pressgate.event_attempts "                     \
			  "where event_id = $1 order by started_at, job"
#define RESULTS                                                                \
	"select seq, job, route, status, coalesce(supersedes::text, '-'), "    \
	"" UTC("finished_at") ", case when $2 then output::text end "          \
			      "from pressgate.event_results "                  \
			      "where event_id = $1 order by seq"
#define LETTERS                                                                \
	"select id, step, cause, coalesce(last_code::text, '-'), " SHORT(      \
	    "died_at") ", coalesce(replayed_as::text, '-'), "                  \
		       "coalesce(replayed_by, '-'), left(last_error, 60) "     \
		       "from pressgate.event_letters where event_id = $1 "     \
		       "order by id"
#define CONFLICTS                                                              \
	"select " SHORT("seen_at") ", coalesce(address, '-'), "                \
				   "left(first_fingerprint, 16), "             \
				   "left(other_fingerprint, 16) "              \
				   "from pressgate.conflicts "                 \
				   "where event_id = $1 order by seen_at"

/* With the payload the views' rows whole, else without what was sent or
 * came back. */
#define ALL(view, payload)                                                     \
	"(select coalesce(jsonb_agg(case when $2 then to_jsonb(x) "            \
	"else to_jsonb(x) " payload " end), '[]') from pressgate." view " x "  \
	"where event_id = $1)"
#define JSON                                                                   \
	"select jsonb_build_object('event', case when $2 then "                \
	"to_jsonb(e) - 'raw' || jsonb_build_object('raw', "                    \
	"pressgate.body_text(e.raw)) else to_jsonb(e) - 'raw' - "             \
	"'canonical' - 'signed_headers' end, "                                 \
	"'jobs', " ALL("event_jobs", "") ", 'attempts', " ALL(                 \
	    "event_attempts", "") ", 'results', " ALL("event_results",         \
	    "- 'output'") ", 'dead_letters', " ALL("event_letters",            \
	    "") ", 'conflicts', " ALL("conflicts",                             \
	    "") ") "                                                           \
		"from pressgate.events e where e.id = $1"

enum {
	STMT_READY,
	STMT_RECORD,
	STMT_JOBS,
	STMT_TRIES,
	STMT_RESULTS,
	STMT_LETTERS,
	STMT_CONFLICTS,
	STMT_JSON
};
static const struct gate_stmt stmts[] = {
    [STMT_READY] = COMMAND_READY_STMT,
    [STMT_RECORD] = {"event", RECORD, 2},
    [STMT_JOBS] = {"event_jobs", JOBS, 1},
    [STMT_TRIES] = {"event_tries", TRIES, 1},
    [STMT_RESULTS] = {"event_results", RESULTS, 2},
    [STMT_LETTERS] = {"event_letters", LETTERS, 1},
    [STMT_CONFLICTS] = {"event_conflicts", CONFLICTS, 1},
    [STMT_JSON] = {"event_json", JSON, 2},
};

static const char *const record_heads[] = {"id", "site", "source", "scheme",
    "key id", "created by", "type", "idempotency key", "object ref",
    "occurred at", "received at", "address", "user agent", "traceparent",
    "fingerprint", "fp version", "sealed by", "raw of", "raw bytes",
    "signed headers", "canonical", "raw"};

#define HEADS_MAX 12
static const struct section {
	size_t stmt;
	const char *title;
	const char *heads[HEADS_MAX]; /* NULL ends */
} sections[] = {
    {STMT_JOBS, "jobs",
	{"JOB", "ROUTE", "STEP", "STATE", "TRIES", "QUEUED", "DUE", "FINISHED",
	    "RESULT", "REPLAYS", "ERROR"}},
    {STMT_TRIES, "tries",
	{"JOB", "ROUTE", "STEP", "SERVICE", "TRY", "STARTED", "MS", "OUTCOME",
	    "CODE", "WORKER", "ERROR"}},
    {STMT_RESULTS, "results",
	{"SEQ", "JOB", "ROUTE", "STATUS", "SUPERSEDES", "FINISHED", "OUTPUT"}},
    {STMT_LETTERS, "dead letters",
	{"ID", "STEP", "CAUSE", "CODE", "DIED", "REPLAYED AS", "BY", "ERROR"}},
    {STMT_CONFLICTS, "conflicts: the key came again with another body",
	{"SEEN", "ADDRESS", "FIRST", "OTHER"}},
};

static int
print_section(struct gate_db *db, const struct section *s,
    const struct gate_param *params)
{
	struct gate_rows *rows = NULL;
	size_t heads = 0;
	int exit_code = command_call(
	    db, s->stmt, params, (size_t)stmts[s->stmt].param_count, &rows);

	while (heads < HEADS_MAX && s->heads[heads] != NULL)
		heads++;
	if (exit_code == CLI_OK && gate_rows_count(rows) > 0) {
		printf("\n%s\n", s->title);
		command_print_rows(rows, s->heads, heads);
	}
	gate_rows_free(rows);
	return exit_code;
}

static int
show(const struct command *c, struct gate_db *db,
    const struct gate_param params[2])
{
	struct gate_rows *rows = NULL;
	size_t i;
	int exit_code = command_call(
	    db, c->json ? STMT_JSON : STMT_RECORD, params, 2, &rows);

	if (exit_code != CLI_OK)
		return exit_code;
	if (gate_rows_count(rows) == 0)
		exit_code =
		    command_fail(CLI_NOTHING, "no event %s", c->words[0]);
	else if (c->json)
		command_print_json(rows);
	else
		command_print_record(
		    rows, record_heads, GATE_COUNT(record_heads));
	gate_rows_free(rows);
	for (i = 0; i < GATE_COUNT(sections) && exit_code == CLI_OK && !c->json;
	     i++)
		exit_code = print_section(db, &sections[i], params);
	return exit_code;
}

int
event_show_run(const struct command *c)
{
	struct gate_conf *conf = NULL;
	struct gate_db *db = NULL;
	struct gate_param params[2];
	char text[GATE_UUID_TEXT];
	struct gate_uuid id;
	size_t bad = 0; /* a bad site file hides no event */
	int exit_code;

	if (!gate_uuid_parse(gate_span_str(c->words[0]), &id))
		return command_fail(
		    CLI_USAGE, "%s: expected an event's id", c->words[0]);
	gate_uuid_text(&id, text);
	params[0] = gate_param_str(text);
	params[1] = gate_param_str(
	    c->line->value[OPTION_PAYLOAD] != NULL ? "true" : "false");
	exit_code = command_conf(c, 0, &conf, &bad);
	if (exit_code == CLI_OK)
		exit_code = command_db(conf, GATE_CONF_ROLE_OPERATOR, stmts,
		    GATE_COUNT(stmts), 0, &db);
	if (exit_code == CLI_OK)
		exit_code = command_schema(db, STMT_READY);
	if (exit_code == CLI_OK)
		exit_code = show(c, db, params);
	gate_db_close(db);
	gate_conf_free(conf);
	return exit_code;
}

/*
 * What every verb of pressgate(1) shares: how it is called, how it ends,
 * how it gets at the configuration and the database. Data goes to standard
 * output, whatever else is said to standard error.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/option.h"
#include "lib/conf.h"
#include "lib/db.h"
#include "lib/err.h"

/* Part of the interface: scripts look at these. */
enum cli_exit {
	CLI_OK = 0,
	CLI_FAILED = 1,
	CLI_USAGE = 2,
	CLI_CONF = 3,        /* the configuration is invalid */
	CLI_UNREACHABLE = 4, /* database or gate */
	CLI_NOTHING = 5,     /* nothing matched */
	CLI_UNPROVEN = 6     /* neither proved nor refuted */
};

struct command {
	const struct command_line *line;
	const char *const *words; /* after the verb */
	size_t word_count;
	bool json;
	const char *conf_path;
};

/* Of --limit. */
#define COMMAND_LIMIT_DEFAULT "50"
#define COMMAND_LIMIT_MAX 100000

/* One function for each verb. */
int check_run(const struct command *c);
int migrate_run(const struct command *c);
int apply_run(const struct command *c);
int site_add_run(const struct command *c);
int site_key_run(const struct command *c);
int site_list_run(const struct command *c);
int send_run(const struct command *c);
int sign_run(const struct command *c);
int status_run(const struct command *c);
int metrics_run(const struct command *c);
int dlq_list_run(const struct command *c);
int dlq_replay_run(const struct command *c);
int event_show_run(const struct command *c);
int event_reverify_run(const struct command *c);
int rejections_run(const struct command *c);
int verify_run(const struct command *c);
int secret_list_run(const struct command *c);
int secret_rotate_run(const struct command *c);
int secret_promote_run(const struct command *c);
int secret_retire_run(const struct command *c);

/* Says "pressgate: ..." and returns code. */
int command_fail(enum cli_exit code, const char *fmt, ...) GATE_PRINTF(2, 3);
/* The same with the text of err and the exit code that its code means. */
int command_fail_err(const struct gate_err *err);

/* Loads the configuration, every error to standard error. CLI_OK or
 * CLI_CONF or CLI_FAILED; *bad_sites NULL: a bad site is CLI_CONF too. */
int command_conf(const struct command *c, unsigned int want,
    struct gate_conf **out, size_t *bad_sites);

/*
 * Opens the database in one of its roles. Connecting is left to the first
 * call. call_timeout_ms 0: the configuration's.
 */
int command_db(const struct gate_conf *conf, enum gate_conf_role role,
    const struct gate_stmt *stmts, size_t stmt_count, int64_t call_timeout_ms,
    struct gate_db **out);

/* A statement for a verb's table, and the check that the schema is this
 * build's: CLI_OK, or says what to do. */
#define COMMAND_READY_STMT                                                     \
	{                                                                      \
		"ready",                                                       \
		    "select coalesce(version, 0), coalesce(weeks_ahead, 0) "   \
		    "from pressgate.ready()",                                  \
		    0                                                          \
	}
int command_schema(struct gate_db *db, size_t stmt);

/* Calls a statement; on failure says so and returns the exit code. */
int command_call(struct gate_db *db, size_t stmt,
    const struct gate_param *params, size_t param_count,
    struct gate_rows **rows);

/* Prints the one value of the one row: JSON that the database made. */
void command_print_json(const struct gate_rows *rows);
/* Prints the first row downwards: one line for each head whose column is not
 * null. */
void command_print_record(
    const struct gate_rows *rows, const char *const *heads, size_t head_count);
/* Prints rows in columns under heads. Control characters show as '?'. */
void command_print_rows(
    const struct gate_rows *rows, const char *const *heads, size_t head_count);

/* The operator's login name, for the audit log. */
void command_who(char *dst, size_t dst_size);

#endif

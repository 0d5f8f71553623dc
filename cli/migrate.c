/*
 * pressgate migrate: applies sql/NNN_*.sql, numbers ascending, each in one
 * transaction with its row in pressgate.migration. Forward only.
 *
 * Several may run at once: each transaction begins by waiting for the
 * others' (an advisory lock), so a file's second application fails on what
 * the first made, is rolled back, and the new version shows why.
 */
#include "config.h"

#include "cli/command.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json.h"
#include "lib/num.h"

#define SQL_DIR_ENV "PRESSGATE_SQL_DIR"
#define FILE_MAX (1024 * 1024)
/* A lock on a busy table is waited for, but not all night. */
#define CALL_MS (10 * 60 * 1000)

enum { STMT_EXISTS, STMT_VERSION, STMT_AHEAD };
static const struct gate_stmt stmts[] = {
    [STMT_EXISTS] = {"migrate_exists",
	"select to_regclass('pressgate.migration') is not null", 0},
    [STMT_VERSION] = {"migrate_version",
	"select coalesce(max(version), 0) from pressgate.migration", 0},
    [STMT_AHEAD] = {"migrate_ahead", "select pressgate.partitions_ahead()", 0},
};

struct migrate {
	const struct command *command;
	const char *dir;
	struct dirent **files;
	int file_count;
	struct gate_db *db;
	struct gate_json *done; /* with --json: [{"version","name","change"}] */
};

static int
is_migration(const struct dirent *e)
{
	struct gate_span s = gate_span_str(e->d_name), number;

	return gate_span_take(&s, 3, &number) &&
	    gate_span_within(number, '0', '9') && gate_span_starts(s, "_") &&
	    s.n > 4 && strcmp(e->d_name + strlen(e->d_name) - 4, ".sql") == 0;
}

static int64_t
number_of(const char *name)
{
	int64_t n = 0;

	GATE_ASSERT(gate_span_i64(gate_span_of(name, 3), 0, 999, &n));
	return n;
}

/* Appends a file of the folder. */
static int
put_file(const struct migrate *m, const char *name, struct gate_buf *out)
{
	char path[4096], block[8192];
	size_t n;
	FILE *f;
	bool bad;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", m->dir, name) >=
	    sizeof(path))
		return command_fail(CLI_FAILED, "%s: path too long", name);
	f = fopen(path, "re");
	if (f == NULL)
		return command_fail(CLI_FAILED, "cannot open %s", path);
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		gate_buf_put(out, gate_span_of(block, n));
	bad = ferror(f) != 0;
	(void)fclose(f); /* only read from */
	if (bad || out->failed != GATE_OK ||
	    strlen(gate_buf_str(out)) != out->n)
		return command_fail(CLI_FAILED, "cannot read %s", path);
	return CLI_OK;
}

/* The schema's version; 0 before there is one. */
static int
read_version(struct migrate *m, int64_t *version)
{
	struct gate_rows *rows = NULL;
	int exit_code = command_call(m->db, STMT_EXISTS, NULL, 0, &rows);
	bool exists;

	*version = 0;
	if (exit_code != CLI_OK)
		return exit_code;
	exists = gate_rows_bool(rows, 0, 0);
	gate_rows_free(rows);
	rows = NULL;
	if (!exists)
		return CLI_OK;
	exit_code = command_call(m->db, STMT_VERSION, NULL, 0, &rows);
	if (exit_code == CLI_OK)
		*version = gate_rows_i64(rows, 0, 0);
	gate_rows_free(rows);
	return exit_code;
}

static int
note(struct migrate *m, int64_t version, const char *name, const char *change)
{
	struct gate_json *row;

	if (m->done == NULL) {
		printf("%s: %s\n", name, change);
		return CLI_OK;
	}
	row = gate_json_new_object();
	if (row == NULL ||
	    gate_json_put(row, "version", gate_json_new_i64(version)) !=
		GATE_OK ||
	    gate_json_put(row, "name",
		gate_json_new_string(gate_span_str(name))) != GATE_OK ||
	    gate_json_put(row, "change",
		gate_json_new_string(gate_span_str(change))) != GATE_OK) {
		gate_json_free(row);
		return command_fail(CLI_FAILED, "out of memory");
	}
	if (gate_json_append(m->done, row) != GATE_OK)
		return command_fail(CLI_FAILED, "out of memory");
	return CLI_OK;
}

/* One file in one transaction; version 0: no row for it (roles.sql). */
static int
run_file(struct migrate *m, const char *name, int64_t version)
{
	struct gate_err err = {0};
	struct gate_buf sql;
	int64_t now = 0;
	int exit_code;

	gate_buf_init(&sql, FILE_MAX);
	gate_buf_put_str(&sql,
	    "begin isolation level read committed;\n"
	    "set local client_min_messages = warning;\n"
	    "select pg_advisory_xact_lock(hashtext('pressgate.migrate'));\n");
	exit_code = put_file(m, name, &sql);
	if (exit_code != CLI_OK)
		goto out;
	/* The name has passed is_migration: digits, '_', and then the
	 * dollar quotes keep whatever a packager put there. */
	if (version > 0)
		gate_buf_printf(&sql,
		    "\n;insert into pressgate.migration (version, name) "
		    "values (%lld, $name$%s$name$);\n",
		    (long long)version, name);
	gate_buf_put_str(&sql, "\n;commit;\n");
	if (sql.failed != GATE_OK) {
		exit_code = command_fail(CLI_FAILED, "%s: too large", name);
		goto out;
	}
	if (gate_db_script(m->db, gate_buf_str(&sql), &err) == GATE_OK) {
		exit_code = note(m, version, name, "applied");
		goto out;
	}
	if (version > 0 && err.code == GATE_E_DB_HARD &&
	    read_version(m, &now) == CLI_OK && now >= version) {
		exit_code = note(m, version, name, "applied by another");
		goto out;
	}
	fprintf(stderr, "pressgate: %s:\n", name);
	exit_code = command_fail_err(&err);
out:
	gate_buf_clear(&sql);
	return exit_code;
}

static int
run_files(struct migrate *m, bool dry_run)
{
	int64_t version = 0, number = 0, last = 0;
	int exit_code = read_version(m, &version), i;
	const char *name;

	for (i = 0; exit_code == CLI_OK && i < m->file_count; i++) {
		name = m->files[i]->d_name;
		number = number_of(name);
		if (number != last + 1)
			return command_fail(CLI_FAILED,
			    "%s/%s: expected number %03lld", m->dir, name,
			    (long long)last + 1);
		last = number;
		if (number <= version)
			continue;
		exit_code = dry_run ? note(m, number, name, "would be applied")
				    : run_file(m, name, number);
	}
	if (exit_code == CLI_OK && version > last)
		return command_fail(CLI_FAILED,
		    "the schema has version %lld, these files end at %lld: "
		    "install the newer pressgate",
		    (long long)version, (long long)last);
	if (exit_code == CLI_OK && version == last && m->done == NULL)
		printf("schema version %lld: nothing to apply\n",
		    (long long)version);
	return exit_code;
}

static int
run_all(struct migrate *m, const struct gate_conf *conf)
{
	bool dry_run = m->command->line->value[OPTION_DRY_RUN] != NULL;
	bool roles = m->command->line->value[OPTION_ROLES] != NULL;
	struct gate_buf text;
	int exit_code;

	exit_code = command_db(conf, GATE_CONF_ROLE_OWNER, stmts,
	    GATE_COUNT(stmts), CALL_MS, &m->db);
	if (exit_code != CLI_OK)
		return exit_code;
	exit_code = run_files(m, dry_run);
	if (exit_code == CLI_OK && !dry_run)
		exit_code = command_call(m->db, STMT_AHEAD, NULL, 0, NULL);
	if (exit_code == CLI_OK && roles)
		exit_code = dry_run
		    ? note(m, 0, "roles.sql", "would be applied")
		    : run_file(m, "roles.sql", 0);
	if (exit_code == CLI_OK && m->done != NULL) {
		gate_buf_init(&text, FILE_MAX);
		if (gate_json_text(m->done, &text) == GATE_OK)
			printf("%s\n", gate_buf_str(&text));
		else
			exit_code = command_fail(CLI_FAILED, "out of memory");
		gate_buf_clear(&text);
	}
	return exit_code;
}

int
migrate_run(const struct command *c)
{
	struct migrate m = {.command = c, .dir = getenv(SQL_DIR_ENV)};
	struct gate_conf *conf = NULL;
	size_t bad = 0; /* sites do not matter here */
	int exit_code = command_conf(c, 0, &conf, &bad);
	int i;

	if (exit_code != CLI_OK)
		return exit_code;
	if (m.dir == NULL || m.dir[0] == '\0')
		m.dir = GATE_SQL_DIR;
	m.file_count = scandir(m.dir, &m.files, is_migration, alphasort);
	if (m.file_count <= 0)
		exit_code = command_fail(CLI_FAILED,
		    "%s: no sql/NNN_*.sql there; set " SQL_DIR_ENV, m.dir);
	else if (c->json && (m.done = gate_json_new_array()) == NULL)
		exit_code = command_fail(CLI_FAILED, "out of memory");
	else
		exit_code = run_all(&m, conf);
	for (i = 0; i < m.file_count; i++)
		free(m.files[i]);
	free(m.files);
	gate_json_free(m.done);
	gate_db_close(m.db);
	gate_conf_free(conf);
	return exit_code;
}

/*
 * The common ground of the verbs. Knows no verb.
 */
#include "config.h"

#include "cli/command.h"

#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/catalog.h"
#include "lib/num.h"

#define COLUMNS_MAX 16

int
command_fail(enum cli_exit code, const char *fmt, ...)
{
	va_list ap;

	fputs("pressgate: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return (int)code;
}

int
command_fail_err(const struct gate_err *err)
{
	enum cli_exit code = CLI_FAILED;

	if (err->code == GATE_E_DB_RETRY)
		code = CLI_UNREACHABLE;
	else if (err->code == GATE_E_CONF)
		code = CLI_CONF;
	return command_fail(code, "%s", err->text);
}

static void
say(const char *line, void *ctx)
{
	(void)ctx;
	fprintf(stderr, "%s\n", line);
}

int
command_conf(const struct command *c, unsigned int want, struct gate_conf **out,
    size_t *bad_sites)
{
	size_t bad = 0;
	enum gate_code code =
	    gate_conf_load(c->conf_path, want, say, NULL, out, &bad);

	if (code == GATE_E_NOMEM)
		return command_fail(CLI_FAILED, "out of memory");
	if (code != GATE_OK)
		return command_fail(CLI_CONF, "the configuration is invalid");
	if (bad_sites != NULL) {
		*bad_sites = bad;
	} else if (bad > 0) {
		gate_conf_free(*out);
		*out = NULL;
		return command_fail(
		    CLI_CONF, "%zu of the sites are invalid", bad);
	}
	return CLI_OK;
}

int
command_db(const struct gate_conf *conf, enum gate_conf_role role,
    const struct gate_stmt *stmts, size_t stmt_count, int64_t call_timeout_ms,
    struct gate_db **out)
{
	struct gate_db_settings s = {
	    .application = "pressgate",
	    .connect_timeout_ms = conf->database.connect_timeout_ms,
	    .call_timeout_ms = call_timeout_ms > 0
		? call_timeout_ms
		: conf->database.call_timeout_ms,
	    .prepared = conf->database.prepared,
	};
	struct gate_err err = {0};
	enum gate_code code;
	char *url = NULL;

	*out = NULL;
	code = gate_conf_database_url(conf, role, &url, &err);
	if (code == GATE_OK) {
		s.url = url;
		code = gate_db_open(&s, stmts, stmt_count, out, &err);
	}
	free(url);
	return code == GATE_OK ? CLI_OK : command_fail_err(&err);
}

int
command_call(struct gate_db *db, size_t stmt, const struct gate_param *params,
    size_t param_count, struct gate_rows **rows)
{
	struct gate_err err = {0};

	if (gate_db_call(db, stmt, params, param_count, 0, rows, &err) !=
	    GATE_OK)
		return command_fail_err(&err);
	return CLI_OK;
}

int
command_schema(struct gate_db *db, size_t stmt)
{
	struct gate_rows *rows = NULL;
	struct gate_err err = {0};
	int64_t version;

	if (gate_db_call(db, stmt, NULL, 0, 0, &rows, &err) != GATE_OK)
		return err.code == GATE_E_DB_HARD
		    ? command_fail(CLI_FAILED,
			  "%s: is the schema there? pressgate migrate makes it",
			  err.text)
		    : command_fail_err(&err);
	version = gate_rows_i64(rows, 0, 0);
	gate_rows_free(rows);
	if (version != GATE_SCHEMA_VERSION)
		return command_fail(CLI_FAILED,
		    "the schema has version %lld, this program wants %d: %s",
		    (long long)version, GATE_SCHEMA_VERSION,
		    version < GATE_SCHEMA_VERSION
			? "run pressgate migrate"
			: "install the newer pressgate");
	return CLI_OK;
}

void
command_print_json(const struct gate_rows *rows)
{
	printf("%s\n", gate_rows_str(rows, 0, 0));
}

/* Code points, which is near enough to columns. */
static int
width_of(struct gate_span s)
{
	int width = 0;
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((s.p[i] & 0xc0) != 0x80)
			width++;
	return width;
}

/* Values come from senders and services: no escape sequence of theirs
 * reaches the terminal. C1 controls are U+0080 to U+009F, 0xc2 first. */
static void
put_cell(struct gate_span s, int width)
{
	int missing = width - width_of(s);
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] < 0x20 || s.p[i] == 0x7f) {
			putchar('?');
		} else if (s.p[i] == 0xc2 && i + 1 < s.n && s.p[i + 1] < 0xa0) {
			putchar('?');
			i++;
		} else {
			putchar(s.p[i]);
		}
	}
	while (missing-- > 0)
		putchar(' ');
}

void
command_print_rows(
    const struct gate_rows *rows, const char *const *heads, size_t head_count)
{
	int widths[COLUMNS_MAX], width;
	size_t row, col, count = gate_rows_count(rows);

	GATE_ASSERT(head_count > 0 && head_count <= COLUMNS_MAX);
	for (col = 0; col < head_count; col++) {
		widths[col] = width_of(gate_span_str(heads[col]));
		for (row = 0; row < count; row++) {
			width = width_of(gate_rows_get(rows, row, col));
			if (width > widths[col])
				widths[col] = width;
		}
	}
	widths[head_count - 1] = 0; /* no spaces at the end of a line */
	for (col = 0; col < head_count; col++) {
		put_cell(gate_span_str(heads[col]), widths[col]);
		fputs(col + 1 < head_count ? "  " : "\n", stdout);
	}
	for (row = 0; row < count; row++)
		for (col = 0; col < head_count; col++) {
			put_cell(gate_rows_get(rows, row, col), widths[col]);
			fputs(col + 1 < head_count ? "  " : "\n", stdout);
		}
}

void
command_print_record(
    const struct gate_rows *rows, const char *const *heads, size_t head_count)
{
	size_t col;

	for (col = 0; col < head_count; col++) {
		if (gate_rows_is_null(rows, 0, col))
			continue;
		printf("%-16s ", heads[col]);
		put_cell(gate_rows_get(rows, 0, col), 0);
		putchar('\n');
	}
}

void
command_who(char *dst, size_t dst_size)
{
	const struct passwd *p = getpwuid(getuid());

	if (p != NULL)
		(void)snprintf(dst, dst_size, "%s", p->pw_name);
	else
		(void)snprintf(dst, dst_size, "uid %ld", (long)getuid());
}

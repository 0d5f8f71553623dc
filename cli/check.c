/*
 * pressgate check: the whole configuration, every error at once. Its other
 * options print what the tables of lib/conf_table.c know.
 */
#include "config.h"

#include "cli/command.h"
#include "cli/secrets.h"

#include <stdio.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "lib/num.h"
#include "lib/provider.h"

enum { STMT_READY };
static const struct gate_stmt stmts[] = {[STMT_READY] = COMMAND_READY_STMT};

static const struct {
	enum option option;
	void (*print)(FILE *f);
} printers[] = {
    {OPTION_SAMPLE, gate_conf_print_sample},
    {OPTION_SITE_SAMPLE, gate_conf_print_site_sample},
    {OPTION_MANUAL, gate_conf_print_manual},
    {OPTION_PROVIDERS, gate_providers_print},
};

struct report {
	struct gate_json *list; /* NULL: as text */
	struct gate_json *warnings;
	bool failed;
};

static void
note(const char *line, void *ctx)
{
	struct report *r = ctx;

	if (r->list == NULL) {
		fprintf(stderr, "%s\n", line);
		return;
	}
	if (gate_json_append(
		r->list, gate_json_new_string(gate_span_str(line))) != GATE_OK)
		r->failed = true;
}

/* What is no error, but somebody should know. */
static void
warn(struct report *r, const struct gate_site *s, const struct secrets_item *k,
    int64_t now_ms)
{
	char line[512];

	(void)snprintf(line, sizeof(line),
	    "site %s: %s %s is %lld days old: pressgate secret rotate", s->name,
	    gate_scheme_name(k->scheme), k->id,
	    (long long)secrets_age_days(k, now_ms));
	if (r->list == NULL)
		fprintf(stderr, "%s\n", line);
	else if (gate_json_append(r->warnings,
		     gate_json_new_string(gate_span_str(line))) != GATE_OK)
		r->failed = true;
}

static void
warn_of_old_keys(struct report *r, const struct gate_conf *conf)
{
	int64_t now_ms = gate_wall_ms();
	struct secrets_item k;
	size_t i, n;

	for (i = 0; conf != NULL && i < conf->sites.count; i++)
		for (n = 0; secrets_at(&conf->sites.list[i], n, &k); n++)
			if (secrets_is_old(&k, now_ms))
				warn(r, &conf->sites.list[i], &k, now_ms);
}

/* {"ok":...,"errors":[...],"warnings":[...]}; takes over the lists. */
static int
print_json(struct report *r, bool ok)
{
	struct gate_json *doc = gate_json_new_object();
	enum gate_code code;
	struct gate_buf text;

	gate_buf_init(&text, 16 * 1024 * 1024);
	code = gate_json_put(doc, "ok", gate_json_new_bool(ok));
	if (gate_json_put(doc, "errors", r->list) != GATE_OK ||
	    gate_json_put(doc, "warnings", r->warnings) != GATE_OK)
		code = GATE_E_NOMEM;
	if (code == GATE_OK && !r->failed)
		code = gate_json_text(doc, &text);
	if (code == GATE_OK && !r->failed)
		printf("%s\n", gate_buf_str(&text));
	gate_buf_clear(&text);
	gate_json_free(doc);
	if (code != GATE_OK || r->failed)
		return command_fail(CLI_FAILED, "out of memory");
	return ok ? CLI_OK : CLI_CONF;
}

static int
check_database(const struct gate_conf *conf)
{
	struct gate_db *db = NULL;
	int exit_code = command_db(
	    conf, GATE_CONF_ROLE_OPERATOR, stmts, GATE_COUNT(stmts), 0, &db);

	if (exit_code == CLI_OK)
		exit_code = command_schema(db, STMT_READY);
	gate_db_close(db);
	return exit_code;
}

static int
finish(const struct command *c, const struct gate_conf *conf, struct report *r,
    bool ok)
{
	int exit_code = ok ? CLI_OK : CLI_CONF;

	warn_of_old_keys(r, conf);
	if (ok && c->line->value[OPTION_DATABASE] != NULL)
		exit_code = check_database(conf);
	if (c->json) {
		int printed = print_json(r, ok);

		return exit_code == CLI_OK ? printed : exit_code;
	}
	if (exit_code == CLI_OK)
		printf("%s: ok, %zu services, %zu sites\n", conf->path,
		    conf->service_count, conf->sites.count);
	return exit_code;
}

int
check_run(const struct command *c)
{
	struct report r = {0};
	struct gate_conf *conf = NULL;
	size_t bad = 0, i;
	enum gate_code code;
	int exit_code;

	for (i = 0; i < GATE_COUNT(printers); i++)
		if (c->line->value[printers[i].option] != NULL) {
			printers[i].print(stdout);
			return CLI_OK;
		}
	if (c->json &&
	    ((r.list = gate_json_new_array()) == NULL ||
		(r.warnings = gate_json_new_array()) == NULL))
		return command_fail(CLI_FAILED, "out of memory");
	code =
	    gate_conf_load(c->conf_path, GATE_CONF_ALL, note, &r, &conf, &bad);
	if (c->line->value[OPTION_PRINT] != NULL && code == GATE_OK) {
		gate_conf_print(conf, stdout);
		gate_json_free(r.list);
		gate_json_free(r.warnings);
		exit_code = bad == 0 ? CLI_OK : CLI_CONF;
	} else {
		exit_code = finish(c, conf, &r, code == GATE_OK && bad == 0);
	}
	gate_conf_free(conf);
	return exit_code;
}

/*
 * pressgate secret promote, retire: the second and the last step of a
 * rotation. Promoting is one write. Retiring is three, in this order, so
 * that a kill between any two leaves a configuration that loads:
 *
 *	the line says retired	from then on it is not taken
 *	its file goes		nobody reads it any more
 *	the line loses it	and stays: the id is never given again
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/secret.h"
#include "lib/num.h"

#define CURRENT_MAX 16 /* of one scheme of one site */

static int
say(const struct secret_change *s, const struct secrets_item *k,
    const char *now, const char *next)
{
	if (s->command->json)
		printf("{\"site\":\"%s\",\"scheme\":\"%s\",\"id\":\"%s\","
		       "\"state\":\"%s\"}\n",
		    s->site->name, gate_scheme_name(k->scheme), k->id, now);
	else
		printf("site %s: %s %s is %s\n", s->site->name,
		    gate_scheme_name(k->scheme), k->id, now);
	fputs(next, stderr);
	return CLI_OK;
}

static int
promote(struct secret_change *s, const struct secrets_item *k,
    const struct keys_line *line)
{
	struct keys_line lines[CURRENT_MAX + 1];
	struct secrets_item other;
	size_t i, n = 0;
	int exit_code;

	if (k->state == GATE_KEY_CURRENT)
		return say(s, k, "current", "It was so before.\n");
	if (k->state != GATE_KEY_NEXT)
		return command_fail(CLI_FAILED, "%s is %s, expected the next",
		    k->id, gate_key_state_name(k->state));
	for (i = 0; secrets_at(s->site, i, &other); i++) {
		if (other.scheme != k->scheme ||
		    other.state != GATE_KEY_CURRENT)
			continue;
		if (n == CURRENT_MAX)
			return command_fail(CLI_FAILED, "too many are current");
		lines[n] = secret_line(s, &other);
		lines[n++].state = GATE_KEY_RETIRING;
	}
	lines[n] = *line;
	lines[n++].state = GATE_KEY_CURRENT;
	exit_code = secret_write(s, lines, n);
	if (exit_code != CLI_OK)
		return exit_code;
	return say(s, k, "current",
	    "The one before is retiring and still taken. Reload the programs "
	    "(SIGHUP). When\n\"pressgate secret list\" says that it can go: "
	    "pressgate secret retire\n");
}

int
secret_promote_run(const struct command *c)
{
	struct secret_change s;
	struct secrets_item k = {.id = NULL};
	struct keys_line line = {.made_at_ms = 0};
	int exit_code = secret_open(&s, c);

	if (exit_code == CLI_OK)
		exit_code = secret_find(&s, &k, &line);
	if (exit_code == CLI_OK)
		exit_code = promote(&s, &k, &line);
	secret_close(&s);
	return exit_code;
}

/* Whether nobody will miss it. */
static int
check_unused(struct secret_change *s, const struct secrets_item *k)
{
	struct gate_rows *uses = NULL;
	struct secret_use use;
	int exit_code;

	exit_code = secret_db_open(s->conf, &s->db);
	if (exit_code == CLI_OK)
		exit_code = secret_uses_load(s->db, s->site->name, &uses);
	if (exit_code != CLI_OK)
		return exit_code;
	use = secret_use_of(uses, s->site->name, k);
	if (use.idle_s >= 0 && use.idle_s < SECRET_QUIET_S)
		exit_code = command_fail(CLI_FAILED,
		    "%s was used %" PRId64 " times in the last day, last "
		    "%" PRId64 " minutes ago: whoever\nsigns with it would be "
		    "shut out; --force does it all the same",
		    k->id, use.last_day, use.idle_s / 60);
	else if (k->state == GATE_KEY_RETIRING &&
	    !secret_can_go(s->site, uses, k))
		exit_code = command_fail(CLI_FAILED,
		    "nobody has signed with the current one yet, so the "
		    "sender may still have %s;\n--force does it all the same",
		    k->id);
	gate_rows_free(uses);
	return exit_code;
}

/* The file of a line, which the command or `site key` made. */
static int
remove_file(const struct secret_change *s, const struct keys_line *line)
{
	char path[FILES_PATH];
	int exit_code = secret_path(s, line, path);

	if (exit_code == CLI_OK && unlink(path) != 0 && errno != ENOENT)
		exit_code = command_fail(
		    CLI_FAILED, "cannot remove %s: %s", path, strerror(errno));
	return exit_code;
}

static int
finish(struct secret_change *s, struct keys_line *line)
{
	int exit_code = remove_file(s, line);

	line->file = (struct gate_span){0};
	return exit_code == CLI_OK ? secret_write(s, line, 1) : exit_code;
}

static int
retire(struct secret_change *s, const struct secrets_item *k,
    struct keys_line *line)
{
	bool has_file = line->file.n > 0;
	int exit_code = CLI_OK;

	line->state = GATE_KEY_RETIRED;
	if (k->state != GATE_KEY_RETIRED)
		exit_code = secret_write(s, line, 1);
	if (exit_code == CLI_OK && has_file &&
	    keys_file_find(
		gate_buf_span(&s->text), k->scheme, gate_span_str(k->id), line))
		exit_code = finish(s, line);
	if (exit_code != CLI_OK)
		return exit_code;
	return say(s, k, "retired",
	    has_file
		? "Reload the programs (SIGHUP). Its file is gone.\n"
		: "Reload the programs (SIGHUP). Its block in the site's file "
		  "says nothing any more;\ntake it out when you like, and its "
		  "secret's file.\n");
}

int
secret_retire_run(const struct command *c)
{
	struct secret_change s;
	struct secrets_item k = {.id = NULL};
	struct keys_line line = {.made_at_ms = 0};
	int exit_code = secret_open(&s, c);

	if (exit_code == CLI_OK)
		exit_code = secret_find(&s, &k, &line);
	if (exit_code == CLI_OK && k.state == GATE_KEY_CURRENT)
		exit_code = command_fail(CLI_FAILED,
		    "%s is current: expected another to be promoted first",
		    k.id);
	if (exit_code == CLI_OK && k.state != GATE_KEY_RETIRED &&
	    c->line->value[OPTION_FORCE] == NULL)
		exit_code = check_unused(&s, &k);
	if (exit_code == CLI_OK)
		exit_code = retire(&s, &k, &line);
	secret_close(&s);
	return exit_code;
}

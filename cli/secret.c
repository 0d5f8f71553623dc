/*
 * The change that all verbs of rotation make, and the counts that they go
 * by.
 */
#include "config.h"

#include "cli/secret.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/apply.h"
#include "lib/conf_text.h"
#include "lib/num.h"
#include "lib/sign.h"

enum { STMT_READY, STMT_USES };
static const struct gate_stmt stmts[] = {
    [STMT_READY] = COMMAND_READY_STMT,
    [STMT_USES] = {"key_uses",
	"select site, scheme, key_id, last_day::bigint, last_week::bigint, "
	"floor(extract(epoch from now() - last_at))::bigint "
	"from pressgate.key_uses where $1::text is null or site = $1",
	1},
};
/* Columns of STMT_USES. */
enum { SITE, SCHEME, KEY_ID, LAST_DAY, LAST_WEEK, IDLE };

int
secret_open(struct secret_change *s, const struct command *c)
{
	size_t bad = 0; /* of other sites, perhaps; said in any case */
	int exit_code;

	*s = (struct secret_change){.command = c, .files = {.lock = -1}};
	gate_buf_init(&s->text, GATE_CONF_TEXT_MAX);
	exit_code = files_open(&s->files, c->conf_path);
	if (exit_code == CLI_OK)
		exit_code = command_conf(c, GATE_CONF_INGEST, &s->conf, &bad);
	if (exit_code != CLI_OK)
		return exit_code;
	s->site =
	    gate_site_by_name(&s->conf->sites, gate_span_str(c->words[0]));
	if (s->site == NULL)
		return command_fail(CLI_NOTHING, "no site %s", c->words[0]);
	exit_code = files_path(&s->files, s->keys_path, s->conf->sites_dir,
	    s->site->name, ".keys");
	if (exit_code == CLI_OK && access(s->keys_path, F_OK) == 0)
		exit_code = files_read(s->keys_path, &s->text);
	return exit_code;
}

void
secret_close(struct secret_change *s)
{
	gate_db_close(s->db);
	files_close(&s->files);
	gate_buf_clear(&s->text);
	gate_conf_free(s->conf);
}

/* Reads everything again, as the programs will. */
static int
confirm(const struct secret_change *s)
{
	struct gate_conf *conf = NULL;
	size_t bad = 0;
	int exit_code = command_conf(s->command, GATE_CONF_INGEST, &conf, &bad);

	if (exit_code == CLI_OK &&
	    gate_site_by_name(&conf->sites, gate_span_str(s->site->name)) ==
		NULL)
		exit_code = command_fail(
		    CLI_CONF, "with that the site would be invalid");
	if (exit_code == CLI_OK)
		apply_generation(conf);
	gate_conf_free(conf);
	return exit_code;
}

static void
take_back(const struct secret_change *s, bool was_there)
{
	if (!was_there)
		(void)unlink(s->keys_path);
	else if (files_replace(&s->files, s->keys_path, 0644,
		     gate_buf_span(&s->text)) != CLI_OK)
		return; /* it has said so */
}

int
secret_write(
    struct secret_change *s, const struct keys_line *lines, size_t count)
{
	bool was_there = access(s->keys_path, F_OK) == 0;
	struct gate_buf now, next;
	enum gate_code code;
	int exit_code;
	size_t i;

	gate_buf_init(&now, GATE_CONF_TEXT_MAX);
	code = was_there ? gate_buf_put(&now, gate_buf_span(&s->text))
			 : gate_buf_put_str(&now,
			       "# Written by pressgate(1): scheme, key id, "
			       "state, made at.\n");
	for (i = 0; i < count && code == GATE_OK; i++) {
		gate_buf_init(&next, GATE_CONF_TEXT_MAX);
		code = keys_file_put(gate_buf_span(&now), &lines[i], &next);
		gate_buf_clear(&now);
		now = next;
	}
	exit_code = code == GATE_OK
	    ? files_replace(&s->files, s->keys_path, 0644, gate_buf_span(&now))
	    : command_fail(CLI_FAILED, "%s has grown too long", s->keys_path);
	if (exit_code == CLI_OK) {
		exit_code = confirm(s);
		if (exit_code != CLI_OK)
			take_back(s, was_there);
	}
	if (exit_code == CLI_OK) {
		gate_buf_clear(&s->text);
		s->text = now;
	} else {
		gate_buf_clear(&now);
	}
	return exit_code;
}

/* Whether --door leaves this scheme. */
static bool
may_be(const char *door, enum gate_scheme scheme)
{
	static const enum gate_scheme schemes[] = {
	    [GATE_DOOR_BRIDGE] = GATE_SCHEME_HMAC,
	    [GATE_DOOR_RELAY] = GATE_SCHEME_RELAY,
	    [GATE_DOOR_EDGE] = GATE_SCHEME_EDGE,
	};
	enum gate_door d;

	if (door == NULL)
		return true;
	if (!gate_door_parse(gate_span_str(door), &d))
		return false;
	return scheme == schemes[d] ||
	    (d == GATE_DOOR_BRIDGE && scheme == GATE_SCHEME_BRIDGE);
}

/* A retired key is no site's any more: only its line knows it. */
static size_t
find_retired(const struct secret_change *s, const char *id, const char *door,
    struct secrets_item *out, struct keys_line *line)
{
	size_t k, found = 0;

	for (k = 0; k < GATE_SCHEME_COUNT; k++)
		if (may_be(door, (enum gate_scheme)k) &&
		    keys_file_find(gate_buf_span(&s->text), (enum gate_scheme)k,
			gate_span_str(id), line) &&
		    line->state == GATE_KEY_RETIRED) {
			*out = (struct secrets_item){.scheme = line->scheme,
			    .id = id,
			    .state = line->state,
			    .made_at_ms = line->made_at_ms};
			found++;
		}
	return found;
}

int
secret_find(
    struct secret_change *s, struct secrets_item *out, struct keys_line *line)
{
	const char *id = s->command->words[1];
	const char *door = s->command->line->value[OPTION_DOOR];
	struct secrets_item k;
	size_t i, found = 0;

	for (i = 0; secrets_at(s->site, i, &k); i++)
		if (k.source == NULL && strcmp(k.id, id) == 0 &&
		    may_be(door, k.scheme)) {
			*out = k;
			found++;
		}
	if (found == 1)
		*line = secret_line(s, out);
	if (found == 0)
		found = find_retired(s, id, door, out, line);
	if (found == 1)
		return CLI_OK;
	return found == 0
	    ? command_fail(
		  CLI_NOTHING, "site %s has no key %s", s->site->name, id)
	    : command_fail(CLI_USAGE,
		  "%s is the id of several keys: expected --door bridge, "
		  "relay or edge",
		  id);
}

int
secret_path(const struct secret_change *s, const struct keys_line *line,
    char dst[FILES_PATH])
{
	char file[FILES_PATH];
	int n;

	if (!gate_span_copy(line->file, file, sizeof(file)))
		return command_fail(CLI_FAILED, "a path is too long");
	n = snprintf(dst, FILES_PATH, "%s%s%s",
	    file[0] == '/' ? "" : s->files.dir, file[0] == '/' ? "" : "/",
	    file);
	return n > 0 && n < FILES_PATH
	    ? CLI_OK
	    : command_fail(CLI_FAILED, "a path is too long");
}

struct keys_line
secret_line(const struct secret_change *s, const struct secrets_item *k)
{
	struct keys_line line;

	if (!keys_file_find(gate_buf_span(&s->text), k->scheme,
		gate_span_str(k->id), &line))
		line = (struct keys_line){.scheme = k->scheme,
		    .id = gate_span_str(k->id),
		    .made_at_ms = k->made_at_ms};
	line.state = k->state;
	return line;
}

int
secret_db_open(const struct gate_conf *conf, struct gate_db **out)
{
	int exit_code = command_db(
	    conf, GATE_CONF_ROLE_OPERATOR, stmts, GATE_COUNT(stmts), 0, out);

	return exit_code == CLI_OK ? command_schema(*out, STMT_READY)
				   : exit_code;
}

int
secret_uses_load(struct gate_db *db, const char *site, struct gate_rows **out)
{
	struct gate_param param = gate_param_str(site);

	return command_call(db, STMT_USES, &param, 1, out);
}

struct secret_use
secret_use_of(const struct gate_rows *uses, const char *site,
    const struct secrets_item *k)
{
	struct secret_use use = {.idle_s = -1};
	char scheme[SECRETS_SCHEME];
	size_t i, n = uses == NULL ? 0 : gate_rows_count(uses);

	secrets_scheme(k, scheme);
	for (i = 0; i < n; i++)
		if (gate_span_is(gate_rows_get(uses, i, SITE), site) &&
		    gate_span_is(gate_rows_get(uses, i, SCHEME), scheme) &&
		    gate_span_is(gate_rows_get(uses, i, KEY_ID), k->id))
			use = (struct secret_use){
			    .last_day = gate_rows_i64(uses, i, LAST_DAY),
			    .last_week = gate_rows_i64(uses, i, LAST_WEEK),
			    .idle_s = gate_rows_i64(uses, i, IDLE)};
	return use;
}

bool
secret_can_go(const struct gate_site *site, const struct gate_rows *uses,
    const struct secrets_item *k)
{
	struct secret_use use = secret_use_of(uses, site->name, k);
	struct secrets_item other;
	size_t i;

	if (k->state != GATE_KEY_RETIRING ||
	    (use.idle_s >= 0 && use.idle_s < SECRET_QUIET_S))
		return false;
	for (i = 0; secrets_at(site, i, &other); i++)
		if (other.scheme == k->scheme &&
		    other.state == GATE_KEY_CURRENT &&
		    secret_use_of(uses, site->name, &other).idle_s >= 0)
			return true;
	return false;
}

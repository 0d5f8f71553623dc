/*
 * pressgate apply: the configuration as the JSON of apply_config() in
 * sql/README.md. Builds names only: no secret, no prompt, no URL of a
 * service leaves the configuration.
 *
 * Afterwards it replaces the file `generation` beside pressgate.conf:
 * responders without a parent (mod_fcgid) look at it before each request
 * and end when it changed.
 */
#include "config.h"

#include "cli/apply.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/conf_value.h"
#include "lib/json.h"
#include "lib/num.h"
#include "lib/source.h"

/* Past this there are tens of thousands of routes. */
#define DOCUMENT_MAX (16 * 1024 * 1024)

#define CALL "pressgate.apply_config($1)"

enum { STMT_READY, STMT_APPLY, STMT_APPLY_JSON };
static const struct gate_stmt stmts[] = {
    [STMT_READY] = COMMAND_READY_STMT,
    [STMT_APPLY] = {"apply", "select what, name, change from " CALL, 1},
    [STMT_APPLY_JSON] = {"apply_json",
	"select coalesce(json_agg(x), '[]') from " CALL " x", 1},
};

static const char *const heads[] = {"WHAT", "NAME", "CHANGE"};

static bool
put_str(struct gate_json *o, const char *key, const char *v)
{
	return gate_json_put(o, key, gate_json_new_string(gate_span_str(v))) ==
	    GATE_OK;
}

static bool
put_i64(struct gate_json *o, const char *key, int64_t v)
{
	return gate_json_put(o, key, gate_json_new_i64(v)) == GATE_OK;
}

/* NULL where a part of it failed: frees the part. */
static struct gate_json *
whole(struct gate_json *o, bool ok)
{
	if (ok)
		return o;
	gate_json_free(o);
	return NULL;
}

static struct gate_json *
policies_json(const struct gate_conf *c)
{
	struct gate_json *list = gate_json_new_array(), *o;
	const struct gate_policy *p;
	bool ok = list != NULL;
	unsigned int i;

	for (i = 0; ok && i < GATE_URGENCY_COUNT; i++) {
		p = &c->policies[i];
		o = gate_json_new_object();
		ok = o != NULL &&
		    put_str(o, "urgency",
			gate_urgency_name((enum gate_urgency)i)) &&
		    put_i64(o, "attempts", p->attempts) &&
		    put_i64(o, "base_ms", p->base_ms) &&
		    put_i64(o, "factor", p->factor) &&
		    put_i64(o, "cap_ms", p->cap_ms) &&
		    put_i64(o, "window_s", p->window_s);
		ok = gate_json_append(list, whole(o, ok)) == GATE_OK;
	}
	return whole(list, ok);
}

/* True if an earlier step of the route uses the same service: a lane is
 * named once, with the longest lease. */
static bool
is_repeated(const struct gate_route *r, size_t step)
{
	size_t i;

	for (i = 0; i < step; i++)
		if (r->steps[i].service == r->steps[step].service)
			return true;
	return false;
}

static int64_t
lease_of(const struct gate_route *r, const struct gate_service *s)
{
	int64_t lease, longest = 0;
	size_t i;

	for (i = 0; i < r->step_count; i++) {
		if (r->steps[i].service != s)
			continue;
		lease = gate_step_lease_s(&r->steps[i]);
		if (lease > longest)
			longest = lease;
	}
	return longest;
}

static struct gate_json *
lanes_json(const struct gate_route *r)
{
	struct gate_json *list = gate_json_new_array(), *o;
	bool ok = list != NULL;
	size_t i;

	for (i = 0; ok && i < r->step_count; i++) {
		if (is_repeated(r, i))
			continue;
		o = gate_json_new_object();
		ok = o != NULL &&
		    put_str(o, "service", r->steps[i].service->name) &&
		    put_i64(o, "lease_s", lease_of(r, r->steps[i].service));
		ok = gate_json_append(list, whole(o, ok)) == GATE_OK;
	}
	return whole(list, ok);
}

static struct gate_json *
routes_json(const struct gate_site *s)
{
	struct gate_json *list = gate_json_new_array(), *o;
	const struct gate_route *r;
	bool ok = list != NULL;
	size_t i;

	for (i = 0; ok && i < s->route_count; i++) {
		r = &s->routes[i];
		o = gate_json_new_object();
		ok = o != NULL && put_str(o, "name", r->name) &&
		    put_str(o, "urgency", gate_urgency_name(r->urgency)) &&
		    put_str(o, "mode", gate_mode_name(r->mode)) &&
		    gate_json_put(o, "lanes", lanes_json(r)) == GATE_OK;
		ok = gate_json_append(list, whole(o, ok)) == GATE_OK;
	}
	return whole(list, ok);
}

static struct gate_json *
sources_json(const struct gate_site *s)
{
	struct gate_json *list = gate_json_new_array(), *o;
	bool ok = list != NULL;
	size_t i;

	for (i = 0; ok && i < s->source_count; i++) {
		o = gate_json_new_object();
		ok = o != NULL && put_str(o, "name", s->sources[i].name) &&
		    put_str(o, "provider", s->sources[i].provider->name);
		ok = gate_json_append(list, whole(o, ok)) == GATE_OK;
	}
	return whole(list, ok);
}

static struct gate_json *
sites_json(const struct gate_conf *c)
{
	struct gate_json *list = gate_json_new_array(), *o;
	const struct gate_site *s;
	bool ok = list != NULL;
	size_t i;

	for (i = 0; ok && i < c->sites.count; i++) {
		s = &c->sites.list[i];
		o = gate_json_new_object();
		ok = o != NULL && put_str(o, "name", s->name) &&
		    put_str(o, "url", s->url) &&
		    gate_json_put(o, "sources", sources_json(s)) == GATE_OK &&
		    gate_json_put(o, "routes", routes_json(s)) == GATE_OK;
		ok = gate_json_append(list, whole(o, ok)) == GATE_OK;
	}
	return whole(list, ok);
}

static bool
put_document(const struct gate_conf *c, struct gate_buf *out)
{
	struct gate_json *doc = gate_json_new_object();
	bool ok = doc != NULL &&
	    gate_json_put(doc, "policies", policies_json(c)) == GATE_OK &&
	    gate_json_put(doc, "sites", sites_json(c)) == GATE_OK &&
	    gate_json_text(doc, out) == GATE_OK;

	gate_json_free(doc);
	return ok;
}

/* A new file under the old name: its inode differs, also within a second. */
void
apply_generation(const struct gate_conf *c)
{
	char *path = gate_conf_path(c->dir, "generation");
	char *fresh = gate_conf_path(c->dir, ".generation.XXXXXX");
	char now[GATE_TIME_TEXT + 1];
	bool ok = false;
	size_t n;
	int fd;

	if (path == NULL || fresh == NULL)
		goto out;
	gate_time_text(gate_wall_ms(), now);
	n = strlen(now);
	now[n++] = '\n';
	/* A name that is new, and nobody's link to somewhere else. */
	fd = mkostemp(fresh, O_CLOEXEC);
	if (fd < 0)
		goto out;
	ok = write(fd, now, n) == (ssize_t)n && fchmod(fd, 0644) == 0;
	ok = close(fd) == 0 && ok;
	ok = ok && rename(fresh, path) == 0;
	if (!ok)
		(void)unlink(fresh); /* at worst a leftover */
out:
	if (!ok)
		fprintf(stderr,
		    "pressgate: cannot write %s/generation (%s): responders "
		    "under mod_fcgid keep the old configuration until they "
		    "are restarted\n",
		    c->dir, strerror(errno));
	free(path);
	free(fresh);
}

static void
print(const struct gate_rows *rows, enum apply_output output)
{
	switch (output) {
	case APPLY_QUIET:
		return;
	case APPLY_JSON:
		command_print_json(rows);
		return;
	case APPLY_TEXT:
		if (gate_rows_count(rows) == 0)
			printf("nothing changed\n");
		else
			command_print_rows(rows, heads, GATE_COUNT(heads));
		return;
	}
}

int
apply_conf(const struct gate_conf *conf, enum apply_output output)
{
	struct gate_rows *rows = NULL;
	struct gate_db *db = NULL;
	struct gate_param param;
	struct gate_buf text;
	int exit_code;

	gate_buf_init(&text, DOCUMENT_MAX);
	if (!put_document(conf, &text)) {
		gate_buf_clear(&text);
		return command_fail(CLI_FAILED, "out of memory");
	}
	param = gate_param_text(gate_buf_span(&text));
	exit_code = command_db(
	    conf, GATE_CONF_ROLE_OPERATOR, stmts, GATE_COUNT(stmts), 0, &db);
	if (exit_code == CLI_OK)
		exit_code = command_schema(db, STMT_READY);
	if (exit_code == CLI_OK)
		exit_code = command_call(db,
		    output == APPLY_JSON ? STMT_APPLY_JSON : STMT_APPLY, &param,
		    1, &rows);
	if (exit_code == CLI_OK) {
		apply_generation(conf);
		print(rows, output);
	}
	gate_rows_free(rows);
	gate_db_close(db);
	gate_buf_clear(&text);
	return exit_code;
}

int
apply_run(const struct command *c)
{
	struct gate_conf *conf = NULL;
	int exit_code = command_conf(c, GATE_CONF_ALL, &conf, NULL);

	if (exit_code == CLI_OK)
		exit_code = apply_conf(conf, c->json ? APPLY_JSON : APPLY_TEXT);
	gate_conf_free(conf);
	return exit_code;
}

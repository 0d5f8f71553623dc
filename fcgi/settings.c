/*
 * The responder's settings: loading, deriving, and noticing that they
 * changed. Checks only what lib/conf cannot know; never changes a struct
 * that is in use: a reload makes another one.
 */
#include "config.h"

#include "fcgi/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/conf_value.h"

static void
report(const char *line, void *ctx)
{
	struct gate_log_line l;

	gate_log_start(&l, ctx, GATE_LOG_ERROR, "conf", "bad");
	gate_log_str(&l, "error", line);
	gate_log_end(&l);
}

static enum gate_code
derive(struct settings *s, struct gate_err *err)
{
	const struct gate_conf *c = s->conf;
	size_t n = strlen(c->dir) + sizeof("/generation");

	s->generation_path = malloc(n);
	s->spool_path = gate_conf_path(c->dir, c->spool.path);
	if (s->generation_path == NULL || s->spool_path == NULL)
		return gate_err_set(err, GATE_E_NOMEM, "out of memory");
	(void)snprintf(s->generation_path, n, "%s/generation", c->dir);
	/* The configuration has been checked: this cannot fail. */
	if (!gate_ranges_parse(
		gate_span_str(c->fcgi.trusted_proxies), &s->proxies))
		return gate_err_set(err, GATE_E_BUG, "fcgi.trusted_proxies");
	return GATE_OK;
}

enum gate_code
settings_load(
    const char *path, bool whole, struct gate_log *log, struct settings **out)
{
	struct settings *s = calloc(1, sizeof(*s));
	struct gate_err err = {0};
	size_t bad_sites = 0;
	enum gate_code code = GATE_E_NOMEM;

	if (s == NULL)
		return code;
	code = gate_conf_load(
	    path, GATE_CONF_INGEST, report, log, &s->conf, &bad_sites);
	if (code == GATE_OK && whole && bad_sites > 0)
		code = GATE_E_CONF;
	if (code == GATE_OK) {
		code = derive(s, &err);
		if (code != GATE_OK)
			gate_log_err(log, GATE_LOG_ERROR, "conf", "bad", &err);
	}
	if (code != GATE_OK) {
		settings_free(s);
		return code;
	}
	*out = s;
	return GATE_OK;
}

void
settings_free(struct settings *s)
{
	if (s == NULL)
		return;
	gate_conf_free(s->conf);
	free(s->generation_path);
	free(s->spool_path);
	free(s);
}

struct generation
settings_generation(const struct settings *s)
{
	struct generation g = {0};
	struct stat st;

	if (stat(s->generation_path, &st) != 0)
		return g;
	g.inode = st.st_ino;
	g.size = st.st_size;
	g.mtime_ns =
	    (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	return g;
}

bool
settings_same_generation(struct generation a, struct generation b)
{
	return a.inode == b.inode && a.size == b.size &&
	    a.mtime_ns == b.mtime_ns;
}

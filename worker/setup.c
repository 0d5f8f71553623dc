/* Counted configurations. See the header; nothing else is owned here. */
#include "config.h"

#include "worker/setup.h"

#include <stdlib.h>

static void
report(const char *line, void *ctx)
{
	struct gate_log_line l;

	gate_log_start(&l, ctx, GATE_LOG_ERROR, "conf", "invalid");
	gate_log_str(&l, "error", line);
	gate_log_end(&l);
}

enum gate_code
setup_load(const char *path, const struct gate_log *log, struct setup **out)
{
	struct setup *s = calloc(1, sizeof(*s));
	struct gate_log copy = *log; /* the callback takes a plain pointer */
	enum gate_code rc;

	if (s == NULL)
		return GATE_E_NOMEM;
	rc = gate_conf_load(
	    path, GATE_CONF_VENDOR, report, &copy, &s->conf, &s->bad_sites);
	if (rc != GATE_OK) {
		free(s);
		return rc;
	}
	s->users = 1;
	*out = s;
	return GATE_OK;
}

struct setup *
setup_take(struct setup *s)
{
	s->users++;
	return s;
}

void
setup_drop(struct setup *s)
{
	if (s == NULL || --s->users > 0)
		return;
	gate_conf_free(s->conf);
	free(s);
}

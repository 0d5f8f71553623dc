/*
 * The way out of the spool: reads a record, finds the ids of its names, calls
 * ingest() as the door would have, with the time at which it came, and takes
 * the file away. What ingest() says is only told to the log: the sender has
 * had its answer.
 */
#include "config.h"

#include "fcgi/drain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/counters.h"
#include "fcgi/inbox.h"
#include "fcgi/reply.h"
#include "fcgi/spooled.h"
#include "fcgi/visit.h"
#include "lib/clock.h"

#define SCOPE_TEXT 96

static void
log_file(const struct drain *d, enum gate_log_level level, const char *ev,
    const char *name, const struct gate_err *err)
{
	struct gate_log_line l;

	gate_log_start(&l, d->log, level, "drain", ev);
	gate_log_str(&l, "file", name);
	if (err != NULL && err->code != GATE_OK) {
		gate_log_str(&l, "code", gate_code_name(err->code));
		gate_log_str(&l, "error", err->text);
	}
	gate_log_end(&l);
}

static void
log_event(const struct drain *d, const struct spooled *s,
    const struct inbox_receipt *r, size_t i)
{
	char id[GATE_UUID_TEXT];
	struct gate_log_line l;

	gate_uuid_text(&s->events[i].id, id);
	gate_log_start(
	    &l, d->log, GATE_LOG_INFO, "drain", reply_name(r->outcome));
	gate_log_str(&l, "site", s->site);
	gate_log_str(&l, "request_id", id);
	if (r->outcome != OUTCOME_REPLAYED && strcmp(r->event_id, id) != 0)
		gate_log_str(&l, "first", r->event_id);
	gate_log_end(&l);
}

/* The ids of all names. False: one is not in the database. */
static bool
resolve(const struct gate_catalog *c, struct spooled *s)
{
	struct inbox_delivery *in = &s->delivery;
	size_t i;

	in->site_id = gate_catalog_site(c, s->site);
	if (in->site_id > 0 && s->source != NULL)
		in->source_id = gate_catalog_source(c, in->site_id, s->source);
	if (in->site_id == 0 || (s->source != NULL && in->source_id == 0))
		return false;
	for (i = 0; i < in->job_count; i++) {
		const struct spooled_names *n = &s->names[i];
		struct inbox_job *j = &s->jobs[i];

		j->route = gate_catalog_route(c, in->site_id, n->route);
		j->lane = gate_catalog_lane(
		    c, n->urgency, n->service, n->route, false);
		if (j->route == 0 || j->lane == 0)
			return false;
	}
	return true;
}

/* A guard's scope (fcgi/delivery.c, fcgi/arrival.c) has ids in it, which
 * nobody may have known. */
static bool
rescope(struct inbox_delivery *in, char scope[SCOPE_TEXT])
{
	struct gate_span rest = in->guard.scope, id;
	int n;

	if (rest.n == 0)
		return true;
	if (!gate_span_until(&rest, ':', rest.n, &id))
		return false;
	if (in->source_id > 0)
		n = snprintf(scope, SCOPE_TEXT, "%d:source:%d",
		    (int)in->site_id, (int)in->source_id);
	else
		n = snprintf(scope, SCOPE_TEXT, "%d:%.*s", (int)in->site_id,
		    GATE_SPAN_ARG(rest));
	if (n <= 0 || n >= SCOPE_TEXT)
		return false;
	in->guard.scope = gate_span_of(scope, (size_t)n);
	return true;
}

static enum gate_code
store(struct drain *d, struct spooled *s, struct gate_err *err)
{
	struct inbox_tools tools = {.db = d->db}; /* none of them is plain */
	size_t i, count = s->delivery.event_count;
	struct inbox_receipt *receipts = calloc(count, sizeof(*receipts));
	enum gate_code code;

	if (receipts == NULL)
		return gate_err_set(err, GATE_E_NOMEM, "spool: no memory");
	code = inbox_store(
	    &tools, &s->delivery, gate_mono_ms() + VISIT_DB_MS, receipts, err);
	for (i = 0; code == GATE_OK && i < count; i++)
		log_event(d, s, &receipts[i], i);
	free(receipts);
	return code;
}

/* GATE_E_UNKNOWN: one of its names is not in the database. */
static enum gate_code
drain_record(struct drain *d, const struct gate_catalog *c,
    struct gate_span record, struct gate_err *err)
{
	char scope[SCOPE_TEXT];
	struct spooled s;
	enum gate_code code = spooled_get(record, &s);

	if (code != GATE_OK)
		return gate_err_set(err, code, "spool: not a record");
	if (!resolve(c, &s))
		code = gate_err_set(err, GATE_E_UNKNOWN,
		    "site \"%s\": its names are not in the database: "
		    "run `pressgate apply`",
		    s.site);
	else if (!rescope(&s.delivery, scope))
		code = gate_err_set(err, GATE_E_BAD, "spool: not a record");
	else
		code = store(d, &s, err);
	spooled_clear(&s);
	return code;
}

/* Whether the trouble is with everything, not with this one. */
static bool
ends_all(enum gate_code code)
{
	return code == GATE_E_DB_RETRY || code == GATE_E_CONF ||
	    code == GATE_E_SYS || code == GATE_E_NOMEM;
}

static enum gate_code
drain_file(struct drain *d, const struct gate_catalog *c, const char *name,
    struct gate_buf *record, struct gate_err *err)
{
	enum gate_code code;

	gate_buf_reset(record);
	code = spool_read(d->spool, name, record, err);
	if (code == GATE_OK)
		code = drain_record(d, c, gate_buf_span(record), err);
	if (code == GATE_OK) {
		d->drained++;
		gate_metrics_add(d->metrics, COUNTERS_DRAINED, 1);
		return spool_remove(d->spool, name, err);
	}
	if (ends_all(code))
		return code;
	log_file(d, GATE_LOG_ERROR, code == GATE_E_BAD ? "set_aside" : "later",
	    name, err);
	if (code != GATE_E_BAD) {
		d->later++;
		return GATE_OK;
	}
	gate_metrics_add(d->metrics, COUNTERS_SET_ASIDE, 1);
	return spool_set_aside(d->spool, name, err);
}

static enum gate_code
drain_files(struct drain *d, int64_t until_ms, struct gate_err *err)
{
	const struct gate_catalog *c = NULL;
	struct spool_names names = {.count = 0};
	struct gate_buf record;
	enum gate_code code = spool_list(d->spool, &names, err);
	size_t i;

	gate_buf_init(&record, SPOOL_RECORD_MAX);
	if (code == GATE_OK && names.count > 0)
		code = lookup_catalog(
		    d->lookup, d->db, gate_mono_ms() + VISIT_DB_MS, &c, err);
	for (i = 0; code == GATE_OK && i < names.count; i++) {
		code = drain_file(d, c, names.list[i], &record, err);
		if (gate_mono_ms() >= until_ms)
			break;
	}
	gate_buf_clear(&record);
	spool_names_clear(&names);
	return code;
}

enum gate_code
drain_run(struct drain *d, int64_t until_ms, struct gate_err *err)
{
	enum gate_code code;

	if (!spool_lock(d->spool))
		return GATE_OK;
	lookup_forget(d->lookup); /* it may have come back as another one */
	code = drain_files(d, until_ms, err);
	spool_unlock(d->spool);
	return code;
}

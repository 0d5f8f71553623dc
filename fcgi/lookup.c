/*
 * Names to ids, lazily. Owns the process's catalog and the rule how often
 * it may be read; routes are matched here, in C, so that ingest() gets ids
 * only. Configuration and catalog meet by name, never by order.
 */
#include "config.h"

#include "fcgi/lookup.h"

#include "lib/clock.h"
#include "lib/route.h"

#define RELOAD_EVERY_MS 1000

void
lookup_clear(struct lookup *l)
{
	gate_catalog_free(l->catalog);
	*l = (struct lookup){0};
}

void
lookup_forget(struct lookup *l)
{
	l->stale = true;
}

uint32_t
lookup_plain_type(const struct lookup *l)
{
	return l->catalog == NULL ? 0 : gate_catalog_plain_type(l->catalog);
}

static enum gate_code
reload(struct lookup *l, struct gate_db *db, int64_t until_ms,
    struct gate_err *err)
{
	int64_t now_ms = gate_mono_ms();
	struct gate_catalog *fresh;
	enum gate_code code;

	code = gate_catalog_load(db, INBOX_CATALOG, until_ms, &fresh, err);
	if (code != GATE_OK)
		return code;
	gate_catalog_free(l->catalog);
	l->catalog = fresh;
	l->stale = false;
	l->tried_at_ms = now_ms;
	return GATE_OK;
}

/* False: a name is not in the catalog. */
static bool
add_job(const struct gate_catalog *c, const struct gate_route *r,
    int32_t site_id, struct inbox_job *out)
{
	const struct gate_step *first = &r->steps[0];

	*out = (struct inbox_job){.event = 1,
	    .step = first->name,
	    .mode = gate_mode_name(r->mode),
	    .of = r};
	if (c == NULL)
		return true;
	out->route = gate_catalog_route(c, site_id, r->name);
	out->lane = gate_catalog_lane(
	    c, r->urgency, first->service->name, r->name, false);
	return out->route > 0 && out->lane > 0;
}

static const struct gate_route *
first_route(const struct lookup_question *q)
{
	size_t i;

	for (i = 0; i < q->site->route_count; i++)
		if (gate_route_serves(&q->site->routes[i], q->source))
			return &q->site->routes[i];
	return NULL;
}

static bool
put_job(const struct gate_catalog *c, const struct gate_route *r,
    struct lookup_answer *a)
{
	if (a->job_count == LOOKUP_JOBS_MAX ||
	    !add_job(c, r, a->site_id, &a->jobs[a->job_count]))
		return false;
	a->routes[a->job_count++] = r;
	return true;
}

static bool
find_site(const struct gate_catalog *c, const struct lookup_question *q,
    struct lookup_answer *a)
{
	a->site_id = 0;
	a->source_id = 0;
	if (c == NULL)
		return true;
	a->site_id = gate_catalog_site(c, q->site->name);
	if (a->site_id > 0 && q->source != NULL)
		a->source_id = gate_catalog_source(c, a->site_id, q->source);
	return a->site_id > 0 && (q->source == NULL || a->source_id > 0);
}

/* c NULL: what can be known without it; all ids are 0. */
static bool
resolve(const struct gate_catalog *c, const struct lookup_question *q,
    struct lookup_answer *a)
{
	const struct gate_site *site = q->site;
	const struct gate_route *r;
	size_t i;

	a->job_count = 0;
	if (!find_site(c, q, a))
		return false;
	for (i = 0; q->type.n > 0 && i < site->route_count; i++) {
		r = &site->routes[i];
		if (gate_route_takes(r, q->source, q->type) &&
		    !put_job(c, r, a))
			return false;
	}
	r = q->must && a->job_count == 0 ? first_route(q) : NULL;
	return r == NULL || put_job(c, r, a);
}

enum gate_code
lookup_ask(struct lookup *l, struct gate_db *db,
    const struct lookup_question *q, int64_t until_ms, struct lookup_answer *a,
    struct gate_err *err)
{
	bool fresh = l->catalog == NULL || l->stale;
	enum gate_code code;

	if (fresh) {
		code = reload(l, db, until_ms, err);
		if (code != GATE_OK)
			return code;
	}
	if (resolve(l->catalog, q, a))
		return GATE_OK;
	if (!fresh && gate_mono_ms() - l->tried_at_ms >= RELOAD_EVERY_MS) {
		code = reload(l, db, until_ms, err);
		if (code != GATE_OK)
			return code;
		if (resolve(l->catalog, q, a))
			return GATE_OK;
	}
	return gate_err_set(err, GATE_E_DB_RETRY,
	    "site \"%s\": its names are not in the database: "
	    "run `pressgate apply`",
	    q->site->name);
}

bool
lookup_guess(const struct lookup_question *q, struct lookup_answer *a)
{
	return resolve(NULL, q, a);
}

enum gate_code
lookup_catalog(struct lookup *l, struct gate_db *db, int64_t until_ms,
    const struct gate_catalog **out, struct gate_err *err)
{
	enum gate_code code = GATE_OK;

	if (l->catalog == NULL || l->stale)
		code = reload(l, db, until_ms, err);
	if (code == GATE_OK)
		*out = l->catalog;
	return code;
}

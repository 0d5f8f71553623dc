/*
 * Catalog, reload and pauses. What is in force is replaced whole, between
 * two statements of the asking connection, so that a claim's rows always
 * meet the pairs they were asked for.
 */
#include "config.h"

#include "worker/places.h"

#include <string.h>

#include "worker/claim.h"

#define PAUSED_MS 5000   /* a pause takes effect within this */
#define MISSING_MS 15000 /* a catalog that lacked something is read again */

bool
places_catalog_is_due(const struct worker *w, int64_t now_ms)
{
	return w->stage == STAGE_RUNNING &&
	    (w->catalog == NULL || w->next_setup != NULL ||
		(w->asks.catalog_ms != 0 && now_ms >= w->asks.catalog_ms));
}

void
places_catalog_begin(struct worker *w, int64_t now_ms)
{
	/* A failure is logged there, and tried again after a pause. */
	(void)queue_begin(&w->asks.q, QUEUE_CATALOG, NULL, 0, now_ms);
}

/* The first configured thing that `pressgate apply` has not made known. */
static const char *
missing_route(
    const struct gate_site *s, const struct gate_catalog *c, int32_t site)
{
	size_t i, k;

	for (i = 0; i < s->route_count; i++) {
		const struct gate_route *r = &s->routes[i];

		if (gate_catalog_route(c, site, r->name) == 0)
			return r->name;
		for (k = 0; k < r->step_count; k++)
			if (gate_catalog_lane(c, r->urgency,
				r->steps[k].service->name, r->name, false) == 0)
				return r->name;
	}
	return NULL;
}

static bool
is_complete(const struct worker *w, const struct gate_conf *conf,
    const struct gate_catalog *c)
{
	struct gate_log_line l;
	size_t i;

	for (i = 0; i < conf->sites.count; i++) {
		const struct gate_site *s = &conf->sites.list[i];
		int32_t id = gate_catalog_site(c, s->name);
		const char *route = id == 0 ? "" : missing_route(s, c, id);

		if (route == NULL)
			continue;
		gate_log_start(
		    &l, w->log, GATE_LOG_WARN, "worker", "not_applied");
		gate_log_str(&l, "site", s->name);
		gate_log_str(&l, "route", route);
		gate_log_str(&l, "hint", "run pressgate apply");
		gate_log_end(&l);
		return false;
	}
	return true;
}

static enum gate_code
replace(struct worker *w, const struct gate_rows *rows, int64_t now_ms,
    struct gate_err *err)
{
	struct setup *setup = w->next_setup != NULL ? w->next_setup : w->setup;
	struct gate_catalog *catalog = NULL;
	struct lanes *lanes = NULL;
	enum gate_code rc = gate_catalog_new(rows, &catalog, err);

	if (rc == GATE_OK)
		rc = claim_lanes(setup->conf, catalog, &lanes);
	if (rc != GATE_OK) {
		gate_catalog_free(catalog);
		return rc;
	}
	gate_catalog_free(w->catalog);
	lanes_free(w->asks.lanes);
	w->catalog = catalog;
	w->asks.lanes = lanes;
	if (w->next_setup != NULL) {
		setup_drop(w->setup);
		w->setup = w->next_setup;
		w->next_setup = NULL;
	}
	w->asks.catalog_ms =
	    is_complete(w, setup->conf, catalog) ? 0 : now_ms + MISSING_MS;
	w->asks.paused_ms = now_ms;
	w->asks.claim_ms = now_ms;
	return GATE_OK;
}

void
places_catalog_done(struct worker *w, enum gate_code rc,
    const struct gate_rows *rows, int64_t now_ms)
{
	struct gate_err err = {GATE_OK, "no memory"};

	if (rc == GATE_OK)
		rc = replace(w, rows, now_ms, &err);
	if (rc == GATE_OK || rc == GATE_E_DB_RETRY)
		return;
	if (err.code != GATE_OK)
		gate_log_err(w->log, GATE_LOG_ERROR, "worker", "catalog", &err);
	w->asks.q.not_before_ms = now_ms + 1000;
	if (w->catalog != NULL)
		return;
	/* No schema, another one than ours, or no rights: that is for
	 * people, and trying again does not mend it. */
	if (rc == GATE_E_DB_HARD) {
		(void)gate_err_set(&err, rc,
		    "catalog() is refused: run "
		    "`pressgate migrate`, or look at the role's rights");
		gate_log_err(w->log, GATE_LOG_ERROR, "worker", "schema", &err);
	}
	if (rc == GATE_E_DB_HARD || rc == GATE_E_CONF) {
		w->exit_code = EXIT_CONFIG;
		w->stage = STAGE_GONE;
	}
}

bool
places_paused_is_due(const struct worker *w, int64_t now_ms)
{
	return w->asks.lanes != NULL && w->stage == STAGE_RUNNING &&
	    now_ms >= w->asks.paused_ms;
}

void
places_paused_begin(struct worker *w, int64_t now_ms)
{
	w->asks.paused_ms = now_ms + PAUSED_MS;
	(void)queue_begin(&w->asks.q, QUEUE_PAUSED, NULL, 0, now_ms);
}

/* Columns: site_id, route, service; null means any. */
static bool
is_paused(const struct gate_rows *rows, const struct lanes_pair *p,
    const struct gate_lane *lane)
{
	size_t i, n = gate_rows_count(rows);

	for (i = 0; i < n; i++)
		if ((gate_rows_is_null(rows, i, 0) ||
			gate_rows_i64(rows, i, 0) == p->site) &&
		    (gate_rows_is_null(rows, i, 1) ||
			gate_span_is(gate_rows_get(rows, i, 1), lane->route)) &&
		    (gate_rows_is_null(rows, i, 2) ||
			gate_span_is(gate_rows_get(rows, i, 2), lane->service)))
			return true;
	return false;
}

void
places_paused_done(struct worker *w, enum gate_code rc,
    const struct gate_rows *rows, int64_t now_ms)
{
	size_t i, n = lanes_count(w->asks.lanes);

	if (rc != GATE_OK)
		return;
	for (i = 0; i < n; i++) {
		struct lanes_pair *p = lanes_at(w->asks.lanes, i);
		bool was = p->paused;

		p->paused = is_paused(
		    rows, p, gate_catalog_lane_by_id(w->catalog, p->lane));
		if (was && !p->paused) {
			p->mark_us = 0; /* much of it is older than the mark */
			w->asks.claim_ms = now_ms;
		}
	}
}

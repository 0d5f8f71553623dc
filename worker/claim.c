/*
 * From pairs to parameters, from rows to jobs. Owns the reading of claim()'s
 * columns.
 */
#include "config.h"

#include "worker/claim.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/num.h"
#include "worker/doc.h"

#define ARRAY_MAX 16384 /* 256 numbers of 20 digits, quotes and commas */

size_t
claim_service_count(const struct gate_conf *conf)
{
	return conf->service_count + 1;
}

static size_t
service_index(const struct gate_conf *conf, const char *name)
{
	size_t i;

	for (i = 0; i < conf->service_count; i++)
		if (strcmp(conf->services[i].name, name) == 0)
			break;
	return i;
}

enum gate_code
claim_lanes(const struct gate_conf *conf, const struct gate_catalog *catalog,
    struct lanes **out)
{
	size_t lanes = gate_catalog_lane_count(catalog), i, k, n = 0, max;
	struct lanes_pair *pairs;
	enum gate_code rc;

	if (!gate_mul(lanes, conf->sites.count, &max))
		return GATE_E_NOMEM;
	pairs = calloc(max + 1, sizeof(*pairs));
	if (pairs == NULL)
		return GATE_E_NOMEM;
	for (i = 0; i < conf->sites.count; i++) {
		const struct gate_site *s = &conf->sites.list[i];
		int32_t id = gate_catalog_site(catalog, s->name);

		for (k = 0; id != 0 && k < lanes; k++) {
			const struct gate_lane *l =
			    gate_catalog_lane_at(catalog, k);

			if (gate_site_route(s, gate_span_str(l->route)) == NULL)
				continue;
			pairs[n++] = (struct lanes_pair){.lane = l->id,
			    .site = id,
			    .urgency = l->urgency,
			    .service = service_index(conf, l->service)};
		}
	}
	rc = lanes_new(pairs, n, claim_service_count(conf), out);
	free(pairs);
	return rc;
}

static enum gate_code
put_arrays(struct gate_array *a, struct lanes *lanes,
    const struct lanes_plan *plan, struct gate_param *params)
{
	enum gate_code rc = GATE_OK;
	size_t i;

	for (i = 0; i < plan->count; i++) {
		const struct lanes_pair *p = lanes_at(lanes, plan->pair[i]);

		gate_array_put_i64(&a[0], p->lane);
		gate_array_put_i64(&a[1], p->site);
		gate_array_put_i64(&a[2], plan->mark_us[i]);
		gate_array_put_i64(&a[3], plan->quota[i]);
	}
	for (i = 0; rc == GATE_OK && i < 4; i++)
		rc = gate_array_param(&a[i], &params[i]);
	return rc;
}

enum gate_code
claim_begin(struct queue *q, int64_t worker, struct lanes *lanes,
    const struct lanes_plan *plan, int64_t now_ms)
{
	char id[GATE_PARAM_I64_TEXT], total[GATE_PARAM_I64_TEXT];
	struct gate_param params[6];
	struct gate_array a[4];
	enum gate_code rc;
	size_t i;

	for (i = 0; i < GATE_COUNT(a); i++)
		gate_array_init(&a[i], ARRAY_MAX);
	params[0] = gate_param_i64(worker, id);
	params[5] = gate_param_i64((int64_t)plan->total, total);
	rc = put_arrays(a, lanes, plan, &params[1]);
	if (rc == GATE_OK)
		rc = queue_begin(
		    q, QUEUE_CLAIM, params, GATE_COUNT(params), now_ms);
	for (i = 0; i < GATE_COUNT(a); i++)
		gate_array_clear(&a[i]);
	return rc;
}

static enum job_mode
mode_of(struct gate_span s)
{
	static const struct {
		const char *name;
		enum job_mode mode;
	} modes[] = {{"live", JOB_LIVE}, {"dry-run", JOB_DRY_RUN},
	    {"mirror", JOB_MIRROR}, {"bury", JOB_BURY}};
	size_t i = 0;

	/* The database's check knows these and no others. */
	while (i < GATE_COUNT(modes) && !gate_span_is(s, modes[i].name))
		i++;
	GATE_ASSERT(i < GATE_COUNT(modes));
	return modes[i].mode;
}

/* Copies a column; NULL stays NULL. False: no memory. */
static bool
keep(const struct gate_rows *rows, size_t row, enum queue_claim_column col,
    char **out)
{
	*out = NULL;
	if (gate_rows_is_null(rows, row, col))
		return true;
	*out = gate_span_dup(gate_rows_get(rows, row, col));
	return *out != NULL;
}

static bool
take_identity(const struct gate_rows *rows, size_t i, struct job *j)
{
	j->id = gate_rows_i64(rows, i, CLAIM_ID);
	j->claim_no = gate_rows_i64(rows, i, CLAIM_CLAIM_NO);
	j->site_id = (int32_t)gate_rows_i64(rows, i, CLAIM_SITE_ID);
	j->route_id = (int32_t)gate_rows_i64(rows, i, CLAIM_ROUTE_ID);
	j->mode = mode_of(gate_rows_get(rows, i, CLAIM_MODE));
	j->cancel = gate_rows_bool(rows, i, CLAIM_CANCEL);
	j->attempt = gate_rows_i64(rows, i, CLAIM_ATTEMPT);
	j->crashes = gate_rows_i64(rows, i, CLAIM_CRASHES);
	j->max_attempt = gate_rows_i64(rows, i, CLAIM_MAX_ATTEMPT);
	j->window_left_ms = gate_rows_i64(rows, i, CLAIM_WINDOW_LEFT_MS);
	return gate_span_copy(gate_rows_get(rows, i, CLAIM_EVENT_ID),
		   j->event_id, sizeof(j->event_id)) &&
	    keep(rows, i, CLAIM_STEP, &j->step_name) &&
	    keep(rows, i, CLAIM_SERIAL_KEY, &j->serial_key) &&
	    keep(rows, i, CLAIM_KEY_SALT, &j->key_salt) &&
	    keep(rows, i, CLAIM_TRACEPARENT, &j->traceparent) &&
	    keep(rows, i, CLAIM_LAST_ERROR, &j->last_error);
}

static void
take_places(struct job *j, const struct gate_catalog *catalog)
{
	const struct gate_sites *sites = &j->setup->conf->sites;
	const char *site = gate_catalog_site_name(catalog, j->site_id);
	const char *route = gate_catalog_route_name(catalog, j->route_id);

	if (site != NULL)
		j->site = gate_site_by_name(sites, gate_span_str(site));
	if (j->site != NULL && route != NULL)
		j->route = gate_site_route(j->site, gate_span_str(route));
	if (j->route != NULL)
		j->step =
		    gate_route_step(j->route, gate_span_str(j->step_name));
}

static enum gate_code
take_document(const struct gate_rows *rows, size_t i, struct job *j)
{
	struct doc_parts p = {
	    .canonical = gate_rows_get(rows, i, CLAIM_CANONICAL),
	    .steps = gate_rows_get(rows, i, CLAIM_STEPS),
	    .request_id = gate_span_str(j->event_id),
	    .idempotency_key = gate_rows_get(rows, i, CLAIM_IDEMPOTENCY_KEY),
	    .object_ref = gate_rows_get(rows, i, CLAIM_OBJECT_REF),
	};
	enum gate_code rc = doc_make(j, &p, NULL);

	if (rc != GATE_OK) {
		gate_json_free(j->doc);
		j->doc = NULL;
	}
	return rc == GATE_E_NOMEM ? rc : GATE_OK;
}

enum gate_code
claim_take(const struct gate_rows *rows, size_t row, struct setup *setup,
    const struct gate_catalog *catalog, struct lanes *lanes,
    struct lanes_plan *plan, struct job **out)
{
	size_t at = (size_t)gate_rows_i64(rows, row, CLAIM_PAIR) - 1;
	const struct gate_lane *lane = gate_catalog_lane_by_id(
	    catalog, (int32_t)gate_rows_i64(rows, row, CLAIM_LANE_ID));
	struct job *j = calloc(1, sizeof(*j));

	lanes_got(plan, at, gate_rows_i64(rows, row, CLAIM_DUE_US),
	    gate_rows_i64(rows, row, CLAIM_NOW_US));
	if (j == NULL)
		return GATE_E_NOMEM;
	j->setup = setup_take(setup);
	j->urgency = lanes_at(lanes, plan->pair[at])->urgency;
	j->service = lanes_at(lanes, plan->pair[at])->service;
	j->replay = lane != NULL && lane->replay;
	j->claimed_ms = plan->asked_ms;
	if (!take_identity(rows, row, j) ||
	    take_document(rows, row, j) != GATE_OK) {
		job_free(j);
		return GATE_E_NOMEM;
	}
	take_places(j, catalog);
	/* The configuration may be newer than the job and say another. */
	j->lease_end_ms =
	    j->claimed_ms + 1000 * gate_rows_i64(rows, row, CLAIM_LEASE_S);
	*out = j;
	return GATE_OK;
}

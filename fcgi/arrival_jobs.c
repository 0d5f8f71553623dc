/*
 * Which jobs the events of a delivery are: ids and routes of each, and what
 * keeps their order. An event that cannot be read becomes a job to be buried.
 */
#include "config.h"

#include "fcgi/arrival.h"

#include <stdlib.h>

#include "fcgi/keep.h"
#include "fcgi/lookup.h"
#include "lib/clock.h"
#include "lib/num.h"
#include "lib/route.h"

/* Of one job's serial key; a longer one keeps no order. */
#define KEY_MAX 512
/* What an event that cannot be read dies of. */
static const char schema[] = "schema";
static const char bury[] = "bury";

/* The value that a route keeps in order or merges by. */
static enum gate_code
find_key(struct arrival *a, const struct gate_webhook_event *e,
    const char *pointer, struct gate_span *out)
{
	struct gate_json *doc;
	struct gate_buf key;
	enum gate_code code;

	if (pointer == NULL)
		return GATE_OK;
	code = gate_json_parse_stored(e->canonical, &doc, &a->visit->err);
	if (code != GATE_OK)
		return code;
	gate_buf_init(&key, KEY_MAX);
	code = gate_canonical_scalar(doc, pointer, &key);
	gate_json_free(doc);
	out->p = a->keys.p + a->keys.n;
	if (code == GATE_OK)
		code = gate_buf_put(&a->keys, gate_buf_span(&key));
	out->n = code == GATE_OK ? key.n : 0;
	gate_buf_clear(&key);
	return code == GATE_E_LIMIT ? GATE_OK : code;
}

static enum gate_code
add_job(struct arrival *a, size_t event, const struct lookup_answer *found,
    size_t i)
{
	const struct gate_webhook_event *e = &a->webhook.events[event];
	const struct gate_route *r = found->routes[i];
	struct inbox_job *j = &a->jobs[a->job_count++];
	enum gate_code code;

	*j = found->jobs[i];
	j->event = (int32_t)event + 1;
	if (e->is_broken) {
		j->mode = bury;
		j->error = e->cause[0] != '\0' ? e->cause : schema;
	}
	code = find_key(a, e, r->serial_key, &j->serial);
	if (code == GATE_OK)
		code = find_key(a, e, r->coalesce_key, &j->coalesce);
	return code;
}

/* Room for the jobs of one more event, and for their keys: what borrows from
 * them must not move. */
static enum gate_code
make_room(struct arrival *a, const struct lookup_answer *found, bool has_keys)
{
	struct inbox_job *jobs;
	unsigned char *room;
	size_t n, bytes;

	if (!gate_add(a->job_count, found->job_count, &n) ||
	    !gate_mul(n + 1, sizeof(*jobs), &bytes) ||
	    (jobs = realloc(a->jobs, bytes)) == NULL)
		return GATE_E_NOMEM;
	a->jobs = jobs;
	if (!has_keys || a->keys.cap > 0)
		return GATE_OK;
	n = a->webhook.count * found->job_count * 2 * KEY_MAX;
	gate_buf_init(&a->keys, n);
	return gate_buf_room(&a->keys, n, &room);
}

static bool
has_keys(const struct lookup_answer *found)
{
	size_t i;

	for (i = 0; i < found->job_count; i++)
		if (found->routes[i]->serial_key != NULL ||
		    found->routes[i]->coalesce_key != NULL)
			return true;
	return false;
}

/* What is kept needs no ids; its jobs it has from the configuration. */
static enum gate_code
look_up(struct arrival *a, const struct lookup_question *q,
    struct lookup_answer *found)
{
	struct visit *v = a->visit;
	enum gate_code code = GATE_OK;

	if (!a->is_away)
		code = lookup_ask(&v->tools->lookup, v->tools->db, q,
		    a->until_ms, found, &v->err);
	a->is_away = a->is_away || keep_is_due(v, code, arrival_away(a));
	if (!a->is_away)
		return code;
	return lookup_guess(q, found) ? GATE_OK : GATE_E_DB_RETRY;
}

static enum gate_code
find_jobs_of(struct arrival *a, size_t event, struct lookup_answer *found)
{
	const struct gate_webhook_event *e = &a->webhook.events[event];
	struct visit *v = a->visit;
	struct lookup_question q = {.site = v->site,
	    .source = a->source->name,
	    .type = e->type,
	    .must = e->is_broken};
	enum gate_code code;
	size_t i;

	code = look_up(a, &q, found);
	if (code == GATE_OK)
		code = make_room(a, found, has_keys(found));
	for (i = 0; code == GATE_OK && i < found->job_count; i++)
		code = add_job(a, event, found, i);
	a->site_id = found->site_id;
	a->source_id = found->source_id;
	return code;
}

enum outcome
arrival_find_jobs(struct arrival *a)
{
	struct lookup_answer found = {.site_id = 0};
	enum gate_code code = GATE_OK;
	size_t i;

	a->until_ms = gate_mono_ms() + VISIT_DB_MS;
	for (i = 0; i < a->webhook.count && code == GATE_OK; i++)
		code = find_jobs_of(a, i, &found);
	return code == GATE_OK ? OUTCOME_NONE : arrival_trouble(a, code);
}

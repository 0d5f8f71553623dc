/*
 * Owns the order of ingest()'s parameters (sql/README.md) and nothing else.
 * Most deliveries do not come here: see fcgi/plain.c.
 */
#include "config.h"

#include "fcgi/inbox_params.h"

#include "lib/num.h"

/* Escaping doubles a body at most; a batch is cut by the body's cap. */
#define ARRAY_MAX (8u * 1024 * 1024)

static void
add(struct inbox_params *p, struct gate_param v)
{
	GATE_ASSERT(p->count < INBOX_PARAM_MAX);
	p->v[p->count++] = v;
}

static struct gate_param
text_or_null(struct gate_span v)
{
	return v.n == 0 ? gate_param_null() : gate_param_text(v);
}

static void
add_guard(struct inbox_params *p, const struct inbox_guard *g)
{
	size_t i;

	if (g->scope.n == 0) {
		for (i = 0; i < 4; i++)
			add(p, gate_param_null());
		return;
	}
	gate_time_text(g->expires_ms, p->expires);
	add(p, gate_param_text(g->scope));
	add(p, gate_param_bytes(g->value));
	add(p, gate_param_bytes(gate_span_of(g->digest, sizeof(g->digest))));
	add(p, gate_param_str(p->expires));
}

/* Parameters 1 to 13, which both have. */
static void
add_head(struct inbox_params *p, const struct inbox_delivery *d)
{
	add(p, gate_param_i64(d->site_id, p->site));
	add(p, gate_param_i64(d->source_id, p->source));
	add_guard(p, &d->guard);
	add(p, gate_param_str(d->scheme));
	add(p, gate_param_str(d->key_id));
	add(p, gate_param_text(d->created_by));
	add(p, gate_param_str(d->address));
	add(p, text_or_null(d->user_agent));
	add(p, gate_param_str(d->traceparent));
	add(p, gate_param_text(d->signed_headers));
}

/* Parameters 15 to 17. */
static void
add_body(struct inbox_params *p, const struct inbox_delivery *d)
{
	add(p, gate_param_i64(d->key_ttl_s, p->ttl));
	add(p, gate_param_bytes(d->raw));
	add(p, gate_param_i64(d->fp_version, p->version));
}

static void
put_or_null(struct gate_array *a, struct gate_span v)
{
	if (v.n == 0)
		gate_array_put_null(a);
	else
		gate_array_put(a, v);
}

static void
put_event(struct gate_array *a, const struct inbox_event *e)
{
	char text[GATE_UUID_TEXT], when[GATE_TIME_TEXT];

	gate_uuid_text(&e->id, text);
	gate_array_put(&a[INBOX_EVENT_IDS], gate_span_str(text));
	gate_array_put(&a[INBOX_TYPES], e->type);
	gate_array_put(&a[INBOX_KEYS], e->key);
	put_or_null(&a[INBOX_SECOND_KEYS], e->second_key);
	gate_array_put_bytes(&a[INBOX_FINGERPRINTS],
	    gate_span_of(e->fingerprint, sizeof(e->fingerprint)));
	put_or_null(&a[INBOX_OBJECT_REFS], e->object_ref);
	if (e->has_occurred) {
		gate_time_text(e->occurred_ms, when);
		gate_array_put(&a[INBOX_OCCURRED], gate_span_str(when));
	} else {
		gate_array_put_null(&a[INBOX_OCCURRED]);
	}
	gate_array_put(&a[INBOX_CANONICAL], e->canonical);
}

static void
put_job(struct gate_array *a, const struct inbox_job *j)
{
	gate_array_put_i64(&a[INBOX_JOB_EVENT], j->event);
	gate_array_put_i64(&a[INBOX_JOB_LANE], j->lane);
	gate_array_put_i64(&a[INBOX_JOB_ROUTE], j->route);
	gate_array_put(&a[INBOX_JOB_STEP], gate_span_str(j->step));
	gate_array_put(&a[INBOX_JOB_MODE], gate_span_str(j->mode));
	put_or_null(&a[INBOX_JOB_SERIAL], j->serial);
	put_or_null(&a[INBOX_JOB_COALESCE], j->coalesce);
	gate_array_put_null(&a[INBOX_JOB_DUE]);
	put_or_null(&a[INBOX_JOB_ERROR], gate_span_str(j->error));
}

static enum gate_code
fill(struct inbox_params *p, const struct inbox_delivery *d)
{
	enum gate_code code = GATE_OK;
	size_t i;

	add_head(p, d);
	if (d->received_ms != 0)
		gate_time_text(d->received_ms, p->received);
	add(p,
	    d->received_ms != 0 ? gate_param_str(p->received)
				: gate_param_null());
	add_body(p, d);
	for (i = 0; i < d->event_count; i++)
		put_event(p->arrays, &d->events[i]);
	for (i = 0; i < d->job_count; i++)
		put_job(p->arrays, &d->jobs[i]);
	for (i = 0; i < INBOX_COLUMN_COUNT && code == GATE_OK; i++) {
		struct gate_param v;

		code = gate_array_param(&p->arrays[i], &v);
		if (code == GATE_OK)
			add(p, v);
	}
	add(p,
	    d->second_ttl_s == 0
		? gate_param_null()
		: gate_param_i64(d->second_ttl_s, p->second_ttl));
	return code;
}

enum gate_code
inbox_params_init(struct inbox_params *p, const struct inbox_delivery *d)
{
	size_t i;

	p->count = 0;
	for (i = 0; i < INBOX_COLUMN_COUNT; i++)
		gate_array_init(&p->arrays[i], ARRAY_MAX);
	return fill(p, d);
}

void
inbox_params_clear(struct inbox_params *p)
{
	size_t i;

	for (i = 0; i < INBOX_COLUMN_COUNT; i++)
		gate_array_clear(&p->arrays[i]);
}

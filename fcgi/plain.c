/*
 * Owns PostgreSQL's binary form of one-dimensional arrays, of records and of
 * the few types that plain_event has (src/backend/utils/adt of PostgreSQL:
 * array_recv, record_recv, timestamptz_recv, ...). Numbers are big-endian.
 * A record is the number of its columns, then for each its type, its length
 * and its bytes; null has the length -1.
 */
#include "config.h"

#include "fcgi/plain.h"

#include <stdint.h>

#include "lib/num.h"

#define ARRAY_MAX (8u * 1024 * 1024)
#define COLUMNS 27
#define GUARD_SCOPE_AT 2 /* which of them it is */
#define EPOCH_2000_MS 946684800000
#define NULL_LENGTH 0xffffffffu

/* Types by their fixed numbers (pg_type.dat). */
enum {
	BYTEA = 17,
	INT2 = 21,
	INT4 = 23,
	TEXT = 25,
	JSON = 114,
	TIMESTAMPTZ = 1184,
	UUID = 2950
};

void
plain_init(struct plain *p)
{
	gate_buf_init(&p->record, ARRAY_MAX);
	gate_buf_init(&p->array, ARRAY_MAX);
}

void
plain_clear(struct plain *p)
{
	gate_buf_clear(&p->record);
	gate_buf_clear(&p->array);
}

bool
plain_is(const struct inbox_delivery *d)
{
	return d->event_count == 1 && d->events[0].second_key.n == 0 &&
	    d->received_ms == 0 &&
	    (d->job_count == 0 ||
		(d->job_count == 1 && d->jobs[0].serial.n == 0 &&
		    d->jobs[0].coalesce.n == 0 && d->jobs[0].error == NULL));
}

/* ---- a record ------------------------------------------------------- */

static void
put_number(struct gate_buf *b, uint64_t v, unsigned int bytes)
{
	unsigned char text[8];
	unsigned int i;

	for (i = 0; i < bytes; i++)
		text[i] = (unsigned char)(v >> (8 * (bytes - 1 - i)));
	(void)gate_buf_put(b, gate_span_of(text, bytes));
}

static void
put_null(struct gate_buf *b, uint32_t type)
{
	put_number(b, (uint64_t)type << 32 | NULL_LENGTH, 8);
}

static void
put_value(struct gate_buf *b, uint32_t type, struct gate_span v)
{
	put_number(b, (uint64_t)type << 32 | (uint32_t)v.n, 8);
	(void)gate_buf_put(b, v);
}

static void
put_int(struct gate_buf *b, uint32_t type, int64_t v, unsigned int bytes)
{
	put_number(b, (uint64_t)type << 32 | bytes, 8);
	put_number(b, (uint64_t)v, bytes);
}

static void
put_text(struct gate_buf *b, struct gate_span v)
{
	put_value(b, TEXT, v);
}

static void
put_text_or_null(struct gate_buf *b, struct gate_span v)
{
	if (v.n == 0)
		put_null(b, TEXT);
	else
		put_text(b, v);
}

static void
put_str(struct gate_buf *b, const char *v)
{
	if (v == NULL)
		put_null(b, TEXT);
	else
		put_text(b, gate_span_str(v));
}

static void
put_time(struct gate_buf *b, int64_t ms)
{
	put_int(b, TIMESTAMPTZ, (ms - EPOCH_2000_MS) * 1000, 8);
}

static void
put_guard(struct gate_buf *b, const struct inbox_guard *g)
{
	if (g->scope.n == 0) {
		put_null(b, TEXT);
		put_null(b, BYTEA);
		put_null(b, BYTEA);
		put_null(b, TIMESTAMPTZ);
		return;
	}
	put_text(b, g->scope);
	put_value(b, BYTEA, g->value);
	put_value(b, BYTEA, gate_span_of(g->digest, sizeof(g->digest)));
	put_time(b, g->expires_ms);
}

static void
put_event(struct gate_buf *b, const struct inbox_event *e)
{
	put_value(b, UUID, gate_span_of(e->id.b, sizeof(e->id.b)));
	put_text(b, e->type);
	put_text(b, e->key);
	put_value(
	    b, BYTEA, gate_span_of(e->fingerprint, sizeof(e->fingerprint)));
	put_text_or_null(b, e->object_ref);
	if (e->has_occurred)
		put_time(b, e->occurred_ms);
	else
		put_null(b, TIMESTAMPTZ);
	put_value(b, JSON, e->canonical);
}

static void
put_job(struct gate_buf *b, const struct inbox_delivery *d)
{
	if (d->job_count == 0) {
		put_null(b, INT4);
		put_null(b, INT4);
		put_null(b, TEXT);
		put_null(b, TEXT);
		return;
	}
	put_int(b, INT4, d->jobs[0].lane, 4);
	put_int(b, INT4, d->jobs[0].route, 4);
	put_str(b, d->jobs[0].step);
	put_str(b, d->jobs[0].mode);
}

enum gate_code
plain_put(struct plain *p, const struct inbox_delivery *d)
{
	struct gate_buf *b = &p->record;

	gate_buf_reset(b);
	put_number(b, COLUMNS, 4);
	put_int(b, INT4, d->site_id, 4);
	put_int(b, INT4, d->source_id, 4);
	put_guard(b, &d->guard);
	put_str(b, d->scheme);
	put_str(b, d->key_id);
	put_text(b, d->created_by);
	put_str(b, d->address);
	put_text_or_null(b, d->user_agent);
	put_str(b, d->traceparent);
	put_value(b, JSON, d->signed_headers);
	put_int(b, INT4, d->key_ttl_s, 4);
	put_value(b, BYTEA, d->raw);
	put_int(b, INT2, d->fp_version, 2);
	put_event(b, &d->events[0]);
	put_job(b, d);
	return b->failed;
}

/* ---- many ----------------------------------------------------------- */

static bool
take_u32(struct gate_span *in, uint32_t *out)
{
	const unsigned char *p = in->p;

	if (in->n < 4)
		return false;
	*out = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
	in->p += 4;
	in->n -= 4;
	return true;
}

/* Whether the record has a guard. */
static enum gate_code
look_at(struct gate_span in, bool *guarded)
{
	uint32_t columns, type, n, i;

	if (!take_u32(&in, &columns) || columns != COLUMNS)
		return GATE_E_BAD;
	for (i = 0; i <= GUARD_SCOPE_AT; i++) {
		if (!take_u32(&in, &type) || !take_u32(&in, &n) ||
		    (n != NULL_LENGTH && n > in.n))
			return GATE_E_BAD;
		if (i == GUARD_SCOPE_AT && n != NULL_LENGTH)
			*guarded = true;
		in.p += n == NULL_LENGTH ? 0 : n;
		in.n -= n == NULL_LENGTH ? 0 : n;
	}
	return GATE_OK;
}

enum gate_code
plain_params(struct plain *p, uint32_t type, const struct gate_span *records,
    size_t count)
{
	struct gate_buf *b = &p->array;
	enum gate_code code = GATE_OK;
	bool guarded = false;
	size_t i;

	gate_buf_reset(b);
	put_number(b, 1, 4); /* dimensions */
	put_number(b, 0, 4); /* no nulls */
	put_number(b, type, 4);
	put_number(b, count, 4);
	put_number(b, 1, 4); /* first index */
	for (i = 0; i < count && code == GATE_OK; i++) {
		code = look_at(records[i], &guarded);
		put_number(b, records[i].n, 4);
		(void)gate_buf_put(b, records[i]);
	}
	if (code == GATE_OK)
		code = b->failed;
	p->v[0] = gate_param_bytes(gate_buf_span(b));
	p->v[1] = gate_param_str(guarded ? "t" : "f");
	return code;
}

/*
 * Records of deliveries. Numbers have 8 bytes, least first; bytes have their
 * length before them; strings their NUL among the bytes, so that they can be
 * used where they stand. What may be absent (NULL) has no bytes, not even a
 * NUL. The order of the members is that of the functions here: one list of
 * them for both ways.
 */
#include "config.h"

#include "fcgi/spooled.h"

#include <stdlib.h>
#include <string.h>

#include "lib/num.h"

#define RECORD_VERSION 1
#define NUMBER_BYTES 8

/* Whoever adds a member has to decide what becomes of it here. */
_Static_assert(sizeof(void *) != 8 ||
	(sizeof(struct inbox_delivery) == 240 &&
	    sizeof(struct inbox_event) == 144 &&
	    sizeof(struct inbox_job) == 80 && sizeof(struct inbox_guard) == 72),
    "a member of a delivery is not in the record");

/* Both ways at once: out is NULL where in is read. */
struct pass {
	struct gate_buf *out;
	struct gate_span in;
	bool ok;
};

static void
put_number(struct gate_buf *b, uint64_t n)
{
	size_t i;

	for (i = 0; i < NUMBER_BYTES; i++, n >>= 8)
		(void)gate_buf_put_byte(b, (unsigned char)(n & 0xff));
}

static uint64_t
take_number(struct pass *p)
{
	struct gate_span s;
	uint64_t n = 0;
	size_t i;

	if (!p->ok || !gate_span_take(&p->in, NUMBER_BYTES, &s)) {
		p->ok = false;
		return 0;
	}
	for (i = NUMBER_BYTES; i-- > 0;)
		n = (n << 8) | s.p[i];
	return n;
}

static void
pass_i64(struct pass *p, int64_t *v)
{
	if (p->out != NULL)
		put_number(p->out, (uint64_t)*v);
	else
		*v = (int64_t)take_number(p);
}

static void
pass_i32(struct pass *p, int32_t *v)
{
	int64_t wide = *v;

	pass_i64(p, &wide);
	if (wide < INT32_MIN || wide > INT32_MAX)
		p->ok = false;
	else
		*v = (int32_t)wide;
}

static void
pass_span(struct pass *p, struct gate_span *v)
{
	uint64_t n;

	if (p->out != NULL) {
		put_number(p->out, v->n);
		(void)gate_buf_put(p->out, *v);
		return;
	}
	n = take_number(p);
	if (!p->ok || n > p->in.n || !gate_span_take(&p->in, (size_t)n, v))
		p->ok = false;
}

static void
pass_str(struct pass *p, const char **v)
{
	struct gate_span s = {0};

	if (p->out != NULL && *v != NULL)
		s = gate_span_of(*v, strlen(*v) + 1);
	pass_span(p, &s);
	if (p->out != NULL)
		return;
	if (s.n > 0 &&
	    (s.p[s.n - 1] != '\0' || memchr(s.p, '\0', s.n - 1) != NULL))
		p->ok = false;
	*v = p->ok && s.n > 0 ? (const char *)s.p : NULL;
}

static void
pass_bytes(struct pass *p, unsigned char *v, size_t n)
{
	struct gate_span s = gate_span_of(v, n);

	pass_span(p, &s);
	if (p->out != NULL)
		return;
	if (s.n != n)
		p->ok = false;
	else if (p->ok)
		memcpy(v, s.p, n);
}

static void
pass_event(struct pass *p, struct inbox_event *e)
{
	int64_t has_occurred = e->has_occurred;

	pass_bytes(p, e->id.b, sizeof(e->id.b));
	pass_span(p, &e->type);
	pass_span(p, &e->key);
	pass_span(p, &e->second_key);
	pass_bytes(p, e->fingerprint, sizeof(e->fingerprint));
	pass_span(p, &e->object_ref);
	pass_i64(p, &has_occurred);
	e->has_occurred = has_occurred != 0;
	pass_i64(p, &e->occurred_ms);
	pass_span(p, &e->canonical);
}

static void
pass_job(struct pass *p, struct inbox_job *j, struct spooled_names *n)
{
	int64_t urgency = (int64_t)n->urgency;

	pass_i32(p, &j->event);
	pass_str(p, &j->step);
	pass_str(p, &j->mode);
	pass_span(p, &j->serial);
	pass_span(p, &j->coalesce);
	pass_str(p, &j->error);
	pass_str(p, &n->route);
	pass_str(p, &n->service);
	pass_i64(p, &urgency);
	if (urgency < 0 || urgency >= GATE_URGENCY_COUNT || n->route == NULL ||
	    n->service == NULL)
		p->ok = false;
	else
		n->urgency = (enum gate_urgency)urgency;
}

static void
pass_head(struct pass *p, struct inbox_delivery *d)
{
	pass_i64(p, &d->received_ms);
	pass_span(p, &d->guard.scope);
	pass_span(p, &d->guard.value);
	pass_bytes(p, d->guard.digest, sizeof(d->guard.digest));
	pass_i64(p, &d->guard.expires_ms);
	pass_str(p, &d->scheme);
	pass_str(p, &d->key_id);
	pass_span(p, &d->created_by);
	pass_str(p, &d->address);
	pass_span(p, &d->user_agent);
	pass_str(p, &d->traceparent);
	pass_span(p, &d->signed_headers);
	pass_i64(p, &d->key_ttl_s);
	pass_i64(p, &d->second_ttl_s);
	pass_span(p, &d->raw);
	pass_i32(p, &d->fp_version);
}

enum gate_code
spooled_put(struct gate_buf *b, const struct inbox_delivery *d,
    const char *site, const char *source)
{
	struct inbox_delivery head = *d;
	struct pass p = {.out = b, .ok = true};
	size_t i;

	put_number(b, RECORD_VERSION);
	pass_str(&p, &site);
	pass_str(&p, &source);
	pass_head(&p, &head);
	put_number(b, d->event_count);
	for (i = 0; i < d->event_count; i++) {
		struct inbox_event e = d->events[i];

		pass_event(&p, &e);
	}
	put_number(b, d->job_count);
	for (i = 0; i < d->job_count; i++) {
		struct inbox_job j = d->jobs[i];
		struct spooled_names n = {.route = j.of->name,
		    .service = j.of->steps[0].service->name,
		    .urgency = j.of->urgency};

		pass_job(&p, &j, &n);
	}
	return b->failed;
}

/* Room for so many as there are said to be; each takes some bytes, so no
 * more are believed than there are bytes left. */
static void *
room(struct pass *p, size_t size, size_t *count)
{
	uint64_t n = take_number(p);
	void *list;

	*count = 0;
	if (!p->ok || n > p->in.n / NUMBER_BYTES) {
		p->ok = false;
		return NULL;
	}
	list = calloc((size_t)n + 1, size);
	if (list != NULL)
		*count = (size_t)n;
	return list;
}

static enum gate_code
get(struct pass *p, struct spooled *s)
{
	struct inbox_delivery *d = &s->delivery;
	size_t i;

	if (take_number(p) != RECORD_VERSION)
		return GATE_E_BAD;
	pass_str(p, &s->site);
	pass_str(p, &s->source);
	pass_head(p, d);
	s->events = room(p, sizeof(*s->events), &d->event_count);
	if (p->ok && s->events == NULL)
		return GATE_E_NOMEM;
	for (i = 0; i < d->event_count && p->ok; i++)
		pass_event(p, &s->events[i]);
	s->jobs = room(p, sizeof(*s->jobs), &d->job_count);
	if (p->ok && s->jobs == NULL)
		return GATE_E_NOMEM;
	s->names = calloc(d->job_count + 1, sizeof(*s->names));
	if (s->names == NULL)
		return GATE_E_NOMEM;
	for (i = 0; i < d->job_count && p->ok; i++)
		pass_job(p, &s->jobs[i], &s->names[i]);
	d->events = s->events;
	d->jobs = s->jobs;
	return p->ok && p->in.n == 0 && s->site != NULL && d->event_count > 0
	    ? GATE_OK
	    : GATE_E_BAD;
}

enum gate_code
spooled_get(struct gate_span in, struct spooled *out)
{
	struct spooled s = {.site = NULL};
	struct pass p = {.in = in, .ok = true};
	enum gate_code code = get(&p, &s);

	if (code == GATE_OK)
		*out = s;
	else
		spooled_clear(&s);
	return code;
}

void
spooled_clear(struct spooled *s)
{
	free(s->events);
	free(s->jobs);
	free(s->names);
	*s = (struct spooled){.site = NULL};
}

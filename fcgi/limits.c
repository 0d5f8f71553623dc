/*
 * Limits: who is asked for how much. Owns the names under which senders have
 * buckets, and what a 429 says; the buckets themselves are fcgi/buckets.c's,
 * the queue's depth fcgi/depth.c's. Both stand in one segment:
 *
 *	| depth | buckets |
 */
#include "config.h"

#include "fcgi/limits.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi/buckets.h"
#include "fcgi/depth.h"
#include "fcgi/inbox.h"
#include "fcgi/visit.h"
#include "lib/clock.h"
#include "lib/segment.h"

#define MINUTE_S 60
#define BUSY_WAIT_MS 30000
#define COUNT_MS 1000
/* A site's name and a subject; what is longer is cut, and then those that
 * begin alike share a bucket. */
#define WHO_BYTES 320

struct shared {
	struct depth depth;
	struct buckets buckets;
};

struct limits {
	struct gate_segment segment;
	struct shared *shared;
};

enum gate_code
limits_open(const char *name, struct limits **out, struct gate_err *err)
{
	struct limits *l = calloc(1, sizeof(*l));
	enum gate_code code = GATE_OK;

	if (l == NULL)
		return gate_err_set(err, GATE_E_NOMEM, "limits: no memory");
	if (!gate_segment_named(
		name, "limits", sizeof(*l->shared), &l->segment))
		code =
		    gate_segment_private(sizeof(*l->shared), &l->segment, err);
	if (code == GATE_OK) {
		l->shared = (void *)l->segment.map;
		code = buckets_join(&l->shared->buckets);
		if (code != GATE_OK)
			(void)gate_err_set(err, code, "limits: no randomness");
	}
	if (code == GATE_OK)
		*out = l;
	else
		limits_close(l);
	return code;
}

bool
limits_is_shared(const struct limits *l)
{
	return l->segment.shared;
}

void
limits_close(struct limits *l)
{
	if (l == NULL)
		return;
	gate_segment_close(&l->segment);
	free(l);
}

/* ---- who ------------------------------------------------------------- */

/* The name of a bucket: what it is for, then whose. */
struct who {
	size_t n;
	unsigned char b[WHO_BYTES];
};

enum purpose {
	OF_ADDRESS = 'a',
	OF_ADDRESS_GET = 'g',
	OF_FAILURES = 'f',
	OF_SITE = 's',
	OF_SITE_GET = 'r',
	OF_SOURCE = 'p'
};

static void
start(struct who *w, enum purpose purpose)
{
	w->b[0] = (unsigned char)purpose;
	w->n = 1;
}

static void
put(struct who *w, struct gate_span s)
{
	size_t n = s.n < sizeof(w->b) - w->n ? s.n : sizeof(w->b) - w->n;

	if (n > 0)
		memcpy(w->b + w->n, s.p, n);
	w->n += n;
}

/* IPv6: whoever has one address has the other 2^64 beside it. A client whose
 * address nobody knows is one with all others of that kind. */
static void
put_address(struct who *w, const struct visit *v)
{
	struct gate_address a = {{0}};

	if (v->has_address)
		a = v->address;
	put(w,
	    gate_span_of(
		a.b, gate_address_is_ipv4(&a) ? sizeof(a.b) : sizeof(a.b) / 2));
}

static bool
is_get(const struct visit *v)
{
	return v->match.door == DOOR_RESULTS || v->match.door == DOOR_EVENT;
}

/* ---- stages ---------------------------------------------------------- */

static const struct gate_conf_limits *
conf_of(const struct visit *v)
{
	return &v->tools->settings->conf->limits;
}

static enum outcome
refuse(struct visit *v, const char *name, const struct gate_limit *limit,
    int64_t wait_ms)
{
	v->why = name;
	v->reply.limit = (struct reply_limit){.name = name,
	    .quota = limit->per_minute,
	    .window_s = MINUTE_S,
	    .wait_ms = wait_ms};
	return OUTCOME_RATE;
}

static enum outcome
take(struct visit *v, const struct who *w, const char *name,
    const struct gate_limit *limit)
{
	struct bucket_state s;

	if (v->tools->limits == NULL || limit->per_minute == 0)
		return OUTCOME_NONE;
	s = buckets_take(&v->tools->limits->shared->buckets,
	    gate_span_of(w->b, w->n), limit, gate_mono_ms());
	return s.ok ? OUTCOME_NONE : refuse(v, name, limit, s.wait_ms);
}

enum outcome
limits_allow(struct visit *v, const struct gate_allow *allow)
{
	return gate_allow_has(allow, v->has_address ? &v->address : NULL)
	    ? OUTCOME_NONE
	    : OUTCOME_BAD_ADDRESS;
}

enum outcome
limits_address(struct visit *v)
{
	const struct gate_conf_limits *c = conf_of(v);
	struct who w;

	start(&w, is_get(v) ? OF_ADDRESS_GET : OF_ADDRESS);
	put_address(&w, v);
	return take(v, &w, "address", is_get(v) ? &c->get : &c->address);
}

enum outcome
limits_site(struct visit *v, const struct gate_identity *who)
{
	struct who w;

	start(&w, is_get(v) ? OF_SITE_GET : OF_SITE);
	put(&w, gate_span_str(v->site->name));
	put(&w, gate_span_of("", 1));
	if (!gate_span_is(who->created_by, who->key_id))
		put(&w, who->created_by); /* a token's subject */
	return take(
	    v, &w, "site", is_get(v) ? &conf_of(v)->get : &v->site->limit);
}

static void
name_failures(struct who *w, const struct visit *v, struct gate_span source)
{
	start(w, OF_FAILURES);
	put_address(w, v);
	put(w, gate_span_of("", 1));
	put(w, source);
}

enum outcome
limits_failures(struct visit *v, struct gate_span source)
{
	const struct gate_limit *limit = &conf_of(v)->address;
	struct bucket_state s;
	struct who w;

	if (v->tools->limits == NULL)
		return OUTCOME_NONE;
	name_failures(&w, v, source);
	s = buckets_look(&v->tools->limits->shared->buckets,
	    gate_span_of(w.b, w.n), limit, gate_mono_ms());
	return s.ok ? OUTCOME_NONE : refuse(v, "address", limit, s.wait_ms);
}

void
limits_failed(struct visit *v, struct gate_span source)
{
	struct who w;

	if (v->tools->limits == NULL)
		return;
	name_failures(&w, v, source);
	(void)buckets_take(&v->tools->limits->shared->buckets,
	    gate_span_of(w.b, w.n), &conf_of(v)->address, gate_mono_ms());
}

enum outcome
limits_source(
    struct visit *v, struct gate_span name, const struct gate_limit *limit)
{
	struct who w;

	start(&w, OF_SOURCE);
	put(&w, name);
	return take(v, &w, "source", limit);
}

enum outcome
limits_busy(struct visit *v, enum gate_busy policy)
{
	const struct limits *l = v->tools->limits;
	int64_t limit = conf_of(v)->depth;

	if (l == NULL || policy == GATE_BUSY_ACCEPT ||
	    !depth_is_over(&l->shared->depth, limit, gate_mono_ms()))
		return OUTCOME_NONE;
	v->reply.limit = (struct reply_limit){
	    .name = "queue", .quota = limit, .wait_ms = BUSY_WAIT_MS};
	return OUTCOME_BUSY;
}

/* ---- after an answer ------------------------------------------------- */

enum gate_code
limits_count(struct limits *l, const struct settings *s, struct gate_db *db,
    struct gate_err *err)
{
	int64_t limit = s->conf->limits.depth, now_ms = gate_mono_ms();
	char text[GATE_PARAM_I64_TEXT];
	struct gate_param param;
	struct gate_rows *rows = NULL;
	enum gate_code code;

	if (l == NULL || limit == 0 ||
	    !depth_is_mine(&l->shared->depth, now_ms))
		return GATE_OK;
	param = gate_param_i64(limit + 1, text);
	code = gate_db_call(
	    db, INBOX_DEPTH, &param, 1, now_ms + COUNT_MS, &rows, err);
	if (code == GATE_OK && gate_rows_count(rows) == 1)
		depth_tell(&l->shared->depth, gate_rows_i64(rows, 0, 0),
		    gate_mono_ms());
	gate_rows_free(rows);
	return code;
}

/*
 * The events of a delivery: walks the profile's batch pointer and makes each
 * element an event. Words go into one buffer that moves while it grows, so
 * an event first has places in it, and spans once all are made.
 */
#include "config.h"

#include "lib/webhook.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/num.h"
#include "lib/webhook_value.h"

/* Canonical forms repeat the body of at most 1 MiB, and have a frame. */
#define WORDS_MAX (16u * 1024 * 1024)
#define POINTER_MAX 128 /* of a profile's batch */
#define SECONDS_LAST INT64_C(99999999999)

/* Where a word stands. */
struct word {
	size_t at, n;
};

struct words {
	struct word type, key, second_key, object_ref, canonical;
};

/* A walk over the items of a batch. */
struct walk {
	struct gate_webhook *w;
	const struct gate_webhook_in *in;
	struct gate_canonical *c;
	struct words *words; /* NULL: only count */
	size_t count;
	bool as_one; /* a batch of too many */
};

static enum gate_code
put_word(struct gate_buf *b, struct gate_span text, struct word *out)
{
	out->at = b->n;
	out->n = text.n;
	return gate_buf_put(b, text);
}

static const struct gate_json *
at(const struct gate_json *item, const char *pointer)
{
	const struct gate_json *v;

	return pointer != NULL && gate_json_pointer(item, pointer, &v) ? v
								       : NULL;
}

/* ---- when --------------------------------------------------------------- */

static bool
take_time(struct gate_span text, enum gate_time_unit unit, int64_t *ms)
{
	int64_t n;

	switch (unit) {
	case GATE_TIME_RFC3339:
		return gate_time_parse(text, ms);
	case GATE_TIME_SECONDS:
		return gate_span_i64(text, 0, SECONDS_LAST, &n) &&
		    gate_mul(n, 1000, ms);
	case GATE_TIME_MILLIS:
		return gate_span_i64(text, 0, SECONDS_LAST * 1000, ms);
	case GATE_TIME_UNIT_COUNT:
		break;
	}
	return false;
}

/* The operator's pointer says where, not in what unit. */
static bool
guess_time(struct gate_span text, int64_t *ms)
{
	return take_time(text, GATE_TIME_RFC3339, ms) ||
	    take_time(text, GATE_TIME_SECONDS, ms) ||
	    take_time(text, GATE_TIME_MILLIS, ms);
}

static enum gate_code
read_time(const struct gate_webhook_item *item, struct gate_canonical *c)
{
	const struct gate_profile *p = &item->in->source->profile;
	const char *mapped = item->in->source->map.occurred_at;
	enum gate_code code = GATE_OK;
	struct gate_buf text;
	size_t i;

	c->has_occurred = false;
	gate_buf_init(&text, GATE_CANONICAL_REF_MAX);
	if (mapped != NULL) {
		code = gate_canonical_scalar(item->json, mapped, &text);
		c->has_occurred = code == GATE_OK &&
		    guess_time(gate_buf_span(&text), &c->occurred_ms);
	}
	for (i = 0; mapped == NULL && i < GATE_COUNT(p->occurred) &&
	     !c->has_occurred && code != GATE_E_NOMEM;
	     i++) {
		gate_buf_reset(&text);
		code = gate_webhook_value(item, &p->occurred[i], &text);
		c->has_occurred = code == GATE_OK &&
		    take_time(gate_buf_span(&text), p->occurred_unit,
			&c->occurred_ms);
	}
	gate_buf_clear(&text);
	return code == GATE_E_NOMEM ? code : GATE_OK;
}

/* ---- one event ---------------------------------------------------------- */

static enum gate_code
read_ref(const struct gate_webhook_item *item, struct gate_canonical *c)
{
	const struct gate_profile *p = &item->in->source->profile;
	const char *mapped = item->in->source->map.subject_id;
	enum gate_code code = GATE_OK;
	size_t i;

	gate_buf_reset(&c->ref);
	if (mapped != NULL)
		code = gate_canonical_scalar(item->json, mapped, &c->ref);
	for (i = 0; mapped == NULL && i < GATE_COUNT(p->ref) && c->ref.n == 0 &&
	     code == GATE_OK;
	     i++)
		code = gate_webhook_value(item, &p->ref[i], &c->ref);
	if (code == GATE_E_LIMIT) {
		gate_buf_reset(&c->ref);
		code = GATE_OK;
	}
	return code;
}

static enum gate_code
put_canonical(const struct gate_webhook_item *item, struct gate_span type,
    struct gate_canonical *c, bool *is_broken)
{
	const struct gate_source_map *map = &item->in->source->map;
	struct gate_canonical_parts p = {.site = item->in->site,
	    .source = item->in->source->name,
	    .type = type,
	    .actor_id = at(item->json, map->actor_id),
	    .actor_email = at(item->json, map->actor_email),
	    .subject_type = at(item->json, map->subject_type),
	    .action_type = at(item->json, map->action_type),
	    .action_reason = at(item->json, map->action_reason),
	    .data = at(item->json, map->data)};
	enum gate_code code = read_ref(item, c);

	if (code == GATE_OK)
		code = read_time(item, c);
	if (map->data == NULL && item->json != NULL)
		p.raw = item->bytes;
	*is_broken = p.data == NULL && p.raw.n == 0;
	return code == GATE_OK ? gate_canonical_put(c, &p) : code;
}

/* Holds the event against its schema. What it is to be stored as instead, if
 * it is, comes to stand in *seen; shaped and text are what that borrows. */
static enum gate_code
judge(struct gate_webhook_item *seen, struct gate_span type,
    struct gate_json **shaped, struct gate_buf *text,
    struct gate_webhook_event *e)
{
	struct gate_schema_fault fault;
	enum gate_code code;

	if (seen->json == NULL || seen->in->source->event_rules.count == 0)
		return GATE_OK;
	code = gate_event_judge(
	    &seen->in->source->event_rules, type, seen->json, shaped, &fault);
	if (code == GATE_E_BAD) {
		e->is_broken = true;
		gate_event_cause(&fault, e->cause);
		return GATE_OK;
	}
	if (code != GATE_OK || *shaped == NULL)
		return code;
	code = gate_json_text(*shaped, text);
	seen->json = *shaped;
	seen->bytes = gate_buf_span(text);
	return code;
}

static enum gate_code
make_event(const struct gate_webhook_item *item, struct gate_canonical *c,
    struct gate_buf *b, struct gate_webhook_event *e, struct words *words)
{
	const struct gate_profile *p = &item->in->source->profile;
	struct gate_webhook_item seen = *item;
	struct gate_json *shaped = NULL;
	struct gate_buf type, text;
	bool found, no_data = false;
	enum gate_code code;

	gate_buf_init(&type, b->max);
	gate_buf_init(&text, b->max);
	code = gate_webhook_type(item, &type, &found);
	if (code == GATE_OK)
		code = judge(&seen, gate_buf_span(&type), &shaped, &text, e);
	if (code == GATE_OK)
		code = put_canonical(&seen, gate_buf_span(&type), c, &no_data);
	if (code == GATE_OK)
		code = put_word(b, gate_buf_span(&type), &words->type);
	if (code == GATE_OK)
		code = put_word(b, gate_buf_span(&c->text), &words->canonical);
	if (code == GATE_OK)
		code = put_word(b, gate_buf_span(&c->ref), &words->object_ref);
	words->key.at = b->n;
	if (code == GATE_OK)
		code = gate_webhook_key(item, b);
	words->key.n = b->n - words->key.at;
	words->second_key.at = b->n;
	if (code == GATE_OK && p->has_second_key)
		code = gate_webhook_second_key(item, gate_buf_span(&type), b);
	words->second_key.n = b->n - words->second_key.at;
	e->has_occurred = c->has_occurred;
	e->occurred_ms = c->occurred_ms;
	e->is_broken = e->is_broken || !found || no_data;
	if (code == GATE_OK)
		code = gate_sha256(&item->stable, 1, e->fingerprint);
	gate_json_free(shaped);
	gate_buf_clear(&text);
	gate_buf_clear(&type);
	return code;
}

/* ---- its bytes --------------------------------------------------------- */

struct strip {
	struct gate_buf *out;
	const char *without;
	enum gate_code code;
};

static bool
put_member(const char *key, const struct gate_json *v, void *ctx)
{
	struct strip *s = ctx;

	if (strcmp(key, s->without) == 0)
		return true;
	(void)gate_buf_put_byte(s->out, s->out->n == 0 ? '{' : ',');
	(void)gate_json_put_string(s->out, gate_span_str(key));
	(void)gate_buf_put_byte(s->out, ':');
	s->code = gate_json_text(v, s->out);
	return s->code == GATE_OK;
}

/* The event without what differs from try to try. */
static enum gate_code
put_stable(
    struct gate_buf *out, const struct gate_json *event, const char *without)
{
	struct strip s = {out, without, GATE_OK};

	(void)gate_json_each(event, put_member, &s);
	return s.code == GATE_OK ? out->failed : s.code;
}

/* ---- all of them -------------------------------------------------------- */

static enum gate_code
take_item(struct walk *k, const struct gate_json *json)
{
	const char *varies = k->in->source->profile.varies;
	struct gate_webhook_item item = {
	    .in = k->in, .of = k->w, .json = json, .bytes = k->w->text};
	size_t i = k->count++;
	enum gate_code code = GATE_OK;
	struct gate_buf text, stable;

	if (k->words == NULL)
		return GATE_OK;
	gate_buf_init(&text, k->w->words.max);
	gate_buf_init(&stable, k->w->words.max);
	if (json == NULL)
		item.bytes = k->in->hook->body;
	if (json != NULL && json != k->w->doc) {
		code = gate_json_text(json, &text);
		item.bytes = gate_buf_span(&text);
	}
	item.stable = item.bytes;
	if (code == GATE_OK && varies != NULL &&
	    gate_json_kind(json) == GATE_JSON_OBJECT) {
		code = put_stable(&stable, json, varies);
		item.stable = gate_buf_span(&stable);
	}
	if (code == GATE_OK)
		code = make_event(
		    &item, k->c, &k->w->words, &k->w->events[i], &k->words[i]);
	gate_buf_clear(&text);
	gate_buf_clear(&stable);
	return code;
}

/* path: what is left of the batch pointer: "", or from a '/' on. */
static enum gate_code
walk(struct walk *k, const struct gate_json *v, const char *path)
{
	const char *star = strstr(path, "/*");
	char head[POINTER_MAX];
	const struct gate_json *list;
	enum gate_code code = GATE_OK;
	size_t i;

	if (star == NULL)
		return take_item(
		    k, gate_json_pointer(v, path, &list) ? list : v);
	if (!gate_span_copy(gate_span_of(path, (size_t)(star - path)), head,
		sizeof(head)) ||
	    !gate_json_pointer(v, head, &list) ||
	    gate_json_kind(list) != GATE_JSON_ARRAY)
		return take_item(k, v);
	for (i = 0; i < gate_json_count(list) && code == GATE_OK; i++)
		code = walk(k, gate_json_at(list, i), star + strlen("/*"));
	return code;
}

/* A body that is not of the batch's shape is one event. */
static bool
is_batch(const struct gate_webhook *w, const char *batch)
{
	const struct gate_json *list;
	const char *star;
	char head[POINTER_MAX];

	if (batch == NULL || (star = strstr(batch, "/*")) == NULL)
		return false;
	return gate_span_copy(gate_span_of(batch, (size_t)(star - batch)), head,
		   sizeof(head)) &&
	    gate_json_pointer(w->doc, head, &list) &&
	    gate_json_kind(list) == GATE_JSON_ARRAY;
}

static enum gate_code
walk_all(struct walk *k)
{
	const char *batch = k->in->source->profile.batch;

	k->count = 0;
	if (k->w->doc != NULL && !k->as_one && is_batch(k->w, batch))
		return walk(k, k->w->doc, batch);
	return take_item(k, k->w->doc);
}

static struct gate_span
span_of(const struct gate_buf *b, struct word w)
{
	return gate_span_of(b->p + w.at, w.n);
}

enum gate_code
gate_webhook_split(struct gate_webhook *w, const struct gate_webhook_in *in,
    struct gate_canonical *c)
{
	struct walk k = {.w = w, .in = in, .c = c};
	struct words *words;
	enum gate_code code = walk_all(&k);
	size_t i, n;

	if (code == GATE_OK && k.count > GATE_WEBHOOK_EVENTS_MAX) {
		k.as_one = true;
		code = walk_all(&k);
	}
	n = k.count;

	gate_buf_init(&w->words, WORDS_MAX);
	w->events = calloc(n + 1, sizeof(*w->events));
	words = calloc(n + 1, sizeof(*words));
	if (w->events == NULL || words == NULL)
		code = GATE_E_NOMEM;
	k.words = words;
	if (code == GATE_OK)
		code = walk_all(&k);
	for (i = 0; i < n && code == GATE_OK; i++) {
		w->events[i].type = span_of(&w->words, words[i].type);
		w->events[i].key = span_of(&w->words, words[i].key);
		w->events[i].second_key =
		    span_of(&w->words, words[i].second_key);
		w->events[i].object_ref =
		    span_of(&w->words, words[i].object_ref);
		w->events[i].canonical = span_of(&w->words, words[i].canonical);
	}
	if (code == GATE_OK)
		w->count = n;
	free(words);
	return code;
}

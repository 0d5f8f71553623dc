/*
 * The canonical document. Built as text: its frame is a dozen short strings,
 * and the body, its bulk, is valid JSON already. Pure.
 */
#include "config.h"

#include "lib/canonical.h"

#include "lib/clock.h"

/* A body of 1 MiB and the frame, whose strings come from the body. */
#define TEXT_MAX (3u * 1024 * 1024)

const struct gate_canonical_form gate_form_bridge = {
    .source = "bridge",
    .type = "event_type",
    .refs = {"object_ref"},
    .times = {"occurred_at"},
    .data = "data",
};
const struct gate_canonical_form gate_form_relay = {
    .source = "relay",
    .type = "event",
    .refs = {"object_ref", "post_id"},
    .times = {"occurred_at", "published_at"},
    .actor = "author",
};
const struct gate_canonical_form gate_form_edge = {
    .source = "edge",
    .type = "type",
    .refs = {"object_ref"},
    .times = {"occurred_at"},
};

void
gate_canonical_init(struct gate_canonical *c)
{
	*c = (struct gate_canonical){.has_occurred = false};
	gate_buf_init(&c->text, TEXT_MAX);
	gate_buf_init(&c->ref, GATE_CANONICAL_REF_MAX);
}

void
gate_canonical_clear(struct gate_canonical *c)
{
	gate_buf_clear(&c->text);
	gate_buf_clear(&c->ref);
}

static bool
is_scalar(const struct gate_json *v)
{
	enum gate_json_kind kind = gate_json_kind(v);

	return kind == GATE_JSON_STRING || kind == GATE_JSON_INT ||
	    kind == GATE_JSON_DOUBLE || kind == GATE_JSON_BOOL;
}

static enum gate_code
put_scalar(struct gate_buf *out, const struct gate_json *v)
{
	struct gate_span s;

	if (!is_scalar(v))
		return GATE_OK;
	if (gate_json_string(v, &s))
		return gate_buf_put(out, s);
	return gate_json_text(v, out);
}

enum gate_code
gate_canonical_scalar(
    const struct gate_json *doc, const char *pointer, struct gate_buf *out)
{
	const struct gate_json *v;

	if (!gate_json_pointer(doc, pointer, &v))
		return GATE_OK;
	return put_scalar(out, v);
}

static void
put_string_or_null(struct gate_buf *b, struct gate_span s)
{
	if (s.n == 0)
		(void)gate_buf_put_str(b, "null");
	else
		(void)gate_json_put_string(b, s);
}

static bool
first_of(const struct gate_json *body, const char *const names[2],
    const struct gate_json **out)
{
	size_t i;

	for (i = 0; i < 2 && names[i] != NULL; i++)
		if (gate_json_get(body, names[i], out))
			return true;
	return false;
}

static enum gate_code
read_ref(struct gate_canonical *c, const struct gate_canonical_form *form,
    const struct gate_json *body)
{
	const struct gate_json *v;
	enum gate_code code;

	gate_buf_reset(&c->ref);
	if (!first_of(body, form->refs, &v))
		return GATE_OK;
	code = put_scalar(&c->ref, v);
	if (code == GATE_E_LIMIT) {
		gate_buf_reset(&c->ref);
		return GATE_OK;
	}
	return code;
}

static void
read_time(struct gate_canonical *c, const struct gate_canonical_form *form,
    const struct gate_json *body)
{
	const struct gate_json *v;
	struct gate_span s;

	c->has_occurred = first_of(body, form->times, &v) &&
	    gate_json_string(v, &s) && gate_time_parse(s, &c->occurred_ms);
}

/* Splits at the last dot; head is empty if there is none. */
static void
split(struct gate_span type, struct gate_span *head, struct gate_span *tail)
{
	size_t i = type.n;

	while (i > 0 && type.p[i - 1] != '.')
		i--;
	*head = gate_span_of(type.p, i == 0 ? 0 : i - 1);
	*tail = gate_span_of(type.p + i, type.n - i);
}

/* A scalar as it stands; anything else is nothing. */
static enum gate_code
put_value(struct gate_buf *b, const char *before, const struct gate_json *v)
{
	struct gate_span text = {0};

	(void)gate_buf_put_str(b, before);
	if (!is_scalar(v))
		return gate_buf_put_str(b, "null");
	if (!gate_json_string(v, &text))
		return gate_json_text(v, b);
	put_string_or_null(b, text);
	return b->failed;
}

/* The same where the type says it if the event does not. */
static enum gate_code
put_value_or(struct gate_buf *b, const char *before, const struct gate_json *v,
    struct gate_span otherwise)
{
	if (is_scalar(v))
		return put_value(b, before, v);
	(void)gate_buf_put_str(b, before);
	put_string_or_null(b, otherwise);
	return b->failed;
}

/* The guard has passed the body, so it is put in as it is, without a copy
 * of its tree; only a part of it has to be written anew. */
static enum gate_code
put_data(struct gate_buf *b, const struct gate_canonical_parts *p)
{
	(void)gate_buf_put_str(b, ",\"data\":");
	if (p->raw.n > 0)
		return gate_buf_put(b, p->raw);
	if (p->data != NULL)
		return gate_json_text(p->data, b);
	return gate_buf_put_str(b, "null");
}

static void
put_time(struct gate_canonical *c)
{
	char when[GATE_TIME_TEXT];

	(void)gate_buf_put_str(&c->text, ",\"occurred_at\":");
	if (c->has_occurred)
		gate_time_text(c->occurred_ms, when);
	put_string_or_null(&c->text,
	    c->has_occurred ? gate_span_str(when) : (struct gate_span){0});
}

enum gate_code
gate_canonical_put(
    struct gate_canonical *c, const struct gate_canonical_parts *p)
{
	struct gate_buf *b = &c->text;
	struct gate_span head, tail;
	enum gate_code code;

	split(p->type, &head, &tail);
	gate_buf_reset(b);
	(void)gate_buf_put_str(b, "{\"tenant_id\":");
	(void)gate_json_put_string(b, gate_span_str(p->site));
	(void)gate_buf_put_str(b, ",\"source\":");
	(void)gate_json_put_string(b, gate_span_str(p->source));
	(void)gate_buf_put_str(b, ",\"type\":");
	(void)gate_json_put_string(b, p->type);
	code = put_value(b, ",\"actor\":{\"id\":", p->actor_id);
	if (code == GATE_OK)
		code = put_value(b, ",\"email\":", p->actor_email);
	(void)gate_buf_put_str(b, "},\"subject\":{\"id\":");
	put_string_or_null(b, gate_buf_span(&c->ref));
	if (code == GATE_OK)
		code = put_value_or(b, ",\"type\":", p->subject_type, head);
	if (code == GATE_OK)
		code = put_value_or(
		    b, "},\"action\":{\"type\":", p->action_type, tail);
	if (code == GATE_OK)
		code = put_value(b, ",\"reason\":", p->action_reason);
	(void)gate_buf_put_byte(b, '}');
	if (code == GATE_OK)
		code = put_data(b, p);
	put_time(c);
	(void)gate_buf_put_byte(b, '}');
	return code == GATE_OK ? b->failed : code;
}

static const struct gate_json *
member(const struct gate_json *body, const char *name)
{
	const struct gate_json *v;

	return name != NULL && gate_json_get(body, name, &v) ? v : NULL;
}

enum gate_code
gate_canonical_fill(struct gate_canonical *c,
    const struct gate_canonical_form *form, const char *site,
    struct gate_span type, const struct gate_json *body, struct gate_span raw)
{
	struct gate_canonical_parts p = {.site = site,
	    .source = form->source,
	    .type = type,
	    .actor_id = member(body, form->actor),
	    .data = member(body, form->data)};
	enum gate_code code = read_ref(c, form, body);

	if (code != GATE_OK)
		return code;
	if (form->data == NULL)
		p.raw = raw;
	read_time(c, form, body);
	return gate_canonical_put(c, &p);
}

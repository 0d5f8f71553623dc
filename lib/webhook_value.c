/*
 * Where a delivery keeps what: places of a profile, and the two things that
 * are made of several of them, type and identity.
 */
#include "config.h"

#include "lib/webhook_value.h"

#include "lib/codec.h"
#include "lib/num.h"
#include "lib/route.h"
#include "lib/utf8.h"

/* A value that is longer names nothing. */
#define VALUE_MAX 4096
#define HASHED "sha256:"

static enum gate_code
put_hash(struct gate_span bytes, struct gate_buf *out)
{
	unsigned char digest[GATE_SHA256_BYTES];
	enum gate_code code = gate_sha256(&bytes, 1, digest);

	if (code != GATE_OK)
		return code;
	return gate_hex_put(out, gate_span_of(digest, sizeof(digest)));
}

/* What a database can hold as text. */
static bool
is_text(struct gate_span v)
{
	uint32_t c;

	while (gate_utf8_take(&v, &c))
		;
	return v.n == 0;
}

enum gate_code
gate_webhook_value(const struct gate_webhook_item *item,
    const struct gate_place *place, struct gate_buf *out)
{
	struct gate_span v;
	bool twice;

	switch (place->kind) {
	case GATE_PLACE_NONE:
	case GATE_PLACE_LIST:
		return GATE_OK;
	case GATE_PLACE_HEADER:
		if (!gate_hook_header(
			item->in->hook, place->name, &v, &twice) ||
		    !is_text(v))
			return GATE_OK;
		return gate_buf_put(out, v);
	case GATE_PLACE_BODY:
		return gate_canonical_scalar(item->json, place->name, out);
	case GATE_PLACE_FORM:
		if (!gate_form_get(&item->of->form, place->name, &v) ||
		    !is_text(v))
			return GATE_OK;
		return gate_buf_put(out, v);
	case GATE_PLACE_HASH:
		return put_hash(item->stable, out);
	}
	return GATE_OK;
}

/* Forgets what does not fit: it is then as if it were not there. */
static enum gate_code
value(const struct gate_webhook_item *item, const struct gate_place *place,
    struct gate_buf *out)
{
	enum gate_code code = gate_webhook_value(item, place, out);

	if (code == GATE_E_LIMIT) {
		gate_buf_reset(out);
		code = GATE_OK;
	}
	return code;
}

enum gate_code
gate_webhook_type(
    const struct gate_webhook_item *item, struct gate_buf *out, bool *found)
{
	const struct gate_profile *p = &item->in->source->profile;
	enum gate_code code = GATE_OK;
	struct gate_buf part;
	size_t i, before = out->n;

	gate_buf_init(&part, VALUE_MAX);
	for (i = 0; i < GATE_COUNT(p->type) && code == GATE_OK; i++) {
		gate_buf_reset(&part);
		code = value(item, &p->type[i], &part);
		if (code != GATE_OK || part.n == 0)
			continue;
		if (out->n > before)
			(void)gate_buf_put_byte(out, '.');
		code = gate_buf_put(out, gate_buf_span(&part));
	}
	gate_buf_clear(&part);
	*found = code == GATE_OK &&
	    gate_is_event_type(gate_span_of(out->p + before, out->n - before));
	if (code == GATE_OK && !*found) {
		out->n = before;
		code = gate_buf_put_str(out, GATE_WEBHOOK_NO_TYPE);
	}
	return code;
}

/* What an identity is made of, on its way. */
struct parts {
	struct gate_buf shown;   /* with '|' between them */
	struct gate_buf counted; /* each with its length */
	size_t count, found;
	bool is_visible;
	bool has_bar;
};

static bool
has_bar(struct gate_span s)
{
	struct gate_span head;

	return gate_span_until(&s, '|', s.n, &head);
}

/* Whether it can be read, and taken apart in one way only. */
static bool
is_plain(const struct parts *p)
{
	struct gate_span shown = gate_buf_span(&p->shown);

	return p->found > 0 && shown.n <= GATE_WEBHOOK_KEY_MAX &&
	    p->is_visible && (p->count == 1 || !p->has_bar) &&
	    !gate_span_starts(shown, HASHED);
}

static enum gate_code
add_part(const struct gate_webhook_item *item, const struct gate_place *place,
    struct parts *parts)
{
	struct gate_buf part;
	enum gate_code code;

	gate_buf_init(&part, VALUE_MAX);
	code = value(item, place, &part);
	if (parts->count++ > 0)
		(void)gate_buf_put_byte(&parts->shown, '|');
	(void)gate_buf_put_i64(&parts->counted, (int64_t)part.n);
	(void)gate_buf_put_byte(&parts->counted, ':');
	(void)gate_buf_put(&parts->counted, gate_buf_span(&part));
	(void)gate_buf_put(&parts->shown, gate_buf_span(&part));
	parts->found += part.n > 0;
	parts->is_visible = parts->is_visible &&
	    gate_span_within(gate_buf_span(&part), 0x21, 0x7e);
	parts->has_bar = parts->has_bar || has_bar(gate_buf_span(&part));
	gate_buf_clear(&part);
	if (code == GATE_OK)
		code = parts->counted.failed;
	return code == GATE_OK ? parts->shown.failed : code;
}

enum gate_code
gate_webhook_key(const struct gate_webhook_item *item, struct gate_buf *out)
{
	const struct gate_profile *p = &item->in->source->profile;
	enum gate_code code = GATE_OK;
	struct parts parts = {.is_visible = true};
	size_t i;

	gate_buf_init(&parts.shown, GATE_PLACES_MAX * (VALUE_MAX + 1));
	gate_buf_init(&parts.counted, GATE_PLACES_MAX * (VALUE_MAX + 8));
	for (i = 0; i < GATE_PLACES_MAX && code == GATE_OK &&
	     p->id[i].kind != GATE_PLACE_NONE;
	     i++)
		code = add_part(item, &p->id[i], &parts);
	if (code == GATE_OK && is_plain(&parts)) {
		code = gate_buf_put(out, gate_buf_span(&parts.shown));
	} else if (code == GATE_OK) {
		(void)gate_buf_put_str(out, HASHED);
		code = put_hash(parts.found > 0 ? gate_buf_span(&parts.counted)
						: item->stable,
		    out);
	}
	gate_buf_clear(&parts.shown);
	gate_buf_clear(&parts.counted);
	return code;
}

enum gate_code
gate_webhook_second_key(const struct gate_webhook_item *item,
    struct gate_span type, struct gate_buf *out)
{
	unsigned char digest[GATE_SHA256_BYTES];
	struct gate_span parts[] = {type, gate_span_of("", 1), item->stable};
	enum gate_code code = gate_sha256(parts, GATE_COUNT(parts), digest);

	if (code != GATE_OK)
		return code;
	return gate_hex_put(out, gate_span_of(digest, sizeof(digest)));
}

/*
 * The counting of keys, the brother of fcgi/tally.c. A lone request is
 * written at once, a stream of them twice a minute. A full table is written
 * before the next request, so that no key's use is ever passed over while
 * there is a database: what is not here is what an operator retires.
 */
#include "config.h"

#include "fcgi/uses.h"

#include <stdio.h>
#include <string.h>

#include "fcgi/inbox.h"
#include "fcgi/scheme.h"
#include "lib/json.h"

#define TEXT_MAX 65536 /* a row has less than 400 bytes */
#define FLUSH_MS 1000  /* one who waits for it waits too long */

static struct uses_row *
find(struct uses *u, const char *site, const char *scheme, const char *key_id)
{
	struct uses_row *r;
	size_t i;

	for (i = 0; i < u->count; i++) {
		r = &u->rows[i];
		if (strcmp(r->key_id, key_id) == 0 &&
		    strcmp(r->site, site) == 0 &&
		    strcmp(r->scheme, scheme) == 0)
			return r;
	}
	if (u->count == USES_ROWS)
		return NULL;
	r = &u->rows[u->count++];
	*r = (struct uses_row){.events = 0};
	(void)snprintf(r->site, sizeof(r->site), "%s", site);
	(void)snprintf(r->scheme, sizeof(r->scheme), "%s", scheme);
	(void)snprintf(r->key_id, sizeof(r->key_id), "%s", key_id);
	return r;
}

static void
add(struct uses *u, const struct visit *v, const char *scheme,
    const char *key_id, bool is_event)
{
	struct uses_row *r = find(u, v->site->name, scheme, key_id);

	if (r == NULL) /* the database is away */
		return;
	if (is_event)
		r->events++;
	else
		r->fetches++;
}

void
uses_add(struct uses *u, const struct visit *v)
{
	char source[sizeof(u->rows[0].scheme)];
	const struct scheme *scheme;
	bool is_event;

	if (v->key_id == NULL || v->site == NULL || v->match.door == DOOR_COUNT)
		return;
	if (v->source != NULL) {
		(void)snprintf(source, sizeof(source), "source/%s", v->source);
		add(u, v, source, v->key_id, true);
		return;
	}
	scheme = scheme_of_door(v->match.door);
	is_event = scheme != NULL;
	if (!is_event && scheme_of_get(v->request, &scheme) != OUTCOME_NONE)
		return;
	add(u, v, scheme->name, v->key_id, is_event);
	if (v->hmac_key_id != NULL)
		add(u, v, gate_scheme_name(GATE_SCHEME_HMAC), v->hmac_key_id,
		    is_event);
}

bool
uses_is_due(const struct uses *u, int64_t now_ms)
{
	return u->count > 0 &&
	    (u->flushed_ms == 0 || now_ms - u->flushed_ms >= USES_EVERY_MS ||
		(u->count >= USES_ROWS - 1 && /* a request may add two */
		    !u->failed));
}

static void
put_row(struct gate_buf *b, const struct uses_row *r)
{
	(void)gate_buf_put_str(b, b->n == 1 ? "{\"site\":" : ",{\"site\":");
	(void)gate_json_put_string(b, gate_span_str(r->site));
	(void)gate_buf_put_str(b, ",\"scheme\":");
	(void)gate_json_put_string(b, gate_span_str(r->scheme));
	(void)gate_buf_put_str(b, ",\"key_id\":");
	(void)gate_json_put_string(b, gate_span_str(r->key_id));
	(void)gate_buf_put_str(b, ",\"events\":");
	(void)gate_buf_put_i64(b, r->events);
	(void)gate_buf_put_str(b, ",\"fetches\":");
	(void)gate_buf_put_i64(b, r->fetches);
	(void)gate_buf_put_byte(b, '}');
}

enum gate_code
uses_text(const struct uses *u, struct gate_buf *out)
{
	size_t i;

	(void)gate_buf_put_byte(out, '[');
	for (i = 0; i < u->count; i++)
		put_row(out, &u->rows[i]);
	(void)gate_buf_put_byte(out, ']');
	return out->failed;
}

enum gate_code
uses_flush(
    struct uses *u, struct gate_db *db, int64_t now_ms, struct gate_err *err)
{
	struct gate_param param;
	struct gate_buf text;
	enum gate_code code;

	u->flushed_ms = now_ms; /* whatever becomes of it: not at once again */
	gate_buf_init(&text, TEXT_MAX);
	code = uses_text(u, &text);
	param = gate_param_text(gate_buf_span(&text));
	if (code == GATE_OK)
		code = gate_db_call(
		    db, INBOX_USES, &param, 1, now_ms + FLUSH_MS, NULL, err);
	u->failed = code != GATE_OK;
	if (!u->failed)
		u->count = 0;
	gate_buf_clear(&text);
	return code;
}

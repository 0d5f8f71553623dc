/*
 * The counting of refusals. Owns the rule how often it is written; whoever
 * serves asks after each answer, so that it delays none. A table that is full
 * counts on without a name.
 */
#include "config.h"

#include "fcgi/tally.h"

#include <string.h>

#include "fcgi/inbox.h"
#include "fcgi/reply.h"
#include "lib/json.h"

#define TEXT_MAX 32768 /* a row has less than 400 bytes */
#define FLUSH_MS 1000  /* one who waits for it waits too long */

static bool
is_same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static struct tally_row *
find(struct tally *t, const struct tally_row *r)
{
	size_t i;

	for (i = 0; i < t->count; i++)
		if (strcmp(t->rows[i].site, r->site) == 0 &&
		    strcmp(t->rows[i].source, r->source) == 0 &&
		    is_same(t->rows[i].outcome, r->outcome) &&
		    is_same(t->rows[i].why, r->why))
			return &t->rows[i];
	if (t->count == TALLY_ROWS)
		return NULL;
	t->rows[t->count] = *r;
	return &t->rows[t->count++];
}

void
tally_add(struct tally *t, const struct visit *v)
{
	int status = reply_status(v->reply.outcome);
	struct tally_row r = {.outcome = reply_name(v->reply.outcome),
			     .why = v->why},
			 *row;
	const char *source;

	if (status < 400 || status > 499 || v->match.door == DOOR_COUNT)
		return;
	source = v->source != NULL ? v->source : router_name(v->match.door);
	if (!gate_span_copy(
		gate_span_str(source), r.source, sizeof(r.source)) ||
	    (v->site != NULL &&
		!gate_span_copy(
		    gate_span_str(v->site->name), r.site, sizeof(r.site))))
		return; /* names have 64 bytes at most */
	row = find(t, &r);
	if (row != NULL)
		row->count++;
	else
		t->others++;
}

bool
tally_is_due(const struct tally *t, int64_t now_ms)
{
	return t->count > 0 &&
	    (t->flushed_ms == 0 || now_ms - t->flushed_ms >= TALLY_EVERY_MS);
}

static void
put_row(struct gate_buf *b, const struct tally_row *r)
{
	(void)gate_buf_put_str(b, b->n == 1 ? "{\"site\":" : ",{\"site\":");
	(void)gate_json_put_string(b, gate_span_str(r->site));
	(void)gate_buf_printf(b, ",\"source\":\"%s\",\"reason\":\"%s%s%s\"",
	    r->source, r->outcome, r->why == NULL ? "" : "/",
	    r->why == NULL ? "" : r->why);
	(void)gate_buf_put_str(b, ",\"count\":");
	(void)gate_buf_put_i64(b, r->count);
	(void)gate_buf_put_byte(b, '}');
}

enum gate_code
tally_text(const struct tally *t, struct gate_buf *out)
{
	struct tally_row others = {.outcome = "others", .count = t->others};
	size_t i;

	(void)gate_buf_put_byte(out, '[');
	for (i = 0; i < t->count; i++)
		put_row(out, &t->rows[i]);
	if (t->others > 0)
		put_row(out, &others);
	(void)gate_buf_put_byte(out, ']');
	return out->failed;
}

enum gate_code
tally_flush(
    struct tally *t, struct gate_db *db, int64_t now_ms, struct gate_err *err)
{
	struct gate_param param;
	struct gate_buf text;
	enum gate_code code;

	t->flushed_ms = now_ms; /* whatever becomes of it: not at once again */
	gate_buf_init(&text, TEXT_MAX);
	code = tally_text(t, &text);
	param = gate_param_text(gate_buf_span(&text));
	if (code == GATE_OK)
		code = gate_db_call(db, INBOX_REJECTIONS, &param, 1,
		    now_ms + FLUSH_MS, NULL, err);
	if (code == GATE_OK) {
		t->count = 0;
		t->others = 0;
	}
	gate_buf_clear(&text);
	return code;
}

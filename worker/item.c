/*
 * Items of finish(). Owns the names of their members. Numbers and our own
 * names are written as they are; everything that came from a peer goes
 * through lib/json's quoting and through redaction.
 */
#include "config.h"

#include "worker/item.h"

#include "worker/redact.h"

#define ITEM_MAX 16777216 /* an output and a result, quoted, and the rest */

static struct gate_span
secret_of(const struct job *j)
{
	if (j->step == NULL)
		return (struct gate_span){NULL, 0};
	return gate_secret_span(&j->step->service->secret);
}

/* ,"key": and a string or null */
static void
put_string(struct gate_buf *b, const char *key, struct gate_span v)
{
	(void)gate_buf_printf(b, ",\"%s\":", key);
	if (v.p == NULL)
		(void)gate_buf_put_str(b, "null");
	else
		(void)gate_json_put_string(b, v);
}

static void
put_i64(struct gate_buf *b, const char *key, int64_t v)
{
	(void)gate_buf_printf(b, ",\"%s\":", key);
	(void)gate_buf_put_i64(b, v);
}

/* ,"key": and JSON text, without the secret */
static void
put_text(struct job *j, const char *key, struct gate_span json)
{
	(void)gate_buf_printf(&j->item, ",\"%s\":", key);
	redact_put_json(&j->item, json, secret_of(j));
}

static void
put_value(struct job *j, const char *key, const struct gate_json *v)
{
	struct gate_buf text;

	if (v == NULL)
		return;
	gate_buf_init(&text, ITEM_MAX);
	if (gate_json_text(v, &text) == GATE_OK)
		put_text(j, key, gate_buf_span(&text));
	else
		j->item.failed = text.failed;
	gate_buf_clear(&text);
}

static void
begin(struct job *j, const char *to)
{
	struct gate_buf *b = &j->item;

	gate_buf_clear(b);
	gate_buf_init(b, ITEM_MAX);
	(void)gate_buf_printf(b, "{\"to\":\"%s\"", to);
	put_i64(b, "id", j->id);
	put_i64(b, "claim_no", j->claim_no);
	put_i64(b, "site_id", j->site_id);
	put_i64(b, "route_id", j->route_id);
	put_string(b, "serial_key", gate_span_str(j->serial_key));
}

static void
put_try(struct job *j, const struct item_try *t)
{
	struct gate_buf *b = &j->item;
	const struct outcome *o;

	if (t == NULL)
		return;
	o = t->outcome;
	(void)gate_buf_put_str(b, ",\"try\":{\"duration_ms\":");
	(void)gate_buf_put_i64(b, t->duration_ms);
	put_string(b, "outcome",
	    gate_span_str(
		o->kind == OUTCOME_OK ? "ok" : outcome_cause_name(o->cause)));
	put_string(b, "step", gate_span_str(j->step_name));
	if (j->step != NULL)
		put_string(b, "service", gate_span_str(j->step->service->name));
	if (o->status != 0)
		put_i64(b, "code", o->status);
	if (o->error[0] != '\0')
		put_string(b, "error", gate_span_str(o->error));
	if (t->request_id.n > 0) {
		char id[128 + 1];

		if (gate_span_copy(t->request_id, id, sizeof(id))) {
			redact_text(id, sizeof(id), secret_of(j));
			put_string(b, "request_id", gate_span_str(id));
		}
	}
	if (t->started_us != 0)
		put_i64(b, "started_us", t->started_us);
	put_value(j, "usage", t->usage);
	(void)gate_buf_put_str(b, "}");
}

static enum gate_code
end(struct job *j)
{
	(void)gate_buf_put_str(&j->item, "}");
	return j->item.failed;
}

enum gate_code
item_next(struct job *j, const struct item_try *t,
    const struct gate_json *output, const struct gate_step *next,
    int32_t lane_id)
{
	begin(j, "next");
	put_try(j, t);
	put_value(j, "output", output);
	put_value(j, "usage", t->usage);
	put_string(&j->item, "step", gate_span_str(next->name));
	put_i64(&j->item, "lane_id", lane_id);
	return end(j);
}

enum gate_code
item_done(struct job *j, const struct item_try *t,
    const struct gate_json *output, const char *status, struct gate_span result)
{
	begin(j, "done");
	put_try(j, t);
	put_value(j, "output", output);
	put_string(&j->item, "status", gate_span_str(status));
	put_text(j, "result", result);
	if (t != NULL) {
		put_value(j, "usage", t->usage);
		put_value(j, "result_usage", t->usage);
	}
	return end(j);
}

enum gate_code
item_retry(struct job *j, const struct item_try *t, int64_t delay_ms)
{
	begin(j, "retry");
	put_try(j, t);
	put_i64(&j->item, "delay_ms", delay_ms);
	return end(j);
}

enum gate_code
item_dead(struct job *j, const struct item_try *t)
{
	begin(j, "dead");
	put_try(j, t);
	put_string(&j->item, "cause",
	    gate_span_str(outcome_cause_name(t->outcome->cause)));
	return end(j);
}

enum gate_code
item_plain(struct job *j, const char *to)
{
	begin(j, to);
	return end(j);
}

/*
 * Dispatch by kind of service, and the dry run. Sends nothing: send.c does.
 */
#include "config.h"

#include "worker/step.h"

#include "lib/num.h"
#include "worker/call_http.h"
#include "worker/llm_openai_chat.h"
#include "worker/redact.h"

static const struct {
	enum gate_code (*render)(const struct gate_step *step,
	    const struct gate_json *doc, struct call *out,
	    struct gate_err *err);
	void (*answer)(const struct gate_http_answer *a, int64_t now_wall_ms,
	    struct call_answer *out);
} kinds[] = {
    [GATE_SERVICE_OPENAI_CHAT] = {llm_openai_chat_render,
	llm_openai_chat_answer},
    [GATE_SERVICE_HTTP] = {call_http_render, call_http_answer},
};

enum gate_code
step_render(const struct gate_step *step, const struct gate_json *doc,
    struct call *out, struct gate_err *err)
{
	GATE_ASSERT(step->service->kind < GATE_COUNT(kinds));
	return kinds[step->service->kind].render(step, doc, out, err);
}

void
step_answer(const struct gate_step *step, const struct gate_http_answer *a,
    int64_t now_wall_ms, struct call_answer *out)
{
	struct gate_span secret = gate_secret_span(&step->service->secret);
	struct gate_http_answer clean = *a;
	struct gate_buf body;

	/* The mask is never longer than four times what it replaces. */
	gate_buf_init(&body, CALL_ANSWER_MAX * 4);
	redact_put_json(&body, a->body, secret);
	clean.body = gate_buf_span(&body);
	kinds[step->service->kind].answer(&clean, now_wall_ms, out);
	if (body.failed != GATE_OK) {
		call_answer_clear(out);
		outcome_dead(&out->outcome, CAUSE_SCHEMA,
		    "no memory to read the answer");
		out->outcome.kind = OUTCOME_RETRY;
	}
	redact_text(out->outcome.error, sizeof(out->outcome.error), secret);
	gate_buf_clear(&body);
}

/* The body as JSON if it is JSON, else as text. */
static struct gate_json *
body_value(const struct call *c)
{
	struct gate_json *v;

	if (gate_json_parse(gate_buf_span(&c->body), &v, NULL) == GATE_OK)
		return v;
	return gate_json_new_string(gate_buf_span(&c->body));
}

static enum gate_code
put_request(
    struct gate_json *o, const struct gate_step *step, const struct call *c)
{
	bool secret = c->with_secret && step->service->secret.n > 0;
	enum gate_code rc = gate_json_put(
	    o, "method", gate_json_new_string(gate_span_str(c->method)));

	if (rc == GATE_OK)
		rc = gate_json_put(
		    o, "url", gate_json_new_string(gate_buf_span(&c->url)));
	if (rc == GATE_OK)
		rc = gate_json_put(o, "secret", gate_json_new_bool(secret));
	if (rc != GATE_OK || c->content_type == NULL)
		return rc;
	rc = gate_json_put(o, "content_type",
	    gate_json_new_string(gate_span_str(c->content_type)));
	return rc == GATE_OK ? gate_json_put(o, "body", body_value(c)) : rc;
}

static enum gate_code
rehearse(const struct job *j, const struct gate_step *step,
    struct gate_json *requests)
{
	struct gate_json *o = gate_json_new_object();
	struct gate_err err = {GATE_OK, ""};
	struct call c;
	enum gate_code rc;

	call_init(&c);
	rc = gate_json_put(
	    o, "step", gate_json_new_string(gate_span_str(step->name)));
	if (rc == GATE_OK && step_render(step, j->doc, &c, &err) == GATE_OK)
		rc = put_request(o, step, &c);
	else if (rc == GATE_OK)
		rc = gate_json_put(
		    o, "error", gate_json_new_string(gate_span_str(err.text)));
	if (rc == GATE_OK)
		rc = gate_json_append(requests, o);
	else
		gate_json_free(o);
	call_clear(&c);
	return rc;
}

enum gate_code
step_put_rehearsal(const struct job *j, struct gate_buf *out)
{
	struct gate_json *requests = gate_json_new_array();
	struct gate_json *doc = gate_json_new_object();
	enum gate_code rc = requests == NULL ? GATE_E_NOMEM : GATE_OK;
	size_t i;

	for (i = 0; rc == GATE_OK && i < j->route->step_count; i++)
		rc = rehearse(j, &j->route->steps[i], requests);
	if (rc == GATE_OK)
		rc = gate_json_put(doc, "requests", requests);
	else
		gate_json_free(requests);
	if (rc == GATE_OK)
		rc = gate_json_text(doc, out);
	gate_json_free(doc);
	return rc;
}

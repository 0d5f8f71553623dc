/*
 * OpenAI's chat protocol. Owns the shapes of its requests and answers;
 * errors are complaint.c's. Called by step.c only.
 */
#include "config.h"

#include "worker/llm_openai_chat.h"

#include <string.h>

#include "lib/num.h"
#include "worker/complaint.h"

static enum gate_code
put_message(
    struct gate_json *messages, const char *role, struct gate_span content)
{
	struct gate_json *m = gate_json_new_object();

	if (gate_json_put(m, "role",
		gate_json_new_string(gate_span_str(role))) == GATE_OK &&
	    gate_json_put(m, "content", gate_json_new_string(content)) ==
		GATE_OK)
		return gate_json_append(messages, m);
	gate_json_free(m);
	return GATE_E_NOMEM;
}

static enum gate_code
put_filled(struct gate_json *messages, const char *role,
    const struct gate_template *t, const struct gate_json *doc,
    struct gate_err *err)
{
	struct gate_buf text;
	enum gate_code rc;

	gate_buf_init(&text, CALL_BODY_MAX);
	rc = gate_template_fill(t, doc, &text, err);
	if (rc == GATE_OK && text.failed != GATE_OK)
		rc = gate_err_set(err, text.failed, "prompt: too long");
	if (rc == GATE_OK)
		rc = put_message(messages, role, gate_buf_span(&text));
	gate_buf_clear(&text);
	return rc;
}

/* The request's JSON, with the messages taken over. */
static enum gate_code
put_request(const struct gate_step *step, struct gate_json *messages,
    struct gate_buf *out)
{
	struct gate_json *doc = gate_json_new_object();
	enum gate_code rc = gate_json_put(doc, "messages", messages);

	if (rc == GATE_OK)
		rc = gate_json_put(doc, "model",
		    gate_json_new_string(gate_span_str(step->model)));
	if (rc == GATE_OK && step->max_tokens > 0)
		rc = gate_json_put(
		    doc, "max_tokens", gate_json_new_i64(step->max_tokens));
	if (rc == GATE_OK)
		rc = gate_json_text(doc, out);
	gate_json_free(doc);
	return rc;
}

static enum gate_code
put_url(const struct gate_service *service, struct gate_buf *out)
{
	struct gate_span base = gate_span_str(service->url);

	while (base.n > 0 && base.p[base.n - 1] == '/')
		base.n--;
	(void)gate_buf_put(out, base);
	return gate_buf_put_str(out, "/chat/completions");
}

enum gate_code
llm_openai_chat_render(const struct gate_step *step,
    const struct gate_json *doc, struct call *out, struct gate_err *err)
{
	struct gate_json *messages = gate_json_new_array();
	enum gate_code rc = GATE_OK;

	if (messages == NULL)
		return gate_err_set(err, GATE_E_NOMEM, "no memory");
	if (step->system != NULL)
		rc = put_filled(messages, "system", step->system, doc, err);
	if (rc == GATE_OK)
		rc = put_filled(messages, "user", step->prompt, doc, err);
	if (rc != GATE_OK) {
		gate_json_free(messages);
		return rc;
	}
	rc = put_request(step, messages, &out->body);
	if (rc == GATE_OK)
		rc = put_url(step->service, &out->url);
	if (rc != GATE_OK)
		return gate_err_set(err, rc, "request: %s",
		    rc == GATE_E_LIMIT ? "too long" : "no memory");
	out->method = "POST";
	out->content_type = "application/json";
	out->with_secret = true;
	return GATE_OK;
}

static struct gate_json *
copy_usage(const struct gate_json *doc)
{
	static const char *const names[] = {
	    "prompt_tokens", "completion_tokens", "total_tokens"};
	const struct gate_json *usage, *m;
	struct gate_json *out;
	int64_t n;
	size_t i;

	if (!gate_json_get(doc, "usage", &usage) ||
	    gate_json_kind(usage) != GATE_JSON_OBJECT)
		return NULL;
	out = gate_json_new_object();
	for (i = 0; i < GATE_COUNT(names); i++)
		if (gate_json_get(usage, names[i], &m) &&
		    gate_json_i64(m, &n) && n >= 0 &&
		    gate_json_put(out, names[i], gate_json_new_i64(n)) !=
			GATE_OK)
			break;
	return out;
}

static enum gate_code
put_text(struct gate_json *o, const char *key, struct gate_span s)
{
	return s.p == NULL ? gate_json_put_null(o, key)
			   : gate_json_put(o, key, gate_json_new_string(s));
}

static struct gate_json *
make_output(struct gate_span text, const struct gate_json *choice,
    const struct gate_json *doc, struct gate_span request_id)
{
	struct gate_json *o = gate_json_new_object();

	if (request_id.n == 0)
		request_id.p = NULL;
	if (put_text(o, "text", text) == GATE_OK &&
	    put_text(o, "finish_reason",
		complaint_text(choice, "finish_reason")) == GATE_OK &&
	    put_text(o, "model", complaint_text(doc, "model")) == GATE_OK &&
	    put_text(o, "request_id", request_id) == GATE_OK)
		return o;
	gate_json_free(o);
	return NULL;
}

static void
garbage(struct outcome *o, const char *what)
{
	int64_t status = o->status;

	outcome_dead(
	    o, CAUSE_REMOTE_5XX, "answer %lld: %s", (long long)status, what);
	o->kind = OUTCOME_RETRY;
	o->status = status;
}

static void
take_completion(const struct gate_json *doc, struct gate_span request_id,
    struct call_answer *out)
{
	const struct gate_json *choices, *choice, *message, *content;
	struct gate_span text, refusal;
	int64_t status = out->outcome.status;

	if (!gate_json_get(doc, "choices", &choices) ||
	    gate_json_count(choices) == 0 ||
	    gate_json_kind(choices) != GATE_JSON_ARRAY) {
		garbage(&out->outcome, "no choices in it");
		return;
	}
	choice = gate_json_at(choices, 0);
	if (!gate_json_get(choice, "message", &message)) {
		garbage(&out->outcome, "no message in it");
		return;
	}
	out->usage = copy_usage(doc);
	if (gate_json_get(message, "content", &content) &&
	    gate_json_string(content, &text)) {
		if (text.p == NULL)
			text = GATE_SPAN("");
		out->output = make_output(text, choice, doc, request_id);
		if (out->output == NULL)
			garbage(&out->outcome, "no memory to keep it");
		return;
	}
	refusal = complaint_text(message, "refusal");
	if (refusal.n > COMPLAINT_MAX)
		refusal.n = COMPLAINT_MAX;
	outcome_dead(&out->outcome, CAUSE_SCHEMA, "%s%.*s",
	    refusal.n > 0 ? "the model refused: " : "the answer holds no text",
	    GATE_SPAN_ARG(refusal));
	out->outcome.status = status;
}

void
llm_openai_chat_answer(const struct gate_http_answer *a, int64_t now_wall_ms,
    struct call_answer *out)
{
	struct gate_json *doc = NULL;

	memset(out, 0, sizeof(*out));
	if (!complaint_is_none(a, now_wall_ms, &out->outcome))
		return;
	if (gate_json_parse(a->body, &doc, NULL) != GATE_OK) {
		garbage(&out->outcome, "not JSON");
		return;
	}
	take_completion(doc, a->request_id, out);
	gate_json_free(doc);
}

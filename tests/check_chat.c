/* worker/llm_openai_chat.h, worker/complaint.h, worker/outcome.h. */
#include "config.h"

#include <string.h>

#include "lib/template.h"
#include "tests/fence.h"
#include "tests/runner.h"
#include "worker/llm_openai_chat.h"

static const struct {
	const char *what;
	int64_t status;
	const char *body;
	const char *should_retry;
	enum outcome_kind kind;
	enum outcome_cause cause;
	const char *error; /* NULL: not looked at */
} failures[] = {
    {"OpenAI's shape", 400,
	"{\"error\":{\"message\":\"no such model\","
	"\"type\":\"invalid_request_error\",\"param\":null,"
	"\"code\":\"model_not_found\"}}",
	"", OUTCOME_DEAD, CAUSE_REMOTE_4XX,
	"answer 400 model_not_found: no such model"},
    {"a numeric code", 400,
	"{\"error\":{\"message\":\"bad\","
	"\"type\":\"BadRequestError\",\"code\":400}}",
	"", OUTCOME_DEAD, CAUSE_REMOTE_4XX, "answer 400 BadRequestError: bad"},
    {"vLLM's flat shape", 404,
	"{\"object\":\"error\",\"message\":"
	"\"none\",\"type\":\"NotFoundError\",\"code\":404}",
	"", OUTCOME_DEAD, CAUSE_REMOTE_4XX, "answer 404 NotFoundError: none"},
    {"Ollama's shape", 404, "{\"error\":\"model 'x' not found\"}", "",
	OUTCOME_DEAD, CAUSE_REMOTE_4XX, "answer 404: model 'x' not found"},
    {"Anthropic's shape", 529,
	"{\"type\":\"error\",\"error\":{\"type\":"
	"\"overloaded_error\",\"message\":\"Overloaded\"},"
	"\"request_id\":\"r\"}",
	"", OUTCOME_RETRY, CAUSE_REMOTE_5XX,
	"answer 529 overloaded_error: Overloaded"},
    {"a gateway's page", 502, "<html>Bad Gateway</html>", "", OUTCOME_RETRY,
	CAUSE_REMOTE_5XX, "answer 502"},
    {"nothing at all", 500, "", "", OUTCOME_RETRY, CAUSE_REMOTE_5XX,
	"answer 500"},
    {"an array", 500, "[1]", "", OUTCOME_RETRY, CAUSE_REMOTE_5XX, "answer 500"},
    {"a text", 500, "\"down\"", "", OUTCOME_RETRY, CAUSE_REMOTE_5XX, NULL},
    {"error is null", 500, "{\"error\":null}", "", OUTCOME_RETRY,
	CAUSE_REMOTE_5XX, "answer 500"},
    {"request timeout", 408, "", "", OUTCOME_RETRY, CAUSE_REMOTE_4XX, NULL},
    {"conflict", 409, "", "", OUTCOME_RETRY, CAUSE_REMOTE_4XX, NULL},
    {"too early", 425, "", "", OUTCOME_RETRY, CAUSE_REMOTE_4XX, NULL},
    {"rate", 429,
	"{\"error\":{\"message\":\"slow down\",\"type\":"
	"\"requests\",\"code\":\"rate_limit_exceeded\"}}",
	"", OUTCOME_RETRY, CAUSE_REMOTE_4XX, NULL},
    {"unauthorised", 401, "", "", OUTCOME_DEAD, CAUSE_REMOTE_4XX, NULL},
    {"410 between 409 and 425", 410, "", "", OUTCOME_DEAD, CAUSE_REMOTE_4XX,
	NULL},
    {"426 after 425", 426, "", "", OUTCOME_DEAD, CAUSE_REMOTE_4XX, NULL},
    {"a redirect is not followed", 302, "", "", OUTCOME_DEAD, CAUSE_CONFIG,
	"answer 302: redirects are not followed"},
    {"no quota", 429,
	"{\"error\":{\"message\":\"m\",\"type\":"
	"\"insufficient_quota\",\"code\":\"insufficient_quota\"}}",
	"", OUTCOME_DEAD, CAUSE_BUDGET, "answer 429 insufficient_quota: m"},
    {"no quota, in the code only", 429,
	"{\"error\":{\"code\":"
	"\"project_spend_limit_exceeded\"}}",
	"", OUTCOME_DEAD, CAUSE_BUDGET, NULL},
    {"no quota, in the details", 429,
	"{\"type\":\"error\",\"error\":"
	"{\"type\":\"rate_limit_error\",\"details\":{\"error_code\":"
	"\"enforced_spend_limit_reached\"}}}",
	"", OUTCOME_DEAD, CAUSE_BUDGET, NULL},
    {"no quota although told to retry", 429,
	"{\"error\":{\"type\":"
	"\"insufficient_quota\"}}",
	"true", OUTCOME_DEAD, CAUSE_BUDGET, NULL},
    {"quota words with another status mean nothing", 500,
	"{\"error\":{\"type\":\"insufficient_quota\"}}", "", OUTCOME_RETRY,
	CAUSE_REMOTE_5XX, NULL},
    {"payment required", 402, "pay", "", OUTCOME_DEAD, CAUSE_BUDGET, NULL},
    {"told to retry a 400", 400, "", "true", OUTCOME_RETRY, CAUSE_REMOTE_4XX,
	NULL},
    {"told not to retry a 500", 500, "", "false", OUTCOME_DEAD,
	CAUSE_REMOTE_5XX, NULL},
    {"told something else", 500, "", "maybe", OUTCOME_RETRY, CAUSE_REMOTE_5XX,
	NULL},
    /* 2xx that is no answer */
    {"cut JSON", 200, "{\"choices", "", OUTCOME_RETRY, CAUSE_REMOTE_5XX,
	"answer 200: not JSON"},
    {"a page with 200", 200, "<html>", "", OUTCOME_RETRY, CAUSE_REMOTE_5XX,
	NULL},
    {"no choices", 200, "{}", "", OUTCOME_RETRY, CAUSE_REMOTE_5XX,
	"answer 200: no choices in it"},
    {"empty choices", 200, "{\"choices\":[]}", "", OUTCOME_RETRY,
	CAUSE_REMOTE_5XX, NULL},
    {"choices is an object", 200, "{\"choices\":{\"a\":1}}", "", OUTCOME_RETRY,
	CAUSE_REMOTE_5XX, NULL},
    {"a choice without message", 200, "{\"choices\":[{}]}", "", OUTCOME_RETRY,
	CAUSE_REMOTE_5XX, "answer 200: no message in it"},
    {"a refusal", 200,
	"{\"choices\":[{\"message\":{\"content\":null,"
	"\"refusal\":\"I cannot\"}}]}",
	"", OUTCOME_DEAD, CAUSE_SCHEMA, "the model refused: I cannot"},
    {"no text and no refusal", 200,
	"{\"choices\":[{\"message\":"
	"{\"content\":null}}]}",
	"", OUTCOME_DEAD, CAUSE_SCHEMA, "the answer holds no text"},
    {"content of another kind", 200,
	"{\"choices\":[{\"message\":"
	"{\"content\":[1]}}]}",
	"", OUTCOME_DEAD, CAUSE_SCHEMA, NULL},
    {"message is null", 200, "{\"choices\":[{\"message\":null}]}", "",
	OUTCOME_DEAD, CAUSE_SCHEMA, NULL},
};

static struct gate_http_answer
answer(int64_t status, struct gate_span body)
{
	struct gate_http_answer a = {
	    .end = GATE_HTTP_ANSWERED, .status = status, .body = body};

	return a;
}

START_TEST(judges_failures)
{
	struct fence f = fence_page(gate_span_str(failures[_i].body));
	struct gate_http_answer a = answer(failures[_i].status, f.span);
	struct call_answer got;

	a.should_retry = gate_span_str(failures[_i].should_retry);
	llm_openai_chat_answer(&a, 0, &got);
	ck_assert_msg(got.outcome.kind == failures[_i].kind &&
		got.outcome.cause == failures[_i].cause,
	    "%s: %d %s %s", failures[_i].what, (int)got.outcome.kind,
	    outcome_cause_name(got.outcome.cause), got.outcome.error);
	if (failures[_i].error != NULL)
		ck_assert_str_eq(got.outcome.error, failures[_i].error);
	ck_assert_int_eq(got.outcome.status, failures[_i].status);
	ck_assert_ptr_null(got.output);
	call_answer_clear(&got);
	fence_free(&f);
}
END_TEST

static const struct {
	enum gate_http_end end;
	enum outcome_kind kind;
	enum outcome_cause cause;
} ends[] = {
    {GATE_HTTP_REFUSED_ADDRESS, OUTCOME_DEAD, CAUSE_REFUSED_ADDRESS},
    {GATE_HTTP_CONNECT, OUTCOME_RETRY, CAUSE_REMOTE_5XX},
    {GATE_HTTP_TLS, OUTCOME_RETRY, CAUSE_TLS},
    {GATE_HTTP_TIMEOUT, OUTCOME_RETRY, CAUSE_TIMEOUT},
    {GATE_HTTP_TOO_LARGE, OUTCOME_DEAD, CAUSE_SCHEMA},
};

START_TEST(judges_calls_without_an_answer)
{
	struct gate_http_answer a = {.end = ends[_i].end, .text = "why"};
	struct call_answer got;

	llm_openai_chat_answer(&a, 0, &got);
	ck_assert_int_eq(got.outcome.kind, ends[_i].kind);
	ck_assert_int_eq(got.outcome.cause, ends[_i].cause);
	ck_assert_str_eq(got.outcome.error, "why");
	call_answer_clear(&got);
}
END_TEST

static const char good[] =
    "{\"model\":\"m-1\",\"choices\":[{\"index\":0,"
    "\"finish_reason\":\"length\",\"message\":{\"role\":\"assistant\","
    "\"content\":\"h\\u00e9 \\\"x\\\"\",\"refusal\":null}}],\"usage\":"
    "{\"prompt_tokens\":3,\"completion_tokens\":4,\"total_tokens\":7,"
    "\"details\":{\"a\":1}}}";

START_TEST(takes_text_reason_model_and_usage)
{
	struct fence f = fence_page(gate_span_str(good));
	struct gate_http_answer a = answer(200, f.span);
	struct call_answer got;
	struct gate_buf b;

	a.request_id = GATE_SPAN("req_1");
	llm_openai_chat_answer(&a, 0, &got);
	fence_free(&f); /* nothing of it is borrowed */
	ck_assert_int_eq(got.outcome.kind, OUTCOME_OK);
	ck_assert_str_eq(got.outcome.error, "");
	gate_buf_init(&b, 1000);
	ck_assert_int_eq(gate_json_text(got.output, &b), GATE_OK);
	ck_assert_str_eq(gate_buf_str(&b),
	    "{\"text\":\"h\xc3\xa9 \\\"x\\\"\","
	    "\"finish_reason\":\"length\",\"model\":\"m-1\","
	    "\"request_id\":\"req_1\"}");
	gate_buf_reset(&b);
	ck_assert_int_eq(gate_json_text(got.usage, &b), GATE_OK);
	ck_assert_str_eq(gate_buf_str(&b),
	    "{\"prompt_tokens\":3,"
	    "\"completion_tokens\":4,\"total_tokens\":7}");
	gate_buf_clear(&b);
	call_answer_clear(&got);
}
END_TEST

START_TEST(takes_an_empty_text_as_text)
{
	struct gate_http_answer a = answer(200,
	    GATE_SPAN("{\"choices\":"
		      "[{\"message\":{\"content\":\"\"}}]}"));
	struct call_answer got;
	struct gate_buf b;

	llm_openai_chat_answer(&a, 0, &got);
	ck_assert_int_eq(got.outcome.kind, OUTCOME_OK);
	gate_buf_init(&b, 1000);
	ck_assert_int_eq(gate_json_text(got.output, &b), GATE_OK);
	ck_assert_str_eq(gate_buf_str(&b),
	    "{\"text\":\"\","
	    "\"finish_reason\":null,\"model\":null,\"request_id\":null}");
	ck_assert_ptr_null(got.usage);
	gate_buf_clear(&b);
	call_answer_clear(&got);
}
END_TEST

START_TEST(prefers_retry_after_ms)
{
	struct gate_http_answer a = answer(429, GATE_SPAN(""));
	struct call_answer got;

	a.retry_after = GATE_SPAN("7");
	llm_openai_chat_answer(&a, 0, &got);
	ck_assert_int_eq(got.outcome.retry_after_ms, 7000);
	a.retry_after_ms = GATE_SPAN("120");
	llm_openai_chat_answer(&a, 0, &got);
	ck_assert_int_eq(got.outcome.retry_after_ms, 120);
}
END_TEST

START_TEST(cuts_a_long_message_on_a_character)
{
	char body[4000] = "{\"error\":\"";
	struct gate_http_answer a;
	struct call_answer got;
	size_t n = strlen(body);

	while (n < 3000) {
		memcpy(body + n, "\xe2\x82\xac", 3); /* a euro sign */
		n += 3;
	}
	memcpy(body + n, "\"}", 3);
	a = answer(500, gate_span_str(body));
	llm_openai_chat_answer(&a, 0, &got);
	n = strlen(got.outcome.error);
	ck_assert_uint_le(n, OUTCOME_ERROR_BYTES - 1);
	ck_assert_uint_eq((n - strlen("answer 500: ")) % 3, 0);
}
END_TEST

static struct gate_template *template(const char *text)
{
	struct gate_template *t = NULL;

	ck_assert_int_eq(
	    gate_template_new(gate_span_str(text), &t, NULL), GATE_OK);
	return t;
}

START_TEST(builds_a_request)
{
	char url[] = "https://api.example.com/v1/", model[] = "m";
	struct gate_service service = {.url = url};
	struct gate_step step = {.service = &service,
	    .model = model,
	    .prompt = template("Say {{/a}}"),
	    .system = template("Be brief"),
	    .max_tokens = 9};
	struct gate_json *doc = NULL;
	struct gate_err err;
	struct call c;

	ck_assert_int_eq(
	    gate_json_parse(GATE_SPAN("{\"a\":\"\\\"hi\\\"\"}"), &doc, NULL),
	    GATE_OK);
	call_init(&c);
	ck_assert_int_eq(llm_openai_chat_render(&step, doc, &c, &err), GATE_OK);
	ck_assert_str_eq(gate_buf_str(&c.url),
	    "https://api.example.com/v1/chat/completions");
	ck_assert_str_eq(gate_buf_str(&c.body),
	    "{\"messages\":["
	    "{\"role\":\"system\",\"content\":\"Be brief\"},"
	    "{\"role\":\"user\",\"content\":\"Say \\\"hi\\\"\"}],"
	    "\"model\":\"m\",\"max_tokens\":9}");
	ck_assert(c.with_secret);
	call_clear(&c);
	gate_template_free(step.prompt);
	step.prompt = template("{{/b}}");
	call_init(&c);
	ck_assert_int_eq(
	    llm_openai_chat_render(&step, doc, &c, &err), GATE_E_UNKNOWN);
	ck_assert_ptr_nonnull(strstr(err.text, "/b"));
	call_clear(&c);
	gate_template_free(step.prompt);
	gate_template_free(step.system);
	gate_json_free(doc);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("chat");
	TCase *t = tcase_create("chat");

	add_row_test(t, judges_failures, failures);
	add_row_test(t, judges_calls_without_an_answer, ends);
	tcase_add_test(t, takes_text_reason_model_and_usage);
	tcase_add_test(t, takes_an_empty_text_as_text);
	tcase_add_test(t, prefers_retry_after_ms);
	tcase_add_test(t, cuts_a_long_message_on_a_character);
	tcase_add_test(t, builds_a_request);
	suite_add_tcase(s, t);
	return s;
}

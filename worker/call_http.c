/*
 * Steps of kind http. Owns where a service's secret may go and how an
 * answer is kept. Called by step.c only.
 */
#include "config.h"

#include "worker/call_http.h"

#include <string.h>

#include "lib/json_guard.h"
#include "worker/complaint.h"

/* "https://api.example.com:8443" of a URL; empty if it has no such start. */
static struct gate_span
origin_of(struct gate_span url)
{
	struct gate_span s = url;
	size_t i;

	if (!gate_span_skip(&s, "http://") && !gate_span_skip(&s, "https://"))
		return (struct gate_span){NULL, 0};
	i = url.n - s.n;
	while (
	    i < url.n && url.p[i] != '/' && url.p[i] != '?' && url.p[i] != '#')
		i++;
	return gate_span_of(url.p, i);
}

static void
join(const struct gate_service *service, const struct gate_buf *path,
    struct gate_buf *url)
{
	struct gate_span base = gate_span_str(service->url);

	while (base.n > 0 && base.p[base.n - 1] == '/')
		base.n--;
	(void)gate_buf_put(url, base);
	(void)gate_buf_put(url, gate_buf_span(path));
}

static enum gate_code
render_url(const struct gate_step *step, const struct gate_json *doc,
    struct call *out, struct gate_err *err)
{
	struct gate_span own = gate_span_str(step->service->url), origin;
	struct gate_buf text;
	enum gate_code rc = GATE_OK;

	gate_buf_init(&text, CALL_URL_MAX);
	if (step->url != NULL)
		rc = gate_template_fill(step->url, doc, &text, err);
	if (rc == GATE_OK) {
		struct gate_span s = gate_buf_span(&text);

		if (s.n == 0)
			(void)gate_buf_put(&out->url, own);
		else if (gate_span_starts(s, "/") && !gate_span_starts(s, "//"))
			join(step->service, &text, &out->url);
		else
			(void)gate_buf_put(&out->url, s);
		if (out->url.failed != GATE_OK)
			rc =
			    gate_err_set(err, out->url.failed, "url: too long");
	}
	origin = origin_of(gate_buf_span(&out->url));
	out->with_secret =
	    origin.n > 0 && gate_span_equal(origin, origin_of(own));
	gate_buf_clear(&text);
	return rc;
}

static enum gate_code
render_body(const struct gate_step *step, const struct gate_json *doc,
    struct call *out, struct gate_err *err)
{
	enum gate_code rc;

	if (step->body == NULL)
		return GATE_OK;
	rc = gate_template_fill(step->body, doc, &out->body, err);
	if (rc != GATE_OK)
		return rc;
	out->content_type =
	    step->content_type != NULL && step->content_type[0] != '\0'
	    ? step->content_type
	    : "application/json";
	if (gate_span_starts(
		gate_span_str(out->content_type), "application/json") &&
	    gate_json_guard(gate_buf_span(&out->body), NULL) == GATE_E_BAD)
		return gate_err_set(err, GATE_E_BAD,
		    "body: the filled "
		    "template is not JSON (holes need |json or "
		    "|json_escape)");
	return GATE_OK;
}

enum gate_code
call_http_render(const struct gate_step *step, const struct gate_json *doc,
    struct call *out, struct gate_err *err)
{
	enum gate_code rc = render_url(step, doc, out, err);

	if (rc == GATE_OK)
		rc = render_body(step, doc, out, err);
	out->method = step->method != NULL && step->method[0] != '\0'
	    ? step->method
	    : "POST";
	return rc;
}

/* What of an answer is kept; NULL if memory is short. */
static struct gate_json *
keep_body(struct gate_span body)
{
	struct gate_json *v = NULL, *o;

	if (body.n > 0 && gate_json_parse(body, &v, NULL) == GATE_OK)
		return v;
	if (body.n > CALL_HTTP_TEXT_MAX)
		body.n = CALL_HTTP_TEXT_MAX;
	o = gate_json_new_object();
	if (gate_json_put(o, "text", gate_json_new_string(body)) == GATE_OK)
		return o;
	gate_json_free(o);
	return NULL;
}

static struct gate_json *
make_output(const struct gate_http_answer *a)
{
	struct gate_json *o = gate_json_new_object();

	if (gate_json_put(o, "status", gate_json_new_i64(a->status)) ==
		GATE_OK &&
	    (a->body.n == 0
		    ? gate_json_put_null(o, "body")
		    : gate_json_put(o, "body", keep_body(a->body))) == GATE_OK)
		return o;
	gate_json_free(o);
	return NULL;
}

void
call_http_answer(const struct gate_http_answer *a, int64_t now_wall_ms,
    struct call_answer *out)
{
	memset(out, 0, sizeof(*out));
	if (!complaint_is_none(a, now_wall_ms, &out->outcome))
		return;
	out->output = make_output(a);
	if (out->output == NULL) {
		out->outcome.kind = OUTCOME_RETRY;
		out->outcome.cause = CAUSE_REMOTE_5XX;
		outcome_say(&out->outcome, "no memory to keep the answer");
	}
}

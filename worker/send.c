/*
 * Sending. Owns the headers of outgoing calls. The secret is in memory here
 * only while the request is handed over.
 */
#include "config.h"

#include "worker/send.h"

#include "lib/crypto.h"
#include "lib/num.h"
#include "lib/sign.h"
#include "lib/trace.h"
#include "worker/guard.h"

#define HEADERS_MAX 6
#define LINE_MAX_BYTES 17000 /* GATE_SECRET_MAX and the header's name */

enum gate_code
send_key(const struct job *j, char dst[GATE_UUID_TEXT])
{
	const struct gate_span parts[] = {
	    gate_span_str(j->event_id),
	    GATE_SPAN("/"),
	    gate_span_str(j->route->name),
	    GATE_SPAN("/"),
	    gate_span_str(j->step->name),
	    GATE_SPAN("/"),
	    gate_span_str(j->key_salt),
	};
	size_t n =
	    j->key_salt != NULL ? GATE_COUNT(parts) : GATE_COUNT(parts) - 2;
	struct gate_uuid u;
	enum gate_code rc = gate_sign_key(parts, n, &u);

	if (rc == GATE_OK)
		gate_uuid_text(&u, dst);
	return rc;
}

/* A child of the event's trace; of a new one if the sender gave none. */
static enum gate_code
make_traceparent(const struct job *j, char dst[GATE_TRACEPARENT_TEXT])
{
	struct gate_trace parent, t;
	enum gate_code rc;

	if (j->traceparent != NULL &&
	    gate_trace_parse(gate_span_str(j->traceparent), &parent))
		rc = gate_trace_child(&parent, &t);
	else
		rc = gate_trace_new(&t);
	if (rc == GATE_OK)
		gate_trace_text(&t, dst);
	return rc;
}

struct headers {
	struct gate_buf line[HEADERS_MAX];
	const char *text[HEADERS_MAX];
	size_t count;
};

static void
put_header(struct headers *h, const char *name, struct gate_span value)
{
	struct gate_buf *b = &h->line[h->count];

	GATE_ASSERT(h->count < HEADERS_MAX);
	gate_buf_init(b, LINE_MAX_BYTES);
	(void)gate_buf_put_str(b, name);
	(void)gate_buf_put_str(b, ": ");
	(void)gate_buf_put(b, value);
	h->text[h->count++] = gate_buf_str(b);
}

static void
put_authorization(struct headers *h, const struct job *j)
{
	struct gate_span secret = gate_secret_span(&j->step->service->secret);
	struct gate_buf value;

	gate_buf_init(&value, LINE_MAX_BYTES);
	(void)gate_buf_put_str(&value, "Bearer ");
	(void)gate_buf_put(&value, secret);
	put_header(h, "Authorization", gate_buf_span(&value));
	gate_buf_wipe(&value);
}

static enum gate_code
make_headers(struct headers *h, const struct job *j, const struct call *c,
    struct gate_err *err)
{
	char key[GATE_UUID_TEXT], trace[GATE_TRACEPARENT_TEXT];
	enum gate_code rc = send_key(j, key);

	if (rc == GATE_OK)
		rc = make_traceparent(j, trace);
	if (rc != GATE_OK)
		return gate_err_set(err, rc, "headers: %s", gate_code_name(rc));
	put_header(h, "X-Request-Id", gate_span_str(j->event_id));
	put_header(h, "traceparent", gate_span_str(trace));
	put_header(h, "Idempotency-Key", gate_span_str(key));
	put_header(h, "User-Agent", GATE_SPAN("pressgate/" PACKAGE_VERSION));
	if (c->content_type != NULL)
		put_header(h, "Content-Type", gate_span_str(c->content_type));
	if (c->with_secret && j->step->service->secret.n > 0)
		put_authorization(h, j);
	return GATE_OK;
}

enum gate_code
send_call(struct gate_http *http, struct job *j, const struct call *c,
    struct gate_err *err)
{
	const struct gate_service *s = j->step->service;
	struct headers h = {.count = 0};
	char url[CALL_URL_MAX + 1];
	enum gate_code rc = GATE_OK;
	size_t i;

	if (!gate_span_copy(gate_buf_span(&c->url), url, sizeof(url)))
		rc = gate_err_set(err, GATE_E_BAD, "url: holds a NUL");
	if (rc == GATE_OK)
		rc = make_headers(&h, j, c, err);
	if (rc == GATE_OK) {
		struct gate_http_request r = {
		    .method = c->method,
		    .url = url,
		    .headers = h.text,
		    .header_count = h.count,
		    .body = gate_buf_span(&c->body),
		    .connect_timeout_ms = s->connect_timeout_ms,
		    .timeout_ms = s->timeout_ms,
		    .answer_max = CALL_ANSWER_MAX,
		    .ca_file = s->ca_file,
		    .allow = s->allow_private ? NULL : guard_allow,
		    .ctx = j,
		};

		rc = gate_http_start(http, &r, err);
	}
	for (i = 0; i < h.count; i++)
		gate_buf_wipe(&h.line[i]);
	return rc;
}

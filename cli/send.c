/*
 * pressgate send: one signed event, as a WordPress site sends it. Signs by
 * lib/sign.c with the site's own keys, so no secret is on the command line.
 */
#include "config.h"

#include "cli/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/files.h"
#include "cli/sender.h"
#include "lib/clock.h"
#include "lib/http.h"
#include "lib/json.h"
#include "lib/num.h"

#define BODY_MAX (2 * 1024 * 1024) /* above the gate's own limit: to try it */
#define ANSWER_MAX (1024 * 1024)
#define CONNECT_MS 5000
#define TIMEOUT_MS 30000

struct send {
	const struct command *command;
	struct sender sender;
	struct gate_buf url;
	struct gate_buf body;
	char idempotency_key[SENDER_KEY_TEXT];
};

static int
choose_url(struct send *s, const struct gate_conf *conf)
{
	const char *url = s->command->line->value[OPTION_URL];
	const char *path = gate_door_path(s->sender.who.door);
	size_t n;

	if (url == NULL && conf->endpoint[0] == '\0')
		return command_fail(CLI_USAGE,
		    "where to? expected --url URL, or endpoint in %s",
		    conf->path);
	gate_buf_put_str(&s->url, url != NULL ? url : conf->endpoint);
	if (url == NULL) {
		n = strlen(conf->endpoint);
		gate_buf_put_str(
		    &s->url, conf->endpoint[n - 1] == '/' ? &path[1] : path);
	}
	return s->url.failed == GATE_OK
	    ? CLI_OK
	    : command_fail(CLI_USAGE, "the URL is too long");
}

static void
put_member(struct gate_buf *b, const char *before, const char *value)
{
	(void)gate_buf_put_str(b, before);
	(void)gate_json_put_string(b, gate_span_str(value));
}

/* The members that each door wants: doc/wire.md. */
static void
put_event(struct send *s, const char *type)
{
	struct gate_buf *b = &s->body;
	char now[GATE_TIME_TEXT];

	switch (s->sender.who.door) {
	case GATE_DOOR_BRIDGE:
		gate_time_text(gate_wall_ms(), now);
		put_member(b, "{\"event_type\":", type);
		put_member(b, ",\"object_ref\":", "test");
		put_member(b, ",\"idempotency_key\":", s->idempotency_key);
		put_member(b, ",\"occurred_at\":", now);
		put_member(b, ",\"data\":{\"title\":", "A test event");
		put_member(b, ",\"site\":", s->sender.site->url);
		(void)gate_buf_put_str(b, "}}");
		return;
	case GATE_DOOR_RELAY:
		put_member(b, "{\"event\":", type);
		put_member(b, ",\"idempotency_key\":", s->idempotency_key);
		break;
	case GATE_DOOR_EDGE:
		put_member(b, "{\"type\":", type);
		break;
	case GATE_DOOR_COUNT:
		return;
	}
	put_member(b, ",\"title\":", "A test event");
	put_member(b, ",\"site\":", s->sender.site->url);
	(void)gate_buf_put_byte(b, '}');
}

static int
make_body(struct send *s, const char *type)
{
	const struct gate_site *site = s->sender.site;
	const char *key = s->command->line->value[OPTION_IDEMPOTENCY_KEY];
	int exit_code;

	if (type == NULL && site->event_type_count == 0)
		return command_fail(CLI_USAGE,
		    "site %s takes no event type: expected TYPE", site->name);
	exit_code = key == NULL
	    ? sender_new_key(&s->sender, s->idempotency_key)
	    : sender_idempotency_key(&s->sender, s->command,
		  (struct gate_span){0}, s->idempotency_key);
	if (exit_code == CLI_OK)
		put_event(s, type == NULL ? site->event_types[0] : type);
	return exit_code;
}

static int
choose_body(struct send *s)
{
	const struct command *c = s->command;
	const char *data = c->line->value[OPTION_DATA];
	const char *type = c->line->value[OPTION_EVENT];
	int exit_code;

	if (c->word_count > 0 && type != NULL)
		return command_fail(CLI_USAGE, "TYPE is given twice");
	if (c->word_count > 0)
		type = c->words[0];
	if (data == NULL)
		return make_body(s, type);
	if (type != NULL)
		return command_fail(CLI_USAGE,
		    "--data is the whole body: expected no TYPE beside it");
	exit_code = files_read(data, &s->body);
	if (exit_code == CLI_OK)
		exit_code = sender_idempotency_key(
		    &s->sender, c, gate_buf_span(&s->body), s->idempotency_key);
	return exit_code;
}

static int
print_answer(const struct send *s, const struct gate_http_answer *a)
{
	struct gate_json *doc = NULL;
	struct gate_buf out;

	if (!s->command->json) {
		printf("%" PRId64 " %s\n%.*s\n", a->status, s->idempotency_key,
		    (int)a->body.n,
		    a->body.n == 0 ? "" : (const char *)a->body.p);
	} else {
		gate_buf_init(&out, 2 * ANSWER_MAX);
		gate_buf_printf(&out,
		    "{\"status\":%" PRId64 ",\"idempotency_key\":", a->status);
		gate_json_put_string(&out, gate_span_str(s->idempotency_key));
		gate_buf_put_str(&out, ",\"body\":");
		if (gate_json_parse(a->body, &doc, NULL) != GATE_OK ||
		    gate_json_text(doc, &out) != GATE_OK)
			gate_json_put_string(&out, a->body);
		printf("%s}\n", gate_buf_str(&out));
		gate_json_free(doc);
		gate_buf_clear(&out);
	}
	return a->status >= 200 && a->status < 300 ? CLI_OK : CLI_FAILED;
}

static int
exchange(struct send *s, const struct gate_http_request *r)
{
	struct gate_http_answer answer;
	struct gate_http *http = NULL;
	struct gate_err err = {0};
	enum gate_code code = gate_http_new(1, &http, &err);
	int exit_code = CLI_FAILED;
	void *ctx;

	if (code == GATE_OK)
		code = gate_http_start(http, r, &err);
	while (code == GATE_OK && !gate_http_next(http, &answer, &ctx))
		code = gate_http_wait(http, NULL, 0, TIMEOUT_MS, &err);
	if (code != GATE_OK)
		exit_code =
		    command_fail(code == GATE_E_BAD ? CLI_USAGE : CLI_FAILED,
			"%s", err.text);
	else if (answer.end != GATE_HTTP_ANSWERED)
		exit_code = command_fail(CLI_UNREACHABLE, "%s: %s",
		    gate_buf_str(&s->url), answer.text);
	else
		exit_code = print_answer(s, &answer);
	gate_http_free(http);
	return exit_code;
}

static int
post(struct send *s)
{
	const char *lines[GATE_SIGN_LINES_MAX];
	struct gate_sign_headers headers;
	struct gate_http_request r = {
	    .method = "POST",
	    .url = gate_buf_str(&s->url),
	    .headers = lines,
	    .body = gate_buf_span(&s->body),
	    .connect_timeout_ms = CONNECT_MS,
	    .timeout_ms = TIMEOUT_MS,
	    .answer_max = ANSWER_MAX,
	};
	int exit_code;

	gate_sign_init(&headers);
	exit_code =
	    sender_post(&s->sender, s->idempotency_key, r.body, &headers);
	for (; r.header_count < headers.count; r.header_count++)
		lines[r.header_count] =
		    gate_sign_line(&headers, r.header_count);
	if (exit_code == CLI_OK)
		exit_code = exchange(s, &r);
	gate_sign_clear(&headers);
	return exit_code;
}

int
send_run(const struct command *c)
{
	struct send s = {.command = c};
	struct gate_conf *conf = NULL;
	size_t bad = 0; /* of other sites, perhaps; said in any case */
	int exit_code = command_conf(c, GATE_CONF_INGEST, &conf, &bad);

	gate_buf_init(&s.url, 4096);
	gate_buf_init(&s.body, BODY_MAX);
	if (exit_code == CLI_OK)
		exit_code = sender_open(&s.sender, c, conf);
	if (exit_code == CLI_OK)
		exit_code = choose_url(&s, conf);
	if (exit_code == CLI_OK)
		exit_code = choose_body(&s);
	if (exit_code == CLI_OK)
		exit_code = post(&s);
	gate_buf_clear(&s.url);
	gate_buf_clear(&s.body);
	sender_close(&s.sender);
	gate_conf_free(conf);
	return exit_code;
}

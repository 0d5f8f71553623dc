/*
 * pressgate send: one signed relay event, as a WordPress site sends it
 * (X-WP-Timestamp, X-WP-Signature over "timestamp.body", Idempotency-Key,
 * X-WP-Key-Id). Reads the site's secret by the configuration, so none is on
 * the command line.
 */
#include "config.h"

#include "cli/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/http.h"
#include "lib/json.h"
#include "lib/num.h"

#define PATH "/webhooks/wp"
#define BODY_MAX (2 * 1024 * 1024) /* above the gate's own limit: to try it */
#define ANSWER_MAX (1024 * 1024)
#define CONNECT_MS 5000
#define TIMEOUT_MS 30000

struct send {
	const struct command *command;
	const struct gate_site *site;
	const struct gate_hmac_secret *key;
	struct gate_buf url;
	struct gate_buf body;
	char idempotency_key[256];
};

static int
choose_site(struct send *s, const struct gate_conf *conf)
{
	const char *name = s->command->line->value[OPTION_SITE];

	if (name != NULL)
		s->site = gate_site_by_name(&conf->sites, gate_span_str(name));
	else if (conf->sites.count == 1)
		s->site = &conf->sites.list[0];
	else
		s->site = gate_site_default(&conf->sites);
	if (s->site != NULL)
		return CLI_OK;
	return name != NULL
	    ? command_fail(CLI_NOTHING, "no site %s", name)
	    : command_fail(
		  CLI_USAGE, "there is no default site: expected --site NAME");
}

/* The one that is asked for, else the current one. */
static int
choose_key(struct send *s)
{
	const char *id = s->command->line->value[OPTION_KEY];
	const struct gate_hmac_secrets *keys =
	    &s->site->secrets[GATE_SCHEME_RELAY];
	const struct gate_hmac_secret *k;
	size_t i;

	for (i = 0; i < keys->count && s->key == NULL; i++) {
		k = &keys->list[i];
		if (id == NULL ? k->state == GATE_KEY_CURRENT
			       : strcmp(k->id, id) == 0)
			s->key = k;
	}
	if (s->key != NULL)
		return CLI_OK;
	return command_fail(CLI_NOTHING, "site %s has no %s relay key%s%s",
	    s->site->name, id == NULL ? "current" : "such",
	    id == NULL ? "" : ": ", id == NULL ? "" : id);
}

static int
choose_url(struct send *s, const struct gate_conf *conf)
{
	const char *url = s->command->line->value[OPTION_URL];
	size_t n;

	if (url == NULL && conf->endpoint[0] == '\0')
		return command_fail(CLI_USAGE,
		    "where to? expected --url URL, or endpoint in %s",
		    conf->path);
	gate_buf_put_str(&s->url, url != NULL ? url : conf->endpoint);
	if (url == NULL) {
		n = strlen(conf->endpoint);
		gate_buf_put_str(
		    &s->url, conf->endpoint[n - 1] == '/' ? &PATH[1] : PATH);
	}
	return s->url.failed == GATE_OK
	    ? CLI_OK
	    : command_fail(CLI_USAGE, "the URL is too long");
}

static int
new_idempotency_key(struct send *s)
{
	struct gate_uuid id;

	if (gate_uuid7(gate_wall_ms(), &id) != GATE_OK)
		return command_fail(CLI_FAILED, "no random bytes");
	gate_uuid_text(&id, s->idempotency_key);
	return CLI_OK;
}

static int
make_body(struct send *s, const char *type)
{
	struct gate_buf *b = &s->body;

	if (type == NULL && s->site->event_type_count == 0)
		return command_fail(CLI_USAGE,
		    "site %s takes no event type: expected TYPE",
		    s->site->name);
	if (type == NULL)
		type = s->site->event_types[0];
	gate_buf_put_str(b, "{\"event\":");
	gate_json_put_string(b, gate_span_str(type));
	gate_buf_put_str(b, ",\"idempotency_key\":");
	gate_json_put_string(b, gate_span_str(s->idempotency_key));
	gate_buf_put_str(b, ",\"title\":\"A test event\",\"site\":");
	gate_json_put_string(b, gate_span_str(s->site->url));
	gate_buf_put_str(b, "}");
	return CLI_OK;
}

static int
read_body(struct send *s, const char *path)
{
	bool standard = strcmp(path, "-") == 0;
	FILE *f = standard ? stdin : fopen(path, "re");
	char block[8192];
	size_t n;
	bool bad;

	if (f == NULL)
		return command_fail(CLI_FAILED, "cannot open %s", path);
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		gate_buf_put(&s->body, gate_span_of(block, n));
	bad = ferror(f) != 0;
	if (!standard)
		(void)fclose(f); /* only read from */
	if (bad || s->body.failed != GATE_OK)
		return command_fail(CLI_FAILED, "cannot read %s", path);
	return CLI_OK;
}

/* The key in the body, where there is one: the gate wants both equal. */
static void
key_from_body(struct send *s)
{
	const struct gate_json *v;
	struct gate_json *doc = NULL;
	struct gate_span text;

	if (gate_json_parse(gate_buf_span(&s->body), &doc, NULL) != GATE_OK)
		return; /* sent as it is: the gate shall refuse it */
	if (!gate_json_get(doc, "idempotency_key", &v) ||
	    !gate_json_string(v, &text) ||
	    !gate_span_copy(
		text, s->idempotency_key, sizeof(s->idempotency_key)))
		s->idempotency_key[0] = '\0';
	gate_json_free(doc);
}

static int
choose_body(struct send *s)
{
	const struct command *c = s->command;
	const char *data = c->line->value[OPTION_DATA];
	const char *key = c->line->value[OPTION_IDEMPOTENCY_KEY];
	const char *type = c->line->value[OPTION_EVENT];
	int exit_code = CLI_OK;

	if (c->word_count > 0 && type != NULL)
		return command_fail(CLI_USAGE, "TYPE is given twice");
	if (c->word_count > 0)
		type = c->words[0];
	if (data != NULL && type != NULL)
		return command_fail(CLI_USAGE,
		    "--data is the whole body: expected no TYPE beside it");
	if (data != NULL) {
		exit_code = read_body(s, data);
		if (exit_code == CLI_OK)
			key_from_body(s);
	}
	if (key != NULL &&
	    !gate_span_copy(gate_span_str(key), s->idempotency_key,
		sizeof(s->idempotency_key)))
		return command_fail(CLI_USAGE, "--idempotency-key: too long");
	if (exit_code == CLI_OK && s->idempotency_key[0] == '\0')
		exit_code = new_idempotency_key(s);
	if (exit_code == CLI_OK && data == NULL)
		exit_code = make_body(s, type);
	return exit_code;
}

/* The seconds now, and hex HMAC-SHA256 over "seconds.body". */
static bool
sign(const struct send *s, char time[GATE_PARAM_I64_TEXT],
    char signature[2 * GATE_SHA256_BYTES + 1])
{
	unsigned char mac[GATE_SHA256_BYTES];
	struct gate_span parts[3];

	(void)snprintf(
	    time, GATE_PARAM_I64_TEXT, "%" PRId64, gate_wall_ms() / 1000);
	parts[0] = gate_span_str(time);
	parts[1] = GATE_SPAN(".");
	parts[2] = gate_buf_span(&s->body);
	if (gate_hmac_sha256(s->key->key, parts, 3, mac) != GATE_OK)
		return false;
	gate_hex_text(gate_span_of(mac, sizeof(mac)), signature,
	    2 * GATE_SHA256_BYTES + 1);
	return true;
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
	char time[GATE_PARAM_I64_TEXT], time_line[64], key_line[320];
	char signature[2 * GATE_SHA256_BYTES + 1], signature_line[128];
	char id_line[128];
	const char *const headers[] = {"Content-Type: application/json",
	    time_line, signature_line, key_line, id_line};
	struct gate_http_request r = {
	    .method = "POST",
	    .url = gate_buf_str(&s->url),
	    .headers = headers,
	    .header_count = GATE_COUNT(headers),
	    .body = gate_buf_span(&s->body),
	    .connect_timeout_ms = CONNECT_MS,
	    .timeout_ms = TIMEOUT_MS,
	    .answer_max = ANSWER_MAX,
	};

	if (!sign(s, time, signature))
		return command_fail(CLI_FAILED, "out of memory");
	(void)snprintf(
	    time_line, sizeof(time_line), "X-WP-Timestamp: %s", time);
	(void)snprintf(signature_line, sizeof(signature_line),
	    "X-WP-Signature: %s", signature);
	(void)snprintf(key_line, sizeof(key_line), "Idempotency-Key: %s",
	    s->idempotency_key);
	(void)snprintf(id_line, sizeof(id_line), "X-WP-Key-Id: %s", s->key->id);
	return exchange(s, &r);
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
		exit_code = choose_site(&s, conf);
	if (exit_code == CLI_OK)
		exit_code = choose_key(&s);
	if (exit_code == CLI_OK)
		exit_code = choose_url(&s, conf);
	if (exit_code == CLI_OK)
		exit_code = choose_body(&s);
	if (exit_code == CLI_OK)
		exit_code = post(&s);
	gate_buf_clear(&s.url);
	gate_buf_clear(&s.body);
	gate_conf_free(conf);
	return exit_code;
}

/*
 * pressgate sign: the headers of a request, one a line, and nothing is
 * sent: for curl -H @FILE, and to compare with what a sender of one's own
 * makes.
 */
#include "config.h"

#include "cli/command.h"

#include <stdio.h>

#include "cli/files.h"
#include "cli/sender.h"
#include "lib/json.h"

#define BODY_MAX (2 * 1024 * 1024)

static int
sign_body(struct sender *s, const struct command *c,
    struct gate_sign_headers *headers)
{
	char key[SENDER_KEY_TEXT];
	struct gate_buf body;
	int exit_code;

	gate_buf_init(&body, BODY_MAX);
	exit_code = files_read(c->line->value[OPTION_DATA], &body);
	if (exit_code == CLI_OK)
		exit_code =
		    sender_idempotency_key(s, c, gate_buf_span(&body), key);
	if (exit_code == CLI_OK)
		exit_code = sender_post(s, key, gate_buf_span(&body), headers);
	gate_buf_clear(&body);
	return exit_code;
}

/* {"Name":"value",...} */
static int
print_json(struct gate_sign_headers *headers)
{
	struct gate_json *o = gate_json_new_object();
	bool ok = o != NULL;
	struct gate_span value, name;
	struct gate_buf text;
	char key[64];
	size_t i;

	gate_buf_init(&text, 256 * 1024);
	for (i = 0; ok && i < headers->count; i++) {
		value = gate_span_str(gate_sign_line(headers, i));
		ok = gate_span_until(&value, ':', sizeof(key) - 1, &name) &&
		    gate_span_skip(&value, " ") &&
		    gate_span_copy(name, key, sizeof(key)) &&
		    gate_json_put(o, key, gate_json_new_string(value)) ==
			GATE_OK;
	}
	ok = ok && gate_json_text(o, &text) == GATE_OK;
	if (ok)
		printf("%s\n", gate_buf_str(&text));
	gate_buf_wipe(&text);
	gate_json_free(o);
	return ok ? CLI_OK : command_fail(CLI_FAILED, "out of memory");
}

static int
sign(struct sender *s, const struct command *c)
{
	struct gate_sign_headers headers;
	int exit_code;
	size_t i;

	gate_sign_init(&headers);
	exit_code = c->word_count > 0 ? sender_get(s, c->words[0], &headers)
				      : sign_body(s, c, &headers);
	if (exit_code == CLI_OK && c->json)
		exit_code = print_json(&headers);
	else if (exit_code == CLI_OK)
		for (i = 0; i < headers.count; i++)
			printf("%s\n", gate_sign_line(&headers, i));
	gate_sign_clear(&headers);
	return exit_code;
}

int
sign_run(const struct command *c)
{
	struct sender s = {0};
	struct gate_conf *conf = NULL;
	size_t bad = 0; /* of other sites, perhaps; said in any case */
	int exit_code;

	if ((c->word_count > 0) == (c->line->value[OPTION_DATA] != NULL) ||
	    (c->word_count > 0 && c->words[0][0] != '/'))
		return command_fail(CLI_USAGE,
		    "expected TARGET, such as /results, or --data FILE");
	exit_code = command_conf(c, GATE_CONF_INGEST, &conf, &bad);
	if (exit_code == CLI_OK)
		exit_code = sender_open(&s, c, conf);
	if (exit_code == CLI_OK)
		exit_code = sign(&s, c);
	sender_close(&s);
	gate_conf_free(conf);
	return exit_code;
}

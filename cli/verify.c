/*
 * pressgate verify: whether a captured request verifies, and if not, why.
 * Nothing is sent and nothing is stored; the database is not asked.
 */
#include "config.h"

#include "cli/verify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "cli/files.h"
#include "lib/clock.h"
#include "lib/json.h"
#include "lib/num.h"

#define CAPTURE_MAX (4 * 1024 * 1024)

bool
verify_fails(struct verify *v, const char *fault, const char *fmt, ...)
{
	va_list ap;

	v->holds = false;
	v->fault = fault;
	va_start(ap, fmt);
	(void)vsnprintf(v->why, sizeof(v->why), fmt, ap);
	va_end(ap);
	return false;
}

static void
put_time(int64_t s, char dst[GATE_TIME_TEXT])
{
	gate_time_text(s > INT64_MAX / 1000 || s < 0 ? 0 : s * 1000, dst);
}

void
verify_hint_clock(struct verify *v, int64_t signed_s)
{
	char text[GATE_TIME_TEXT];
	int64_t off = v->now_s - signed_s;

	put_time(signed_s, text);
	v->signed_s = signed_s;
	(void)snprintf(v->hint, sizeof(v->hint),
	    "the signature holds, for %s: %" PRId64 " s %s; an old capture, "
	    "or a clock that is wrong (--at tells one from the other)",
	    text, off < 0 ? -off : off, off < 0 ? "ahead" : "ago");
}

/* Text that came from outside reaches no terminal as it is. */
static void
print_plain(FILE *f, const char *text)
{
	const char *p;

	for (p = text; *p != '\0'; p++)
		fputc(*p >= 0x20 && *p <= 0x7e ? *p : '?', f);
}

static void
print_text(const struct verify *v)
{
	char when[GATE_TIME_TEXT];

	if (!v->holds) {
		printf("does not verify: ");
		print_plain(stdout, v->why);
		if (v->hint[0] != '\0') {
			fputs("\nhint: ", stdout);
			print_plain(stdout, v->hint);
		}
		putchar('\n');
		return;
	}
	printf("verifies: %s, site %s, key %s", v->door, v->site, v->key_id);
	put_time(v->signed_s, when);
	printf(v->signed_s > 0 ? ", signed at %s\n" : "\n", when);
}

static void
print_member(struct gate_buf *b, const char *name, const char *value)
{
	(void)gate_buf_printf(b, ",\"%s\":", name);
	if (value == NULL || value[0] == '\0')
		(void)gate_buf_put_str(b, "null");
	else
		(void)gate_json_put_string(b, gate_span_str(value));
}

static int
print_json(const struct verify *v)
{
	char when[GATE_TIME_TEXT];
	struct gate_buf b;
	bool ok;

	gate_buf_init(&b, 16384);
	put_time(v->signed_s, when);
	(void)gate_buf_printf(
	    &b, "{\"verifies\":%s", v->holds ? "true" : "false");
	print_member(&b, "door", v->door);
	print_member(&b, "site", v->site);
	print_member(&b, "key_id", v->key_id);
	print_member(&b, "signed_at", v->signed_s > 0 ? when : NULL);
	print_member(&b, "fault", v->fault);
	print_member(&b, "why", v->why);
	print_member(&b, "hint", v->hint);
	(void)gate_buf_put_byte(&b, '}');
	ok = b.failed == GATE_OK;
	if (ok)
		printf("%s\n", gate_buf_str(&b));
	gate_buf_clear(&b);
	return ok ? CLI_OK : command_fail(CLI_FAILED, "out of memory");
}

static int
read_time(struct verify *v)
{
	const char *at = v->command->line->value[OPTION_AT];
	int64_t ms;

	v->now_s = gate_wall_ms() / 1000;
	if (at == NULL)
		return CLI_OK;
	if (gate_span_i64(gate_span_str(at), 0, INT64_MAX / 1000, &v->now_s))
		return CLI_OK;
	if (!gate_time_parse(gate_span_str(at), &ms))
		return command_fail(CLI_USAGE,
		    "--at: expected 2026-11-22T06:30:00Z or seconds since "
		    "1970");
	v->now_s = ms / 1000;
	return CLI_OK;
}

static int
judge(struct verify *v)
{
	int exit_code = v->command->line->value[OPTION_SOURCE] != NULL
	    ? verify_source(v)
	    : verify_own(v);

	if (exit_code != CLI_OK)
		return exit_code;
	if (v->command->json)
		exit_code = print_json(v);
	else
		print_text(v);
	if (v->capture->extra > 0)
		fprintf(stderr,
		    "pressgate: %zu bytes after the body, as Content-Length "
		    "has it, were not looked at\n",
		    v->capture->extra);
	return exit_code == CLI_OK && !v->holds ? CLI_FAILED : exit_code;
}

int
verify_run(const struct command *c)
{
	const char *path = c->line->value[OPTION_CAPTURE];
	struct verify v = {.command = c};
	struct gate_conf *conf = NULL;
	struct capture capture;
	struct gate_err err = {0};
	struct gate_buf text;
	size_t bad = 0; /* of other sites, perhaps; said in any case */
	int exit_code;

	if (path == NULL)
		return command_fail(
		    CLI_USAGE, "expected --capture FILE, - for standard input");
	gate_buf_init(&text, CAPTURE_MAX);
	exit_code = read_time(&v);
	if (exit_code == CLI_OK)
		exit_code = files_read(path, &text);
	if (exit_code == CLI_OK &&
	    capture_parse(gate_buf_span(&text), &capture, &err) != GATE_OK)
		exit_code = command_fail(CLI_USAGE, "no capture: %s", err.text);
	if (exit_code == CLI_OK)
		exit_code = command_conf(
		    c, GATE_CONF_INGEST | GATE_CONF_TEXT, &conf, &bad);
	v.conf = conf;
	v.capture = &capture;
	if (exit_code == CLI_OK)
		exit_code = judge(&v);
	gate_conf_free(conf);
	gate_buf_clear(&text);
	return exit_code;
}

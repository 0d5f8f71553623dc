/*
 * Out of memory, everywhere in the base of lib/: each piece of work is run
 * again and again, and each time a later allocation is the one that fails,
 * until none does (tests/famine.h). The linker leads our own calls of malloc,
 * calloc and realloc there; those inside json-c and OpenSSL stay as they are.
 * Leaks are for ASan to find.
 */
#include "config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/codec.h"
#include "lib/crypto.h"
#include "lib/event.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "lib/template.h"
#include "tests/famine.h"
#include "tests/runner.h"

/*
 * Each does its work, says how it ended, and leaves nothing behind. check's
 * own assertions allocate, so GATE_ASSERT stands here instead.
 */

static enum gate_code
parse_json(void)
{
	struct gate_json *doc = NULL;
	enum gate_code code = gate_json_parse(
	    GATE_SPAN("{\"a\":{\"\\u0062\":[1,null]},\"\\u0063\":\"x\"}"), &doc,
	    NULL);

	GATE_ASSERT((doc != NULL) == (code == GATE_OK));
	gate_json_free(doc);
	return code;
}

static enum gate_code
parse_many_keys(void)
{
	struct gate_json *doc = NULL;
	enum gate_code code;
	struct gate_buf b;
	int i;

	gate_buf_init(&b, 10000);
	(void)gate_buf_put_byte(&b, '{');
	for (i = 0; i < 200; i++)
		(void)gate_buf_printf(&b, "%s\"%d\":0", i ? "," : "", i);
	code = gate_buf_put_byte(&b, '}');
	if (code == GATE_OK)
		code = gate_json_parse(gate_buf_span(&b), &doc, NULL);
	gate_json_free(doc);
	gate_buf_wipe(&b);
	return code;
}

static enum gate_code
build_string(void)
{
	struct gate_json *v = gate_json_new_string(GATE_SPAN("a\xff"));

	gate_json_free(v);
	return v != NULL ? GATE_OK : GATE_E_NOMEM;
}

static void
forget(const char *pointer, const char *text, void *ctx)
{
	(void)pointer;
	(void)text;
	(void)ctx;
	GATE_ASSERT(false && "nothing is wrong with it but the memory");
}

static enum gate_code
judge_event(void)
{
	struct gate_json *event = NULL, *shaped = NULL;
	char type[] = "a.b";
	struct gate_event_rule rule = {.type = type};
	struct gate_event_rules rules = {&rule, 1};
	struct gate_schema_fault fault;
	enum gate_code code = gate_schema_new(
	    GATE_SPAN("{\"properties\":{\"a\":{\"minimum\":1.5,\"allOf\":"
		      "[{\"$ref\":\"#/$defs/t\"}]},\"b\":{\"uniqueItems\":"
		      "true,\"items\":{\"x-pressgate-cut\":1}}},\"$defs\":"
		      "{\"t\":{\"pattern\":\"a\",\"x-pressgate-html\":"
		      "\"strip\"}},\"patternProperties\":{\"^z\":true}}"),
	    forget, NULL, &rule.schema);

	if (code == GATE_OK)
		code = gate_json_parse(
		    GATE_SPAN("{\"a\":\"<b>a</b>\",\"b\":[\"xy\",2.5]}"),
		    &event, NULL);
	if (code == GATE_OK)
		code = gate_event_judge(
		    &rules, GATE_SPAN("a.b"), event, &shaped, &fault);
	GATE_ASSERT((shaped != NULL) == (code == GATE_OK));
	gate_json_free(shaped);
	gate_json_free(event);
	gate_schema_free(rule.schema);
	return code;
}

static enum gate_code
fill_template(void)
{
	struct gate_template *t = NULL;
	struct gate_json *doc = gate_json_new_object();
	struct gate_buf b;
	enum gate_code code = gate_template_new(
	    GATE_SPAN("a{{|json|upper|hash}}b{{/x|default:y|uri|date}}"
		      "{{/x|default:1}}{{/x|default:1}}{{/x|default:1}}"
		      "{{/x|default:1}}{{/x|default:1}}{{/x|default:1}}"),
	    &t, NULL);

	gate_buf_init(&b, 1000);
	if (code == GATE_OK)
		code = gate_template_fill(t, doc, &b, NULL);
	gate_buf_clear(&b);
	gate_json_free(doc);
	gate_template_free(t);
	return code == GATE_E_BAD ? GATE_OK : code; /* "y" is no date */
}

static enum gate_code
make_key(void)
{
	struct gate_hmac_key *key = NULL;
	enum gate_code code = gate_hmac_key_new(GATE_SPAN("key"), &key);

	GATE_ASSERT((key != NULL) == (code == GATE_OK));
	gate_hmac_key_free(key);
	return code;
}

static enum gate_code
load_secret(void)
{
	struct gate_secret s;
	enum gate_code code =
	    gate_secret_load("env:PG_TEST_SECRET", ".", 1, &s, NULL);

	GATE_ASSERT((s.p != NULL) == (code == GATE_OK));
	gate_secret_clear(&s);
	return code;
}

static enum gate_code
dup_span(void)
{
	char *copy = gate_span_dup(GATE_SPAN("abc"));

	free(copy);
	return copy != NULL ? GATE_OK : GATE_E_NOMEM;
}

static enum gate_code
encode(void)
{
	static const unsigned char bytes[100];
	struct gate_span in = {bytes, sizeof(bytes)};
	enum gate_code code;
	struct gate_buf b;

	gate_buf_init(&b, 1000);
	(void)gate_hex_put(&b, in);
	(void)gate_json_put_string(&b, in);
	code = gate_base64_put(&b, in);
	gate_buf_reset(&b);
	if (code == GATE_OK)
		code = gate_base64_decode(GATE_SPAN("Zm9v"), &b);
	if (code == GATE_OK)
		code = gate_percent_decode(GATE_SPAN("%20"), &b);
	gate_buf_clear(&b);
	return code;
}

/* A line is there whole, or without some fields, or not at all. */
static enum gate_code
write_log(void)
{
	struct gate_log_line l;
	struct gate_log log;
	struct gate_json *doc = NULL;
	char got[GATE_LOG_LINE];
	bool failed;
	ssize_t n;
	int ends[2];

	GATE_ASSERT(pipe2(ends, O_NONBLOCK) == 0);
	gate_log_init(&log, "prog", ends[1], GATE_LOG_INFO);
	gate_log_start(&l, &log, GATE_LOG_INFO, "mod", "ev");
	gate_log_str(&l, "key",
	    "a long value, so that the line must grow "
	    "again and again, and again");
	gate_log_i64(&l, "number", 7);
	gate_log_end(&l);
	n = read(ends[0], got, sizeof(got));
	GATE_ASSERT((close(ends[0]) | close(ends[1])) == 0);
	failed = famine_end();
	if (n > 0)
		GATE_ASSERT(gate_json_parse(gate_span_of(got, (size_t)n), &doc,
				NULL) == GATE_OK);
	gate_json_free(doc);
	return failed ? GATE_E_NOMEM : GATE_OK;
}

static const struct {
	const char *what;
	enum gate_code (*work)(void);
	unsigned long least; /* allocations that it is known to make */
} works[] = {
    {"parse JSON", parse_json, 2},
    {"parse JSON of many keys", parse_many_keys, 5},
    {"build a string", build_string, 1},
    {"fill a template", fill_template, 10},
    {"judge an event", judge_event, 40},
    {"make a key", make_key, 1},
    {"load a secret", load_secret, 1},
    {"copy a span", dup_span, 1},
    {"encode", encode, 2},
    {"write a log line", write_log, 2},
};

START_TEST(survives_each_failed_allocation)
{
	unsigned long i;
	enum gate_code code;
	bool failed;

	ck_assert_int_eq(setenv("PG_TEST_SECRET", "canary", 1), 0);
	for (i = 0; i < 1000; i++) {
		famine_begin(i);
		code = works[_i].work();
		failed = famine_end();
		ck_assert_msg(code == (failed ? GATE_E_NOMEM : GATE_OK),
		    "%s, allocation %lu: %s", works[_i].what, i,
		    gate_code_name(code));
		if (!failed)
			break;
	}
	ck_assert_uint_lt(i, 1000);
	ck_assert_uint_ge(i, works[_i].least);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("nomem");
	TCase *t = tcase_create("nomem");

	add_row_test(t, survives_each_failed_allocation, works);
	suite_add_tcase(s, t);
	return s;
}

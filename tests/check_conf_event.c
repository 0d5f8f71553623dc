/* Blocks `event` of a site: which schema, and what is wrong with it. */
#include "config.h"

#include <string.h>

#include "lib/conf.h"
#include "lib/webhook.h"
#include "tests/conf_world.h"
#include "tests/runner.h"

static struct conf_world w;

static void
open_world(void)
{
	conf_world_init(&w);
	conf_world_write(&w, "good.json",
	    "{\"type\":\"object\",\"properties\":{\"a\":{\"maxLength\":3,"
	    "\"x-pressgate-html\":\"strip\"}}}");
	conf_world_write(&w, "bad.json",
	    "{\"type\":\"objekt\",\n\"properties\":{\"a/"
	    "b\":{\"maxLenght\":3}}}");
	conf_world_write(&w, "broken.json", "{\"type\":");
}

static void
close_world(void)
{
	conf_world_clear(&w);
}

/* In the site "blog", from line 4 on. */
static void
load_site(const char *inside, unsigned int want)
{
	struct gate_buf text;

	gate_buf_init(&text, 4096);
	(void)gate_buf_printf(&text,
	    "site \"blog\" {\n"
	    "	url = \"https://blog.example.com\"\n"
	    "	relay { key \"k1\" { secret = \"file:secrets.d/a\" } }\n"
	    "%s\n}\n",
	    inside);
	conf_world_write(&w, "sites.d/blog.conf", gate_buf_str(&text));
	gate_buf_clear(&text);
	conf_world_load(&w, want);
	ck_assert_int_eq(w.code, GATE_OK);
}

static const struct {
	const char *inside;
	const char *said;
} mistakes[] = {
    {"event \"a.b\" { schema = \"bad.json\" }",
	"sites.d/blog.conf:4: schema: bad.json#/type: bad value, expected "
	"null, boolean, integer, number, string, array, object, or a list of "
	"these\n"
	"sites.d/blog.conf:4: schema: bad.json#/properties/a~1b/maxLenght: "
	"unknown keyword, expected one of doc/schema.md\n"},
    {"event \"a.b\" { schema = \"broken.json\" }",
	"sites.d/blog.conf:4: schema: broken.json#: JSON: a value was "
	"expected at byte 8, expected a JSON document\n"},
    {"event \"a.b\" {\n schema = \"none.json\"\n}",
	"sites.d/blog.conf:5: schema: none.json: cannot open: No such file "
	"or directory, expected a file with a JSON Schema\n"},
    {"event \"a.b\" { schema = \"sites.d\" }",
	"sites.d/blog.conf:4: schema: sites.d: is not a regular file, expected "
	"a file with a JSON Schema\n"},
    {"event \"a.b\" { }",
	"sites.d/blog.conf:4: schema: is missing, expected text of 1 to 1024 "
	"bytes\n"},
    {"event \"a b\" { schema = \"good.json\" }",
	"sites.d/blog.conf:4: event: bad type, expected one such as "
	"post.published\n"},
    {"event \"*\" { schema = \"good.json\" }",
	"sites.d/blog.conf:4: event: bad type, expected one such as "
	"post.published\n"},
    {"unknown_events = \"bury\"",
	"sites.d/blog.conf:4: unknown_events: bad value, expected refuse or "
	"unrouted\n"},
    {"schema_policy = \"drop\"",
	"sites.d/blog.conf:4: schema_policy: bad value, expected refuse, "
	"unrouted or bury\n"},
};

START_TEST(says_what_is_wrong_with_an_event_and_where)
{
	load_site(mistakes[_i].inside, GATE_CONF_ALL);
	ck_assert_str_eq(conf_world_said(&w), mistakes[_i].said);
	ck_assert_uint_eq(w.bad_sites, 1);
}
END_TEST

#define GOOD "event \"a.b\" { schema = \"good.json\" }\n"

START_TEST(lets_the_site_send_an_event_that_has_a_schema)
{
	const struct gate_site *s;

	load_site(GOOD "event \"a:c/d\" { schema = \"good.json\" }\n"
		       "schema_policy = \"bury\"",
	    GATE_CONF_ALL);
	ck_assert_str_eq(conf_world_said(&w), "");
	s = &w.conf->sites.list[0];
	ck_assert_uint_eq(s->event_rules.count, 2);
	ck_assert(gate_site_has_event_type(s, GATE_SPAN("a.b")));
	ck_assert(gate_site_has_event_type(s, GATE_SPAN("a:c/d")));
	ck_assert(!gate_site_has_event_type(s, GATE_SPAN("a")));
	ck_assert_int_eq(s->schema_policy, GATE_EVENT_BURY);
	ck_assert_int_eq(s->unknown_events, GATE_EVENT_REFUSE);
}
END_TEST

/* ---- gate_event_judge -------------------------------------------------- */

static const struct {
	const char *type;
	const char *event;
	enum gate_code code;
	const char *told; /* the shaped event, or where the fault is */
} judgements[] = {
    {"a.b", "{\"a\":\"x\"}", GATE_OK, "{\"a\":\"x\"}"},
    {"a.b", "{\"a\":\"<b>\"}", GATE_OK, "{\"a\":\"\"}"},
    {"a.b", "{\"a\":\"xxxx\"}", GATE_E_BAD, "/a"},
    {"a.b", "[]", GATE_E_BAD, ""},
    {"other", "[]", GATE_OK, NULL},
};

START_TEST(judges_an_event_by_the_schema_of_its_type)
{
	struct gate_json *event = NULL, *shaped = NULL;
	struct gate_schema_fault fault = {.keyword = NULL};
	struct gate_buf text;

	load_site(GOOD, GATE_CONF_INGEST);
	gate_buf_init(&text, 1000);
	ck_assert_int_eq(
	    gate_json_parse(gate_span_str(judgements[_i].event), &event, NULL),
	    GATE_OK);
	ck_assert_int_eq(
	    gate_event_judge(&w.conf->sites.list[0].event_rules,
		gate_span_str(judgements[_i].type), event, &shaped, &fault),
	    judgements[_i].code);
	if (judgements[_i].code != GATE_OK) {
		ck_assert_ptr_null(shaped);
		ck_assert_str_eq(fault.where, judgements[_i].told);
	} else if (judgements[_i].told == NULL) {
		ck_assert_ptr_null(shaped);
	} else {
		ck_assert_int_eq(gate_json_text(shaped, &text), GATE_OK);
		ck_assert_str_eq(gate_buf_str(&text), judgements[_i].told);
	}
	gate_buf_clear(&text);
	gate_json_free(shaped);
	gate_json_free(event);
}
END_TEST

/* ---- a provider's events ------------------------------------------------ */

static const struct {
	const char *body;
	bool is_broken;
	const char *cause;
	const char *data; /* in the canonical form */
} deliveries[] = {
    {"{\"id\":\"evt_1\",\"type\":\"a.b\",\"a\":\"<i>\"}", false, "",
	"{\"id\":\"evt_1\",\"type\":\"a.b\",\"a\":\"\"}"},
    {"{\"id\":\"evt_1\",\"type\":\"a.b\",\"a\":\"xxxx\"}", true,
	"schema: maxLength at /a",
	"{\"id\":\"evt_1\",\"type\":\"a.b\",\"a\":\"xxxx\"}"},
    {"{\"id\":\"evt_1\",\"type\":\"c\",\"a\":\"xxxx\"}", false, "",
	"{\"id\":\"evt_1\",\"type\":\"c\",\"a\":\"xxxx\"}"},
};

START_TEST(buries_a_providers_event_that_does_not_fit)
{
	struct gate_webhook_in in = {.site = "blog"};
	struct gate_webhook hook = {.count = 0};
	struct gate_hook h = {.body = gate_span_str(deliveries[_i].body)};
	struct gate_canonical c;
	const struct gate_json *data;
	struct gate_json *doc = NULL;
	struct gate_buf text;

	load_site("source \"s\" { provider = \"stripe\"\n"
		  "secret \"a\" { value = \"file:secrets.d/long\" }\n" GOOD
		  "}\n",
	    GATE_CONF_INGEST);
	ck_assert_str_eq(conf_world_said(&w), "");
	in.source = &w.conf->sites.list[0].sources[0];
	in.hook = &h;
	gate_canonical_init(&c);
	gate_buf_init(&text, 1000);
	ck_assert_int_eq(gate_webhook_read(&hook, &in), GATE_OK);
	ck_assert_int_eq(gate_webhook_split(&hook, &in, &c), GATE_OK);
	ck_assert_uint_eq(hook.count, 1);
	ck_assert(hook.events[0].is_broken == deliveries[_i].is_broken);
	ck_assert_str_eq(hook.events[0].cause, deliveries[_i].cause);
	ck_assert_int_eq(
	    gate_json_parse(hook.events[0].canonical, &doc, NULL), GATE_OK);
	ck_assert(gate_json_get(doc, "data", &data));
	ck_assert_int_eq(gate_json_text(data, &text), GATE_OK);
	ck_assert_str_eq(gate_buf_str(&text), deliveries[_i].data);
	gate_json_free(doc);
	gate_buf_clear(&text);
	gate_canonical_clear(&c);
	gate_webhook_clear(&hook);
}
END_TEST

START_TEST(reads_no_schema_where_no_door_is_wanted)
{
	load_site("event \"a.b\" { schema = \"none.json\" }", GATE_CONF_VENDOR);
	ck_assert_str_eq(conf_world_said(&w), "");
	ck_assert_ptr_null(w.conf->sites.list[0].event_rules.list[0].schema);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("conf_event");
	TCase *t = tcase_create("conf_event");

	tcase_add_checked_fixture(t, open_world, close_world);
	add_row_test(t, says_what_is_wrong_with_an_event_and_where, mistakes);
	tcase_add_test(t, lets_the_site_send_an_event_that_has_a_schema);
	add_row_test(t, judges_an_event_by_the_schema_of_its_type, judgements);
	add_row_test(t, buries_a_providers_event_that_does_not_fit, deliveries);
	tcase_add_test(t, reads_no_schema_where_no_door_is_wanted);
	suite_add_tcase(s, t);
	return s;
}

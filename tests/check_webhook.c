/* lib/webhook.h: what events a delivery is, by its provider's profile. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "lib/codec.h"
#include "lib/num.h"
#include "lib/webhook.h"
#include "tests/fence.h"
#include "tests/runner.h"

static char none[] = "", blog[] = "blog";
static char p_data[] = "/issue", p_actor[] = "/sender/id";
static char p_time[] = "/at", p_subject[] = "/who";

struct scene {
	struct gate_source source;
	struct gate_hook_header headers[4];
	struct gate_hook hook;
	struct gate_webhook_in in;
	struct gate_webhook w;
	struct gate_canonical c;
	struct fence body;
};

/* headers: names and values in turn, CGI's names; NULL ends */
static void
open_scene(struct scene *s, const char *provider, const char *const *headers,
    struct gate_span body, bool is_form)
{
	size_t n = 0;

	*s = (struct scene){.source = {.name = blog, .public_url = none}};
	s->source.provider = gate_provider_find(gate_span_str(provider));
	ck_assert_ptr_nonnull(s->source.provider);
	s->source.profile = s->source.provider->profile;
	for (; headers != NULL && headers[2 * n] != NULL; n++)
		s->headers[n] =
		    (struct gate_hook_header){gate_span_str(headers[2 * n]),
			gate_span_str(headers[2 * n + 1])};
	s->body = fence_page(body);
	s->hook = (struct gate_hook){
	    .headers = s->headers, .header_count = n, .body = s->body.span};
	s->in = (struct gate_webhook_in){.site = blog,
	    .source = &s->source,
	    .hook = &s->hook,
	    .is_form = is_form};
	gate_canonical_init(&s->c);
}

static void
split(struct scene *s, size_t count)
{
	ck_assert_int_eq(gate_webhook_read(&s->w, &s->in), GATE_OK);
	ck_assert_int_eq(gate_webhook_split(&s->w, &s->in, &s->c), GATE_OK);
	ck_assert_uint_eq(s->w.count, count);
}

static void
close_scene(struct scene *s)
{
	gate_webhook_clear(&s->w);
	gate_canonical_clear(&s->c);
	fence_free(&s->body);
}

/* The frame of a canonical form around data, without actor and time. */
#define FORM_OF(type, id, kind, action, data)                                  \
	"{\"tenant_id\":\"blog\",\"source\":\"blog\",\"type\":\"" type         \
	"\",\"actor\":{\"id\":null,\"email\":null},\"subject\":{\"id\":" id    \
	",\"type\":" kind "},\"action\":{\"type\":\"" action                   \
	"\",\"reason\":null},\"data\":" data ",\"occurred_at\":null}"

#define GITHUB "X_GITHUB_EVENT", "issues", "x_github_delivery"

static const struct {
	const char *about;
	const char *provider;
	const char *headers[7];
	const char *body;
	bool is_form;
	bool is_broken;
	const char *type;
	const char *key;       /* "sha256:": and something */
	const char *canonical; /* NULL: not looked at */
} singles[] = {
    {"an id and a type in the body", "stripe", {NULL},
	"{\"id\":\"evt_1\",\"type\":\"invoice.paid\"}", false, false,
	"invoice.paid", "evt_1",
	FORM_OF("invoice.paid", "null", "\"invoice\"", "paid",
	    "{\"id\":\"evt_1\",\"type\":\"invoice.paid\"}")},
    {"a type of header and body", "github", {GITHUB, "d-1"},
	"{\"action\":\"opened\"}", false, false, "issues.opened", "d-1",
	FORM_OF("issues.opened", "null", "\"issues\"", "opened",
	    "{\"action\":\"opened\"}")},
    {"a type of the header alone", "github", {GITHUB, "d-1"}, "{}", false,
	false, "issues", "d-1",
	FORM_OF("issues", "null", "null", "issues", "{}")},
    {"a document in a form's payload", "github", {GITHUB, "d-1"},
	"payload=%7B%22action%22%3A%22opened%22%7D", true, false,
	"issues.opened", "d-1", NULL},
    {"a form where the profile says JSON", "stripe", {NULL}, "id=evt_1&type=a",
	true, true, "unknown", "sha256:", NULL},
    {"a form where the profile says JSON or form", "slack", {NULL},
	"payload=%7B%22type%22%3A%22block_actions%22%7D", true, false,
	"block_actions", "sha256:", NULL},
    {"a form of fields", "slack", {NULL}, "type=x&a=1", true, false, "x",
	"sha256:",
	FORM_OF("x", "null", "null", "x", "{\"type\":\"x\",\"a\":\"1\"}")},
    {"no type", "stripe", {NULL}, "{\"id\":\"evt_1\"}", false, true, "unknown",
	"evt_1", NULL},
    {"a type that no route can name", "stripe", {NULL},
	"{\"id\":\"evt_1\",\"type\":\"a b\"}", false, true, "unknown", "evt_1",
	NULL},
    {"a type that is no string", "stripe", {NULL},
	"{\"id\":\"evt_1\",\"type\":[1]}", false, true, "unknown", "evt_1",
	NULL},
    {"a number for an id", "stripe", {NULL}, "{\"id\":7,\"type\":\"a\"}", false,
	false, "a", "7", NULL},
    {"no id", "stripe", {NULL}, "{\"type\":\"a\"}", false, false, "a",
	"sha256:", NULL},
    {"an id with a blank", "stripe", {NULL}, "{\"id\":\"a b\",\"type\":\"a\"}",
	false, false, "a", "sha256:", NULL},
    {"an id that looks like a hash of ours", "stripe", {NULL},
	"{\"id\":\"sha256:0\",\"type\":\"a\"}", false, false, "a",
	"sha256:", NULL},
    {"an id with a bar, alone", "stripe", {NULL},
	"{\"id\":\"a|b\",\"type\":\"a\"}", false, false, "a", "a|b", NULL},
    {"an identity of four", "zoom", {NULL},
	"{\"event\":\"m.s\",\"event_ts\":1,\"payload\":{\"object\":{\"uuid\":"
	"\"u\",\"id\":2}}}",
	false, false, "m.s", "m.s|1|u|2", NULL},
    {"of which one is not there", "zoom", {NULL},
	"{\"event\":\"m.s\",\"event_ts\":1}", false, false, "m.s", "m.s|1||",
	NULL},
    {"of which one has a bar", "zoom", {NULL},
	"{\"event\":\"m.s\",\"event_ts\":\"1|\"}", false, false, "m.s",
	"sha256:", NULL},
    {"no JSON", "stripe", {NULL}, "{\"id\":\"evt_1\",}", false, true, "unknown",
	"sha256:", FORM_OF("unknown", "null", "null", "unknown", "null")},
    {"a member twice", "stripe", {NULL},
	"{\"id\":\"a\",\"id\":\"b\",\"type\":\"t\"}", false, true, "unknown",
	"sha256:", NULL},
    {"a header twice", "github",
	{"X_GITHUB_EVENT", "issues", "X_GITHUB_EVENT", "push", NULL}, "{}",
	false, true, "unknown", "sha256:", NULL},
    {"a body that is no object", "stripe", {NULL}, "7", false, true, "unknown",
	"sha256:", NULL},
};

START_TEST(makes_one_event)
{
	const char *key = singles[_i].key;
	const struct gate_webhook_event *e;
	struct scene s;

	open_scene(&s, singles[_i].provider, singles[_i].headers,
	    gate_span_str(singles[_i].body), singles[_i].is_form);
	split(&s, 1);
	e = &s.w.events[0];
	ck_assert_msg(e->is_broken == singles[_i].is_broken, "%s: broken %d",
	    singles[_i].about, e->is_broken);
	ck_assert_msg(gate_span_is(e->type, singles[_i].type), "%s: %.*s",
	    singles[_i].about, GATE_SPAN_ARG(e->type));
	ck_assert_msg(strcmp(key, "sha256:") == 0
		? gate_span_starts(e->key, key) && e->key.n == 7 + 64
		: gate_span_is(e->key, key),
	    "%s: %.*s", singles[_i].about, GATE_SPAN_ARG(e->key));
	if (singles[_i].canonical != NULL)
		ck_assert_msg(gate_span_is(e->canonical, singles[_i].canonical),
		    "%s: %.*s", singles[_i].about, GATE_SPAN_ARG(e->canonical));
	close_scene(&s);
}
END_TEST

static const struct {
	const char *about;
	const char *provider;
	const char *body;
	size_t count;
	const char *keys[4]; /* of events without a hash */
} batches[] = {
    {"an array", "hubspot",
	"[{\"portalId\":1,\"subscriptionType\":\"a\",\"objectId\":2,"
	"\"eventId\":3,\"occurredAt\":4},{\"portalId\":5}]",
	2, {"1|a|2|3|4", "5||||"}},
    {"an empty one", "hubspot", "[]", 0, {NULL}},
    {"an element that is no object", "hubspot", "[7,{\"portalId\":5}]", 2,
	{NULL, "5||||"}},
    {"none: one event", "hubspot", "{\"portalId\":5}", 1, {"5||||"}},
    {"no JSON", "hubspot", "[", 1, {NULL}},
    {"arrays within an array, and an item without one", "meta",
	"{\"entry\":[{\"changes\":[{},{}]},{\"changes\":[]},{},{\"changes\":"
	"[1]}]}",
	4, {NULL}},
    {"what another list of the provider's has", "meta",
	"{\"entry\":[{\"id\":\"1\",\"messaging\":[{}]}]}", 1, {NULL}},
    {"an array of nothing", "meta", "{\"entry\":[]}", 0, {NULL}},
    {"an object where an array should be", "meta", "{\"entry\":{}}", 1, {NULL}},
    {"items in a frame, and one without", "adyen",
	"{\"notificationItems\":[{\"NotificationRequestItem\":{\"eventCode\":"
	"\"A\",\"pspReference\":\"1\",\"success\":\"true\"}},{}]}",
	2, {"A|1|true", NULL}},
};

START_TEST(makes_as_many_events_as_a_batch_has)
{
	struct scene s;
	size_t i;

	open_scene(&s, batches[_i].provider, NULL,
	    gate_span_str(batches[_i].body), false);
	split(&s, batches[_i].count);
	for (i = 0; i < s.w.count; i++)
		ck_assert_msg(batches[_i].keys[i] == NULL ||
			gate_span_is(s.w.events[i].key, batches[_i].keys[i]),
		    "%s: %.*s", batches[_i].about,
		    GATE_SPAN_ARG(s.w.events[i].key));
	close_scene(&s);
}
END_TEST

START_TEST(takes_no_bytes_that_are_no_text)
{
	struct scene s;

	open_scene(&s, "twilio", NULL,
	    GATE_SPAN("MessageSid=%FF&MessageStatus=sent"), true);
	split(&s, 1);
	ck_assert_uint_eq(s.w.events[0].object_ref.n, 0);
	close_scene(&s);
}
END_TEST

START_TEST(keeps_a_batch_of_too_many_whole)
{
	static char body[2 * (GATE_WEBHOOK_EVENTS_MAX + 1) + 2];
	struct scene s;
	size_t n = GATE_WEBHOOK_EVENTS_MAX + 1, i;

	for (i = 0; i < n; i++)
		memcpy(body + 1 + 2 * i, "1,", 2);
	body[0] = '[';
	body[2 * n] = ']';
	open_scene(&s, "hubspot", NULL, gate_span_of(body, 2 * n + 1), false);
	split(&s, 1);
	close_scene(&s);
	body[2 * n - 2] = ']';
	open_scene(&s, "hubspot", NULL, gate_span_of(body, 2 * n - 1), false);
	split(&s, n - 1);
	close_scene(&s);
}
END_TEST

START_TEST(finds_what_the_map_says)
{
	static const char *const headers[] = {GITHUB, "d", NULL};
	struct scene s;

	open_scene(&s, "github", headers,
	    GATE_SPAN("{\"issue\":{\"n\":1},\"sender\":{\"id\":5},"
		      "\"who\":\"w\",\"at\":1700000000}"),
	    false);
	s.source.map = (struct gate_source_map){.data = p_data,
	    .actor_id = p_actor,
	    .occurred_at = p_time,
	    .subject_id = p_subject,
	    .action_type = p_subject};
	split(&s, 1);
	ck_assert(!s.w.events[0].is_broken);
	ck_assert(gate_span_is(s.w.events[0].object_ref, "w"));
	ck_assert_int_eq(s.w.events[0].occurred_ms, 1700000000000);
	ck_assert(gate_span_is(s.w.events[0].canonical,
	    "{\"tenant_id\":\"blog\",\"source\":\"blog\",\"type\":\"issues\","
	    "\"actor\":{\"id\":5,\"email\":null},\"subject\":{\"id\":\"w\","
	    "\"type\":null},\"action\":{\"type\":\"w\",\"reason\":null},"
	    "\"data\":{\"n\":1},\"occurred_at\":\"2023-11-14T22:13:20."
	    "000Z\"}"));
	close_scene(&s);
	open_scene(&s, "github", headers, GATE_SPAN("{\"at\":[]}"), false);
	s.source.map = (struct gate_source_map){
	    .data = p_data, .occurred_at = p_time, .subject_id = p_subject};
	split(&s, 1);
	ck_assert(s.w.events[0].is_broken); /* no data */
	ck_assert(!s.w.events[0].has_occurred);
	ck_assert_uint_eq(s.w.events[0].object_ref.n, 0);
	close_scene(&s);
}
END_TEST

/* What a delivery is by its content, whatever its name. */
START_TEST(knows_content_by_type_and_bytes)
{
	static const char *const a[] = {GITHUB, "d-1", NULL};
	static const char *const b[] = {GITHUB, "d-2", NULL};
	static const char *const c[] = {
	    "X_GITHUB_EVENT", "push", "X_GITHUB_DELIVERY", "d-1", NULL};
	static const char *const *const senders[] = {a, b, c};
	static const char *const bodies[] = {"{}", "{}", "{}"};
	char seen[3][65];
	struct scene s;
	size_t i;

	for (i = 0; i < 3; i++) {
		open_scene(
		    &s, "github", senders[i], gate_span_str(bodies[i]), false);
		split(&s, 1);
		ck_assert(gate_span_copy(
		    s.w.events[0].second_key, seen[i], sizeof(seen[i])));
		close_scene(&s);
	}
	ck_assert_uint_eq(strlen(seen[0]), 64);
	ck_assert_str_eq(seen[0], seen[1]);
	ck_assert_str_ne(seen[0], seen[2]);
	open_scene(&s, "stripe", NULL, GATE_SPAN("{}"), false);
	split(&s, 1);
	ck_assert_uint_eq(s.w.events[0].second_key.n, 0);
	close_scene(&s);
}
END_TEST

START_TEST(leaves_out_what_varies)
{
	struct scene s;

	open_scene(&s, "hubspot", NULL,
	    GATE_SPAN("[{\"portalId\":1,\"attemptNumber\":0,\"a\":2},"
		      "{\"portalId\":1,\"attemptNumber\":1,\"a\":2},"
		      "{\"portalId\":1,\"attemptNumber\":1,\"a\":3}]"),
	    false);
	split(&s, 3);
	ck_assert_mem_eq(s.w.events[0].fingerprint, s.w.events[1].fingerprint,
	    GATE_SHA256_BYTES);
	ck_assert_mem_ne(s.w.events[0].fingerprint, s.w.events[2].fingerprint,
	    GATE_SHA256_BYTES);
	close_scene(&s);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("webhook");
	TCase *t = tcase_create("webhook");

	add_row_test(t, makes_one_event, singles);
	add_row_test(t, makes_as_many_events_as_a_batch_has, batches);
	tcase_add_test(t, takes_no_bytes_that_are_no_text);
	tcase_add_test(t, keeps_a_batch_of_too_many_whole);
	tcase_add_test(t, finds_what_the_map_says);
	tcase_add_test(t, knows_content_by_type_and_bytes);
	tcase_add_test(t, leaves_out_what_varies);
	suite_add_tcase(s, t);
	return s;
}

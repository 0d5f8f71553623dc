/* fcgi/router.h and fcgi/cursor.h. */
#include "config.h"

#include "fcgi/cursor.h"
#include "fcgi/router.h"
#include "tests/fence.h"
#include "tests/runner.h"

static const struct {
	const char *uri;
	const char *mount;
	enum door door; /* DOOR_COUNT: none */
	const char *argument;
	const char *query;
	const char *target;
} uris[] = {
    {"/webhooks/wp", "", DOOR_RELAY, "", "", "/webhooks/wp"},
    {"/webhooks/wp?", "", DOOR_RELAY, "", "", "/webhooks/wp?"},
    {"/webhooks/wp?x=/y", "", DOOR_RELAY, "", "x=/y", "/webhooks/wp?x=/y"},
    {"/webhooks/wp/blog", "", DOOR_RELAY, "blog", "", "/webhooks/wp/blog"},
    {"/gate/webhooks/wp/blog-2?a", "/gate", DOOR_RELAY, "blog-2", "a",
	"/webhooks/wp/blog-2?a"},
    {"/ingest/webhook", "", DOOR_EDGE, "", "", "/ingest/webhook"},
    {"/ingest/webhook/shop?a", "", DOOR_EDGE, "shop", "a",
	"/ingest/webhook/shop?a"},
    {"/ingest/webhook/", "", DOOR_COUNT, NULL, NULL, NULL},
    {"/ingest/webhooks", "", DOOR_COUNT, NULL, NULL, NULL},
    {"/ingest/webhook/a/b", "", DOOR_COUNT, NULL, NULL, NULL},
    {"/api/webhooks/shop.1", "", DOOR_GATEWAY, "shop.1", "",
	"/api/webhooks/shop.1"},
    {"/gate/api/webhooks/s/ingest?a=b", "/gate", DOOR_GATEWAY, "s", "a=b",
	"/api/webhooks/s/ingest?a=b"},
    {"/api/webhooks/ingest", "", DOOR_GATEWAY, "ingest", "",
	"/api/webhooks/ingest"},
    {"/api/webhooks/", "", DOOR_COUNT, NULL, NULL, NULL},
    {"/api/webhooks//ingest", "", DOOR_COUNT, NULL, NULL, NULL},
    {"/api/webhooks/s/", "", DOOR_COUNT, NULL, NULL, NULL},
    {"/api/webhooks/s/ingest/", "", DOOR_COUNT, NULL, NULL, NULL},
    {"/api/webhooks/s/x/ingest", "", DOOR_COUNT, NULL, NULL, NULL},
    {"/results?since=1.0&limit=2", "", DOOR_RESULTS, "", "since=1.0&limit=2",
	"/results?since=1.0&limit=2"},
    {"/events/0190", "", DOOR_EVENT, "0190", "", "/events/0190"},
    {"/livez", "", DOOR_LIVE, "", "", "/livez"},
    {"/a/b/readyz", "/a/b", DOOR_READY, "", "", "/readyz"},
    {"", "", DOOR_COUNT, NULL, NULL, NULL},
    {"/", "", DOOR_COUNT, NULL, NULL, NULL},
    {"?", "", DOOR_COUNT, NULL, NULL, NULL},
    {"/webhooks/wp/", "", DOOR_COUNT, NULL, NULL, NULL},
    {"/webhooks/wp/a/b", "", DOOR_COUNT, NULL, NULL, NULL},
    {"/webhooks/wp/..", "", DOOR_RELAY, "..", "", "/webhooks/wp/.."},
    {"/webhooks/wp/a%2fb", "", DOOR_COUNT, NULL, NULL, NULL},
    {"/webhooks/%77p", "", DOOR_COUNT, NULL, NULL, NULL},
    {"//webhooks/wp", "", DOOR_COUNT, NULL, NULL, NULL},
    {"/Webhooks/wp", "", DOOR_COUNT, NULL, NULL, NULL},
    {"/webhooks/wpx", "", DOOR_COUNT, NULL, NULL, NULL},
    {"/webhooks/wp#x", "", DOOR_COUNT, NULL, NULL, NULL},
    {"http://x/webhooks/wp", "", DOOR_COUNT, NULL, NULL, NULL},
    {"/results/", "", DOOR_COUNT, NULL, NULL, NULL},
    {"/events", "", DOOR_COUNT, NULL, NULL, NULL},
    {"/events/", "", DOOR_COUNT, NULL, NULL, NULL},
    {"/gate", "/gate", DOOR_COUNT, NULL, NULL, NULL},
    {"/gateway/livez", "/gate", DOOR_COUNT, NULL, NULL, NULL},
    {"/livez", "/gate", DOOR_COUNT, NULL, NULL, NULL},
    {"/GATE/livez", "/gate", DOOR_COUNT, NULL, NULL, NULL},
    {"/metrics", "", DOOR_COUNT, NULL, NULL, NULL},
    {"/admin/", "", DOOR_COUNT, NULL, NULL, NULL},
};

START_TEST(finds_the_door_of_a_uri)
{
	struct fence f = fence_page(gate_span_str(uris[_i].uri));
	struct router_match m = {.door = DOOR_COUNT};
	enum gate_code code = router_find(f.span, uris[_i].mount, &m);

	if (uris[_i].door == DOOR_COUNT) {
		ck_assert_msg(code == GATE_E_UNKNOWN && m.door == DOOR_COUNT,
		    "%s", uris[_i].uri);
	} else {
		ck_assert_msg(code == GATE_OK && m.door == uris[_i].door, "%s",
		    uris[_i].uri);
		ck_assert_msg(gate_span_is(m.argument, uris[_i].argument) &&
			gate_span_is(m.query, uris[_i].query) &&
			gate_span_is(m.target, uris[_i].target),
		    "%s", uris[_i].uri);
	}
	fence_free(&f);
}
END_TEST

static const struct {
	const char *query;
	bool ok;
	bool is_given;
	int64_t seq;
	const char *tag;
	int64_t limit;
} queries[] = {
    {"", true, false, 0, "", CURSOR_LIMIT_DEFAULT},
    {"since=0.00000000", true, true, 0, "00000000", CURSOR_LIMIT_DEFAULT},
    {"since=17.0a1b2c3d&limit=5", true, true, 17, "0a1b2c3d", 5},
    {"limit=500", true, false, 0, "", 500},
    {"limit=501", true, false, 0, "", CURSOR_LIMIT_MAX},
    {"limit=1", true, false, 0, "", 1},
    {"x=y&&limit=3&z", true, false, 0, "", 3},
    {"since=9223372036854775807.ffffffff", true, true, INT64_MAX, "ffffffff",
	CURSOR_LIMIT_DEFAULT},
    {"since=9223372036854775808.ffffffff", false, false, 0, "", 0},
    {"since=", false, false, 0, "", 0},
    {"since=1", false, false, 0, "", 0},
    {"since=.00000000", false, false, 0, "", 0},
    {"since=-1.00000000", false, false, 0, "", 0},
    {"since=1.0000000", false, false, 0, "", 0},
    {"since=1.000000000", false, false, 0, "", 0},
    {"since=1.0000000G", false, false, 0, "", 0},
    {"since=1.0000000A", false, false, 0, "", 0},
    {"since=1%2e00000000", false, false, 0, "", 0},
    {"since=1.00000000&since=1.00000000", false, false, 0, "", 0},
    {"limit=", false, false, 0, "", 0},
    {"limit=0", false, false, 0, "", 0},
    {"limit=-1", false, false, 0, "", 0},
    {"limit=99999999999999999999", false, false, 0, "", 0},
    {"limit=1&limit=1", false, false, 0, "", 0},
};

START_TEST(takes_a_get_and_a_post_of_third_parties)
{
	ck_assert(router_takes(DOOR_GATEWAY, GATE_SPAN("POST")));
	ck_assert(router_takes(DOOR_GATEWAY, GATE_SPAN("GET")));
	ck_assert(!router_takes(DOOR_GATEWAY, GATE_SPAN("HEAD")));
	ck_assert(!router_takes(DOOR_GATEWAY, GATE_SPAN("post")));
	ck_assert_str_eq(router_method(DOOR_GATEWAY), "GET, POST");
	ck_assert(!router_takes(DOOR_RELAY, GATE_SPAN("GET")));
	ck_assert(!router_takes(DOOR_RESULTS, GATE_SPAN("POST")));
}
END_TEST

START_TEST(reads_what_results_are_asked_for)
{
	struct fence f = fence_page(gate_span_str(queries[_i].query));
	struct cursor c = {.seq = -7};
	bool ok = cursor_parse(f.span, &c);

	ck_assert_msg(ok == queries[_i].ok, "%s", queries[_i].query);
	if (ok)
		ck_assert_msg(c.is_given == queries[_i].is_given &&
			c.seq == queries[_i].seq &&
			c.limit == queries[_i].limit &&
			gate_span_is(gate_span_str(c.tag), queries[_i].tag),
		    "%s", queries[_i].query);
	else
		ck_assert_msg(c.seq == -7, "%s", queries[_i].query);
	fence_free(&f);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("router");
	TCase *t = tcase_create("router");

	add_row_test(t, finds_the_door_of_a_uri, uris);
	tcase_add_test(t, takes_a_get_and_a_post_of_third_parties);
	add_row_test(t, reads_what_results_are_asked_for, queries);
	suite_add_tcase(s, t);
	return s;
}

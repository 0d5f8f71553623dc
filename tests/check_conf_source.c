/* Sources of a site: lib/conf_source.c, and the clashes between them. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "lib/source.h"
#include "tests/conf_world.h"
#include "tests/runner.h"

static struct conf_world w;

static void
setup(void)
{
	conf_world_init(&w);
}

static void
teardown(void)
{
	conf_world_clear(&w);
}

#define STEP "step \"s\" { service = \"llm\" model = \"m\" prompt = \"p\" }"
#define SECRET(file) "secret \"1\" { value = \"file:secrets.d/" file "\" }"
#define SOURCE(name, more)                                                     \
	"source \"" name "\" { provider = \"stripe\" " more " }\n"
#define SITE(name, more)                                                       \
	"site \"" name "\" { url = \"https://" name "\"\n" more " }\n"

static const struct gate_source *
source(const char *name)
{
	const struct gate_site *site = NULL;
	const struct gate_source *s =
	    gate_source_find(&w.conf->sites, gate_span_str(name), &site);

	ck_assert_ptr_nonnull(s);
	ck_assert_str_eq(site->name, "blog");
	return s;
}

START_TEST(reads_a_source_with_its_secrets_and_its_map)
{
	const struct gate_source *s;

	conf_world_write(&w, "sites.d/blog.conf",
	    SITE("blog",
		SOURCE("blog-stripe",
		    "public_url = \"https://gate/x\"\nbody_max = \"2k\"\n"
		    "tolerance = \"1m\"\n"
		    "map { subject_id = \"/data/object/id\" }\n"
		    "secret \"old\" { value = \"file:secrets.d/a\" }\n"
		    "secret \"new\" { value = \"file:secrets.d/b\" }")
		    SOURCE("other", SECRET("a"))));
	conf_world_load(&w, GATE_CONF_ALL);
	ck_assert_str_eq(conf_world_said(&w), "");
	s = source("blog-stripe");
	ck_assert_str_eq(s->provider->name, "stripe");
	ck_assert_str_eq(s->public_url, "https://gate/x");
	ck_assert_int_eq(s->body_max_bytes, 2048);
	ck_assert_int_eq(s->signing.tolerance_s, 60);
	ck_assert_str_eq(s->map.subject_id, "/data/object/id");
	ck_assert_ptr_null(s->map.actor_id);
	ck_assert_uint_eq(s->secret_count, 2);
	ck_assert_str_eq(s->keys[0].id, "old");
	ck_assert_str_eq(s->keys[1].id, "new");
	ck_assert_ptr_nonnull(s->keys[0].key);
	s = source("other");
	ck_assert_str_eq(s->public_url, "");
	ck_assert_int_eq(s->body_max_bytes, 256 * 1024);
	ck_assert_int_eq(
	    s->signing.tolerance_s, s->provider->signing.tolerance_s);
	ck_assert_ptr_null(s->map.subject_id);
	ck_assert_ptr_null(
	    gate_source_find(&w.conf->sites, GATE_SPAN("blog-strip"), NULL));
}
END_TEST

START_TEST(reads_no_secret_that_is_not_wanted)
{
	conf_world_write(&w, "sites.d/blog.conf",
	    SITE("blog", SOURCE("stripe", SECRET("none"))));
	conf_world_load(&w, GATE_CONF_VENDOR);
	ck_assert_str_eq(conf_world_said(&w), "");
	ck_assert_ptr_null(source("stripe")->keys[0].key);
}
END_TEST

START_TEST(keeps_routes_of_sources_and_of_the_site_apart)
{
	const struct gate_site *s;

	conf_world_write(&w, "sites.d/blog.conf",
	    SITE("blog",
		SOURCE("stripe",
		    SECRET("a")) "route \"own\" { events = {\"x\"} " STEP " }\n"
				 "route \"all\" { events = {\"*\"} " STEP " }\n"
				 "route \"theirs\" { sources = {\"stripe\"} "
				 "events = {\"x\", "
				 "\"invoice.paid\"} " STEP " }\n"));
	conf_world_load(&w, GATE_CONF_ALL);
	ck_assert_str_eq(conf_world_said(&w), "");
	s = gate_site_by_name(&w.conf->sites, GATE_SPAN("blog"));
	ck_assert(gate_route_takes(&s->routes[1], NULL, GATE_SPAN("x")));
	ck_assert(gate_route_takes(&s->routes[0], NULL, GATE_SPAN("x")));
	ck_assert(!gate_route_takes(&s->routes[2], NULL, GATE_SPAN("x")));
	ck_assert(!gate_route_takes(&s->routes[0], "stripe", GATE_SPAN("x")));
	ck_assert(!gate_route_takes(&s->routes[1], "stripe", GATE_SPAN("x")));
	ck_assert(gate_route_takes(&s->routes[2], "stripe", GATE_SPAN("x")));
	ck_assert(!gate_route_takes(&s->routes[2], "stripe", GATE_SPAN("y")));
	ck_assert(!gate_route_takes(&s->routes[2], "strip", GATE_SPAN("x")));
	/* what the site itself may send is no third party's to say */
	ck_assert(gate_site_has_event_type(s, GATE_SPAN("x")));
	ck_assert(!gate_site_has_event_type(s, GATE_SPAN("invoice.paid")));
}
END_TEST

/* The middle of a site file: what is said, from line 2 on. */
static const struct {
	const char *text;
	const char *said;
} insides[] = {
    {"source \"s\" {\n" SECRET("a") " }",
	"sites.d/blog.conf:2: provider: is missing, expected a name of at "
	"most 64 letters, digits, '.', '_', '-'\n"},
    {"source \"s\" {\nprovider = \"none\"\n" SECRET("a") " }",
	"sites.d/blog.conf:3: provider: no such provider, expected one of "
	"doc/providers.md\n"},
    {"source \"s/t\" { provider = \"stripe\" " SECRET("a") " }",
	"sites.d/blog.conf:2: source: bad name, expected at most 64 letters, "
	"digits, '.', '_', '-'\n"},
    {SOURCE("s", ""),
	"sites.d/blog.conf:2: secret: is missing, expected at least one "
	"secret \"ID\" { ... }\n"},
    {SOURCE("s", "\nsecret \"1\" {}"),
	"sites.d/blog.conf:3: value: is missing, expected a reference: "
	"env:NAME, file:PATH or cred:NAME\n"},
    {SOURCE("s", "\n" SECRET("tiny")),
	"sites.d/blog.conf:3: value: file:secrets.d/tiny: too short, expected "
	"a "
	"secret of at least 16 bytes\n"},
    {SOURCE("s", "\ntolerance = \"0s\"\n" SECRET("a")),
	"sites.d/blog.conf:3: tolerance: bad value, expected a duration from "
	"1s to 1h\n"},
    {SOURCE("s", "\nbody_max = \"2m\"\n" SECRET("a")),
	"sites.d/blog.conf:3: body_max: bad value, expected a size from 1k "
	"to 1m\n"},
    {SOURCE("s", SECRET("a") "\nmap { data = \"x\" }"),
	"sites.d/blog.conf:3: data: bad value, expected a JSON Pointer such "
	"as /data/post_id\n"},
    {SOURCE("s", SECRET("a") "\nverify_token = \"file:secrets.d/a\""),
	"sites.d/blog.conf:3: verify_token: this provider has no such token, "
	"expected no such key\n"},
    {SOURCE("s", SECRET("a")) "route \"r\" { events = {\"x\"}\nsources = "
			      "{\"s\", \"t\"}\n" STEP " }",
	"sites.d/blog.conf:4: sources: no such source, expected sources of "
	"this site\n"},
    {"source \"s\" { provider = \"hmac\"\n" SECRET("a") " }",
	"sites.d/blog.conf:2: type: is missing, expected where this sender's "
	"events have their type\n"},
    {"source \"s\" { provider = \"hmac\"\ntype = {\"x\"}\nid = "
     "{\"list:x\"}\n" SECRET("a") " }",
	"sites.d/blog.conf:3: type: bad value, expected one or two of "
	"header:NAME, form:FIELD and JSON Pointers\n"
	"sites.d/blog.conf:4: id: bad value, expected up to six of "
	"header:NAME, form:FIELD, JSON Pointers and hash\n"},
    {"source \"s\" { provider = \"hmac\" type = {\"/x\"}\nsignature {\n"
     "message = \"{time}{body}\"\ntime = \"x\" }\n" SECRET("a") " }",
	"sites.d/blog.conf:3: signature: signature: {time}, {id} and {setting} need to be somewhere\n"
	"sites.d/blog.conf:5: time: bad value, expected header:NAME, "
	"list:NAME or a JSON Pointer\n"},
    {SOURCE("s", SECRET("a") "\nsignature { header = \"X\" }"),
	"sites.d/blog.conf:3: signature: this provider signs in one way, "
	"expected no such block\n"},
    /* a secret signs for one thing */
    {"relay { key \"k\" { secret = \"file:secrets.d/a\" } }\n" SOURCE(
	 "s", SECRET("a")),
	"sites.d/blog.conf:2: secret: the same secret as in "
	"sites.d/blog.conf:3, expected it once\n"
	"sites.d/blog.conf:3: secret: the same secret as in "
	"sites.d/blog.conf:2, expected it once\n"},
    {SOURCE("s", SECRET("a")) "source \"t\" { provider = \"github\" " SECRET(
	 "a") " }",
	"sites.d/blog.conf:2: secret: the same secret as in "
	"sites.d/blog.conf:3, expected it once\n"
	"sites.d/blog.conf:3: secret: the same secret as in "
	"sites.d/blog.conf:2, expected it once\n"},
};

START_TEST(leaves_a_bad_site_out_and_says_why)
{
	char text[2048];

	conf_world_write(&w, "secrets.d/tiny", "123456789012345");
	(void)snprintf(text, sizeof(text),
	    "site \"blog\" { url = \"https://b\"\n%s\n}\n", insides[_i].text);
	conf_world_write(&w, "sites.d/blog.conf", text);
	conf_world_load(&w, GATE_CONF_ALL);
	ck_assert_str_eq(conf_world_said(&w), insides[_i].said);
	ck_assert_uint_eq(w.bad_sites, 1);
	ck_assert(w.conf->sites.incomplete);
}
END_TEST

/* Two site files, and what is said of the pair. */
static const struct {
	const char *a;
	const char *b;
	const char *what;
} pairs[] = {
    {SITE("a", SOURCE("s", SECRET("a"))), SITE("b", SOURCE("s", SECRET("b"))),
	"source: the same source"},
    {SITE("a", SOURCE("s", SECRET("a"))), SITE("b", SOURCE("t", SECRET("a"))),
	"secret: the same secret"},
    {SITE("a", "edge { key \"k\" { secret = \"file:secrets.d/a\" } }"),
	SITE("b", SOURCE("t", SECRET("a"))), "secret: the same secret"},
};

START_TEST(leaves_both_sites_out_that_claim_the_same)
{
	char said[512];

	conf_world_write(&w, "sites.d/a.conf", pairs[_i].a);
	conf_world_write(&w, "sites.d/b.conf", pairs[_i].b);
	conf_world_load(&w, GATE_CONF_ALL);
	(void)snprintf(said, sizeof(said),
	    "sites.d/a.conf:2: %s as in sites.d/b.conf:2, expected it once\n"
	    "sites.d/b.conf:2: %s as in sites.d/a.conf:2, expected it once\n",
	    pairs[_i].what, pairs[_i].what);
	ck_assert_str_eq(conf_world_said(&w), said);
	ck_assert_uint_eq(w.bad_sites, 2);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("conf_source");
	TCase *t = tcase_create("conf_source");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, reads_a_source_with_its_secrets_and_its_map);
	tcase_add_test(t, reads_no_secret_that_is_not_wanted);
	tcase_add_test(t, keeps_routes_of_sources_and_of_the_site_apart);
	add_row_test(t, leaves_a_bad_site_out_and_says_why, insides);
	add_row_test(t, leaves_both_sites_out_that_claim_the_same, pairs);
	suite_add_tcase(s, t);
	return s;
}

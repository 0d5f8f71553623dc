/* The configuration: what loads, what is refused and in which words. */
#include "config.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/conf.h"
#include "lib/conf_unit.h"
#include "lib/crypto_key.h"
#include "tests/conf_world.h"
#include "tests/runner.h"

static struct conf_world w;

static void
open_world(void)
{
	conf_world_init(&w);
}

static void
close_world(void)
{
	conf_world_clear(&w);
}

static const struct {
	const char *in;
	int64_t ms; /* -1: refused */
} durations[] = {
    {"15s", 15000},
    {"500ms", 500},
    {"2m", 120000},
    {"1h", 3600000},
    {"7d", 604800000},
    {"0", 0},
    {"0s", 0},
    {"9223372036854775807ms", INT64_MAX},
    {"9223372036854775808ms", -1},
    {"9223372036854775807s", -1},
    {"99999999999999999999d", -1},
    {"15", -1},
    {"", -1},
    {"s", -1},
    {"-1s", -1},
    {"+1s", -1},
    {" 1s", -1},
    {"1 s", -1},
    {"1s ", -1},
    {"1S", -1},
    {"1.5s", -1},
    {"1h30m", -1},
    {"1w", -1},
};

START_TEST(reads_a_duration_with_one_unit)
{
	int64_t ms = -77;
	bool ok = gate_conf_duration_ms(gate_span_str(durations[_i].in), &ms);

	ck_assert_msg(ok == (durations[_i].ms >= 0), "%s", durations[_i].in);
	ck_assert_int_eq(ms, ok ? durations[_i].ms : -77);
}
END_TEST

static const struct {
	const char *in;
	int64_t bytes; /* -1: refused */
} sizes[] = {
    {"256k", 262144},
    {"1m", 1048576},
    {"2g", INT64_C(2147483648)},
    {"4096", 4096},
    {"0", 0},
    {"9223372036854775807", INT64_MAX},
    {"9223372036854775807k", -1},
    {"256K", -1},
    {"256kb", -1},
    {"k", -1},
    {"-1", -1},
    {"0x10", -1},
};

START_TEST(reads_a_size_with_one_unit)
{
	int64_t n = -77;
	bool ok = gate_conf_size(gate_span_str(sizes[_i].in), &n);

	ck_assert_msg(ok == (sizes[_i].bytes >= 0), "%s", sizes[_i].in);
	ck_assert_int_eq(n, ok ? sizes[_i].bytes : -77);
}
END_TEST

START_TEST(gives_every_key_its_default)
{
	const struct gate_conf *c;

	conf_world_load(&w, GATE_CONF_ALL);
	ck_assert_str_eq(conf_world_said(&w), "");
	ck_assert_int_eq(w.code, GATE_OK);
	c = w.conf;
	ck_assert_int_eq(c->log_level, GATE_LOG_INFO);
	ck_assert_str_eq(c->database.url, "dbname=pressgate");
	ck_assert(c->database.prepared);
	ck_assert_int_eq(c->database.call_timeout_ms, 2500);
	ck_assert_str_eq(c->fcgi.listen, "/run/pressgate/fcgi.sock");
	ck_assert_int_eq(c->fcgi.mode, 0660);
	ck_assert_int_eq(c->fcgi.processes, 8);
	ck_assert_int_eq(c->fcgi.backlog, 1024);
	ck_assert(!c->fcgi.plain_http);
	ck_assert_int_eq(c->worker.poll_min_ms, 20);
	ck_assert_int_eq(c->worker.stop_s, 30);
	ck_assert_int_eq(c->policies[GATE_URGENCY_HIGH].attempts, 5);
	ck_assert_int_eq(c->policies[GATE_URGENCY_HIGH].cap_ms, 27000);
	ck_assert_int_eq(c->policies[GATE_URGENCY_LOW].window_s, 3 * 86400);
	ck_assert_uint_eq(c->service_count, 2);
	ck_assert_str_eq(c->services[1].name, "crm");
	ck_assert_int_eq(c->services[1].kind, GATE_SERVICE_HTTP);
	ck_assert_int_eq(c->services[0].timeout_ms, 15000);
	ck_assert_uint_eq(c->sites.count, 0);
	ck_assert(!c->sites.incomplete);
}
END_TEST

START_TEST(reads_a_site_with_its_routes)
{
	const struct gate_hmac_secrets *keys;
	const struct gate_site *s;
	const struct gate_route *r;

	conf_world_write(&w, "sites.d/blog.conf", conf_world_blog);
	conf_world_load(&w, GATE_CONF_ALL);
	ck_assert_str_eq(conf_world_said(&w), "");
	s = gate_site_by_name(&w.conf->sites, GATE_SPAN("blog"));
	ck_assert_ptr_nonnull(s);
	ck_assert_int_eq(s->body_max_bytes, 262144);
	ck_assert_int_eq(s->idempotency_ttl_s, 30 * 86400);
	ck_assert_int_eq(s->window_s, 300);
	keys = &s->secrets[GATE_SCHEME_RELAY];
	ck_assert_uint_eq(keys->count, 1);
	ck_assert_int_eq(keys->list[0].state, GATE_KEY_CURRENT);
	ck_assert_ptr_nonnull(keys->list[0].key);
	ck_assert_int_eq(keys->list[0].line, 3);
	ck_assert(gate_site_by_secret(
		      &w.conf->sites, GATE_SCHEME_RELAY, GATE_SPAN("k1")) == s);
	ck_assert_ptr_null(gate_site_by_secret(
	    &w.conf->sites, GATE_SCHEME_EDGE, GATE_SPAN("k1")));
	ck_assert_uint_eq(s->secrets[GATE_SCHEME_EDGE].count, 0);
	ck_assert_ptr_null(s->bridge.issuer);
	ck_assert(gate_site_has_event_type(s, GATE_SPAN("post.updated")));
	ck_assert(!gate_site_has_event_type(s, GATE_SPAN("post")));
	r = gate_site_route(s, GATE_SPAN("summarise"));
	ck_assert_ptr_nonnull(r);
	ck_assert_int_eq(r->urgency, GATE_URGENCY_NORMAL);
	ck_assert_int_eq(r->mode, GATE_MODE_LIVE);
	ck_assert(gate_route_takes(r, NULL, GATE_SPAN("post.updated")));
	ck_assert(!gate_route_takes(r, NULL, GATE_SPAN("post.updated ")));
	ck_assert_uint_eq(r->step_count, 1);
	ck_assert_ptr_eq(r->steps[0].service, &w.conf->services[0]);
	ck_assert_int_eq(r->steps[0].line, 6);
	ck_assert_ptr_nonnull(r->steps[0].prompt);
	ck_assert_ptr_null(r->result);
	ck_assert_int_eq(gate_step_lease_s(&r->steps[0]), 23);
}
END_TEST

START_TEST(keeps_steps_in_their_order)
{
	const struct gate_route *r;

	conf_world_write(&w, "prompt.txt", "Note {{/a}}\n");
	conf_world_write(&w, "sites.d/blog.conf",
	    "site \"blog\" { url = \"https://b\"\n"
	    "route \"r\" { events = {\"*\"} mode = dry-run urgency = high\n"
	    "step \"z\" { service = llm model = m prompt_file = prompt.txt }\n"
	    "step \"a\" { service = crm body = \"{{/steps/z/output/text}}\" }\n"
	    "step \"m\" { service = crm method = PUT url = \"https://x/\" }\n"
	    "result = \"{}\" serial_by = \"/a~1b\" deliver = {poll} } }");
	conf_world_load(&w, GATE_CONF_ALL);
	ck_assert_str_eq(conf_world_said(&w), "");
	r = &w.conf->sites.list[0].routes[0];
	ck_assert_uint_eq(r->step_count, 3);
	ck_assert_str_eq(r->steps[0].name, "z");
	ck_assert_str_eq(r->steps[1].name, "a");
	ck_assert_str_eq(r->steps[1].method, "POST");
	ck_assert_str_eq(r->steps[1].content_type, "application/json");
	ck_assert_str_eq(r->steps[2].method, "PUT");
	ck_assert_ptr_nonnull(r->steps[2].url);
	ck_assert_int_eq(r->mode, GATE_MODE_DRY_RUN);
	ck_assert_str_eq(r->serial_key, "/a~1b");
	ck_assert(gate_route_takes(r, NULL, GATE_SPAN("anything")));
	ck_assert_uint_eq(w.conf->sites.list[0].event_type_count, 0);
}
END_TEST

/* A pressgate.conf and every line that is said of it. */
static const struct {
	const char *text;
	const char *said;
} mains[] = {
    {"secrt = 1\n",
	"pressgate.conf:1: no such option 'secrt', expected one of "
	"log_level, endpoint, metrics, sites, database, fcgi, worker, "
	"limits, spool, retry_high, retry_normal, retry_low, service\n"},
    {"a = 1\nb = 2\nfcgi {\n\nc = 3\n}\n",
	"pressgate.conf:1: no such option 'a', expected one of log_level, "
	"endpoint, metrics, sites, database, fcgi, worker, limits, spool, "
	"retry_high, retry_normal, retry_low, service\n"
	"pressgate.conf:2: no such option 'b', expected one of log_level, "
	"endpoint, metrics, sites, database, fcgi, worker, limits, spool, "
	"retry_high, retry_normal, retry_low, service\n"
	"pressgate.conf:5: no such option 'c', expected one of listen, group, "
	"user, mode, processes, backlog, mount, request_timeout, "
	"requests_per_child, plain_http, trusted_proxies\n"},
    {"fcgi { mood = 1\nmode = 0999 }\nlog_level = \"loud\"\n"
     "log_level = \"info\"\n",
	"pressgate.conf:1: no such option 'mood', expected one of listen, "
	"group, user, mode, processes, backlog, mount, request_timeout, "
	"requests_per_child, plain_http, trusted_proxies\n"
	"pressgate.conf:2: mode: bad value, expected octal permissions such "
	"as 0660\n"
	"pressgate.conf:4: log_level is given twice, first in line 3\n"},
    {"fcgi {\n\tprocesses = 0\n\tmode = 0999\n}\nlog_level = \"loud\"\n",
	"pressgate.conf:2: processes: bad value, expected a number from 1 to "
	"512\n"
	"pressgate.conf:3: mode: bad value, expected octal permissions such "
	"as 0660\n"
	"pressgate.conf:5: log_level: bad value, expected error, warn, info "
	"or debug\n"},
    {"fcgi { processes = 513 }",
	"pressgate.conf:1: processes: bad value, expected a number from 1 to "
	"512\n"},
    {"fcgi { processes = 0x10 }",
	"pressgate.conf:1: processes: bad value, expected a number from 1 to "
	"512\n"},
    {"fcgi { mount = \"gate\"\ntrusted_proxies = \"10.0.0.0/33\" }",
	"pressgate.conf:1: mount: bad value, expected a path such as /gate, "
	"without a slash at its end\n"
	"pressgate.conf:2: trusted_proxies: bad value, expected addresses "
	"such as 10.0.0.0/8, separated by commas\n"},
    {"fcgi { mount = \"/gate/\" }",
	"pressgate.conf:1: mount: bad value, expected a path such as /gate, "
	"without a slash at its end\n"},
    {"database { prepared = 1 }",
	"pressgate.conf:1: prepared: bad value, expected true or false\n"},
    {"worker { stop = \"1500ms\" }",
	"pressgate.conf:1: stop: bad value, expected a duration from 0ms to "
	"1h\n"},
    {"retry_high { cap = \"8d\" window = \"0\" }",
	"pressgate.conf:1: cap: bad value, expected a duration from 10ms to "
	"7d\n"
	"pressgate.conf:1: window: bad value, expected a duration from 1s to "
	"30d\n"},
    {"service \"x\" {\n}\n",
	"pressgate.conf:1: kind: is missing, expected openai-chat or http\n"
	"pressgate.conf:1: url: is missing, expected https://host/... or "
	"http://host/...\n"},
    {"\n\nservice \"x y\" { kind = http url = \"ftp://x\" }",
	"pressgate.conf:3: service: bad name, expected at most 64 letters, "
	"digits, '.', '_', '-'\n"
	"pressgate.conf:3: url: bad value, expected https://host/... or "
	"http://host/...\n"},
    {"service \"x\" { kind = http url = \"http://x\" }",
	"pressgate.conf:1: url: is without TLS, expected https://, or "
	"allow_private = true for a service of your own network\n"},
    {"service \"x\" { kind = http url = \"https://x\"\nsecret = \"sk-123\" }",
	"pressgate.conf:2: secret: a secret is named by env:NAME, "
	"file:PATH or cred:NAME\n"},
    {"service \"x\" { kind = http url = \"https://x\"\nca = \"ca.pem\" }",
	"pressgate.conf:2: ca: expected file:PATH\n"},
    {"service \"x\" { kind = http url = \"https://x\"\nca = \"file:\" }",
	"pressgate.conf:2: ca: expected file:PATH\n"},
    {"service \"x\" { kind = http url = \"https://x\"\n"
     "ca = \"file:nowhere\" }",
	"pressgate.conf:2: ca: cannot open: No such file or directory\n"},
    {"service \"x\" { kind = http url = \"https://x\"\n"
     "ca = \"file:secrets.d\" }",
	"pressgate.conf:2: ca: is not a regular file\n"},
    {"service \"x\" { kind = http url = \"https://x\"\n"
     "ca = \"file:secrets.d/a\" }",
	"pressgate.conf:2: ca: holds no certificate, or a broken one, "
	"expected PEM\n"},
    {"service \"x\" { kind = http url = \"https://x\" }\n"
     "service \"x\" { kind = http url = \"https://x\" }",
	"pressgate.conf:2: found duplicate title 'x'\n"},
    {"log_level = info\nlog_level = debug\n",
	"pressgate.conf:2: log_level is given twice, first in line 1\n"},
    {"fcgi { processes = 1 }\nfcgi { backlog = 5 }",
	"pressgate.conf:2: fcgi: a second block, expected one (the first is "
	"in line 1)\n"},
    {"sites = \"nowhere\"",
	"pressgate.conf: sites: cannot read nowhere: No such file or "
	"directory, expected a directory\n"},
    {"# one\n// two\n/* three\n four */ # five\nlog_level = # six\nloud # x\n"
     "fcgi { # seven\n# eight\n mode = 1 /* nine */ backlog = 0 }\n",
	"pressgate.conf:6: log_level: bad value, expected error, warn, info "
	"or debug\n"
	"pressgate.conf:9: mode: bad value, expected octal permissions such "
	"as 0660\n"
	"pressgate.conf:9: backlog: bad value, expected a number from 1 to "
	"65535\n"},
    {"fcgi { listen = '# no comment' group = \"/* none */\"\nmode = 1 }\n",
	"pressgate.conf:2: mode: bad value, expected octal permissions such "
	"as 0660\n"},
    {"fcgi { listen = \"two\nlines\"\nmode = 1 }\n",
	"pressgate.conf:3: mode: bad value, expected octal permissions such "
	"as 0660\n"},
    /* What libconfuse alone would accept. */
    {"fcgi {\n\tprocesses = 1\n",
	"pressgate.conf:1: { is not closed before the end of the file, "
	"expected }\n"},
    {"fcgi {\n\tprocesses = 1\n}\n}\n", "pressgate.conf:4: } without its {\n"},
    {"log_level = \"info\n",
	"pressgate.conf:1: a string is not closed, expected \"\n"},
    {"log_level = 'info\n",
	"pressgate.conf:1: a string is not closed, expected '\n"},
    {"\n/* log_level = info\n",
	"pressgate.conf:2: a comment is not closed, expected */\n"},
    {"log_level = \"${NOT_SET_ANYWHERE}\"\n",
	"pressgate.conf:1: ${NOT_SET_ANYWHERE} is not set, expected it in "
	"the environment, or a default: ${NOT_SET_ANYWHERE:-default}\n"},
    {"log_level = ${NOT_SET_ANYWHERE}\n",
	"pressgate.conf:1: ${NOT_SET_ANYWHERE} is not set, expected it in "
	"the environment, or a default: ${NOT_SET_ANYWHERE:-default}\n"},
    {"log_level = \"${a b}\"\n",
	"pressgate.conf:1: a bad variable, expected ${NAME} or "
	"${NAME:-default}; write \\${ for the characters\n"},
    {"log_level = \"in\\0fo\"\n",
	"pressgate.conf:1: an octal escape, expected \\xHH\n"},
    {"log_level = \"in\\x00fo\"\n",
	"pressgate.conf:1: an escaped NUL, expected text\n"},
    {"log_level = \"in\\x0g\"\n",
	"pressgate.conf:1: an escaped NUL, expected text\n"},
    {"include(\"other.conf\")\n",
	"pressgate.conf:1: byte 0x28 has no meaning here, expected quotes "
	"around text\n"
	"pressgate.conf:1: byte 0x29 has no meaning here, expected quotes "
	"around text\n"},
    {"# \xc3\xa9\nlog_level = \"\xe9\"\n", "pressgate.conf:2: is not UTF-8\n"},
    {"log_level\n", "pressgate.conf:2: premature end of file\n"},
    {"log_level = {info}\n", "pressgate.conf:1: unexpected token '{'\n"},
    {"unheard {\n}\n",
	"pressgate.conf:1: no such option 'unheard', expected one of "
	"log_level, endpoint, metrics, sites, database, fcgi, worker, "
	"limits, spool, retry_high, retry_normal, retry_low, service\n"
	"pressgate.conf:1: missing equal sign after option 'unheard'\n"},
};

START_TEST(says_all_that_is_wrong_with_pressgate_conf)
{
	conf_world_write(&w, "pressgate.conf", mains[_i].text);
	conf_world_load(&w, GATE_CONF_ALL);
	ck_assert_str_eq(conf_world_said(&w), mains[_i].said);
	ck_assert_int_eq(w.code, GATE_E_CONF);
	ck_assert_ptr_null(w.conf);
}
END_TEST

/* The middle of a site file: what is said, from line 2 on. */
static const struct {
	const char *text;
	const char *said;
} insides[] = {
    {"",
	"sites.d/blog.conf:1: url: is missing, expected https://host/... or "
	"http://host/...\n"},
    {"url = \"https://b\" relay {}",
	"sites.d/blog.conf:2: key: is missing, expected at least one key "
	"\"ID\" { ... }\n"},
    {"url = \"https://b\" relay { key \"k\" {} }",
	"sites.d/blog.conf:2: secret: is missing, expected a reference: "
	"env:NAME, file:PATH or cred:NAME\n"},
    {"url = \"https://b\" relay { key \"k/1\" { secret = \"file:secrets.d/a\" "
     "} }",
	"sites.d/blog.conf:2: key: bad name, expected at most 64 letters, "
	"digits, '.', '_', '-'\n"},
    {"url = \"https://b\" relay {\nkey \"k\" { secret = "
     "\"file:secrets.d/short\" } }",
	"sites.d/blog.conf:3: secret: file:secrets.d/short: too short, "
	"expected a secret of at least 24 bytes\n"},
    {"url = \"https://b\" relay { key \"k\" { secret = "
     "\"file:secrets.d/none\" } }",
	"sites.d/blog.conf:2: secret: file:secrets.d/none: No such file or "
	"directory, expected a secret of at least 24 bytes\n"},
    {"url = \"https://b\" edge {}\nedge {}",
	"sites.d/blog.conf:2: key: is missing, expected at least one key "
	"\"ID\" { ... }\n"
	"sites.d/blog.conf:3: edge: a second block, expected one\n"},
    {"url = \"https://b\" bridge {}",
	"sites.d/blog.conf:2: issuer: is missing, expected text of 1 to 200 "
	"bytes\n"
	"sites.d/blog.conf:2: hmac: is missing, expected at least one hmac "
	"\"ID\" { ... }\n"},
    {"url = \"https://b\" bridge { issuer = i audience = a\n"
     "results_audience = a hmac \"h\" { secret = \"file:secrets.d/a\" } }",
	"sites.d/blog.conf:2: results_audience: the same as audience, "
	"expected another text\n"},
    {"url = \"https://b\" bridge { issuer = i\n"
     "hmac \"h\" { secret = \"file:secrets.d/a\" }\n"
     "key \"1\" { algorithm = RS512 }\n"
     "key \"2\" { algorithm = RS256 }\n"
     "key \"3\" { algorithm = RS256 secret = \"file:secrets.d/b\" }\n"
     "key \"4\" { algorithm = HS256 public = \"file:secrets.d/b\" }\n"
     "key \"5\" { algorithm = HS256 secret = \"file:secrets.d/b\" } }",
	"sites.d/blog.conf:4: algorithm: bad value, expected RS256, ES256, "
	"EdDSA or HS256\n"
	"sites.d/blog.conf:5: public: is missing, expected a reference: "
	"env:NAME, file:PATH or cred:NAME\n"
	"sites.d/blog.conf:6: secret: does not belong to RS256, expected "
	"public\n"
	"sites.d/blog.conf:6: public: is missing, expected a reference: "
	"env:NAME, file:PATH or cred:NAME\n"
	"sites.d/blog.conf:7: public: does not belong to HS256, expected "
	"secret\n"
	"sites.d/blog.conf:7: secret: is missing, expected a reference: "
	"env:NAME, file:PATH or cred:NAME\n"
	"sites.d/blog.conf:8: secret: file:secrets.d/b: too short, expected a "
	"secret of at least 32 bytes\n"},
    {"url = \"https://b\" relay { key \"k\" { secret = \"file:secrets.d/a\" "
     "} }\nedge { key \"k\" { secret = \"file:secrets.d/a\" } }",
	"sites.d/blog.conf:2: secret: the same secret as in "
	"sites.d/blog.conf:3, expected it once\n"
	"sites.d/blog.conf:3: secret: the same secret as in "
	"sites.d/blog.conf:2, expected it once\n"},
    {"url = \"https://b\" bridge { issuer = i key \"k\" { algorithm = HS256 "
     "secret = \"file:secrets.d/long\" }\n"
     "hmac \"k\" { secret = \"file:secrets.d/long\" } }",
	"sites.d/blog.conf:2: secret: the same secret as in "
	"sites.d/blog.conf:3, expected it once\n"
	"sites.d/blog.conf:3: secret: the same secret as in "
	"sites.d/blog.conf:2, expected it once\n"},
    {"url = \"https://b\"\nbody_max = \"2m\"\nidempotency_ttl = "
     "\"91d\"\nwindow = \"29s\"\nevents = {\"*\", \"a b\"}",
	"sites.d/blog.conf:3: body_max: bad value, expected a size from 1k to "
	"1m\n"
	"sites.d/blog.conf:4: idempotency_ttl: bad value, expected a duration "
	"from 1d to 90d\n"
	"sites.d/blog.conf:5: window: bad value, expected a duration from 30s "
	"to 1h\n"
	"sites.d/blog.conf:6: events: bad value, expected event types such as "
	"post.published\n"
	"sites.d/blog.conf:6: events: bad value, expected event types such as "
	"post.published\n"},
    {"url = \"https://b\" route \"r\" {\n}",
	"sites.d/blog.conf:2: events: is missing, expected an event type such "
	"as post.published\n"
	"sites.d/blog.conf:2: step: is missing, expected at least one step\n"},
    {"url = \"https://b\" route \"r\" { events = {\"a\"}\nevents = {\"b\"}\n"
     "step \"s\" { service = crm } }",
	"sites.d/blog.conf:3: events is given twice, first in line 2\n"},
    {"url = \"https://b\" route \"r\" { events = {\"a\", \"c\"}\nevents = "
     "{\"b\"}\nstep \"s\" { service = crm } }",
	"sites.d/blog.conf:3: events is given twice, first in line 2\n"},
    {"url = \"https://b\" route \"r\" { events = {a} step \"s\" {\nservice = "
     "none } }",
	"sites.d/blog.conf:3: service: no such service, expected one of "
	"pressgate.conf\n"},
    {"url = \"https://b\" route \"r\" { events = {a}\nstep \"s\" { service = "
     "llm } }",
	"sites.d/blog.conf:3: model: is missing, expected the model that is "
	"asked\n"
	"sites.d/blog.conf:3: prompt: is missing, expected prompt or "
	"prompt_file\n"},
    {"url = \"https://b\" route \"r\" { events = {a} step \"s\" { service = "
     "llm\nmodel = m\nprompt = p\nmethod = PUT\nbody = x } }",
	"sites.d/blog.conf:5: method: belongs to a service of kind http, "
	"expected a key for openai-chat\n"
	"sites.d/blog.conf:6: body: belongs to a service of kind http, "
	"expected a key for openai-chat\n"},
    {"url = \"https://b\" route \"r\" { events = {a} step \"s\" { service = "
     "crm\nmodel = m\nmethod = put } }",
	"sites.d/blog.conf:3: model: belongs to a service of kind "
	"openai-chat, expected a key for http\n"
	"sites.d/blog.conf:4: method: bad value, expected GET, POST, PUT, "
	"PATCH or DELETE\n"},
    {"url = \"https://b\" route \"r\" { events = {a} step \"s\" { service = "
     "llm model = m\nprompt = p\nprompt_file = \"nowhere\" } }",
	"sites.d/blog.conf:4: prompt_file: cannot open: No such file or "
	"directory, expected a file of text with {{/pointer}}\n"},
    {"url = \"https://b\" route \"r\" { events = {a} step \"s\" { service = "
     "llm model = m\nprompt = p\nprompt_file = \"secrets.d/a\" } }",
	"sites.d/blog.conf:4: prompt_file: the same text is also given by "
	"another key, expected a file of text with {{/pointer}}\n"},
    {"url = \"https://b\" route \"r\" { events = {a} step \"s\" { service = "
     "crm }\ndeliver = {poll, callback}\ncoalesce_by = \"/user\" }",
	"sites.d/blog.conf:3: deliver: this version does not deliver "
	"callbacks, expected {\"poll\"}\n"
	"sites.d/blog.conf:4: coalesce_by: this version does not coalesce "
	"events, expected no such key\n"},
    {"url = \"https://b\" route \"r\" { events = {a} step \"s\" { service = "
     "crm }\nserial_by = \"user\"\nurgency = fast\nmode = \"\" }",
	"sites.d/blog.conf:3: serial_by: bad value, expected a JSON Pointer "
	"such as /data/post_id\n"
	"sites.d/blog.conf:4: urgency: bad value, expected high, normal or "
	"low\n"
	"sites.d/blog.conf:5: mode: bad value, expected live, dry-run or "
	"mirror\n"},
};

START_TEST(leaves_a_bad_site_out_and_says_why)
{
	char text[2048];

	conf_world_write(
	    &w, "sites.d/other.conf", "site \"other\" { url = \"https://o\" }");
	(void)snprintf(
	    text, sizeof(text), "site \"blog\" {\n%s\n}\n", insides[_i].text);
	conf_world_write(&w, "sites.d/blog.conf", text);
	conf_world_load(&w, GATE_CONF_ALL);
	ck_assert_str_eq(conf_world_said(&w), insides[_i].said);
	ck_assert_int_eq(w.code, GATE_OK);
	ck_assert_uint_eq(w.bad_sites, 1);
	ck_assert(w.conf->sites.incomplete);
	ck_assert_uint_eq(w.conf->sites.count, 1);
	ck_assert_str_eq(w.conf->sites.list[0].name, "other");
}
END_TEST

#define SITE(name, more)                                                       \
	"site \"" name "\" { url = \"https://" name "\" " more " }\n"

/* Two site files, and what is said of the pair. */
static const struct {
	const char *a;
	const char *b;
	const char *said;
} pairs[] = {
    {SITE("a", "default = true"), SITE("b", "\ndefault = true"),
	"sites.d/a.conf:1: default: a default site as in sites.d/b.conf:2, "
	"expected it once\n"
	"sites.d/b.conf:2: default: a default site as in sites.d/a.conf:1, "
	"expected it once\n"},
    {SITE("a", "relay { key \"k\" { secret = \"file:secrets.d/a\" } }"),
	SITE("b", "\nrelay { key \"k\" { secret = \"file:secrets.d/b\" } }"),
	"sites.d/a.conf:1: key: the same key id as in sites.d/b.conf:2, "
	"expected it once\n"
	"sites.d/b.conf:2: key: the same key id as in sites.d/a.conf:1, "
	"expected it once\n"},
    {SITE("a", "relay { key \"k\" { secret = \"file:secrets.d/a\" } }"),
	SITE("b", "\nrelay { key \"l\" { secret = \"file:secrets.d/a\" } }"),
	"sites.d/a.conf:1: secret: the same secret as in sites.d/b.conf:2, "
	"expected it once\n"
	"sites.d/b.conf:2: secret: the same secret as in sites.d/a.conf:1, "
	"expected it once\n"},
    {SITE("a", "edge { key \"k\" { secret = \"file:secrets.d/a\" } }"),
	SITE("b", "\nedge { key \"k\" { secret = \"file:secrets.d/b\" } }"),
	"sites.d/a.conf:1: key: the same key id as in sites.d/b.conf:2, "
	"expected it once\n"
	"sites.d/b.conf:2: key: the same key id as in sites.d/a.conf:1, "
	"expected it once\n"},
    {SITE("a", "edge { key \"k\" { secret = \"file:secrets.d/a\" } }"),
	SITE("b", "\nrelay { key \"k\" { secret = \"file:secrets.d/a\" } }"),
	"sites.d/a.conf:1: secret: the same secret as in sites.d/b.conf:2, "
	"expected it once\n"
	"sites.d/b.conf:2: secret: the same secret as in sites.d/a.conf:1, "
	"expected it once\n"},
    {SITE("a",
	 "bridge { issuer = i hmac \"1\" { secret = \"file:secrets.d/a\" } }"),
	SITE("b",
	    "bridge { hmac \"2\" { secret = \"file:secrets.d/b\" }\n"
	    "issuer = i }"),
	"sites.d/a.conf:1: issuer: the same issuer as in sites.d/b.conf:2, "
	"expected it once\n"
	"sites.d/b.conf:2: issuer: the same issuer as in sites.d/a.conf:1, "
	"expected it once\n"},
};

START_TEST(leaves_both_sites_out_that_claim_the_same)
{
	conf_world_write(&w, "sites.d/a.conf", pairs[_i].a);
	conf_world_write(&w, "sites.d/b.conf", pairs[_i].b);
	conf_world_write(&w, "sites.d/c.conf", SITE("c", ""));
	conf_world_load(&w, GATE_CONF_ALL);
	ck_assert_str_eq(conf_world_said(&w), pairs[_i].said);
	ck_assert_uint_eq(w.bad_sites, 2);
	ck_assert(w.conf->sites.incomplete);
	ck_assert_uint_eq(w.conf->sites.count, 1);
	ck_assert_ptr_null(gate_site_default(&w.conf->sites));
}
END_TEST

static const struct {
	const char *file;
	const char *text;
	const char *said;
} names[] = {
    {"sites.d/blog.conf", SITE("shop", ""),
	"sites.d/blog.conf:1: site: another name than the file's, expected "
	"\"blog\"\n"},
    {"sites.d/Blog.conf", SITE("Blog", ""),
	"sites.d/Blog.conf: bad file name, expected lower-case letters, "
	"digits and '-', at most 63, then .conf\n"},
    {"sites.d/blog.conf", "",
	"sites.d/blog.conf:1: site: is missing, expected site \"blog\" { ... "
	"}\n"},
    {"sites.d/blog.conf", SITE("blog", "") SITE("b", ""),
	"sites.d/blog.conf:2: site: a second site, expected a file for "
	"each\n"},
};

START_TEST(holds_a_file_to_its_name)
{
	conf_world_write(&w, names[_i].file, names[_i].text);
	conf_world_load(&w, GATE_CONF_ALL);
	ck_assert_str_eq(conf_world_said(&w), names[_i].said);
	ck_assert_uint_eq(w.bad_sites, 1);
	ck_assert_uint_eq(w.conf->sites.count, 0);
}
END_TEST

START_TEST(passes_over_files_that_are_no_sites)
{
	conf_world_write(&w, "sites.d/.blog.conf", "{");
	conf_world_write(&w, "sites.d/blog.conf~", "{");
	conf_world_write(&w, "sites.d/.conf", "{");
	conf_world_write(&w, "sites.d/README", "{");
	conf_world_load(&w, GATE_CONF_ALL);
	ck_assert_str_eq(conf_world_said(&w), "");
	ck_assert(!w.conf->sites.incomplete);
}
END_TEST

START_TEST(finds_sites_whose_files_sort_otherwise)
{
	conf_world_write(&w, "sites.d/a.conf", SITE("a", ""));
	conf_world_write(&w, "sites.d/a-b.conf", SITE("a-b", ""));
	conf_world_write(&w, "sites.d/a0.conf", SITE("a0", "default = yes"));
	conf_world_load(&w, GATE_CONF_ALL);
	ck_assert_str_eq(conf_world_said(&w), "");
	ck_assert_ptr_nonnull(
	    gate_site_by_name(&w.conf->sites, GATE_SPAN("a")));
	ck_assert_ptr_nonnull(
	    gate_site_by_name(&w.conf->sites, GATE_SPAN("a-b")));
	ck_assert_str_eq(gate_site_default(&w.conf->sites)->name, "a0");
	ck_assert_ptr_null(gate_site_by_name(&w.conf->sites, GATE_SPAN("")));
	ck_assert_ptr_null(gate_site_by_name(&w.conf->sites, GATE_SPAN("a\0")));
}
END_TEST

#define BRIDGE(inside)                                                         \
	"bridge { issuer = \"https://i\"\n" inside                             \
	"hmac \"h1\" { secret = \"file:secrets.d/b\" } }"

START_TEST(reads_a_bridge_with_its_keys)
{
	const struct gate_bridge *b;
	const struct gate_site *s;

	conf_world_write(&w, "sites.d/blog.conf",
	    SITE("blog",
		BRIDGE("key \"t1\" { algorithm = HS256 "
		       "secret = \"file:secrets.d/long\" }\n"
		       "key \"t2\" { algorithm = ES256 "
		       "public = \"file:secrets.d/ec.pem\" }\n"
		       "audience = django-api\n")));
	conf_world_load(&w, GATE_CONF_ALL);
	ck_assert_str_eq(conf_world_said(&w), "");
	s = gate_site_by_issuer(&w.conf->sites, GATE_SPAN("https://i"));
	ck_assert_ptr_nonnull(s);
	ck_assert_ptr_null(
	    gate_site_by_issuer(&w.conf->sites, GATE_SPAN("https://i/")));
	b = &s->bridge;
	ck_assert_str_eq(b->audience, "django-api");
	ck_assert_str_eq(b->results_audience, "pressgate-results");
	ck_assert_uint_eq(b->key_count, 2);
	ck_assert_str_eq(b->keys[0].id, "t1");
	ck_assert_str_eq(b->set[1].id, "t2");
	ck_assert_int_eq(gate_verify_key_alg(b->set[1].key), GATE_ALG_ES256);
	ck_assert_int_eq(b->keys[0].algorithm, GATE_ALG_HS256);
	ck_assert_int_eq(b->keys[0].state, GATE_KEY_CURRENT);
	ck_assert_uint_eq(s->secrets[GATE_SCHEME_HMAC].count, 1);
	ck_assert(gate_site_by_secret(
		      &w.conf->sites, GATE_SCHEME_HMAC, GATE_SPAN("h1")) == s);
}
END_TEST

/* A site that the command has made and whose plugin has no key yet. */
START_TEST(takes_a_bridge_that_is_not_paired_yet)
{
	conf_world_write(&w, "sites.d/blog.conf", SITE("blog", BRIDGE("")));
	conf_world_load(&w, GATE_CONF_ALL);
	ck_assert_str_eq(conf_world_said(&w), "");
	ck_assert_uint_eq(w.conf->sites.list[0].bridge.key_count, 0);
}
END_TEST

/* The plugin's key, as pressgate(1) puts it there. */
START_TEST(takes_a_public_key_from_the_keys_file)
{
	const struct gate_bridge *b;

	conf_world_write(&w, "sites.d/blog.conf", SITE("blog", BRIDGE("")));
	conf_world_write(&w, "sites.d/blog.keys",
	    "bridge wp-1 next 2026-11-22T06:30:00Z ES256 secrets.d/ec.pem\n");
	conf_world_load(&w, GATE_CONF_ALL);
	ck_assert_str_eq(conf_world_said(&w), "");
	b = &w.conf->sites.list[0].bridge;
	ck_assert_uint_eq(b->key_count, 1);
	ck_assert_str_eq(b->set[0].id, "wp-1");
	ck_assert_int_eq(b->keys[0].state, GATE_KEY_NEXT);
	ck_assert_int_eq(gate_verify_key_alg(b->set[0].key), GATE_ALG_ES256);
	conf_world_load(&w, 0);
	ck_assert_str_eq(conf_world_said(&w), "");
	ck_assert_ptr_null(w.conf->sites.list[0].bridge.set[0].key);
}
END_TEST

#define WP1 "bridge wp-1 current 2026-11-22T06:30:00Z "

static const struct {
	const char *inside;
	const char *lines;
	const char *said;
} key_files[] = {
    {"", "bridge wp-1 next 2026-11-22T06:30:00Z ES256 secrets.d/ec.pem\n",
	"sites.d/blog.keys:1: bridge: a key for a door that the site does not "
	"have, expected a block bridge in sites.d/blog.conf\n"},
    {BRIDGE("key \"wp-1\" { algorithm = ES256 "
	    "public = \"file:secrets.d/ec.pem\" }\n"),
	WP1 "ES256 secrets.d/ec.pem\n",
	"sites.d/blog.keys:1: bridge: the key id wp-1 is there already, "
	"expected it once\n"},
    {BRIDGE(""), WP1 "ES256 secrets.d/ec.pem\n" WP1 "ES256 secrets.d/ec.pem\n",
	"sites.d/blog.keys:2: bridge: the key id wp-1 is there already, "
	"expected it once\n"},
    {BRIDGE(""), WP1 "RS256 secrets.d/ec.pem\n",
	"sites.d/blog.keys:1: bridge: key: an RSA key was expected for RS256, "
	"not EC\n"},
    {BRIDGE(""), WP1 "RS256 secrets.d/weak.pem\n",
	"sites.d/blog.keys:1: bridge: key: RSA of 2048 to 8192 bits was "
	"expected, not 1024\n"},
    {BRIDGE(""), WP1 "RS256 nowhere.pem\n",
	"sites.d/blog.keys:1: bridge: file:nowhere.pem: No such file or "
	"directory, expected a public key in PEM\n"},
};

START_TEST(refuses_a_public_key_of_the_keys_file)
{
	char text[1024];

	(void)snprintf(text, sizeof(text),
	    "site \"blog\" { url = \"https://b\" %s }", key_files[_i].inside);
	conf_world_write(&w, "sites.d/blog.conf", text);
	conf_world_write(&w, "sites.d/blog.keys", key_files[_i].lines);
	conf_world_load(&w, GATE_CONF_ALL);
	ck_assert_str_eq(conf_world_said(&w), key_files[_i].said);
	ck_assert_uint_eq(w.bad_sites, 1);
}
END_TEST

START_TEST(takes_states_from_the_keys_file)
{
	const struct gate_site *s;

	conf_world_write(&w, "sites.d/blog.conf",
	    SITE("blog",
		"relay { key \"k1\" { "
		"secret = \"file:secrets.d/a\" }\n"
		"key \"k2\" { secret = \"file:secrets.d/c\" } }\n"
		"edge { key \"k1\" { secret = \"file:secrets.d/d\" } "
		"}\n" BRIDGE("key \"k1\" { algorithm = HS256 "
			     "secret = \"file:secrets.d/long\" }\n")));
	conf_world_write(&w, "sites.d/blog.keys",
	    "# written by pressgate\n"
	    "relay k2 next 2026-11-22T06:30:00Z\n"
	    "edge k1 retiring 2026-11-22T06:30:00Z\n"
	    "hmac h1 next 2026-11-22T06:30:00Z\n"
	    "bridge k1 retiring 2026-11-22T06:30:00Z\n"
	    "relay gone retiring 2026-11-22T06:30:00Z\n");
	conf_world_load(&w, GATE_CONF_ALL);
	ck_assert_str_eq(conf_world_said(&w), "");
	s = &w.conf->sites.list[0];
	ck_assert_int_eq(
	    s->secrets[GATE_SCHEME_RELAY].list[0].state, GATE_KEY_CURRENT);
	ck_assert_int_eq(
	    s->secrets[GATE_SCHEME_RELAY].list[1].state, GATE_KEY_NEXT);
	ck_assert_int_eq(
	    s->secrets[GATE_SCHEME_EDGE].list[0].state, GATE_KEY_RETIRING);
	ck_assert_int_eq(
	    s->secrets[GATE_SCHEME_HMAC].list[0].state, GATE_KEY_NEXT);
	ck_assert_int_eq(s->bridge.keys[0].state, GATE_KEY_RETIRING);
}
END_TEST

#define AT " 2026-11-22T06:30:00Z"
#define RELAY(inside) SITE("blog", "relay { " inside " }\n")
#define K1 "key \"k1\" { secret = \"file:secrets.d/a\" }\n"

static const struct {
	const char *site;
	const char *lines;
	const char *said; /* "": it loads, and then it has: */
	const char *ids;
} rings_of_keys[] = {
    {RELAY(K1), "relay k2 next" AT " HS256 secrets.d/c\n", "", "k1 k2"},
    {RELAY(K1),
	"relay k1 retired" AT "\nrelay k2 current" AT " HS256 secrets.d/c\n",
	"", "k2"},
    {RELAY(""), "relay k2 current" AT " HS256 secrets.d/c\n", "", "k2"},
    {RELAY(K1), "relay k2 retired" AT " HS256 nowhere\n", "", "k1"},
    {RELAY(K1), "relay k9 retired" AT "\n", "", "k1"},
    {SITE("blog", ""), "relay k2 current" AT " HS256 secrets.d/c\n", "", ""},
    {RELAY(K1), "relay k1 next" AT " HS256 secrets.d/c\n",
	"sites.d/blog.keys:1: relay: the key id k1 is there already, expected "
	"it once\n",
	NULL},
    {RELAY(K1), "relay k2 next" AT " HS256 nowhere\n",
	"sites.d/blog.keys:1: relay: file:nowhere: No such file or directory, "
	"expected a secret of at least 24 bytes\n",
	NULL},
    {RELAY(K1), "relay k1 retired" AT "\n",
	"sites.d/blog.conf:1: key: is missing, expected at least one key "
	"\"ID\" { ... }\n",
	NULL},
    {SITE("blog",
	 "relay { " K1 " }\nedge { key \"k1\" { "
	 "secret = \"file:secrets.d/d\" } }\n"),
	"edge k2 next" AT " HS256 secrets.d/a\n",
	"sites.d/blog.conf: secret: the same secret as in "
	"sites.d/blog.conf:1, expected it once\n"
	"sites.d/blog.conf:1: secret: the same secret as in "
	"sites.d/blog.conf:0, expected it once\n",
	NULL},
};

START_TEST(takes_secrets_from_the_keys_file)
{
	const struct gate_hmac_secrets *all;
	char ids[64] = "";
	size_t i, n = 0;

	conf_world_write(&w, "sites.d/blog.conf", rings_of_keys[_i].site);
	conf_world_write(&w, "sites.d/blog.keys", rings_of_keys[_i].lines);
	conf_world_load(&w, GATE_CONF_ALL);
	ck_assert_str_eq(conf_world_said(&w), rings_of_keys[_i].said);
	if (rings_of_keys[_i].ids == NULL)
		return;
	all = &w.conf->sites.list[0].secrets[GATE_SCHEME_RELAY];
	for (i = 0; i < all->count; i++)
		n += (size_t)snprintf(ids + n, sizeof(ids) - n, "%s%s",
		    i == 0 ? "" : " ", all->list[i].id);
	ck_assert_str_eq(ids, rings_of_keys[_i].ids);
	for (i = 0; i < all->count; i++)
		ck_assert_ptr_nonnull(all->list[i].key);
}
END_TEST

static const char *const bad_keys[] = {
    "relay k1 old 2026-11-22T06:30:00Z\n",
    "relay k1 next\n",
    "relay k1 next yesterday",
    "door k1 next 2026-11-22T06:30:00Z\n",
    "relay k1  next 2026-11-22T06:30:00Z\n",
    "x\n",
    "relay k2 next 2026-11-22T06:30:00Z RS256 secrets.d/p.pem\n",
    "bridge k2 next 2026-11-22T06:30:00Z RS256\n",
    "bridge k2 next 2026-11-22T06:30:00Z RS256 \n",
    "bridge k2 next 2026-11-22T06:30:00Z HS256 secrets.d/a\n",
    "relay k2 next 2026-11-22T06:30:00Z HS256\n",
    "relay k2 next 2026-11-22T06:30:00Z HS256 \n",
    "relay k/2 next 2026-11-22T06:30:00Z HS256 secrets.d/a\n",
    "bridge k2 next 2026-11-22T06:30:00Z RS512 secrets.d/p.pem\n",
    "bridge k/2 next 2026-11-22T06:30:00Z RS256 secrets.d/p.pem\n",
};

START_TEST(refuses_a_line_of_the_keys_file)
{
	conf_world_write(&w, "sites.d/blog.conf", conf_world_blog);
	conf_world_write(&w, "sites.d/blog.keys", bad_keys[_i]);
	conf_world_load(&w, GATE_CONF_ALL);
	ck_assert_str_eq(conf_world_said(&w),
	    "sites.d/blog.keys:1: not understood, expected: "
	    "relay|edge|hmac|bridge KEY_ID next|current|retiring|retired TIME "
	    "[HS256|RS256|ES256|EdDSA FILE]\n");
	ck_assert_uint_eq(w.bad_sites, 1);
}
END_TEST

START_TEST(reads_no_secret_that_is_not_wanted)
{
	conf_world_write(&w, "sites.d/blog.conf",
	    SITE("blog", "relay { key \"k\" { secret = \"file:nowhere\" } }"));
	conf_world_write(&w, "pressgate.conf",
	    "service \"s\" { kind = http url = \"https://s\" "
	    "secret = \"file:nowhere\" }");
	conf_world_load(&w, 0);
	ck_assert_str_eq(conf_world_said(&w), "");
	ck_assert_ptr_null(
	    w.conf->sites.list[0].secrets[GATE_SCHEME_RELAY].list[0].key);
	conf_world_load(&w, GATE_CONF_INGEST);
	ck_assert_uint_eq(w.bad_sites, 1);
	ck_assert_int_eq(w.code, GATE_OK);
	conf_world_load(&w, GATE_CONF_VENDOR);
	ck_assert_uint_eq(w.bad_sites, 0);
	ck_assert_int_eq(w.code, GATE_E_CONF);
}
END_TEST

START_TEST(refuses_a_secret_that_others_can_read)
{
	char path[128];

	conf_world_write(&w, "sites.d/blog.conf", conf_world_blog);
	(void)snprintf(path, sizeof(path), "%s/secrets.d/a", w.dir);
	ck_assert_int_eq(chmod(path, 0640), 0);
	conf_world_load(&w, GATE_CONF_ALL);
	ck_assert_uint_eq(w.bad_sites, 1);
}
END_TEST

/* P-256, made by tests/lib/pki.sh; nobody looks at its dates. */
#define CERTIFICATE                                                            \
	"-----BEGIN CERTIFICATE-----\n"                                        \
	"MIIBoTCCAUegAwIBAgIUH8VevxaWbv7kqm03bsDdqg6WFTIwCgYIKoZIzj0EAwIw\n"   \
	"JjEXMBUGA1UECgwOcHJlc3NnYXRlIHRlc3QxCzAJBgNVBAMMAmNhMB4XDTI2MTEy\n"   \
	"MjEwMDEzM1oXDTI2MTEyOTEwMDEzM1owJjEXMBUGA1UECgwOcHJlc3NnYXRlIHRl\n"   \
	"c3QxCzAJBgNVBAMMAmNhMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEUdYhH+1k\n"   \
	"tMpDIJUGOWb756hTOH3IgaBQuzumyp6nBa1nlzYuLva7JprO5+z0l6C/d3JCxk9u\n"   \
	"AVF7F37e4tdrqKNTMFEwHQYDVR0OBBYEFH+b3dnlYSbupJ0RIWqClXuJbJf9MB8G\n"   \
	"A1UdIwQYMBaAFH+b3dnlYSbupJ0RIWqClXuJbJf9MA8GA1UdEwEB/wQFMAMBAf8w\n"   \
	"CgYIKoZIzj0EAwIDSAAwRQIhAIqGia9tLeDO8hnNNPXVUociAilooQqY/pWCCSQ1\n"   \
	"0eFmAiAeI9HXt345LTM8tKWa2428cnU2UFxuS+LImRbluTLSnw==\n"               \
	"-----END CERTIFICATE-----\n"

static const struct {
	const char *bundle;
	bool good;
} bundles[] = {
    {CERTIFICATE, true},
    {"# a remark\n\n" CERTIFICATE "and another\n" CERTIFICATE, true},
    {"", false},
    {"-----BEGIN CERTIFICATE-----\n", false},
    {CERTIFICATE "-----BEGIN CERTIFICATE-----\nMIIB\n"
		 "-----END CERTIFICATE-----\n",
	false},
};

START_TEST(takes_certificates_that_can_be_read)
{
	conf_world_write(&w, "ca.pem", bundles[_i].bundle);
	conf_world_write(&w, "pressgate.conf",
	    "service \"x\" { kind = http url = \"https://x\" "
	    "ca = \"file:ca.pem\" }\n"
	    "service \"y\" { kind = http url = \"https://y\" ca = \"\" }\n");
	conf_world_load(&w, GATE_CONF_VENDOR);
	ck_assert_int_eq(w.code, bundles[_i].good ? GATE_OK : GATE_E_CONF);
	if (w.code == GATE_OK) {
		ck_assert_int_eq(access(w.conf->services[0].ca_file, R_OK), 0);
		ck_assert_ptr_null(w.conf->services[1].ca_file);
	}
	conf_world_load(&w, GATE_CONF_INGEST); /* not that program's */
	ck_assert_int_eq(w.code, GATE_OK);
	ck_assert_ptr_null(w.conf->services[0].ca_file);
}
END_TEST

START_TEST(lets_others_read_a_public_key_but_not_change_it)
{
	char path[128];

	conf_world_write(&w, "sites.d/blog.conf",
	    SITE("blog",
		BRIDGE("key \"k\" { algorithm = ES256 "
		       "public = \"file:secrets.d/ec.pem\" }\n")));
	(void)snprintf(path, sizeof(path), "%s/secrets.d/ec.pem", w.dir);
	ck_assert_int_eq(chmod(path, 0644), 0);
	conf_world_load(&w, GATE_CONF_ALL);
	ck_assert_str_eq(conf_world_said(&w), "");
	ck_assert_int_eq(chmod(path, 0620), 0);
	conf_world_load(&w, GATE_CONF_ALL);
	ck_assert_str_eq(conf_world_said(&w),
	    "sites.d/blog.conf:2: public: file:secrets.d/ec.pem: group or "
	    "others may change it: chmod go-w, expected a public key in PEM\n");
}
END_TEST

START_TEST(reports_sites_beside_a_bad_main_file)
{
	conf_world_write(&w, "pressgate.conf", "log_level = loud\n");
	conf_world_write(&w, "sites.d/blog.conf", SITE("shop", ""));
	conf_world_load(&w, GATE_CONF_ALL);
	ck_assert_int_eq(w.code, GATE_E_CONF);
	ck_assert_str_eq(conf_world_said(&w),
	    "pressgate.conf:1: log_level: bad value, expected error, warn, "
	    "info or debug\n"
	    "sites.d/blog.conf:1: site: another name than the file's, expected "
	    "\"blog\"\n");
}
END_TEST

START_TEST(takes_values_from_the_environment)
{
	ck_assert_int_eq(setenv("CHECK_CONF_LEVEL", "debug", 1), 0);
	conf_world_write(&w, "pressgate.conf",
	    "log_level = \"${CHECK_CONF_LEVEL}\"\n"
	    "fcgi { group = \"${NOT_SET_ANYWHERE:-www-data}\"\n"
	    "user = '${x}' mount = \"/\\${y}\" }\n");
	conf_world_load(&w, GATE_CONF_ALL);
	ck_assert_str_eq(conf_world_said(&w), "");
	ck_assert_int_eq(w.conf->log_level, GATE_LOG_DEBUG);
	ck_assert_str_eq(w.conf->fcgi.group, "www-data");
	ck_assert_str_eq(w.conf->fcgi.user, "${x}");
	ck_assert_str_eq(w.conf->fcgi.mount, "/${y}");
}
END_TEST

START_TEST(finds_each_roles_database)
{
	struct gate_err err;
	char *url = NULL;

	conf_world_write(&w, "url", "postgresql:///x\n");
	conf_world_write(&w, "pressgate.conf",
	    "database { url = \"dbname=u\" ingest = \"file:url\"\n"
	    "worker = \"env:NOT_SET_ANYWHERE\" }");
	conf_world_load(&w, 0);
	ck_assert_str_eq(conf_world_said(&w), "");
	ck_assert_int_eq(
	    gate_conf_database_url(w.conf, GATE_CONF_ROLE_OPERATOR, &url, &err),
	    GATE_OK);
	ck_assert_str_eq(url, "dbname=u");
	free(url);
	ck_assert_int_eq(
	    gate_conf_database_url(w.conf, GATE_CONF_ROLE_INGEST, &url, &err),
	    GATE_OK);
	ck_assert_str_eq(url, "postgresql:///x");
	free(url);
	ck_assert_int_eq(
	    gate_conf_database_url(w.conf, GATE_CONF_ROLE_WORKER, &url, &err),
	    GATE_E_CONF);
	ck_assert_ptr_null(url);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("conf");
	TCase *t = tcase_create("values");

	add_row_test(t, reads_a_duration_with_one_unit, durations);
	add_row_test(t, reads_a_size_with_one_unit, sizes);
	suite_add_tcase(s, t);
	t = tcase_create("files");
	tcase_add_checked_fixture(t, open_world, close_world);
	tcase_add_test(t, gives_every_key_its_default);
	tcase_add_test(t, reads_a_site_with_its_routes);
	tcase_add_test(t, keeps_steps_in_their_order);
	add_row_test(t, says_all_that_is_wrong_with_pressgate_conf, mains);
	add_row_test(t, leaves_a_bad_site_out_and_says_why, insides);
	add_row_test(t, leaves_both_sites_out_that_claim_the_same, pairs);
	add_row_test(t, holds_a_file_to_its_name, names);
	tcase_add_test(t, passes_over_files_that_are_no_sites);
	tcase_add_test(t, finds_sites_whose_files_sort_otherwise);
	tcase_add_test(t, reads_a_bridge_with_its_keys);
	tcase_add_test(t, takes_a_bridge_that_is_not_paired_yet);
	tcase_add_test(t, takes_a_public_key_from_the_keys_file);
	add_row_test(t, refuses_a_public_key_of_the_keys_file, key_files);
	tcase_add_test(t, lets_others_read_a_public_key_but_not_change_it);
	tcase_add_test(t, takes_states_from_the_keys_file);
	add_row_test(t, takes_secrets_from_the_keys_file, rings_of_keys);
	add_row_test(t, refuses_a_line_of_the_keys_file, bad_keys);
	tcase_add_test(t, reads_no_secret_that_is_not_wanted);
	tcase_add_test(t, refuses_a_secret_that_others_can_read);
	add_row_test(t, takes_certificates_that_can_be_read, bundles);
	tcase_add_test(t, reports_sites_beside_a_bad_main_file);
	tcase_add_test(t, takes_values_from_the_environment);
	tcase_add_test(t, finds_each_roles_database);
	suite_add_tcase(s, t);
	return s;
}

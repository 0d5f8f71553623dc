/*
 * The pipeline of fcgi/ingest.h up to the database, through the whole way
 * in (fcgi/visit.h): what is refused, in which order, and that nothing is
 * asked of the database before the signature holds. The database is one
 * that is away, so a request that passes everything ends as AWAY.
 */
#include "config.h"

#include <string.h>

#include "fcgi/inbox.h"
#include "fcgi/visit.h"
#include "lib/clock.h"
#include "lib/codec.h"
#include "tests/runner.h"

#define BODY "{\"event\":\"post.published\",\"idempotency_key\":\"k\"}"

struct body {
	struct gate_span bytes;
	int reads;
};

static enum request_body_end
read_body(void *ctx, size_t max, struct gate_buf *out)
{
	struct body *b = ctx;

	b->reads++;
	if (b->bytes.n > max)
		return REQUEST_BODY_LONG;
	ck_assert_int_eq(gate_buf_put(out, b->bytes), GATE_OK);
	return REQUEST_BODY_OK;
}

/* Everything that a visit needs, by hand. */
struct world {
	char empty[1];
	char none[16];
	char blog[8];
	char key_id[8];
	char type[16];
	char *types[1];
	struct gate_hmac_secret keys[1];
	struct gate_site site;
	struct gate_conf conf;
	struct settings settings;
	struct tools tools;
	struct body body;
	struct request_body source;
	struct request request;
	char timestamp[24];
	char signature[65];
};

static void
sign(struct world *w, const char *body, int64_t at_s)
{
	struct gate_span parts[3];
	unsigned char mac[GATE_SHA256_BYTES];
	struct gate_buf text;

	gate_buf_init(&text, sizeof(w->timestamp));
	ck_assert_int_eq(gate_buf_put_i64(&text, at_s), GATE_OK);
	ck_assert(gate_span_copy(
	    gate_buf_span(&text), w->timestamp, sizeof(w->timestamp)));
	gate_buf_clear(&text);
	parts[0] = gate_span_str(w->timestamp);
	parts[1] = GATE_SPAN(".");
	parts[2] = gate_span_str(body);
	ck_assert_int_eq(
	    gate_hmac_sha256(w->keys[0].key, parts, 3, mac), GATE_OK);
	gate_hex_text(
	    gate_span_of(mac, sizeof(mac)), w->signature, sizeof(w->signature));
}

static void
world_init(struct world *w)
{
	struct gate_db_settings db = {.url = "host=/nonexistent",
	    .application = "check",
	    .connect_timeout_ms = 100,
	    .call_timeout_ms = 100};

	*w = (struct world){.none = "none",
	    .blog = "blog",
	    .key_id = "b-1",
	    .type = "post.published"};
	w->types[0] = w->type;
	w->keys[0].id = w->key_id;
	ck_assert_int_eq(
	    gate_hmac_key_new(GATE_SPAN("one"), &w->keys[0].key), GATE_OK);
	w->site = (struct gate_site){.name = w->blog,
	    .is_default = true,
	    .secrets = {[GATE_SCHEME_RELAY] = {w->keys, 1}},
	    .event_types = w->types,
	    .event_type_count = 1,
	    .body_max_bytes = 100,
	    .window_s = 300};
	w->conf.fcgi.mount = w->empty;
	w->conf.sites = (struct gate_sites){.list = &w->site, .count = 1};
	w->settings.conf = &w->conf;
	w->tools.settings = &w->settings;
	gate_buf_init(&w->tools.body, 1024);
	gate_buf_init(&w->tools.page, 1024);
	canonical_init(&w->tools.canonical);
	ck_assert_int_eq(
	    gate_hmac_key_new(GATE_SPAN("x"), &w->tools.dummy), GATE_OK);
	ck_assert_int_eq(gate_db_open(&db, inbox_stmts, INBOX_STMT_COUNT,
			     &w->tools.db, NULL),
	    GATE_OK);
	sign(w, BODY, gate_wall_ms() / 1000);
	w->body.bytes = GATE_SPAN(BODY);
	w->source = (struct request_body){read_body, &w->body};
	w->request = (struct request){.method = GATE_SPAN("POST"),
	    .uri = GATE_SPAN("/webhooks/wp"),
	    .content_type = GATE_SPAN("application/json"),
	    .remote_addr = GATE_SPAN("127.0.0.1"),
	    .idempotency_key = GATE_SPAN("k"),
	    .wp_timestamp = gate_span_str(w->timestamp),
	    .wp_signature = gate_span_str(w->signature)};
}

static void
world_clear(struct world *w)
{
	gate_hmac_key_free(w->keys[0].key);
	gate_hmac_key_free(w->tools.dummy);
	gate_db_close(w->tools.db);
	lookup_clear(&w->tools.lookup);
	gate_buf_clear(&w->tools.body);
	gate_buf_clear(&w->tools.page);
	canonical_clear(&w->tools.canonical);
}

static enum outcome
visit(struct world *w)
{
	struct visit v = {
	    .tools = &w->tools, .request = &w->request, .body = &w->source};

	return visit_run(&v);
}

/* One thing is wrong, or two: then the one that is checked first counts. */
static void
unknown_path(struct world *w)
{
	w->request.uri = GATE_SPAN("/nowhere");
}

static void
method(struct world *w)
{
	w->request.method = GATE_SPAN("PUT");
}

static void
far_away(struct world *w)
{
	w->request.remote_addr = GATE_SPAN("192.0.2.1");
}

static void
media_type(struct world *w)
{
	w->request.content_type = GATE_SPAN("text/plain");
}

static void
encoding(struct world *w)
{
	w->request.content_encoding = GATE_SPAN("identity");
}

static void
announced(struct world *w)
{
	w->request.has_length = true;
	w->request.length = 101;
}

static void
announced_a_lot(struct world *w)
{
	w->request.has_length = true;
	w->request.length = 1u << 30;
}

static void
announced_none(struct world *w)
{
	w->request.has_length = true;
	w->request.length = 0;
}

static void
no_timestamp(struct world *w)
{
	w->request.wp_timestamp.n = 0;
}

static void
bad_key(struct world *w)
{
	w->request.idempotency_key = GATE_SPAN("a b");
}

static void
unknown_site(struct world *w)
{
	w->request.uri = GATE_SPAN("/webhooks/wp/nobody");
}

static void
incomplete(struct world *w)
{
	w->conf.sites.incomplete = true;
}

static void
large(struct world *w)
{
	static unsigned char bytes[101];

	w->body.bytes = gate_span_of(bytes, sizeof(bytes));
}

static void
empty(struct world *w)
{
	w->body.bytes.n = 0;
}

static void
wrong(struct world *w)
{
	w->signature[0] = w->signature[0] == '0' ? '1' : '0';
}

static void
stale(struct world *w)
{
	sign(w, BODY, gate_wall_ms() / 1000 - 400);
}

static void
send_body(struct world *w, const char *body)
{
	w->body.bytes = gate_span_str(body);
	sign(w, body, gate_wall_ms() / 1000);
}

static void
broken(struct world *w)
{
	send_body(w, "{\"event\":");
}

static void
no_event(struct world *w)
{
	send_body(w, "{\"a\":1}");
}

static void
event_is_a_number(struct world *w)
{
	send_body(w, "{\"event\":1}");
}

static void
unknown_event(struct world *w)
{
	send_body(w, "{\"event\":\"x\"}");
}

static void
other_key(struct world *w)
{
	w->request.idempotency_key = GATE_SPAN("j");
}

static void
null_key(struct world *w)
{
	send_body(w,
	    "{\"event\":\"post.published\","
	    "\"idempotency_key\":null}");
}

static void
quoted_key(struct world *w)
{
	w->request.idempotency_key = GATE_SPAN("\"k\"");
}

static const struct {
	const char *what;
	void (*spoil)(struct world *w);
	void (*also)(struct world *w);
	enum outcome outcome;
	int reads; /* of the body */
} rows[] = {
    {"good", NULL, NULL, OUTCOME_AWAY, 1},
    {"path", unknown_path, method, OUTCOME_NOT_FOUND, 0},
    {"method", method, far_away, OUTCOME_BAD_METHOD, 0},
    {"transport", far_away, media_type, OUTCOME_PLAIN_HTTP, 0},
    {"media type", media_type, announced_a_lot, OUTCOME_BAD_MEDIA_TYPE, 0},
    {"encoding", encoding, NULL, OUTCOME_BAD_MEDIA_TYPE, 0},
    {"hard maximum", announced_a_lot, no_timestamp, OUTCOME_TOO_LARGE, 0},
    {"announced empty", announced_none, no_timestamp, OUTCOME_EMPTY_BODY, 0},
    {"header", no_timestamp, unknown_site, OUTCOME_HEADER_MISSING, 0},
    {"key", bad_key, unknown_site, OUTCOME_BAD_KEY, 0},
    {"unknown site", unknown_site, stale, OUTCOME_UNKNOWN_SITE, 1},
    {"unknown site, some did not load", unknown_site, incomplete,
	OUTCOME_UNSURE, 0},
    {"known site, some did not load", incomplete, NULL, OUTCOME_AWAY, 1},
    {"the site's maximum, announced", announced, wrong, OUTCOME_TOO_LARGE, 0},
    {"the site's maximum", large, wrong, OUTCOME_TOO_LARGE, 1},
    {"empty", empty, wrong, OUTCOME_EMPTY_BODY, 1},
    {"signature before JSON", broken, wrong, OUTCOME_BAD_SIGNATURE, 1},
    {"stale before JSON", stale, NULL, OUTCOME_STALE, 1},
    {"JSON", broken, other_key, OUTCOME_BAD_JSON, 1},
    {"no event", no_event, NULL, OUTCOME_NO_EVENT, 1},
    {"event of another kind", event_is_a_number, NULL, OUTCOME_NO_EVENT, 1},
    {"unknown event", unknown_event, NULL, OUTCOME_UNKNOWN_EVENT, 1},
    {"another key", other_key, NULL, OUTCOME_KEY_DIFFERS, 1},
    {"no key in the body", null_key, other_key, OUTCOME_AWAY, 1},
    {"the key in quotes", quoted_key, NULL, OUTCOME_AWAY, 1},
};

START_TEST(refuses_in_the_order_of_the_stages)
{
	struct world w;
	enum outcome o;

	world_init(&w);
	if (rows[_i].spoil != NULL)
		rows[_i].spoil(&w);
	if (rows[_i].also != NULL)
		rows[_i].also(&w);
	o = visit(&w);
	ck_assert_msg(o == rows[_i].outcome, "%s: %s", rows[_i].what,
	    o < OUTCOME_COUNT ? reply_name(o) : "none");
	ck_assert_msg(w.body.reads == rows[_i].reads, "%s: %d reads",
	    rows[_i].what, w.body.reads);
	world_clear(&w);
}
END_TEST

START_TEST(lets_plain_http_in_where_it_is_allowed)
{
	struct world w;

	world_init(&w);
	far_away(&w);
	w.conf.fcgi.plain_http = true;
	ck_assert_int_eq(visit(&w), OUTCOME_AWAY);
	world_clear(&w);
}
END_TEST

START_TEST(answers_probes_from_anywhere)
{
	struct world w;

	world_init(&w);
	far_away(&w);
	w.request.method = GATE_SPAN("GET");
	w.request.uri = GATE_SPAN("/livez");
	ck_assert_int_eq(visit(&w), OUTCOME_FOUND);
	w.request.uri = GATE_SPAN("/readyz");
	ck_assert_int_eq(visit(&w), OUTCOME_AWAY);
	world_clear(&w);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("ingest");
	TCase *t = tcase_create("ingest");

	add_row_test(t, refuses_in_the_order_of_the_stages, rows);
	tcase_add_test(t, lets_plain_http_in_where_it_is_allowed);
	tcase_add_test(t, answers_probes_from_anywhere);
	suite_add_tcase(s, t);
	return s;
}

/*
 * The pipeline of fcgi/ingest.h up to the database, through the whole way
 * in (fcgi/visit.h): what is refused, in which order, and that nothing is
 * asked of the database before the signature holds. The database is one
 * that is away, so a request that passes everything ends as AWAY.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi/inbox.h"
#include "fcgi/visit.h"
#include "lib/clock.h"
#include "lib/codec.h"
#include "lib/num.h"
#include "lib/sign.h"
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
	struct gate_event_rule rules[1];
	struct gate_conf conf;
	struct settings settings;
	struct tools tools;
	struct body body;
	struct request_body source;
	struct request request;
	char timestamp[24];
	char signature[65];
	char issuer[16];
	struct gate_sign_key *token_key;
	struct gate_verify_key *verify_key;
	struct gate_jwt_key set;
	char *params[16];
	size_t param_count;
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

#define TOKEN_SECRET "a secret of more than 32 bytes, for tests"

static void
make_bridge(struct world *w)
{
	struct gate_span text = GATE_SPAN(TOKEN_SECRET);

	memcpy(w->issuer, "https://blog", sizeof("https://blog"));
	ck_assert_int_eq(
	    gate_sign_key_new(GATE_ALG_HS256, text, &w->token_key, NULL),
	    GATE_OK);
	ck_assert_int_eq(
	    gate_verify_key_new(GATE_ALG_HS256, text, &w->verify_key, NULL),
	    GATE_OK);
	w->set = (struct gate_jwt_key){"t-1", w->verify_key};
	w->site.bridge = (struct gate_bridge){.issuer = w->issuer,
	    .audience = w->none,
	    .results_audience = w->blog,
	    .set = &w->set,
	    .key_count = 1};
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
	    .secrets = {[GATE_SCHEME_RELAY] = {w->keys, 1},
		[GATE_SCHEME_EDGE] = {w->keys, 1},
		[GATE_SCHEME_HMAC] = {w->keys, 1}},
	    .event_types = w->types,
	    .event_type_count = 1,
	    .body_max_bytes = 100,
	    .window_s = 300};
	make_bridge(w);
	w->conf.fcgi.mount = w->empty;
	w->conf.sites = (struct gate_sites){.list = &w->site, .count = 1};
	w->settings.conf = &w->conf;
	w->tools.settings = &w->settings;
	gate_buf_init(&w->tools.body, 1024);
	gate_buf_init(&w->tools.page, 1024);
	gate_canonical_init(&w->tools.canonical);
	ck_assert_int_eq(gate_dummy_init(&w->tools.dummy, NULL), GATE_OK);
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
	while (w->param_count > 0)
		free(w->params[--w->param_count]);
	gate_schema_free(w->rules[0].schema);
	gate_sign_key_free(w->token_key);
	gate_verify_key_free(w->verify_key);
	gate_hmac_key_free(w->keys[0].key);
	gate_dummy_clear(&w->tools.dummy);
	gate_db_close(w->tools.db);
	lookup_clear(&w->tools.lookup);
	gate_buf_clear(&w->tools.body);
	gate_buf_clear(&w->tools.page);
	gate_canonical_clear(&w->tools.canonical);
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
	w->request.length = 256 * 1024 + 1;
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

/* 101 bytes, by a site that may send 100. */
static void
large(struct world *w)
{
	send_body(w,
	    "{\"event\":\"post.published\",\"text\":\""
	    "123456789 123456789 123456789 123456789 123456789 123456789 "
	    "12345\"}");
	ck_assert_uint_eq(w->body.bytes.n, 101);
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
note(const char *pointer, const char *text, void *ctx)
{
	(void)ctx;
	ck_abort_msg("%s: %s", pointer, text);
}

/* No key in the body, which BODY has. */
static void
schema(struct world *w)
{
	w->rules[0].type = w->type;
	ck_assert_int_eq(
	    gate_schema_new(
		GATE_SPAN("{\"properties\":{\"idempotency_key\":false}}"), note,
		NULL, &w->rules[0].schema),
	    GATE_OK);
	w->site.event_rules =
	    (struct gate_event_rules){.list = w->rules, .count = 1};
}

static void
schema_of_another(struct world *w)
{
	schema(w);
	w->rules[0].type = w->none;
}

static void
buried(struct world *w)
{
	schema(w);
	w->site.schema_policy = GATE_EVENT_BURY;
}

static void
unrouted(struct world *w)
{
	schema(w);
	w->site.schema_policy = GATE_EVENT_UNROUTED;
}

static void
takes_unknown(struct world *w)
{
	w->site.unknown_events = GATE_EVENT_UNROUTED;
	w->request.idempotency_key = GATE_SPAN("k");
}

static void
odd_event(struct world *w)
{
	send_body(w, "{\"event\":\"a b\"}");
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
    {"everybody's maximum", announced, wrong, OUTCOME_TOO_LARGE, 0},
    {"everybody's maximum, unknown site", announced, unknown_site,
	OUTCOME_TOO_LARGE, 0},
    {"signature before the site's maximum", large, wrong, OUTCOME_BAD_SIGNATURE,
	1},
    {"the site's maximum", large, NULL, OUTCOME_TOO_LARGE, 1},
    {"empty", empty, wrong, OUTCOME_EMPTY_BODY, 1},
    {"signature before JSON", broken, wrong, OUTCOME_BAD_SIGNATURE, 1},
    {"stale before JSON", stale, NULL, OUTCOME_STALE, 1},
    {"JSON", broken, other_key, OUTCOME_BAD_JSON, 1},
    {"no event", no_event, NULL, OUTCOME_NO_EVENT, 1},
    {"event of another kind", event_is_a_number, NULL, OUTCOME_NO_EVENT, 1},
    {"unknown event", unknown_event, NULL, OUTCOME_UNKNOWN_EVENT, 1},
    {"unknown event, taken", unknown_event, takes_unknown, OUTCOME_AWAY, 1},
    {"unknown event that is no type", odd_event, takes_unknown,
	OUTCOME_UNKNOWN_EVENT, 1},
    {"another key", other_key, schema, OUTCOME_KEY_DIFFERS, 1},
    {"schema", schema, NULL, OUTCOME_UNFIT, 1},
    {"signature before the schema", schema, wrong, OUTCOME_BAD_SIGNATURE, 1},
    {"another type's schema", schema_of_another, NULL, OUTCOME_AWAY, 1},
    {"schema, to be buried", buried, NULL, OUTCOME_AWAY, 1},
    {"schema, to be left", unrouted, NULL, OUTCOME_AWAY, 1},
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

/* ---- the other doors: what differs, and that it stands in its place ------*/

#define UUID "7d444840-9dc0-41d1-b245-5ffdce74fad2"
#define EDGE_BODY "{\"type\":\"post.published\",\"idempotency_key\":\"j\"}"
#define BRIDGE_BODY(key)                                                       \
	"{\"event_type\":\"post.published\",\"idempotency_key\":\"" key "\"}"

/* "Name: value" or "NAME=value" -> a param */
static void
add_param(struct world *w, const char *line)
{
	char *p = malloc(strlen(line) + 6), *at;
	bool header =
	    strchr(line, ':') != NULL && strncmp(line, "Content-Type", 12) != 0;

	ck_assert_ptr_nonnull(p);
	(void)snprintf(
	    p, strlen(line) + 6, "%s%s", header ? "HTTP_" : "", line);
	for (at = p; *at != '=' && *at != ':'; at++)
		*at = *at == '-'               ? '_'
		    : *at >= 'a' && *at <= 'z' ? (char)(*at - 'a' + 'A')
					       : *at;
	if (*at == ':') {
		*at = '=';
		memmove(at + 1, at + 2, strlen(at + 2) + 1);
	}
	ck_assert_uint_lt(w->param_count + 1, GATE_COUNT(w->params));
	w->params[w->param_count++] = p;
}

/* A good request at that door, as lib/sign.h makes it. */
static void
knock(struct world *w, enum gate_door door, const char *body, const char *key)
{
	struct gate_signer who = {.door = door,
	    .secret = w->keys[0].key,
	    .key = w->token_key,
	    .key_id = gate_span_str(
		door == GATE_DOOR_BRIDGE ? w->set.id : w->keys[0].id),
	    .issuer = gate_span_str(w->issuer),
	    .audience = gate_span_str(w->none),
	    .life_s = 300};
	struct gate_sign_try now = {.now_s = gate_wall_ms() / 1000,
	    .nonce = GATE_SPAN("0123456789abcdef")};
	struct gate_sign_headers h;
	char uri[64];
	size_t i;

	gate_sign_init(&h);
	ck_assert_int_eq(gate_sign_post(&who, &now, gate_span_str(key),
			     gate_span_str(body), &h),
	    GATE_OK);
	for (i = 0; i < h.count; i++)
		add_param(w, gate_sign_line(&h, i));
	gate_sign_clear(&h);
	(void)snprintf(
	    uri, sizeof(uri), "REQUEST_URI=%s", gate_door_path(door));
	add_param(w, uri);
	add_param(w, "FCGI_ROLE=RESPONDER");
	add_param(w, "REQUEST_METHOD=POST");
	add_param(w, "REMOTE_ADDR=127.0.0.1");
	ck_assert_int_eq(request_params(w->params, &w->request), OUTCOME_NONE);
	w->body.bytes = gate_span_str(body);
}

static void
no_nonce(struct world *w)
{
	w->request.edge_nonce.n = 0;
}

static void
unknown_edge(struct world *w)
{
	w->request.uri = GATE_SPAN("/ingest/webhook/nobody");
}

static void
other_body(struct world *w)
{
	w->body.bytes = GATE_SPAN("{");
}

static void
no_token(struct world *w)
{
	w->request.authorization.n = 0;
}

static void
half_token(struct world *w)
{
	w->request.authorization.n /= 2;
}

static void
unknown_issuer(struct world *w)
{
	w->issuer[0] = 'H';
}

static void
other_audience(struct world *w)
{
	w->none[0] = 'N';
}

static const struct {
	const char *what;
	enum gate_door door;
	const char *body;
	const char *key;
	void (*spoil)(struct world *w);
	void (*also)(struct world *w);
	enum outcome outcome;
	int reads;
} others[] = {
    {"edge", GATE_DOOR_EDGE, EDGE_BODY, "prov:1", NULL, NULL, OUTCOME_AWAY, 1},
    {"edge: header", GATE_DOOR_EDGE, EDGE_BODY, "k", no_nonce, unknown_edge,
	OUTCOME_HEADER_MISSING, 0},
    {"edge: site", GATE_DOOR_EDGE, EDGE_BODY, "k", unknown_edge, other_body,
	OUTCOME_UNKNOWN_SITE, 1},
    {"edge: body", GATE_DOOR_EDGE, EDGE_BODY, "k", other_body, NULL,
	OUTCOME_BAD_SIGNATURE, 1},
    {"edge: JSON", GATE_DOOR_EDGE, "{", "k", NULL, NULL, OUTCOME_BAD_JSON, 1},
    {"edge: a relay's body", GATE_DOOR_EDGE, BODY, "k", NULL, NULL,
	OUTCOME_NO_EVENT, 1},
    {"bridge", GATE_DOOR_BRIDGE, BRIDGE_BODY(UUID), UUID, NULL, NULL,
	OUTCOME_AWAY, 1},
    {"bridge: header", GATE_DOOR_BRIDGE, BRIDGE_BODY(UUID), UUID, no_token,
	incomplete, OUTCOME_HEADER_MISSING, 0},
    {"bridge: token", GATE_DOOR_BRIDGE, BRIDGE_BODY(UUID), UUID, half_token,
	incomplete, OUTCOME_BAD_TOKEN, 0},
    {"bridge: issuer", GATE_DOOR_BRIDGE, BRIDGE_BODY(UUID), UUID,
	unknown_issuer, other_body, OUTCOME_UNKNOWN_SITE, 1},
    {"bridge: issuer, some sites did not load", GATE_DOOR_BRIDGE,
	BRIDGE_BODY(UUID), UUID, unknown_issuer, incomplete, OUTCOME_UNSURE, 0},
    {"bridge: audience", GATE_DOOR_BRIDGE, BRIDGE_BODY(UUID), UUID,
	other_audience, other_body, OUTCOME_BAD_TOKEN, 1},
    {"bridge: body", GATE_DOOR_BRIDGE, BRIDGE_BODY(UUID), UUID, other_body,
	NULL, OUTCOME_BAD_SIGNATURE, 1},
    {"bridge: JSON", GATE_DOOR_BRIDGE, "{", UUID, NULL, NULL, OUTCOME_BAD_JSON,
	1},
    {"bridge: a relay's body", GATE_DOOR_BRIDGE, BODY, "k", NULL, NULL,
	OUTCOME_NO_EVENT, 1},
    {"bridge: no UUID", GATE_DOOR_BRIDGE, BRIDGE_BODY("k"), "k", NULL, NULL,
	OUTCOME_NO_UUID, 1},
    {"bridge: no key in the body", GATE_DOOR_BRIDGE,
	"{\"event_type\":\"post.published\"}", UUID, NULL, NULL,
	OUTCOME_NO_UUID, 1},
    {"bridge: another key", GATE_DOOR_BRIDGE, BRIDGE_BODY(UUID), "k", NULL,
	NULL, OUTCOME_KEY_DIFFERS, 1},
};

START_TEST(refuses_at_the_other_doors_in_the_same_order)
{
	struct world w;
	enum outcome o;

	world_init(&w);
	knock(&w, others[_i].door, others[_i].body, others[_i].key);
	if (others[_i].spoil != NULL)
		others[_i].spoil(&w);
	if (others[_i].also != NULL)
		others[_i].also(&w);
	o = visit(&w);
	ck_assert_msg(o == others[_i].outcome, "%s: %s", others[_i].what,
	    o < OUTCOME_COUNT ? reply_name(o) : "none");
	ck_assert_msg(w.body.reads == others[_i].reads, "%s: %d reads",
	    others[_i].what, w.body.reads);
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
	add_row_test(t, refuses_at_the_other_doors_in_the_same_order, others);
	tcase_add_test(t, lets_plain_http_in_where_it_is_allowed);
	tcase_add_test(t, answers_probes_from_anywhere);
	suite_add_tcase(s, t);
	return s;
}

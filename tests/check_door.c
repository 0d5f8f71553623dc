/*
 * The requests of tests/vectors/wire.json, which another program signed, at
 * our doors: from their params to who it was, within exactly the time that
 * they hold, and no other bytes.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi/router.h"
#include "fcgi/scheme.h"
#include "lib/num.h"
#include "tests/runner.h"
#include "tests/wire.h"

#define HEADERS_MAX 16

/* ---- the sites of the vectors ---------------------------------------------*/

#define BRIDGE_KEYS 4
#define SECRETS 4

static struct world {
	struct gate_hmac_secret secrets[SECRETS];
	struct gate_jwt_key keys[BRIDGE_KEYS];
	struct gate_verify_key *verify[BRIDGE_KEYS];
	struct gate_site list[2];
	struct gate_sites sites;
	struct dummy dummy;
} w;

/* The table of the file: what is whose, and for what. */
static const struct {
	const char *name;
	int site; /* blog, shop */
	enum gate_scheme scheme;
} owners[SECRETS] = {
    {"bridge", 0, GATE_SCHEME_HMAC},
    {"relay", 0, GATE_SCHEME_RELAY},
    {"edge", 0, GATE_SCHEME_EDGE},
    {"relay, not hex", 1, GATE_SCHEME_RELAY},
};

static char *
dup_text(const struct gate_json *v, const char *name)
{
	char *s = gate_span_dup(wire_text(v, name));

	ck_assert_ptr_nonnull(s);
	return s;
}

static void
add_secret(size_t i)
{
	const struct gate_json *v =
	    wire_member(wire_list("secrets"), owners[i].name);
	struct gate_hmac_secrets *ring =
	    &w.list[owners[i].site].secrets[owners[i].scheme];

	w.secrets[i].id = dup_text(v, "id");
	ck_assert_int_eq(
	    gate_hmac_key_new(wire_text(v, "secret"), &w.secrets[i].key),
	    GATE_OK);
	*ring = (struct gate_hmac_secrets){&w.secrets[i], 1};
}

static void
open_world(void)
{
	static const char *const algorithms[BRIDGE_KEYS] = {
	    "RS256", "ES256", "EdDSA", "HS256"};
	static char blog[] = "blog", shop[] = "shop";
	const struct gate_json *requests = wire_list("requests"), *v;
	size_t i, k;

	w = (struct world){.dummy = {.mac = NULL}};
	w.list[0] = (struct gate_site){.name = blog, .is_default = true};
	w.list[1] = (struct gate_site){.name = shop};
	w.list[0].window_s = w.list[1].window_s = 300;
	for (i = 0; i < SECRETS; i++)
		add_secret(i);
	for (i = 0; i < BRIDGE_KEYS; i++) {
		v = wire_member(wire_list("keys"), algorithms[i]);
		for (k = 0; k < gate_json_count(requests); k++)
			if (wire_has(gate_json_at(requests, k), "key") &&
			    gate_span_is(
				wire_text(gate_json_at(requests, k), "key"),
				algorithms[i]))
				break;
		w.verify[i] = wire_verify_key(gate_json_at(requests, k));
		w.keys[i] =
		    (struct gate_jwt_key){dup_text(v, "kid"), w.verify[i]};
	}
	v = gate_json_at(requests, 0);
	w.list[0].bridge = (struct gate_bridge){.issuer = dup_text(v, "issuer"),
	    .audience = dup_text(v, "audience"),
	    .results_audience = strdup("pressgate-results"),
	    .set = w.keys,
	    .key_count = BRIDGE_KEYS};
	w.sites = (struct gate_sites){.list = w.list, .count = 2};
	ck_assert_int_eq(dummy_init(&w.dummy, NULL), GATE_OK);
}

static void
close_world(void)
{
	size_t i;

	for (i = 0; i < SECRETS; i++) {
		gate_hmac_key_free(w.secrets[i].key);
		free(w.secrets[i].id);
	}
	for (i = 0; i < BRIDGE_KEYS; i++) {
		gate_verify_key_free(w.verify[i]);
		free((void *)(uintptr_t)w.keys[i].id);
	}
	free(w.list[0].bridge.issuer);
	free(w.list[0].bridge.audience);
	free(w.list[0].bridge.results_audience);
	dummy_clear(&w.dummy);
}

/* ---- a request -------------------------------------------------------------
 */

struct knock {
	char *params[HEADERS_MAX];
	size_t count;
	struct request request;
	struct router_match match;
	const struct scheme *scheme;
	struct gate_buf body;
	bool is_get;
};

static void
add_param(struct knock *k, const char *name, struct gate_span value)
{
	struct gate_buf b;

	gate_buf_init(&b, 16384);
	(void)gate_buf_put_str(&b, name);
	(void)gate_buf_put_byte(&b, '=');
	(void)gate_buf_put(&b, value);
	ck_assert(k->count + 1 < HEADERS_MAX);
	k->params[k->count] = strdup(gate_buf_str(&b));
	ck_assert_ptr_nonnull(k->params[k->count]);
	k->count++;
	gate_buf_clear(&b);
}

/* X-WP-Key-Id -> HTTP_X_WP_KEY_ID */
static bool
add_header(const char *name, const struct gate_json *value, void *ctx)
{
	char param[64] = "HTTP_";
	struct gate_span text;
	size_t i;

	ck_assert(gate_json_string(value, &text));
	for (i = 0; name[i] != '\0'; i++) {
		char c = name[i];

		ck_assert_uint_lt(i, sizeof(param) - 6);
		param[5 + i] = c == '-'    ? '_'
		    : c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A')
					   : c;
	}
	add_param(ctx,
	    strcmp(name, "Content-Type") == 0 ? "CONTENT_TYPE" : param, text);
	return true;
}

static void
knock_open(struct knock *k, const struct gate_json *v)
{
	*k = (struct knock){
	    .is_get = gate_span_is(wire_text(v, "method"), "GET")};
	add_param(k, "FCGI_ROLE", GATE_SPAN("RESPONDER"));
	add_param(k, "REQUEST_METHOD", wire_text(v, "method"));
	add_param(k, "REQUEST_URI", wire_text(v, "target"));
	ck_assert(gate_json_each(wire_member(v, "headers"), add_header, k));
	ck_assert_int_eq(request_params(k->params, &k->request), OUTCOME_NONE);
	ck_assert_int_eq(router_find(k->request.uri, "", &k->match), GATE_OK);
	ck_assert(
	    gate_span_is(k->request.method, router_method(k->match.door)));
	if (k->is_get)
		ck_assert_int_eq(
		    scheme_of_get(&k->request, &k->scheme), OUTCOME_NONE);
	else
		k->scheme = scheme_of_door(k->match.door);
	ck_assert(gate_span_is(wire_text(v, "scheme"), k->scheme->name));
	gate_buf_init(&k->body, 1);
	if (!k->is_get)
		k->body = wire_bytes(v, "body_base64");
}

static void
knock_close(struct knock *k)
{
	size_t i;

	for (i = 0; i < k->count; i++)
		free(k->params[i]);
	gate_buf_clear(&k->body);
}

/* At that time, with those bytes in the place of the signed ones. */
static enum outcome
try(const struct knock *k, int64_t now_s, struct gate_span data,
    struct identity *who)
{
	struct gate_span named = scheme_of_door(k->match.door) == NULL
	    ? (struct gate_span){0}
	    : k->match.argument;
	struct trial t = {.dummy = &w.dummy,
	    .data = data,
	    .is_get = k->is_get,
	    .now_s = now_s};
	const char *why = NULL;
	struct proof p;
	enum outcome o = k->scheme->read(&k->request, k->is_get, &p, &why);

	if (o != OUTCOME_NONE)
		return o;
	t.site = k->scheme->find_site(&w.sites, named, &p);
	o = k->scheme->verify(&t, &p, who, &why);
	who->created_by = who->guard = (struct gate_span){0};
	proof_clear(&p);
	return o;
}

static const struct gate_json *
vector(int i)
{
	return gate_json_at(wire_list("requests"), (size_t)i);
}

static struct gate_span
signed_bytes(const struct knock *k)
{
	return k->is_get ? k->match.target : gate_buf_span(&k->body);
}

START_TEST(takes_a_request_as_long_as_it_holds)
{
	const struct gate_json *v = vector(_i), *holds;
	struct identity who;
	struct knock k;
	int64_t from, to;

	knock_open(&k, v);
	holds = wire_member(v, "holds");
	from = wire_number(holds, "from");
	to = wire_number(holds, "to");
	ck_assert_int_eq(try(&k, wire_number(v, "clock"), signed_bytes(&k),
			     &who) == OUTCOME_NONE,
	    wire_number(v, "clock") >= from && wire_number(v, "clock") <= to);
	ck_assert_int_eq(try(&k, from, signed_bytes(&k), &who), OUTCOME_NONE);
	ck_assert_int_eq(try(&k, to, signed_bytes(&k), &who), OUTCOME_NONE);
	ck_assert_str_eq(
	    who.key_id, wire_word(v, wire_has(v, "kid") ? "kid" : "key_id"));
	ck_assert_int_eq(
	    try(&k, to + 1, signed_bytes(&k), &who), OUTCOME_STALE);
	if (from > 0)
		ck_assert_int_eq(
		    try(&k, from - 1, signed_bytes(&k), &who), OUTCOME_STALE);
	knock_close(&k);
}
END_TEST

/* Every bit, where there are few; the first, the last and one more byte. A
 * bridge's GET signs no target: its token is for fetching, whatever that is.*/
START_TEST(takes_no_other_bytes)
{
	const struct gate_json *v = vector(_i);
	struct gate_span data;
	struct identity who;
	struct gate_buf b;
	struct knock k;
	int64_t at = wire_number(wire_member(v, "holds"), "from");
	size_t i;

	knock_open(&k, v);
	data = signed_bytes(&k);
	gate_buf_init(&b, data.n + 1);
	for (i = 0; i < data.n && !(k.is_get && k.scheme == &scheme_bridge);
	     i += 1 + data.n / 64) {
		gate_buf_reset(&b);
		(void)gate_buf_put(&b, data);
		b.p[i] ^= (unsigned char)(1u << i % 8);
		ck_assert_int_eq(try(&k, at, gate_buf_span(&b), &who),
		    OUTCOME_BAD_SIGNATURE);
	}
	if (!k.is_get) {
		gate_buf_reset(&b);
		(void)gate_buf_put(&b, data);
		(void)gate_buf_put_byte(&b, '\n');
		ck_assert_int_eq(try(&k, at, gate_buf_span(&b), &who),
		    OUTCOME_BAD_SIGNATURE);
	}
	gate_buf_clear(&b);
	knock_close(&k);
}
END_TEST

/* What fetches does not bring, and the other way round. */
START_TEST(takes_no_proof_of_one_method_for_the_other)
{
	struct identity who;
	struct knock k;
	enum outcome o;

	knock_open(&k, vector(_i));
	k.is_get = !k.is_get;
	k.request.x_signature =
	    GATE_SPAN("sha256=0123456789abcdef0123456789abcdef"
		      "0123456789abcdef0123456789abcdef");
	k.request.x_idempotency_key = GATE_SPAN("k");
	k.request.idempotency_key = GATE_SPAN("k");
	o = try(&k, wire_number(wire_member(vector(_i), "holds"), "from"),
	    signed_bytes(&k), &who);
	ck_assert(o == OUTCOME_BAD_SIGNATURE || o == OUTCOME_BAD_TOKEN);
	knock_close(&k);
}
END_TEST

START_TEST(has_requests_of_each_scheme)
{
	ck_assert_uint_ge(gate_json_count(wire_list("requests")), 40);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("door");
	TCase *t = tcase_create("door");
	int n;

	wire_load();
	n = (int)gate_json_count(wire_list("requests"));
	tcase_add_unchecked_fixture(t, open_world, close_world);
	tcase_add_test(t, has_requests_of_each_scheme);
	tcase_add_loop_test(t, takes_a_request_as_long_as_it_holds, 0, n);
	tcase_add_loop_test(t, takes_no_other_bytes, 0, n);
	tcase_add_loop_test(
	    t, takes_no_proof_of_one_method_for_the_other, 0, n);
	suite_add_tcase(s, t);
	return s;
}

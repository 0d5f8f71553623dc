/*
 * The requests of tests/vectors/wire.json at the doors: params as a web
 * server sends them, through router and scheme. Each holds exactly as long as
 * the file says, and not with a byte changed.
 */
#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/router.h"
#include "fcgi/scheme.h"
#include "lib/num.h"
#include "tests/runner.h"
#include "tests/wire.h"

/* ---- the sites of the vectors ------------------------------------------- */

#define SECRETS_MAX 8

struct world {
	struct gate_dummy dummy;
	struct gate_site list[2]; /* blog, shop */
	struct gate_sites sites;
	struct gate_hmac_secret secrets[SECRETS_MAX];
	size_t secret_count;
	struct gate_jwt_key set[GATE_ALG_COUNT];
	struct gate_bridge_key keys[GATE_ALG_COUNT];
	size_t key_count;
};

static struct world world;

static bool
add_secret(const char *name, const struct gate_json *v, void *ctx)
{
	struct gate_site *site = gate_span_is(wire_text(v, "site"), "blog")
	    ? &world.list[0]
	    : &world.list[1];
	struct gate_hmac_secret *s = &world.secrets[world.secret_count++];
	struct gate_span scheme = wire_text(v, "scheme");
	enum gate_scheme kind;

	(void)name;
	(void)ctx;
	GATE_ASSERT(world.secret_count <= SECRETS_MAX);
	if (gate_span_is(scheme, "bridge"))
		kind = GATE_SCHEME_HMAC;
	else if (!gate_scheme_parse(scheme, &kind))
		abort();
	*s = (struct gate_hmac_secret){.id = gate_span_dup(wire_text(v, "id"))};
	if (gate_hmac_key_new(wire_text(v, "secret"), &s->key) != GATE_OK)
		abort();
	site->secrets[kind] = (struct gate_hmac_secrets){s, 1};
	return true;
}

/* All keys are one site's, as several may be. */
static bool
add_key(const char *name, const struct gate_json *v, void *ctx)
{
	struct gate_verify_key *key = wire_verify_key_named(name);
	char *id = gate_span_dup(wire_text(v, "kid"));

	(void)ctx;
	GATE_ASSERT(world.key_count < GATE_ALG_COUNT);
	world.keys[world.key_count] =
	    (struct gate_bridge_key){.id = id, .key = key};
	world.set[world.key_count++] = (struct gate_jwt_key){id, key};
	return true;
}

static void
world_init(void)
{
	struct gate_err err;
	struct gate_bridge *b = &world.list[0].bridge;

	if (gate_dummy_init(&world.dummy, &err) != GATE_OK)
		abort();
	world.list[0] = (struct gate_site){
	    .name = strdup("blog"), .is_default = true, .window_s = 300};
	world.list[1] =
	    (struct gate_site){.name = strdup("shop"), .window_s = 300};
	world.sites = (struct gate_sites){.list = world.list, .count = 2};
	(void)gate_json_each(wire_list("secrets"), add_secret, NULL);
	(void)gate_json_each(wire_list("keys"), add_key, NULL);
	*b = (struct gate_bridge){.issuer = strdup("https://blog.example.com"),
	    .audience = strdup("pressgate"),
	    .results_audience = strdup("pressgate-results"),
	    .keys = world.keys,
	    .key_count = world.key_count,
	    .set = world.set};
}

/* ---- a request as a web server hands it over ---------------------------- */

#define PARAMS_MAX 16

struct params {
	char *list[PARAMS_MAX + 1];
	size_t count;
};

static void
put(struct params *p, const char *name, struct gate_span value)
{
	struct gate_buf b;

	GATE_ASSERT(p->count < PARAMS_MAX);
	gate_buf_init(&b, 16384);
	(void)gate_buf_printf(&b, "%s=", name);
	(void)gate_buf_put(&b, value);
	p->list[p->count] = gate_span_dup(gate_buf_span(&b));
	ck_assert_ptr_nonnull(p->list[p->count++]);
	gate_buf_clear(&b);
}

/* X-WP-Key-Id: HTTP_X_WP_KEY_ID. RFC 3875 section 4.1.18. */
static bool
put_header(const char *name, const struct gate_json *v, void *ctx)
{
	char param[64] = "HTTP_";
	struct gate_span value;
	size_t i, n = strlen(param);

	for (i = 0; name[i] != '\0' && n + 1 < sizeof(param); i++)
		param[n++] = name[i] == '-'
		    ? '_'
		    : (char)toupper((unsigned char)name[i]);
	param[n] = '\0';
	ck_assert(gate_json_string(v, &value));
	/* section 4.1.3 */
	put(ctx,
	    strcmp(param, "HTTP_CONTENT_TYPE") == 0 ? "CONTENT_TYPE" : param,
	    value);
	return true;
}

static void
params_init(struct params *p, const struct gate_json *v)
{
	*p = (struct params){.count = 0};
	put(p, "FCGI_ROLE", GATE_SPAN("RESPONDER"));
	put(p, "REQUEST_METHOD", wire_text(v, "method"));
	put(p, "REQUEST_URI", wire_text(v, "target"));
	(void)gate_json_each(wire_member(v, "headers"), put_header, p);
}

static void
params_clear(struct params *p)
{
	size_t i;

	for (i = 0; i < p->count; i++)
		free(p->list[i]);
}

struct knock {
	const struct gate_json *v;
	struct params params;
	struct request request;
	struct router_match match;
	const struct scheme *scheme;
	struct gate_buf body;
	bool is_get;
};

static void
knock_init(struct knock *k, const struct gate_json *v)
{
	*k = (struct knock){.v = v};
	k->is_get = gate_span_is(wire_text(v, "method"), "GET");
	params_init(&k->params, v);
	ck_assert_int_eq(
	    request_params(k->params.list, &k->request), OUTCOME_NONE);
	ck_assert_int_eq(router_find(k->request.uri, "", &k->match), GATE_OK);
	ck_assert(
	    gate_span_is(k->request.method, router_method(k->match.door)));
	gate_buf_init(&k->body, 65536);
	if (k->is_get) {
		ck_assert_int_eq(
		    scheme_of_get(&k->request, &k->scheme), OUTCOME_NONE);
	} else {
		k->body = wire_bytes(v, "body_base64");
		k->scheme = scheme_of_door(k->match.door);
	}
	ck_assert_str_eq(k->scheme->name, wire_word(v, "scheme"));
}

static void
knock_clear(struct knock *k)
{
	params_clear(&k->params);
	gate_buf_clear(&k->body);
}

/* The whole way of a request, at that time. */
static enum outcome
outcome_at(const struct knock *k, struct gate_span data, int64_t now_s)
{
	struct gate_trial t = {.dummy = &world.dummy,
	    .is_get = k->is_get,
	    .data = data,
	    .now_s = now_s};
	const char *why = NULL;
	struct gate_identity who;
	struct gate_proof p;
	enum outcome o = k->scheme->read(&k->request, k->is_get, &p, &why);

	if (o != OUTCOME_NONE)
		return o;
	t.site = k->scheme->find_site(&world.sites,
	    k->is_get ? (struct gate_span){0} : k->match.argument, &p);
	o = k->scheme->verify(&t, &p, &who, &why);
	if (o == OUTCOME_NONE) {
		ck_assert_str_eq(who.key_id,
		    wire_word(k->v, wire_has(k->v, "kid") ? "kid" : "key_id"));
		if (!k->is_get)
			ck_assert(gate_span_equal(p.idempotency_key,
			    wire_text(k->v, "idempotency_key")));
	}
	gate_proof_clear(&p);
	return o;
}

START_TEST(takes_a_request_as_long_as_it_holds)
{
	const struct gate_json *v =
	    gate_json_at(wire_list("requests"), (size_t)_i);
	const struct gate_json *holds = wire_member(v, "holds");
	int64_t from = wire_number(holds, "from");
	int64_t to = wire_number(holds, "to");
	struct gate_span data;
	struct knock k;

	knock_init(&k, v);
	data = k.is_get ? k.match.target : gate_buf_span(&k.body);
	ck_assert_msg(
	    outcome_at(&k, data, wire_number(v, "clock")) == OUTCOME_NONE &&
		outcome_at(&k, data, from) == OUTCOME_NONE &&
		outcome_at(&k, data, to) == OUTCOME_NONE,
	    "%s is refused", wire_word(v, "name"));
	ck_assert_msg(outcome_at(&k, data, from - 1) == OUTCOME_STALE &&
		outcome_at(&k, data, to + 1) == OUTCOME_STALE,
	    "%s is taken too early or too late", wire_word(v, "name"));
	knock_clear(&k);
}
END_TEST

/* A GET by bridge has its target in no signature; all else is signed. */
START_TEST(refuses_a_request_with_a_byte_changed)
{
	const struct gate_json *v =
	    gate_json_at(wire_list("requests"), (size_t)_i);
	int64_t now_s = wire_number(v, "clock");
	struct gate_buf changed;
	struct knock k;
	enum outcome o;
	size_t i;

	knock_init(&k, v);
	gate_buf_init(&changed, 65536);
	(void)gate_buf_put(
	    &changed, k.is_get ? k.match.target : gate_buf_span(&k.body));
	for (i = 0; i < changed.n; i++) {
		changed.p[i] ^= 1;
		o = outcome_at(&k, gate_buf_span(&changed), now_s);
		changed.p[i] ^= 1;
		if (k.is_get && k.scheme == &scheme_bridge)
			ck_assert_int_eq(o, OUTCOME_NONE);
		else
			ck_assert_msg(o == OUTCOME_BAD_SIGNATURE,
			    "%s: byte %zu", wire_word(v, "name"), i);
	}
	(void)gate_buf_put_byte(&changed, '\n');
	if (!k.is_get)
		ck_assert_int_eq(outcome_at(&k, gate_buf_span(&changed), now_s),
		    OUTCOME_BAD_SIGNATURE);
	gate_buf_clear(&changed);
	knock_clear(&k);
}
END_TEST

/* What fetches does not bring, and the other way round. */
START_TEST(takes_no_proof_of_one_method_for_the_other)
{
	const struct gate_json *v =
	    gate_json_at(wire_list("requests"), (size_t)_i);
	struct gate_span data;
	struct knock k;
	enum outcome o;

	knock_init(&k, v);
	data = k.is_get ? k.match.target : gate_buf_span(&k.body);
	if (k.match.door == DOOR_EVENT) /* its id names no site */
		k.match.argument.n = 0;
	k.is_get = !k.is_get;
	k.request.x_signature = GATE_SPAN("sha256=0123456789abcdef0123456789"
					  "abcdef0123456789abcdef0123456789"
					  "abcdef");
	k.request.x_idempotency_key = GATE_SPAN("k");
	k.request.idempotency_key = GATE_SPAN("k");
	o = outcome_at(&k, data, wire_number(wire_member(v, "holds"), "from"));
	ck_assert_msg(o ==
		(k.scheme == &scheme_bridge ? OUTCOME_BAD_TOKEN
					    : OUTCOME_BAD_SIGNATURE),
	    "%s: %d", wire_word(v, "name"), o);
	knock_clear(&k);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("wire_doors");
	TCase *t = tcase_create("wire_doors");
	int n;

	wire_load();
	tcase_add_unchecked_fixture(t, world_init, NULL);
	n = (int)gate_json_count(wire_list("requests"));
	tcase_add_loop_test(t, takes_a_request_as_long_as_it_holds, 0, n);
	tcase_add_loop_test(t, refuses_a_request_with_a_byte_changed, 0, n);
	tcase_add_loop_test(
	    t, takes_no_proof_of_one_method_for_the_other, 0, n);
	suite_add_tcase(s, t);
	return s;
}

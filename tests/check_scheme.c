/* fcgi/scheme.h, lib/proof.h and lib/proof_mac.h: the schemes that sign with a secret. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi/scheme.h"
#include "lib/num.h"
#include "lib/proof_mac.h"
#include "tests/fence.h"
#include "tests/runner.h"

#define NOW 1700000000
#define HEX16 "0123456789abcdef"
#define HEX64 HEX16 HEX16 HEX16 HEX16

static const struct {
	const char *in;
	const char *out; /* NULL: refused */
} keys[] = {
    {"a", "a"},
    {"!~", "!~"},
    {"\"a\"", "a"},
    {"a\"b", "a\"b"},
    {"", NULL},
    {"\"", NULL},
    {"\"\"", NULL},
    {"\"a", NULL},
    {"\"a\"b", NULL},
    {"\"a\"\"", NULL},
    {"a b", NULL},
    {"a, b", NULL},
    {"a\x7f", NULL},
    {"\xc3\xa4", NULL},
    {HEX64 HEX64, HEX64 HEX64},
    {HEX64 HEX64 "x", NULL},
    {"\"" HEX64 HEX64 "\"", HEX64 HEX64},
};

START_TEST(reads_an_idempotency_key)
{
	struct fence f = fence_page(gate_span_str(keys[_i].in));
	struct gate_span out = GATE_SPAN("before");
	bool ok = gate_proof_key(f.span, &out);

	if (keys[_i].out != NULL)
		ck_assert_msg(
		    ok && gate_span_is(out, keys[_i].out), "%s", keys[_i].in);
	else
		ck_assert_msg(
		    !ok && gate_span_is(out, "before"), "%s", keys[_i].in);
	fence_free(&f);
}
END_TEST

#define NONCE "0123456789abcDEF-_"

/* The headers of a request by one of two schemes that sign alike. */
static struct request
make_request(const struct scheme *scheme, const char *timestamp,
    const char *signature, const char *key_id, const char *key)
{
	struct request r = {.length = 0};
	bool edge = scheme == &scheme_edge;

	*(edge ? &r.edge_timestamp : &r.wp_timestamp) =
	    gate_span_str(timestamp);
	*(edge ? &r.edge_signature : &r.wp_signature) =
	    gate_span_str(signature);
	*(edge ? &r.edge_key_id : &r.wp_key_id) = gate_span_str(key_id);
	*(edge ? &r.x_idempotency_key : &r.idempotency_key) =
	    gate_span_str(key);
	if (edge)
		r.edge_nonce = GATE_SPAN(NONCE);
	return r;
}

static const char *why; /* of the last refusal; NULL with these two */

static const struct scheme *const both[] = {&scheme_relay, &scheme_edge};

static const struct {
	const char *what;
	const char *timestamp;
	const char *signature;
	const char *key_id;
	const char *key;
	enum outcome outcome;
} posts[] = {
    {"good", "1700000000", HEX64, "", "k", OUTCOME_NONE},
    {"upper-case hex", "0", "ABCDEF0123456789" HEX16 HEX16 HEX16, "a.B_-9", "k",
	OUTCOME_NONE},
    {"eleven digits", "99999999999", HEX64, "", "k", OUTCOME_NONE},
    {"no timestamp", "", HEX64, "", "k", OUTCOME_HEADER_MISSING},
    {"no signature", "1", "", "", "k", OUTCOME_HEADER_MISSING},
    {"no key", "1", HEX64, "", "", OUTCOME_HEADER_MISSING},
    {"twelve digits", "100000000000", HEX64, "", "k", OUTCOME_BAD_SIGNATURE},
    {"twenty digits", "10000000000000000000", HEX64, "", "k",
	OUTCOME_BAD_SIGNATURE},
    {"sign", "+1", HEX64, "", "k", OUTCOME_BAD_SIGNATURE},
    {"blank before", " 1", HEX64, "", "k", OUTCOME_BAD_SIGNATURE},
    {"blank after", "1 ", HEX64, "", "k", OUTCOME_BAD_SIGNATURE},
    {"fraction", "1.5", HEX64, "", "k", OUTCOME_BAD_SIGNATURE},
    {"underscore", "1_0", HEX64, "", "k", OUTCOME_BAD_SIGNATURE},
    {"exponent", "1e9", HEX64, "", "k", OUTCOME_BAD_SIGNATURE},
    {"negative", "-1", HEX64, "", "k", OUTCOME_BAD_SIGNATURE},
    {"full-width digit", "\xef\xbc\x91", HEX64, "", "k", OUTCOME_BAD_SIGNATURE},
    {"63 digits", "1", HEX16 HEX16 HEX16 "0123456789abcde", "", "k",
	OUTCOME_BAD_SIGNATURE},
    {"65 digits", "1", HEX64 "0", "", "k", OUTCOME_BAD_SIGNATURE},
    {"no hex", "1", "zz23456789abcdef" HEX16 HEX16 HEX16, "", "k",
	OUTCOME_BAD_SIGNATURE},
    {"0x", "1", "0x23456789abcdef" HEX16 HEX16 HEX16 "00", "", "k",
	OUTCOME_BAD_SIGNATURE},
    {"two, joined", "1", HEX64 ", " HEX64, "", "k", OUTCOME_BAD_SIGNATURE},
    {"key id with a slash", "1", HEX64, "../k", "k", OUTCOME_BAD_SIGNATURE},
    {"key id of 65", "1", HEX64, HEX64 "x", "k", OUTCOME_BAD_SIGNATURE},
    {"key with a blank", "1", HEX64, "", "a b", OUTCOME_BAD_KEY},
};

START_TEST(reads_the_headers_of_a_post)
{
	size_t i;

	for (i = 0; i < GATE_COUNT(both); i++) {
		struct request r = make_request(both[i], posts[_i].timestamp,
		    posts[_i].signature, posts[_i].key_id, posts[_i].key);
		struct gate_proof p = {.timestamp_s = -7};
		enum outcome o = both[i]->read(&r, false, &p, &why);

		ck_assert_msg(o == posts[_i].outcome, "%s, %s: %d",
		    both[i]->name, posts[_i].what, o);
		ck_assert_msg((o == OUTCOME_NONE) == (p.timestamp_s != -7),
		    "%s, %s", both[i]->name, posts[_i].what);
	}
}
END_TEST

START_TEST(wants_no_key_for_a_get)
{
	size_t i;

	for (i = 0; i < GATE_COUNT(both); i++) {
		struct request r = make_request(both[i], "1", HEX64, "", "");
		struct gate_proof p;

		ck_assert_int_eq(
		    both[i]->read(&r, true, &p, &why), OUTCOME_NONE);
		r.wp_signature.n = r.edge_signature.n = 0;
		ck_assert_int_eq(
		    both[i]->read(&r, true, &p, &why), OUTCOME_HEADER_MISSING);
	}
}
END_TEST

static const struct {
	const char *nonce;
	enum outcome outcome;
} nonces[] = {
    {"", OUTCOME_HEADER_MISSING},
    {HEX16, OUTCOME_NONE},
    {"abcdefghijklmno", OUTCOME_BAD_SIGNATURE},
    {HEX64, OUTCOME_NONE},
    {HEX64 "0", OUTCOME_BAD_SIGNATURE},
    {HEX64 HEX64 HEX64 HEX64 HEX64 HEX64 HEX64, OUTCOME_BAD_SIGNATURE},
    {"_-_-_-_-_-_-_-_-", OUTCOME_NONE},
    {"0123456789.abcdef", OUTCOME_BAD_SIGNATURE},
    {"0123456789 abcdef", OUTCOME_BAD_SIGNATURE},
    {"0123456789+abcdef", OUTCOME_BAD_SIGNATURE},
    {"0123456789,0123456789", OUTCOME_BAD_SIGNATURE},
};

START_TEST(takes_a_nonce_that_reads_one_way)
{
	struct request r = make_request(&scheme_edge, "1", HEX64, "", "k");
	struct gate_proof p;

	r.edge_nonce = gate_span_str(nonces[_i].nonce);
	ck_assert_msg(
	    scheme_edge.read(&r, false, &p, &why) == nonces[_i].outcome, "%s",
	    nonces[_i].nonce);
	ck_assert_msg(
	    scheme_edge.read(&r, true, &p, &why) == nonces[_i].outcome, "%s",
	    nonces[_i].nonce);
}
END_TEST

static const struct {
	const char *what;
	struct request request;
	const struct scheme *scheme; /* NULL: none */
	enum outcome outcome;
} gets[] = {
    {"none", {.length = 0}, NULL, OUTCOME_HEADER_MISSING},
    {"relay", {.wp_signature = BYTES("x")}, &scheme_relay, OUTCOME_NONE},
    {"relay's key id only", {.wp_key_id = BYTES("x")}, &scheme_relay,
	OUTCOME_NONE},
    {"edge", {.edge_nonce = BYTES("x")}, &scheme_edge, OUTCOME_NONE},
    {"relay and edge",
	{.wp_signature = BYTES("x"), .edge_signature = BYTES("x")}, NULL,
	OUTCOME_TWO_SCHEMES},
    {"relay and edge's key id",
	{.wp_signature = BYTES("x"), .edge_key_id = BYTES("x")}, NULL,
	OUTCOME_TWO_SCHEMES},
};

START_TEST(finds_the_scheme_of_a_get_by_its_headers)
{
	const struct scheme *scheme = NULL;
	enum outcome o = scheme_of_get(&gets[_i].request, &scheme);

	ck_assert_msg(o == gets[_i].outcome, "%s: %d", gets[_i].what, o);
	ck_assert_msg(scheme == gets[_i].scheme, "%s", gets[_i].what);
}
END_TEST

/* ---- verify -------------------------------------------------------------*/

static struct gate_hmac_key *
hmac_key(const char *secret)
{
	struct gate_hmac_key *key;

	ck_assert_int_eq(
	    gate_hmac_key_new(gate_span_str(secret), &key), GATE_OK);
	return key;
}

/* Two sites; blog has two secrets and is the default. Both schemes have the
 * same secrets here, which the configuration would not let through. */
struct world {
	struct gate_hmac_secret blog_keys[2];
	struct gate_hmac_secret shop_keys[1];
	struct gate_site list[2];
	struct gate_sites sites;
	struct gate_dummy dummy;
};

static void
world_init(struct world *w)
{
	static char names[][8] = {"blog", "shop", "b-1", "b-2", "s-1"};

	*w = (struct world){.dummy = {.mac = hmac_key("dummy")}};
	w->blog_keys[0] = (struct gate_hmac_secret){
	    .id = names[2], .state = GATE_KEY_CURRENT, .key = hmac_key("one")};
	w->blog_keys[1] = (struct gate_hmac_secret){
	    .id = names[3], .state = GATE_KEY_NEXT, .key = hmac_key("two")};
	w->shop_keys[0] = (struct gate_hmac_secret){.id = names[4],
	    .state = GATE_KEY_RETIRING,
	    .key = hmac_key("three")};
	w->list[0] = (struct gate_site){.name = names[0],
	    .is_default = true,
	    .secrets = {[GATE_SCHEME_RELAY] = {w->blog_keys, 2},
		[GATE_SCHEME_EDGE] = {w->blog_keys, 2}},
	    .window_s = 300};
	w->list[1] = (struct gate_site){.name = names[1],
	    .secrets = {[GATE_SCHEME_RELAY] = {w->shop_keys, 1},
		[GATE_SCHEME_EDGE] = {w->shop_keys, 1}},
	    .window_s = 300};
	w->sites = (struct gate_sites){.list = w->list, .count = 2};
}

static void
world_clear(struct world *w)
{
	gate_hmac_key_free(w->blog_keys[0].key);
	gate_hmac_key_free(w->blog_keys[1].key);
	gate_hmac_key_free(w->shop_keys[0].key);
	gate_dummy_clear(&w->dummy);
}

static const struct {
	const char *path;
	const char *key_id;
	const char *site; /* NULL: none */
} choices[] = {
    {"", "", "blog"},
    {"shop", "", "shop"},
    {"blog", "", "blog"},
    {"", "s-1", "shop"},
    {"", "b-2", "blog"},
    {"shop", "s-1", "shop"},
    {"blog", "s-1", NULL},
    {"shop", "nobody", NULL},
    {"", "nobody", NULL},
    {"nobody", "", NULL},
    {"nobody", "s-1", NULL},
};

START_TEST(chooses_the_site_by_path_then_key_id_then_default)
{
	struct world w;
	const struct gate_site *site;

	world_init(&w);
	site = gate_proof_site(&w.sites, GATE_SCHEME_RELAY,
	    gate_span_str(choices[_i].path), gate_span_str(choices[_i].key_id));
	if (choices[_i].site == NULL)
		ck_assert_ptr_null(site);
	else
		ck_assert_str_eq(site->name, choices[_i].site);
	world_clear(&w);
}
END_TEST

START_TEST(has_no_default_unless_one_is_marked)
{
	struct world w;

	world_init(&w);
	w.list[0].is_default = false;
	ck_assert_ptr_null(gate_proof_site(&w.sites, GATE_SCHEME_RELAY,
	    (struct gate_span){0}, (struct gate_span){0}));
	world_clear(&w);
}
END_TEST

/* Signs what a request of that scheme says. */
static void
sign(const struct scheme *scheme, const char *secret, const char *data,
    struct gate_proof *p)
{
	struct gate_hmac_key *key = hmac_key(secret);
	struct gate_span parts[] = {p->timestamp,
	    gate_span_str(scheme == &scheme_edge ? "." NONCE "." : "."),
	    gate_span_str(data)};

	if (scheme == &scheme_edge)
		p->nonce = GATE_SPAN(NONCE);
	ck_assert_int_eq(
	    gate_hmac_sha256(key, parts, GATE_COUNT(parts), p->mac), GATE_OK);
	gate_hmac_key_free(key);
}

static int64_t
window(const struct scheme *scheme)
{
	return scheme == &scheme_edge ? 120 : 300;
}

static const struct {
	const char *what;
	int site; /* -1: unknown */
	const char *secret;
	const char *key_id;
	int windows; /* by which the timestamp is off from now */
	int64_t off_s;
	const char *body;
	enum outcome outcome;
	const char *signed_by;
} checks[] = {
    {"current", 0, "one", "", 0, 0, "b", OUTCOME_NONE, "b-1"},
    {"next", 0, "two", "", 0, 0, "b", OUTCOME_NONE, "b-2"},
    {"retiring", 1, "three", "", 0, 0, "b", OUTCOME_NONE, "s-1"},
    {"named", 0, "two", "b-2", 0, 0, "b", OUTCOME_NONE, "b-2"},
    {"named, but another signed", 0, "one", "b-2", 0, 0, "b",
	OUTCOME_BAD_SIGNATURE, NULL},
    {"named, not the site's", 0, "one", "s-1", 0, 0, "b", OUTCOME_UNKNOWN_SITE,
	NULL},
    {"another site's", 0, "three", "", 0, 0, "b", OUTCOME_BAD_SIGNATURE, NULL},
    {"another body", 0, "one", "", 0, 0, "c", OUTCOME_BAD_SIGNATURE, NULL},
    {"a longer body", 0, "one", "", 0, 0, "b\n", OUTCOME_BAD_SIGNATURE, NULL},
    {"no site", -1, "one", "", 0, 0, "b", OUTCOME_UNKNOWN_SITE, NULL},
    {"no site, by the dummy", -1, "dummy", "", 0, 0, "b", OUTCOME_UNKNOWN_SITE,
	NULL},
    {"a window old", 0, "one", "", -1, 0, "b", OUTCOME_NONE, "b-1"},
    {"older", 0, "one", "", -1, -1, "b", OUTCOME_STALE, NULL},
    {"a window ahead", 0, "one", "", 1, 0, "b", OUTCOME_NONE, "b-1"},
    {"further ahead", 0, "one", "", 1, 1, "b", OUTCOME_STALE, NULL},
    {"absurdly ahead", 0, "one", "", 0, 98299999999, "b", OUTCOME_STALE, NULL},
    {"old and wrong", 0, "nine", "", -1, -1, "b", OUTCOME_BAD_SIGNATURE, NULL},
};

static void
check_row(const struct scheme *scheme, int row)
{
	struct world w;
	struct gate_identity who = {.key_id = NULL};
	struct gate_proof p = {.key_id = gate_span_str(checks[row].key_id),
	    .timestamp_s =
		NOW + checks[row].windows * window(scheme) + checks[row].off_s,
	    .timestamp = GATE_SPAN("123")};
	struct gate_trial t = {
	    .data = gate_span_str(checks[row].body), .now_s = NOW};
	enum outcome o;

	world_init(&w);
	t.dummy = &w.dummy;
	t.site = checks[row].site < 0 ? NULL : &w.list[checks[row].site];
	sign(scheme, checks[row].secret, "b", &p);
	o = scheme->verify(&t, &p, &who, &why);
	ck_assert_msg(o == checks[row].outcome, "%s, %s: %d", scheme->name,
	    checks[row].what, o);
	if (checks[row].signed_by == NULL) {
		ck_assert_msg(who.key_id == NULL, "%s", checks[row].what);
	} else {
		ck_assert_str_eq(who.key_id, checks[row].signed_by);
		ck_assert(gate_span_is(who.created_by, who.key_id));
		ck_assert_int_eq(
		    who.guard_until_s, p.timestamp_s + 2 * window(scheme));
	}
	world_clear(&w);
}

START_TEST(checks_every_candidate_and_then_the_window)
{
	size_t i;

	for (i = 0; i < GATE_COUNT(both); i++)
		check_row(both[i], _i);
}
END_TEST

/* RFC 2104 by another implementation, of `1700000000.{"a":1}` and the like:
 * printf '%s' '1700000000.GET /results?limit=5' |
 *     openssl dgst -sha256 -hmac secret -r */
static const struct {
	const struct scheme *scheme;
	bool is_get;
	const char *data;
	const char *mac;
} documents[] = {
    {&scheme_relay, false, "{\"a\":1}",
	"49f24e537407743fa4a0242bb63b94b9a47ee99cbbe071ccd8a22550ae411686"},
    {&scheme_relay, true, "/results?limit=5",
	"5a1c7b629ccd6a306b0ac4382e58c0c78bda80b3590376d588c8c7e27423b5cd"},
    {&scheme_edge, false, "{\"a\":1}",
	"9ca4189db968b67876b064dff577a66328f8f37fa4ce38b47a753bde638f23d1"},
    {&scheme_edge, true, "/results?limit=5",
	"d41ea817c9f6407d859af8b50e81819e4c736d281a27af60e4d3e45c559bde88"},
};

START_TEST(holds_what_the_documents_say)
{
	char name[] = "k";
	struct gate_hmac_secret secret = {
	    .id = name, .key = hmac_key("secret")};
	struct gate_dummy dummy = {.mac = NULL};
	struct gate_site site = {.window_s = 300,
	    .secrets = {[GATE_SCHEME_RELAY] = {&secret, 1},
		[GATE_SCHEME_EDGE] = {&secret, 1}}};
	struct gate_trial t = {.site = &site,
	    .dummy = &dummy,
	    .is_get = documents[_i].is_get,
	    .data = gate_span_str(documents[_i].data),
	    .now_s = NOW};
	struct request r = make_request(
	    documents[_i].scheme, "1700000000", documents[_i].mac, "", "k");
	struct gate_identity who;
	struct gate_proof p;

	ck_assert_int_eq(
	    documents[_i].scheme->read(&r, t.is_get, &p, &why), OUTCOME_NONE);
	ck_assert_int_eq(
	    documents[_i].scheme->verify(&t, &p, &who, &why), OUTCOME_NONE);
	t.is_get = !t.is_get;
	ck_assert_int_eq(documents[_i].scheme->verify(&t, &p, &who, &why),
	    OUTCOME_BAD_SIGNATURE);
	gate_hmac_key_free(secret.key);
}
END_TEST

/* What may be used once: the MAC, where nothing else is; the nonce. */
START_TEST(guards_what_was_signed)
{
	struct world w;
	struct gate_identity who;
	struct gate_proof p = {.timestamp_s = NOW, .timestamp = GATE_SPAN("1")};
	struct gate_trial t = {.data = GATE_SPAN("b"), .now_s = NOW};

	world_init(&w);
	t.dummy = &w.dummy;
	t.site = &w.list[0];
	sign(&scheme_relay, "one", "b", &p);
	ck_assert_int_eq(scheme_relay.verify(&t, &p, &who, &why), OUTCOME_NONE);
	ck_assert(
	    gate_span_equal(who.guard, gate_span_of(p.mac, sizeof(p.mac))));
	sign(&scheme_edge, "one", "b", &p);
	ck_assert_int_eq(scheme_edge.verify(&t, &p, &who, &why), OUTCOME_NONE);
	ck_assert(gate_span_is(who.guard, NONCE));
	world_clear(&w);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("scheme");
	TCase *t = tcase_create("read");

	add_row_test(t, reads_an_idempotency_key, keys);
	add_row_test(t, reads_the_headers_of_a_post, posts);
	tcase_add_test(t, wants_no_key_for_a_get);
	add_row_test(t, takes_a_nonce_that_reads_one_way, nonces);
	add_row_test(t, finds_the_scheme_of_a_get_by_its_headers, gets);
	suite_add_tcase(s, t);
	t = tcase_create("verify");
	add_row_test(
	    t, chooses_the_site_by_path_then_key_id_then_default, choices);
	tcase_add_test(t, has_no_default_unless_one_is_marked);
	add_row_test(t, checks_every_candidate_and_then_the_window, checks);
	add_row_test(t, holds_what_the_documents_say, documents);
	tcase_add_test(t, guards_what_was_signed);
	suite_add_tcase(s, t);
	return s;
}

/* fcgi/scheme_relay.h and fcgi/verify.h. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi/scheme_relay.h"
#include "fcgi/verify.h"
#include "lib/codec.h"
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
	bool ok = relay_key(f.span, &out);

	if (keys[_i].out != NULL)
		ck_assert_msg(
		    ok && gate_span_is(out, keys[_i].out), "%s", keys[_i].in);
	else
		ck_assert_msg(
		    !ok && gate_span_is(out, "before"), "%s", keys[_i].in);
	fence_free(&f);
}
END_TEST

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
	struct request r = {
	    .wp_timestamp = gate_span_str(posts[_i].timestamp),
	    .wp_signature = gate_span_str(posts[_i].signature),
	    .wp_key_id = gate_span_str(posts[_i].key_id),
	    .idempotency_key = gate_span_str(posts[_i].key),
	};
	struct relay relay = {.timestamp_s = -7};
	enum outcome o = relay_read_post(&r, &relay);

	ck_assert_msg(o == posts[_i].outcome, "%s: %d", posts[_i].what, o);
	ck_assert_msg((o == OUTCOME_NONE) == (relay.timestamp_s != -7), "%s",
	    posts[_i].what);
}
END_TEST

START_TEST(wants_no_key_for_a_get)
{
	struct request r = {
	    .wp_timestamp = GATE_SPAN("1"), .wp_signature = GATE_SPAN(HEX64)};
	struct relay relay;

	ck_assert_int_eq(relay_read_get(&r, &relay), OUTCOME_NONE);
	r.wp_signature.n = 0;
	ck_assert_int_eq(relay_read_get(&r, &relay), OUTCOME_HEADER_MISSING);
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

/* Two sites; blog has two secrets and is the default. */
struct world {
	struct gate_hmac_secret blog_keys[2];
	struct gate_hmac_secret shop_keys[1];
	struct gate_site list[2];
	struct gate_sites sites;
	struct gate_hmac_key *dummy;
};

static void
world_init(struct world *w)
{
	static char names[][8] = {"blog", "shop", "b-1", "b-2", "s-1"};

	*w = (struct world){.dummy = hmac_key("dummy")};
	w->blog_keys[0] = (struct gate_hmac_secret){
	    .id = names[2], .state = GATE_KEY_CURRENT, .key = hmac_key("one")};
	w->blog_keys[1] = (struct gate_hmac_secret){
	    .id = names[3], .state = GATE_KEY_NEXT, .key = hmac_key("two")};
	w->shop_keys[0] = (struct gate_hmac_secret){.id = names[4],
	    .state = GATE_KEY_RETIRING,
	    .key = hmac_key("three")};
	w->list[0] = (struct gate_site){.name = names[0],
	    .is_default = true,
	    .secrets = {[GATE_SCHEME_RELAY] = {w->blog_keys, 2}},
	    .window_s = 300};
	w->list[1] = (struct gate_site){.name = names[1],
	    .secrets = {[GATE_SCHEME_RELAY] = {w->shop_keys, 1}},
	    .window_s = 300};
	w->sites = (struct gate_sites){.list = w->list, .count = 2};
}

static void
world_clear(struct world *w)
{
	gate_hmac_key_free(w->blog_keys[0].key);
	gate_hmac_key_free(w->blog_keys[1].key);
	gate_hmac_key_free(w->shop_keys[0].key);
	gate_hmac_key_free(w->dummy);
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
	site = verify_relay_site(&w.sites, gate_span_str(choices[_i].path),
	    gate_span_str(choices[_i].key_id));
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
	ck_assert_ptr_null(verify_relay_site(
	    &w.sites, (struct gate_span){0}, (struct gate_span){0}));
	world_clear(&w);
}
END_TEST

static const struct {
	const char *what;
	int site; /* -1: unknown */
	const char *secret;
	const char *key_id;
	int64_t off_s; /* of the timestamp from now */
	const char *body;
	enum outcome outcome;
	const char *signed_by;
} checks[] = {
    {"current", 0, "one", "", 0, "b", OUTCOME_NONE, "b-1"},
    {"next", 0, "two", "", 0, "b", OUTCOME_NONE, "b-2"},
    {"retiring", 1, "three", "", 0, "b", OUTCOME_NONE, "s-1"},
    {"named", 0, "two", "b-2", 0, "b", OUTCOME_NONE, "b-2"},
    {"named, but another signed", 0, "one", "b-2", 0, "b",
	OUTCOME_BAD_SIGNATURE, NULL},
    {"named, not the site's", 0, "one", "s-1", 0, "b", OUTCOME_UNKNOWN_SITE,
	NULL},
    {"another site's", 0, "three", "", 0, "b", OUTCOME_BAD_SIGNATURE, NULL},
    {"another body", 0, "one", "", 0, "c", OUTCOME_BAD_SIGNATURE, NULL},
    {"no site", -1, "one", "", 0, "b", OUTCOME_UNKNOWN_SITE, NULL},
    {"no site, by the dummy", -1, "dummy", "", 0, "b", OUTCOME_UNKNOWN_SITE,
	NULL},
    {"300 s old", 0, "one", "", -300, "b", OUTCOME_NONE, "b-1"},
    {"301 s old", 0, "one", "", -301, "b", OUTCOME_STALE, NULL},
    {"300 s ahead", 0, "one", "", 300, "b", OUTCOME_NONE, "b-1"},
    {"301 s ahead", 0, "one", "", 301, "b", OUTCOME_STALE, NULL},
    {"absurdly ahead", 0, "one", "", 98299999999, "b", OUTCOME_STALE, NULL},
    {"old and wrong", 0, "nine", "", -301, "b", OUTCOME_BAD_SIGNATURE, NULL},
};

START_TEST(checks_every_candidate_and_then_the_window)
{
	struct world w;
	struct gate_hmac_key *signer = hmac_key(checks[_i].secret);
	struct gate_span parts[RELAY_PARTS_MAX];
	const struct gate_hmac_secret *key = NULL;
	struct relay relay = {.key_id = gate_span_str(checks[_i].key_id),
	    .timestamp_s = NOW + checks[_i].off_s,
	    .timestamp = GATE_SPAN("123")};
	size_t n;
	enum outcome o;

	world_init(&w);
	n = relay_parts_post(&relay, GATE_SPAN("b"), parts);
	ck_assert_int_eq(
	    gate_hmac_sha256(signer, parts, n, relay.mac), GATE_OK);
	n = relay_parts_post(&relay, gate_span_str(checks[_i].body), parts);
	o = verify_relay(checks[_i].site < 0 ? NULL : &w.list[checks[_i].site],
	    w.dummy, &relay, parts, n, NOW, &key);
	ck_assert_msg(o == checks[_i].outcome, "%s: %d", checks[_i].what, o);
	if (checks[_i].signed_by == NULL)
		ck_assert_msg(key == NULL, "%s", checks[_i].what);
	else
		ck_assert_str_eq(key->id, checks[_i].signed_by);
	gate_hmac_key_free(signer);
	world_clear(&w);
}
END_TEST

/* RFC 2104 by another implementation: printf '%s' '1700000000.{"a":1}' |
 * openssl dgst -sha256 -hmac secret, and the same of the GET. */
START_TEST(signs_what_the_documents_say)
{
	static const char post[] =
	    "49f24e537407743fa4a0242bb63b94b9a47ee99cbbe071ccd8a22550ae411686";
	static const char get[] =
	    "5a1c7b629ccd6a306b0ac4382e58c0c78bda80b3590376d588c8c7e27423b5cd";
	struct gate_hmac_key *key = hmac_key("secret");
	struct relay relay = {.timestamp = GATE_SPAN("1700000000")};
	struct gate_span parts[RELAY_PARTS_MAX];
	unsigned char mac[GATE_SHA256_BYTES];
	char text[2 * GATE_SHA256_BYTES + 1];
	size_t n = relay_parts_post(&relay, GATE_SPAN("{\"a\":1}"), parts);

	ck_assert_int_eq(gate_hmac_sha256(key, parts, n, mac), GATE_OK);
	gate_hex_text(gate_span_of(mac, sizeof(mac)), text, sizeof(text));
	ck_assert_str_eq(text, post);
	n = relay_parts_get(&relay, GATE_SPAN("/results?limit=5"), parts);
	ck_assert_int_eq(gate_hmac_sha256(key, parts, n, mac), GATE_OK);
	gate_hex_text(gate_span_of(mac, sizeof(mac)), text, sizeof(text));
	ck_assert_str_eq(text, get);
	gate_hmac_key_free(key);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("relay");
	TCase *t = tcase_create("relay");

	add_row_test(t, reads_an_idempotency_key, keys);
	add_row_test(t, reads_the_headers_of_a_post, posts);
	tcase_add_test(t, wants_no_key_for_a_get);
	add_row_test(
	    t, chooses_the_site_by_path_then_key_id_then_default, choices);
	tcase_add_test(t, has_no_default_unless_one_is_marked);
	add_row_test(t, checks_every_candidate_and_then_the_window, checks);
	tcase_add_test(t, signs_what_the_documents_say);
	suite_add_tcase(s, t);
	return s;
}

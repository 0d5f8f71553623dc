/*
 * lib/proof_bridge.c: two proofs of one site. What makes a token bad has
 * its rows in check_jwt*.c; here it is which site, which key, which audience,
 * and that token and body belong together.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi/scheme.h"
#include "lib/codec.h"
#include "lib/num.h"
#include "tests/jwt_rows.h"
#include "tests/keyring.h"
#include "tests/runner.h"

#define BODY "{\"event_type\":\"x\"}"
#define RESULTS "\"aud\":\"pressgate-results\","
#define UUID "7d444840-9dc0-11d1-b245-5ffdce74fad2"
#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* ---- headers -------------------------------------------------------------*/

static struct gate_buf good; /* a token */

static void
open_token(void)
{
	jwt_rows_open();
	jwt_world_good(jwt_rows_world(), SIGN_ED, &good);
}

static void
close_token(void)
{
	gate_buf_clear(&good);
	jwt_rows_close();
}

/* TOKEN in authorization stands for a good one. */
static const struct {
	const char *what;
	const char *authorization;
	const char *signature;
	const char *key;
	enum outcome post;
	enum outcome get;
} headers[] = {
    {"good", "Bearer TOKEN", "sha256=" HEX64, UUID, OUTCOME_NONE, OUTCOME_NONE},
    {"another case", "bEARER TOKEN", "sha256=" HEX64, UUID, OUTCOME_NONE,
	OUTCOME_NONE},
    {"a key that is no UUID: the body will tell", "Bearer TOKEN",
	"sha256=" HEX64, "k", OUTCOME_NONE, OUTCOME_NONE},
    {"no token", "", "sha256=" HEX64, UUID, OUTCOME_HEADER_MISSING,
	OUTCOME_HEADER_MISSING},
    {"another kind of credentials", "Basic TOKEN", "sha256=" HEX64, UUID,
	OUTCOME_HEADER_MISSING, OUTCOME_HEADER_MISSING},
    {"the name alone", "Bearer", "sha256=" HEX64, UUID, OUTCOME_HEADER_MISSING,
	OUTCOME_HEADER_MISSING},
    {"the token alone", "TOKEN", "sha256=" HEX64, UUID, OUTCOME_HEADER_MISSING,
	OUTCOME_HEADER_MISSING},
    {"no signature", "Bearer TOKEN", "", UUID, OUTCOME_HEADER_MISSING,
	OUTCOME_NONE},
    {"no key", "Bearer TOKEN", "sha256=" HEX64, "", OUTCOME_HEADER_MISSING,
	OUTCOME_NONE},
    {"nothing after the name", "Bearer ", "sha256=" HEX64, UUID,
	OUTCOME_BAD_TOKEN, OUTCOME_BAD_TOKEN},
    {"two blanks", "Bearer  TOKEN", "sha256=" HEX64, UUID, OUTCOME_BAD_TOKEN,
	OUTCOME_BAD_TOKEN},
    {"a blank behind", "Bearer TOKEN ", "sha256=" HEX64, UUID,
	OUTCOME_BAD_TOKEN, OUTCOME_BAD_TOKEN},
    {"two, joined", "Bearer TOKEN, Bearer TOKEN", "sha256=" HEX64, UUID,
	OUTCOME_BAD_TOKEN, OUTCOME_BAD_TOKEN},
    {"no token at all", "Bearer a.b", "sha256=" HEX64, UUID, OUTCOME_BAD_TOKEN,
	OUTCOME_BAD_TOKEN},
    {"a bare signature", "Bearer TOKEN", HEX64, UUID, OUTCOME_BAD_SIGNATURE,
	OUTCOME_NONE},
    {"another hash", "Bearer TOKEN", "sha512=" HEX64, UUID,
	OUTCOME_BAD_SIGNATURE, OUTCOME_NONE},
    {"63 digits", "Bearer TOKEN", "sha256=" HEX64 "0", UUID,
	OUTCOME_BAD_SIGNATURE, OUTCOME_NONE},
    {"a key with a blank", "Bearer TOKEN", "sha256=" HEX64, "a b",
	OUTCOME_BAD_KEY, OUTCOME_NONE},
};

static enum outcome
read_row(int row, bool is_get)
{
	struct gate_span rest = gate_span_str(headers[row].authorization);
	struct gate_proof p = {.timestamp_s = -7};
	const char *why = NULL;
	struct gate_buf b;
	struct request r;
	enum outcome o;

	gate_buf_init(&b, 10000);
	while (rest.n > 0)
		if (gate_span_skip(&rest, "TOKEN")) {
			(void)gate_buf_put(&b, gate_buf_span(&good));
		} else {
			(void)gate_buf_put_byte(&b, rest.p[0]);
			rest = gate_span_of(rest.p + 1, rest.n - 1);
		}
	r = (struct request){.authorization = gate_buf_span(&b),
	    .x_signature = gate_span_str(headers[row].signature),
	    .x_idempotency_key = gate_span_str(headers[row].key)};
	o = scheme_bridge.read(&r, is_get, &p, &why);
	ck_assert_int_eq(o == OUTCOME_NONE, p.timestamp_s != -7);
	ck_assert_int_eq(o == OUTCOME_BAD_TOKEN, why != NULL);
	if (o == OUTCOME_NONE) {
		ck_assert(gate_span_is(p.token.iss, JWT_BLOG));
		gate_proof_clear(&p);
	}
	gate_buf_clear(&b);
	return o;
}

START_TEST(reads_the_headers)
{
	enum outcome post = read_row(_i, false), get = read_row(_i, true);

	ck_assert_msg(
	    post == headers[_i].post, "%s: POST %d", headers[_i].what, post);
	ck_assert_msg(
	    get == headers[_i].get, "%s: GET %d", headers[_i].what, get);
}
END_TEST

static const struct {
	const char *what;
	struct request request;
	const struct scheme *scheme;
	enum outcome outcome;
} gets[] = {
    {"a token", {.authorization = BYTES("Bearer x")}, &scheme_bridge,
	OUTCOME_NONE},
    {"a token and a relay's",
	{.authorization = BYTES("Bearer x"), .wp_signature = BYTES("x")}, NULL,
	OUTCOME_TWO_SCHEMES},
    {"a token and an edge's",
	{.authorization = BYTES("bearer x"), .edge_nonce = BYTES("x")}, NULL,
	OUTCOME_TWO_SCHEMES},
    {"a relay's behind a server that asks for a password",
	{.authorization = BYTES("Basic x"), .wp_signature = BYTES("x")},
	&scheme_relay, OUTCOME_NONE},
    {"a password alone", {.authorization = BYTES("Basic x")}, NULL,
	OUTCOME_HEADER_MISSING},
};

START_TEST(is_meant_by_a_token)
{
	const struct scheme *scheme = NULL;
	enum outcome o = scheme_of_get(&gets[_i].request, &scheme);

	ck_assert_msg(o == gets[_i].outcome, "%s: %d", gets[_i].what, o);
	ck_assert_msg(scheme == gets[_i].scheme, "%s", gets[_i].what);
}
END_TEST

/* ---- verify --------------------------------------------------------------*/

static const struct {
	enum gate_alg alg;
	const char *key; /* in tests/vectors/keys.txt */
	const char *kid;
	int site;
} signers[] = {
    {GATE_ALG_RS256, "rsa", "rs", 0},
    {GATE_ALG_ES256, "ec", "es", 0},
    {GATE_ALG_EDDSA, "ed", "ed", 0},
    {GATE_ALG_HS256, NULL, "hs", 0},
    {GATE_ALG_EDDSA, "ed_other", "ed-shop", 1},
};
#define KEYS GATE_COUNT(signers)
#define BLOG_KEYS 4

/* What a bridge site is made of, by hand; a third site has no bridge. */
static struct world {
	char issuers[2][32], audience[16], results[24], hmac_ids[2][8];
	struct gate_jwt_key keys[KEYS];
	struct gate_verify_key *verify[KEYS];
	struct gate_hmac_secret secrets[2];
	struct gate_site list[3];
	struct gate_sites sites;
	struct gate_dummy dummy;
} w;

static struct gate_hmac_key *
hmac_key(const char *secret)
{
	struct gate_hmac_key *key;

	ck_assert_int_eq(
	    gate_hmac_key_new(gate_span_str(secret), &key), GATE_OK);
	return key;
}

static void
open_world(void)
{
	static const char *const words[] = {"one", "two"};
	size_t i;

	open_token();
	w = (struct world){.issuers = {JWT_BLOG, JWT_SHOP},
	    .audience = "pressgate",
	    .results = "pressgate-results",
	    .hmac_ids = {"b-h", "s-h"}};
	for (i = 0; i < KEYS; i++) {
		w.verify[i] = keyring_verify(signers[i].alg, signers[i].key);
		w.keys[i] = (struct gate_jwt_key){signers[i].kid, w.verify[i]};
	}
	for (i = 0; i < 2; i++) {
		w.secrets[i] = (struct gate_hmac_secret){
		    .id = w.hmac_ids[i], .key = hmac_key(words[i])};
		w.list[i].secrets[GATE_SCHEME_HMAC] =
		    (struct gate_hmac_secrets){&w.secrets[i], 1};
		w.list[i].bridge = (struct gate_bridge){.issuer = w.issuers[i],
		    .audience = w.audience,
		    .results_audience = w.results,
		    .set = i == 0 ? w.keys : &w.keys[BLOG_KEYS],
		    .key_count = i == 0 ? BLOG_KEYS : KEYS - BLOG_KEYS};
	}
	w.sites = (struct gate_sites){.list = w.list, .count = 3};
	ck_assert_int_eq(gate_dummy_init(&w.dummy, NULL), GATE_OK);
}

static void
close_world(void)
{
	size_t i;

	for (i = 0; i < KEYS; i++)
		gate_verify_key_free(w.verify[i]);
	for (i = 0; i < 2; i++)
		gate_hmac_key_free(w.secrets[i].key);
	gate_dummy_clear(&w.dummy);
	close_token();
}

static const struct row {
	const char *what;
	enum jwt_signer by;
	const char *header, *claims;
	const char *secret; /* of the body's MAC; NULL: a GET */
	enum outcome outcome;
	const char *says; /* the reason, or who signed */
} rows[] = {
    {"RS256", SIGN_RS, HEAD("RS256", "rs"), GOOD, "one", OUTCOME_NONE, "rs"},
    {"ES256", SIGN_ES, HEAD("ES256", "es"), GOOD, "one", OUTCOME_NONE, "es"},
    {"EdDSA", SIGN_ED, ED, GOOD, "one", OUTCOME_NONE, "ed"},
    {"HS256", SIGN_HS, HEAD("HS256", "hs"), GOOD, "one", OUTCOME_NONE, "hs"},
    {"the other site", SIGN_SHOP, HEAD("EdDSA", "ed-shop"), WITH_ISS(SHOP),
	"two", OUTCOME_NONE, "ed-shop"},
    {"no kid, and one key", SIGN_SHOP, "{\"alg\":\"EdDSA\"}", WITH_ISS(SHOP),
	"two", OUTCOME_NONE, "ed-shop"},
    {"a subject", SIGN_ED, ED, WITH("\"sub\":\"ann\","), "one", OUTCOME_NONE,
	"ann"},
    {"results", SIGN_ED, ED, WITH_AUD(RESULTS), NULL, OUTCOME_NONE, "ed"},
    {"results without a jti", SIGN_ED, ED,
	"{" ISS RESULTS IAT "\"exp\":1800000300}", NULL, OUTCOME_NONE, "ed"},
    {"an event's token for results", SIGN_ED, ED, GOOD, NULL, OUTCOME_BAD_TOKEN,
	"audience"},
    {"results' token for an event", SIGN_ED, ED, WITH_AUD(RESULTS), "one",
	OUTCOME_BAD_TOKEN, "audience"},
    {"an event without a jti", SIGN_ED, ED,
	"{" ISS AUD IAT "\"exp\":1800000300}", "one", OUTCOME_BAD_TOKEN,
	"jti_missing"},
    {"an unknown issuer", SIGN_ED, ED, WITH_ISS("\"iss\":\"https://nobody\","),
	"one", OUTCOME_UNKNOWN_SITE, "issuer_unknown"},
    {"an issuer with a slash", SIGN_ED, ED,
	WITH_ISS("\"iss\":\"" JWT_BLOG "/\","), "one", OUTCOME_UNKNOWN_SITE,
	"issuer_unknown"},
    {"an unknown kid", SIGN_ED, HEAD("EdDSA", "no"), GOOD, "one",
	OUTCOME_BAD_TOKEN, "kid_unknown"},
    {"another site's kid", SIGN_SHOP, HEAD("EdDSA", "ed-shop"), GOOD, "one",
	OUTCOME_BAD_TOKEN, "kid_unknown"},
    {"no kid, and several keys", SIGN_ED, "{\"alg\":\"EdDSA\"}", GOOD, "one",
	OUTCOME_BAD_TOKEN, "kid_missing"},
    {"another algorithm than the key's", SIGN_RS, HEAD("RS256", "ed"), GOOD,
	"one", OUTCOME_BAD_TOKEN, "alg_of_key"},
    {"an HMAC by the public key", SIGN_HMAC_RSA_PEM, HEAD("HS256", "rs"), GOOD,
	"one", OUTCOME_BAD_TOKEN, "alg_of_key"},
    {"a stranger's signature", SIGN_STRANGER, ED, GOOD, "one",
	OUTCOME_BAD_TOKEN, "signature"},
    {"another site's signature", SIGN_SHOP, ED, GOOD, "one", OUTCOME_BAD_TOKEN,
	"signature"},
    {"expired", SIGN_ED, ED, WITH_TIMES("1799999600", "1799999900"), "one",
	OUTCOME_STALE, "expired"},
    {"from the future", SIGN_ED, ED, WITH_TIMES("1800000100", "1800000300"),
	"one", OUTCOME_STALE, "from_future"},
    {"too long a life", SIGN_ED, ED, WITH_TIMES("1800000000", "1800000301"),
	"one", OUTCOME_BAD_TOKEN, "life"},
    {"a body that a stranger signed", SIGN_ED, ED, GOOD, "nine",
	OUTCOME_BAD_SIGNATURE, NULL},
    {"a body that the other site signed", SIGN_ED, ED, GOOD, "two",
	OUTCOME_BAD_SIGNATURE, NULL},
    {"the other site's token over this one's body", SIGN_SHOP,
	HEAD("EdDSA", "ed-shop"), WITH_ISS(SHOP), "one", OUTCOME_BAD_SIGNATURE,
	NULL},
};

/* Signatures that were verified; the linker calls this in its place. */
static struct {
	int count;
	enum gate_alg alg;
} verified;

enum gate_code __real_gate_verify(const struct gate_verify_key *key,
    struct gate_span data, struct gate_span signature);
enum gate_code __wrap_gate_verify(const struct gate_verify_key *key,
    struct gate_span data, struct gate_span signature);

enum gate_code
__wrap_gate_verify(const struct gate_verify_key *key, struct gate_span data,
    struct gate_span signature)
{
	verified.count++;
	verified.alg = gate_verify_key_alg(key);
	return __real_gate_verify(key, data, signature);
}

static void
read_proof(
    const struct row *row, const struct gate_buf *token, struct gate_proof *out)
{
	struct gate_span body = GATE_SPAN(BODY);
	struct gate_hmac_key *key =
	    hmac_key(row->secret == NULL ? "" : row->secret);
	unsigned char mac[GATE_SHA256_BYTES];
	char text[sizeof("sha256=") + 2 * GATE_SHA256_BYTES] = "sha256=";
	struct gate_buf header;
	const char *why = NULL;
	struct request r;

	ck_assert_int_eq(gate_hmac_sha256(key, &body, 1, mac), GATE_OK);
	gate_hex_text(
	    gate_span_of(mac, sizeof(mac)), text + 7, sizeof(text) - 7);
	gate_buf_init(&header, 10000);
	(void)gate_buf_put_str(&header, "Bearer ");
	(void)gate_buf_put(&header, gate_buf_span(token));
	r = (struct request){.authorization = gate_buf_span(&header),
	    .x_signature = gate_span_str(text),
	    .x_idempotency_key = GATE_SPAN(UUID)};
	ck_assert_msg(scheme_bridge.read(&r, row->secret == NULL, out, &why) ==
		OUTCOME_NONE,
	    "%s: %s", row->what, why);
	/* The proof borrows the signed part, which is verified below. */
	out->token.signed_part.p =
	    token->p + (out->token.signed_part.p - header.p - 7);
	gate_hmac_key_free(key);
	gate_buf_clear(&header);
}

START_TEST(wants_both_proofs_of_one_site)
{
	const struct row *row = &rows[_i];
	struct gate_identity who = {.key_id = NULL};
	struct gate_trial t = {.dummy = &w.dummy,
	    .data = GATE_SPAN(BODY),
	    .is_get = row->secret == NULL,
	    .now_s = JWT_NOW};
	const char *why = NULL;
	struct gate_buf token;
	struct gate_proof p;
	enum outcome o;

	jwt_world_token(
	    jwt_rows_world(), row->by, row->header, row->claims, &token);
	read_proof(row, &token, &p);
	t.site = scheme_bridge.find_site(&w.sites, GATE_SPAN("ignored"), &p);
	verified.count = 0;
	o = scheme_bridge.verify(&t, &p, &who, &why);
	ck_assert_msg(o == row->outcome, "%s: %d %s", row->what, o, why);
	/* Known or not, it costs one signature of that algorithm. */
	ck_assert_msg(verified.count == 1 && verified.alg == p.token.alg,
	    "%s: %d verified", row->what, verified.count);
	if (o == OUTCOME_NONE) {
		ck_assert_msg(
		    gate_span_is(who.created_by, row->says), "%s", row->what);
		ck_assert_msg(
		    (who.hmac_key_id == NULL) == t.is_get, "%s", row->what);
		ck_assert_int_eq(who.guard_until_s, JWT_NOW + 600);
		ck_assert(t.is_get || gate_span_is(who.guard, "j-1"));
	} else {
		ck_assert_ptr_null(who.key_id);
		if (row->says == NULL)
			ck_assert_ptr_null(why);
		else
			ck_assert_str_eq(why, row->says);
	}
	gate_proof_clear(&p);
	gate_buf_clear(&token);
}
END_TEST

/* A site that has not been paired yet has no keys. */
START_TEST(refuses_a_site_without_keys)
{
	static const struct row row = {"no keys", SIGN_SHOP,
	    HEAD("EdDSA", "ed-shop"), WITH_ISS(SHOP), "two", OUTCOME_BAD_TOKEN,
	    NULL};
	struct gate_trial t = {
	    .dummy = &w.dummy, .data = GATE_SPAN(BODY), .now_s = JWT_NOW};
	const char *why = NULL;
	struct gate_buf token;
	struct gate_identity who;
	struct gate_proof p;

	w.list[1].bridge.key_count = 0;
	verified.count = 0;
	jwt_world_token(
	    jwt_rows_world(), row.by, row.header, row.claims, &token);
	read_proof(&row, &token, &p);
	t.site = scheme_bridge.find_site(&w.sites, (struct gate_span){0}, &p);
	ck_assert_int_eq(
	    scheme_bridge.verify(&t, &p, &who, &why), OUTCOME_BAD_TOKEN);
	ck_assert_str_eq(why, "kid_unknown");
	ck_assert_int_eq(verified.count, 1);
	gate_proof_clear(&p);
	gate_buf_clear(&token);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("bridge");
	TCase *t = tcase_create("headers");

	tcase_add_unchecked_fixture(t, open_token, close_token);
	add_row_test(t, reads_the_headers, headers);
	add_row_test(t, is_meant_by_a_token, gets);
	suite_add_tcase(s, t);
	t = tcase_create("verify");
	tcase_add_unchecked_fixture(t, open_world, close_world);
	add_row_test(t, wants_both_proofs_of_one_site, rows);
	tcase_add_test(t, refuses_a_site_without_keys);
	suite_add_tcase(s, t);
	return s;
}

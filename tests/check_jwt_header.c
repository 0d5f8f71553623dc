/*
 * lib/jwt.h, rule by rule: what a header may say. Tokens that are valid but
 * for one thing. Claims: check_jwt_claims.c. Tokens bent after signing:
 * check_jwt_shape.c.
 */
#include "config.h"

#include "tests/jwt_rows.h"
#include "tests/runner.h"

/* One more member in a good header. */
#define MORE(member) "{\"alg\":\"EdDSA\",\"kid\":\"ed\"," member "}"
#define ALG(value) "{\"alg\":" value ",\"kid\":\"ed\"}"
#define TYP(value) MORE("\"typ\":" value)
#define KID(value) "{\"alg\":\"EdDSA\",\"kid\":" value "}"

static const struct jwt_row algorithms[] = {
    /* which algorithm */
    {"RS256", SIGN_RS, HEAD("RS256", "rs"), GOOD, GATE_JWT_OK},
    {"ES256", SIGN_ES, HEAD("ES256", "es"), GOOD, GATE_JWT_OK},
    {"EdDSA", SIGN_ED, ED, GOOD, GATE_JWT_OK},
    {"HS256", SIGN_HS, HEAD("HS256", "hs"), GOOD, GATE_JWT_OK},
    {"none", SIGN_ED, ALG("\"none\""), GOOD, GATE_JWT_ALG},
    {"None", SIGN_ED, ALG("\"None\""), GOOD, GATE_JWT_ALG},
    {"noNE", SIGN_ED, ALG("\"noNE\""), GOOD, GATE_JWT_ALG},
    {"empty", SIGN_ED, ALG("\"\""), GOOD, GATE_JWT_ALG},
    {"missing", SIGN_ED, "{\"kid\":\"ed\"}", GOOD, GATE_JWT_ALG},
    {"no member at all", SIGN_ED, "{}", GOOD, GATE_JWT_ALG},
    {"a number", SIGN_ED, ALG("1"), GOOD, GATE_JWT_ALG},
    {"null", SIGN_ED, ALG("null"), GOOD, GATE_JWT_ALG},
    {"an array", SIGN_ED, ALG("[\"EdDSA\"]"), GOOD, GATE_JWT_ALG},
    {"other case", SIGN_ED, ALG("\"eddsa\""), GOOD, GATE_JWT_ALG},
    {"a space more", SIGN_ED, ALG("\"EdDSA \""), GOOD, GATE_JWT_ALG},
    {"the curve's name", SIGN_ED, ALG("\"Ed25519\""), GOOD, GATE_JWT_ALG},
    {"RS1", SIGN_RS, HEAD("RS1", "rs"), GOOD, GATE_JWT_ALG},
    {"RS384", SIGN_RS, HEAD("RS384", "rs"), GOOD, GATE_JWT_ALG},
    {"PS256", SIGN_RS, HEAD("PS256", "rs"), GOOD, GATE_JWT_ALG},
    {"ES256K", SIGN_ES, HEAD("ES256K", "es"), GOOD, GATE_JWT_ALG},
    {"HS512", SIGN_HS, HEAD("HS512", "hs"), GOOD, GATE_JWT_ALG},
    {"an escape within", SIGN_ED, ALG("\"Ed\\u0044SA\""), GOOD, GATE_JWT_OK},

    /* the key's algorithm, not the token's */
    {"HMAC by the RSA key's PEM", SIGN_HMAC_RSA_PEM, HEAD("HS256", "rs"), GOOD,
	GATE_JWT_ALG_OF_KEY},
    {"HMAC by the PEM without its newline", SIGN_HMAC_RSA_PEM_TRIMMED,
	HEAD("HS256", "rs"), GOOD, GATE_JWT_ALG_OF_KEY},
    {"HMAC by the RSA key's DER", SIGN_HMAC_RSA_DER, HEAD("HS256", "rs"), GOOD,
	GATE_JWT_ALG_OF_KEY},
    {"HMAC by the EC key's PEM", SIGN_HMAC_EC_PEM, HEAD("HS256", "es"), GOOD,
	GATE_JWT_ALG_OF_KEY},
    {"HMAC by nothing", SIGN_HMAC_EMPTY, HEAD("HS256", "rs"), GOOD,
	GATE_JWT_ALG_OF_KEY},
    {"HMAC by nothing, at the HMAC key", SIGN_HMAC_EMPTY, HEAD("HS256", "hs"),
	GOOD, GATE_JWT_SIGNATURE},
    {"HMAC by the PEM, at the HMAC key", SIGN_HMAC_RSA_PEM, HEAD("HS256", "hs"),
	GOOD, GATE_JWT_SIGNATURE},
    {"right key, wrong name of its algorithm", SIGN_ED, HEAD("RS256", "ed"),
	GOOD, GATE_JWT_ALG_OF_KEY},
    {"RSA by name, EC by key", SIGN_ES, HEAD("RS256", "es"), GOOD,
	GATE_JWT_ALG_OF_KEY},
    {"a key for RS256, named ES256", SIGN_RS, HEAD("ES256", "rs"), GOOD,
	GATE_JWT_ALG_OF_KEY},
    {"a stranger's key", SIGN_STRANGER, ED, GOOD, GATE_JWT_SIGNATURE},
    {"another key of the same site", SIGN_ES, ED, GOOD, GATE_JWT_SIGNATURE},
};

static const struct jwt_row kids[] = {
    {"of 64 characters", SIGN_ED, KID("\"~64k\""), GOOD, GATE_JWT_KID_UNKNOWN},
    {"of 65", SIGN_ED, KID("\"~65k\""), GOOD, GATE_JWT_KID},
    {"of 5,000", SIGN_ED, KID("\"~5000k\""), GOOD, GATE_JWT_KID},
    {"of 10 KB", SIGN_ED, KID("\"~10240k\""), GOOD, GATE_JWT_TOO_LONG},
    {"empty", SIGN_ED, KID("\"\""), GOOD, GATE_JWT_KID},
    {"missing, with four keys", SIGN_ED, "{\"alg\":\"EdDSA\"}", GOOD,
	GATE_JWT_KID_MISSING},
    {"missing, with one key", SIGN_SHOP, "{\"alg\":\"EdDSA\"}", WITH_ISS(SHOP),
	GATE_JWT_OK},
    {"of nobody", SIGN_ED, KID("\"nobody\""), GOOD, GATE_JWT_KID_UNKNOWN},
    {"of another site", SIGN_SHOP, KID("\"ed-shop\""), GOOD,
	GATE_JWT_KID_UNKNOWN},
    {"ours, at another site", SIGN_ED, ED, WITH_ISS(SHOP),
	GATE_JWT_KID_UNKNOWN},
    {"a beginning of ours", SIGN_ED, KID("\"e\""), GOOD, GATE_JWT_KID_UNKNOWN},
    {"in another case", SIGN_ED, KID("\"ED\""), GOOD, GATE_JWT_KID_UNKNOWN},
    {"every character there is", SIGN_ED, KID("\"AZaz09._-\""), GOOD,
	GATE_JWT_KID_UNKNOWN},
    {"a path", SIGN_ED, KID("\"../../etc/hostname\""), GOOD, GATE_JWT_KID},
    {"SQL", SIGN_ED, KID("\"' OR 1=1\""), GOOD, GATE_JWT_KID},
    {"a space after", SIGN_ED, KID("\"ed \""), GOOD, GATE_JWT_KID},
    {"NUL after", SIGN_ED, KID("\"ed\\u0000x\""), GOOD, GATE_JWT_HEADER_JSON},
    {"beyond ASCII", SIGN_ED, KID("\"\\u00e9d\""), GOOD, GATE_JWT_KID},
    {"a number", SIGN_ED, KID("1"), GOOD, GATE_JWT_KID},
    {"null", SIGN_ED, KID("null"), GOOD, GATE_JWT_KID},
    {"an array", SIGN_ED, KID("[\"ed\"]"), GOOD, GATE_JWT_KID},
    {"an object", SIGN_ED, KID("{\"ed\":1}"), GOOD, GATE_JWT_KID},
};

#define HAS_MORE GATE_JWT_HEADER_MEMBER
static const struct jwt_row members[] = {
    /* names that point to keys, change the meaning, or are just unknown */
    {"jwk, of the signer", SIGN_ED,
	MORE("\"jwk\":{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}"),
	GOOD, HAS_MORE},
    {"jku", SIGN_ED, MORE("\"jku\":\"https://127.0.0.1/jwks\""), GOOD,
	HAS_MORE},
    {"x5u", SIGN_ED, MORE("\"x5u\":\"https://127.0.0.1/x\""), GOOD, HAS_MORE},
    {"x5c", SIGN_ED, MORE("\"x5c\":[\"AAAA\"]"), GOOD, HAS_MORE},
    {"x5t", SIGN_ED, MORE("\"x5t\":\"AAAA\""), GOOD, HAS_MORE},
    {"x5t#S256", SIGN_ED, MORE("\"x5t#S256\":\"AAAA\""), GOOD, HAS_MORE},
    {"crit", SIGN_ED, MORE("\"crit\":[\"exp\"]"), GOOD, HAS_MORE},
    {"crit, empty", SIGN_ED, MORE("\"crit\":[]"), GOOD, HAS_MORE},
    {"crit, of b64", SIGN_ED, MORE("\"crit\":[\"b64\"],\"b64\":true"), GOOD,
	HAS_MORE},
    {"b64 true", SIGN_ED, MORE("\"b64\":true"), GOOD, HAS_MORE},
    {"b64 false", SIGN_ED, MORE("\"b64\":false"), GOOD, HAS_MORE},
    {"zip", SIGN_ED, MORE("\"zip\":\"DEF\""), GOOD, HAS_MORE},
    {"enc", SIGN_ED, MORE("\"enc\":\"A256GCM\""), GOOD, HAS_MORE},
    {"cty", SIGN_ED, MORE("\"cty\":\"JWT\""), GOOD, HAS_MORE},
    {"p2c", SIGN_ED, MORE("\"p2c\":2147483647"), GOOD, HAS_MORE},
    {"iss in the header", SIGN_ED, MORE(ISS "\"x\":1"), GOOD, HAS_MORE},
    {"an unknown name", SIGN_ED, MORE("\"x\":null"), GOOD, HAS_MORE},
    {"an empty name", SIGN_ED, MORE("\"\":1"), GOOD, HAS_MORE},
    {"alg in another case beside it", SIGN_ED, MORE("\"ALG\":\"none\""), GOOD,
	HAS_MORE},

    /* typ */
    {"typ JWT", SIGN_ED, TYP("\"JWT\""), GOOD, GATE_JWT_OK},
    {"typ jwt", SIGN_ED, TYP("\"jwt\""), GOOD, GATE_JWT_OK},
    {"typ first", SIGN_ED, "{\"typ\":\"JWT\",\"kid\":\"ed\",\"alg\":\"EdDSA\"}",
	GOOD, GATE_JWT_OK},
    {"typ at+jwt", SIGN_ED, TYP("\"at+jwt\""), GOOD, GATE_JWT_TYP},
    {"typ secevent+jwt", SIGN_ED, TYP("\"secevent+jwt\""), GOOD, GATE_JWT_TYP},
    {"typ application/jwt", SIGN_ED, TYP("\"application/jwt\""), GOOD,
	GATE_JWT_TYP},
    {"typ JOSE", SIGN_ED, TYP("\"JOSE\""), GOOD, GATE_JWT_TYP},
    {"typ JWE", SIGN_ED, TYP("\"JWE\""), GOOD, GATE_JWT_TYP},
    {"typ empty", SIGN_ED, TYP("\"\""), GOOD, GATE_JWT_TYP},
    {"typ null", SIGN_ED, TYP("null"), GOOD, GATE_JWT_TYP},
    {"typ of two", SIGN_ED, TYP("[\"JWT\"]"), GOOD, GATE_JWT_TYP},
};

static const struct jwt_row texts[] = {
    /* JSON */
    {"alg twice", SIGN_ED, MORE("\"alg\":\"EdDSA\""), GOOD,
	GATE_JWT_HEADER_JSON},
    {"alg twice, once escaped", SIGN_ED, MORE("\"\\u0061lg\":\"none\""), GOOD,
	GATE_JWT_HEADER_JSON},
    {"kid twice", SIGN_ED, MORE("\"kid\":\"es\""), GOOD, GATE_JWT_HEADER_JSON},
    {"iss twice", SIGN_ED, ED, WITH(SHOP), GATE_JWT_CLAIMS_JSON},
    {"exp twice, once escaped", SIGN_ED, ED, WITH("\"\\u0065xp\":1,"),
	GATE_JWT_CLAIMS_JSON},
    {"a name twice far down", SIGN_ED, ED, WITH("\"x\":[{\"a\":1,\"a\":1}],"),
	GATE_JWT_CLAIMS_JSON},
    {"8 levels", SIGN_ED, ED, WITH("\"x\":~7[~7],"), GATE_JWT_OK},
    {"9 levels", SIGN_ED, ED, WITH("\"x\":~8[~8],"), GATE_JWT_CLAIMS_JSON},
    {"64 levels", SIGN_ED, ED, WITH("\"x\":~63[~63],"), GATE_JWT_CLAIMS_JSON},
    {"2,000 levels", SIGN_ED, ED, WITH("\"x\":~1999[~1999],"),
	GATE_JWT_CLAIMS_JSON},
    {"9 levels in the header", SIGN_ED, MORE("\"x\":~8[~8]"), GOOD,
	GATE_JWT_HEADER_JSON},
    {"claims that we do not know", SIGN_ED, ED,
	WITH("\"scope\":\"a b\",\"data\":{\"user\":{\"id\":\"1\"}},"),
	GATE_JWT_OK},
    {"white space", SIGN_ED, " {\r\n\"alg\": \"EdDSA\", \"kid\": \"ed\"}\n",
	" " GOOD "\t", GATE_JWT_OK},
    {"header no JSON", SIGN_ED, "alg=EdDSA", GOOD, GATE_JWT_HEADER_JSON},
    {"header a string", SIGN_ED, "\"EdDSA\"", GOOD, GATE_JWT_HEADER_JSON},
    {"header an array", SIGN_ED, "[" ED "]", GOOD, GATE_JWT_HEADER_JSON},
    {"header null", SIGN_ED, "null", GOOD, GATE_JWT_HEADER_JSON},
    {"header cut", SIGN_ED, "{\"alg\":\"EdDSA\"", GOOD, GATE_JWT_HEADER_JSON},
    {"two headers", SIGN_ED, ED ED, GOOD, GATE_JWT_HEADER_JSON},
    {"a comment", SIGN_ED, ED "/**/", GOOD, GATE_JWT_HEADER_JSON},
    {"a byte order mark", SIGN_ED, "\xef\xbb\xbf" ED, GOOD,
	GATE_JWT_HEADER_JSON},
    {"header no UTF-8", SIGN_ED, MORE("\"x\":\"\xff\""), GOOD,
	GATE_JWT_HEADER_JSON},
    {"claims an array", SIGN_ED, ED, "[" GOOD "]", GATE_JWT_CLAIMS_JSON},
    {"claims a number", SIGN_ED, ED, "1", GATE_JWT_CLAIMS_JSON},
    {"claims two objects", SIGN_ED, ED, GOOD GOOD, GATE_JWT_CLAIMS_JSON},
    {"claims with a comma more", SIGN_ED, ED, "{" ISS AUD IAT EXP JTI ",}",
	GATE_JWT_CLAIMS_JSON},
    {"claims no UTF-8", SIGN_ED, ED, WITH("\"x\":\"\xc0\xaf\","),
	GATE_JWT_CLAIMS_JSON},
    {"claims with NaN", SIGN_ED, ED, WITH("\"x\":NaN,"), GATE_JWT_CLAIMS_JSON},
};

/* A test for each table; their rows name themselves. */
#define TABLE_TEST(test, table)                                                \
	START_TEST(test)                                                       \
	{                                                                      \
		struct gate_jwt_rules rules = jwt_world_rules();               \
                                                                               \
		jwt_row_check(&table[_i], &rules);                             \
	}                                                                      \
	END_TEST

TABLE_TEST(takes_the_algorithm_of_the_key_only, algorithms)
TABLE_TEST(takes_a_kid_of_the_issuer_only, kids)
TABLE_TEST(takes_no_other_member_in_a_header, members)
TABLE_TEST(takes_strict_json_only, texts)

Suite *
suite(void)
{
	Suite *s = suite_create("jwt_header");
	TCase *t = tcase_create("jwt_header");

	tcase_add_unchecked_fixture(t, jwt_rows_open, jwt_rows_close);
	add_row_test(t, takes_the_algorithm_of_the_key_only, algorithms);
	add_row_test(t, takes_a_kid_of_the_issuer_only, kids);
	add_row_test(t, takes_no_other_member_in_a_header, members);
	add_row_test(t, takes_strict_json_only, texts);
	suite_add_tcase(s, t);
	return s;
}

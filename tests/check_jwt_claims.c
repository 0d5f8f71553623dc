/*
 * lib/jwt.h, rule by rule: what the claims may say. As check_jwt_header.c.
 * The clock stands at 1800000000, the leeway is 30 s, the life at most 300 s.
 */
#include "config.h"

#include "tests/jwt_rows.h"
#include "tests/runner.h"

static const struct jwt_row times[] = {
    /* exp */
    {"exp missing", SIGN_ED, ED, WITH_EXP(""), GATE_JWT_EXP},
    {"exp a string", SIGN_ED, ED, WITH_EXP("\"exp\":\"1800000300\","),
	GATE_JWT_EXP},
    {"exp with a fraction", SIGN_ED, ED, WITH_EXP("\"exp\":1800000299.5,"),
	GATE_JWT_EXP},
    {"exp with a fraction of nought", SIGN_ED, ED,
	WITH_EXP("\"exp\":1800000300.0,"), GATE_JWT_EXP},
    {"exp with an exponent", SIGN_ED, ED, WITH_EXP("\"exp\":18000003e2,"),
	GATE_JWT_EXP},
    {"exp 1e300", SIGN_ED, ED, WITH_EXP("\"exp\":1e300,"), GATE_JWT_EXP},
    {"exp -1", SIGN_ED, ED, WITH_EXP("\"exp\":-1,"), GATE_JWT_EXP},
    {"exp -2^63", SIGN_ED, ED, WITH_EXP("\"exp\":-9223372036854775808,"),
	GATE_JWT_EXP},
    {"exp 2^53 - 1", SIGN_ED, ED, WITH_EXP("\"exp\":9007199254740991,"),
	GATE_JWT_LIFE},
    {"exp 2^53", SIGN_ED, ED, WITH_EXP("\"exp\":9007199254740992,"),
	GATE_JWT_EXP},
    {"exp 2^63 - 1", SIGN_ED, ED, WITH_EXP("\"exp\":9223372036854775807,"),
	GATE_JWT_EXP},
    {"exp 2^63", SIGN_ED, ED, WITH_EXP("\"exp\":9223372036854775808,"),
	GATE_JWT_EXP},
    {"exp 2^64 - 1", SIGN_ED, ED, WITH_EXP("\"exp\":18446744073709551615,"),
	GATE_JWT_EXP},
    {"exp 2^64", SIGN_ED, ED, WITH_EXP("\"exp\":18446744073709551616,"),
	GATE_JWT_CLAIMS_JSON},
    {"exp with a nought in front", SIGN_ED, ED,
	WITH_EXP("\"exp\":01800000300,"), GATE_JWT_CLAIMS_JSON},
    {"exp null", SIGN_ED, ED, WITH_EXP("\"exp\":null,"), GATE_JWT_EXP},
    {"exp true", SIGN_ED, ED, WITH_EXP("\"exp\":true,"), GATE_JWT_EXP},
    {"exp of two", SIGN_ED, ED, WITH_EXP("\"exp\":[1800000300],"),
	GATE_JWT_EXP},
    {"exp now", SIGN_ED, ED, WITH_TIMES("1799999700", "1800000000"),
	GATE_JWT_OK},
    {"exp 29 s ago", SIGN_ED, ED, WITH_TIMES("1799999700", "1799999971"),
	GATE_JWT_OK},
    {"exp 30 s ago", SIGN_ED, ED, WITH_TIMES("1799999700", "1799999970"),
	GATE_JWT_EXPIRED},
    {"exp 31 s ago", SIGN_ED, ED, WITH_TIMES("1799999700", "1799999969"),
	GATE_JWT_EXPIRED},
    {"exp in 1970", SIGN_ED, ED, WITH_TIMES("0", "1"), GATE_JWT_EXPIRED},

    /* iat */
    {"iat missing", SIGN_ED, ED, WITH_IAT(""), GATE_JWT_IAT},
    {"iat a string", SIGN_ED, ED, WITH_IAT("\"iat\":\"1800000000\","),
	GATE_JWT_IAT},
    {"iat with a fraction", SIGN_ED, ED, WITH_IAT("\"iat\":1800000000.5,"),
	GATE_JWT_IAT},
    {"iat -1", SIGN_ED, ED, WITH_IAT("\"iat\":-1,"), GATE_JWT_IAT},
    {"iat 2^53", SIGN_ED, ED, WITH_IAT("\"iat\":9007199254740992,"),
	GATE_JWT_IAT},
    {"iat null", SIGN_ED, ED, WITH_IAT("\"iat\":null,"), GATE_JWT_IAT},
    {"iat in 30 s", SIGN_ED, ED, WITH_IAT("\"iat\":1800000030,"), GATE_JWT_OK},
    {"iat in 31 s", SIGN_ED, ED, WITH_IAT("\"iat\":1800000031,"),
	GATE_JWT_FROM_FUTURE},
    {"iat in an hour", SIGN_ED, ED, WITH_TIMES("1800003600", "1800003900"),
	GATE_JWT_FROM_FUTURE},
    {"iat in milliseconds", SIGN_ED, ED,
	WITH_TIMES("1800000000000", "1800000000300"), GATE_JWT_FROM_FUTURE},

    /* nbf */
    {"nbf now", SIGN_ED, ED, WITH("\"nbf\":1800000000,"), GATE_JWT_OK},
    {"nbf long past", SIGN_ED, ED, WITH("\"nbf\":0,"), GATE_JWT_OK},
    {"nbf in 30 s", SIGN_ED, ED, WITH("\"nbf\":1800000030,"), GATE_JWT_OK},
    {"nbf in 31 s", SIGN_ED, ED, WITH("\"nbf\":1800000031,"), GATE_JWT_NOT_YET},
    {"nbf 2^53 - 1", SIGN_ED, ED, WITH("\"nbf\":9007199254740991,"),
	GATE_JWT_NOT_YET},
    {"nbf 2^53", SIGN_ED, ED, WITH("\"nbf\":9007199254740992,"), GATE_JWT_NBF},
    {"nbf a string", SIGN_ED, ED, WITH("\"nbf\":\"1800000000\","),
	GATE_JWT_NBF},
    {"nbf with a fraction", SIGN_ED, ED, WITH("\"nbf\":1800000000.5,"),
	GATE_JWT_NBF},
    {"nbf -1", SIGN_ED, ED, WITH("\"nbf\":-1,"), GATE_JWT_NBF},
    {"nbf null", SIGN_ED, ED, WITH("\"nbf\":null,"), GATE_JWT_NBF},

    /* exp - iat */
    {"a life of 1 s", SIGN_ED, ED, WITH_TIMES("1800000000", "1800000001"),
	GATE_JWT_OK},
    {"a life of 300 s", SIGN_ED, ED, WITH_TIMES("1799999990", "1800000290"),
	GATE_JWT_OK},
    {"a life of 301 s", SIGN_ED, ED, WITH_TIMES("1799999990", "1800000291"),
	GATE_JWT_LIFE},
    {"a life of 4 h", SIGN_ED, ED, WITH_TIMES("1800000000", "1800014400"),
	GATE_JWT_LIFE},
    {"a life since 1970", SIGN_ED, ED, WITH_TIMES("0", "1800000300"),
	GATE_JWT_LIFE},
    {"a life of nothing", SIGN_ED, ED, WITH_TIMES("1800000000", "1800000000"),
	GATE_JWT_LIFE},
    {"a life that ends before it begins", SIGN_ED, ED,
	WITH_TIMES("1800000001", "1800000000"), GATE_JWT_LIFE},
};

static const struct jwt_row audiences[] = {
    /* aud */
    {"ours", SIGN_ED, ED, WITH_AUD(AUD), GATE_JWT_OK},
    {"missing", SIGN_ED, ED, WITH_AUD(""), GATE_JWT_AUD},
    {"a list of ours", SIGN_ED, ED, WITH_AUD("\"aud\":[\"pressgate\"],"),
	GATE_JWT_OK},
    {"ours last", SIGN_ED, ED, WITH_AUD("\"aud\":[\"a\",\"b\",\"pressgate\"],"),
	GATE_JWT_OK},
    {"ours escaped", SIGN_ED, ED, WITH_AUD("\"aud\":\"press\\u0067ate\","),
	GATE_JWT_OK},
    {"others", SIGN_ED, ED, WITH_AUD("\"aud\":[\"a\",\"b\"],"),
	GATE_JWT_AUDIENCE},
    {"another", SIGN_ED, ED, WITH_AUD("\"aud\":\"django-api\","),
	GATE_JWT_AUDIENCE},
    {"for results", SIGN_ED, ED, WITH_AUD("\"aud\":\"pressgate-results\","),
	GATE_JWT_AUDIENCE},
    {"a beginning of ours", SIGN_ED, ED, WITH_AUD("\"aud\":\"press\","),
	GATE_JWT_AUDIENCE},
    {"in another case", SIGN_ED, ED, WITH_AUD("\"aud\":\"Pressgate\","),
	GATE_JWT_AUDIENCE},
    {"two in one string", SIGN_ED, ED, WITH_AUD("\"aud\":\"a pressgate\","),
	GATE_JWT_AUDIENCE},
    {"empty", SIGN_ED, ED, WITH_AUD("\"aud\":\"\","), GATE_JWT_AUDIENCE},
    {"a list of nothing", SIGN_ED, ED, WITH_AUD("\"aud\":[],"), GATE_JWT_AUD},
    {"a number", SIGN_ED, ED, WITH_AUD("\"aud\":1,"), GATE_JWT_AUD},
    {"null", SIGN_ED, ED, WITH_AUD("\"aud\":null,"), GATE_JWT_AUD},
    {"an object", SIGN_ED, ED, WITH_AUD("\"aud\":{\"pressgate\":1},"),
	GATE_JWT_AUD},
    {"ours and a number", SIGN_ED, ED, WITH_AUD("\"aud\":[\"pressgate\",1],"),
	GATE_JWT_AUD},
    {"a list in a list", SIGN_ED, ED, WITH_AUD("\"aud\":[[\"pressgate\"]],"),
	GATE_JWT_AUD},
    {"16 of them", SIGN_ED, ED,
	WITH_AUD("\"aud\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\","
		 "\"9\",\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"pressgate\"],"),
	GATE_JWT_OK},
    {"17 of them", SIGN_ED, ED,
	WITH_AUD("\"aud\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\","
		 "\"9\",\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\","
		 "\"pressgate\"],"),
	GATE_JWT_AUD},
    {"thousands of ours", SIGN_ED, ED,
	WITH_AUD("\"aud\":[\"pressgate\"~2000,],"), GATE_JWT_CLAIMS_JSON},
};

static const struct jwt_row issuers[] = {
    {"of another site, by our key", SIGN_ED, ED, WITH_ISS(SHOP),
	GATE_JWT_KID_UNKNOWN},
    {"of another site, by our key, without kid", SIGN_ED, "{\"alg\":\"EdDSA\"}",
	WITH_ISS(SHOP), GATE_JWT_SIGNATURE},
    {"of nobody", SIGN_ED, ED, WITH_ISS("\"iss\":\"https://evil.example\","),
	GATE_JWT_ISSUER_UNKNOWN},
    {"with a slash", SIGN_ED, ED, WITH_ISS("\"iss\":\"" JWT_BLOG "/\","),
	GATE_JWT_ISSUER_UNKNOWN},
    {"in another case", SIGN_ED, ED,
	WITH_ISS("\"iss\":\"https://Blog.example.com\","),
	GATE_JWT_ISSUER_UNKNOWN},
    {"by http", SIGN_ED, ED, WITH_ISS("\"iss\":\"http://blog.example.com\","),
	GATE_JWT_ISSUER_UNKNOWN},
    {"with a port", SIGN_ED, ED,
	WITH_ISS("\"iss\":\"https://blog.example.com:443\","),
	GATE_JWT_ISSUER_UNKNOWN},
    {"escaped slashes, as PHP writes them", SIGN_ED, ED,
	WITH_ISS("\"iss\":\"https:\\/\\/blog.example.com\","), GATE_JWT_OK},
    {"missing", SIGN_ED, ED, WITH_ISS(""), GATE_JWT_ISS},
    {"empty", SIGN_ED, ED, WITH_ISS("\"iss\":\"\","), GATE_JWT_ISS},
    {"null", SIGN_ED, ED, WITH_ISS("\"iss\":null,"), GATE_JWT_ISS},
    {"a number", SIGN_ED, ED, WITH_ISS("\"iss\":1,"), GATE_JWT_ISS},
    {"a list of ours", SIGN_ED, ED, WITH_ISS("\"iss\":[\"" JWT_BLOG "\"],"),
	GATE_JWT_ISS},
    {"with NUL", SIGN_ED, ED, WITH_ISS("\"iss\":\"" JWT_BLOG "\\u0000\","),
	GATE_JWT_CLAIMS_JSON},
};

static const struct jwt_row names[] = {
    /* jti; used twice: the door's */
    {"jti of 1", SIGN_ED, ED, WITH_JTI(",\"jti\":\"j\""), GATE_JWT_OK},
    {"jti of 128", SIGN_ED, ED, WITH_JTI(",\"jti\":\"~128j\""), GATE_JWT_OK},
    {"jti of 129", SIGN_ED, ED, WITH_JTI(",\"jti\":\"~129j\""), GATE_JWT_JTI},
    {"jti of 1 KB", SIGN_ED, ED, WITH_JTI(",\"jti\":\"~1024j\""), GATE_JWT_JTI},
    {"jti missing", SIGN_ED, ED, WITH_JTI(""), GATE_JWT_JTI_MISSING},
    {"jti empty", SIGN_ED, ED, WITH_JTI(",\"jti\":\"\""), GATE_JWT_JTI},
    {"jti a number", SIGN_ED, ED, WITH_JTI(",\"jti\":17"), GATE_JWT_JTI},
    {"jti null", SIGN_ED, ED, WITH_JTI(",\"jti\":null"), GATE_JWT_JTI},
    {"jti of all visible characters", SIGN_ED, ED,
	WITH_JTI(",\"jti\":\"!#$%&'()*+,-./09:;<=>?@AZ[]^_`az{|}\\u007e\""),
	GATE_JWT_OK},
    {"jti with a space", SIGN_ED, ED, WITH_JTI(",\"jti\":\"a b\""),
	GATE_JWT_JTI},
    {"jti with DEL", SIGN_ED, ED, WITH_JTI(",\"jti\":\"a\\u007f\""),
	GATE_JWT_JTI},
    {"jti with a newline", SIGN_ED, ED, WITH_JTI(",\"jti\":\"a\\n\""),
	GATE_JWT_JTI},
    {"jti beyond ASCII", SIGN_ED, ED, WITH_JTI(",\"jti\":\"a\\u00e9\""),
	GATE_JWT_JTI},

    {"sub of 1", SIGN_ED, ED, WITH("\"sub\":\"s\","), GATE_JWT_OK},
    {"sub of 256", SIGN_ED, ED, WITH("\"sub\":\"~256s\","), GATE_JWT_OK},
    {"sub of 257", SIGN_ED, ED, WITH("\"sub\":\"~257s\","), GATE_JWT_SUB},
    {"sub of 4 KB", SIGN_ED, ED, WITH("\"sub\":\"~4096s\","), GATE_JWT_SUB},
    {"sub beyond ASCII", SIGN_ED, ED, WITH("\"sub\":\"J\\u00fcrgen K\","),
	GATE_JWT_OK},
    {"sub empty", SIGN_ED, ED, WITH("\"sub\":\"\","), GATE_JWT_SUB},
    {"sub a number", SIGN_ED, ED, WITH("\"sub\":1,"), GATE_JWT_SUB},
    {"sub null", SIGN_ED, ED, WITH("\"sub\":null,"), GATE_JWT_SUB},
    {"sub with a newline", SIGN_ED, ED, WITH("\"sub\":\"a\\nb\","),
	GATE_JWT_SUB},
    {"sub with ESC", SIGN_ED, ED, WITH("\"sub\":\"a\\u001b[2J\","),
	GATE_JWT_SUB},
    {"sub with DEL", SIGN_ED, ED, WITH("\"sub\":\"a\\u007f\","), GATE_JWT_SUB},
};

#define TABLE_TEST(test, table)                                                \
	START_TEST(test)                                                       \
	{                                                                      \
		struct gate_jwt_rules rules = jwt_world_rules();               \
                                                                               \
		jwt_row_check(&table[_i], &rules);                             \
	}                                                                      \
	END_TEST

TABLE_TEST(takes_times_of_now_only, times)
TABLE_TEST(takes_what_is_meant_for_us_only, audiences)
TABLE_TEST(takes_issuers_byte_for_byte, issuers)
TABLE_TEST(takes_names_of_their_form_only, names)

/* A token of one purpose used for the other, both ways. */
START_TEST(keeps_results_and_ingest_apart)
{
	static const struct jwt_row to_ingest = {
	    "for ingest", SIGN_ED, ED, WITH_AUD(AUD), GATE_JWT_OK};
	static const struct jwt_row to_results = {"for results", SIGN_ED, ED,
	    WITH_AUD("\"aud\":\"pressgate-results\","), GATE_JWT_OK};
	struct gate_jwt_rules rules = jwt_world_rules();
	struct jwt_row row;

	rules.audience = GATE_SPAN("pressgate-results");
	jwt_row_check(&to_results, &rules);
	row = to_ingest;
	row.fault = GATE_JWT_AUDIENCE;
	jwt_row_check(&row, &rules);
	rules.audience = GATE_SPAN("pressgate");
	jwt_row_check(&to_ingest, &rules);
	row = to_results;
	row.fault = GATE_JWT_AUDIENCE;
	jwt_row_check(&row, &rules);
}
END_TEST

START_TEST(needs_no_jti_where_nothing_is_stored)
{
	static const struct jwt_row none = {
	    "none", SIGN_ED, ED, WITH_JTI(""), GATE_JWT_OK};
	static const struct jwt_row bad = {
	    "a bad one", SIGN_ED, ED, WITH_JTI(",\"jti\":\"\""), GATE_JWT_JTI};
	struct gate_jwt_rules rules = jwt_world_rules();

	rules.needs_jti = false;
	jwt_row_check(&none, &rules);
	jwt_row_check(&bad, &rules);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("jwt_claims");
	TCase *t = tcase_create("jwt_claims");

	tcase_add_unchecked_fixture(t, jwt_rows_open, jwt_rows_close);
	add_row_test(t, takes_times_of_now_only, times);
	add_row_test(t, takes_what_is_meant_for_us_only, audiences);
	add_row_test(t, takes_issuers_byte_for_byte, issuers);
	add_row_test(t, takes_names_of_their_form_only, names);
	tcase_add_test(t, keeps_results_and_ingest_apart);
	tcase_add_test(t, needs_no_jti_where_nothing_is_stored);
	suite_add_tcase(s, t);
	return s;
}

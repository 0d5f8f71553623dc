/* lib/crypto.h. */
#include "config.h"

#include <string.h>

#include "lib/crypto.h"
#include "tests/runner.h"

#define REPEATED 131 /* the longest run of one byte in the vectors */

/* RFC 4231 sections 4.2 to 4.8. A key or data of NULL is byte * count. */
static const struct {
	const char *key;
	unsigned char key_byte;
	size_t key_count;
	const char *data;
	unsigned char data_byte;
	size_t data_count;
	const char *mac; /* the vector of 4.6 is cut to 128 bits */
} hmacs[] = {
    {NULL, 0x0b, 20, "Hi There", 0, 0,
	"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {"Jefe", 0, 0, "what do ya want for nothing?", 0, 0,
	"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {NULL, 0xaa, 20, NULL, 0xdd, 50,
	"773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"
     "\x11\x12\x13\x14\x15\x16\x17\x18\x19",
	0, 0, NULL, 0xcd, 50,
	"82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
    {NULL, 0x0c, 20, "Test With Truncation", 0, 0,
	"a3b6167473100ee06e0c796c2955552b"},
    {NULL, 0xaa, 131, "Test Using Larger Than Block-Size Key - Hash Key First",
	0, 0,
	"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {NULL, 0xaa, 131,
	"This is a test using a larger than block-size key and a larger "
	"than block-size data. The key needs to be hashed before being "
	"used by the HMAC algorithm.",
	0, 0,
	"9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
};

static struct gate_span
vector_bytes(const char *text, unsigned char byte, size_t count,
    unsigned char store[REPEATED])
{
	if (text != NULL)
		return gate_span_str(text);
	memset(store, byte, count);
	return gate_span_of(store, count);
}

START_TEST(computes_hmac_sha256_again_and_again)
{
	unsigned char key_store[REPEATED], data_store[REPEATED];
	struct gate_span key = vector_bytes(
	    hmacs[_i].key, hmacs[_i].key_byte, hmacs[_i].key_count, key_store);
	struct gate_span data = vector_bytes(hmacs[_i].data,
	    hmacs[_i].data_byte, hmacs[_i].data_count, data_store);
	struct gate_hmac_key *k = NULL;
	unsigned char mac[GATE_SHA256_BYTES];
	char text[2 * GATE_SHA256_BYTES + 1];
	size_t cut;

	ck_assert_int_eq(gate_hmac_key_new(key, &k), GATE_OK);
	memset(key_store, 0, sizeof(key_store)); /* it was copied */
	for (cut = 0; cut <= data.n; cut++) {
		struct gate_span parts[3] = {
		    {data.p, cut}, {NULL, 0}, {data.p + cut, data.n - cut}};

		memset(mac, 0, sizeof(mac));
		ck_assert_int_eq(gate_hmac_sha256(k, parts, 3, mac), GATE_OK);
		gate_hex_text(
		    gate_span_of(mac, sizeof(mac)), text, sizeof(text));
		text[strlen(hmacs[_i].mac)] = '\0';
		ck_assert_str_eq(text, hmacs[_i].mac);
	}
	gate_hmac_key_free(k);
}
END_TEST

/* "Jefe", as above: RFC 2202 section 3, RFC 4231 section 4.3. */
static const struct {
	enum gate_digest digest;
	const char *mac;
} others[] = {
    {GATE_DIGEST_SHA256,
	"5bdcc146bf60754e6a042426089575c7"
	"5a003f089d2739839dec58b964ec3843"},
    {GATE_DIGEST_SHA1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
    {GATE_DIGEST_SHA512,
	"164b7a7bfcf819e2e395fbe73b56e0a3"
	"87bd64222e831fd610270cd7ea250554"
	"9758bf75c05a994a6d034f65f8f0e6fd"
	"caeab1a34d4a6b4b636e070a38bce737"},
};

START_TEST(computes_hmac_by_the_keys_digest)
{
	struct gate_span parts[2] = {
	    GATE_SPAN("what do ya want "), GATE_SPAN("for nothing?")};
	struct gate_hmac_key *k = NULL;
	unsigned char mac[GATE_MAC_MAX];
	char text[2 * GATE_MAC_MAX + 1];
	size_t n = 0;

	ck_assert_int_eq(
	    gate_hmac_key_new_of(others[_i].digest, GATE_SPAN("Jefe"), &k),
	    GATE_OK);
	ck_assert_int_eq(gate_hmac(k, parts, 2, mac, &n), GATE_OK);
	gate_hex_text(gate_span_of(mac, n), text, sizeof(text));
	ck_assert_str_eq(text, others[_i].mac);
	gate_hmac_key_free(k);
}
END_TEST

START_TEST(takes_an_empty_key_and_no_data)
{
	/* Python: hmac.new(b"", b"", "sha256").hexdigest() */
	static const char want[] =
	    "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad";
	struct gate_hmac_key *k = NULL;
	unsigned char mac[GATE_SHA256_BYTES];
	char text[2 * GATE_SHA256_BYTES + 1];

	ck_assert_int_eq(
	    gate_hmac_key_new((struct gate_span){NULL, 0}, &k), GATE_OK);
	ck_assert_int_eq(gate_hmac_sha256(k, NULL, 0, mac), GATE_OK);
	gate_hex_text(gate_span_of(mac, sizeof(mac)), text, sizeof(text));
	ck_assert_str_eq(text, want);
	gate_hmac_key_free(k);
	gate_hmac_key_free(NULL);
}
END_TEST

/* FIPS 180-2 appendix B, and the empty message. */
static const struct {
	const char *in, *digest;
} sha256s[] = {
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
};

START_TEST(computes_sha256)
{
	struct gate_span all = gate_span_str(sha256s[_i].in);
	struct gate_span parts[2] = {
	    {all.p, all.n / 2}, {all.p + all.n / 2, all.n - all.n / 2}};
	unsigned char digest[GATE_SHA256_BYTES];
	char text[2 * GATE_SHA256_BYTES + 1];

	ck_assert_int_eq(gate_sha256(parts, 2, digest), GATE_OK);
	gate_hex_text(gate_span_of(digest, sizeof(digest)), text, sizeof(text));
	ck_assert_str_eq(text, sha256s[_i].digest);
}
END_TEST

START_TEST(compares_whole_values)
{
	struct gate_span empty = {NULL, 0};

	ck_assert(gate_ct_equal(GATE_SPAN("abc"), GATE_SPAN("abc")));
	ck_assert(!gate_ct_equal(GATE_SPAN("abc"), GATE_SPAN("abd")));
	ck_assert(!gate_ct_equal(GATE_SPAN("xbc"), GATE_SPAN("abc")));
	ck_assert(!gate_ct_equal(GATE_SPAN("abc"), GATE_SPAN("ab")));
	ck_assert(!gate_ct_equal(GATE_SPAN("ab"), GATE_SPAN("abc")));
	ck_assert(gate_ct_equal(empty, empty));
	ck_assert(!gate_ct_equal(empty, GATE_SPAN("a")));
}
END_TEST

START_TEST(wipes)
{
	unsigned char secret[] = {1, 2, 3, 4};

	gate_wipe(secret, 3);
	ck_assert_int_eq(secret[0] | secret[1] | secret[2], 0);
	ck_assert_int_eq(secret[3], 4);
	gate_wipe(NULL, 0);
}
END_TEST

START_TEST(gives_other_random_bytes_each_time)
{
	unsigned char a[300] = {0}, b[300] = {0};

	ck_assert_int_eq(gate_random(a, sizeof(a)), GATE_OK);
	ck_assert_int_eq(gate_random(b, sizeof(b)), GATE_OK);
	ck_assert(memcmp(a, b, 150) != 0 && memcmp(a + 150, b + 150, 150) != 0);
	ck_assert_int_eq(gate_random(NULL, 0), GATE_OK);
}
END_TEST

START_TEST(makes_uuids_of_version_7_from_the_time)
{
	/* RFC 9562 appendix A.6: 2022-02-22T19:22:22.00Z */
	struct gate_uuid u, v;
	char text[GATE_UUID_TEXT];

	ck_assert_int_eq(gate_uuid7(INT64_C(1645557742000), &u), GATE_OK);
	ck_assert_int_eq(gate_uuid7(INT64_C(1645557742000), &v), GATE_OK);
	gate_uuid_text(&u, text);
	text[15] = '\0';
	ck_assert_str_eq(text, "017f22e2-79b0-7");
	ck_assert_int_eq(u.b[8] & 0xc0, 0x80);
	ck_assert(memcmp(&u, &v, sizeof(u)) != 0);
}
END_TEST

START_TEST(makes_uuids_of_version_5_from_names)
{
	/* RFC 9562 appendix A.4 */
	struct gate_span parts[] = {BYTES("www."), BYTES("example.com")};
	struct gate_uuid dns, u;
	char text[GATE_UUID_TEXT];

	ck_assert(gate_uuid_parse(
	    GATE_SPAN("6ba7b810-9dad-11d1-80b4-00c04fd430c8"), &dns));
	ck_assert_int_eq(gate_uuid5(&dns, parts, 2, &u), GATE_OK);
	gate_uuid_text(&u, text);
	ck_assert_str_eq(text, "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}
END_TEST

START_TEST(names_the_library)
{
	ck_assert(
	    gate_span_starts(gate_span_str(gate_crypto_version()), "OpenSSL "));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("crypto");
	TCase *t = tcase_create("crypto");

	add_row_test(t, computes_hmac_sha256_again_and_again, hmacs);
	add_row_test(t, computes_hmac_by_the_keys_digest, others);
	tcase_add_test(t, takes_an_empty_key_and_no_data);
	add_row_test(t, computes_sha256, sha256s);
	tcase_add_test(t, compares_whole_values);
	tcase_add_test(t, wipes);
	tcase_add_test(t, gives_other_random_bytes_each_time);
	tcase_add_test(t, makes_uuids_of_version_7_from_the_time);
	tcase_add_test(t, makes_uuids_of_version_5_from_names);
	tcase_add_test(t, names_the_library);
	suite_add_tcase(s, t);
	return s;
}

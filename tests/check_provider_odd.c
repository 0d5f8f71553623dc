/*
 * lib/provider.h: what a provider has that others have not. The rest of what
 * each must refuse is in tests/check_provider.c.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "lib/num.h"
#include "tests/hook_rows.h"
#include "tests/runner.h"

static struct hook_world world;

/* The first row of a provider. */
static const struct hook_row *
row_of(const char *provider)
{
	size_t i;

	for (i = 0; i < hook_row_count; i++)
		if (strcmp(hook_rows[i].provider, provider) == 0)
			return &hook_rows[i];
	ck_abort_msg("no row of %s", provider);
}

static enum gate_provider_fault
judge(void)
{
	struct gate_verdict v;
	enum gate_provider_fault fault = hook_verify(&world, &v);

	ck_assert_int_eq(fault, v.fault);
	return fault;
}

#define expect(want, what)                                                     \
	do {                                                                   \
		enum gate_provider_fault f_ = judge();                         \
		ck_assert_msg(f_ == (want), "%s: %s, not %s", what,            \
		    gate_provider_fault_name(f_),                              \
		    gate_provider_fault_name(want));                           \
	} while (0)

/* Times that Python's int() or a browser's Number() would take. Row 0 is
 * right. */
static const struct {
	const char *text;
	enum gate_provider_fault want;
} times[] = {
    {"1531420618", GATE_PROVIDER_OK},
    {"+1531420618", GATE_PROVIDER_TIME_GRAMMAR},
    {"-1531420618", GATE_PROVIDER_TIME_GRAMMAR},
    {"1531420618.5", GATE_PROVIDER_TIME_GRAMMAR},
    {"1531420618.0", GATE_PROVIDER_TIME_GRAMMAR},
    {"1_531_420_618", GATE_PROVIDER_TIME_GRAMMAR},
    {"1e9", GATE_PROVIDER_TIME_GRAMMAR},
    {"0x5b479b4a", GATE_PROVIDER_TIME_GRAMMAR},
    {"1531420618, 1531420618", GATE_PROVIDER_TIME_GRAMMAR},
    {"1531420618 1", GATE_PROVIDER_TIME_GRAMMAR},
    {"123456789012", GATE_PROVIDER_TIME_GRAMMAR},
    {"12345678901234567890", GATE_PROVIDER_TIME_GRAMMAR},
    {"99999999999999999999999", GATE_PROVIDER_TIME_GRAMMAR},
    {"\xef\xbc\x91", GATE_PROVIDER_TIME_GRAMMAR},
    {"now", GATE_PROVIDER_TIME_GRAMMAR},
    {"2018-07-12T18:36:58Z", GATE_PROVIDER_TIME_GRAMMAR},
    /* Another string is another message, though it is the same second. */
    {"01531420618", GATE_PROVIDER_NO_MATCH},
    {"99999999999", GATE_PROVIDER_NO_MATCH},
};

START_TEST(reads_a_time_in_one_way)
{
	hook_begin(&world, row_of("slack"));
	hook_header(&world, "X-Slack-Request-Timestamp")->value =
	    gate_span_str(times[_i].text);
	expect(times[_i].want, times[_i].text);
	hook_end(&world);
}
END_TEST

/* HubSpot's own package takes these: no number, no age. */
START_TEST(does_not_take_a_time_that_is_no_number_for_a_young_one)
{
	hook_begin(&world, row_of("hubspot"));
	hook_header(&world, "X-HubSpot-Request-Timestamp")->value =
	    GATE_SPAN("soon");
	expect(GATE_PROVIDER_TIME_GRAMMAR, "soon");
	hook_end(&world);
}
END_TEST

START_TEST(takes_milliseconds_for_milliseconds_only)
{
	hook_begin(&world, row_of("hubspot"));
	world.how.time_unit = GATE_TIME_SECONDS;
	expect(GATE_PROVIDER_TIME_GRAMMAR, "13 digits of seconds");
	world.how.time_unit = GATE_TIME_RFC3339;
	expect(GATE_PROVIDER_TIME_GRAMMAR, "digits for a date");
	world.how.time_unit = GATE_TIME_MILLIS;
	expect(GATE_PROVIDER_OK, "milliseconds");
	hook_end(&world);
}
END_TEST

/* A dot in the id could move bytes from one part to another. */
static const struct {
	const char *id;
	enum gate_provider_fault want;
} ids[] = {
    {"msg_p5jXN8AQM9LWM0D4loKWxJek", GATE_PROVIDER_OK},
    {"msg.p5jXN8AQM9LWM0D4loKWxJek", GATE_PROVIDER_ID_GRAMMAR},
    {"msg p5jXN8AQM9LWM0D4loKWxJek", GATE_PROVIDER_ID_GRAMMAR},
    {"msg\x7f", GATE_PROVIDER_ID_GRAMMAR},
    {"msg\xc3\xa4", GATE_PROVIDER_ID_GRAMMAR},
    {"msg_p5jXN8AQM9LWM0D4loKWxJel", GATE_PROVIDER_NO_MATCH},
};

START_TEST(takes_an_id_that_has_one_reading)
{
	hook_begin(&world, row_of("standard-webhooks"));
	hook_header(&world, "webhook-id")->value = gate_span_str(ids[_i].id);
	expect(ids[_i].want, ids[_i].id);
	hook_end(&world);
}
END_TEST

START_TEST(takes_an_id_of_128_bytes_and_none_longer)
{
	char id[GATE_HOOK_ID_MAX + 2];

	hook_begin(&world, row_of("standard-webhooks"));
	memset(id, 'x', sizeof(id));
	hook_header(&world, "webhook-id")->value =
	    gate_span_of(id, GATE_HOOK_ID_MAX);
	expect(GATE_PROVIDER_NO_MATCH, "128");
	hook_header(&world, "webhook-id")->value =
	    gate_span_of(id, GATE_HOOK_ID_MAX + 1);
	expect(GATE_PROVIDER_ID_GRAMMAR, "129");
	hook_end(&world);
}
END_TEST

/* What a public key has signed is no MAC, and the other way round. */
START_TEST(keeps_the_versions_of_standard_webhooks_apart)
{
	static const char v1[] =
	    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
	static const char v1_as_v1a[] =
	    "v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
	struct gate_provider_secret both[2];
	struct gate_provider_key *public = NULL;
	struct gate_hook_header *signature;
	struct gate_verdict v;

	hook_begin(&world, row_of("standard-webhooks"));
	ck_assert_int_eq(gate_provider_key_new(world.provider, NULL,
			     GATE_SPAN("whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZT"
				       "InDBbOir4="),
			     &public, NULL),
	    GATE_OK);
	signature = hook_header(&world, "webhook-signature");
	signature->value = gate_span_str(v1_as_v1a);
	expect(GATE_PROVIDER_NO_KEY, "v1a for a secret");
	both[0] = (struct gate_provider_secret){"public", public};
	both[1] = (struct gate_provider_secret){"secret", world.keys[0]};
	ck_assert_int_eq(gate_provider_verify(
			     world.provider, NULL, both, 2, &world.hook, &v),
	    GATE_PROVIDER_NO_MATCH);
	signature->value = gate_span_str(v1);
	ck_assert_int_eq(gate_provider_verify(
			     world.provider, NULL, both, 1, &world.hook, &v),
	    GATE_PROVIDER_NO_KEY);
	ck_assert_int_eq(gate_provider_verify(
			     world.provider, NULL, both, 2, &world.hook, &v),
	    GATE_PROVIDER_OK);
	ck_assert_uint_eq(v.which, 1);
	gate_provider_key_free(public);
	hook_end(&world);
}
END_TEST

/* Where time and body stand side by side a digit could change sides and the
 * signature still hold; then it is of another age. */
static const struct {
	const char *provider, *header, *time, *body;
} shifts[] = {
    {"discord", "X-Signature-Timestamp", "178450000", "0{\"type\":0}"},
    {"hubspot", "X-HubSpot-Request-Timestamp", "693657560000",
	"{'example_field':'example_value'}1"},
};

START_TEST(lets_no_digit_pass_from_time_to_body)
{
	hook_begin(&world, row_of(shifts[_i].provider));
	hook_header(&world, shifts[_i].header)->value =
	    gate_span_str(shifts[_i].time);
	world.hook.body = gate_span_str(shifts[_i].body);
	expect(GATE_PROVIDER_STALE, shifts[_i].provider);
	hook_end(&world);
}
END_TEST

/* A secret is for one scheme: what one provider signed is nothing at another
 * of the same secret, though both are HMAC-SHA256 in hex. */
START_TEST(takes_one_providers_signature_for_no_others)
{
	static struct hook_world slack;
	struct gate_provider_secret secret;
	struct gate_verdict v;

	hook_begin(&slack, row_of("slack"));
	hook_header(&slack, "X-Slack-Signature")->name =
	    GATE_SPAN("Stripe-Signature");
	secret = (struct gate_provider_secret){"id", slack.keys[0]};
	ck_assert_int_eq(
	    gate_provider_verify(gate_provider_find(GATE_SPAN("stripe")), NULL,
		&secret, 1, &slack.hook, &v),
	    GATE_PROVIDER_NO_SIGNATURE);
	hook_header(&slack, "Stripe-Signature")->name =
	    GATE_SPAN("X-Hub-Signature-256");
	ck_assert_int_eq(
	    gate_provider_verify(gate_provider_find(GATE_SPAN("github")), NULL,
		&secret, 1, &slack.hook, &v),
	    GATE_PROVIDER_HEADER_GRAMMAR);
	hook_end(&slack);
}
END_TEST

START_TEST(counts_signatures_and_members)
{
	char text[4096];
	size_t n, i;

	hook_begin(&world, row_of("stripe"));
	n = (size_t)snprintf(text, sizeof(text), "t=1614265330");
	for (i = 0; i < GATE_SIGNATURES_MAX; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, ",v1=00");
	hook_header(&world, "Stripe-Signature")->value = gate_span_of(text, n);
	expect(GATE_PROVIDER_NO_MATCH, "16");
	n += (size_t)snprintf(text + n, sizeof(text) - n, ",v1=00");
	hook_header(&world, "Stripe-Signature")->value = gate_span_of(text, n);
	expect(GATE_PROVIDER_SIGNATURES, "17");
	n = (size_t)snprintf(text, sizeof(text), "t=1614265330");
	for (i = 0; i < 100; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, ",v0=00");
	hook_header(&world, "Stripe-Signature")->value = gate_span_of(text, n);
	expect(GATE_PROVIDER_SIGNATURES, "100 unknown ones");
	hook_header(&world, "Stripe-Signature")->value =
	    GATE_SPAN("t=1614265330,v0=00");
	expect(GATE_PROVIDER_NO_SIGNATURE, "none that is known");
	memset(text, '0', sizeof(text));
	hook_header(&world, "Stripe-Signature")->value =
	    gate_span_of(text, GATE_SIGNATURE_HEADER_MAX + 1);
	expect(GATE_PROVIDER_HEADER_LONG, "1025 bytes");
	hook_end(&world);
}
END_TEST

/* Paddle's own package looks at the last h1 only. */
START_TEST(takes_a_rotated_signature_in_any_place)
{
	static const char good[] = "h1=a300428748dce5c70e4da19bffd60769591ea969"
				   "c99dea3105d0ec9612cf43f9";
	char text[512];

	hook_begin(&world, row_of("paddle"));
	(void)snprintf(
	    text, sizeof(text), "ts=1698796800;%s;h1=%064d", good, 0);
	hook_header(&world, "Paddle-Signature")->value = gate_span_str(text);
	expect(GATE_PROVIDER_OK, "first");
	(void)snprintf(
	    text, sizeof(text), "h1=%064d;%s;ts=1698796800", 0, good);
	hook_header(&world, "Paddle-Signature")->value = gate_span_str(text);
	expect(GATE_PROVIDER_OK, "in the middle");
	hook_end(&world);
}
END_TEST

START_TEST(needs_the_public_url_where_it_is_signed)
{
	static const char *const providers[] = {
	    "square", "hubspot", "hubspot-v2", "twilio"};

	hook_begin(&world, row_of(providers[_i]));
	world.hook.url = GATE_SPAN("https://other.example/webhooks");
	expect(GATE_PROVIDER_NO_MATCH, "another host");
	world.hook.url = (struct gate_span){0};
	expect(GATE_PROVIDER_URL_UNKNOWN, "none");
	hook_end(&world);
}
END_TEST

START_TEST(takes_twilios_forms_and_digests_only_as_signed)
{
	hook_begin(&world, row_of("twilio"));
	world.hook.target = GATE_SPAN("/myapp.php?foo=1&bar=3");
	expect(GATE_PROVIDER_NO_MATCH, "another query");
	world.hook.target = GATE_SPAN("/myapp.php");
	expect(GATE_PROVIDER_NO_MATCH, "no query");
	world.hook.target = GATE_SPAN("/elsewhere?foo=1&bar=2");
	expect(GATE_PROVIDER_OK, "the path is configured");
	world.hook.url = GATE_SPAN("http://mycompany.com/myapp.php");
	expect(GATE_PROVIDER_NO_MATCH, "another scheme");
	world.hook.url = GATE_SPAN("https://mycompany.com:8443/myapp.php");
	expect(GATE_PROVIDER_OK, "a port that only we see");
	world.hook.url = GATE_SPAN("https://mycompany.com");
	expect(GATE_PROVIDER_URL_UNKNOWN, "no path");
	world.hook.url = GATE_SPAN("https://mycompany.com/myapp.php");
	world.hook.body = GATE_SPAN("{\"a\":1}");
	expect(GATE_PROVIDER_BODY_FORM, "JSON without a digest");
	world.hook.target = GATE_SPAN("/myapp.php?foo=1&bar=2&bodySHA256=00");
	expect(GATE_PROVIDER_BODY_DIGEST, "a digest that is none");
	hook_end(&world);
}
END_TEST

START_TEST(holds_a_body_to_twilios_digest)
{
#define DIGEST                                                                 \
	"bodySHA256="                                                          \
	"0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"

	hook_begin(&world, row_of("twilio"));
	world.hook.target = GATE_SPAN("/?foo=1&bar=2&" DIGEST);
	world.hook.body = GATE_SPAN("{\"property\": \"value\", "
				    "\"boolean\": true}");
	hook_header(&world, "X-Twilio-Signature")->value =
	    GATE_SPAN("a9nBmqA0ju/hNViExpshrM61xv4=");
	expect(GATE_PROVIDER_OK, "as it was sent");
	world.hook.body.n--;
	expect(GATE_PROVIDER_BODY_DIGEST, "one byte less");
	world.hook.body.n++;
	world.hook.target = GATE_SPAN("/?foo=1&bar=2&" DIGEST "&" DIGEST);
	expect(GATE_PROVIDER_BODY_DIGEST, "twice");
	hook_end(&world);
}
END_TEST

static const struct {
	const char *url, *algorithm;
	enum gate_provider_fault want;
} papers[] = {
    {"https://api.paypal.com/c", "SHA256withRSA", GATE_PROVIDER_OK},
    {"https://API.PAYPAL.COM/c", "sha256WITHrsa", GATE_PROVIDER_OK},
    {"http://api.paypal.com/c", "SHA256withRSA", GATE_PROVIDER_CERTIFICATE_URL},
    {"https://paypal.com/c", "SHA256withRSA", GATE_PROVIDER_CERTIFICATE_URL},
    {"https://.paypal.com/c", "SHA256withRSA", GATE_PROVIDER_CERTIFICATE_URL},
    {"https://evilpaypal.com/c", "SHA256withRSA",
	GATE_PROVIDER_CERTIFICATE_URL},
    {"https://api.paypal.com.evil.example/c", "SHA256withRSA",
	GATE_PROVIDER_CERTIFICATE_URL},
    {"https://evil.example/.paypal.com/c", "SHA256withRSA",
	GATE_PROVIDER_CERTIFICATE_URL},
    {"https://evil.example?.paypal.com/c", "SHA256withRSA",
	GATE_PROVIDER_CERTIFICATE_URL},
    {"https://evil.example#.paypal.com/c", "SHA256withRSA",
	GATE_PROVIDER_CERTIFICATE_URL},
    {"https://evil.example\\.paypal.com/c", "SHA256withRSA",
	GATE_PROVIDER_CERTIFICATE_URL},
    {"https://user@api.paypal.com/c", "SHA256withRSA",
	GATE_PROVIDER_CERTIFICATE_URL},
    {"https://api.paypal.com:444/c", "SHA256withRSA",
	GATE_PROVIDER_CERTIFICATE_URL},
    {"https://api.paypal.com", "SHA256withRSA", GATE_PROVIDER_CERTIFICATE_URL},
    {"https://api.paypal.com/c", "SHA1withRSA", GATE_PROVIDER_ALGORITHM},
    {"https://api.paypal.com/c", "none", GATE_PROVIDER_ALGORITHM},
};

START_TEST(believes_paypals_papers_only_as_paypal_writes_them)
{
	hook_begin(&world, row_of("paypal"));
	hook_header(&world, "PAYPAL-CERT-URL")->value =
	    gate_span_str(papers[_i].url);
	hook_header(&world, "PAYPAL-AUTH-ALGO")->value =
	    gate_span_str(papers[_i].algorithm);
	expect(papers[_i].want, papers[_i].url);
	hook_end(&world);
}
END_TEST

START_TEST(takes_paypals_events_for_its_own_webhook_while_valid)
{
	hook_begin(&world, row_of("paypal"));
	world.how.setting = "another webhook";
	expect(GATE_PROVIDER_NO_MATCH, "another webhook's");
	world.how.setting = "4JH86294D6297924G";
	world.how.time.kind = GATE_PLACE_HEADER;
	world.how.tolerance_s = INT64_MAX / 2;
	world.hook.now_s = 1451606399; /* 2015-12-31T23:59:59Z */
	expect(GATE_PROVIDER_OK, "the last second");
	world.hook.now_s++;
	expect(GATE_PROVIDER_CERTIFICATE_TIME, "past");
	world.hook.now_s = 1420070400;
	expect(GATE_PROVIDER_OK, "the first second");
	world.hook.now_s--;
	expect(GATE_PROVIDER_CERTIFICATE_TIME, "not yet");
	hook_end(&world);
}
END_TEST

/* %s: what stands between. All of these are signed as Adyen's example. */
#define ADYEN(before, item, after)                                             \
	"{\"notificationItems\":[" before "{\"NotificationRequestItem\":{"     \
	"\"additionalData\":{\"hmacSignature\":"                               \
	"\"coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0=\"}," item "}}" after   \
	"]}"
#define ADYEN_REST                                                             \
	"\"amount\":{\"value\":1130,\"currency\":\"EUR\"},"                    \
	"\"eventCode\":\"AUTHORISATION\",\"success\":\"true\""
#define ADYEN_ITEM                                                             \
	"\"pspReference\":\"7914073381342284\","                               \
	"\"merchantAccountCode\":\"TestMerchant\","                            \
	"\"merchantReference\":\"TestPayment-1407325143704\"," ADYEN_REST
#define ADYEN_FORGED                                                           \
	"{\"NotificationRequestItem\":{\"additionalData\":{\"hmacSignature\":" \
	"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"}," ADYEN_ITEM "}}"

static const struct {
	const char *body;
	enum gate_provider_fault want;
} adyens[] = {
    {ADYEN("", ADYEN_ITEM, ""), GATE_PROVIDER_OK},
    {ADYEN("", ADYEN_ITEM ",\"reason\":\"x\"", ""), GATE_PROVIDER_OK},
    {ADYEN("", ADYEN_ITEM ",\"originalReference\":null", ""), GATE_PROVIDER_OK},
    {ADYEN("", ADYEN_ITEM ",\"originalReference\":\"1\"", ""),
	GATE_PROVIDER_NO_MATCH},
    {ADYEN("", ADYEN_ITEM ",\"originalReference\":[]", ""),
	GATE_PROVIDER_BODY_MEMBER},
    {ADYEN("", ADYEN_ITEM, "," ADYEN_FORGED), GATE_PROVIDER_NO_MATCH},
    {ADYEN(ADYEN_FORGED ",", ADYEN_ITEM, ""), GATE_PROVIDER_NO_MATCH},
    {ADYEN("", ADYEN_ITEM, ",{}"), GATE_PROVIDER_BODY_MEMBER},
    {ADYEN("7,", ADYEN_ITEM, ""), GATE_PROVIDER_BODY_MEMBER},
    /* The same bytes to sign, another reading. */
    {ADYEN("",
	 "\"pspReference\":\"7914073381342284:\","
	 "\"originalReference\":\"TestMerchant\","
	 "\"merchantAccountCode\":\"TestPayment-1407325143704\","
	 "\"merchantReference\":\"1130\","
	 "\"amount\":{\"value\":\"EUR\",\"currency\":\"AUTHORISATION\"},"
	 "\"eventCode\":\"true\"",
	 ""),
	GATE_PROVIDER_BODY_MEMBER},
    {ADYEN("", ADYEN_ITEM ",\"success\":\"true\"", ""),
	GATE_PROVIDER_BODY_JSON},
    {"{\"notificationItems\":[]}", GATE_PROVIDER_BODY_MEMBER},
    {"{\"notificationItems\":{}}", GATE_PROVIDER_BODY_MEMBER},
    {"{}", GATE_PROVIDER_BODY_MEMBER},
    {"[]", GATE_PROVIDER_BODY_MEMBER},
    {"", GATE_PROVIDER_BODY_JSON},
    {"notificationItems=", GATE_PROVIDER_BODY_JSON},
};

START_TEST(takes_adyens_items_all_or_none)
{
	struct gate_verdict v;

	hook_begin(&world, row_of("adyen"));
	world.hook.body = hook_copy(&world, gate_span_str(adyens[_i].body));
	expect(adyens[_i].want, adyens[_i].body);
	(void)!hook_verify(&world, &v);
	ck_assert(v.which ==
	    (adyens[_i].want == GATE_PROVIDER_OK ? 0 : GATE_NO_SECRET));
	hook_end(&world);
}
END_TEST

#define TOKEN "e0b5477167110d68991efc6b9f89f0a11066af27834600e123"
#define MAC "12d99f5a15355c180971bed7494d578b093c958f57766f3fe750761baed12345"
#define MAILGUN(time, token, mac)                                              \
	"{\"signature\":{\"timestamp\":" time ",\"token\":" token              \
	",\"signature\":" mac "}}"

static const struct {
	const char *body;
	enum gate_provider_fault want;
} mailguns[] = {
    {MAILGUN("\"1770920772\"", "\"" TOKEN "\"", "\"" MAC "\""),
	GATE_PROVIDER_NO_MATCH},
    {MAILGUN("1770920772", "\"" TOKEN "\"", "\"" MAC "\""),
	GATE_PROVIDER_NO_MATCH},
    {MAILGUN("\"soon\"", "\"" TOKEN "\"", "\"" MAC "\""),
	GATE_PROVIDER_TIME_GRAMMAR},
    {MAILGUN("1770920772.5", "\"" TOKEN "\"", "\"" MAC "\""),
	GATE_PROVIDER_TIME_GRAMMAR},
    {MAILGUN("-1", "\"" TOKEN "\"", "\"" MAC "\""), GATE_PROVIDER_TIME_GRAMMAR},
    {MAILGUN("\"1770920772\"", "\"\"", "\"" MAC "\""),
	GATE_PROVIDER_BODY_MEMBER},
    {MAILGUN("\"1770920772\"", "7", "\"" MAC "\""), GATE_PROVIDER_BODY_MEMBER},
    {MAILGUN("\"1770920772\"", "\"" TOKEN "\"", "\"zz\""),
	GATE_PROVIDER_ENCODING},
    {MAILGUN("\"1770920772\"", "\"" TOKEN "\"", "\"\""),
	GATE_PROVIDER_ENCODING},
    {MAILGUN("\"1770920772\"", "\"" TOKEN "\"", "null"),
	GATE_PROVIDER_BODY_MEMBER},
    {"{\"signature\":\"x\"}", GATE_PROVIDER_BODY_MEMBER},
    {"{}", GATE_PROVIDER_BODY_MEMBER},
    {"timestamp=1", GATE_PROVIDER_BODY_JSON},
};

START_TEST(reads_mailguns_signature_strictly)
{
	hook_begin(&world, row_of("mailgun"));
	world.hook.body = hook_copy(&world, gate_span_str(mailguns[_i].body));
	expect(mailguns[_i].want, mailguns[_i].body);
	hook_end(&world);
}
END_TEST

/* A time that the body holds is read only once the signature holds. */
START_TEST(reads_a_signed_body_for_its_time)
{
	hook_begin(&world, row_of("linear"));
	world.how.time.name = "/nothing";
	expect(GATE_PROVIDER_TIME_GRAMMAR, "no such member");
	world.how.time.name = "/action";
	expect(GATE_PROVIDER_TIME_GRAMMAR, "a word");
	world.hook.body = GATE_SPAN("no JSON");
	expect(GATE_PROVIDER_NO_MATCH, "not signed");
	hook_end(&world);
}
END_TEST

/* A body that is signed and is no JSON. */
START_TEST(refuses_a_signed_body_without_a_time)
{
	struct gate_sign_headers made;
	struct gate_span value, name;

	hook_begin(&world, row_of("linear"));
	world.hook.body = GATE_SPAN("no JSON");
	gate_sign_init(&made);
	ck_assert_int_eq(gate_provider_sign(world.provider, NULL, world.keys[0],
			     &world.hook, GATE_SPAN(""), &made),
	    GATE_OK);
	value = gate_span_str(gate_sign_line(&made, 0));
	ck_assert(gate_span_until(&value, ':', value.n, &name));
	hook_header(&world, "Linear-Signature")->value = value;
	expect(GATE_PROVIDER_BODY_JSON, "signed");
	gate_sign_clear(&made);
	hook_end(&world);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("provider_odd");
	TCase *t = tcase_create("provider_odd");

	add_row_test(t, reads_a_time_in_one_way, times);
	tcase_add_test(
	    t, does_not_take_a_time_that_is_no_number_for_a_young_one);
	tcase_add_test(t, takes_milliseconds_for_milliseconds_only);
	add_row_test(t, takes_an_id_that_has_one_reading, ids);
	tcase_add_test(t, takes_an_id_of_128_bytes_and_none_longer);
	tcase_add_test(t, keeps_the_versions_of_standard_webhooks_apart);
	add_row_test(t, lets_no_digit_pass_from_time_to_body, shifts);
	tcase_add_test(t, takes_one_providers_signature_for_no_others);
	tcase_add_test(t, counts_signatures_and_members);
	tcase_add_test(t, takes_a_rotated_signature_in_any_place);
	tcase_add_loop_test(t, needs_the_public_url_where_it_is_signed, 0, 4);
	tcase_add_test(t, takes_twilios_forms_and_digests_only_as_signed);
	tcase_add_test(t, holds_a_body_to_twilios_digest);
	add_row_test(
	    t, believes_paypals_papers_only_as_paypal_writes_them, papers);
	tcase_add_test(t, takes_paypals_events_for_its_own_webhook_while_valid);
	add_row_test(t, takes_adyens_items_all_or_none, adyens);
	add_row_test(t, reads_mailguns_signature_strictly, mailguns);
	tcase_add_test(t, reads_a_signed_body_for_its_time);
	tcase_add_test(t, refuses_a_signed_body_without_a_time);
	suite_add_tcase(s, t);
	return s;
}

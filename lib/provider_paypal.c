/*
 * PayPal: what the table says, and two headers that say where the
 * certificate stands and what the signature is. The certificate is never
 * fetched: the operator has pinned it. The headers are held against what
 * PayPal says of them, so that one who turns the sender's mistakes into ours
 * finds nothing here to turn.
 */
#include "config.h"

#include "lib/provider_rows.h"

#define CERTIFICATE_URL "PAYPAL-CERT-URL"
#define ALGORITHM "PAYPAL-AUTH-ALGO"

/* https, and the host is paypal.com's: a name before it, no port, no user. */
static bool
is_paypal_url(struct gate_span url)
{
	static const char domain[] = ".paypal.com";
	struct gate_span host, tail;
	size_t n = sizeof(domain) - 1;

	if (!gate_span_skip(&url, "https://") ||
	    !gate_span_until(&url, '/', url.n, &host) || host.n <= n)
		return false;
	tail = gate_span_of(host.p + host.n - n, n);
	return gate_span_is_nocase(tail, domain) &&
	    gate_span_only(host,
		"abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");
}

static enum gate_provider_fault
verify(struct gate_trial *t)
{
	struct gate_span value;
	enum gate_provider_fault fault =
	    gate_trial_header(t, CERTIFICATE_URL, &value);

	if (fault == GATE_PROVIDER_OK && !is_paypal_url(value))
		fault = GATE_PROVIDER_CERTIFICATE_URL;
	if (fault == GATE_PROVIDER_OK)
		fault = gate_trial_header(t, ALGORITHM, &value);
	if (fault == GATE_PROVIDER_OK &&
	    !gate_span_is_nocase(value, "SHA256withRSA"))
		fault = GATE_PROVIDER_ALGORITHM;
	return fault == GATE_PROVIDER_OK ? gate_trial_verify(t) : fault;
}

static const struct gate_provider_verifier paypal = {.verify = verify};

const struct gate_provider gate_providers_paypal[] = {
    {
	.name = "paypal",
	.text = "PayPal, with its certificate pinned",
	.signing = {.seal = GATE_SEAL_RS256,
	    .key_form = GATE_KEY_CERTIFICATE,
	    .encoding = GATE_ENCODING_BASE64,
	    .grammar = GATE_GRAMMAR_BARE,
	    .header = "PAYPAL-TRANSMISSION-SIG",
	    .message = "{1}|{time}|{setting}|{crc32}",
	    .others = {"PAYPAL-TRANSMISSION-ID", CERTIFICATE_URL, ALGORITHM},
	    .time = HEADER("PAYPAL-TRANSMISSION-TIME"),
	    .time_unit = GATE_TIME_RFC3339,
	    .tolerance_s = 300},
	.needs_setting = true,
	.verifier = &paypal,
	.profile = {.id = {BODY("/id")},
	    .type = {BODY("/event_type")},
	    .ref = {BODY("/resource/id")},
	    .occurred = {BODY("/create_time")},
	    .occurred_unit = GATE_TIME_RFC3339,
	    .success_status = 200,
	    .deadline_ms = 10000,
	    .retry_window_s = DAYS(3)},
    },
    {.name = NULL},
};

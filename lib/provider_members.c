/*
 * Providers that sign members of the body and put the signature beside them.
 * The body is parsed before anybody has vouched for it, by lib/json.h and
 * its limits; what is not signed in it stays a stranger's word even when the
 * signature holds.
 */
#include "config.h"

#include "lib/provider_rows.h"

#include "lib/codec.h"
#include "lib/json.h"
#include "lib/num.h"

#define ITEMS_MAX 256 /* Adyen sends one; each costs a MAC per secret */
#define ADYEN_MEMBERS 8

static enum gate_provider_fault
parse(struct gate_trial *t, struct gate_json **doc)
{
	enum gate_code code = gate_json_parse(t->hook->body, doc, NULL);

	if (code == GATE_OK)
		return GATE_PROVIDER_OK;
	return code == GATE_E_NOMEM ? GATE_PROVIDER_NO_MEMORY
				    : GATE_PROVIDER_BODY_JSON;
}

static bool
string_at(
    const struct gate_json *doc, const char *pointer, struct gate_span *out)
{
	const struct gate_json *v;

	return gate_json_pointer(doc, pointer, &v) && gate_json_string(v, out);
}

/* ---- Mailgun: HMAC of timestamp and token ------------------------------- */

#define MAILGUN_TIMESTAMP "/signature/timestamp"
#define MAILGUN_TOKEN "/signature/token"
#define MAILGUN_SIGNATURE "/signature/signature"
#define MAILGUN_PARENT "/signature/parent-signature"
#define MAILGUN_TOKEN_MAX 128 /* 50 characters as documented */

/* Text, as documented, or an integer, as older senders have it. */
static bool
mailgun_time(const struct gate_json *doc, char digits[GATE_I64_TEXT],
    struct gate_span *out)
{
	const struct gate_json *v;
	int64_t n;

	if (!gate_json_pointer(doc, MAILGUN_TIMESTAMP, &v))
		return false;
	if (gate_json_i64(v, &n))
		*out = gate_span_of(digits, gate_i64_text(n, digits));
	else if (!gate_json_string(v, out))
		return false;
	return true;
}

/* Its own signature, and that of the account above it if there is one. */
static enum gate_provider_fault
mailgun_signatures(struct gate_trial *t, const struct gate_json *doc,
    struct gate_signatures *s)
{
	static const char *const places[] = {MAILGUN_SIGNATURE, MAILGUN_PARENT};
	enum gate_provider_fault fault;
	struct gate_span text;
	size_t i;

	*s = (struct gate_signatures){.count = 0};
	for (i = 0; i < GATE_COUNT(places); i++) {
		t->out->about = places[i];
		if (!string_at(doc, places[i], &text)) {
			if (i == 0)
				return GATE_PROVIDER_BODY_MEMBER;
			break;
		}
		fault = gate_signatures_add(t->how->encoding, s, text);
		if (fault != GATE_PROVIDER_OK)
			return fault;
	}
	return GATE_PROVIDER_OK;
}

static enum gate_provider_fault
mailgun_judge(struct gate_trial *t, const struct gate_json *doc)
{
	struct gate_signatures signatures;
	char digits[GATE_I64_TEXT];
	struct gate_message m = {.count = 2};
	enum gate_provider_fault fault =
	    mailgun_signatures(t, doc, &signatures);

	if (fault != GATE_PROVIDER_OK)
		return fault;
	t->out->about = MAILGUN_TIMESTAMP;
	if (!mailgun_time(doc, digits, &m.parts[0]) ||
	    !gate_stamp_seconds(m.parts[0], GATE_TIME_SECONDS, &t->out->time_s))
		return GATE_PROVIDER_TIME_GRAMMAR;
	t->out->has_time = true;
	t->out->about = MAILGUN_TOKEN;
	/* Hex, so that no digit of the time can be taken for the token's. */
	if (!string_at(doc, MAILGUN_TOKEN, &m.parts[1]) || m.parts[1].n == 0 ||
	    m.parts[1].n > MAILGUN_TOKEN_MAX ||
	    !gate_span_within(m.parts[1], 0x21, 0x7e))
		return GATE_PROVIDER_BODY_MEMBER;
	fault = gate_trial_match(t, &signatures, &m);
	return fault == GATE_PROVIDER_OK ? gate_trial_window(t) : fault;
}

static enum gate_provider_fault
mailgun_verify(struct gate_trial *t)
{
	struct gate_json *doc = NULL;
	enum gate_provider_fault fault = parse(t, &doc);

	if (fault == GATE_PROVIDER_OK)
		fault = mailgun_judge(t, doc);
	gate_json_free(doc);
	return fault;
}

static const struct gate_provider_verifier mailgun = {.verify = mailgun_verify};

/* ---- Adyen: HMAC of eight members, in each item ------------------------- */

#define ADYEN_SIGNATURE "/additionalData/hmacSignature"

/* In the order in which they are signed, with ':' between them. */
static const struct {
	const char *pointer;
	/* Only one of them may hold a ':', or two readings would have one
	 * signature. */
	bool may_have_colon;
} adyen_members[ADYEN_MEMBERS] = {
    {"/pspReference", false},
    {"/originalReference", false},
    {"/merchantAccountCode", false},
    {"/merchantReference", true},
    {"/amount/value", false},
    {"/amount/currency", false},
    {"/eventCode", false},
    {"/success", false},
};

/* A scalar as text; nothing there is empty. */
static bool
scalar(const struct gate_json *item, const char *pointer,
    char digits[GATE_I64_TEXT], struct gate_span *out)
{
	const struct gate_json *v;
	int64_t n;
	bool b;

	*out = (struct gate_span){0};
	if (!gate_json_pointer(item, pointer, &v) ||
	    gate_json_kind(v) == GATE_JSON_NULL || gate_json_string(v, out))
		return true;
	if (gate_json_i64(v, &n)) {
		*out = gate_span_of(digits, gate_i64_text(n, digits));
		return true;
	}
	if (!gate_json_bool(v, &b))
		return false;
	*out = b ? GATE_SPAN("true") : GATE_SPAN("false");
	return true;
}

static bool
has_colon(struct gate_span s)
{
	struct gate_span before;

	return gate_span_until(&s, ':', s.n, &before);
}

static enum gate_provider_fault
adyen_judge_item(struct gate_trial *t, const struct gate_json *item)
{
	struct gate_signatures signatures = {.count = 0};
	char digits[ADYEN_MEMBERS][GATE_I64_TEXT];
	struct gate_message m = {.count = 0};
	enum gate_provider_fault fault;
	struct gate_span text;
	size_t i;

	t->out->about = ADYEN_SIGNATURE;
	if (!string_at(item, ADYEN_SIGNATURE, &text))
		return GATE_PROVIDER_BODY_MEMBER;
	fault = gate_signatures_add(t->how->encoding, &signatures, text);
	if (fault != GATE_PROVIDER_OK)
		return fault;
	for (i = 0; i < ADYEN_MEMBERS; i++) {
		t->out->about = adyen_members[i].pointer;
		if (!scalar(item, adyen_members[i].pointer, digits[i], &text) ||
		    (has_colon(text) && !adyen_members[i].may_have_colon))
			return GATE_PROVIDER_BODY_MEMBER;
		if (i > 0)
			m.parts[m.count++] = GATE_SPAN(":");
		m.parts[m.count++] = text;
	}
	return gate_trial_match(t, &signatures, &m);
}
_Static_assert(2 * ADYEN_MEMBERS <= GATE_MESSAGE_PARTS_MAX, "no room");

/* Every item, or none: one that is forged makes all of them a stranger's. */
static enum gate_provider_fault
adyen_judge(struct gate_trial *t, const struct gate_json *doc)
{
	const struct gate_json *items, *item;
	enum gate_provider_fault fault = GATE_PROVIDER_OK;
	size_t i, n, which = GATE_NO_SECRET;

	t->out->about = "/notificationItems";
	n = gate_json_pointer(doc, "/notificationItems", &items) &&
		gate_json_kind(items) == GATE_JSON_ARRAY
	    ? gate_json_count(items)
	    : 0;
	if (n == 0 || n > ITEMS_MAX)
		return GATE_PROVIDER_BODY_MEMBER;
	for (i = 0; i < n && fault == GATE_PROVIDER_OK; i++) {
		t->out->which = GATE_NO_SECRET;
		if (!gate_json_get(gate_json_at(items, i),
			"NotificationRequestItem", &item))
			return GATE_PROVIDER_BODY_MEMBER;
		fault = adyen_judge_item(t, item);
		if (i == 0)
			which = t->out->which;
	}
	t->out->which = fault == GATE_PROVIDER_OK ? which : GATE_NO_SECRET;
	return fault;
}

static enum gate_provider_fault
adyen_verify(struct gate_trial *t)
{
	struct gate_json *doc = NULL;
	enum gate_provider_fault fault = parse(t, &doc);

	if (fault == GATE_PROVIDER_OK)
		fault = adyen_judge(t, doc);
	gate_json_free(doc);
	return fault;
}

static const struct gate_provider_verifier adyen = {.verify = adyen_verify};

const struct gate_provider gate_providers_members[] = {
    {
	.name = "mailgun",
	.text = "Mailgun: its signature does not cover the event",
	.is_low_trust = true,
	.is_loose = true,
	.signing = {.seal = GATE_SEAL_HMAC_SHA256,
	    .encoding = GATE_ENCODING_HEX,
	    .time = BODY(MAILGUN_TIMESTAMP),
	    .tolerance_s = 300},
	.verifier = &mailgun,
	.profile = {.id = {BODY("/event-data/id")},
	    .guard = BODY(MAILGUN_TOKEN),
	    .type = {BODY("/event-data/event")},
	    .ref = {BODY("/event-data/message/headers/message-id")},
	    .success_status = 200,
	    .deadline_ms = 10000,
	    .retry_window_s = HOURS(8)},
    },
    {
	.name = "adyen",
	.text = "Adyen, standard webhooks",
	.is_loose = true,
	.signing = {.seal = GATE_SEAL_HMAC_SHA256,
	    .key_form = GATE_KEY_HEX,
	    .encoding = GATE_ENCODING_BASE64},
	.verifier = &adyen,
	.profile = {.id = {BODY("/eventCode"), BODY("/pspReference"),
			BODY("/success")},
	    .type = {BODY("/eventCode")},
	    .ref = {BODY("/pspReference")},
	    .occurred = {BODY("/eventDate")},
	    .occurred_unit = GATE_TIME_RFC3339,
	    .batch = "/notificationItems/*/NotificationRequestItem",
	    .success_status = 200,
	    .success_body = "[accepted]",
	    .deadline_ms = 10000,
	    .retry_window_s = DAYS(7)},
    },
    {.name = NULL},
};

/*
 * Twilio: HMAC-SHA1 of the URL and, of a form, of its fields sorted; of
 * anything else of the URL alone, whose query then holds the body's SHA-256.
 * Whether the URL has the standard port in it depends on which of Twilio's
 * machines signs, so both are tried.
 */
#include "config.h"

#include "lib/provider_rows.h"

#include <stdlib.h>

#include "lib/codec.h"
#include "lib/form.h"
#include "lib/num.h"

#define DIGEST_NAME "bodySHA256"
#define FIELDS_MAX MIB /* what the fields may be decoded: a body's limit */

static int
by_name_and_value(const void *a, const void *b)
{
	const struct gate_form_field *x = a, *y = b;
	int order = gate_span_compare(x->name, y->name);

	return order != 0 ? order : gate_span_compare(x->value, y->value);
}

/* NAME VALUE NAME VALUE; of what stands twice, name and value, one. */
static enum gate_provider_fault
put_fields(struct gate_form *form, struct gate_buf *out)
{
	size_t i;

	if (form->count > 0)
		qsort(form->list, form->count, sizeof(form->list[0]),
		    by_name_and_value);
	for (i = 0; i < form->count; i++) {
		if (i > 0 &&
		    by_name_and_value(&form->list[i - 1], &form->list[i]) == 0)
			continue;
		(void)gate_buf_put(out, form->list[i].name);
		(void)gate_buf_put(out, form->list[i].value);
	}
	if (out->failed == GATE_E_LIMIT)
		return GATE_PROVIDER_BODY_FORM;
	return out->failed == GATE_OK ? GATE_PROVIDER_OK
				      : GATE_PROVIDER_NO_MEMORY;
}

static enum gate_provider_fault
read_fields(struct gate_span body, struct gate_buf *out)
{
	struct gate_form form;
	enum gate_provider_fault fault;
	enum gate_code code;

	if (body.n == 0)
		return GATE_PROVIDER_OK;
	code = gate_form_parse(body, &form);
	if (code != GATE_OK)
		return code == GATE_E_NOMEM ? GATE_PROVIDER_NO_MEMORY
					    : GATE_PROVIDER_BODY_FORM;
	fault = put_fields(&form, out);
	gate_form_clear(&form);
	return fault;
}

static struct gate_span
query_of(struct gate_span target)
{
	struct gate_span path;

	return gate_span_until(&target, '?', target.n, &path)
	    ? target
	    : (struct gate_span){0};
}

/* How many fields of the query have the digest's name; *out is the last. */
static size_t
find_digest(struct gate_span query, struct gate_span *out)
{
	size_t found = 0;

	while (query.n > 0) {
		struct gate_span field, name;

		if (!gate_span_until(&query, '&', query.n, &field)) {
			field = query;
			query = (struct gate_span){0};
		}
		if (gate_span_until(&field, '=', field.n, &name) &&
		    gate_span_is(name, DIGEST_NAME)) {
			*out = field;
			found++;
		}
	}
	return found;
}

static enum gate_provider_fault
check_digest(struct gate_span body, struct gate_span hex)
{
	unsigned char want[GATE_SHA256_BYTES], have[GATE_SHA256_BYTES];

	if (!gate_hex_decode(hex, want, sizeof(want)))
		return GATE_PROVIDER_BODY_DIGEST;
	if (gate_sha256(&body, 1, have) != GATE_OK)
		return GATE_PROVIDER_NO_MEMORY;
	return gate_ct_equal(gate_span_of(want, sizeof(want)),
		   gate_span_of(have, sizeof(have)))
	    ? GATE_PROVIDER_OK
	    : GATE_PROVIDER_BODY_DIGEST;
}

/* What is signed after the URL: the fields, or nothing but a digest that is
 * right. */
static enum gate_provider_fault
read_body(const struct gate_hook *hook, struct gate_buf *fields)
{
	struct gate_span hex;
	size_t found = find_digest(query_of(hook->target), &hex);

	if (found > 1)
		return GATE_PROVIDER_BODY_DIGEST;
	return found == 1 ? check_digest(hook->body, hex)
			  : read_fields(hook->body, fields);
}

/* A URL in three: up to the port, ":" and the port or nothing, the path. */
static bool
split(struct gate_span url, struct gate_span part[3])
{
	struct gate_span rest = url, scheme, authority, host;

	if (!gate_span_until(&rest, ':', rest.n, &scheme) ||
	    !gate_span_skip(&rest, "//"))
		return false;
	authority = rest;
	if (!gate_span_until(&rest, '/', rest.n, &authority))
		return false;
	host = authority;
	/* Not within the brackets of an IPv6 address. */
	if (!gate_span_until(&authority, ':', authority.n, &host) ||
	    gate_span_starts(host, "["))
		host = gate_span_of(host.p, (size_t)(rest.p - 1 - host.p));
	part[0] = gate_span_of(url.p, (size_t)(host.p + host.n - url.p));
	part[1] = gate_span_of(
	    host.p + host.n, (size_t)(rest.p - 1 - (host.p + host.n)));
	part[2] = gate_span_of(rest.p - 1, rest.n + 1);
	return true;
}

/* The configured URL with its port, or the standard one, and without. */
static void
fill(const struct gate_hook *hook, struct gate_span part[3], bool with_port,
    struct gate_span fields, struct gate_message *m)
{
	struct gate_span query = query_of(hook->target);

	if (part[1].n == 0)
		part[1] = gate_span_starts(part[0], "https:")
		    ? GATE_SPAN(":443")
		    : GATE_SPAN(":80");
	m->count = 0;
	m->parts[m->count++] = part[0];
	if (with_port)
		m->parts[m->count++] = part[1];
	m->parts[m->count++] = part[2];
	if (query.n > 0)
		m->parts[m->count++] = gate_span_of(query.p - 1, query.n + 1);
	m->parts[m->count++] = fields;
}

static enum gate_provider_fault
match(struct gate_trial *t, const struct gate_signatures *signatures,
    struct gate_span fields)
{
	struct gate_span part[3];
	struct gate_message m = {.count = 0};
	enum gate_provider_fault with, without;

	if (!split(t->hook->url, part))
		return GATE_PROVIDER_URL_UNKNOWN;
	fill(t->hook, part, false, fields, &m);
	without = gate_trial_match(t, signatures, &m);
	fill(t->hook, part, true, fields, &m);
	with = gate_trial_match(t, signatures, &m);
	return without == GATE_PROVIDER_NO_MATCH ? with : without;
}

static enum gate_provider_fault
verify(struct gate_trial *t)
{
	struct gate_signatures signatures;
	struct gate_buf fields;
	enum gate_provider_fault fault = gate_signatures_read(t, &signatures);

	if (fault != GATE_PROVIDER_OK)
		return fault;
	gate_buf_init(&fields, FIELDS_MAX);
	fault = read_body(t->hook, &fields);
	if (fault == GATE_PROVIDER_OK)
		fault = match(t, &signatures, gate_buf_span(&fields));
	gate_buf_clear(&fields);
	return fault;
}

static enum gate_code
sign(const struct gate_signing *how, const struct gate_provider_key *key,
    const struct gate_hook *hook, struct gate_sign_headers *h)
{
	struct gate_buf fields, text;
	struct gate_message m = {.count = 0};
	struct gate_span part[3];
	unsigned char mac[GATE_MAC_MAX];
	enum gate_code code = GATE_E_BAD;
	size_t n;

	gate_buf_init(&fields, FIELDS_MAX);
	gate_buf_init(&text, GATE_SIGNATURE_HEADER_MAX);
	if (read_body(hook, &fields) == GATE_PROVIDER_OK &&
	    split(hook->url, part)) {
		fill(hook, part, part[1].n > 0, gate_buf_span(&fields), &m);
		code = gate_provider_seal(key, &m, mac, &n);
	}
	if (code == GATE_OK)
		code = gate_base64_put(&text, gate_span_of(mac, n));
	if (code == GATE_OK)
		code = gate_sign_put(h, how->header, gate_buf_span(&text));
	gate_buf_clear(&fields);
	gate_buf_clear(&text);
	return code;
}

static const struct gate_provider_verifier twilio = {
    .verify = verify, .sign = sign};

const struct gate_provider gate_providers_twilio[] = {
    {
	.name = "twilio",
	.text = "Twilio messages and calls, forms or JSON",
	.signing = {.seal = GATE_SEAL_HMAC_SHA1,
	    .encoding = GATE_ENCODING_BASE64,
	    .grammar = GATE_GRAMMAR_BARE,
	    .header = "X-Twilio-Signature",
	    .message = "{url}{body}"},
	.verifier = &twilio,
	.profile = {.id = {FIELD("MessageSid"), FIELD("MessageStatus"),
			FIELD("SmsStatus"), FIELD("CallSid"),
			FIELD("CallStatus"), FIELD("SequenceNumber")},
	    .type = {FIELD("MessageStatus"), FIELD("CallStatus")},
	    .ref = {FIELD("MessageSid"), FIELD("CallSid")},
	    .success_status = 200,
	    .deadline_ms = 15000,
	    .retry_window_s = DAYS(1),
	    .media = GATE_MEDIA_EITHER},
    },
    {.name = NULL},
};

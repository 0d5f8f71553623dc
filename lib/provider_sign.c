/*
 * The sender's side of a provider, for trying out: made of the same row that
 * verifies, so it proves nothing about the provider. That is what published
 * vectors and the providers' own code are for.
 */
#include "config.h"

#include "lib/provider_trial.h"

#include "lib/clock.h"
#include "lib/codec.h"
#include "lib/num.h"

#define STAMP_TEXT_MAX 32

static struct gate_span
time_text(int64_t now_s, enum gate_time_unit unit, char text[STAMP_TEXT_MAX])
{
	int64_t ms = 0;

	(void)gate_mul(now_s, (int64_t)1000, &ms);
	if (unit == GATE_TIME_RFC3339) {
		gate_time_text(ms, text);
		return gate_span_str(text);
	}
	return gate_span_of(
	    text, gate_i64_text(unit == GATE_TIME_MILLIS ? ms : now_s, text));
}

static void
put_encoded(
    struct gate_buf *out, enum gate_encoding encoding, struct gate_span mac)
{
	if (encoding == GATE_ENCODING_HEX)
		(void)gate_hex_put(out, mac);
	else if (encoding == GATE_ENCODING_BASE64)
		(void)gate_base64_put(out, mac);
	else
		(void)gate_buf_put(out, mac);
}

/* The signature header's value. */
static void
put_value(const struct gate_signing *how, const struct gate_stamp *stamp,
    struct gate_span mac, struct gate_buf *out)
{
	if (how->grammar == GATE_GRAMMAR_LIST) {
		if (how->time.kind == GATE_PLACE_LIST) {
			(void)gate_buf_put_str(out, how->time.name);
			(void)gate_buf_put_byte(out, '=');
			(void)gate_buf_put(out, stamp->time);
			(void)gate_buf_put_byte(
			    out, (unsigned char)how->separator);
		}
		(void)gate_buf_put_str(out, how->mark);
		(void)gate_buf_put_byte(out, '=');
	} else if (how->grammar == GATE_GRAMMAR_WORDS) {
		(void)gate_buf_put_str(out, how->mark);
		(void)gate_buf_put_byte(out, ',');
	} else if (how->grammar == GATE_GRAMMAR_PREFIX) {
		(void)gate_buf_put_str(out, how->mark);
	}
	put_encoded(out, how->encoding, mac);
}

static enum gate_code
seal(const struct gate_signing *how, const struct gate_provider_key *key,
    const struct gate_hook *hook, const struct gate_stamp *stamp,
    struct gate_buf *out)
{
	unsigned char mac[GATE_MAC_MAX];
	struct gate_message m;
	const char *about;
	enum gate_code code = GATE_E_BAD;
	enum gate_provider_fault fault;
	size_t n = 0;

	if (key->seal == GATE_SEAL_EQUAL) {
		put_value(how, stamp, gate_span_of(key->raw, key->raw_n), out);
		return out->failed;
	}
	fault = gate_message_fill(how, hook, stamp, &m, &about);
	if (fault == GATE_PROVIDER_OK)
		code = gate_provider_seal(key, &m, mac, &n);
	else if (fault == GATE_PROVIDER_NO_MEMORY)
		code = GATE_E_NOMEM;
	gate_message_clear(&m);
	if (code != GATE_OK)
		return code;
	put_value(how, stamp, gate_span_of(mac, n), out);
	return out->failed;
}

static enum gate_code
put_others(const struct gate_signing *how, const struct gate_hook *hook,
    struct gate_sign_headers *h)
{
	enum gate_code code = GATE_OK;
	struct gate_span value;
	bool twice;
	size_t i;

	for (i = 0; i < GATE_COUNT(how->others) && code == GATE_OK; i++)
		if (how->others[i] != NULL) {
			if (!gate_hook_header(
				hook, how->others[i], &value, &twice))
				return GATE_E_BAD;
			code = gate_sign_put(h, how->others[i], value);
		}
	return code;
}

static enum gate_code
sign(const struct gate_signing *how, const struct gate_provider_key *key,
    const struct gate_hook *hook, struct gate_span id,
    struct gate_sign_headers *h)
{
	char text[STAMP_TEXT_MAX];
	struct gate_stamp stamp = {
	    .id = id, .time = time_text(hook->now_s, how->time_unit, text)};
	struct gate_buf value;
	enum gate_code code = GATE_OK;

	gate_buf_init(&value, GATE_SIGNATURE_HEADER_MAX);
	if (how->id_header != NULL)
		code = gate_sign_put(h, how->id_header, id);
	if (code == GATE_OK && how->time.kind == GATE_PLACE_HEADER)
		code = gate_sign_put(h, how->time.name, stamp.time);
	if (code == GATE_OK)
		code = put_others(how, hook, h);
	if (code == GATE_OK)
		code = seal(how, key, hook, &stamp, &value);
	if (code == GATE_OK)
		code = gate_sign_put(h, how->header, gate_buf_span(&value));
	gate_buf_wipe(&value);
	return code;
}

enum gate_code
gate_provider_sign(const struct gate_provider *p,
    const struct gate_signing *how, const struct gate_provider_key *key,
    const struct gate_hook *hook, struct gate_span id,
    struct gate_sign_headers *h)
{
	if (how == NULL)
		how = &p->signing;
	if (key->pair != NULL)
		return GATE_E_CONF;
	if (p->verifier == NULL)
		return sign(how, key, hook, id, h);
	return p->verifier->sign == NULL ? GATE_E_CONF
					 : p->verifier->sign(how, key, hook, h);
}

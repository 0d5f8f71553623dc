/*
 * The relay scheme's headers and signed bytes. Pure. The grammar is narrower
 * than what the senders' languages would take (Python's int() takes "+1",
 * " 1" and "1_0"): what is signed must have one reading.
 */
#include "config.h"

#include "fcgi/scheme_relay.h"

#include "lib/codec.h"

#define TIMESTAMP_DIGITS_MAX 11
#define KEY_ID_MAX 64

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

bool
relay_key(struct gate_span in, struct gate_span *out)
{
	struct gate_span key = in, tail;

	if (key.n > 0 && key.p[0] == '"') {
		struct gate_span inner;

		tail = gate_span_of(key.p + 1, key.n - 1);
		if (!gate_span_until(&tail, '"', tail.n, &inner) || tail.n != 0)
			return false;
		key = inner;
	}
	if (key.n == 0 || key.n > RELAY_KEY_MAX ||
	    !gate_span_within(key, 0x21, 0x7e))
		return false;
	*out = key;
	return true;
}

static bool
is_key_id(struct gate_span s)
{
	return s.n <= KEY_ID_MAX && gate_span_only(s, LETTERS "0123456789._-");
}

static enum outcome
read_common(const struct request *r, struct relay *out)
{
	uint64_t seconds;

	if (r->wp_timestamp.n == 0 || r->wp_signature.n == 0)
		return OUTCOME_HEADER_MISSING;
	if (r->wp_timestamp.n > TIMESTAMP_DIGITS_MAX ||
	    !gate_span_u64(r->wp_timestamp, UINT64_MAX, &seconds) ||
	    !is_key_id(r->wp_key_id) ||
	    !gate_hex_decode(r->wp_signature, out->mac, sizeof(out->mac)))
		return OUTCOME_BAD_SIGNATURE;
	out->timestamp = r->wp_timestamp;
	out->timestamp_s = (int64_t)seconds; /* 11 digits fit */
	out->key_id = r->wp_key_id;
	return OUTCOME_NONE;
}

enum outcome
relay_read_post(const struct request *r, struct relay *out)
{
	struct relay relay = {0};
	enum outcome o;

	if (r->idempotency_key.n == 0)
		return OUTCOME_HEADER_MISSING;
	o = read_common(r, &relay);
	if (o != OUTCOME_NONE)
		return o;
	if (!relay_key(r->idempotency_key, &relay.idempotency_key))
		return OUTCOME_BAD_KEY;
	*out = relay;
	return OUTCOME_NONE;
}

enum outcome
relay_read_get(const struct request *r, struct relay *out)
{
	struct relay relay = {0};
	enum outcome o = read_common(r, &relay);

	if (o == OUTCOME_NONE)
		*out = relay;
	return o;
}

size_t
relay_parts_post(const struct relay *relay, struct gate_span body,
    struct gate_span parts[RELAY_PARTS_MAX])
{
	parts[0] = relay->timestamp;
	parts[1] = GATE_SPAN(".");
	parts[2] = body;
	return 3;
}

size_t
relay_parts_get(const struct relay *relay, struct gate_span target,
    struct gate_span parts[RELAY_PARTS_MAX])
{
	parts[0] = relay->timestamp;
	parts[1] = GATE_SPAN(".");
	parts[2] = GATE_SPAN("GET ");
	parts[3] = target;
	return 4;
}

/*
 * Which kind of proof it is, and the grammar that the kinds share. Pure. The
 * grammar is narrower than what the senders' languages would take (Python's
 * int() takes "+1", " 1" and "1_0"): what is signed must have one reading.
 */
#include "config.h"

#include "lib/proof.h"

#include "lib/num.h"

#define TIMESTAMP_DIGITS_MAX 11
#define KEY_ID_MAX 64

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static const struct gate_proof_kind *const by_door[] = {
    [GATE_DOOR_BRIDGE] = &gate_proof_bridge,
    [GATE_DOOR_RELAY] = &gate_proof_relay,
    [GATE_DOOR_EDGE] = &gate_proof_edge,
};
_Static_assert(GATE_COUNT(by_door) == GATE_DOOR_COUNT, "a door is missing");

const struct gate_proof_kind *
gate_proof_of_door(enum gate_door door)
{
	GATE_ASSERT((size_t)door < GATE_DOOR_COUNT);
	return by_door[door];
}

const struct gate_proof_kind *
gate_proof_named(struct gate_span name)
{
	size_t i;

	for (i = 0; i < GATE_COUNT(by_door); i++)
		if (gate_span_is(name, by_door[i]->name))
			return by_door[i];
	return NULL;
}

bool
gate_sent_put(struct gate_sent *sent, const struct gate_proof_kind *kind,
    struct gate_span name, struct gate_span value)
{
	const struct gate_proof_header *h = kind->headers;
	const struct gate_proof_header *end = h + GATE_PROOF_HEADERS_MAX;

	for (; h < end && h->name != NULL; h++)
		if (gate_span_is_nocase(name, h->name)) {
			*(struct gate_span *)(void *)((unsigned char *)sent +
			    h->offset) = value;
			return true;
		}
	return false;
}

void
gate_proof_clear(struct gate_proof *p)
{
	if (p->has_token)
		gate_jwt_clear(&p->token);
	p->has_token = false;
}

bool
gate_proof_key(struct gate_span in, struct gate_span *out)
{
	struct gate_span key = in, tail;

	if (key.n > 0 && key.p[0] == '"') {
		struct gate_span inner;

		tail = gate_span_of(key.p + 1, key.n - 1);
		if (!gate_span_until(&tail, '"', tail.n, &inner) || tail.n != 0)
			return false;
		key = inner;
	}
	if (key.n == 0 || key.n > GATE_PROOF_KEY_MAX ||
	    !gate_span_within(key, 0x21, 0x7e))
		return false;
	*out = key;
	return true;
}

bool
gate_proof_is_key_id(struct gate_span in)
{
	return in.n <= KEY_ID_MAX &&
	    gate_span_only(in, LETTERS "0123456789._-");
}

bool
gate_proof_seconds(struct gate_span in, int64_t *out)
{
	uint64_t seconds;

	if (in.n > TIMESTAMP_DIGITS_MAX ||
	    !gate_span_u64(in, UINT64_MAX, &seconds))
		return false;
	*out = (int64_t)seconds; /* 11 digits fit */
	return true;
}

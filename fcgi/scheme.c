/*
 * Which scheme it is, and the grammar that schemes share. Pure. The grammar
 * is narrower than what the senders' languages would take (Python's int()
 * takes "+1", " 1" and "1_0"): what is signed must have one reading.
 */
#include "config.h"

#include "fcgi/scheme.h"

#include "lib/num.h"

#define TIMESTAMP_DIGITS_MAX 11
#define KEY_ID_MAX 64

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static const struct scheme *const by_door[DOOR_COUNT] = {
    [DOOR_RELAY] = &scheme_relay,
    [DOOR_EDGE] = &scheme_edge,
    [DOOR_BRIDGE] = &scheme_bridge,
};

const struct scheme *
scheme_of_door(enum door door)
{
	GATE_ASSERT((size_t)door < DOOR_COUNT);
	return by_door[door];
}

enum outcome
scheme_of_get(const struct request *r, const struct scheme **out)
{
	const struct scheme *found = NULL;
	size_t i;

	for (i = 0; i < GATE_COUNT(by_door); i++) {
		if (by_door[i] == NULL || !by_door[i]->is_meant(r))
			continue;
		if (found != NULL)
			return OUTCOME_TWO_SCHEMES;
		found = by_door[i];
	}
	if (found == NULL)
		return OUTCOME_HEADER_MISSING;
	*out = found;
	return OUTCOME_NONE;
}

void
proof_clear(struct proof *p)
{
	if (p->has_token)
		gate_jwt_clear(&p->token);
	p->has_token = false;
}

struct gate_span
scheme_header_get(const struct scheme_header *h, const struct request *r)
{
	const unsigned char *base = (const unsigned char *)r;

	return *(const struct gate_span *)(const void *)(base + h->offset);
}

bool
scheme_key(struct gate_span in, struct gate_span *out)
{
	struct gate_span key = in, tail;

	if (key.n > 0 && key.p[0] == '"') {
		struct gate_span inner;

		tail = gate_span_of(key.p + 1, key.n - 1);
		if (!gate_span_until(&tail, '"', tail.n, &inner) || tail.n != 0)
			return false;
		key = inner;
	}
	if (key.n == 0 || key.n > SCHEME_KEY_MAX ||
	    !gate_span_within(key, 0x21, 0x7e))
		return false;
	*out = key;
	return true;
}

bool
scheme_is_key_id(struct gate_span in)
{
	return in.n <= KEY_ID_MAX &&
	    gate_span_only(in, LETTERS "0123456789._-");
}

bool
scheme_seconds(struct gate_span in, int64_t *out)
{
	uint64_t seconds;

	if (in.n > TIMESTAMP_DIGITS_MAX ||
	    !gate_span_u64(in, UINT64_MAX, &seconds))
		return false;
	*out = (int64_t)seconds; /* 11 digits fit */
	return true;
}

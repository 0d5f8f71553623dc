/*
 * Which scheme it is, and what its faults are to a sender. Pure.
 */
#include "config.h"

#include "fcgi/scheme.h"

#include "lib/num.h"

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

struct gate_span
scheme_header_get(const struct scheme_header *h, const struct request *r)
{
	const unsigned char *base = (const unsigned char *)r;

	return *(const struct gate_span *)(const void *)(base + h->offset);
}

static const enum outcome outcomes[] = {
    [GATE_FAULT_NONE] = OUTCOME_NONE,
    [GATE_FAULT_MISSING] = OUTCOME_HEADER_MISSING,
    [GATE_FAULT_KEY] = OUTCOME_BAD_KEY,
    [GATE_FAULT_SIGNATURE] = OUTCOME_BAD_SIGNATURE,
    [GATE_FAULT_TOKEN] = OUTCOME_BAD_TOKEN,
    [GATE_FAULT_STALE] = OUTCOME_STALE,
    [GATE_FAULT_UNKNOWN] = OUTCOME_UNKNOWN_SITE,
    [GATE_FAULT_NOMEM] = OUTCOME_AWAY,
};
_Static_assert(GATE_COUNT(outcomes) == GATE_FAULT_COUNT, "a fault is missing");

enum outcome
scheme_outcome(enum gate_fault fault)
{
	GATE_ASSERT((size_t)fault < GATE_FAULT_COUNT);
	return outcomes[fault];
}

/*
 * Routes, steps, services: names of their kinds, and the questions that
 * more than one program asks. Building them is lib/conf_site.c's work.
 */
#include "config.h"

#include "lib/route.h"

#include <string.h>

#include "lib/num.h"

/* A lease outlives the call's timeout by half, and is never so short that
 * one slow flush of a finish loses it. */
#define LEASE_MIN_S 10
#define EVENT_TYPE_BYTES 100

static const char *const urgencies[] = {
    [GATE_URGENCY_HIGH] = "high",
    [GATE_URGENCY_NORMAL] = "normal",
    [GATE_URGENCY_LOW] = "low",
};
_Static_assert(
    GATE_COUNT(urgencies) == GATE_URGENCY_COUNT, "an urgency has no name");

static const char *const modes[] = {
    [GATE_MODE_LIVE] = "live",
    [GATE_MODE_DRY_RUN] = "dry-run",
    [GATE_MODE_MIRROR] = "mirror",
};

static const char *const kinds[] = {
    [GATE_SERVICE_OPENAI_CHAT] = "openai-chat",
    [GATE_SERVICE_HTTP] = "http",
};

bool
gate_is_event_type(struct gate_span in)
{
	return in.n > 0 && in.n <= EVENT_TYPE_BYTES &&
	    gate_span_only(in,
		"abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-:/");
}

const char *
gate_urgency_name(enum gate_urgency u)
{
	GATE_ASSERT((size_t)u < GATE_COUNT(urgencies));
	return urgencies[u];
}

const char *
gate_mode_name(enum gate_mode m)
{
	GATE_ASSERT((size_t)m < GATE_COUNT(modes));
	return modes[m];
}

const char *
gate_service_kind_name(enum gate_service_kind k)
{
	GATE_ASSERT((size_t)k < GATE_COUNT(kinds));
	return kinds[k];
}

bool
gate_route_serves(const struct gate_route *r, const char *source)
{
	size_t i;

	if (source == NULL)
		return r->source_count == 0;
	for (i = 0; i < r->source_count; i++)
		if (strcmp(r->sources[i], source) == 0)
			return true;
	return false;
}

bool
gate_route_takes(
    const struct gate_route *r, const char *source, struct gate_span event_type)
{
	size_t i;

	if (!gate_route_serves(r, source))
		return false;
	for (i = 0; i < r->event_count; i++)
		if (gate_span_is(gate_span_str(r->events[i]), "*") ||
		    gate_span_is(event_type, r->events[i]))
			return true;
	return false;
}

const struct gate_step *
gate_route_step(const struct gate_route *r, struct gate_span name)
{
	size_t i;

	for (i = 0; i < r->step_count; i++)
		if (gate_span_is(name, r->steps[i].name))
			return &r->steps[i];
	return NULL;
}

int64_t
gate_step_lease_s(const struct gate_step *s)
{
	int64_t call_ms = s->service->timeout_ms;
	int64_t lease_s = (call_ms + call_ms / 2 + 999) / 1000;

	return lease_s < LEASE_MIN_S ? LEASE_MIN_S : lease_s;
}

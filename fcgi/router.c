/*
 * Doors and their paths, one table. Pure: no configuration, no sites; the
 * {site} of a path is a name that nobody has looked up yet.
 */
#include "config.h"

#include "fcgi/router.h"

#include <stdbool.h>
#include <stddef.h>

#include "lib/num.h"

static const struct {
	const char *path;
	bool takes_argument; /* then path ends with '/' and one segment */
	enum door door;
} paths[] = {
    {"/webhooks/wp", false, DOOR_RELAY},
    {"/webhooks/wp/", true, DOOR_RELAY},
    {"/ingest", false, DOOR_BRIDGE},
    {"/ingest/webhook", false, DOOR_EDGE},
    {"/ingest/webhook/", true, DOOR_EDGE},
    {"/results", false, DOOR_RESULTS},
    {"/events/", true, DOOR_EVENT},
    {"/livez", false, DOOR_LIVE},
    {"/readyz", false, DOOR_READY},
};

static const struct {
	const char *name;
	const char *method;
} doors[] = {
    [DOOR_RELAY] = {"relay", "POST"},
    [DOOR_BRIDGE] = {"bridge", "POST"},
    [DOOR_EDGE] = {"edge", "POST"},
    [DOOR_RESULTS] = {"results", "GET"},
    [DOOR_EVENT] = {"event", "GET"},
    [DOOR_LIVE] = {"live", "GET"},
    [DOOR_READY] = {"ready", "GET"},
};
_Static_assert(GATE_COUNT(doors) == DOOR_COUNT, "a door is missing");

/* One path segment of the characters that sites and ids are made of. */
static bool
is_argument(struct gate_span s)
{
	return s.n > 0 && s.n <= 128 &&
	    gate_span_only(s,
		"abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");
}

static bool
matches(size_t i, struct gate_span path, struct gate_span *argument)
{
	*argument = (struct gate_span){0};
	if (!paths[i].takes_argument)
		return gate_span_is(path, paths[i].path);
	if (!gate_span_skip(&path, paths[i].path) || !is_argument(path))
		return false;
	*argument = path;
	return true;
}

enum gate_code
router_find(struct gate_span uri, const char *mount, struct router_match *out)
{
	struct gate_span target = uri, rest, path, argument;
	size_t i;

	if (mount[0] != '\0' && !gate_span_skip(&target, mount))
		return GATE_E_UNKNOWN;
	rest = target;
	if (!gate_span_until(&rest, '?', rest.n, &path)) {
		path = rest;
		rest = (struct gate_span){0};
	}
	for (i = 0; i < GATE_COUNT(paths); i++) {
		if (!matches(i, path, &argument))
			continue;
		*out = (struct router_match){.door = paths[i].door,
		    .argument = argument,
		    .query = rest,
		    .target = target};
		return GATE_OK;
	}
	return GATE_E_UNKNOWN;
}

const char *
router_method(enum door door)
{
	GATE_ASSERT((size_t)door < DOOR_COUNT);
	return doors[door].method;
}

const char *
router_name(enum door door)
{
	GATE_ASSERT((size_t)door < DOOR_COUNT);
	return doors[door].name;
}

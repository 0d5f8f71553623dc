/*
 * Doors and their paths, one table. Pure: no configuration, no sites; the
 * {site} of a path is a name that nobody has looked up yet.
 */
#include "config.h"

#include "fcgi/router.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "lib/num.h"

static const struct {
	const char *path;
	bool takes_argument; /* then path ends with '/' and one segment */
	enum door door;
	const char *tail; /* after the segment; NULL: nothing */
} paths[] = {
    {"/webhooks/wp", false, DOOR_RELAY, NULL},
    {"/webhooks/wp/", true, DOOR_RELAY, NULL},
    {"/ingest", false, DOOR_BRIDGE, NULL},
    {"/ingest/webhook", false, DOOR_EDGE, NULL},
    {"/ingest/webhook/", true, DOOR_EDGE, NULL},
    {"/api/webhooks/", true, DOOR_GATEWAY, NULL},
    {"/api/webhooks/", true, DOOR_GATEWAY, "/ingest"},
    {"/results", false, DOOR_RESULTS, NULL},
    {"/events/", true, DOOR_EVENT, NULL},
    {"/livez", false, DOOR_LIVE, NULL},
    {"/readyz", false, DOOR_READY, NULL},
};

/* What a GET of the gateway is for: some third parties ask whether somebody
 * is there before they send. */
static const struct {
	const char *name;
	const char *method;
	const char *allow; /* where there are two; NULL: method */
} doors[] = {
    [DOOR_RELAY] = {"relay", "POST", NULL},
    [DOOR_BRIDGE] = {"bridge", "POST", NULL},
    [DOOR_EDGE] = {"edge", "POST", NULL},
    [DOOR_GATEWAY] = {"gateway", "POST", "GET, POST"},
    [DOOR_RESULTS] = {"results", "GET", NULL},
    [DOOR_EVENT] = {"event", "GET", NULL},
    [DOOR_LIVE] = {"live", "GET", NULL},
    [DOOR_READY] = {"ready", "GET", NULL},
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
drop_tail(struct gate_span *path, const char *tail)
{
	size_t n = strlen(tail);

	if (path->n < n ||
	    !gate_span_is(gate_span_of(path->p + path->n - n, n), tail))
		return false;
	path->n -= n;
	return true;
}

static bool
matches(size_t i, struct gate_span path, struct gate_span *argument)
{
	*argument = (struct gate_span){0};
	if (!paths[i].takes_argument)
		return gate_span_is(path, paths[i].path);
	if (!gate_span_skip(&path, paths[i].path))
		return false;
	if (paths[i].tail != NULL && !drop_tail(&path, paths[i].tail))
		return false;
	if (!is_argument(path))
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
	return doors[door].allow == NULL ? doors[door].method
					 : doors[door].allow;
}

bool
router_takes(enum door door, struct gate_span method)
{
	GATE_ASSERT((size_t)door < DOOR_COUNT);
	return gate_span_is(method, doors[door].method) ||
	    (doors[door].allow != NULL && gate_span_is(method, "GET"));
}

const char *
router_name(enum door door)
{
	GATE_ASSERT((size_t)door < DOOR_COUNT);
	return doors[door].name;
}

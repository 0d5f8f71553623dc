/*
 * The way in: path, method and transport, which are the same for all doors,
 * then the door's room.
 */
#include "config.h"

#include "fcgi/visit.h"

#include "fcgi/address.h"
#include "fcgi/gateway.h"
#include "fcgi/ingest.h"
#include "fcgi/results.h"
#include "fcgi/status.h"
#include "lib/num.h"

static const struct {
	enum outcome (*run)(struct visit *v);
	bool needs_https; /* probes come from the machine next door */
} rooms[] = {
    [DOOR_RELAY] = {ingest_event, true},
    [DOOR_BRIDGE] = {ingest_event, true},
    [DOOR_EDGE] = {ingest_event, true},
    [DOOR_GATEWAY] = {gateway_enter, true},
    [DOOR_RESULTS] = {results_page, true},
    [DOOR_EVENT] = {results_event, true},
    [DOOR_LIVE] = {status_live, false},
    [DOOR_READY] = {status_ready, false},
};
_Static_assert(GATE_COUNT(rooms) == DOOR_COUNT, "a room is missing");

static enum outcome
enter(struct visit *v)
{
	const struct settings *s = v->tools->settings;
	const struct gate_conf_fcgi *conf = &s->conf->fcgi;

	if (router_find(v->request->uri, conf->mount, &v->match) != GATE_OK)
		return OUTCOME_NOT_FOUND;
	if (!router_takes(v->match.door, v->request->method)) {
		v->reply.allow = router_method(v->match.door);
		return OUTCOME_BAD_METHOD;
	}
	if (rooms[v->match.door].needs_https && !conf->plain_http &&
	    !address_is_private(v->request, &s->proxies))
		return OUTCOME_PLAIN_HTTP;
	if (rooms[v->match.door].needs_https)
		v->has_address =
		    address_of(v->request, &s->proxies, &v->address);
	return rooms[v->match.door].run(v);
}

enum outcome
visit_run(struct visit *v)
{
	v->reply.mount = v->tools->settings->conf->fcgi.mount;
	v->reply.outcome = enter(v);
	return v->reply.outcome;
}

struct inbox_tools
visit_inbox(struct visit *v)
{
	struct tools *t = v->tools;

	return (struct inbox_tools){.db = t->db,
	    .plain = &t->plain,
	    .plain_type = lookup_plain_type(&t->lookup),
	    .seat = t->seat};
}

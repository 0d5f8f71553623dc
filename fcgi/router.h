/*
 * Which door a request knocks at: the path of REQUEST_URI without the mount
 * prefix, matched exactly. SCRIPT_NAME and PATH_INFO differ on every web
 * server and are not looked at.
 */
#ifndef FCGI_ROUTER_H
#define FCGI_ROUTER_H

#include <stdbool.h>

#include "lib/err.h"
#include "lib/span.h"

enum door {
	DOOR_RELAY,   /* POST /webhooks/wp, /webhooks/wp/{site} */
	DOOR_BRIDGE,  /* POST /ingest */
	DOOR_EDGE,    /* POST /ingest/webhook, /ingest/webhook/{site} */
	DOOR_GATEWAY, /* POST, GET /api/webhooks/{source}[/ingest] */
	DOOR_RESULTS, /* GET /results */
	DOOR_EVENT,   /* GET /events/{request_id} */
	DOOR_LIVE,    /* GET /livez */
	DOOR_READY,   /* GET /readyz */
	DOOR_COUNT
};

struct router_match {
	enum door door;
	struct gate_span argument; /* {site}, {source}, {request_id}, or "" */
	struct gate_span query;    /* after '?', or empty */
	struct gate_span target;   /* URI without mount: what GETs sign */
};

/*
 * uri    untrusted
 * mount  "" or "/prefix", trusted
 * Returns GATE_OK or GATE_E_UNKNOWN, *out untouched. The spans borrow from
 * uri. No decoding: our paths need none, so an escape matches nothing.
 */
enum gate_code router_find(struct gate_span uri, const char *mount,
    struct router_match *out) GATE_MUSTCHECK;

/* The methods that a door takes, as Allow names them. */
const char *router_method(enum door door);
bool router_takes(enum door door, struct gate_span method);
/* For the log. */
const char *router_name(enum door door);

#endif

/*
 * A site: one WordPress, its secrets and its routes. Plain data, built by
 * lib/conf_site.c from sites.d/NAME.conf and NAME.keys, constant afterwards.
 */
#ifndef GATE_SITE_H
#define GATE_SITE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/crypto.h"
#include "lib/route.h"
#include "lib/span.h"

/* A secret's life: next is accepted before the sender uses it, current is
 * in use, retiring is still accepted. */
enum gate_key_state { GATE_KEY_NEXT, GATE_KEY_CURRENT, GATE_KEY_RETIRING };

struct gate_relay_key {
	char *id; /* [A-Za-z0-9._-]{1,64}, unique over all sites' relay keys */
	enum gate_key_state state;
	struct gate_hmac_key *key;
	int line;
};

struct gate_site {
	char *name; /* the file's stem, [a-z0-9-]{1,63} */
	char *file;
	char *url;
	bool is_default;
	struct gate_relay_key *relay_keys; /* none: the relay door is shut */
	size_t relay_key_count;
	struct gate_route *routes;
	size_t route_count;
	char **event_types; /* that the site may send: all its routes' and
			       `events`; anything else is 422 */
	size_t event_type_count;
	int64_t body_max_bytes;
	int64_t idempotency_ttl_s;
	int64_t window_s; /* how far a signed timestamp may be off */
};

struct gate_sites {
	struct gate_site *list; /* sorted by name */
	size_t count;
	bool incomplete; /* a site file did not load: "unknown" is not sure */
};

/* Each: NULL if there is none. */
const struct gate_site *gate_site_by_name(
    const struct gate_sites *s, struct gate_span name);
const struct gate_site *gate_site_default(const struct gate_sites *s);
const struct gate_site *gate_site_by_relay_key(
    const struct gate_sites *s, struct gate_span key_id);
const struct gate_route *gate_site_route(
    const struct gate_site *s, struct gate_span name);
bool gate_site_has_event_type(const struct gate_site *s, struct gate_span type);

#endif

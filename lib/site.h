/*
 * A site: one WordPress, its doors with their secrets, and its routes. Plain
 * data, built by lib/conf_site.c from sites.d/NAME.conf and NAME.keys,
 * constant afterwards.
 */
#ifndef GATE_SITE_H
#define GATE_SITE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/address.h"
#include "lib/crypto.h"
#include "lib/crypto_key.h"
#include "lib/event.h"
#include "lib/jwt.h"
#include "lib/limit.h"
#include "lib/route.h"
#include "lib/secret.h"
#include "lib/span.h"

/* What a key is for. */
enum gate_scheme {
	GATE_SCHEME_RELAY,
	GATE_SCHEME_EDGE,
	GATE_SCHEME_HMAC, /* of a bridge's bodies */
	GATE_SCHEME_HMAC_COUNT,
	GATE_SCHEME_BRIDGE = GATE_SCHEME_HMAC_COUNT, /* of a bridge's tokens */
	GATE_SCHEME_COUNT
};

/* A key's life: next is accepted before the sender uses it, current is
 * in use, retiring is still accepted; retired is not, wherever it stands. */
enum gate_key_state {
	GATE_KEY_NEXT,
	GATE_KEY_CURRENT,
	GATE_KEY_RETIRING,
	GATE_KEY_RETIRED, /* only a word of NAME.keys: no site has such a key */
	GATE_KEY_STATE_COUNT
};

/* The words of NAME.keys. */
const char *gate_scheme_name(enum gate_scheme scheme);
const char *gate_key_state_name(enum gate_key_state state);
/* False, *out untouched, if there is none of that name. */
bool gate_scheme_parse(
    struct gate_span name, enum gate_scheme *out) GATE_MUSTCHECK;
bool gate_key_state_parse(
    struct gate_span name, enum gate_key_state *out) GATE_MUSTCHECK;

/* What is known of a secret without telling it: equal secrets have equal
 * marks. Empty where the secret was not read. */
struct gate_mark {
	unsigned char b[GATE_SHA256_BYTES];
	bool is_set;
};

struct gate_hmac_secret {
	char *id; /* [A-Za-z0-9._-]{1,64}, unique in its scheme, all sites */
	enum gate_key_state state;
	int64_t made_at_ms;        /* wall time; 0: NAME.keys does not say */
	struct gate_hmac_key *key; /* NULL: not wanted */
	struct gate_mark mark;
	struct gate_secret text; /* empty: not wanted */
	int line; /* in the site's file; 0: it stands in NAME.keys */
};

/* A site's secrets of one scheme; none: that door is shut. */
struct gate_hmac_secrets {
	struct gate_hmac_secret *list;
	size_t count;
};

/* A key that verifies a site's tokens. */
struct gate_bridge_key {
	char *id; /* the token's kid; unique within the site */
	enum gate_key_state state;
	int64_t made_at_ms;          /* as above */
	enum gate_alg algorithm;     /* the only one it is for */
	struct gate_verify_key *key; /* NULL: not wanted */
	struct gate_mark mark;       /* HS256 */
	int line; /* in the site's file; 0: it stands in NAME.keys */
};

struct gate_bridge {
	char *issuer; /* NULL: the door is shut; unique over all sites */
	char *audience;
	char *results_audience;
	struct gate_bridge_key *keys; /* none: not paired yet */
	size_t key_count;
	struct gate_jwt_key *set; /* the same, in that order, to pick from */
};

struct gate_source; /* lib/source.h */

struct gate_site {
	char *name; /* the file's stem, [a-z0-9-]{1,63} */
	char *file;
	char *url;
	bool is_default;
	struct gate_hmac_secrets secrets[GATE_SCHEME_HMAC_COUNT];
	/* Of the blocks that they belong to; 0: the site has none. */
	int door_lines[GATE_SCHEME_HMAC_COUNT];
	struct gate_bridge bridge;
	struct gate_source *sources; /* third parties */
	size_t source_count;
	struct gate_route *routes;
	size_t route_count;
	char **event_types; /* that the site may send: `events`, `event` and
			       what its routes without sources take; for
			       anything else see unknown_events */
	size_t event_type_count;
	enum gate_event_policy unknown_events; /* REFUSE or UNROUTED */
	struct gate_event_rules event_rules;
	enum gate_event_policy schema_policy;
	int64_t body_max_bytes;
	int64_t idempotency_ttl_s;
	int64_t window_s; /* how far a relay's timestamp may be off */
	struct gate_allow allow;
	struct gate_limit limit; /* of events, once they are verified */
	enum gate_busy busy_policy;
	enum gate_away away_policy;
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
/* scheme: one that has secrets */
const struct gate_site *gate_site_by_secret(const struct gate_sites *s,
    enum gate_scheme scheme, struct gate_span key_id);
/* Byte for byte. */
const struct gate_site *gate_site_by_issuer(
    const struct gate_sites *s, struct gate_span issuer);
const struct gate_route *gate_site_route(
    const struct gate_site *s, struct gate_span name);
bool gate_site_has_event_type(const struct gate_site *s, struct gate_span type);

#endif

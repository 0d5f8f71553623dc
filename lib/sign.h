/*
 * What a sender puts on the wire: the signing side of doc/wire.md, and the
 * only one. Pure: keys, clock and nonce come in, header lines come out. The
 * command plays a WordPress site with it; the worker signs its callbacks.
 */
#ifndef GATE_SIGN_H
#define GATE_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/codec.h"
#include "lib/crypto.h"
#include "lib/crypto_key.h"
#include "lib/err.h"
#include "lib/span.h"

enum gate_door {
	GATE_DOOR_BRIDGE,
	GATE_DOOR_RELAY,
	GATE_DOOR_EDGE,
	GATE_DOOR_COUNT
};

/* One table: the word for it, and the path that its events are posted to. */
const char *gate_door_name(enum gate_door door);
const char *gate_door_path(enum gate_door door);
/* False, *out untouched, if there is none of that name. */
bool gate_door_parse(struct gate_span name, enum gate_door *out) GATE_MUSTCHECK;

/* Who signs. Borrowed; what a door does not need is not looked at. */
struct gate_signer {
	enum gate_door door;
	const struct gate_hmac_key *secret; /* a GET by bridge needs none */
	const struct gate_sign_key *key;    /* bridge */
	/* The key's id: of the token (may be empty only where the site has one
	 * key), or X-WP-Key-Id, X-Edge-Key-Id (empty: not sent). */
	struct gate_span key_id;
	struct gate_span issuer, audience; /* bridge; of events or of results */
	struct gate_span subject;          /* bridge; empty: none */
	int64_t life_s;                    /* bridge; of the token */
};

/* What is new at each try, also of the same event. */
struct gate_sign_try {
	int64_t now_s; /* wall clock */
	/* bridge: the token's jti. edge: 16 to 64 of [A-Za-z0-9_-]. */
	struct gate_span nonce;
};

#define GATE_SIGN_LINES_MAX 8

/* Header lines, "Name: value". A token in them is as good as its key while
 * it lives: gate_sign_clear wipes. */
struct gate_sign_headers {
	struct gate_buf text;
	size_t at[GATE_SIGN_LINES_MAX]; /* where each begins; ends with NUL */
	size_t count;
};

void gate_sign_init(struct gate_sign_headers *h);
void gate_sign_clear(struct gate_sign_headers *h);
/* Appends a line. GATE_OK, GATE_E_BAD (empty, or a value that no header may
 * hold), GATE_E_LIMIT, GATE_E_NOMEM: what h holds is then of no use. */
enum gate_code gate_sign_put(struct gate_sign_headers *h, const char *name,
    struct gate_span value) GATE_MUSTCHECK;
/* Line i < count; borrows until the next call on h. */
const char *gate_sign_line(struct gate_sign_headers *h, size_t i);

/*
 * The headers of an event's POST, Content-Type among them, or of a GET.
 *
 * idempotency_key  1 to 128 visible ASCII characters
 * body             any bytes: what is sent, byte for byte
 * target           path and query, without the gate's own prefix
 * h                appended to
 * Returns GATE_OK; GATE_E_BAD (a value that no header may hold); GATE_E_LIMIT,
 *         GATE_E_NOMEM. On failure what h holds is of no use.
 */
enum gate_code gate_sign_post(const struct gate_signer *who,
    const struct gate_sign_try *now, struct gate_span idempotency_key,
    struct gate_span body, struct gate_sign_headers *h) GATE_MUSTCHECK;
enum gate_code gate_sign_get(const struct gate_signer *who,
    const struct gate_sign_try *now, struct gate_span target,
    struct gate_sign_headers *h) GATE_MUSTCHECK;

/* A delivery of results to a WordPress site. */
struct gate_sign_callback {
	const struct gate_hmac_key *secret;
	int64_t now_s;
	struct gate_span delivery_id;     /* new at each try: X-Request-Id */
	struct gate_span idempotency_key; /* of these results in this order */
	struct gate_span authorization;   /* the whole value; empty: none */
	struct gate_span body;            /* an array of results */
};

/* As gate_sign_post. */
enum gate_code gate_sign_callback(const struct gate_sign_callback *c,
    struct gate_sign_headers *h) GATE_MUSTCHECK;

/*
 * A key for a call that the gate makes: UUID version 5 of the parts joined,
 * in the gate's own name space. The same parts always give the same key, so
 * retries, lost leases and replays are recognised by who is called.
 * GATE_E_NOMEM.
 */
enum gate_code gate_sign_key(const struct gate_span *parts, size_t part_count,
    struct gate_uuid *out) GATE_MUSTCHECK;

#endif

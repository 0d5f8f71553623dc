/*
 * How a provider wants its deliveries read and answered. Plain data beside
 * its signing in the table of lib/provider.h; what is done with it is the
 * door's.
 */
#ifndef GATE_PROFILE_H
#define GATE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where in a delivery a value stands. */
enum gate_place_kind {
	GATE_PLACE_NONE,
	GATE_PLACE_HEADER,
	GATE_PLACE_BODY, /* JSON Pointer; of a batch: into the item */
	GATE_PLACE_FORM, /* a field of a form */
	GATE_PLACE_HASH, /* SHA-256 of the body's bytes; of the item's */
	GATE_PLACE_LIST  /* a member of the signature header; time only */
};

struct gate_place {
	enum gate_place_kind kind;
	const char *name;
};

enum gate_time_unit {
	GATE_TIME_SECONDS, /* 1 to 11 digits, or a JSON integer */
	GATE_TIME_MILLIS,  /* 1 to 14 digits, or a JSON integer */
	GATE_TIME_RFC3339,
	GATE_TIME_UNIT_COUNT
};

/* What a provider has to hear before its first delivery. */
enum gate_handshake {
	GATE_HANDSHAKE_NONE,
	/* Signed {"type": "url_verification", "challenge": C}: 200 and C. */
	GATE_HANDSHAKE_SLACK,
	/* Signed {"event": "endpoint.url_validation", "payload":
	 * {"plainToken": P}}, again every 72 hours: 200 and {"plainToken": P,
	 * "encryptedToken": hex HMAC-SHA256 of P by the secret that signed}. */
	GATE_HANDSHAKE_ZOOM,
	/* GET hub.mode=subscribe&hub.verify_token=V&hub.challenge=C: 200 and C
	 * if V is the operator's, which must not be empty. */
	GATE_HANDSHAKE_META,
	/* Signed {"type": 0}: 204 (webhook events); {"type": 1} with an
	 * application's id and token is an interaction's: 200, {"type": 1}. */
	GATE_HANDSHAKE_DISCORD,
	/* Unsigned form webhook_id=N when it is made: exactly 200. */
	GATE_HANDSHAKE_WOOCOMMERCE,
	/* Signed {"zen": ..., "hook_id": N}, event "ping": 2xx, no event. */
	GATE_HANDSHAKE_GITHUB
};

/* What to say when the gate cannot take an event. */
enum gate_refusal {
	GATE_REFUSAL_RETRY, /* 429 or 503 and Retry-After: it comes again */
	/* It comes never again, or the sender gives up on us: keep it if there
	 * is any way. */
	GATE_REFUSAL_LOSES
};

enum gate_media {
	GATE_MEDIA_JSON,
	GATE_MEDIA_FORM,
	GATE_MEDIA_EITHER /* by the content type */
};

#define GATE_PLACES_MAX 6

struct gate_profile {
	/*
	 * The identity: these values, each with its length, one after the
	 * other; what is not there counts as empty, and if none is there it is
	 * the hash of the bytes. kind NONE ends the list.
	 */
	struct gate_place id[GATE_PLACES_MAX];
	/*
	 * The identity is not signed, or not all of it, and nothing signed is
	 * timed: whoever has one delivery could send it under another name. A
	 * second key, SHA-256 of type and body, stands for retry_window_s.
	 */
	bool has_second_key;
	/* A member of the event that differs from try to try: it is left out
	 * where the event's bytes are hashed. NULL: none does. */
	const char *varies;
	/* What may be used once, signed, where the body is not: else NONE. */
	struct gate_place guard;
	struct gate_place type[2];     /* joined by '.'; an absent one is left
					  out */
	struct gate_place ref[2];      /* the first that is there */
	struct gate_place occurred[2]; /* the first that is there */
	enum gate_time_unit occurred_unit;
	/* The events in one delivery: a JSON Pointer in which a part that is
	 * '*' stands for every element of an array; NULL: it is one event. */
	const char *batch;

	enum gate_handshake handshake;
	int success_status;       /* 0: the gate's own, 202 */
	const char *success_body; /* NULL: the gate's own */
	enum gate_refusal busy;   /* rate, depth */
	enum gate_refusal away;   /* no database */
	int deadline_ms;          /* when it counts us as failed */
	int64_t retry_window_s;   /* its last retry, or redelivery by hand */

	enum gate_media media;
	size_t body_max; /* default; 0: the gate's own */
};

#endif

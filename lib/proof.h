/*
 * How a request of an own door proves whom it speaks for: bridge, relay,
 * edge. Pure: spans and a clock's reading come in, and who it was comes out,
 * or the rule that failed. The responder asks before it stores; the command
 * asks again of what was stored or captured.
 *
 *	read        headers -> struct gate_proof, what the sender claims
 *	find_site   proof -> whose secrets decide
 *	verify      proof, signed bytes, time -> struct gate_identity
 *
 * The signing side, which shares nothing with this one, is lib/sign.h.
 */
#ifndef GATE_PROOF_H
#define GATE_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/crypto.h"
#include "lib/dummy.h"
#include "lib/err.h"
#include "lib/jwt.h"
#include "lib/sign.h"
#include "lib/site.h"
#include "lib/span.h"

#define GATE_PROOF_KEY_MAX 128 /* of an idempotency key */

/* The headers that a proof is made of, as they came. Borrowed; empty and
 * absent are the same. What a kind does not know stays empty. */
struct gate_sent {
	struct gate_span authorization;
	struct gate_span timestamp;
	struct gate_span nonce;
	struct gate_span signature;
	struct gate_span key_id;
	struct gate_span idempotency_key;
};

/* What the headers say. Borrows from them; a stranger's word. What read()
 * has filled ends with gate_proof_clear(). */
struct gate_proof {
	struct gate_span idempotency_key; /* without quotes; GET: empty */
	struct gate_span key_id;          /* empty: none given */
	struct gate_span timestamp;       /* digits, as they were signed */
	int64_t timestamp_s;
	struct gate_span nonce; /* empty: the kind has none */
	unsigned char mac[GATE_SHA256_BYTES];
	bool has_token;
	struct gate_jwt token; /* bridge; owned */
};

void gate_proof_clear(struct gate_proof *p);

/* What a signature is held against. */
struct gate_trial {
	const struct gate_site *site;   /* NULL: unknown */
	const struct gate_dummy *dummy; /* for what is unknown */
	struct gate_span data;          /* body of a POST, target of a GET */
	bool is_get;
	int64_t now_s; /* wall clock of this machine */
};

/* Who it was, once that is proved. */
struct gate_identity {
	const char *key_id;      /* which secret or key signed; the site's */
	const char *hmac_key_id; /* bridge: and which secret; else NULL */
	struct gate_span created_by; /* for the audit */
	struct gate_span guard;      /* what may be used once; borrowed */
	int64_t guard_until_s;       /* nobody takes it after that */
};

/* Why it does not hold. */
enum gate_fault {
	GATE_FAULT_NONE,
	GATE_FAULT_MISSING,   /* a header that the kind needs */
	GATE_FAULT_KEY,       /* the idempotency key's grammar */
	GATE_FAULT_SIGNATURE, /* it does not hold, or is none */
	GATE_FAULT_TOKEN,     /* the same of a token; *why has the rule */
	GATE_FAULT_STALE,     /* it holds, but not now; or a token's times */
	GATE_FAULT_UNKNOWN,   /* no such site or key */
	GATE_FAULT_NOMEM,
	GATE_FAULT_COUNT
};

/* A header by its name in lower case, and where it goes. */
struct gate_proof_header {
	const char *name;
	size_t offset; /* in struct gate_sent */
	bool is_kept;  /* with the event, so that it can be proved again */
};
#define GATE_PROOF_HEADERS_MAX 5

struct gate_proof_kind {
	const char *name; /* in the database, the log, the guard's digest */
	struct gate_proof_header headers[GATE_PROOF_HEADERS_MAX];

	/* In what follows *why is set, where the fault does not say it all,
	 * to the name of the rule that failed: for the log alone. */

	/*
	 * Returns GATE_FAULT_NONE; _MISSING; _KEY (the key is not signed, so
	 * its grammar may be told); _SIGNATURE, _TOKEN, _STALE, _UNKNOWN for
	 * any other header that is not of its grammar. *out is then untouched.
	 */
	enum gate_fault (*read)(const struct gate_sent *sent, bool is_get,
	    struct gate_proof *out, const char **why);
	/* NULL: no such site, or what the request names is another site's.
	 * path_site: {site} of the path, or empty. */
	const struct gate_site *(*find_site)(const struct gate_sites *sites,
	    struct gate_span path_site, const struct gate_proof *proof);
	/*
	 * Returns GATE_FAULT_NONE, _SIGNATURE, _TOKEN, _STALE, _UNKNOWN,
	 * _NOMEM; *out only on GATE_FAULT_NONE, borrowing from the site and
	 * the proof. An unknown site or key costs the time of a wrong
	 * signature.
	 */
	enum gate_fault (*verify)(const struct gate_trial *t,
	    const struct gate_proof *proof, struct gate_identity *out,
	    const char **why);
};

extern const struct gate_proof_kind gate_proof_relay;
extern const struct gate_proof_kind gate_proof_edge;
extern const struct gate_proof_kind gate_proof_bridge;

/* The kind of a door. */
const struct gate_proof_kind *gate_proof_of_door(enum gate_door door);
/* By its name; NULL: there is none. */
const struct gate_proof_kind *gate_proof_named(struct gate_span name);

/* Puts a header where the kind reads it. False: it is none of its. */
bool gate_sent_put(struct gate_sent *sent, const struct gate_proof_kind *kind,
    struct gate_span name, struct gate_span value);

/* The token of a header Authorization of the scheme Bearer. False, *out
 * untouched: it is not of it. Source: RFC 9110 section 11.1. */
bool gate_proof_token(
    struct gate_span authorization, struct gate_span *out) GATE_MUSTCHECK;

/* ---- what kinds have in common --------------------------------------- */

/*
 * An idempotency key: 1 to 128 bytes of 0x21-0x7e, bare, or in the quotes of
 * a structured field string (the draft of the IETF), which are taken off.
 * False, *out untouched, otherwise.
 */
bool gate_proof_key(struct gate_span in, struct gate_span *out) GATE_MUSTCHECK;

/* [A-Za-z0-9._-]{0,64}; empty is none. */
bool gate_proof_is_key_id(struct gate_span in);

/* 1 to 11 digits. False, *out untouched, otherwise. */
bool gate_proof_seconds(struct gate_span in, int64_t *out) GATE_MUSTCHECK;

#endif

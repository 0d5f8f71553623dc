/*
 * A scheme: how a request proves whom it speaks for, and what its body looks
 * like. The pipelines (fcgi/ingest.c, fcgi/results.c) walk the same stages
 * for all of them and ask a struct scheme for what differs:
 *
 *	read        headers -> struct proof, what the sender claims
 *	find_site   proof -> whose secrets decide
 *	verify      proof, signed bytes, time -> struct identity, what holds
 *	form        where the body keeps type, reference, time, data
 *
 * A new door is a struct of these in a file of its own, a path in
 * fcgi/router.c and a line in fcgi/scheme.c.
 */
#ifndef FCGI_SCHEME_H
#define FCGI_SCHEME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fcgi/canonical.h"
#include "fcgi/dummy.h"
#include "fcgi/outcome.h"
#include "fcgi/request.h"
#include "fcgi/router.h"
#include "lib/crypto.h"
#include "lib/err.h"
#include "lib/jwt.h"
#include "lib/site.h"
#include "lib/span.h"

#define SCHEME_KEY_MAX 128 /* of an idempotency key */

/* What the headers say. Borrows from the request; a stranger's word. What
 * read() has filled ends with proof_clear(). */
struct proof {
	struct gate_span idempotency_key; /* without quotes; GET: empty */
	struct gate_span key_id;          /* empty: none given */
	struct gate_span timestamp;       /* digits, as they were signed */
	int64_t timestamp_s;
	struct gate_span nonce; /* empty: the scheme has none */
	unsigned char mac[GATE_SHA256_BYTES];
	bool has_token;
	struct gate_jwt token; /* bridge; owned */
};

/* What a signature is held against. */
struct trial {
	const struct gate_site *site; /* NULL: unknown */
	const struct dummy *dummy;    /* for what is unknown */
	struct gate_span data;        /* body of a POST, target of a GET */
	bool is_get;
	int64_t now_s; /* wall clock of this machine */
};

/* Who it was, once that is proved. */
struct identity {
	const char *key_id;      /* which secret or key signed; the site's */
	const char *hmac_key_id; /* bridge: and which secret; else NULL */
	struct gate_span created_by; /* for the audit */
	struct gate_span guard;      /* what may be used once; borrowed */
	int64_t guard_until_s;       /* nobody takes it after that */
};

/* Whether the idempotency key also stands in the body. */
enum scheme_key_rule {
	SCHEME_KEY_IN_HEADER, /* the body is a third party's: not looked at */
	SCHEME_KEY_MAY_BE_IN_BODY, /* then equal, and so it is signed */
	SCHEME_KEY_IS_UUID_IN_BODY /* it must, in lower case */
};

/* A header that was signed or signs: kept with the event, so that it can be
 * verified again. */
struct scheme_header {
	const char *name;
	size_t offset; /* of its span in struct request */
};
#define SCHEME_HEADERS_MAX 4

struct gate_span scheme_header_get(
    const struct scheme_header *h, const struct request *r);

struct scheme {
	const char *name; /* in the database, the log, the guard's digest */
	struct scheme_header headers[SCHEME_HEADERS_MAX]; /* NULL ends */
	struct canonical_form form;
	enum scheme_key_rule key_rule;
	/* True: an idempotency key that is signed itself stands in for the
	 * guard, since nothing is left to be replayed with. */
	bool signed_key_guards;

	/* In what follows *why is set, where the outcome does not say it all,
	 * to the name of the rule that failed: for the log alone. */

	/* Whether a GET has any of the scheme's headers. */
	bool (*is_meant)(const struct request *r);
	/*
	 * Returns OUTCOME_NONE; OUTCOME_HEADER_MISSING; OUTCOME_BAD_KEY (the
	 * key is not signed, so its grammar may be told); an outcome of 401
	 * for any other header that is not of its grammar. *out is then
	 * untouched.
	 */
	enum outcome (*read)(const struct request *r, bool is_get,
	    struct proof *out, const char **why);
	/* NULL: no such site, or what the request names is another site's.
	 * path_site: {site} of the path, or empty. */
	const struct gate_site *(*find_site)(const struct gate_sites *sites,
	    struct gate_span path_site, const struct proof *proof);
	/*
	 * Returns OUTCOME_NONE, an outcome of 401, or OUTCOME_AWAY (memory);
	 * *out only on OUTCOME_NONE, borrowing from the site and the proof.
	 * An unknown site or key costs the time of a wrong signature.
	 */
	enum outcome (*verify)(const struct trial *t, const struct proof *proof,
	    struct identity *out, const char **why);
};

extern const struct scheme scheme_relay;
extern const struct scheme scheme_edge;
extern const struct scheme scheme_bridge;

void proof_clear(struct proof *p);

/* The scheme of a door that takes events; NULL: it takes none. */
const struct scheme *scheme_of_door(enum door door);

/*
 * The scheme by which a GET proves itself: that of its headers.
 * Returns OUTCOME_NONE; OUTCOME_HEADER_MISSING (there are none);
 *         OUTCOME_TWO_SCHEMES (which one is meant must not be guessed).
 */
enum outcome scheme_of_get(
    const struct request *r, const struct scheme **out) GATE_MUSTCHECK;

/* ---- what schemes have in common ------------------------------------ */

/*
 * An idempotency key: 1 to 128 bytes of 0x21-0x7e, bare, or in the quotes of
 * a structured field string (the draft of the IETF), which are taken off.
 * False, *out untouched, otherwise.
 */
bool scheme_key(struct gate_span in, struct gate_span *out) GATE_MUSTCHECK;

/* [A-Za-z0-9._-]{0,64}; empty is none. */
bool scheme_is_key_id(struct gate_span in);

/* 1 to 11 digits. False, *out untouched, otherwise. */
bool scheme_seconds(struct gate_span in, int64_t *out) GATE_MUSTCHECK;

#endif

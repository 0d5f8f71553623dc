/*
 * A scheme: how a request proves whom it speaks for, and what its body looks
 * like. The pipelines (fcgi/ingest.c, fcgi/results.c) walk the same stages
 * for all of them and ask a struct scheme for what differs:
 *
 *	read, find_site, verify
 *		    of the own doors by lib/proof.h, which knows no request
 *	form        where the body keeps type, reference, time, data
 *
 * A new door is a struct of these in a file of its own, a path in
 * fcgi/router.c and a line in fcgi/scheme.c.
 */
#ifndef FCGI_SCHEME_H
#define FCGI_SCHEME_H

#include <stdbool.h>
#include <stddef.h>

#include "fcgi/outcome.h"
#include "fcgi/request.h"
#include "fcgi/router.h"
#include "lib/canonical.h"
#include "lib/err.h"
#include "lib/proof.h"
#include "lib/site.h"
#include "lib/span.h"

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
	const struct gate_canonical_form *form;
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
	    struct gate_proof *out, const char **why);
	/* NULL: no such site, or what the request names is another site's.
	 * path_site: {site} of the path, or empty. */
	const struct gate_site *(*find_site)(const struct gate_sites *sites,
	    struct gate_span path_site, const struct gate_proof *proof);
	/*
	 * Returns OUTCOME_NONE, an outcome of 401, or OUTCOME_AWAY (memory);
	 * *out only on OUTCOME_NONE, borrowing from the site and the proof.
	 * An unknown site or key costs the time of a wrong signature.
	 */
	enum outcome (*verify)(const struct gate_trial *t,
	    const struct gate_proof *proof, struct gate_identity *out,
	    const char **why);
};

extern const struct scheme scheme_relay;
extern const struct scheme scheme_edge;
extern const struct scheme scheme_bridge;

/* The scheme of a door that takes events; NULL: it takes none. */
const struct scheme *scheme_of_door(enum door door);

/*
 * The scheme by which a GET proves itself: that of its headers.
 * Returns OUTCOME_NONE; OUTCOME_HEADER_MISSING (there are none);
 *         OUTCOME_TWO_SCHEMES (which one is meant must not be guessed).
 */
enum outcome scheme_of_get(
    const struct request *r, const struct scheme **out) GATE_MUSTCHECK;

/* What a fault is to a sender: one table. NONE is OUTCOME_NONE. */
enum outcome scheme_outcome(enum gate_fault fault);

#endif

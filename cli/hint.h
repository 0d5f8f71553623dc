/*
 * Why a signature does not hold, found out by trying: the same request with
 * the body, the secret or the address read in another way. What holds then
 * is what the sender did. Pure.
 */
#ifndef CLI_HINT_H
#define CLI_HINT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/span.h"

/* One reading of the request. */
struct hint_try {
	struct gate_span body;
	struct gate_span url;    /* configured; empty: nobody signs it */
	struct gate_span target; /* path and query */
	size_t secret;           /* which of the case's */
	struct gate_span text;   /* of it, in this reading */
};

struct hint_secret {
	const char *id;
	const char *site; /* NULL: it needs no mention */
	struct gate_span text;
};

struct hint_case {
	struct hint_try as_is;
	const struct hint_secret *secrets;
	size_t secret_count;
	const char *mount; /* prefix that the gate takes off a path, or "" */
	/* Whether the signature holds so; its time is not looked at. */
	bool (*holds)(void *ctx, const struct hint_try *t);
	void *ctx;
};

#define HINT_TEXT 240

/*
 * Tries one reading after the other, then readings of body and secret
 * together, and stops at the first that holds.
 * True: text says what it was, and *secret which secret.
 * Returns false if none holds, or memory ran out (*nomem).
 */
bool hint_find(const struct hint_case *c, char text[HINT_TEXT], size_t *secret,
    bool *nomem);

#endif

/*
 * A site's keys, of whatever scheme, one after another; and how old they may
 * get. Shows no secret: only what NAME.keys says of it.
 */
#ifndef CLI_SECRETS_H
#define CLI_SECRETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/conf.h"
#include "lib/site.h"

/* Older ones are to be replaced. */
#define SECRETS_OLD_DAYS 90
#define SECRETS_DAY_MS (INT64_C(24) * 60 * 60 * 1000)

/* Borrowed. */
struct secrets_item {
	enum gate_scheme scheme; /* GATE_SCHEME_COUNT: a source's */
	const char *source;      /* then its name; else NULL */
	const char *id;
	enum gate_key_state state;
	int64_t made_at_ms;    /* 0: nobody knows */
	const char *algorithm; /* NULL: an HMAC secret */
};

/* The word for what a key is of: relay, edge, hmac, bridge, source/NAME. As
 * the responder counts it. */
#define SECRETS_SCHEME 80
void secrets_scheme(const struct secrets_item *k, char dst[SECRETS_SCHEME]);

/* The i-th of the site's keys; false: there are no more. */
bool secrets_at(const struct gate_site *s, size_t i, struct secrets_item *out);

/* Days since it was made; -1: nobody knows. */
int64_t secrets_age_days(const struct secrets_item *k, int64_t now_ms);
bool secrets_is_old(const struct secrets_item *k, int64_t now_ms);

/* How many of all sites' keys are old. */
size_t secrets_old_count(const struct gate_conf *conf, int64_t now_ms);

#endif

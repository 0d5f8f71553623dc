/*
 * Playing a WordPress site: which site, by which door, with which of its
 * keys. The secrets come from the configuration; a bridge's private key,
 * which the gate has not, from --key-file.
 */
#ifndef CLI_SENDER_H
#define CLI_SENDER_H

#include "cli/command.h"
#include "lib/conf.h"
#include "lib/sign.h"
#include "lib/span.h"

#define SENDER_KEY_TEXT 256 /* of an idempotency key, with its NUL */

struct sender {
	const struct gate_site *site;
	struct gate_signer who;
	struct gate_sign_key *key; /* owned; who.key */
};

/* Options of verbs that use it. */
#define SENDER_OPTIONS                                                         \
	(OPTION_BIT(OPTION_SITE) | OPTION_BIT(OPTION_DOOR) |                   \
	    OPTION_BIT(OPTION_KEY) | OPTION_BIT(OPTION_KEY_FILE))

/*
 * Chooses by the options --site, --door, --key, --key-file.
 *
 * conf  loaded with GATE_CONF_INGEST; *s borrows from it
 * CLI_OK, or has said why not and returns the exit code; sender_close is due
 * in any case.
 */
int sender_open(struct sender *s, const struct command *c,
    const struct gate_conf *conf) GATE_MUSTCHECK;
void sender_close(struct sender *s);

/* The headers of a new try, with the time now and a fresh nonce. */
int sender_post(const struct sender *s, const char *idempotency_key,
    struct gate_span body, struct gate_sign_headers *h) GATE_MUSTCHECK;
int sender_get(const struct sender *s, const char *target,
    struct gate_sign_headers *h) GATE_MUSTCHECK;

/* The idempotency key: --idempotency-key, else the one that the body has or
 * makes by the door's rules, else a new UUID. */
int sender_idempotency_key(const struct sender *s, const struct command *c,
    struct gate_span body, char dst[SENDER_KEY_TEXT]) GATE_MUSTCHECK;
int sender_new_key(
    const struct sender *s, char dst[SENDER_KEY_TEXT]) GATE_MUSTCHECK;

#endif

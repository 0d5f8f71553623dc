/*
 * Keys for what is unknown: the time of an answer must not tell what exists.
 */
#ifndef FCGI_DUMMY_H
#define FCGI_DUMMY_H

#include "lib/crypto.h"
#include "lib/crypto_key.h"
#include "lib/err.h"

struct dummy {
	struct gate_hmac_key *mac;
	struct gate_verify_key *token[GATE_ALG_COUNT]; /* by algorithm */
};

/* GATE_OK; GATE_E_SYS (no random bytes), _NOMEM, _CONF: *d is then empty. */
enum gate_code dummy_init(struct dummy *d, struct gate_err *err) GATE_MUSTCHECK;
void dummy_clear(struct dummy *d);

#endif

/*
 * Keys for what is unknown: the time of an answer must not tell what exists.
 */
#ifndef GATE_DUMMY_H
#define GATE_DUMMY_H

#include "lib/crypto.h"
#include "lib/crypto_key.h"
#include "lib/err.h"

struct gate_dummy {
	struct gate_hmac_key *mac;
	struct gate_verify_key *token[GATE_ALG_COUNT]; /* by algorithm */
};

/* GATE_OK; GATE_E_SYS (no random bytes), _NOMEM, _CONF: *d is then empty. */
enum gate_code gate_dummy_init(
    struct gate_dummy *d, struct gate_err *err) GATE_MUSTCHECK;
void gate_dummy_clear(struct gate_dummy *d);

#endif

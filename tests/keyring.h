/*
 * The keys of tests/vectors/keys.txt by name: "rsa.private".
 */
#ifndef TESTS_KEYRING_H
#define TESTS_KEYRING_H

#include "lib/crypto_key.h"

/* For HS256, wherever a test needs a secret. */
#define KEYRING_SECRET "a secret of more than 32 bytes, for tests only"

/* A heap copy with a NUL, for free(). No such key ends the program. */
char *keyring_text(const char *name);

/* NAME of NAME.public or NAME.private; NULL: KEYRING_SECRET. A key that does
 * not load ends the program. */
struct gate_verify_key *keyring_verify(enum gate_alg alg, const char *name);
struct gate_sign_key *keyring_sign(enum gate_alg alg, const char *name);

#endif

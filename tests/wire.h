/*
 * Reads tests/vectors/wire.json, which another program made from doc/wire.md.
 * Whatever is not as expected ends the test.
 */
#ifndef TESTS_WIRE_H
#define TESTS_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/crypto_key.h"
#include "lib/json.h"

/* In suite(), before the lists are counted. */
void wire_load(void);

/* A member of the whole: "requests", ... */
const struct gate_json *wire_list(const char *name);

const struct gate_json *wire_member(
    const struct gate_json *v, const char *name);
bool wire_has(const struct gate_json *v, const char *name); /* and not null */
/* Empty where there is none. */
struct gate_span wire_text(const struct gate_json *v, const char *name);
/* The same as a string that lasts for a few calls more. */
const char *wire_word(const struct gate_json *v, const char *name);
int64_t wire_number(const struct gate_json *v, const char *name);
/* Decoded base64, to be cleared. */
struct gate_buf wire_bytes(const struct gate_json *v, const char *name);

/* What `secret` or `key` of a vector names, to be freed. No secret: NULL. */
struct gate_hmac_key *wire_secret(const struct gate_json *v);
struct gate_sign_key *wire_sign_key(const struct gate_json *v);
struct gate_verify_key *wire_verify_key(const struct gate_json *v);
struct gate_verify_key *wire_verify_key_named(const char *name);

#endif

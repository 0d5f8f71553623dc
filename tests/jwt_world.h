/*
 * Two sites with keys, and a door that does with a token what a real one
 * does: tests of tokens end in one verdict.
 */
#ifndef TESTS_JWT_WORLD_H
#define TESTS_JWT_WORLD_H

#include "lib/jwt.h"

#define JWT_NOW INT64_C(1800000000)
#define JWT_BLOG "https://blog.example.com"
#define JWT_SHOP "https://shop.example.com"

/* The keys of blog (kids rs, es, ed, hs), the one of shop, and strangers. */
enum jwt_signer {
	SIGN_RS,
	SIGN_ES,
	SIGN_ED,
	SIGN_HS,
	SIGN_SHOP,     /* Ed25519, kid ed-shop */
	SIGN_STRANGER, /* Ed25519, known to nobody */
	/* HMAC-SHA256 with the text of a public key as its secret */
	SIGN_HMAC_RSA_PEM,
	SIGN_HMAC_RSA_PEM_TRIMMED, /* without its last newline */
	SIGN_HMAC_RSA_DER,
	SIGN_HMAC_EC_PEM,
	SIGN_HMAC_EMPTY,
	SIGN_COUNT
};

struct jwt_world;
struct jwt_world *jwt_world_new(void);
void jwt_world_free(struct jwt_world *w);

/* audience pressgate, issuer whatever site it is, the limits of lib/jwt.h. */
struct gate_jwt_rules jwt_world_rules(void);

/* parse, issuer, pick, verify, check. rules->issuer is not looked at. */
enum gate_jwt_fault jwt_world_verdict(const struct jwt_world *w,
    struct gate_span token, const struct gate_jwt_rules *rules);

/* Appends bytes as base64url. */
void jwt_world_part(struct gate_buf *token, struct gate_span bytes);
/* Appends '.' and the signature over all that token holds. */
void jwt_world_sign(
    const struct jwt_world *w, enum jwt_signer by, struct gate_buf *token);
/*
 * All three parts of header and claims as text, where ~12x stands for twelve
 * times x. token is initialised here, for gate_buf_clear.
 */
void jwt_world_token(const struct jwt_world *w, enum jwt_signer by,
    const char *header, const char *claims, struct gate_buf *token);

/* A valid token of each of blog's keys: by is SIGN_RS to SIGN_HS. */
void jwt_world_good(
    const struct jwt_world *w, enum jwt_signer by, struct gate_buf *token);

#endif

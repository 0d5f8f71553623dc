/*
 * JSON Web Tokens: compact JWS only (RFC 7515, 7519), by the strict side of
 * RFC 8725 and of the draft that revises it. No key is ever taken from a
 * token, none is fetched, and a key's own algorithm decides, not the token's.
 *
 * A door goes: gate_jwt_parse, find the issuer's keys by jwt.iss (byte for
 * byte), gate_jwt_pick, gate_jwt_verify, gate_jwt_check. Before verify
 * nothing in the token is more than a stranger's word. Each step names the
 * rule that failed, for the log and the counter; to the sender all are one
 * and the same 401.
 */
#ifndef GATE_JWT_H
#define GATE_JWT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/crypto_key.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/span.h"

#define GATE_JWT_MAX 8192    /* bytes of a token: what web servers let pass */
#define GATE_JWT_DEPTH_MAX 8 /* levels of header and claims */
#define GATE_JWT_KID_MAX 64
#define GATE_JWT_JTI_MAX 128
#define GATE_JWT_SUB_MAX 256
#define GATE_JWT_AUDIENCES_MAX 16
#define GATE_JWT_LEEWAY_S 30 /* the clocks of two machines */
#define GATE_JWT_LIFE_MAX_S 300

enum gate_jwt_fault {
	GATE_JWT_OK,
	/* parse */
	GATE_JWT_TOO_LONG,
	GATE_JWT_PARTS,
	GATE_JWT_BASE64,
	GATE_JWT_HEADER_JSON,
	GATE_JWT_HEADER_MEMBER,
	GATE_JWT_ALG,
	GATE_JWT_TYP,
	GATE_JWT_KID,
	GATE_JWT_CLAIMS_JSON,
	GATE_JWT_ISS,
	/* the caller's, who looks for the issuer */
	GATE_JWT_ISSUER_UNKNOWN,
	/* pick, verify */
	GATE_JWT_KID_MISSING,
	GATE_JWT_KID_UNKNOWN,
	GATE_JWT_ALG_OF_KEY,
	GATE_JWT_SIGNATURE,
	/* check */
	GATE_JWT_EXP,
	GATE_JWT_IAT,
	GATE_JWT_NBF,
	GATE_JWT_EXPIRED,
	GATE_JWT_NOT_YET,
	GATE_JWT_FROM_FUTURE,
	GATE_JWT_LIFE,
	GATE_JWT_AUD,
	GATE_JWT_AUDIENCE,
	GATE_JWT_OTHER_ISSUER,
	GATE_JWT_JTI_MISSING,
	GATE_JWT_JTI,
	GATE_JWT_SUB,
	/* ours, not the sender's: no 401 */
	GATE_JWT_NO_MEMORY,
	GATE_JWT_FAULT_COUNT
};

/* One table. name: lower case with '_', for counters and logs; text: a
 * sentence for the operator; code: GATE_OK, GATE_E_AUTH, or GATE_E_NOMEM. */
const char *gate_jwt_fault_name(enum gate_jwt_fault fault);
const char *gate_jwt_fault_text(enum gate_jwt_fault fault);
enum gate_code gate_jwt_fault_code(enum gate_jwt_fault fault);

struct gate_jwt {
	enum gate_alg alg;            /* what the token says */
	struct gate_span kid;         /* .n == 0: it names none */
	struct gate_span iss;         /* not empty */
	struct gate_span signed_part; /* header.claims, as they came */
	unsigned char signature[GATE_SIGNATURE_MAX];
	size_t signature_n;
	struct gate_json *header; /* owned; kid borrows from it */
	struct gate_json *claims; /* owned; iss borrows from it */
};

/*
 * Takes a token apart; believes nothing.
 *
 * token  untrusted; any bytes, any length. Without "Bearer "
 * out    signed_part borrows from token; free with gate_jwt_clear on
 *        GATE_JWT_OK only. Untouched otherwise.
 * Refused: more than GATE_JWT_MAX bytes; other than three parts, none empty;
 * bytes outside A-Z a-z 0-9 - _; base64url with unused bits set; JSON that
 * lib/json_guard.h refuses or that is no object or too deep; a header member
 * other than alg, kid, typ (so crit, b64, zip, jwk, jku, x5u, x5c, cty ...);
 * an alg that is none of enum gate_alg; a typ other than "JWT" in any case;
 * a kid that is not 1 to GATE_JWT_KID_MAX of A-Z a-z 0-9 . _ -; a missing
 * or empty iss.
 * Source: RFC 7515 section 5.2; RFC 8725 sections 3.1 to 3.11.
 */
enum gate_jwt_fault gate_jwt_parse(
    struct gate_span token, struct gate_jwt *out) GATE_MUSTCHECK;
void gate_jwt_clear(struct gate_jwt *jwt);

/* One of an issuer's keys. The algorithm is the key's own. */
struct gate_jwt_key {
	const char *id;
	const struct gate_verify_key *key;
};

/*
 * The key that the token names among its issuer's. Without kid: the only
 * one there is. An exact comparison, nothing else; ids are no secrets.
 * Returns GATE_JWT_OK, GATE_JWT_KID_MISSING (there are several, or none),
 *         GATE_JWT_KID_UNKNOWN. *out only on GATE_JWT_OK.
 */
enum gate_jwt_fault gate_jwt_pick(const struct gate_jwt *jwt,
    const struct gate_jwt_key *keys, size_t key_count,
    const struct gate_jwt_key **out) GATE_MUSTCHECK;

/* GATE_JWT_OK, GATE_JWT_ALG_OF_KEY, GATE_JWT_SIGNATURE, _NO_MEMORY. */
enum gate_jwt_fault gate_jwt_verify(const struct gate_jwt *jwt,
    const struct gate_verify_key *key) GATE_MUSTCHECK;

struct gate_jwt_rules {
	struct gate_span issuer;   /* iss must be these bytes */
	struct gate_span audience; /* aud must be or hold these bytes */
	int64_t now_s;             /* Unix seconds */
	int64_t leeway_s;          /* GATE_JWT_LEEWAY_S */
	int64_t life_max_s;        /* GATE_JWT_LIFE_MAX_S */
	bool needs_jti;
};

/* What a token says, or is to say. Times are Unix seconds. */
struct gate_jwt_claims {
	struct gate_span iss, aud;
	struct gate_span sub; /* .n == 0: none */
	struct gate_span jti; /* .n == 0: none */
	int64_t iat_s, exp_s;
};

/*
 * Whether a verified token is for us and for now:
 *
 *	iat - leeway <= now < exp + leeway     nbf - leeway <= now
 *	0 < exp - iat <= life_max              all integers in 0 .. 2^53 - 1
 *
 * exp and iat must be there; aud is a string or an array of 1 to
 * GATE_JWT_AUDIENCES_MAX strings; jti, if there or needed, is 1 to
 * GATE_JWT_JTI_MAX visible ASCII characters; sub, if there, 1 to
 * GATE_JWT_SUB_MAX bytes without control characters.
 *
 * out  the claims; aud is rules->audience, the rest borrows from jwt. Only
 *      on GATE_JWT_OK.
 * Source: RFC 7519 section 4.1; RFC 8725 sections 3.8 to 3.12.
 */
enum gate_jwt_fault gate_jwt_check(const struct gate_jwt *jwt,
    const struct gate_jwt_rules *rules,
    struct gate_jwt_claims *out) GATE_MUSTCHECK;

/*
 * Appends a token, made as others can make it byte for byte (RS256, EdDSA,
 * HS256): no white space, members in this order,
 *
 *	{"alg":"RS256","typ":"JWT","kid":"..."}
 *	{"iss":"...","aud":"...","sub":"...","iat":1,"exp":2,"jti":"..."}
 *
 * kid, sub and jti are left out if they are empty. '/' is not escaped
 * (PHP: JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE).
 * Returns GATE_OK, or the code of out or of gate_sign; out's length is then
 * what it was.
 */
enum gate_code gate_jwt_sign(const struct gate_sign_key *key,
    struct gate_span kid, const struct gate_jwt_claims *claims,
    struct gate_buf *out) GATE_MUSTCHECK;

#endif

/*
 * Tokens as rows of a table: header and claims as text, signed as they stand,
 * so that nothing but the row's own rule refuses them.
 */
#ifndef TESTS_JWT_ROWS_H
#define TESTS_JWT_ROWS_H

#include "tests/jwt_world.h"

#define ISS "\"iss\":\"" JWT_BLOG "\","
#define SHOP "\"iss\":\"" JWT_SHOP "\","
#define AUD "\"aud\":\"pressgate\","
#define IAT "\"iat\":1800000000,"
#define EXP "\"exp\":1800000300,"
#define JTI "\"jti\":\"j-1\""
/* Others for one of the claims; the rest is good. JTI comes last: what stands
 * for it begins with its comma. */
#define WITH(extra) "{" ISS AUD IAT EXP extra JTI "}"
#define WITH_ISS(iss) "{" iss AUD IAT EXP JTI "}"
#define WITH_AUD(aud) "{" ISS aud IAT EXP JTI "}"
#define WITH_EXP(exp) "{" ISS AUD IAT exp JTI "}"
#define WITH_IAT(iat) "{" ISS AUD iat EXP JTI "}"
#define WITH_TIMES(iat, exp)                                                   \
	"{" ISS AUD "\"iat\":" iat ",\"exp\":" exp "," JTI "}"
#define WITH_JTI(jti) "{" ISS AUD IAT "\"exp\":1800000300" jti "}"
#define GOOD WITH("")

#define HEAD(alg, kid) "{\"alg\":\"" alg "\",\"kid\":\"" kid "\"}"
#define ED HEAD("EdDSA", "ed")

struct jwt_row {
	const char *what;
	enum jwt_signer by;
	const char *header, *claims;
	enum gate_jwt_fault fault;
};

/* Unchecked fixtures: one world for a whole test case, as loading an RSA key
 * to sign with takes its time. */
void jwt_rows_open(void);
void jwt_rows_close(void);
const struct jwt_world *jwt_rows_world(void);

/* Fails the test, by name, unless the row ends as it says. */
void jwt_row_check(
    const struct jwt_row *row, const struct gate_jwt_rules *rules);

#endif

/*
 * Tokens. An input is a token as it comes from outside; or header, NUL and
 * claims, which are then signed with our own key, so that what stands behind
 * the signature is reached too.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "lib/codec.h"
#include "lib/jwt.h"

#define NOW INT64_C(1800000000)
#define SECRET GATE_SPAN("0123456789abcdef0123456789abcdef")
#define KID_SET                                                                \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

/* What was taken must be written in one way only. */
static void
check_parts(struct gate_span token, const struct gate_jwt *jwt)
{
	struct gate_buf b;

	GATE_ASSERT(token.n <= GATE_JWT_MAX);
	GATE_ASSERT(jwt->alg < GATE_ALG_COUNT);
	GATE_ASSERT(jwt->iss.n > 0);
	GATE_ASSERT(jwt->kid.n <= GATE_JWT_KID_MAX);
	GATE_ASSERT(gate_span_only(jwt->kid, KID_SET));
	GATE_ASSERT(gate_json_count(jwt->header) <= 3);
	GATE_ASSERT(jwt->signature_n > 0);
	gate_buf_init(&b, token.n);
	GATE_ASSERT(gate_buf_put(&b, jwt->signed_part) == GATE_OK &&
	    gate_buf_put_byte(&b, '.') == GATE_OK &&
	    gate_base64url_put(
		&b, gate_span_of(jwt->signature, jwt->signature_n)) == GATE_OK);
	GATE_ASSERT(gate_span_equal(gate_buf_span(&b), token));
	gate_buf_clear(&b);
}

static void
check_claims(const struct gate_jwt *jwt)
{
	struct gate_jwt_rules rules = {
	    .issuer = jwt->iss,
	    .audience = GATE_SPAN("pressgate"),
	    .now_s = NOW,
	    .leeway_s = GATE_JWT_LEEWAY_S,
	    .life_max_s = GATE_JWT_LIFE_MAX_S,
	    .needs_jti = true,
	};
	struct gate_jwt_claims c = {.exp_s = -1};

	if (gate_jwt_check(jwt, &rules, &c) != GATE_JWT_OK) {
		GATE_ASSERT(c.exp_s == -1);
		return;
	}
	GATE_ASSERT(c.exp_s > c.iat_s && c.exp_s <= c.iat_s + 300);
	GATE_ASSERT(c.iat_s <= NOW + 30 && c.exp_s > NOW - 30);
	GATE_ASSERT(c.jti.n > 0 && c.jti.n <= GATE_JWT_JTI_MAX);
	GATE_ASSERT(gate_span_within(c.jti, 0x21, 0x7e));
	GATE_ASSERT(c.sub.n <= GATE_JWT_SUB_MAX);
	GATE_ASSERT(gate_span_within(c.sub, 0x20, 0xff));
}

static void
check_token(struct gate_span token, bool is_ours)
{
	struct gate_verify_key *key = NULL;
	struct gate_jwt jwt;
	enum gate_jwt_fault fault = gate_jwt_parse(token, &jwt);

	if (fault != GATE_JWT_OK) {
		GATE_ASSERT(gate_jwt_fault_code(fault) == GATE_E_AUTH);
		return;
	}
	check_parts(token, &jwt);
	GATE_ASSERT(
	    gate_verify_key_new(GATE_ALG_HS256, SECRET, &key, NULL) == GATE_OK);
	fault = gate_jwt_verify(&jwt, key);
	GATE_ASSERT(
	    (fault == GATE_JWT_ALG_OF_KEY) == (jwt.alg != GATE_ALG_HS256));
	GATE_ASSERT(
	    !is_ours || fault == GATE_JWT_OK || fault == GATE_JWT_ALG_OF_KEY);
	if (fault == GATE_JWT_OK) {
		check_claims(&jwt);
		jwt.signature[0] ^= 1;
		GATE_ASSERT(gate_jwt_verify(&jwt, key) == GATE_JWT_SIGNATURE);
	}
	gate_verify_key_free(key);
	gate_jwt_clear(&jwt);
}

/* header and claims become a token of ours. */
static void
check_signed(struct gate_span header, struct gate_span claims)
{
	struct gate_sign_key *key = NULL;
	struct gate_buf token, signature;

	gate_buf_init(&token, 2 * (header.n + claims.n) + 100);
	gate_buf_init(&signature, GATE_SIGNATURE_MAX);
	GATE_ASSERT(
	    gate_sign_key_new(GATE_ALG_HS256, SECRET, &key, NULL) == GATE_OK);
	(void)gate_base64url_put(&token, header);
	(void)gate_buf_put_byte(&token, '.');
	(void)gate_base64url_put(&token, claims);
	GATE_ASSERT(
	    gate_sign(key, gate_buf_span(&token), &signature) == GATE_OK);
	(void)gate_buf_put_byte(&token, '.');
	GATE_ASSERT(
	    gate_base64url_put(&token, gate_buf_span(&signature)) == GATE_OK);
	check_token(gate_buf_span(&token), true);
	gate_sign_key_free(key);
	gate_buf_clear(&token);
	gate_buf_clear(&signature);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gate_span claims = gate_span_of(data, size);
	struct gate_span header;

	if (gate_span_until(&claims, '\0', size, &header))
		check_signed(header, claims);
	else
		check_token(claims, false);
	return 0;
}

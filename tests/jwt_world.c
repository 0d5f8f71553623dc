/* Everything ends the program that cannot fail in a sound library. */
#include "config.h"

#include "tests/jwt_world.h"

#include <stdlib.h>

#include "lib/codec.h"
#include "lib/num.h"
#include "lib/pem.h"
#include "tests/keyring.h"

#define TOKEN_MAX 1000000 /* also for what is absurd */

static const struct {
	enum gate_alg alg;
	const char *key; /* in tests/vectors/keys.txt */
	const char *kid;
} signers[] = {
    [SIGN_RS] = {GATE_ALG_RS256, "rsa", "rs"},
    [SIGN_ES] = {GATE_ALG_ES256, "ec", "es"},
    [SIGN_ED] = {GATE_ALG_EDDSA, "ed", "ed"},
    [SIGN_HS] = {GATE_ALG_HS256, NULL, "hs"},
    [SIGN_SHOP] = {GATE_ALG_EDDSA, "ed_other", "ed-shop"},
};
#define KEYS GATE_COUNT(signers)
#define BLOG_KEYS ((size_t)SIGN_SHOP)

struct jwt_world {
	struct gate_verify_key *verify[KEYS];
	struct gate_sign_key *sign[KEYS];
	struct gate_jwt_key keys[KEYS]; /* blog's, then shop's */
	struct gate_sign_key *stranger;
};

struct jwt_world *
jwt_world_new(void)
{
	struct jwt_world *w = calloc(1, sizeof(*w));
	size_t i;

	GATE_ASSERT(w != NULL);
	for (i = 0; i < KEYS; i++) {
		w->verify[i] = keyring_verify(signers[i].alg, signers[i].key);
		w->sign[i] = keyring_sign(signers[i].alg, signers[i].key);
		w->keys[i].id = signers[i].kid;
		w->keys[i].key = w->verify[i];
	}
	w->stranger = keyring_sign(GATE_ALG_EDDSA, "ed_stranger");
	return w;
}

void
jwt_world_free(struct jwt_world *w)
{
	size_t i;

	for (i = 0; i < KEYS; i++) {
		gate_verify_key_free(w->verify[i]);
		gate_sign_key_free(w->sign[i]);
	}
	gate_sign_key_free(w->stranger);
	free(w);
}

struct gate_jwt_rules
jwt_world_rules(void)
{
	return (struct gate_jwt_rules){
	    .audience = GATE_SPAN("pressgate"),
	    .now_s = JWT_NOW,
	    .leeway_s = GATE_JWT_LEEWAY_S,
	    .life_max_s = GATE_JWT_LIFE_MAX_S,
	    .needs_jti = true,
	};
}

static enum gate_jwt_fault
judge(const struct jwt_world *w, const struct gate_jwt *jwt,
    struct gate_jwt_rules rules)
{
	bool is_blog = gate_span_is(jwt->iss, JWT_BLOG);
	const struct gate_jwt_key *key;
	struct gate_jwt_claims claims;
	enum gate_jwt_fault fault;

	if (!is_blog && !gate_span_is(jwt->iss, JWT_SHOP))
		return GATE_JWT_ISSUER_UNKNOWN;
	rules.issuer = gate_span_str(is_blog ? JWT_BLOG : JWT_SHOP);
	fault = is_blog
	    ? gate_jwt_pick(jwt, w->keys, BLOG_KEYS, &key)
	    : gate_jwt_pick(jwt, &w->keys[BLOG_KEYS], KEYS - BLOG_KEYS, &key);
	if (fault == GATE_JWT_OK)
		fault = gate_jwt_verify(jwt, key->key);
	if (fault == GATE_JWT_OK)
		fault = gate_jwt_check(jwt, &rules, &claims);
	return fault;
}

enum gate_jwt_fault
jwt_world_verdict(const struct jwt_world *w, struct gate_span token,
    const struct gate_jwt_rules *rules)
{
	struct gate_jwt jwt;
	enum gate_jwt_fault fault = gate_jwt_parse(token, &jwt);

	if (fault != GATE_JWT_OK)
		return fault;
	fault = judge(w, &jwt, *rules);
	gate_jwt_clear(&jwt);
	return fault;
}

void
jwt_world_part(struct gate_buf *token, struct gate_span bytes)
{
	GATE_ASSERT(gate_base64url_put(token, bytes) == GATE_OK);
}

/* The secret of a SIGN_HMAC_ signer; for gate_buf_clear. */
static void
hmac_secret(enum jwt_signer by, struct gate_buf *secret)
{
	bool is_ec = by == SIGN_HMAC_EC_PEM;
	char *pem = keyring_text(is_ec ? "ec.public" : "rsa.public");
	struct gate_span text = gate_span_str(pem), label;

	gate_buf_init(secret, TOKEN_MAX);
	if (by == SIGN_HMAC_RSA_DER) {
		GATE_ASSERT(
		    gate_pem_parse(text, &label, secret, NULL) == GATE_OK);
	} else if (by != SIGN_HMAC_EMPTY) {
		text.n -= by == SIGN_HMAC_RSA_PEM_TRIMMED;
		GATE_ASSERT(gate_buf_put(secret, text) == GATE_OK);
	}
	free(pem);
}

static void
put_hmac(enum jwt_signer by, struct gate_span data, struct gate_buf *out)
{
	unsigned char mac[GATE_SHA256_BYTES];
	struct gate_hmac_key *key = NULL;
	struct gate_buf secret;

	hmac_secret(by, &secret);
	GATE_ASSERT(
	    gate_hmac_key_new(gate_buf_span(&secret), &key) == GATE_OK &&
	    gate_hmac_sha256(key, &data, 1, mac) == GATE_OK &&
	    gate_buf_put(out, gate_span_of(mac, sizeof(mac))) == GATE_OK);
	gate_hmac_key_free(key);
	gate_buf_clear(&secret);
}

void
jwt_world_sign(
    const struct jwt_world *w, enum jwt_signer by, struct gate_buf *token)
{
	struct gate_span data = gate_buf_span(token);
	struct gate_buf signature;

	gate_buf_init(&signature, GATE_SIGNATURE_MAX);
	if (by > SIGN_STRANGER)
		put_hmac(by, data, &signature);
	else
		GATE_ASSERT(
		    gate_sign(by == SIGN_STRANGER ? w->stranger : w->sign[by],
			data, &signature) == GATE_OK);
	GATE_ASSERT(gate_buf_put_byte(token, '.') == GATE_OK);
	jwt_world_part(token, gate_buf_span(&signature));
	gate_buf_clear(&signature);
}

/* A part; "~12x" is twelve times x. */
static void
put_text(struct gate_buf *token, const char *text)
{
	struct gate_span rest = gate_span_str(text), plain, count;
	struct gate_buf b;
	uint64_t n;

	gate_buf_init(&b, TOKEN_MAX);
	while (gate_span_until(&rest, '~', rest.n, &plain)) {
		GATE_ASSERT(gate_buf_put(&b, plain) == GATE_OK);
		count = rest;
		while (rest.n > 0 && rest.p[0] >= '0' && rest.p[0] <= '9')
			GATE_ASSERT(gate_span_take(&rest, 1, &plain));
		count.n -= rest.n;
		GATE_ASSERT(gate_span_u64(count, TOKEN_MAX, &n) &&
		    gate_span_take(&rest, 1, &plain));
		for (; n > 0; n--)
			GATE_ASSERT(gate_buf_put(&b, plain) == GATE_OK);
	}
	GATE_ASSERT(gate_buf_put(&b, rest) == GATE_OK);
	jwt_world_part(token, gate_buf_span(&b));
	gate_buf_clear(&b);
}

void
jwt_world_token(const struct jwt_world *w, enum jwt_signer by,
    const char *header, const char *claims, struct gate_buf *token)
{
	gate_buf_init(token, TOKEN_MAX);
	put_text(token, header);
	GATE_ASSERT(gate_buf_put_byte(token, '.') == GATE_OK);
	put_text(token, claims);
	jwt_world_sign(w, by, token);
}

void
jwt_world_good(
    const struct jwt_world *w, enum jwt_signer by, struct gate_buf *token)
{
	struct gate_jwt_claims claims = {
	    .iss = GATE_SPAN(JWT_BLOG),
	    .aud = GATE_SPAN("pressgate"),
	    .sub = GATE_SPAN("wp"),
	    .jti = GATE_SPAN("j-1"),
	    .iat_s = JWT_NOW,
	    .exp_s = JWT_NOW + GATE_JWT_LIFE_MAX_S,
	};

	gate_buf_init(token, TOKEN_MAX);
	GATE_ASSERT(gate_jwt_sign(w->sign[by], gate_span_str(signers[by].kid),
			&claims, token) == GATE_OK);
}

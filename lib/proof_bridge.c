/*
 * The bridge scheme: Authorization: Bearer TOKEN, X-Signature and
 * X-Idempotency-Key; POST /ingest. Two proofs of one site:
 *
 *	the token	a JWT by the site's own key (lib/jwt.h); its issuer
 *			names the site, its kid the key
 *	X-Signature	"sha256=" and hex HMAC-SHA256 of the body, by one of
 *			the same site's hmac secrets
 *
 * A token says who and when, but nothing about the body; a body's MAC says
 * nothing about when. A GET has the token alone, for another audience. A
 * token's jti is used once. The idempotency key is a UUID and stands in the
 * body, too.
 */
#include "config.h"

#include "lib/proof.h"

#include "lib/codec.h"
#include "lib/jwt.h"
#include "lib/proof_mac.h"

/* RFC 9110 section 11.1: the name in any case, then the token. */
bool
gate_proof_token(struct gate_span authorization, struct gate_span *out)
{
	struct gate_span rest = authorization, name;

	if (!gate_span_until(&rest, ' ', sizeof("Bearer") - 1, &name) ||
	    !gate_span_is_nocase(name, "Bearer"))
		return false;
	*out = rest;
	return true;
}

static enum gate_fault
fault_of(enum gate_jwt_fault fault, const char **why)
{
	switch (gate_jwt_fault_code(fault)) {
	case GATE_OK:
		return GATE_FAULT_NONE;
	case GATE_E_NOMEM:
		return GATE_FAULT_NOMEM;
	default:
		break;
	}
	*why = gate_jwt_fault_name(fault);
	if (fault == GATE_JWT_ISSUER_UNKNOWN)
		return GATE_FAULT_UNKNOWN;
	if (fault == GATE_JWT_EXPIRED || fault == GATE_JWT_NOT_YET ||
	    fault == GATE_JWT_FROM_FUTURE)
		return GATE_FAULT_STALE;
	return GATE_FAULT_TOKEN;
}

static enum gate_fault
read_headers(const struct gate_sent *sent, bool is_get, struct gate_proof *out,
    const char **why)
{
	struct gate_proof p = {.timestamp_s = 0};
	struct gate_span token, mac = sent->signature;
	enum gate_fault f;

	if (!gate_proof_token(sent->authorization, &token) ||
	    (!is_get && (mac.n == 0 || sent->idempotency_key.n == 0)))
		return GATE_FAULT_MISSING;
	if (!is_get &&
	    (!gate_span_skip(&mac, "sha256=") ||
		!gate_hex_decode(mac, p.mac, sizeof(p.mac))))
		return GATE_FAULT_SIGNATURE;
	if (!is_get &&
	    !gate_proof_key(sent->idempotency_key, &p.idempotency_key))
		return GATE_FAULT_KEY;
	f = fault_of(gate_jwt_parse(token, &p.token), why);
	if (f != GATE_FAULT_NONE)
		return f;
	p.has_token = true;
	*out = p;
	return GATE_FAULT_NONE;
}

static const struct gate_site *
find_site(const struct gate_sites *sites, struct gate_span path_site,
    const struct gate_proof *proof)
{
	(void)path_site; /* the door has one path */
	return gate_site_by_issuer(sites, proof->token.iss);
}

/* Whether the token is by the key that it names. Without such a key a dummy
 * of the token's algorithm takes as long. */
static enum gate_jwt_fault
verify_token(const struct gate_trial *t, const struct gate_jwt *token,
    const struct gate_jwt_key **key)
{
	enum gate_jwt_fault fault = GATE_JWT_ISSUER_UNKNOWN, ignored;
	const struct gate_bridge *b;

	if (t->site != NULL) {
		b = &t->site->bridge;
		fault = gate_jwt_pick(token, b->set, b->key_count, key);
	}
	if (fault == GATE_JWT_OK)
		fault = gate_jwt_verify(token, (*key)->key);
	if (fault == GATE_JWT_OK || fault == GATE_JWT_SIGNATURE ||
	    fault == GATE_JWT_NO_MEMORY)
		return fault;
	ignored = gate_jwt_verify(token, t->dummy->token[token->alg]);
	return ignored == GATE_JWT_NO_MEMORY ? ignored : fault;
}

static enum gate_jwt_fault
check_token(const struct gate_trial *t, const struct gate_jwt *token,
    const struct gate_jwt_key **key, struct gate_jwt_claims *out)
{
	enum gate_jwt_fault fault = verify_token(t, token, key);
	const struct gate_bridge *b;
	struct gate_jwt_rules rules;

	if (fault != GATE_JWT_OK)
		return fault;
	b = &t->site->bridge;
	rules = (struct gate_jwt_rules){
	    .issuer = gate_span_str(b->issuer),
	    .audience =
		gate_span_str(t->is_get ? b->results_audience : b->audience),
	    .now_s = t->now_s,
	    .leeway_s = GATE_JWT_LEEWAY_S,
	    .life_max_s = GATE_JWT_LIFE_MAX_S,
	    .needs_jti = !t->is_get,
	};
	return gate_jwt_check(token, &rules, out);
}

static enum gate_fault
verify(const struct gate_trial *t, const struct gate_proof *proof,
    struct gate_identity *out, const char **why)
{
	const struct gate_hmac_secret *secret = NULL;
	const struct gate_jwt_key *key = NULL;
	struct gate_jwt_claims claims;
	struct gate_proof_mac v = {.dummy = t->dummy->mac,
	    .parts = &t->data,
	    .part_count = 1,
	    .mac = proof->mac};
	enum gate_fault f;

	f = fault_of(check_token(t, &proof->token, &key, &claims), why);
	if (f == GATE_FAULT_NONE && !t->is_get) {
		v.secrets = &t->site->secrets[GATE_SCHEME_HMAC];
		f = gate_proof_mac(&v, &secret);
	}
	if (f != GATE_FAULT_NONE)
		return f;
	*out = (struct gate_identity){.key_id = key->id,
	    .hmac_key_id = secret == NULL ? NULL : secret->id,
	    .created_by =
		claims.sub.n > 0 ? claims.sub : gate_span_str(key->id),
	    .guard = claims.jti,
	    /* Past exp and the leeway, whatever life the token has. */
	    .guard_until_s = claims.iat_s + 2 * GATE_JWT_LIFE_MAX_S};
	return GATE_FAULT_NONE;
}

#define AT(member) offsetof(struct gate_sent, member)
const struct gate_proof_kind gate_proof_bridge = {
    .name = "bridge",
    .headers =
	{
	    {"authorization", AT(authorization), true},
	    {"x-signature", AT(signature), true},
	    {"x-idempotency-key", AT(idempotency_key), false},
	},
    .read = read_headers,
    .find_site = find_site,
    .verify = verify,
};
#undef AT

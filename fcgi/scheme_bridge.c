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

#include "fcgi/scheme.h"
#include "fcgi/verify.h"
#include "lib/codec.h"
#include "lib/jwt.h"

/* RFC 9110 section 11.1: the name in any case, then the token. */
static bool
get_token(const struct request *r, struct gate_span *out)
{
	struct gate_span rest = r->authorization, name;

	if (!gate_span_until(&rest, ' ', sizeof("Bearer") - 1, &name) ||
	    !gate_span_is_nocase(name, "Bearer"))
		return false;
	*out = rest;
	return true;
}

static bool
is_meant(const struct request *r)
{
	struct gate_span token;

	return get_token(r, &token);
}

static enum outcome
outcome_of(enum gate_jwt_fault fault, const char **why)
{
	switch (gate_jwt_fault_code(fault)) {
	case GATE_OK:
		return OUTCOME_NONE;
	case GATE_E_NOMEM:
		return OUTCOME_AWAY;
	default:
		break;
	}
	*why = gate_jwt_fault_name(fault);
	if (fault == GATE_JWT_ISSUER_UNKNOWN)
		return OUTCOME_UNKNOWN_SITE;
	if (fault == GATE_JWT_EXPIRED || fault == GATE_JWT_NOT_YET ||
	    fault == GATE_JWT_FROM_FUTURE)
		return OUTCOME_STALE;
	return OUTCOME_BAD_TOKEN;
}

static enum outcome
read_headers(
    const struct request *r, bool is_get, struct proof *out, const char **why)
{
	struct proof p = {.timestamp_s = 0};
	struct gate_span token, mac = r->x_signature;
	enum outcome o;

	if (!get_token(r, &token) ||
	    (!is_get && (mac.n == 0 || r->x_idempotency_key.n == 0)))
		return OUTCOME_HEADER_MISSING;
	if (!is_get &&
	    (!gate_span_skip(&mac, "sha256=") ||
		!gate_hex_decode(mac, p.mac, sizeof(p.mac))))
		return OUTCOME_BAD_SIGNATURE;
	if (!is_get && !scheme_key(r->x_idempotency_key, &p.idempotency_key))
		return OUTCOME_BAD_KEY;
	o = outcome_of(gate_jwt_parse(token, &p.token), why);
	if (o != OUTCOME_NONE)
		return o;
	p.has_token = true;
	*out = p;
	return OUTCOME_NONE;
}

static const struct gate_site *
find_site(const struct gate_sites *sites, struct gate_span path_site,
    const struct proof *proof)
{
	(void)path_site; /* the door has one path */
	return gate_site_by_issuer(sites, proof->token.iss);
}

/* Whether the token is by the key that it names. Without such a key a dummy
 * of the token's algorithm takes as long. */
static enum gate_jwt_fault
verify_token(const struct trial *t, const struct gate_jwt *token,
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
check_token(const struct trial *t, const struct gate_jwt *token,
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

static enum outcome
verify(const struct trial *t, const struct proof *proof, struct identity *out,
    const char **why)
{
	const struct gate_hmac_secret *secret = NULL;
	const struct gate_jwt_key *key = NULL;
	struct gate_jwt_claims claims;
	struct verify_mac v = {.dummy = t->dummy->mac,
	    .parts = &t->data,
	    .part_count = 1,
	    .mac = proof->mac};
	enum outcome o;

	o = outcome_of(check_token(t, &proof->token, &key, &claims), why);
	if (o == OUTCOME_NONE && !t->is_get) {
		v.secrets = &t->site->secrets[GATE_SCHEME_HMAC];
		o = verify_mac(&v, &secret);
	}
	if (o != OUTCOME_NONE)
		return o;
	*out = (struct identity){.key_id = key->id,
	    .hmac_key_id = secret == NULL ? NULL : secret->id,
	    .created_by =
		claims.sub.n > 0 ? claims.sub : gate_span_str(key->id),
	    .guard = claims.jti,
	    /* Past exp and the leeway, whatever life the token has. */
	    .guard_until_s = claims.iat_s + 2 * GATE_JWT_LIFE_MAX_S};
	return OUTCOME_NONE;
}

const struct scheme scheme_bridge = {
    .name = "bridge",
    .headers =
	{
	    {"authorization", offsetof(struct request, authorization)},
	    {"x-signature", offsetof(struct request, x_signature)},
	},
    .form =
	{
	    .source = "bridge",
	    .type = "event_type",
	    .refs = {"object_ref"},
	    .times = {"occurred_at"},
	    .data = "data",
	},
    .key_rule = SCHEME_KEY_IS_UUID_IN_BODY,
    .is_meant = is_meant,
    .read = read_headers,
    .find_site = find_site,
    .verify = verify,
};

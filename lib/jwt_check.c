/*
 * Whether the claims of a verified token are for us and for now. Times are
 * compared by subtraction of what lies within 0 .. 2^53, so nothing can
 * overflow. Owns nothing.
 */
#include "config.h"

#include "lib/jwt.h"

#define TIME_MAX (((int64_t)1 << 53) - 1) /* what every JSON reader keeps */

/* An integer in 0 .. TIME_MAX; false, *has false, if there is none. */
static bool
read_time(
    const struct gate_json *claims, const char *name, bool *has, int64_t *out)
{
	const struct gate_json *v;
	int64_t t;

	*has = gate_json_get(claims, name, &v);
	if (!*has || !gate_json_i64(v, &t) || t < 0 || t > TIME_MAX)
		return false;
	*out = t;
	return true;
}

static enum gate_jwt_fault
check_times(const struct gate_json *claims, const struct gate_jwt_rules *r,
    struct gate_jwt_claims *c)
{
	int64_t nbf = 0;
	bool has;

	if (!read_time(claims, "exp", &has, &c->exp_s))
		return GATE_JWT_EXP;
	if (!read_time(claims, "iat", &has, &c->iat_s))
		return GATE_JWT_IAT;
	if (!read_time(claims, "nbf", &has, &nbf) && has)
		return GATE_JWT_NBF;
	if (r->now_s - c->exp_s >= r->leeway_s)
		return GATE_JWT_EXPIRED;
	if (nbf - r->now_s > r->leeway_s)
		return GATE_JWT_NOT_YET;
	if (c->iat_s - r->now_s > r->leeway_s)
		return GATE_JWT_FROM_FUTURE;
	if (c->exp_s <= c->iat_s || c->exp_s - c->iat_s > r->life_max_s)
		return GATE_JWT_LIFE;
	return GATE_JWT_OK;
}

/* All of an array's elements are looked at: one that is no string spoils
 * it. */
static enum gate_jwt_fault
check_audience(const struct gate_json *claims, struct gate_span ours)
{
	const struct gate_json *v;
	struct gate_span one;
	bool found = false;
	size_t i, n;

	if (!gate_json_get(claims, "aud", &v))
		return GATE_JWT_AUD;
	if (gate_json_string(v, &one))
		return gate_span_equal(one, ours) ? GATE_JWT_OK
						  : GATE_JWT_AUDIENCE;
	if (gate_json_kind(v) != GATE_JSON_ARRAY)
		return GATE_JWT_AUD;
	n = gate_json_count(v);
	if (n == 0 || n > GATE_JWT_AUDIENCES_MAX)
		return GATE_JWT_AUD;
	for (i = 0; i < n; i++) {
		if (!gate_json_string(gate_json_at(v, i), &one))
			return GATE_JWT_AUD;
		found = found || gate_span_equal(one, ours);
	}
	return found ? GATE_JWT_OK : GATE_JWT_AUDIENCE;
}

static bool
has_control(struct gate_span s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	}
	return false;
}

static enum gate_jwt_fault
check_names(const struct gate_json *claims, const struct gate_jwt_rules *r,
    struct gate_jwt_claims *c)
{
	const struct gate_json *v;

	if (gate_json_get(claims, "jti", &v)) {
		if (!gate_json_string(v, &c->jti) || c->jti.n == 0 ||
		    c->jti.n > GATE_JWT_JTI_MAX ||
		    !gate_span_within(c->jti, 0x21, 0x7e))
			return GATE_JWT_JTI;
	} else if (r->needs_jti) {
		return GATE_JWT_JTI_MISSING;
	}
	if (gate_json_get(claims, "sub", &v) &&
	    (!gate_json_string(v, &c->sub) || c->sub.n == 0 ||
		c->sub.n > GATE_JWT_SUB_MAX || has_control(c->sub)))
		return GATE_JWT_SUB;
	return GATE_JWT_OK;
}

enum gate_jwt_fault
gate_jwt_check(const struct gate_jwt *jwt, const struct gate_jwt_rules *rules,
    struct gate_jwt_claims *out)
{
	struct gate_jwt_claims c = {.iss = jwt->iss, .aud = rules->audience};
	enum gate_jwt_fault fault;

	if (!gate_span_equal(jwt->iss, rules->issuer))
		return GATE_JWT_OTHER_ISSUER;
	fault = check_audience(jwt->claims, rules->audience);
	if (fault == GATE_JWT_OK)
		fault = check_times(jwt->claims, rules, &c);
	if (fault == GATE_JWT_OK)
		fault = check_names(jwt->claims, rules, &c);
	if (fault == GATE_JWT_OK)
		*out = c;
	return fault;
}

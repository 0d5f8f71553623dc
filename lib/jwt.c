/*
 * Taking tokens apart, verifying and making them; lib/jwt_check.c judges the
 * claims, lib/jwt_fault.c has the names of the rules. Pure: no clock, no
 * files, no network.
 *
 *	base64url(header) . base64url(claims) . base64url(signature)
 *	|<-------- signed_part ------------>|
 *
 * The header chooses nothing here: alg and kid are compared with what the
 * configuration has, and any other member refuses the token.
 */
#include "config.h"

#include "lib/jwt.h"

#include <string.h>

#include "lib/codec.h"
#include "lib/num.h"

struct parts {
	struct gate_span header, claims, signature;
	struct gate_span signed_part;
};

static enum gate_jwt_fault
split(struct gate_span token, struct parts *out)
{
	struct gate_span rest = token;
	struct parts p;

	if (token.n > GATE_JWT_MAX)
		return GATE_JWT_TOO_LONG;
	if (!gate_span_until(&rest, '.', rest.n, &p.header) ||
	    !gate_span_until(&rest, '.', rest.n, &p.claims))
		return GATE_JWT_PARTS;
	p.signature = rest;
	if (p.header.n == 0 || p.claims.n == 0 || p.signature.n == 0 ||
	    memchr(rest.p, '.', rest.n) != NULL)
		return GATE_JWT_PARTS;
	/* The token without its last part and the dot before it. */
	if (!gate_span_take(&token, token.n - rest.n - 1, &p.signed_part))
		return GATE_JWT_PARTS;
	*out = p;
	return GATE_JWT_OK;
}

static enum gate_jwt_fault
fault_of(enum gate_code code, enum gate_jwt_fault theirs)
{
	if (code == GATE_OK)
		return GATE_JWT_OK;
	return code == GATE_E_NOMEM ? GATE_JWT_NO_MEMORY : theirs;
}

/* A part that is to be a JSON object. */
static enum gate_jwt_fault
read_object(
    struct gate_span part, enum gate_jwt_fault not_json, struct gate_json **out)
{
	struct gate_json *doc = NULL;
	enum gate_jwt_fault fault;
	struct gate_buf b;

	gate_buf_init(&b, part.n);
	fault = fault_of(gate_base64url_decode(part, &b), GATE_JWT_BASE64);
	if (fault == GATE_JWT_OK)
		fault = fault_of(gate_json_parse_within(gate_buf_span(&b),
				     GATE_JWT_DEPTH_MAX, &doc, NULL),
		    not_json);
	gate_buf_clear(&b);
	if (fault == GATE_JWT_OK && gate_json_kind(doc) != GATE_JSON_OBJECT) {
		gate_json_free(doc);
		return not_json;
	}
	if (fault == GATE_JWT_OK)
		*out = doc;
	return fault;
}

/* Too long for any signature: the signature's fault, not the base64's. */
static enum gate_jwt_fault
read_signature(struct gate_span part, struct gate_jwt *jwt)
{
	struct gate_buf b;
	enum gate_jwt_fault fault;

	gate_buf_init(&b, part.n);
	fault = fault_of(gate_base64url_decode(part, &b), GATE_JWT_BASE64);
	if (fault == GATE_JWT_OK && b.n > sizeof(jwt->signature))
		fault = GATE_JWT_SIGNATURE;
	if (fault == GATE_JWT_OK) {
		memcpy(jwt->signature, b.p, b.n);
		jwt->signature_n = b.n;
	}
	gate_buf_clear(&b);
	return fault;
}

static bool
read_alg(const struct gate_json *v, struct gate_jwt *jwt)
{
	struct gate_span name;

	return gate_json_string(v, &name) && gate_alg_parse(name, &jwt->alg);
}

static bool
read_typ(const struct gate_json *v, struct gate_jwt *jwt)
{
	struct gate_span typ;

	(void)jwt;
	return gate_json_string(v, &typ) && gate_span_is_nocase(typ, "JWT");
}

static bool
read_kid(const struct gate_json *v, struct gate_jwt *jwt)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz"
				  "0123456789._-";

	return gate_json_string(v, &jwt->kid) && jwt->kid.n > 0 &&
	    jwt->kid.n <= GATE_JWT_KID_MAX && gate_span_only(jwt->kid, set);
}

/* All that a header may say. */
static const struct member {
	const char *name;
	bool is_needed;
	enum gate_jwt_fault fault;
	bool (*read)(const struct gate_json *v, struct gate_jwt *jwt);
} members[] = {
    {"alg", true, GATE_JWT_ALG, read_alg},
    {"typ", false, GATE_JWT_TYP, read_typ},
    {"kid", false, GATE_JWT_KID, read_kid},
};

static enum gate_jwt_fault
read_header(struct gate_jwt *jwt)
{
	const struct gate_json *v;
	size_t i, known = 0;

	for (i = 0; i < GATE_COUNT(members); i++) {
		bool has = gate_json_get(jwt->header, members[i].name, &v);

		if (has ? !members[i].read(v, jwt) : members[i].is_needed)
			return members[i].fault;
		known += has;
	}
	/* The guard passed no name twice. */
	return known == gate_json_count(jwt->header) ? GATE_JWT_OK
						     : GATE_JWT_HEADER_MEMBER;
}

static enum gate_jwt_fault
read_iss(struct gate_jwt *jwt)
{
	const struct gate_json *v;

	return gate_json_get(jwt->claims, "iss", &v) &&
		gate_json_string(v, &jwt->iss) && jwt->iss.n > 0
	    ? GATE_JWT_OK
	    : GATE_JWT_ISS;
}

static enum gate_jwt_fault
read_parts(const struct parts *p, struct gate_jwt *jwt)
{
	enum gate_jwt_fault fault =
	    read_object(p->header, GATE_JWT_HEADER_JSON, &jwt->header);

	if (fault == GATE_JWT_OK)
		fault = read_header(jwt);
	if (fault == GATE_JWT_OK)
		fault =
		    read_object(p->claims, GATE_JWT_CLAIMS_JSON, &jwt->claims);
	if (fault == GATE_JWT_OK)
		fault = read_iss(jwt);
	if (fault == GATE_JWT_OK)
		fault = read_signature(p->signature, jwt);
	return fault;
}

enum gate_jwt_fault
gate_jwt_parse(struct gate_span token, struct gate_jwt *out)
{
	struct gate_jwt jwt = {.alg = GATE_ALG_COUNT};
	struct parts p;
	enum gate_jwt_fault fault = split(token, &p);

	if (fault != GATE_JWT_OK)
		return fault;
	jwt.signed_part = p.signed_part;
	fault = read_parts(&p, &jwt);
	if (fault == GATE_JWT_OK)
		*out = jwt;
	else
		gate_jwt_clear(&jwt);
	return fault;
}

void
gate_jwt_clear(struct gate_jwt *jwt)
{
	gate_json_free(jwt->header);
	gate_json_free(jwt->claims);
	jwt->header = NULL;
	jwt->claims = NULL;
}

enum gate_jwt_fault
gate_jwt_pick(const struct gate_jwt *jwt, const struct gate_jwt_key *keys,
    size_t key_count, const struct gate_jwt_key **out)
{
	size_t i;

	if (jwt->kid.n == 0) {
		if (key_count != 1)
			return GATE_JWT_KID_MISSING;
		*out = &keys[0];
		return GATE_JWT_OK;
	}
	for (i = 0; i < key_count; i++) {
		if (gate_span_is(jwt->kid, keys[i].id)) {
			*out = &keys[i];
			return GATE_JWT_OK;
		}
	}
	return GATE_JWT_KID_UNKNOWN;
}

enum gate_jwt_fault
gate_jwt_verify(const struct gate_jwt *jwt, const struct gate_verify_key *key)
{
	if (jwt->alg != gate_verify_key_alg(key))
		return GATE_JWT_ALG_OF_KEY;
	return fault_of(gate_verify(key, jwt->signed_part,
			    gate_span_of(jwt->signature, jwt->signature_n)),
	    GATE_JWT_SIGNATURE);
}

/* ,"name":"value" -- nothing if value is empty. */
static void
put_member(struct gate_buf *b, const char *name, struct gate_span value)
{
	if (value.n == 0)
		return;
	(void)gate_buf_printf(b, ",\"%s\":", name);
	(void)gate_json_put_string(b, value);
}

static void
put_header(struct gate_buf *b, enum gate_alg alg, struct gate_span kid)
{
	(void)gate_buf_printf(
	    b, "{\"alg\":\"%s\",\"typ\":\"JWT\"", gate_alg_name(alg));
	put_member(b, "kid", kid);
	(void)gate_buf_put_byte(b, '}');
}

static void
put_claims(struct gate_buf *b, const struct gate_jwt_claims *c)
{
	(void)gate_buf_put_str(b, "{\"iss\":");
	(void)gate_json_put_string(b, c->iss);
	(void)gate_buf_put_str(b, ",\"aud\":");
	(void)gate_json_put_string(b, c->aud);
	put_member(b, "sub", c->sub);
	(void)gate_buf_put_str(b, ",\"iat\":");
	(void)gate_buf_put_i64(b, c->iat_s);
	(void)gate_buf_put_str(b, ",\"exp\":");
	(void)gate_buf_put_i64(b, c->exp_s);
	put_member(b, "jti", c->jti);
	(void)gate_buf_put_byte(b, '}');
}

/* All puts into *out, which remembers a failure; json is for scratch. */
static enum gate_code
put_token(const struct gate_sign_key *key, struct gate_span kid,
    const struct gate_jwt_claims *claims, struct gate_buf *json,
    struct gate_buf *out)
{
	size_t before = out->n;
	struct gate_span data;
	enum gate_code code;

	put_header(json, gate_sign_key_alg(key), kid);
	(void)gate_base64url_put(out, gate_buf_span(json));
	code = json->failed;
	gate_buf_reset(json);
	put_claims(json, claims);
	(void)gate_buf_put_byte(out, '.');
	(void)gate_base64url_put(out, gate_buf_span(json));
	if (code == GATE_OK)
		code = json->failed;
	if (code == GATE_OK)
		code = out->failed;
	gate_buf_reset(json);
	if (code != GATE_OK)
		return code;
	data = gate_buf_span(out);
	data.p += before;
	data.n -= before;
	code = gate_sign(key, data, json);
	(void)gate_buf_put_byte(out, '.');
	(void)gate_base64url_put(out, gate_buf_span(json));
	return code != GATE_OK ? code : out->failed;
}

enum gate_code
gate_jwt_sign(const struct gate_sign_key *key, struct gate_span kid,
    const struct gate_jwt_claims *claims, struct gate_buf *out)
{
	size_t before = out->n;
	struct gate_buf json;
	enum gate_code code;

	gate_buf_init(&json, GATE_JWT_MAX);
	code = put_token(key, kid, claims, &json, out);
	gate_buf_clear(&json);
	if (code != GATE_OK)
		out->n = before;
	return code;
}

/*
 * The request's params and body. Owns the table of the params that we look
 * at; any other param is walked over and counted. Does not know doors or
 * schemes. Servers differ in what they send (all measured): an absent, empty
 * or -1 CONTENT_LENGTH is "unknown"; a repeated header comes as two params
 * or joined with a comma; lighttpd folds X_Sig into X-Sig.
 */
#include "config.h"

#include "fcgi/request.h"

#include <stddef.h>
#include <string.h>

#include "lib/num.h"

/* Param by param: where it goes, how long it may be, and whether a second
 * one is refused even if it says the same. Those that are not `once` come
 * from the server's configuration, where a set and an include may repeat a
 * line; a second value that differs is refused all the same. */
static const struct {
	struct gate_span name;
	size_t offset;
	size_t max;
	bool once;
} known[] = {
#define NAME(lit)                                                              \
	{                                                                      \
		(const unsigned char *)(lit), sizeof(lit) - 1                  \
	}
#define AT(member) offsetof(struct request, member)
    {NAME("FCGI_ROLE"), AT(role), 32, false},
    {NAME("REQUEST_METHOD"), AT(method), 32, false},
    {NAME("REQUEST_URI"), AT(uri), 8192, false},
    {NAME("CONTENT_TYPE"), AT(content_type), 256, false},
    {NAME("CONTENT_LENGTH"), AT(content_length), 32, false},
    {NAME("REMOTE_ADDR"), AT(remote_addr), 128, false},
    {NAME("HTTPS"), AT(https), 32, false},
    {NAME("REQUEST_SCHEME"), AT(scheme), 32, false},
    {NAME("HTTP_CONTENT_TYPE"), AT(content_type_header), 256, true},
    {NAME("HTTP_CONTENT_ENCODING"), AT(content_encoding), 256, true},
    {NAME("HTTP_X_FORWARDED_PROTO"), AT(forwarded_proto), 256, true},
    {NAME("HTTP_X_FORWARDED_FOR"), AT(forwarded_for), 2048, true},
    {NAME("HTTP_USER_AGENT"), AT(user_agent), 8192, false},
    {NAME("HTTP_TRACEPARENT"), AT(traceparent), 8192, false},
    {NAME("HTTP_IF_NONE_MATCH"), AT(if_none_match), 8192, false},
    {NAME("HTTP_AUTHORIZATION"), AT(authorization), 8192, true},
    {NAME("HTTP_IDEMPOTENCY_KEY"), AT(idempotency_key), 1024, true},
    {NAME("HTTP_X_WP_TIMESTAMP"), AT(wp_timestamp), 1024, true},
    {NAME("HTTP_X_WP_SIGNATURE"), AT(wp_signature), 1024, true},
    {NAME("HTTP_X_WP_KEY_ID"), AT(wp_key_id), 1024, true},
    {NAME("HTTP_X_SIGNATURE"), AT(x_signature), 1024, true},
    {NAME("HTTP_X_IDEMPOTENCY_KEY"), AT(x_idempotency_key), 1024, true},
    {NAME("HTTP_X_EDGE_TIMESTAMP"), AT(edge_timestamp), 1024, true},
    {NAME("HTTP_X_EDGE_NONCE"), AT(edge_nonce), 1024, true},
    {NAME("HTTP_X_EDGE_SIGNATURE"), AT(edge_signature), 1024, true},
    {NAME("HTTP_X_EDGE_KEY_ID"), AT(edge_key_id), 1024, true},
#undef AT
#undef NAME
};

/* A request of nobody we know carries a body of this many digits. */
#define LENGTH_DIGITS_MAX 9

static bool
has_control(struct gate_span v)
{
	size_t i;

	for (i = 0; i < v.n; i++)
		if (v.p[i] < 0x20 || v.p[i] == 0x7f)
			return true;
	return false;
}

static enum outcome
take(struct gate_span name, struct gate_span value, struct request *out,
    bool seen[])
{
	struct gate_span *slot;
	size_t i;

	for (i = 0; i < GATE_COUNT(known); i++)
		if (name.n == known[i].name.n && /* spares most calls */
		    gate_span_equal(name, known[i].name))
			break;
	if (i == GATE_COUNT(known))
		return OUTCOME_NONE;
	slot = (void *)((unsigned char *)out + known[i].offset);
	if (seen[i] && (known[i].once || !gate_span_equal(*slot, value)))
		return OUTCOME_HEADER_TWICE;
	if (value.n > known[i].max || has_control(value))
		return OUTCOME_MALFORMED;
	seen[i] = true;
	*slot = value;
	return OUTCOME_NONE;
}

static enum outcome
read_length(struct request *r)
{
	struct gate_span v = r->content_length;

	if (v.n == 0 || gate_span_is(v, "-1"))
		return OUTCOME_NONE;
	if (v.n > LENGTH_DIGITS_MAX ||
	    !gate_span_u64(v, UINT64_MAX, &r->length))
		return OUTCOME_MALFORMED;
	r->has_length = true;
	return OUTCOME_NONE;
}

enum outcome
request_params(char *const *params, struct request *out)
{
	bool seen[GATE_COUNT(known)] = {false};
	struct request r = {.params = params};
	enum outcome o;
	size_t i, bytes = 0;

	for (i = 0; params[i] != NULL; i++) {
		struct gate_span value = gate_span_str(params[i]), name;

		if (i >= REQUEST_PARAMS_MAX ||
		    value.n > REQUEST_PARAMS_BYTES_MAX - bytes)
			return OUTCOME_MALFORMED;
		bytes += value.n;
		if (!gate_span_until(&value, '=', value.n, &name))
			return OUTCOME_MALFORMED;
		o = take(name, value, &r, seen);
		if (o != OUTCOME_NONE)
			return o;
	}
	if (!gate_span_is(r.role, "RESPONDER"))
		return OUTCOME_MALFORMED;
	/* Caddy hands the first of two types to us as CONTENT_TYPE. */
	if (r.content_type_header.n > 0 &&
	    !gate_span_equal(r.content_type_header, r.content_type))
		return OUTCOME_HEADER_TWICE;
	o = read_length(&r);
	if (o == OUTCOME_NONE)
		*out = r;
	return o;
}

enum outcome
request_read_body(const struct request *r, const struct request_body *body,
    size_t max, struct gate_buf *out)
{
	static const enum outcome ends[] = {
	    [REQUEST_BODY_OK] = OUTCOME_NONE,
	    [REQUEST_BODY_LONG] = OUTCOME_TOO_LARGE,
	    [REQUEST_BODY_CUT] = OUTCOME_CUT_BODY,
	    [REQUEST_BODY_LATE] = OUTCOME_LATE_BODY,
	    [REQUEST_BODY_NOMEM] = OUTCOME_AWAY,
	};
	size_t before = out->n, n;
	enum outcome o;

	if (r->has_length && r->length > max)
		return OUTCOME_TOO_LARGE;
	o = ends[body->read(body->ctx, max, out)];
	if (o != OUTCOME_NONE)
		return o;
	n = out->n - before;
	/* FastCGI specification section 6.2: compare, and give up. */
	if (r->has_length && r->length != n)
		return OUTCOME_CUT_BODY;
	return n == 0 ? OUTCOME_EMPTY_BODY : OUTCOME_NONE;
}

size_t
request_headers(
    const struct request *r, struct gate_hook_header out[REQUEST_PARAMS_MAX])
{
	size_t i, n = 0;

	for (i = 0; r->params[i] != NULL && n < REQUEST_PARAMS_MAX; i++) {
		struct gate_span value = gate_span_str(r->params[i]), name;

		if (!gate_span_skip(&value, "HTTP_") ||
		    !gate_span_until(&value, '=', value.n, &name))
			continue;
		out[n++] = (struct gate_hook_header){name, value};
	}
	return n;
}

static bool
is_media(struct gate_span v, const char *media)
{
	struct gate_span type = v, rest = {0};

	if (gate_span_until(&v, ';', v.n, &type))
		rest = gate_span_trim(v);
	if (!gate_span_is_nocase(gate_span_trim(type), media))
		return false;
	return rest.n == 0 || gate_span_is_nocase(rest, "charset=utf-8") ||
	    gate_span_is_nocase(rest, "charset=\"utf-8\"");
}

bool
request_is_json(const struct request *r)
{
	return is_media(r->content_type, "application/json");
}

bool
request_is_form(const struct request *r)
{
	return is_media(r->content_type, "application/x-www-form-urlencoded");
}

/*
 * A request's way from its params to the edge of the signature: params
 * (lines of the input), route, cursor, the headers of schemes, addresses. What
 * a parser accepted must lie within the bytes it was given and keep its own
 * grammar; what it refused must leave the output alone.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi/address.h"
#include "fcgi/cursor.h"
#include "fcgi/request.h"
#include "fcgi/router.h"
#include "fcgi/scheme.h"
#include "lib/num.h"

#define LINES_MAX (REQUEST_PARAMS_MAX + 4)

/* The input's lines as strings, each a block of its own. */
static size_t
split(const uint8_t *data, size_t size, char *lines[LINES_MAX + 1])
{
	struct gate_span left = gate_span_of(data, size), line;
	size_t n = 0;

	while (left.n > 0 && n < LINES_MAX) {
		if (!gate_span_until(&left, '\n', left.n, &line)) {
			line = left;
			left.n = 0;
		}
		lines[n] = malloc(line.n + 1);
		GATE_ASSERT(lines[n] != NULL);
		if (line.n > 0)
			memcpy(lines[n], line.p, line.n);
		lines[n++][line.n] = '\0';
	}
	lines[n] = NULL;
	return n;
}

static void
check_scheme(const struct scheme *scheme, const struct request *r)
{
	struct gate_proof p = {.timestamp_s = -1};
	const char *why;

	if (scheme->read(r, false, &p, &why) != OUTCOME_NONE) {
		GATE_ASSERT(p.timestamp_s == -1);
		return;
	}
	GATE_ASSERT(p.timestamp_s >= 0);
	GATE_ASSERT(p.timestamp.n > 0 && p.timestamp.n <= 11);
	GATE_ASSERT(p.idempotency_key.n > 0 &&
	    p.idempotency_key.n <= GATE_PROOF_KEY_MAX);
	GATE_ASSERT(scheme->is_meant(r));
	GATE_ASSERT(scheme->read(r, true, &p, &why) == OUTCOME_NONE);
}

static void
check_bridge(const struct request *r)
{
	struct gate_proof p = {.timestamp_s = -1};
	const char *why = NULL;

	if (scheme_bridge.read(r, false, &p, &why) != OUTCOME_NONE) {
		GATE_ASSERT(p.timestamp_s == -1 && !p.has_token);
		return;
	}
	GATE_ASSERT(p.has_token && p.token.iss.n > 0);
	GATE_ASSERT(p.token.signed_part.n < r->authorization.n);
	GATE_ASSERT(scheme_bridge.is_meant(r));
	gate_proof_clear(&p);
	GATE_ASSERT(!p.has_token);
}

static void
check_route(const struct request *r)
{
	struct router_match m = {.door = DOOR_COUNT};
	struct cursor c = {.limit = -1};

	if (router_find(r->uri, "/m", &m) != GATE_OK &&
	    router_find(r->uri, "", &m) != GATE_OK) {
		GATE_ASSERT(m.door == DOOR_COUNT);
		return;
	}
	GATE_ASSERT(m.target.n <= r->uri.n && m.query.n < r->uri.n);
	if (!cursor_parse(m.query, &c)) {
		GATE_ASSERT(c.limit == -1);
		return;
	}
	GATE_ASSERT(c.limit >= 1 && c.limit <= CURSOR_LIMIT_MAX);
	GATE_ASSERT(
	    !c.is_given || (c.seq >= 0 && strlen(c.tag) == CURSOR_TAG - 1));
}

static void
check_address(const struct request *r)
{
	struct gate_ranges trusted;
	struct gate_address a, again;
	char text[GATE_ADDRESS_TEXT];

	GATE_ASSERT(gate_ranges_parse(
	    GATE_SPAN("127.0.0.0/8, ::1, 10.0.0.0/9"), &trusted));
	(void)address_is_private(r, &trusted);
	if (!address_of(r, &trusted, &a))
		return;
	gate_address_text(&a, text);
	GATE_ASSERT(gate_address_parse(gate_span_str(text), &again));
	GATE_ASSERT(gate_span_equal(gate_span_of(a.b, sizeof(a.b)),
	    gate_span_of(again.b, sizeof(again.b))));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *lines[LINES_MAX + 1];
	struct request r = {.length = 42};
	size_t n = split(data, size, lines);

	if (request_params(lines, &r) == OUTCOME_NONE) {
		GATE_ASSERT(gate_span_is(r.role, "RESPONDER"));
		GATE_ASSERT(r.wp_signature.n <= 1024 &&
		    r.edge_nonce.n <= 1024 && r.uri.n <= 8192);
		(void)request_is_json(&r);
		check_scheme(&scheme_relay, &r);
		check_scheme(&scheme_edge, &r);
		check_bridge(&r);
		check_route(&r);
		check_address(&r);
	} else {
		GATE_ASSERT(r.length == 42 && r.role.n == 0);
	}
	while (n > 0)
		free(lines[--n]);
	return 0;
}

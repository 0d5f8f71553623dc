/*
 * Looking up sites and what belongs to them. All names come from the
 * network, so they are spans; the lists are short and constant, and a
 * linear walk over them costs less than a signature. Building them is
 * lib/conf_site.c's work.
 */
#include "config.h"

#include "lib/site.h"

#include "lib/num.h"

static const char *const schemes[] = {
    [GATE_SCHEME_RELAY] = "relay",
    [GATE_SCHEME_EDGE] = "edge",
    [GATE_SCHEME_HMAC] = "hmac",
    [GATE_SCHEME_BRIDGE] = "bridge",
};
_Static_assert(GATE_COUNT(schemes) == GATE_SCHEME_COUNT, "a word is missing");

static const char *const states[] = {
    [GATE_KEY_NEXT] = "next",
    [GATE_KEY_CURRENT] = "current",
    [GATE_KEY_RETIRING] = "retiring",
    [GATE_KEY_RETIRED] = "retired",
};
_Static_assert(GATE_COUNT(states) == GATE_KEY_STATE_COUNT, "a word is missing");

const char *
gate_scheme_name(enum gate_scheme scheme)
{
	return schemes[scheme];
}

const char *
gate_key_state_name(enum gate_key_state state)
{
	return states[state];
}

bool
gate_scheme_parse(struct gate_span name, enum gate_scheme *out)
{
	size_t i;

	for (i = 0; i < GATE_COUNT(schemes); i++)
		if (gate_span_is(name, schemes[i])) {
			*out = (enum gate_scheme)i;
			return true;
		}
	return false;
}

bool
gate_key_state_parse(struct gate_span name, enum gate_key_state *out)
{
	size_t i;

	for (i = 0; i < GATE_COUNT(states); i++)
		if (gate_span_is(name, states[i])) {
			*out = (enum gate_key_state)i;
			return true;
		}
	return false;
}

const struct gate_site *
gate_site_by_name(const struct gate_sites *s, struct gate_span name)
{
	size_t low = 0, high = s->count, mid;
	int order;

	while (low < high) {
		mid = low + (high - low) / 2;
		order =
		    gate_span_compare(name, gate_span_str(s->list[mid].name));
		if (order == 0)
			return &s->list[mid];
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

const struct gate_site *
gate_site_default(const struct gate_sites *s)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		if (s->list[i].is_default)
			return &s->list[i];
	return NULL;
}

const struct gate_site *
gate_site_by_secret(const struct gate_sites *s, enum gate_scheme scheme,
    struct gate_span key_id)
{
	const struct gate_hmac_secrets *secrets;
	size_t i, k;

	for (i = 0; i < s->count; i++) {
		secrets = &s->list[i].secrets[scheme];
		for (k = 0; k < secrets->count; k++)
			if (gate_span_is(key_id, secrets->list[k].id))
				return &s->list[i];
	}
	return NULL;
}

const struct gate_site *
gate_site_by_issuer(const struct gate_sites *s, struct gate_span issuer)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		if (s->list[i].bridge.issuer != NULL &&
		    gate_span_is(issuer, s->list[i].bridge.issuer))
			return &s->list[i];
	return NULL;
}

const struct gate_route *
gate_site_route(const struct gate_site *s, struct gate_span name)
{
	size_t i;

	for (i = 0; i < s->route_count; i++)
		if (gate_span_is(name, s->routes[i].name))
			return &s->routes[i];
	return NULL;
}

bool
gate_site_has_event_type(const struct gate_site *s, struct gate_span type)
{
	size_t i;

	for (i = 0; i < s->event_type_count; i++)
		if (gate_span_is(type, s->event_types[i]))
			return true;
	return false;
}

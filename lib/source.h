/*
 * A source: a third party that sends a site's events to /api/webhooks/NAME,
 * verified as its provider signs. Plain data, built by lib/conf_source.c from
 * the site's file, constant afterwards.
 */
#ifndef GATE_SOURCE_H
#define GATE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/event.h"
#include "lib/provider.h"
#include "lib/secret.h"
#include "lib/site.h"
#include "lib/span.h"

struct gate_source_secret {
	char *id; /* unique within the source */
	enum gate_key_state state;
	struct gate_provider_key *key; /* NULL: not wanted */
	struct gate_mark mark;
	struct gate_secret text; /* empty: not wanted */
	int line;
};

/* JSON Pointers into an event as the provider sends it; NULL: what the
 * provider's profile says, if it says anything. */
struct gate_source_map {
	char *subject_id;
	char *subject_type;
	char *actor_id;
	char *actor_email;
	char *action_type;
	char *action_reason;
	char *occurred_at;
	char *data;
};

/* What the operator of a generic provider fills in, as it is written. */
struct gate_source_how {
	enum gate_seal seal;
	enum gate_key_form key_form;
	enum gate_encoding encoding;
	enum gate_grammar grammar;
	enum gate_time_unit time_unit;
	char *header, *mark, *separator, *message, *id_header, *time;
	char **others;
	size_t other_count;
};

struct gate_source {
	char *name; /* in the URL; unique over all sites */
	const struct gate_provider *provider;
	char *public_url; /* what the provider was told, or "" */
	char *setting;    /* NULL: none is needed */
	int64_t body_max_bytes;
	int64_t tolerance_s; /* 0: the provider's own */
	char **id, **type; /* places, as they are written; none: the profile */
	size_t id_count, type_count;
	char *batch; /* NULL: the profile's */
	enum gate_media media;
	struct gate_source_how how;
	/* The provider's, with what the operator has said. */
	struct gate_signing signing;
	struct gate_profile profile;
	struct gate_source_map map;
	struct gate_allow allow;
	struct gate_limit limit; /* of deliveries, once they are verified */
	struct gate_event_rules event_rules;
	struct gate_secret verify_token; /* empty: no GET is answered */
	struct gate_source_secret *secrets;
	size_t secret_count;
	struct gate_provider_secret *keys; /* the same, to verify with */
	int line;
};

/*
 * The source of that name, whosever it is.
 * site  out: whose; untouched if there is none
 * NULL: there is none.
 */
const struct gate_source *gate_source_find(const struct gate_sites *sites,
    struct gate_span name, const struct gate_site **site);

#endif

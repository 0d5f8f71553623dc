/*
 * What happens to an accepted event: routes, their steps, the services that
 * steps call, and the retry policies. Plain data, built by lib/conf_route.c and
 * constant afterwards; strings are owned by the configuration.
 */
#ifndef GATE_ROUTE_H
#define GATE_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/secret.h"
#include "lib/span.h"
#include "lib/template.h"

enum gate_urgency {
	GATE_URGENCY_HIGH,
	GATE_URGENCY_NORMAL,
	GATE_URGENCY_LOW,
	GATE_URGENCY_COUNT
};
enum gate_mode { GATE_MODE_LIVE, GATE_MODE_DRY_RUN, GATE_MODE_MIRROR };
enum gate_service_kind { GATE_SERVICE_OPENAI_CHAT, GATE_SERVICE_HTTP };

/* [A-Za-z0-9._:/-]{1,100} */
bool gate_is_event_type(struct gate_span in);

const char *gate_urgency_name(enum gate_urgency u); /* "high" ... */
const char *gate_mode_name(enum gate_mode m);       /* "live" "dry-run" ... */
const char *gate_service_kind_name(enum gate_service_kind k);

/* When a failed call is tried again; one for each urgency. */
struct gate_policy {
	int64_t attempts; /* tries of one step, the first one included */
	int64_t base_ms;  /* jitter ceiling before the second try */
	int64_t factor;   /* ceiling grows by this each try */
	int64_t cap_ms;
	int64_t window_s; /* from the step's first claim; later: dead letter */
};

struct gate_service {
	char *name;
	enum gate_service_kind kind;
	char *url; /* chat: base, ".../v1"; http: default for its steps */
	struct gate_secret secret; /* Bearer; empty: none sent */
	char *ca_file; /* who may sign for it; NULL: whom the system trusts */
	int64_t connect_timeout_ms;
	int64_t timeout_ms; /* whole call */
	int64_t in_flight;  /* calls at once, per worker */
	bool allow_private; /* may resolve to a private or loopback address */
	char *file;
	int line;
};

struct gate_step {
	char *name;
	const struct gate_service *service;
	/* openai-chat */
	char *model;
	struct gate_template *prompt; /* prompt or prompt_file */
	struct gate_template *system; /* NULL: no system message */
	int64_t max_tokens;           /* 0: not sent */
	/* http */
	char *method;
	struct gate_template *url;  /* NULL: the service's */
	struct gate_template *body; /* NULL: no body */
	char *content_type;
	int line;
};

struct gate_route {
	char *name;
	char **events; /* event types; "*" takes any that is configured, of
			  sources any */
	size_t event_count;
	char **sources; /* whose events; none: the site's own */
	size_t source_count;
	enum gate_urgency urgency;
	enum gate_mode mode;
	struct gate_step *steps; /* at least one */
	size_t step_count;
	struct gate_template *result; /* JSON text; NULL: last step's output */
	char *serial_key;   /* JSON Pointer into the event; NULL: not serial */
	char *coalesce_key; /* JSON Pointer; NULL: none */
	int line;
};

/* source: the third party that sent it; NULL: the site did. */
bool gate_route_takes(const struct gate_route *r, const char *source,
    struct gate_span event_type);
/* Whether it is for events of that third party at all; NULL: of the site. */
bool gate_route_serves(const struct gate_route *r, const char *source);
/* NULL if there is none. */
const struct gate_step *gate_route_step(
    const struct gate_route *r, struct gate_span name);
/* What a claim of this step is leased for, in seconds: the service's
 * timeout and half of it again, at least 10. */
int64_t gate_step_lease_s(const struct gate_step *s);

#endif

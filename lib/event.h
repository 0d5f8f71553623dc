/*
 * What a site, or one of its sources, says of the events of one type: the
 * schema that they have to fit. Plain data, built by lib/conf_event.c,
 * constant afterwards.
 */
#ifndef GATE_EVENT_H
#define GATE_EVENT_H

#include <stddef.h>

#include "lib/err.h"
#include "lib/json.h"
#include "lib/schema.h"
#include "lib/span.h"

struct gate_event_rule {
	char *type;
	struct gate_schema *schema; /* NULL: not wanted */
};

struct gate_event_rules {
	struct gate_event_rule *list;
	size_t count;
};

/* What becomes of an event whose type nobody knows, or that does not fit its
 * schema, at a site's own doors. */
enum gate_event_policy {
	GATE_EVENT_REFUSE,   /* 422 */
	GATE_EVENT_UNROUTED, /* stored, nothing else */
	GATE_EVENT_BURY,     /* stored, and a dead letter: schemas only */
	GATE_EVENT_POLICY_COUNT
};

/*
 * Holds an event against the schema of its type, if there is one.
 *
 * event   as it was sent, from gate_json_parse
 * shaped  out: NULL, or how it is to be stored instead; the caller's to free
 * fault   written on GATE_E_BAD
 * Returns GATE_OK; GATE_E_BAD: it does not fit, and never will under this
 *         configuration; GATE_E_NOMEM. *shaped is NULL unless GATE_OK.
 */
enum gate_code gate_event_judge(const struct gate_event_rules *rules,
    struct gate_span type, const struct gate_json *event,
    struct gate_json **shaped, struct gate_schema_fault *fault) GATE_MUSTCHECK;

#define GATE_EVENT_CAUSE_MAX 300
/* "schema: maxLength at /title", for whoever looks at what was buried. */
void gate_event_cause(
    const struct gate_schema_fault *fault, char dst[GATE_EVENT_CAUSE_MAX]);

#endif

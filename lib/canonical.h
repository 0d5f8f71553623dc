/*
 * The canonical form of an event, whatever door it came through:
 *
 *	{"tenant_id": site's name,
 *	 "source": "relay", "edge", ...,
 *	 "type": "post.published",
 *	 "actor": {"id": author or null, "email": null},
 *	 "subject": {"id": object_ref or null, "type": "post" or null},
 *	 "action": {"type": "published", "reason": null},
 *	 "data": the body as it was sent, or its member data (bridge),
 *	 "occurred_at": RFC 3339 UTC or null}
 *
 * The pointers of routes and templates point into this document. Subject
 * type and action are the event type split at its last dot; without a dot
 * the whole type is the action.
 */
#ifndef GATE_CANONICAL_H
#define GATE_CANONICAL_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/span.h"

/* A longer reference is none: it is a name to look things up by. */
#define GATE_CANONICAL_REF_MAX 256

struct gate_canonical {
	struct gate_buf text; /* the document */
	struct gate_buf ref;  /* object_ref as text; empty: none */
	bool has_occurred;
	int64_t occurred_ms;
};

/* Memory is kept from one use to the next. */
void gate_canonical_init(struct gate_canonical *c);
void gate_canonical_clear(struct gate_canonical *c);

/* Which members of a door's bodies hold what. NULL: none does. */
struct gate_canonical_form {
	const char *source; /* the scheme's name */
	const char *type;
	const char *refs[2]; /* the first that is there */
	const char *times[2];
	const char *actor;
	const char *data; /* NULL: the whole body */
};

/* Of the own doors. */
extern const struct gate_canonical_form gate_form_bridge;
extern const struct gate_canonical_form gate_form_relay;
extern const struct gate_canonical_form gate_form_edge;

/* What a form is put together from. Values that are no scalars count as
 * NULL. */
struct gate_canonical_parts {
	const char *site;
	const char *source;
	struct gate_span type;
	const struct gate_json *actor_id; /* NULL, here and below: null */
	const struct gate_json *actor_email;
	const struct gate_json *subject_type; /* NULL: as the type says */
	const struct gate_json *action_type;  /* NULL: as the type says */
	const struct gate_json *action_reason;
	const struct gate_json *data; /* any value */
	struct gate_span raw;         /* data as guarded text; empty: data */
};

/*
 * Writes c's text from the parts, its ref and its time.
 * Returns GATE_OK, GATE_E_LIMIT, GATE_E_NOMEM.
 */
enum gate_code gate_canonical_put(struct gate_canonical *c,
    const struct gate_canonical_parts *p) GATE_MUSTCHECK;

/*
 * Fills c from a body. raw is its text, which json_guard has passed.
 * Returns GATE_OK, GATE_E_LIMIT, GATE_E_NOMEM.
 */
enum gate_code gate_canonical_fill(struct gate_canonical *c,
    const struct gate_canonical_form *form, const char *site,
    struct gate_span type, const struct gate_json *body,
    struct gate_span raw) GATE_MUSTCHECK;

/*
 * The scalar at pointer as text, appended to out; nothing if there is none.
 * doc is the parsed document.
 */
enum gate_code gate_canonical_scalar(const struct gate_json *doc,
    const char *pointer, struct gate_buf *out) GATE_MUSTCHECK;

#endif

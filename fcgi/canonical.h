/*
 * The canonical form of an event, whatever door it came through:
 *
 *	{"tenant_id": site's name,
 *	 "source": "relay",
 *	 "type": "post.published",
 *	 "actor": {"id": author or null, "email": null},
 *	 "subject": {"id": object_ref or null, "type": "post" or null},
 *	 "action": {"type": "published", "reason": null},
 *	 "data": the body as it was sent,
 *	 "occurred_at": RFC 3339 UTC or null}
 *
 * The pointers of routes and templates point into this document. Subject
 * type and action are the event type split at its last dot; without a dot
 * the whole type is the action.
 */
#ifndef FCGI_CANONICAL_H
#define FCGI_CANONICAL_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/json.h"
#include "lib/span.h"

/* A longer reference is none: it is a name to look things up by. */
#define CANONICAL_REF_MAX 256

struct canonical {
	struct gate_buf text; /* the document */
	struct gate_buf ref;  /* object_ref as text; empty: none */
	bool has_occurred;
	int64_t occurred_ms;
};

/* Memory is kept from one use to the next. */
void canonical_init(struct canonical *c);
void canonical_clear(struct canonical *c);

/*
 * Fills c from a relay body. raw is that body, which json_guard has passed,
 * so it is put into the document as it is, without a copy of its tree.
 * object_ref is the member object_ref or post_id, occurred_at the member
 * occurred_at or published_at.
 * Returns GATE_OK, GATE_E_LIMIT, GATE_E_NOMEM.
 */
enum gate_code canonical_relay(struct canonical *c, const char *site,
    struct gate_span type, const struct gate_json *body,
    struct gate_span raw) GATE_MUSTCHECK;

/*
 * The scalar at pointer as text, appended to out; nothing if there is none.
 * doc is the parsed document.
 */
enum gate_code canonical_scalar(const struct gate_json *doc,
    const char *pointer, struct gate_buf *out) GATE_MUSTCHECK;

#endif

/*
 * A delivery of a third party as events: its body read, split where it
 * carries many, and of each event the type, the identity and the canonical
 * form, as the provider's profile and the operator's map say. Pure: the same
 * delivery gives the same events, so one that was stored can be held against
 * them later. Whether it is authentic is lib/provider.h's, and comes first.
 */
#ifndef GATE_WEBHOOK_H
#define GATE_WEBHOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/canonical.h"
#include "lib/crypto.h"
#include "lib/err.h"
#include "lib/form.h"
#include "lib/json.h"
#include "lib/source.h"
#include "lib/span.h"

#define GATE_WEBHOOK_KEY_MAX 128
/* The type of what has none: an event that no route can take. */
#define GATE_WEBHOOK_NO_TYPE "unknown"

struct gate_webhook_event {
	struct gate_span type;       /* of gate_is_event_type's grammar */
	struct gate_span key;        /* the identity: 0x21 to 0x7e */
	struct gate_span second_key; /* empty: none is needed */
	struct gate_span object_ref; /* empty: none */
	bool has_occurred;
	int64_t occurred_ms;
	unsigned char fingerprint[GATE_SHA256_BYTES];
	struct gate_span canonical; /* JSON */
	/* Not what the profile says: no JSON, no type, no data where the map
	 * says, or not what its schema wants. It is an event all the same, with
	 * whatever was there. */
	bool is_broken;
	/* Why, where it does not fit its schema; empty: it does. */
	char cause[GATE_EVENT_CAUSE_MAX];
};

struct gate_webhook {
	struct gate_json *doc; /* the body; NULL: it is none */
	struct gate_form form; /* where it was one */
	struct gate_span text; /* the body as JSON; empty: it is none */
	struct gate_webhook_event *events;
	size_t count;
	struct gate_buf words; /* what all borrow from, beside the delivery */
	struct gate_buf body;
};

/* What is read. All borrowed. */
struct gate_webhook_in {
	const char *site;
	const struct gate_source *source;
	const struct gate_hook *hook;
	bool is_form; /* by the content type */
};

/*
 * Reads the body. What cannot be read is no error: doc is then NULL.
 *
 * w  zeroed; to be cleared whatever is returned
 * Returns GATE_OK, GATE_E_NOMEM.
 */
enum gate_code gate_webhook_read(
    struct gate_webhook *w, const struct gate_webhook_in *in) GATE_MUSTCHECK;

/* More than any provider sends; one call has to store them. */
#define GATE_WEBHOOK_EVENTS_MAX 4096

/*
 * Makes the events of what was read: one, or as many as a batch has, which
 * may be none. A batch of too many is one event, kept whole.
 *
 * c  for work; what stood in it is gone
 * Returns GATE_OK, GATE_E_LIMIT, GATE_E_NOMEM.
 */
enum gate_code gate_webhook_split(struct gate_webhook *w,
    const struct gate_webhook_in *in, struct gate_canonical *c) GATE_MUSTCHECK;

void gate_webhook_clear(struct gate_webhook *w);

/*
 * The value of a place, appended as text; nothing if it is not there or is
 * no scalar. json: the event within the body, or NULL. bytes: of the event.
 * GATE_OK, GATE_E_LIMIT, GATE_E_NOMEM.
 */
struct gate_webhook_item {
	const struct gate_webhook_in *in;
	const struct gate_webhook *of;
	const struct gate_json *json;
	struct gate_span bytes;
	struct gate_span stable; /* without what the profile says varies */
};
enum gate_code gate_webhook_value(const struct gate_webhook_item *item,
    const struct gate_place *place, struct gate_buf *out) GATE_MUSTCHECK;

#endif

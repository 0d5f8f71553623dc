/*
 * What templates see: the canonical event's members (tenant_id, source,
 * type, actor, subject, action, data, occurred_at) and beside them
 * request_id, idempotency_key, object_ref and steps
 * ({"NAME": {"output": ...}}). doc/routes.md describes it for people.
 */
#ifndef WORKER_DOC_H
#define WORKER_DOC_H

#include "lib/err.h"
#include "lib/json.h"
#include "lib/span.h"
#include "worker/job.h"

struct doc_parts {
	struct gate_span canonical; /* JSON text, an object */
	struct gate_span steps;     /* JSON text; empty: none */
	struct gate_span request_id;
	struct gate_span idempotency_key;
	struct gate_span object_ref; /* empty: null */
};

/* Sets j->doc and j->steps. GATE_E_BAD, GATE_E_LIMIT: what is stored cannot
 * be read (err says where, not what); GATE_E_NOMEM. */
enum gate_code doc_make(struct job *j, const struct doc_parts *p,
    struct gate_err *err) GATE_MUSTCHECK;

/* Adds a step's output to what templates see; output is copied. */
enum gate_code doc_put_output(struct job *j, const char *step,
    const struct gate_json *output) GATE_MUSTCHECK;

/*
 * Appends the route's result as JSON text: its template filled, else
 * output. GATE_E_BAD also if the filled template is not JSON.
 */
enum gate_code doc_put_result(struct job *j, const struct gate_json *output,
    struct gate_buf *out, struct gate_err *err) GATE_MUSTCHECK;

#endif

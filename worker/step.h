/*
 * Steps: one table that says, for each kind of service, how a request is
 * made and how an answer is understood.
 */
#ifndef WORKER_STEP_H
#define WORKER_STEP_H

#include "lib/err.h"
#include "lib/http.h"
#include "lib/json.h"
#include "lib/route.h"
#include "worker/call.h"
#include "worker/job.h"

/* out after call_init. Codes as gate_template_fill, GATE_E_NOMEM. */
enum gate_code step_render(const struct gate_step *step,
    const struct gate_json *doc, struct call *out,
    struct gate_err *err) GATE_MUSTCHECK;

/* Fills *out whole; the caller clears it. The service's secret is taken out
 * of the answer before anything is read from it. */
void step_answer(const struct gate_step *step, const struct gate_http_answer *a,
    int64_t now_wall_ms, struct call_answer *out);

/*
 * Dry run: appends {"requests": [{"step", "method", "url", "content_type",
 * "secret", "body"}]} as JSON text; secret is only true or false. A step
 * that cannot be rendered, because it needs what an earlier one would have
 * answered, has {"step", "error"} instead.
 */
enum gate_code step_put_rehearsal(
    const struct job *j, struct gate_buf *out) GATE_MUSTCHECK;

#endif

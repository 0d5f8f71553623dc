/*
 * Steps of kind http: any request over templates, any answer. Builds and
 * understands; sends nothing.
 */
#ifndef WORKER_CALL_HTTP_H
#define WORKER_CALL_HTTP_H

#include "lib/err.h"
#include "lib/http.h"
#include "lib/json.h"
#include "lib/route.h"
#include "worker/call.h"

#define CALL_HTTP_TEXT_MAX 16384 /* kept of an answer that is not JSON */

/*
 * Fills *out (after call_init). A URL that starts with one slash is taken as
 * a path below the service's; none is the service's. The secret goes only
 * where scheme, host and port are the service's own, because a URL is built
 * from an event's values. A body that says it is JSON must be.
 * Codes as gate_template_fill, GATE_E_NOMEM.
 */
enum gate_code call_http_render(const struct gate_step *step,
    const struct gate_json *doc, struct call *out,
    struct gate_err *err) GATE_MUSTCHECK;

/*
 * output is {"status": 200, "body": ...}: the answer's JSON, null if it was
 * empty, else {"text": "..."} with its first CALL_HTTP_TEXT_MAX bytes.
 */
void call_http_answer(const struct gate_http_answer *a, int64_t now_wall_ms,
    struct call_answer *out);

#endif

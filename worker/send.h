/*
 * Sends a rendered request through lib/http with the headers that every
 * call carries: X-Request-Id, traceparent, Idempotency-Key, User-Agent,
 * and Authorization where the service's secret may go.
 */
#ifndef WORKER_SEND_H
#define WORKER_SEND_H

#include "lib/codec.h"
#include "lib/err.h"
#include "lib/http.h"
#include "worker/call.h"
#include "worker/job.h"

/*
 * The Idempotency-Key of a job's step: UUID version 5 of
 * "EVENT/ROUTE/STEP", or "EVENT/ROUTE/STEP/SALT" for a replay that asked for
 * a new key. The same over retries, lost leases and plain replays.
 * GATE_E_NOMEM.
 */
enum gate_code send_key(
    const struct job *j, char dst[GATE_UUID_TEXT]) GATE_MUSTCHECK;

/* The answer comes from gate_http_next with j as its ctx. Codes as
 * gate_http_start, GATE_E_SYS (no random numbers). */
enum gate_code send_call(struct gate_http *http, struct job *j,
    const struct call *c, struct gate_err *err) GATE_MUSTCHECK;

#endif

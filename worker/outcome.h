/*
 * What became of one call: settled, worth another try, or dead with a
 * cause. Made from the transfer's end and the status; what a service says in
 * its body is for the files that know its protocol.
 */
#ifndef WORKER_OUTCOME_H
#define WORKER_OUTCOME_H

#include <stdint.h>

#include "lib/http.h"
#include "lib/span.h"

enum outcome_kind { OUTCOME_OK, OUTCOME_RETRY, OUTCOME_DEAD };

/* Why a job died; the names are the database's (sql/README.md, finish). */
enum outcome_cause {
	CAUSE_NONE,
	CAUSE_POISON,
	CAUSE_CONFIG,
	CAUSE_REMOTE_4XX,
	CAUSE_REMOTE_5XX,
	CAUSE_TIMEOUT,
	CAUSE_TLS,
	CAUSE_REFUSED_ADDRESS,
	CAUSE_BREAKER,
	CAUSE_BUDGET,
	CAUSE_SCHEMA,
	CAUSE_COUNT
};

#define OUTCOME_ERROR_BYTES 501 /* what the database keeps, and a NUL */

struct outcome {
	enum outcome_kind kind;
	enum outcome_cause cause; /* of death, now or when tries run out */
	int64_t status;           /* HTTP; 0: there was no answer */
	int64_t retry_after_ms;   /* -1: the peer asked for nothing */
	char error[OUTCOME_ERROR_BYTES]; /* for people; "" when settled */
};

const char *outcome_cause_name(enum outcome_cause c); /* "remote_4xx" ... */
/* CAUSE_CONFIG if name is none of ours. */
enum outcome_cause outcome_cause_parse(struct gate_span name);

/*
 * Judges by end and status alone. 4xx is not repeated except 408, 409, 425
 * and 429; 5xx, timeouts and resets are; x-should-retry, where a service
 * sends it, wins over the status. A redirect is a mistake in the
 * configuration, since none is followed.
 */
void outcome_from_answer(
    const struct gate_http_answer *a, int64_t now_wall_ms, struct outcome *out);

/* Each fills *out whole; text is cut to what fits, on a character's edge. */
void outcome_dead(struct outcome *out, enum outcome_cause cause,
    const char *fmt, ...) GATE_PRINTF(3, 4);
/* Replaces the error's text only. */
void outcome_say(struct outcome *out, const char *fmt, ...) GATE_PRINTF(2, 3);

#endif

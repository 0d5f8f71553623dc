/*
 * The parameters of ingest(), from a delivery.
 */
#ifndef FCGI_INBOX_PARAMS_H
#define FCGI_INBOX_PARAMS_H

#include <stddef.h>

#include "fcgi/inbox.h"
#include "lib/clock.h"
#include "lib/codec.h"
#include "lib/db_param.h"
#include "lib/err.h"

/* The arrays of ingest(), in the order of its parameters from 18 on. */
enum inbox_column {
	INBOX_EVENT_IDS,
	INBOX_TYPES,
	INBOX_KEYS,
	INBOX_SECOND_KEYS,
	INBOX_FINGERPRINTS,
	INBOX_OBJECT_REFS,
	INBOX_OCCURRED,
	INBOX_CANONICAL,
	INBOX_JOB_EVENT,
	INBOX_JOB_LANE,
	INBOX_JOB_ROUTE,
	INBOX_JOB_STEP,
	INBOX_JOB_MODE,
	INBOX_JOB_SERIAL,
	INBOX_JOB_COALESCE,
	INBOX_JOB_DUE,
	INBOX_JOB_ERROR,
	INBOX_COLUMN_COUNT
};
#define INBOX_PARAM_MAX (17 + INBOX_COLUMN_COUNT + 1)

struct inbox_params {
	struct gate_param v[INBOX_PARAM_MAX];
	size_t count;
	/* What v borrows from, beside the delivery. */
	struct gate_array arrays[INBOX_COLUMN_COUNT];
	char site[GATE_PARAM_I64_TEXT];
	char source[GATE_PARAM_I64_TEXT];
	char ttl[GATE_PARAM_I64_TEXT];
	char second_ttl[GATE_PARAM_I64_TEXT];
	char version[GATE_PARAM_I64_TEXT];
	char expires[GATE_TIME_TEXT];
	char received[GATE_TIME_TEXT];
};

/*
 * d  borrowed for as long as p is used
 * Returns GATE_OK, GATE_E_LIMIT, GATE_E_NOMEM. To be cleared in any case.
 */
enum gate_code inbox_params_init(
    struct inbox_params *p, const struct inbox_delivery *d) GATE_MUSTCHECK;
void inbox_params_clear(struct inbox_params *p);

#endif

/*
 * What GET /results is asked for: its query, and cursors `seq.tag`.
 */
#ifndef FCGI_CURSOR_H
#define FCGI_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/span.h"

#define CURSOR_TAG 9 /* 8 hex digits and a NUL */
#define CURSOR_LIMIT_DEFAULT 100
#define CURSOR_LIMIT_MAX 500

struct cursor {
	bool is_given;         /* else from the start */
	struct gate_span text; /* as given */
	int64_t seq;
	char tag[CURSOR_TAG];
	int64_t limit; /* a larger one is cut to the maximum */
};

/*
 * query  untrusted, without '?'; members that we do not know are let be
 * Returns false, *out untouched, for a cursor that cannot be ours, a limit
 * that is no number from 1, or a member that stands twice.
 */
bool cursor_parse(struct gate_span query, struct cursor *out) GATE_MUSTCHECK;

#endif

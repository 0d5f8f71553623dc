/*
 * The tokens of RFC 8259, taken off the front of untrusted text. Part of
 * json_guard, which has the structure and the limits of whole documents.
 */
#ifndef GATE_JSON_SCAN_H
#define GATE_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/span.h"

struct gate_json_scan {
	struct gate_span rest;
	const char *fault; /* literal; set when a code other than OK returns,
			      and rest then begins at the fault */
	bool stored;       /* the text is of gate_json_guard_stored's kind */
	bool wide;         /* set when an integer beyond 64 bits came by */
	size_t exponents;  /* numbers that jsonb will write out; if stored */
};

void gate_json_scan_space(struct gate_json_scan *s);
/* True if the next byte is c; skip also takes it. */
bool gate_json_scan_is(const struct gate_json_scan *s, unsigned char c);
bool gate_json_scan_skip(struct gate_json_scan *s, unsigned char c);

/* A string with its quotes; *raw (may be NULL) is what stands between. */
enum gate_code gate_json_scan_string(
    struct gate_json_scan *s, struct gate_span *raw) GATE_MUSTCHECK;
/* A string, a number, true, false or null. */
enum gate_code gate_json_scan_scalar(struct gate_json_scan *s) GATE_MUSTCHECK;

/* Writes what raw stands for, at most raw.n bytes; returns how many. raw
 * must have come out of gate_json_scan_string. */
size_t gate_json_unescape(struct gate_span raw, unsigned char *dst);

/* Appends text that gate_json_guard_stored passed, with ".0" behind each
 * integer beyond 64 bits. GATE_E_LIMIT, GATE_E_NOMEM: out's. */
enum gate_code gate_json_put_widened(
    struct gate_span in, struct gate_buf *out) GATE_MUSTCHECK;

#endif

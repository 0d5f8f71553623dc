/*
 * Judging one captured request: what both kinds of doors share.
 */
#ifndef CLI_VERIFY_H
#define CLI_VERIFY_H

#include <stdint.h>

#include "cli/capture.h"
#include "cli/command.h"
#include "cli/hint.h"
#include "lib/conf.h"
#include "lib/err.h"

struct verify {
	const struct command *command;
	const struct gate_conf *conf; /* with keys and their text */
	const struct capture *capture;
	int64_t now_s; /* when it is judged */

	/* The verdict. */
	bool holds;
	const char *fault;         /* a name, for programs; NULL: it holds */
	char why[HINT_TEXT];       /* empty: it holds */
	char hint[HINT_TEXT];      /* empty: none was found */
	const char *door;          /* bridge, relay, edge, or the provider */
	const char *site, *key_id; /* NULL: not known */
	int64_t signed_s;          /* 0: not known */
};

/* Each fills the verdict. CLI_OK, or has said what is wrong with the
 * question and returns the exit code. */
int verify_own(struct verify *v) GATE_MUSTCHECK;
int verify_source(struct verify *v) GATE_MUSTCHECK;

/* The verdict in words; false, so that a walk can end with it. */
bool verify_fails(struct verify *v, const char *fault, const char *fmt, ...)
    GATE_PRINTF(3, 4);

/* "2026-11-22T06:30:00Z, 4 minutes off" into the hint: it would hold then. */
void verify_hint_clock(struct verify *v, int64_t signed_s);

#endif

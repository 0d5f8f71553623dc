/*
 * Refused requests, counted by site, door and reason, for the database: what
 * lets an operator see that a sender signs wrongly, or that somebody tries.
 * Nothing of a request is kept; all words are ours.
 */
#ifndef FCGI_TALLY_H
#define FCGI_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fcgi/visit.h"
#include "lib/buf.h"
#include "lib/db.h"
#include "lib/err.h"

#define TALLY_ROWS 64
/* A flood costs one small statement in so many seconds and process. */
#define TALLY_EVERY_MS 10000

struct tally_row {
	char site[64];   /* "": unknown */
	char source[65]; /* the door's name, or a third party's */
	const char *outcome;
	const char *why; /* NULL: the outcome says it all */
	int64_t count;
};

struct tally {
	struct tally_row rows[TALLY_ROWS];
	size_t count;
	int64_t others;     /* for which there was no row */
	int64_t flushed_ms; /* monotonic; 0: never */
};

/* Counts the visit, if a door refused it (a status of 400 to 499). */
void tally_add(struct tally *t, const struct visit *v);

/* Whether there is something to write and it is time to. */
bool tally_is_due(const struct tally *t, int64_t now_ms);

/* Appends what flush_rejections() takes. */
enum gate_code tally_text(const struct tally *t, struct gate_buf *out);

/*
 * Writes and forgets. On failure everything is kept for the next time; if
 * the connection broke in the middle, it may then be counted twice.
 */
enum gate_code tally_flush(struct tally *t, struct gate_db *db, int64_t now_ms,
    struct gate_err *err) GATE_MUSTCHECK;

#endif

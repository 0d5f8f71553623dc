/*
 * Which keys senders used, counted by site and key, for the database: so
 * that an operator who has put a new secret in place sees when the old one
 * is used no more. Counted after the answer, by whoever serves.
 */
#ifndef FCGI_USES_H
#define FCGI_USES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fcgi/visit.h"
#include "lib/buf.h"
#include "lib/db.h"
#include "lib/err.h"

#define USES_ROWS 64
#define USES_EVERY_MS 30000

struct uses_row {
	char site[64];
	char scheme[80]; /* a word of lib/site.h, or source/NAME */
	char key_id[72];
	int64_t events, fetches;
};

struct uses {
	struct uses_row rows[USES_ROWS];
	size_t count;
	int64_t flushed_ms; /* monotonic; 0: never */
	bool failed;        /* then */
};

/* Counts the visit, if its signature held, whatever became of it then. */
void uses_add(struct uses *u, const struct visit *v);

/* Whether there is something to write and it is time to, or no room. */
bool uses_is_due(const struct uses *u, int64_t now_ms);

/* Appends what flush_uses() takes. */
enum gate_code uses_text(const struct uses *u, struct gate_buf *out);

/* Writes and forgets. On failure everything is kept for the next time; if
 * the connection broke in the middle, it may then be counted twice. */
enum gate_code uses_flush(struct uses *u, struct gate_db *db, int64_t now_ms,
    struct gate_err *err) GATE_MUSTCHECK;

#endif

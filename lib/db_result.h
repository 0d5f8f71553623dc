/*
 * What lib/db.c makes of libpq's results. Not for anybody else: outside,
 * rows are opaque and SQLSTATEs have become codes.
 */
#ifndef GATE_DB_RESULT_H
#define GATE_DB_RESULT_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "lib/db.h"
#include "lib/err.h"

/* What a failure means for the caller and for the connection. */
struct gate_db_meaning {
	const char *state; /* SQLSTATE, or the beginning of one */
	enum gate_code code;
	bool drop;  /* the connection is of no use any more */
	bool again; /* nothing happened: run it once more ourselves */
};

/* Never NULL; an unknown SQLSTATE is GATE_E_DB_HARD. */
const struct gate_db_meaning *gate_db_meaning(const char *sqlstate);

/* Takes over res, also when it fails: NULL on no memory. */
struct gate_rows *gate_rows_new(PGresult *res);

/* First line of a libpq message into err, after the SQLSTATE if any. */
enum gate_code gate_db_fail(struct gate_err *err, enum gate_code code,
    const char *sqlstate, const char *message);

#endif

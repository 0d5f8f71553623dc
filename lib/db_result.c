/*
 * libpq's results: rows for callers, and what a SQLSTATE means (PostgreSQL
 * manual, appendix A). Knows no connection.
 */
#include "config.h"

#include "lib/db_result.h"

#include <stdlib.h>
#include <string.h>

#include "lib/num.h"

struct gate_rows {
	PGresult *res;
};

/* What a SQLSTATE (or its class, two characters) means for the caller. */
static const struct gate_db_meaning meanings[] = {
    {"40001", GATE_E_DB_RETRY, false, true},  /* serialization_failure */
    {"40P01", GATE_E_DB_RETRY, false, true},  /* deadlock_detected */
    {"26000", GATE_E_DB_RETRY, true, true},   /* lost prepared statement */
    {"0A000", GATE_E_DB_RETRY, true, true},   /* plan outlived a migration */
    {"25006", GATE_E_DB_RETRY, true, false},  /* read-only: failed over */
    {"55P03", GATE_E_DB_RETRY, false, false}, /* lock_not_available */
    {"57014", GATE_E_DB_RETRY, false, false}, /* statement timeout */
    {"57P", GATE_E_DB_RETRY, true, false},    /* stopping, starting, crashed */
    {"08", GATE_E_DB_RETRY, true, false},     /* connection */
    {"53", GATE_E_DB_RETRY, false, false},    /* disk, memory, connections */
    {"58", GATE_E_DB_RETRY, false, false},    /* input/output */
    {"", GATE_E_DB_HARD, false, false},       /* all others */
};

const struct gate_db_meaning *
gate_db_meaning(const char *sqlstate)
{
	size_t i = 0;

	while (strncmp(
		   sqlstate, meanings[i].state, strlen(meanings[i].state)) != 0)
		i++; /* ends: the last row matches anything */
	return &meanings[i];
}

/* libpq's messages end in a newline and may have several lines. */
enum gate_code
gate_db_fail(struct gate_err *err, enum gate_code code, const char *sqlstate,
    const char *message)
{
	size_t n = strcspn(message, "\n");

	if (n > GATE_ERR_TEXT)
		n = GATE_ERR_TEXT;
	return gate_err_set(err, code, "%s%s%.*s",
	    sqlstate == NULL ? "" : sqlstate, sqlstate == NULL ? "" : " ",
	    (int)n, message);
}

struct gate_rows *
gate_rows_new(PGresult *res)
{
	struct gate_rows *r = malloc(sizeof(*r));

	if (r == NULL)
		PQclear(res);
	else
		r->res = res;
	return r;
}

void
gate_rows_free(struct gate_rows *r)
{
	if (r == NULL)
		return;
	PQclear(r->res);
	free(r);
}

size_t
gate_rows_count(const struct gate_rows *r)
{
	return (size_t)PQntuples(r->res);
}

static void
cell(const struct gate_rows *r, size_t row, size_t col)
{
	GATE_ASSERT(row < (size_t)PQntuples(r->res));
	GATE_ASSERT(col < (size_t)PQnfields(r->res));
}

bool
gate_rows_is_null(const struct gate_rows *r, size_t row, size_t col)
{
	cell(r, row, col);
	return PQgetisnull(r->res, (int)row, (int)col) == 1;
}

struct gate_span
gate_rows_get(const struct gate_rows *r, size_t row, size_t col)
{
	cell(r, row, col);
	return gate_span_of(PQgetvalue(r->res, (int)row, (int)col),
	    (size_t)PQgetlength(r->res, (int)row, (int)col));
}

const char *
gate_rows_str(const struct gate_rows *r, size_t row, size_t col)
{
	cell(r, row, col);
	return PQgetvalue(r->res, (int)row, (int)col);
}

int64_t
gate_rows_i64(const struct gate_rows *r, size_t row, size_t col)
{
	int64_t v = 0;
	bool ok =
	    gate_span_i64(gate_rows_get(r, row, col), INT64_MIN, INT64_MAX, &v);

	GATE_ASSERT(ok);
	return v;
}

bool
gate_rows_bool(const struct gate_rows *r, size_t row, size_t col)
{
	return gate_span_is(gate_rows_get(r, row, col), "t");
}

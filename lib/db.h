/*
 * PostgreSQL; the only file that includes libpq. SQL stands in tables of
 * struct gate_stmt and is called by index, with bound parameters only.
 *
 * One connection, made when first needed and again after it broke (with a
 * pause that grows to 1 s, so that a dead server costs one try a pause). No
 * session state is relied upon, so pgbouncer in transaction mode works with
 * `prepared` off. A PGconn must not cross fork: open after it.
 *
 * Two ways to call, never mixed while a call is under way:
 *   gate_db_call                      waits, at most until a deadline (fcgi,
 * cli) gate_db_start / _fd / _step       for a loop of the caller's (worker)
 */
#ifndef GATE_DB_H
#define GATE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/codec.h"
#include "lib/err.h"
#include "lib/span.h"

struct gate_stmt {
	const char *name; /* of the prepared statement */
	const char *sql;
	int param_count;
};

/* A bound parameter. Text form unless binary is set (for bytea: raw
 * bytes). Borrowed until the call returns, or for start: until start does. */
struct gate_param {
	struct gate_span v;
	bool null;
	bool binary;
};

#define GATE_DB_PARAM_MAX 48

struct gate_db;
struct gate_rows;

struct gate_db_settings {
	const char *url;         /* conninfo or URI; copied */
	const char *application; /* application_name, a literal */
	int64_t connect_timeout_ms;
	int64_t call_timeout_ms; /* also sent as statement_timeout */
	bool prepared;
};

/* Connects lazily. stmts must outlive the db. GATE_E_NOMEM, GATE_E_CONF
 * (connection string). */
enum gate_code gate_db_open(const struct gate_db_settings *s,
    const struct gate_stmt *stmts, size_t stmt_count, struct gate_db **out,
    struct gate_err *err) GATE_MUSTCHECK;
void gate_db_close(struct gate_db *db);

/*
 * Runs one statement and waits for it, until the settings' call timeout or
 * until_ms on the monotonic clock (0: none), whichever is first.
 * 40001 and 40P01 are tried again three times.
 *
 * rows  NULL, or *rows is the caller's to free (also with no rows in it)
 * Returns GATE_OK; GATE_E_DB_RETRY: away, starting, stopping, read-only, out
 *         of connections or disk, locked, timed out: the connection was
 *         dropped if it is in doubt, and the statement MAY have committed;
 *         GATE_E_DB_HARD: refused (err has SQLSTATE and message; never
 *         parameters); GATE_E_NOMEM, GATE_E_LIMIT (parameter too large),
 *         GATE_E_BAD (a NUL inside a text parameter): nothing was sent.
 */
enum gate_code gate_db_call(struct gate_db *db, size_t stmt,
    const struct gate_param *params, size_t param_count, int64_t until_ms,
    struct gate_rows **rows, struct gate_err *err) GATE_MUSTCHECK;
/* The same for SQL from a migration file: several statements, no
 * parameters, no rows, simple protocol. Only for the operator's command. */
enum gate_code gate_db_script(
    struct gate_db *db, const char *sql, struct gate_err *err) GATE_MUSTCHECK;

/*
 * Begins one statement without waiting. One at a time: gate_db_busy is true
 * until gate_db_step says that it is over.
 */
enum gate_code gate_db_start(struct gate_db *db, size_t stmt,
    const struct gate_param *params, size_t param_count,
    struct gate_err *err) GATE_MUSTCHECK;
bool gate_db_busy(const struct gate_db *db);
/* The socket to wait on and for what; -1 when there is none (then only the
 * timeout counts). */
int gate_db_fd(const struct gate_db *db, bool *want_write);
/* Monotonic ms at which gate_db_step must be called at the latest;
 * INT64_MAX if nothing is under way. */
int64_t gate_db_deadline_ms(const struct gate_db *db);
/*
 * Makes progress. *done = false: wait again. *done = true: the statement is
 * over, the code and *rows are as from gate_db_call.
 */
enum gate_code gate_db_step(struct gate_db *db, bool *done,
    struct gate_rows **rows, struct gate_err *err) GATE_MUSTCHECK;

/* Rows. Indices beyond are our bug and abort. Borrowed from rows. */
void gate_rows_free(struct gate_rows *r);
size_t gate_rows_count(const struct gate_rows *r);
bool gate_rows_is_null(const struct gate_rows *r, size_t row, size_t col);
struct gate_span gate_rows_get(const struct gate_rows *r, size_t row,
    size_t col); /* NULL reads as empty */
const char *gate_rows_str(const struct gate_rows *r, size_t row, size_t col);
/* NULL, or no integer: aborts, since our own SQL made it. */
int64_t gate_rows_i64(const struct gate_rows *r, size_t row, size_t col);
bool gate_rows_bool(const struct gate_rows *r, size_t row, size_t col);

/* Parameters. */
struct gate_param gate_param_text(struct gate_span v);
struct gate_param gate_param_str(const char *v);        /* NULL: SQL null */
struct gate_param gate_param_bytes(struct gate_span v); /* bytea */
struct gate_param gate_param_null(void);
/* num: caller's room for the digits, must live as long as the parameter. */
#define GATE_PARAM_I64_TEXT GATE_I64_TEXT
struct gate_param gate_param_i64(int64_t v, char num[GATE_PARAM_I64_TEXT]);

/*
 * A one-dimensional array parameter in PostgreSQL's text form. Put elements,
 * then gate_array_param. Failures stick in the buffer, as in lib/buf.h.
 */
struct gate_array {
	struct gate_buf buf;
	size_t count;
};

void gate_array_init(struct gate_array *a, size_t max_bytes);
void gate_array_clear(struct gate_array *a);
void gate_array_put(struct gate_array *a, struct gate_span v);
void gate_array_put_bytes(struct gate_array *a, struct gate_span v); /*bytea[]*/
void gate_array_put_i64(struct gate_array *a, int64_t v);
void gate_array_put_null(struct gate_array *a);
/* GATE_OK, or what failed. *out borrows from a. */
enum gate_code gate_array_param(
    struct gate_array *a, struct gate_param *out) GATE_MUSTCHECK;

#define GATE_DB_VERSION_TEXT 32 /* "libpq 15.12" */
void gate_db_version(char dst[GATE_DB_VERSION_TEXT]);

#endif

/*
 * PostgreSQL: the one statement under way. The connection is lib/db_link.c,
 * results are lib/db_result.c; no SQL stands here. The waiting call is the
 * loop's calls with a poll(2) between them, so there is one machine:
 *
 *	begin -> (link up) -> PREPARING -> RUNNING -> done
 *	             ^------------ once more, on a deadlock
 *
 * Who calls: fcgi/inbox.c, worker/queue.c, cli/.
 */
#include "config.h"

#include "lib/db.h"

#include <errno.h>
#include <libpq-fe.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/db_link.h"
#include "lib/db_param.h"
#include "lib/db_result.h"
#include "lib/num.h"

#define TRIES_MAX 4 /* one, and three more on deadlock or serialisation */

enum stage { IDLE, READY, PREPARING, RUNNING };

struct gate_db {
	struct gate_link link;
	const struct gate_stmt *stmts;
	size_t stmt_count;
	unsigned int *known; /* link.serial on which it was prepared */
	bool prepared;
	int64_t call_timeout_ms;

	enum stage stage; /* IDLE: nothing under way */
	size_t stmt;
	struct gate_param *params; /* a copy */
	size_t param_count;
	int tries;
	int64_t deadline_ms;
	PGresult *last;
};

enum gate_code
gate_db_open(const struct gate_db_settings *s, const struct gate_stmt *stmts,
    size_t stmt_count, struct gate_db **out, struct gate_err *err)
{
	struct gate_db *db = calloc(1, sizeof(*db));
	enum gate_code code;

	if (db == NULL)
		return gate_err_set(err, GATE_E_NOMEM, "out of memory");
	db->stmts = stmts;
	db->stmt_count = stmt_count;
	db->prepared = s->prepared;
	db->call_timeout_ms = s->call_timeout_ms;
	code = gate_link_init(&db->link, s, err);
	if (code == GATE_OK) {
		db->known = calloc(stmt_count + 1, sizeof(*db->known));
		if (db->known == NULL)
			code = gate_err_set(err, GATE_E_NOMEM, "out of memory");
	}
	if (code != GATE_OK) {
		gate_db_close(db);
		return code;
	}
	*out = db;
	return GATE_OK;
}

static void
forget(struct gate_db *db)
{
	PQclear(db->last);
	db->last = NULL;
}

static void
finish(struct gate_db *db)
{
	forget(db);
	db->stage = IDLE;
	free(db->params);
	db->params = NULL;
}

void
gate_db_close(struct gate_db *db)
{
	if (db == NULL)
		return;
	finish(db);
	gate_link_clear(&db->link);
	free(db->known);
	free(db);
}

static enum gate_code
begin(struct gate_db *db, size_t stmt, const struct gate_param *params,
    size_t param_count, bool deep, int64_t until_ms, struct gate_err *err)
{
	enum gate_code code;

	GATE_ASSERT(db->stage == IDLE && stmt < db->stmt_count);
	GATE_ASSERT(param_count == (size_t)db->stmts[stmt].param_count &&
	    param_count <= GATE_DB_PARAM_MAX);
	code = gate_params_copy(params, param_count, deep, &db->params);
	if (code != GATE_OK)
		return gate_err_set(err, code, "%s: parameter: %s",
		    db->stmts[stmt].name, gate_code_name(code));
	db->stage = READY;
	db->stmt = stmt;
	db->param_count = param_count;
	db->tries = 0;
	db->deadline_ms = gate_mono_ms() + db->call_timeout_ms;
	if (until_ms != 0 && until_ms < db->deadline_ms)
		db->deadline_ms = until_ms;
	if (db->link.state == GATE_LINK_UP && gate_link_is_stale(&db->link))
		gate_link_drop(&db->link);
	return GATE_OK;
}

static bool
send_params(struct gate_db *db)
{
	const struct gate_stmt *s = &db->stmts[db->stmt];
	const char *values[GATE_DB_PARAM_MAX];
	int lengths[GATE_DB_PARAM_MAX], formats[GATE_DB_PARAM_MAX];
	size_t i;

	for (i = 0; i < db->param_count; i++) {
		const struct gate_param *p = &db->params[i];

		values[i] = p->null ? NULL : (const char *)p->v.p;
		formats[i] = p->binary ? 1 : 0;
		if (!p->null && p->v.p == NULL)
			values[i] = "";
		if (!gate_to_int(p->v.n, &lengths[i]))
			return false;
	}
	if (db->prepared)
		return PQsendQueryPrepared(db->link.conn, s->name,
			   s->param_count, values, lengths, formats, 0) == 1;
	return PQsendQueryParams(db->link.conn, s->sql, s->param_count, NULL,
		   values, lengths, formats, 0) == 1;
}

static bool
send_next(struct gate_db *db)
{
	const struct gate_stmt *s = &db->stmts[db->stmt];

	if (db->prepared && db->known[db->stmt] != db->link.serial) {
		db->stage = PREPARING;
		return PQsendPrepare(db->link.conn, s->name, s->sql,
			   s->param_count, NULL) == 1;
	}
	db->stage = RUNNING;
	return send_params(db);
}

/* PREPARING or RUNNING: reads what has come. *more: wait again. */
static enum gate_code
read_results(struct gate_db *db, bool *more, struct gate_err *err)
{
	PGconn *conn = db->link.conn;
	PGresult *r;
	int left = PQflush(conn);

	*more = false;
	if (left < 0 || PQconsumeInput(conn) == 0) {
		/* The server's last words may have come before the end. */
		r = PQgetResult(conn);
		if (r == NULL)
			return gate_link_lost(&db->link, err);
		forget(db);
		db->last = r;
		return GATE_OK;
	}
	db->link.want_write = left == 1;
	while (PQisBusy(conn) == 0) {
		r = PQgetResult(conn);
		if (r == NULL)
			return GATE_OK;
		forget(db);
		db->last = r;
	}
	*more = true;
	return GATE_OK;
}

/* All of the statement's results are in: what do they say? */
static enum gate_code
judge(struct gate_db *db, bool *again, struct gate_err *err)
{
	ExecStatusType st = PQresultStatus(db->last);
	const struct gate_db_meaning *means;
	const char *state;

	*again = false;
	if (st == PGRES_COMMAND_OK || st == PGRES_TUPLES_OK)
		return GATE_OK;
	state = PQresultErrorField(db->last, PG_DIAG_SQLSTATE);
	if (state == NULL)
		return gate_link_lost(&db->link, err);
	means = gate_db_meaning(state);
	*again = means->again;
	(void)gate_db_fail(err, means->code, state,
	    PQresultErrorField(db->last, PG_DIAG_MESSAGE_PRIMARY));
	forget(db);
	db->stage = READY;
	if (means->drop || PQstatus(db->link.conn) != CONNECTION_OK)
		gate_link_drop(&db->link);
	return means->code;
}

/* One statement is over: hands out its rows, or runs it once more. */
static enum gate_code
conclude(struct gate_db *db, bool *done, struct gate_rows **rows,
    struct gate_err *err)
{
	bool again;
	enum gate_code code = judge(db, &again, err);

	if (code != GATE_OK) {
		*done = !(again && ++db->tries < TRIES_MAX);
		return *done ? code : GATE_OK;
	}
	if (db->stage == PREPARING) {
		db->known[db->stmt] = db->link.serial;
		forget(db);
		db->stage = READY;
		return GATE_OK;
	}
	*done = true;
	if (rows == NULL)
		return GATE_OK;
	*rows = gate_rows_new(db->last);
	db->last = NULL;
	if (*rows == NULL)
		return gate_err_set(err, GATE_E_NOMEM, "out of memory");
	return GATE_OK;
}

/* Moves on as far as it goes without waiting. */
static enum gate_code
advance(struct gate_db *db, bool *done, struct gate_rows **rows,
    struct gate_err *err)
{
	enum gate_code code = GATE_OK;
	bool more = false;

	while (code == GATE_OK && !*done && !more) {
		if (db->link.state != GATE_LINK_UP) {
			code = gate_link_advance(&db->link, err);
			more = db->link.state != GATE_LINK_UP;
		} else if (db->stage == READY) {
			if (!send_next(db))
				code = gate_link_lost(&db->link, err);
			/* No answer can be there yet. */
			more = code == GATE_OK;
			db->link.want_write =
			    more && PQflush(db->link.conn) == 1;
		} else {
			code = read_results(db, &more, err);
			if (code == GATE_OK && !more)
				code = conclude(db, done, rows, err);
		}
	}
	return code;
}

enum gate_code
gate_db_step(struct gate_db *db, bool *done, struct gate_rows **rows,
    struct gate_err *err)
{
	enum gate_code code;

	GATE_ASSERT(db->stage != IDLE);
	*done = false;
	if (rows != NULL)
		*rows = NULL;
	code = advance(db, done, rows, err);
	if (code == GATE_OK && !*done && gate_mono_ms() >= db->deadline_ms) {
		/* In doubt: the answer may still be on its way. */
		gate_link_drop(&db->link);
		code = gate_err_set(err, GATE_E_DB_RETRY, "%s: timeout",
		    db->stmts[db->stmt].name);
	}
	if (code != GATE_OK)
		*done = true;
	if (*done)
		finish(db);
	return code;
}

static enum gate_code
wait_until(struct gate_db *db, int64_t deadline_ms, struct gate_err *err)
{
	struct pollfd p = {.fd = PQsocket(db->link.conn), .events = POLLIN};
	int64_t left = deadline_ms - gate_mono_ms();

	if (db->link.want_write)
		p.events = POLLIN | POLLOUT;
	if (left < 0)
		left = 0;
	if (poll(&p, 1, left > INT_MAX ? INT_MAX : (int)left) < 0 &&
	    errno != EINTR)
		return gate_err_sys(err, "poll");
	return GATE_OK;
}

enum gate_code
gate_db_call(struct gate_db *db, size_t stmt, const struct gate_param *params,
    size_t param_count, int64_t until_ms, struct gate_rows **rows,
    struct gate_err *err)
{
	enum gate_code code;
	bool done = false;

	code = begin(db, stmt, params, param_count, false, until_ms, err);
	if (code != GATE_OK)
		return code;
	for (;;) {
		code = gate_db_step(db, &done, rows, err);
		if (done)
			return code;
		code = wait_until(db, gate_db_deadline_ms(db), err);
		if (code != GATE_OK) {
			gate_link_drop(&db->link);
			finish(db);
			return code;
		}
	}
}

enum gate_code
gate_db_start(struct gate_db *db, size_t stmt, const struct gate_param *params,
    size_t param_count, struct gate_err *err)
{
	return begin(db, stmt, params, param_count, true, 0, err);
}

bool
gate_db_busy(const struct gate_db *db)
{
	return db->stage != IDLE;
}

int
gate_db_fd(const struct gate_db *db, bool *want_write)
{
	*want_write = db->link.want_write;
	if (db->link.conn == NULL || db->stage == IDLE)
		return -1;
	return PQsocket(db->link.conn);
}

int64_t
gate_db_deadline_ms(const struct gate_db *db)
{
	if (db->stage == IDLE)
		return INT64_MAX;
	if (db->link.state == GATE_LINK_AWAY ||
	    (db->link.state == GATE_LINK_UP && db->stage == READY))
		return 0; /* nothing has been sent yet: step at once */
	if (db->link.state == GATE_LINK_CONNECTING &&
	    db->link.connect_by_ms < db->deadline_ms)
		return db->link.connect_by_ms;
	return db->deadline_ms;
}

static enum gate_code
connect_now(struct gate_db *db, struct gate_err *err)
{
	enum gate_code code = GATE_OK;

	while (code == GATE_OK && db->link.state != GATE_LINK_UP) {
		code = gate_link_advance(&db->link, err);
		if (code == GATE_OK && db->link.state == GATE_LINK_CONNECTING)
			code = wait_until(db, db->link.connect_by_ms, err);
	}
	return code;
}

enum gate_code
gate_db_script(struct gate_db *db, const char *sql, struct gate_err *err)
{
	PGresult *r;
	const char *state, *text;
	enum gate_code code;

	GATE_ASSERT(db->stage == IDLE);
	code = connect_now(db, err);
	if (code != GATE_OK)
		return code;
	(void)PQsetnonblocking(db->link.conn, 0); /* PQexec waits anyway */
	r = PQexec(db->link.conn, sql);
	if (PQresultStatus(r) != PGRES_COMMAND_OK &&
	    PQresultStatus(r) != PGRES_TUPLES_OK) {
		state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
		text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
		code = gate_db_fail(err,
		    state == NULL ? GATE_E_DB_RETRY : GATE_E_DB_HARD, state,
		    text == NULL ? PQerrorMessage(db->link.conn) : text);
	}
	PQclear(r);
	if (PQtransactionStatus(db->link.conn) != PQTRANS_IDLE)
		gate_link_drop(&db->link); /* which also rolls back */
	else
		(void)PQsetnonblocking(db->link.conn, 1);
	return code;
}

void
gate_db_version(char dst[GATE_DB_VERSION_TEXT])
{
	int v = PQlibVersion();

	(void)snprintf(
	    dst, GATE_DB_VERSION_TEXT, "libpq %d.%d", v / 10000, v % 10000);
}

/*
 * PostgreSQL. Owns one connection and the one statement under way on it;
 * knows SQLSTATEs, no SQL of its own. The waiting call is the loop's calls
 * with a poll(2) between them, so there is one machine:
 *
 *	AWAY -> CONNECTING -> READY -> PREPARING -> RUNNING -> READY
 *	  ^---------------- any of them, when in doubt ---------'
 *
 * A failed connection is tried again no sooner than a pause that doubles
 * from 50 ms to 1 s: a dead server costs one try a pause, not one a call.
 */
#include "config.h"

#include "lib/db.h"

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/db_result.h"
#include "lib/num.h"

#define PAUSE_MIN_MS 50
#define PAUSE_MAX_MS 1000
#define TRIES_MAX 4 /* one and three more on deadlock or serialisation */

enum state { AWAY, CONNECTING, READY, PREPARING, RUNNING };

struct gate_db {
	PGconn *conn;
	enum state state;
	char *url;
	const char *application;
	char *options;
	int64_t connect_timeout_ms;
	int64_t call_timeout_ms;
	bool prepared;
	const struct gate_stmt *stmts;
	size_t stmt_count;
	bool *known; /* statements prepared on this connection */

	bool busy;
	size_t stmt;
	struct gate_param *params; /* a copy, one block */
	size_t param_count;
	int tries;
	int64_t deadline_ms;
	int64_t connect_by_ms;
	bool want_write;
	PGresult *last;

	int64_t pause_ms;
	int64_t not_before_ms;
};

static void
drop(struct gate_db *db)
{
	PQfinish(db->conn);
	db->conn = NULL;
	db->state = AWAY;
	PQclear(db->last);
	db->last = NULL;
	memset(db->known, 0, db->stmt_count * sizeof(*db->known));
}

/* True if the connection string names `key` itself. */
static bool
url_has(const char *url, const char *key, bool *valid)
{
	PQconninfoOption *all = PQconninfoParse(url, NULL), *o;
	bool has = false;

	*valid = all != NULL;
	for (o = all; o != NULL && o->keyword != NULL; o++)
		if (strcmp(o->keyword, key) == 0 && o->val != NULL)
			has = true;
	PQconninfoFree(all);
	return has;
}

/* statement_timeout as a start-up option; pgbouncer (prepared off) refuses
 * those, there a role's setting has to do it. */
static enum gate_code
set_options(struct gate_db *db, const struct gate_db_settings *s,
    struct gate_err *err)
{
	bool valid, own = url_has(s->url, "options", &valid);
	char text[128];

	if (!valid)
		return gate_err_set(err, GATE_E_CONF,
		    "database url: not a connection string");
	if (own || !s->prepared)
		return GATE_OK;
	(void)snprintf(text, sizeof(text),
	    "-c statement_timeout=%lld -c client_connection_check_interval=%lld",
	    (long long)s->call_timeout_ms, (long long)s->call_timeout_ms);
	db->options = strdup(text);
	return db->options == NULL ? GATE_E_NOMEM : GATE_OK;
}

enum gate_code
gate_db_open(const struct gate_db_settings *s, const struct gate_stmt *stmts,
    size_t stmt_count, struct gate_db **out, struct gate_err *err)
{
	struct gate_db *db = calloc(1, sizeof(*db));
	enum gate_code code = GATE_E_NOMEM;

	if (db == NULL)
		return gate_err_set(err, code, "out of memory");
	db->state = AWAY;
	db->application = s->application;
	db->connect_timeout_ms = s->connect_timeout_ms;
	db->call_timeout_ms = s->call_timeout_ms;
	db->prepared = s->prepared;
	db->stmts = stmts;
	db->stmt_count = stmt_count;
	db->pause_ms = PAUSE_MIN_MS;
	db->url = strdup(s->url);
	db->known = calloc(stmt_count + 1, sizeof(*db->known));
	if (db->url != NULL && db->known != NULL)
		code = set_options(db, s, err);
	if (code != GATE_OK) {
		gate_db_close(db);
		return code;
	}
	*out = db;
	return GATE_OK;
}

void
gate_db_close(struct gate_db *db)
{
	if (db == NULL)
		return;
	if (db->known != NULL)
		drop(db);
	free(db->params);
	free(db->known);
	free(db->options);
	free(db->url);
	free(db);
}

/* Ends the call under way; the failure is the database's being away. */
static enum gate_code
away(struct gate_db *db, int64_t now_ms, struct gate_err *err)
{
	enum gate_code code = gate_db_fail(err, GATE_E_DB_RETRY, NULL,
	    db->conn == NULL ? "database away" : PQerrorMessage(db->conn));

	drop(db);
	db->not_before_ms = now_ms + db->pause_ms;
	if (db->pause_ms < PAUSE_MAX_MS)
		db->pause_ms *= 2;
	if (db->pause_ms > PAUSE_MAX_MS)
		db->pause_ms = PAUSE_MAX_MS;
	return code;
}

static enum gate_code
connect_start(struct gate_db *db, struct gate_err *err)
{
	const char *keys[] = {"dbname", "fallback_application_name",
	    "client_encoding", db->options == NULL ? NULL : "options", NULL};
	const char *values[] = {db->url, db->application, "UTF8", db->options,
	    NULL};
	int64_t now = gate_mono_ms();

	if (now < db->not_before_ms)
		return gate_err_set(err, GATE_E_DB_RETRY, "database away");
	db->conn = PQconnectStartParams(keys, values, 1);
	if (db->conn == NULL)
		return gate_err_set(err, GATE_E_NOMEM, "out of memory");
	if (PQstatus(db->conn) == CONNECTION_BAD)
		return away(db, now, err);
	db->state = CONNECTING;
	db->want_write = true;
	db->connect_by_ms = now + db->connect_timeout_ms;
	return GATE_OK;
}

/* A server that restarted has closed our idle connection: one recv tells,
 * before a statement is in doubt. Bytes are notices; libpq reads them. */
static bool
is_stale(struct gate_db *db)
{
	struct pollfd p = {.fd = PQsocket(db->conn), .events = POLLIN};

	if (p.fd < 0)
		return true;
	if (poll(&p, 1, 0) <= 0)
		return false;
	return PQconsumeInput(db->conn) == 0 ||
	    PQstatus(db->conn) != CONNECTION_OK;
}

static int
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
			return 0;
	}
	if (db->prepared)
		return PQsendQueryPrepared(db->conn, s->name, s->param_count,
		    values, lengths, formats, 0);
	return PQsendQueryParams(db->conn, s->sql, s->param_count, NULL,
	    values, lengths, formats, 0);
}

/* READY -> PREPARING or RUNNING. */
static bool
send_next(struct gate_db *db)
{
	const struct gate_stmt *s = &db->stmts[db->stmt];

	if (db->prepared && !db->known[db->stmt]) {
		db->state = PREPARING;
		return PQsendPrepare(db->conn, s->name, s->sql, s->param_count,
		    NULL) == 1;
	}
	db->state = RUNNING;
	return send_params(db) == 1;
}

/* All of the statement's results are in: what do they say? */
static enum gate_code
judge(struct gate_db *db, bool *again, struct gate_err *err)
{
	ExecStatusType st = PQresultStatus(db->last);
	const char *state;
	const struct gate_db_meaning *means;

	*again = false;
	if (st == PGRES_COMMAND_OK || st == PGRES_TUPLES_OK)
		return GATE_OK;
	state = PQresultErrorField(db->last, PG_DIAG_SQLSTATE);
	if (state == NULL)
		return away(db, gate_mono_ms(), err);
	means = gate_db_meaning(state);
	*again = means->again;
	(void)gate_db_fail(err, means->code, state,
	    PQresultErrorField(db->last, PG_DIAG_MESSAGE_PRIMARY));
	PQclear(db->last);
	db->last = NULL;
	db->state = READY;
	if (means->drop || PQstatus(db->conn) != CONNECTION_OK)
		drop(db);
	return means->code;
}

/* PREPARING or RUNNING: reads what has come. *more: wait again. */
static enum gate_code
read_results(struct gate_db *db, bool *more, struct gate_err *err)
{
	PGresult *r;
	int left;

	*more = true;
	left = PQflush(db->conn);
	if (left < 0 || PQconsumeInput(db->conn) == 0) {
		*more = false;
		/* An error message may have come before the end. */
		if (left == 0 && (r = PQgetResult(db->conn)) != NULL) {
			db->last = r;
			return GATE_OK;
		}
		return away(db, gate_mono_ms(), err);
	}
	db->want_write = left == 1;
	while (PQisBusy(db->conn) == 0) {
		r = PQgetResult(db->conn);
		if (r == NULL) {
			*more = false;
			break;
		}
		PQclear(db->last);
		db->last = r;
	}
	return GATE_OK;
}

static enum gate_code
connect_step(struct gate_db *db, struct gate_err *err)
{
	int64_t now = gate_mono_ms();

	switch (PQconnectPoll(db->conn)) {
	case PGRES_POLLING_READING:
		db->want_write = false;
		break;
	case PGRES_POLLING_WRITING:
		db->want_write = true;
		break;
	case PGRES_POLLING_OK:
		if (PQsetnonblocking(db->conn, 1) != 0)
			return away(db, now, err);
		db->state = READY;
		db->pause_ms = PAUSE_MIN_MS;
		db->not_before_ms = 0;
		return GATE_OK;
	default:
		return away(db, now, err);
	}
	if (now >= db->connect_by_ms) {
		(void)away(db, now, NULL);
		return gate_err_set(err, GATE_E_DB_RETRY, "connect: timeout");
	}
	return GATE_OK;
}

static void
finish(struct gate_db *db)
{
	db->busy = false;
	free(db->params);
	db->params = NULL;
}

/*
 * A copy in one block: the parameters, then their bytes. libpq wants text
 * ended by a NUL, which a span has not, and would cut it at one inside.
 * Binary ones are borrowed unless deep.
 */
static enum gate_code
copy_params(const struct gate_param *params, size_t count, bool deep,
    struct gate_param **out)
{
	size_t i, size = (count + 1) * sizeof(*params);
	struct gate_param *copy;
	unsigned char *p;

	for (i = 0; i < count; i++) {
		if (!params[i].binary && params[i].v.n > 0 &&
		    memchr(params[i].v.p, '\0', params[i].v.n) != NULL)
			return GATE_E_BAD;
		if (!gate_add(size, params[i].v.n, &size) ||
		    !gate_add(size, (size_t)1, &size))
			return GATE_E_LIMIT;
	}
	copy = malloc(size);
	if (copy == NULL)
		return GATE_E_NOMEM;
	p = (unsigned char *)(copy + count + 1);
	for (i = 0; i < count; i++) {
		copy[i] = params[i];
		if (params[i].binary && !deep)
			continue;
		if (params[i].v.n > 0)
			memcpy(p, params[i].v.p, params[i].v.n);
		copy[i].v.p = p;
		p += params[i].v.n;
		*p++ = '\0';
	}
	*out = copy;
	return GATE_OK;
}

static enum gate_code
begin(struct gate_db *db, size_t stmt, const struct gate_param *params,
    size_t param_count, bool deep, int64_t until_ms, struct gate_err *err)
{
	enum gate_code code;

	GATE_ASSERT(!db->busy && stmt < db->stmt_count);
	GATE_ASSERT(param_count == (size_t)db->stmts[stmt].param_count &&
	    param_count <= GATE_DB_PARAM_MAX);
	code = copy_params(params, param_count, deep, &db->params);
	if (code != GATE_OK)
		return gate_err_set(err, code, "%s: parameter: %s",
		    db->stmts[stmt].name, gate_code_name(code));
	db->busy = true;
	db->stmt = stmt;
	db->param_count = param_count;
	db->tries = 0;
	db->deadline_ms = gate_mono_ms() + db->call_timeout_ms;
	if (until_ms != 0 && until_ms < db->deadline_ms)
		db->deadline_ms = until_ms;
	if (db->state == READY && is_stale(db))
		drop(db);
	return GATE_OK;
}

/* One statement is over: hands out its rows, or runs it once more. */
static enum gate_code
conclude(struct gate_db *db, bool *done, struct gate_rows **rows,
    struct gate_err *err)
{
	enum gate_code code;
	bool again;

	code = judge(db, &again, err);
	if (code == GATE_OK && db->state == PREPARING) {
		db->known[db->stmt] = true;
		PQclear(db->last);
		db->last = NULL;
		db->state = READY;
		return GATE_OK;
	}
	if (code != GATE_OK) {
		*done = !(again && ++db->tries < TRIES_MAX);
		return *done ? code : GATE_OK;
	}
	*done = true;
	db->state = READY;
	if (rows == NULL)
		PQclear(db->last);
	else if ((*rows = gate_rows_new(db->last)) == NULL)
		code = gate_err_set(err, GATE_E_NOMEM, "out of memory");
	db->last = NULL;
	return code;
}

/* Moves on as far as it goes without waiting. */
static enum gate_code
advance(struct gate_db *db, bool *done, struct gate_rows **rows,
    struct gate_err *err)
{
	enum gate_code code = GATE_OK;
	bool more = false;
	enum state was;

	while (code == GATE_OK && !*done && !more) {
		was = db->state;
		switch (was) {
		case AWAY:
			code = connect_start(db, err);
			more = code == GATE_OK;
			break;
		case CONNECTING:
			code = connect_step(db, err);
			more = db->state == CONNECTING;
			break;
		case READY:
			if (!send_next(db))
				code = away(db, gate_mono_ms(), err);
			break;
		case PREPARING:
		case RUNNING:
			code = read_results(db, &more, err);
			if (code == GATE_OK && !more)
				code = conclude(db, done, rows, err);
			break;
		}
	}
	return code;
}

enum gate_code
gate_db_step(struct gate_db *db, bool *done, struct gate_rows **rows,
    struct gate_err *err)
{
	enum gate_code code;

	GATE_ASSERT(db->busy);
	*done = false;
	if (rows != NULL)
		*rows = NULL;
	code = advance(db, done, rows, err);
	if (code == GATE_OK && !*done && gate_mono_ms() >= db->deadline_ms) {
		drop(db); /* in doubt: the answer may still be on its way */
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
wait_for(struct gate_db *db, struct gate_err *err)
{
	struct pollfd p = {.events = POLLIN};
	int64_t left = gate_db_deadline_ms(db) - gate_mono_ms();
	bool want_write;

	p.fd = gate_db_fd(db, &want_write);
	if (want_write)
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
	while (code == GATE_OK) {
		code = gate_db_step(db, &done, rows, err);
		if (done)
			return code;
		code = wait_for(db, err);
	}
	drop(db);
	finish(db);
	return code;
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
	return db->busy;
}

int
gate_db_fd(const struct gate_db *db, bool *want_write)
{
	*want_write = db->want_write;
	if (db->conn == NULL || !db->busy)
		return -1;
	return PQsocket(db->conn);
}

int64_t
gate_db_deadline_ms(const struct gate_db *db)
{
	if (!db->busy)
		return INT64_MAX;
	if (db->state == AWAY)
		return 0; /* nothing sent yet: step at once */
	if (db->state == CONNECTING && db->connect_by_ms < db->deadline_ms)
		return db->connect_by_ms;
	return db->deadline_ms;
}

enum gate_code
gate_db_script(struct gate_db *db, const char *sql, struct gate_err *err)
{
	PGresult *r;
	enum gate_code code = GATE_OK;

	GATE_ASSERT(!db->busy);
	while (db->state == AWAY || db->state == CONNECTING) {
		code = db->state == AWAY ? connect_start(db, err)
					 : connect_step(db, err);
		if (code != GATE_OK)
			return code;
		db->busy = true; /* so that wait_for sees the descriptor */
		db->deadline_ms = db->connect_by_ms;
		code = db->state == CONNECTING ? wait_for(db, err) : GATE_OK;
		db->busy = false;
		if (code != GATE_OK)
			return code;
	}
	(void)PQsetnonblocking(db->conn, 0);
	r = PQexec(db->conn, sql);
	if (PQresultStatus(r) != PGRES_COMMAND_OK &&
	    PQresultStatus(r) != PGRES_TUPLES_OK) {
		const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
		const char *text =
		    PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);

		code = gate_db_fail(err, state == NULL ? GATE_E_DB_RETRY
					       : GATE_E_DB_HARD,
		    state, text == NULL ? PQerrorMessage(db->conn) : text);
	}
	PQclear(r);
	if (PQtransactionStatus(db->conn) != PQTRANS_IDLE)
		drop(db); /* also rolls back */
	else
		(void)PQsetnonblocking(db->conn, 1);
	return code;
}

void
gate_db_version(char dst[GATE_DB_VERSION_TEXT])
{
	int v = PQlibVersion();

	(void)snprintf(dst, GATE_DB_VERSION_TEXT, "libpq %d.%d", v / 10000,
	    v % 10000);
}

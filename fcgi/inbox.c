/*
 * Statements and the call that stores. What an event is has been decided
 * before, its parameters are inbox_params.c's, and what the database
 * answered is only translated.
 *
 * A 2xx follows from ACCEPTED and DUPLICATE only, and both come from rows
 * that a committed statement returned: the call is one statement, outside
 * of any transaction block, so its rows arrive after its commit.
 */
#include "config.h"

#include "fcgi/inbox.h"

#include <poll.h>

#include "fcgi/inbox_params.h"
#include "lib/catalog.h"
#include "lib/clock.h"
#include "lib/num.h"

/* A repetition needs time to connect and to commit, and comes after the
 * pause that lib/db makes when a connection was lost. */
#define REPEAT_MIN_MS 300
#define REPEAT_AFTER_MS 60

const struct gate_stmt inbox_stmts[INBOX_STMT_COUNT] = {
    [INBOX_CATALOG] = GATE_CATALOG_STMT,
    [INBOX_INGEST] = {"ingest",
	"select ord, outcome, event_id from pressgate.ingest($1, $2, $3, $4, "
	"$5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, "
	"$19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, "
	"$32, $33, $34, $35)",
	35},
    [INBOX_INGEST_ONE] = {"ingest_one",
	"select pressgate.ingest_one($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
	"$11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, "
	"$24, $25, $26, $27)",
	27},
    [INBOX_RESULTS] = {"results",
	"select verdict, floor, seq, tag, request_id, event_type, object_ref, "
	"idempotency_key, route, status, output, usage, coalesced, "
	"supersedes, to_char(finished_at at time zone 'UTC', "
	"'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') "
	"from pressgate.results_since($1, $2, $3, $4)",
	4},
    [INBOX_EVENT] = {"event",
	"select to_char(received_at at time zone 'UTC', "
	"'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), route, status, seq "
	"from pressgate.event_status($1, $2)",
	2},
    [INBOX_READY] = {"ready",
	"select version, weeks_ahead from pressgate.ready()", 0},
    [INBOX_DEPTH] = {"depth", "select pressgate.depth($1)", 1},
    [INBOX_REJECTIONS] = {"rejections", "select pressgate.flush_rejections($1)",
	1},
    [INBOX_USES] = {"uses", "select pressgate.flush_uses($1)", 1},
};

/* id is empty in a replay. A duplicate of ourselves is the first try, which
 * did commit. */
static enum gate_code
read_receipt(struct gate_span name, struct gate_span id,
    const struct inbox_event *e, struct inbox_receipt *out)
{
	static const struct {
		const char *name;
		enum outcome outcome;
	} outcomes[] = {
	    {"accepted", OUTCOME_ACCEPTED},
	    {"duplicate", OUTCOME_DUPLICATE},
	    {"conflict", OUTCOME_CONFLICT},
	    {"replay", OUTCOME_REPLAYED},
	};
	struct inbox_receipt r = {.outcome = OUTCOME_NONE};
	struct gate_uuid first;
	size_t i;

	for (i = 0; i < GATE_COUNT(outcomes); i++)
		if (gate_span_is(name, outcomes[i].name))
			r.outcome = outcomes[i].outcome;
	if (r.outcome == OUTCOME_NONE)
		return GATE_E_BUG;
	if (r.outcome == OUTCOME_REPLAYED) {
		*out = r;
		return GATE_OK;
	}
	if (!gate_uuid_parse(id, &first))
		return GATE_E_BUG;
	gate_uuid_text(&first, r.event_id);
	if (r.outcome == OUTCOME_DUPLICATE &&
	    gate_span_equal(gate_span_of(first.b, sizeof(first.b)),
		gate_span_of(e->id.b, sizeof(e->id.b))))
		r.outcome = OUTCOME_ACCEPTED;
	*out = r;
	return GATE_OK;
}

/* Rows (ord, outcome, event_id). */
static enum gate_code
read_many(const struct gate_rows *rows, const struct inbox_delivery *d,
    struct inbox_receipt *receipts)
{
	size_t i, n = gate_rows_count(rows);
	enum gate_code code = GATE_OK;

	if (n != d->event_count)
		return GATE_E_BUG;
	for (i = 0; i < n && code == GATE_OK; i++) {
		int64_t ord = gate_rows_i64(rows, i, 0);

		if (ord < 1 || (uint64_t)ord > d->event_count)
			return GATE_E_BUG;
		code = read_receipt(gate_rows_get(rows, i, 1),
		    gate_rows_get(rows, i, 2), &d->events[ord - 1],
		    &receipts[ord - 1]);
	}
	return code;
}

/* One text, "outcome event_id". */
static enum gate_code
read_one(const struct gate_rows *rows, const struct inbox_delivery *d,
    struct inbox_receipt *receipt)
{
	struct gate_span id, name;

	if (gate_rows_count(rows) != 1)
		return GATE_E_BUG;
	id = gate_rows_get(rows, 0, 0);
	if (!gate_span_until(&id, ' ', id.n, &name)) {
		name = id;
		id = (struct gate_span){0};
	}
	return read_receipt(name, id, &d->events[0], receipt);
}

enum gate_code
inbox_call(struct gate_db *db, enum inbox_stmt stmt,
    const struct gate_param *params, size_t count, int64_t until_ms,
    struct gate_rows **rows, struct gate_err *err)
{
	enum gate_code code;

	code = gate_db_call(db, stmt, params, count, until_ms, rows, err);
	if (code != GATE_E_DB_RETRY ||
	    until_ms - gate_mono_ms() < REPEAT_MIN_MS)
		return code;
	(void)poll(NULL, 0, REPEAT_AFTER_MS);
	return gate_db_call(db, stmt, params, count, until_ms, rows, err);
}

enum gate_code
inbox_store(struct gate_db *db, const struct inbox_delivery *d,
    int64_t until_ms, struct inbox_receipt *receipts, struct gate_err *err)
{
	struct gate_rows *rows = NULL;
	struct inbox_params p;
	enum gate_code code = inbox_params_init(&p, d);

	if (code != GATE_OK) {
		(void)gate_err_set(err, code, "ingest: parameters");
		goto out;
	}
	code = inbox_call(db, p.stmt, p.v, p.count, until_ms, &rows, err);
	if (code != GATE_OK)
		goto out;
	code = p.stmt == INBOX_INGEST_ONE ? read_one(rows, d, receipts)
					  : read_many(rows, d, receipts);
	if (code != GATE_OK)
		(void)gate_err_set(err, code,
		    "%s() answered what sql/README.md does not know",
		    inbox_stmts[p.stmt].name);
out:
	gate_rows_free(rows);
	inbox_params_clear(&p);
	return code;
}

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
#include <string.h>

#include "fcgi/inbox_params.h"
#include "fcgi/plain.h"
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
    [INBOX_INGEST_PLAIN] = {"ingest_plain",
	"select pressgate.ingest_plain($1, $2)", PLAIN_PARAMS},
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

/* A line: outcome, a space, id. */
static enum gate_code
read_line(struct gate_span line, const struct inbox_event *e,
    struct inbox_receipt *receipt)
{
	struct gate_span name;

	if (!gate_span_until(&line, ' ', line.n, &name)) {
		name = line;
		line = (struct gate_span){0};
	}
	return read_receipt(name, line, e, receipt);
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

static enum gate_code
does_not_know(enum inbox_stmt stmt, struct gate_err *err)
{
	return gate_err_set(err, GATE_E_BUG,
	    "%s() answered what sql/README.md does not know",
	    inbox_stmts[stmt].name);
}

static enum gate_code
store_any(const struct inbox_tools *t, const struct inbox_delivery *d,
    int64_t until_ms, struct inbox_receipt *receipts, struct gate_err *err)
{
	struct gate_rows *rows = NULL;
	struct inbox_params p;
	enum gate_code code = inbox_params_init(&p, d);

	if (code != GATE_OK) {
		(void)gate_err_set(err, code, "ingest: parameters");
		goto out;
	}
	code =
	    inbox_call(t->db, INBOX_INGEST, p.v, p.count, until_ms, &rows, err);
	if (code == GATE_OK && read_many(rows, d, receipts) != GATE_OK)
		code = does_not_know(INBOX_INGEST, err);
out:
	gate_rows_free(rows);
	inbox_params_clear(&p);
	return code;
}

/* ---- plain events --------------------------------------------------- */

/* A line for each record. */
static bool
share_out(struct gate_span text, size_t count, char answers[][GROUP_ANSWER_MAX])
{
	struct gate_span line;
	size_t i;

	for (i = 0; i < count; i++) {
		if (!gate_span_until(&text, '\n', GROUP_ANSWER_MAX - 1, &line))
			return false;
		memcpy(answers[i], line.p, line.n);
		answers[i][line.n] = '\0';
	}
	return text.n == 0;
}

static enum gate_code
store_plain(const struct inbox_tools *t, const struct gate_span *records,
    size_t count, int64_t until_ms, char answers[][GROUP_ANSWER_MAX],
    struct gate_err *err)
{
	struct plain *p = t->plain;
	struct gate_rows *rows = NULL;
	enum gate_code code = plain_params(p, t->plain_type, records, count);

	if (code != GATE_OK)
		return gate_err_set(err, code, "ingest_plain: parameters");
	/* What fails for several is not repeated: each goes alone then. */
	if (count > 1)
		code = gate_db_call(t->db, INBOX_INGEST_PLAIN, p->v,
		    PLAIN_PARAMS, until_ms, &rows, err);
	else
		code = inbox_call(t->db, INBOX_INGEST_PLAIN, p->v, PLAIN_PARAMS,
		    until_ms, &rows, err);
	if (code == GATE_OK &&
	    (gate_rows_count(rows) != 1 ||
		!share_out(gate_rows_get(rows, 0, 0), count, answers)))
		code = does_not_know(INBOX_INGEST_PLAIN, err);
	gate_rows_free(rows);
	return code;
}

/* What a leader stores with, and what came of it. */
struct leader {
	const struct inbox_tools *tools;
	int64_t until_ms;
	struct gate_err *err;
	enum gate_code code;
	bool was_alone; /* then code is final: nobody else can be to blame */
};

static bool
store_group(void *ctx, const struct gate_span *records, size_t count,
    char answers[][GROUP_ANSWER_MAX])
{
	struct leader *l = ctx;

	l->was_alone = count == 1;
	l->code = store_plain(l->tools, records, count, l->until_ms, answers,
	    l->was_alone ? l->err : NULL);
	return l->code == GATE_OK;
}

static enum gate_code
store_in_company(const struct inbox_tools *t, int64_t until_ms,
    char answer[GROUP_ANSWER_MAX], struct gate_err *err)
{
	struct gate_span record = gate_buf_span(&t->plain->record);
	struct leader l = {.tools = t, .until_ms = until_ms, .err = err};
	struct group_call call = {store_group, &l};
	char alone[1][GROUP_ANSWER_MAX];
	enum gate_code code;

	if (t->seat != NULL &&
	    group_store(t->seat, record, &call, until_ms, answer))
		return GATE_OK;
	if (l.was_alone)
		return l.code;
	code = store_plain(t, &record, 1, until_ms, alone, err);
	if (code == GATE_OK)
		memcpy(answer, alone[0], GROUP_ANSWER_MAX);
	return code;
}

enum gate_code
inbox_store(const struct inbox_tools *t, const struct inbox_delivery *d,
    int64_t until_ms, struct inbox_receipt *receipts, struct gate_err *err)
{
	char answer[GROUP_ANSWER_MAX];
	enum gate_code code;

	if (!plain_is(d))
		return store_any(t, d, until_ms, receipts, err);
	code = plain_put(t->plain, d);
	if (code != GATE_OK)
		return gate_err_set(err, code, "ingest_plain: parameters");
	code = store_in_company(t, until_ms, answer, err);
	if (code == GATE_OK &&
	    read_line(gate_span_str(answer), &d->events[0], receipts) !=
		GATE_OK)
		code = does_not_know(INBOX_INGEST_PLAIN, err);
	return code;
}

/*
 * Stands in for fcgi/inbox.c in a program that is built for the benchmark
 * only: says "accepted" without a word to the database. What is left is
 * what the responder itself costs.
 */
#include "config.h"

#include "fcgi/inbox.h"

#include "lib/catalog.h"

const struct gate_stmt inbox_stmts[INBOX_STMT_COUNT] = {
    [INBOX_CATALOG] = GATE_CATALOG_STMT, /* once, for the names */
    [INBOX_READY] = {"ready",
	"select version, weeks_ahead from pressgate.ready()", 0},
    /* After the answer, now and then. */
    [INBOX_DEPTH] = {"depth", "select pressgate.depth($1)", 1},
    [INBOX_REJECTIONS] = {"rejections", "select pressgate.flush_rejections($1)",
	1},
    [INBOX_USES] = {"uses", "select pressgate.flush_uses($1)", 1},
};

enum gate_code
inbox_call(struct gate_db *db, enum inbox_stmt stmt,
    const struct gate_param *params, size_t count, int64_t until_ms,
    struct gate_rows **rows, struct gate_err *err)
{
	if (stmt != INBOX_CATALOG && stmt != INBOX_READY)
		return gate_err_set(err, GATE_E_BUG, "not in this build");
	return gate_db_call(db, stmt, params, count, until_ms, rows, err);
}

enum gate_code
inbox_store(const struct inbox_tools *t, const struct inbox_delivery *d,
    int64_t until_ms, struct inbox_receipt *receipts, struct gate_err *err)
{
	size_t i;

	(void)t;
	(void)until_ms;
	(void)err;
	for (i = 0; i < d->event_count; i++) {
		receipts[i].outcome = OUTCOME_ACCEPTED;
		gate_uuid_text(&d->events[i].id, receipts[i].event_id);
	}
	return GATE_OK;
}

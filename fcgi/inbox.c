/*
 * Statements and the call that stores. Owns the order of ingest()'s
 * parameters (sql/README.md) and nothing else: what an event is has been
 * decided before, and what the database answered is only translated.
 *
 * A 2xx follows from ACCEPTED and DUPLICATE only, and both come from rows
 * that a committed statement returned: the call is one statement, outside
 * of any transaction block, so its rows arrive after its commit.
 */
#include "config.h"

#include "fcgi/inbox.h"

#include <poll.h>
#include <string.h>

#include "lib/buf.h"
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
	"$32, $33, $34)",
	34},
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
    [INBOX_REJECTIONS] = {"rejections", "select pressgate.flush_rejections($1)",
	1},
};

/* The arrays of ingest(), in the order of its parameters from 18 on. */
enum column {
	EVENT_IDS,
	TYPES,
	KEYS,
	SECOND_KEYS,
	FINGERPRINTS,
	OBJECT_REFS,
	OCCURRED,
	CANONICAL,
	JOB_EVENT,
	JOB_LANE,
	JOB_ROUTE,
	JOB_STEP,
	JOB_MODE,
	JOB_SERIAL,
	JOB_COALESCE,
	JOB_DUE,
	JOB_ERROR,
	COLUMN_COUNT
};
#define FIRST_ARRAY 17 /* parameter 18 */
#define PARAM_COUNT (FIRST_ARRAY + COLUMN_COUNT)

/* Escaping doubles a body at most; a batch is cut by the body's cap. */
#define ARRAY_MAX (8u * 1024 * 1024)

struct call {
	struct gate_param params[PARAM_COUNT];
	struct gate_array arrays[COLUMN_COUNT];
	char site[GATE_PARAM_I64_TEXT];
	char ttl[GATE_PARAM_I64_TEXT];
	char version[GATE_PARAM_I64_TEXT];
	char expires[GATE_TIME_TEXT];
};

static void
put_or_null(struct gate_array *a, struct gate_span v)
{
	if (v.n == 0)
		gate_array_put_null(a);
	else
		gate_array_put(a, v);
}

static void
put_event(struct gate_array *a, const struct inbox_event *e)
{
	char text[GATE_UUID_TEXT], when[GATE_TIME_TEXT];

	gate_uuid_text(&e->id, text);
	gate_array_put(&a[EVENT_IDS], gate_span_str(text));
	gate_array_put(&a[TYPES], e->type);
	gate_array_put(&a[KEYS], e->key);
	gate_array_put_null(&a[SECOND_KEYS]);
	gate_array_put_bytes(&a[FINGERPRINTS],
	    gate_span_of(e->fingerprint, sizeof(e->fingerprint)));
	put_or_null(&a[OBJECT_REFS], e->object_ref);
	if (e->has_occurred) {
		gate_time_text(e->occurred_ms, when);
		gate_array_put(&a[OCCURRED], gate_span_str(when));
	} else {
		gate_array_put_null(&a[OCCURRED]);
	}
	gate_array_put(&a[CANONICAL], e->canonical);
}

static void
put_job(struct gate_array *a, const struct inbox_job *j)
{
	gate_array_put_i64(&a[JOB_EVENT], j->event);
	gate_array_put_i64(&a[JOB_LANE], j->lane);
	gate_array_put_i64(&a[JOB_ROUTE], j->route);
	gate_array_put(&a[JOB_STEP], gate_span_str(j->step));
	gate_array_put(&a[JOB_MODE], gate_span_str(j->mode));
	put_or_null(&a[JOB_SERIAL], j->serial);
	put_or_null(&a[JOB_COALESCE], j->coalesce);
	gate_array_put_null(&a[JOB_DUE]);
	gate_array_put_null(&a[JOB_ERROR]);
}

static struct gate_param
text_or_null(struct gate_span v)
{
	return v.n == 0 ? gate_param_null() : gate_param_text(v);
}

static void
put_guard(struct call *c, const struct inbox_guard *g)
{
	size_t i;

	for (i = 2; i <= 5; i++)
		c->params[i] = gate_param_null();
	if (g->scope.n == 0)
		return;
	gate_time_text(g->expires_ms, c->expires);
	c->params[2] = gate_param_text(g->scope);
	c->params[3] = gate_param_bytes(g->value);
	c->params[4] =
	    gate_param_bytes(gate_span_of(g->digest, sizeof(g->digest)));
	c->params[5] = gate_param_str(c->expires);
}

static enum gate_code
fill(struct call *c, const struct inbox_delivery *d)
{
	enum gate_code code = GATE_OK;
	size_t i;

	c->params[0] = gate_param_i64(d->site_id, c->site);
	c->params[1] = gate_param_str("0"); /* one of the own doors */
	put_guard(c, &d->guard);
	c->params[6] = gate_param_str(d->scheme);
	c->params[7] = gate_param_str(d->key_id);
	c->params[8] = gate_param_text(d->created_by);
	c->params[9] = gate_param_str(d->address);
	c->params[10] = text_or_null(d->user_agent);
	c->params[11] = gate_param_str(d->traceparent);
	c->params[12] = gate_param_text(d->signed_headers);
	c->params[13] = gate_param_null(); /* received now */
	c->params[14] = gate_param_i64(d->key_ttl_s, c->ttl);
	c->params[15] = gate_param_bytes(d->raw);
	c->params[16] = gate_param_i64(d->fp_version, c->version);
	for (i = 0; i < d->event_count; i++)
		put_event(c->arrays, &d->events[i]);
	for (i = 0; i < d->job_count; i++)
		put_job(c->arrays, &d->jobs[i]);
	for (i = 0; i < COLUMN_COUNT && code == GATE_OK; i++)
		code = gate_array_param(
		    &c->arrays[i], &c->params[FIRST_ARRAY + i]);
	return code;
}

/* A duplicate of ourselves is the first try, which did commit. */
static enum gate_code
read_receipt(const struct gate_rows *rows, size_t row,
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
	struct gate_span name = gate_rows_get(rows, row, 1);
	struct inbox_receipt r = {.outcome = OUTCOME_NONE};
	struct gate_uuid id;
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
	if (!gate_uuid_parse(gate_rows_get(rows, row, 2), &id))
		return GATE_E_BUG;
	gate_uuid_text(&id, r.event_id);
	if (r.outcome == OUTCOME_DUPLICATE &&
	    gate_span_equal(gate_span_of(id.b, sizeof(id.b)),
		gate_span_of(e->id.b, sizeof(e->id.b))))
		r.outcome = OUTCOME_ACCEPTED;
	*out = r;
	return GATE_OK;
}

static enum gate_code
read_receipts(const struct gate_rows *rows, const struct inbox_delivery *d,
    struct inbox_receipt *receipts, struct gate_err *err)
{
	size_t i, n = gate_rows_count(rows);
	enum gate_code code = GATE_OK;

	if (n != d->event_count)
		code = GATE_E_BUG;
	for (i = 0; i < n && code == GATE_OK; i++) {
		int64_t ord = gate_rows_i64(rows, i, 0);

		if (ord < 1 || (uint64_t)ord > d->event_count)
			code = GATE_E_BUG;
		else
			code = read_receipt(
			    rows, i, &d->events[ord - 1], &receipts[ord - 1]);
	}
	if (code != GATE_OK)
		return gate_err_set(err, code,
		    "ingest() answered what sql/README.md does not know");
	return GATE_OK;
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
	struct call c;
	enum gate_code code;
	size_t i;

	for (i = 0; i < COLUMN_COUNT; i++)
		gate_array_init(&c.arrays[i], ARRAY_MAX);
	code = fill(&c, d);
	if (code != GATE_OK) {
		(void)gate_err_set(err, code, "ingest: parameters");
		goto out;
	}
	code = inbox_call(
	    db, INBOX_INGEST, c.params, PARAM_COUNT, until_ms, &rows, err);
	if (code == GATE_OK)
		code = read_receipts(rows, d, receipts, err);
out:
	gate_rows_free(rows);
	for (i = 0; i < COLUMN_COUNT; i++)
		gate_array_clear(&c.arrays[i]);
	return code;
}

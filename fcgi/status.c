/*
 * Probes. Open to everybody, so they tell nothing but yes or no, and cost
 * the database one call a second and process at most.
 */
#include "config.h"

#include "fcgi/status.h"

#include "fcgi/inbox.h"
#include "lib/catalog.h"
#include "lib/clock.h"

#define ASK_EVERY_MS 1000
#define WEEKS_LOW 4 /* of event partitions: ingest stops when they end */

enum outcome
status_live(struct visit *v)
{
	v->reply.body = GATE_SPAN("{\"status\":\"live\"}");
	return OUTCOME_FOUND;
}

static enum gate_code
ask(struct visit *v, bool *ready)
{
	struct gate_rows *rows = NULL;
	enum gate_code code;

	code = gate_db_call(v->tools->db, INBOX_READY, NULL, 0,
	    gate_mono_ms() + VISIT_DB_MS, &rows, &v->err);
	if (code != GATE_OK)
		return code;
	*ready = false;
	if (gate_rows_count(rows) != 1 ||
	    gate_rows_i64(rows, 0, 0) != GATE_SCHEMA_VERSION)
		code = gate_err_set(&v->err, GATE_E_CONF,
		    "the schema is not of version %d: run "
		    "`pressgate migrate`",
		    GATE_SCHEMA_VERSION);
	else
		*ready = true;
	if (*ready && gate_rows_i64(rows, 0, 1) < WEEKS_LOW)
		(void)gate_err_set(&v->err, GATE_E_CONF,
		    "event partitions end in less than %d weeks", WEEKS_LOW);
	gate_rows_free(rows);
	return code;
}

enum outcome
status_ready(struct visit *v)
{
	struct tools *t = v->tools;
	int64_t now_ms = gate_mono_ms();

	if (t->ready_at_ms == 0 || now_ms - t->ready_at_ms >= ASK_EVERY_MS) {
		t->ready_at_ms = now_ms;
		if (ask(v, &t->ready) != GATE_OK)
			t->ready = false;
	}
	if (!t->ready)
		return OUTCOME_AWAY;
	v->reply.body = GATE_SPAN("{\"status\":\"ready\"}");
	return OUTCOME_FOUND;
}

/*
 * Statements and connections. Owns all SQL of the worker. Says once when
 * the database goes and once when it is back, not at every try between.
 */
#include "config.h"

#include "worker/queue.h"

#include <stdlib.h>
#include <string.h>

#include "lib/catalog.h"
#include "lib/crypto.h"
#include "lib/num.h"
#include "worker/counters.h"

/* After a failure; lib/db has a pause of its own for connecting. */
#define PAUSE_MS 200

static const struct gate_stmt stmts[] = {
    [QUEUE_CATALOG] = GATE_CATALOG_STMT,
    [QUEUE_START] = {"worker_start",
	"select pressgate.worker_start($1, $2, $3)", 3},
    [QUEUE_STOP] = {"worker_stop", "select pressgate.worker_stop($1)", 1},
    [QUEUE_BEAT] = {"beat",
	"select silent, beat_us from pressgate.beat($1, $2)", 2},
    [QUEUE_TAKEOVER] = {"takeover", "select pressgate.takeover($1, $2, $3)", 3},
    [QUEUE_PAUSED] = {"paused",
	"select site_id, route, service from pressgate.paused()", 0},
    [QUEUE_PARTITIONS] = {"partitions_ahead",
	"select pressgate.partitions_ahead()", 0},
    [QUEUE_CLAIM] = {"claim",
	"select pair, id, event_id, site_id, lane_id, route_id, step, "
	"mode, claim_no, attempt, crashes, max_attempt, lease_s, due_us, "
	"now_us, window_left_ms, cancel, key_salt, serial_key, last_error, "
	"object_ref, idempotency_key, traceparent, canonical, steps "
	"from pressgate.claim($1, $2, $3, $4, $5, $6)",
	6},
    [QUEUE_RENEW] = {"renew", "select unnest(pressgate.renew($1, $2, $3, $4))",
	4},
    [QUEUE_GIVE_BACK] = {"give_back", "select pressgate.give_back($1, $2, $3)",
	3},
    [QUEUE_FINISH] = {"finish",
	"select id, settled from pressgate.finish($1, $2)", 2},
};
_Static_assert(GATE_COUNT(stmts) == QUEUE_CALL_COUNT, "a call has no SQL");

enum gate_code
queue_open(struct queue *q, const struct gate_conf *conf,
    const struct gate_log *log, struct gate_metrics *metrics,
    struct gate_err *err)
{
	struct gate_db_settings s = {
	    .application = "pressgate-worker",
	    .connect_timeout_ms = conf->database.connect_timeout_ms,
	    .call_timeout_ms = conf->database.call_timeout_ms,
	    .prepared = conf->database.prepared,
	};

	char *url;
	enum gate_code rc =
	    gate_conf_database_url(conf, GATE_CONF_ROLE_WORKER, &url, err);

	memset(q, 0, sizeof(*q));
	q->log = log;
	q->metrics = metrics;
	q->call = QUEUE_CALL_COUNT;
	if (rc != GATE_OK)
		return rc;
	s.url = url;
	rc = gate_db_open(&s, stmts, GATE_COUNT(stmts), &q->db, err);
	gate_wipe(url, strlen(url));
	free(url);
	return rc;
}

void
queue_close(struct queue *q)
{
	gate_db_close(q->db);
	q->db = NULL;
}

bool
queue_is_ready(const struct queue *q, int64_t now_ms)
{
	return q->call == QUEUE_CALL_COUNT && now_ms >= q->not_before_ms;
}

static void
note(struct queue *q, enum queue_call call, enum gate_code rc,
    const struct gate_err *err, int64_t now_ms)
{
	bool away = rc == GATE_E_DB_RETRY;
	struct gate_log_line l;

	if (rc != GATE_OK) {
		q->not_before_ms = now_ms + PAUSE_MS;
		gate_metrics_add(
		    q->metrics, away ? COUNTER_DB_AWAY : COUNTER_DB_REFUSED, 1);
	}
	if (rc != GATE_OK && (!away || !q->away)) {
		gate_log_start(&l, q->log, GATE_LOG_ERROR, "queue",
		    away ? "database_away" : "refused");
		gate_log_str(&l, "call", stmts[call].name);
		gate_log_str(&l, "code", gate_code_name(rc));
		gate_log_str(&l, "error", err->text);
		gate_log_end(&l);
	}
	if (rc == GATE_OK && q->away) {
		gate_log_start(
		    &l, q->log, GATE_LOG_INFO, "queue", "database_back");
		gate_log_end(&l);
	}
	if (rc == GATE_OK || away)
		q->away = away;
}

enum gate_code
queue_begin(struct queue *q, enum queue_call call,
    const struct gate_param *params, size_t count, int64_t now_ms)
{
	struct gate_err err = {GATE_OK, ""};
	enum gate_code rc;

	GATE_ASSERT(q->call == QUEUE_CALL_COUNT);
	rc = gate_db_start(q->db, call, params, count, &err);
	if (rc == GATE_OK)
		q->call = call;
	else
		note(q, call, rc, &err, now_ms);
	return rc;
}

bool
queue_step(struct queue *q, int64_t now_ms, enum queue_call *call,
    enum gate_code *rc, struct gate_rows **rows, struct gate_err *err)
{
	bool done = false;

	if (q->call == QUEUE_CALL_COUNT)
		return false;
	*rows = NULL;
	*rc = gate_db_step(q->db, &done, rows, err);
	if (!done)
		return false;
	*call = q->call;
	q->call = QUEUE_CALL_COUNT;
	note(q, *call, *rc, err, now_ms);
	return true;
}

void
queue_poll(const struct queue *q, struct pollfd *out)
{
	bool want_write = false;

	out->fd =
	    q->call == QUEUE_CALL_COUNT ? -1 : gate_db_fd(q->db, &want_write);
	out->events = want_write ? POLLIN | POLLOUT : POLLIN;
	out->revents = 0;
}

int64_t
queue_deadline_ms(const struct queue *q)
{
	return q->call == QUEUE_CALL_COUNT ? INT64_MAX
					   : gate_db_deadline_ms(q->db);
}

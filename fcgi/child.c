/*
 * A serving process: makes the tools that rooms work with, hands each
 * request to a visit, answers, logs and counts. Owns the database
 * connection, which is made after fork and when first needed. Single-
 * threaded; everything it waits for has a deadline.
 */
#include "config.h"

#include "fcgi/child.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi/counters.h"
#include "fcgi/drain.h"
#include "fcgi/inbox.h"
#include "fcgi/ingest.h"
#include "fcgi/keep.h"
#include "fcgi/poke.h"
#include "fcgi/reply.h"
#include "fcgi/results.h"
#include "fcgi/serve.h"
#include "fcgi/spool.h"
#include "fcgi/status.h"
#include "fcgi/tally.h"
#include "fcgi/uses.h"
#include "fcgi/visit.h"
#include "lib/clock.h"
#include "lib/codec.h"

/* mod_fcgid kills a request of a process that it wants to end; a request
 * that runs longer than this outlives the web server as an orphan. */
#define ALONE_MS 5000
#define READ_MS_MIN 1000
#define DRAIN_EVERY_MS 1000
#define DRAIN_MS 200 /* the next request waits so long */
#define PAGE_MAX (8u * 1024 * 1024)

struct child {
	const struct child_start *start;
	struct settings *settings;
	struct generation generation;
	struct tools tools;
	struct poke poke;
	struct tally tally;
	struct uses uses;
	bool has_jobs;    /* of the request just answered */
	bool is_verified; /* that one too */
	int64_t drained_ms;
};

enum gate_code
child_open_db(const struct gate_conf_database *c, struct gate_db **out,
    struct gate_err *err)
{
	struct gate_db_settings s = {
	    .url = c->ingest[0] != '\0' ? c->ingest : c->url,
	    .application = "pressgate-fcgi",
	    .connect_timeout_ms = c->connect_timeout_ms,
	    .call_timeout_ms = c->call_timeout_ms,
	    .prepared = c->prepared,
	};

	return gate_db_open(&s, inbox_stmts, INBOX_STMT_COUNT, out, err);
}

static void
tools_clear(struct tools *t)
{
	gate_db_close(t->db);
	spool_close(t->spool);
	lookup_clear(&t->lookup);
	gate_dummy_clear(&t->dummy);
	gate_buf_clear(&t->body);
	gate_buf_clear(&t->page);
	gate_canonical_clear(&t->canonical);
	plain_clear(&t->plain);
}

static enum gate_code
tools_init(struct tools *t, const struct settings *s, struct gate_err *err)
{
	enum gate_code code;

	*t = (struct tools){.settings = s};
	gate_buf_init(&t->body, INGEST_BODY_HARD_MAX + 1);
	gate_buf_init(&t->page, PAGE_MAX);
	gate_canonical_init(&t->canonical);
	plain_init(&t->plain);
	code = gate_dummy_init(&t->dummy, err);
	if (code == GATE_OK)
		code = child_open_db(&s->conf->database, &t->db, err);
	if (code != GATE_OK)
		tools_clear(t);
	return code;
}

/* Without it those who need it are refused as all others: for later. */
static void
open_spool(struct child *c)
{
	const struct gate_conf *conf = c->settings->conf;
	struct gate_err err = {0};

	if (keep_is_needed(conf) &&
	    spool_open(c->settings->spool_path, &c->tools.spool, &err) !=
		GATE_OK)
		gate_log_err(
		    c->start->log, GATE_LOG_ERROR, "child", "spool", &err);
}

static enum gate_log_level
level_of(enum outcome o)
{
	return reply_status(o) >= 500 ? GATE_LOG_WARN : GATE_LOG_INFO;
}

static void
log_visit(const struct child *c, const struct visit *v, int64_t ms)
{
	enum outcome o = v->reply.outcome;
	struct gate_log_line l;
	char trace[2 * sizeof(v->trace.trace_id) + 1];

	gate_log_start(
	    &l, c->start->log, level_of(o), "request", reply_name(o));
	gate_log_i64(&l, "status", reply_sent(&v->reply));
	if (v->match.door != DOOR_COUNT)
		gate_log_str(&l, "door", router_name(v->match.door));
	if (v->site != NULL)
		gate_log_str(&l, "site", v->site->name);
	if (v->source != NULL)
		gate_log_str(&l, "source", v->source);
	if (v->key_id != NULL)
		gate_log_str(&l, "key_id", v->key_id);
	if (v->hmac_key_id != NULL)
		gate_log_str(&l, "hmac_key_id", v->hmac_key_id);
	if (v->idempotency_key.n > 0)
		gate_log_span(&l, "idempotency_key", v->idempotency_key);
	if (v->reply.request_id[0] != '\0')
		gate_log_str(&l, "request_id", v->reply.request_id);
	if (v->has_trace) {
		gate_hex_text(
		    gate_span_of(v->trace.trace_id, sizeof(v->trace.trace_id)),
		    trace, sizeof(trace));
		gate_log_str(&l, "trace_id", trace);
	}
	if (v->stage != NULL && reply_status(o) >= 400)
		gate_log_str(&l, "stage", v->stage);
	if (v->why != NULL)
		gate_log_str(&l, "reason", v->why);
	if (v->where != NULL)
		gate_log_str(&l, "where", v->where);
	gate_log_i64(&l, "latency_ms", ms);
	if (v->err.code != GATE_OK) {
		gate_log_str(&l, "code", gate_code_name(v->err.code));
		gate_log_str(&l, "error", v->err.text);
	}
	gate_log_end(&l);
}

static void
answer(void *ctx, const struct serve_request *r, struct gate_buf *out)
{
	struct child *c = ctx;
	struct request request = {.has_length = false};
	struct visit v = {.tools = &c->tools,
	    .request = &request,
	    .body = &r->body,
	    .match = {.door = DOOR_COUNT}};
	int64_t ms;

	v.reply.outcome = request_params(r->params, &request);
	if (v.reply.outcome == OUTCOME_NONE)
		(void)visit_run(&v);
	if (reply_put(out, &v.reply) != GATE_OK)
		(void)gate_err_set(&v.err, out->failed, "answer: %s",
		    gate_code_name(out->failed));
	c->has_jobs = v.has_jobs;
	c->is_verified = v.key_id != NULL;
	ms = gate_mono_ms() - r->accepted_ms;
	gate_metrics_add(c->start->metrics, v.reply.outcome, 1);
	gate_metrics_observe_ms(c->start->metrics, COUNTERS_SECONDS, ms);
	if (v.is_spooled)
		gate_metrics_add(c->start->metrics, COUNTERS_SPOOLED, 1);
	tally_add(&c->tally, &v);
	uses_add(&c->uses, &v);
	log_visit(c, &v, ms);
}

/* It is not worth a refusal: what cannot be written now is tried again. */
static void
flush_tally(struct child *c, int64_t now_ms)
{
	struct gate_err err = {0};

	if (tally_flush(&c->tally, c->tools.db, now_ms, &err) != GATE_OK)
		gate_log_err(
		    c->start->log, GATE_LOG_WARN, "child", "tally", &err);
}

/* Without it nobody is refused for the queue's depth: no more than that. */
static void
count_queue(struct child *c)
{
	struct gate_err err = {0};

	if (limits_count(c->tools.limits, c->settings, c->tools.db, &err) !=
	    GATE_OK)
		gate_log_err(
		    c->start->log, GATE_LOG_WARN, "child", "depth", &err);
}

/* Nobody else would: a little, now and then, after an answer. */
static void
drain_alone(struct child *c)
{
	struct drain d = {.spool = c->tools.spool,
	    .db = c->tools.db,
	    .lookup = &c->tools.lookup,
	    .log = c->start->log,
	    .metrics = c->start->metrics};
	int64_t now_ms = gate_mono_ms();
	struct gate_err err = {0};

	if (!c->start->listener->alone || d.spool == NULL ||
	    now_ms - c->drained_ms < DRAIN_EVERY_MS ||
	    !spool_has_some(c->settings->spool_path))
		return;
	c->drained_ms = now_ms;
	if (drain_run(&d, now_ms + DRAIN_MS, &err) != GATE_OK)
		gate_log_err(
		    c->start->log, GATE_LOG_WARN, "drain", "stopped", &err);
	if (d.drained > 0)
		poke_send(&c->poke);
}

static void
flush_uses(struct child *c, int64_t now_ms)
{
	struct gate_err err = {0};

	if (uses_flush(&c->uses, c->tools.db, now_ms, &err) != GATE_OK)
		gate_log_err(
		    c->start->log, GATE_LOG_WARN, "child", "uses", &err);
}

static void
after(void *ctx)
{
	struct child *c = ctx;

	if (c->has_jobs)
		poke_send(&c->poke);
	c->has_jobs = false;
	if (c->is_verified)
		count_queue(c);
	c->is_verified = false;
	drain_alone(c);
	if (tally_is_due(&c->tally, gate_mono_ms()))
		flush_tally(c, gate_mono_ms());
	if (uses_is_due(&c->uses, gate_mono_ms()))
		flush_uses(c, gate_mono_ms());
}

static void
broken(void *ctx)
{
	const struct child *c = ctx;

	gate_metrics_add(c->start->metrics, COUNTERS_BROKEN, 1);
}

static int64_t
read_ms(void *ctx)
{
	const struct child *c = ctx;
	int64_t ms = c->settings->conf->fcgi.request_timeout_ms;

	if (c->start->listener->alone && ms > ALONE_MS)
		ms = ALONE_MS;
	ms -= VISIT_DB_MS;
	return ms < READ_MS_MIN ? READ_MS_MIN : ms;
}

/* New settings whole, or none: then the old ones go on. */
static void
swap_settings(struct child *c)
{
	struct gate_err err = {0};
	struct settings *fresh;
	struct tools tools;
	enum gate_code code;

	code = settings_load(c->start->conf_path, true, c->start->log, &fresh);
	if (code != GATE_OK)
		return; /* each error is in the log already */
	code = tools_init(&tools, fresh, &err);
	if (code != GATE_OK) {
		gate_log_err(
		    c->start->log, GATE_LOG_ERROR, "child", "reload", &err);
		settings_free(fresh);
		return;
	}
	tools.limits = c->start->limits;
	tools.seat = c->tools.seat;
	tools_clear(&c->tools);
	settings_free(c->settings);
	c->tools = tools;
	c->settings = fresh;
	open_spool(c);
	poke_close(&c->poke);
	poke_open(&c->poke, fresh->conf->worker.poke);
}

/* Nobody signals a process of mod_fcgid or spawn-fcgi, and nobody would
 * start it again in time: the connection that waits on its own socket would
 * be lost. So it does not exit for a new configuration, it takes it. */
static void
before(void *ctx)
{
	struct child *c = ctx;
	struct generation now;

	if (!c->start->listener->alone)
		return;
	now = settings_generation(c->settings);
	if (settings_same_generation(now, c->generation))
		return;
	c->generation = now;
	swap_settings(c);
}

/* Connects before the first request comes, and says at once what every
 * request would run into: no database, or a schema that is not ours. Serves
 * all the same: both may be mended meanwhile. */
static void
look_at_database(struct child *c)
{
	struct visit v = {.tools = &c->tools};

	if (status_ready(&v) != OUTCOME_FOUND || v.err.code != GATE_OK)
		gate_log_err(
		    c->start->log, GATE_LOG_ERROR, "child", "database", &v.err);
	c->tools.ready_at_ms = 0; /* who asks /readyz now, asks anew */
}

int
child_run(const struct child_start *start, const struct group_seat *seat,
    struct settings *settings)
{
	struct child c = {.start = start, .settings = settings};
	struct serve_settings serve = {.listener = start->listener->fd,
	    .requests_max = settings->conf->fcgi.requests_per_child,
	    .wait_mask = start->wait_mask};
	struct serve_calls calls = {.before = before,
	    .answer = answer,
	    .after = after,
	    .broken = broken,
	    .read_ms = read_ms,
	    .ctx = &c};
	struct gate_err err = {0};
	enum gate_code code;

	if (start->listener->alone)
		serve.requests_max = 0; /* nobody would start another */
	gate_metrics_attach(start->metrics);
	gate_metrics_add(start->metrics, COUNTERS_STARTS, 1);
	c.generation = settings_generation(settings);
	poke_open(&c.poke, settings->conf->worker.poke);
	code = tools_init(&c.tools, settings, &err);
	c.tools.limits = start->limits;
	if (code == GATE_OK) {
		open_spool(&c);
		c.tools.seat = seat;
		look_at_database(&c);
		code = serve_loop(&serve, &calls, &err);
		if (c.tally.count > 0)
			flush_tally(&c, gate_mono_ms());
		if (c.uses.count > 0)
			flush_uses(&c, gate_mono_ms());
		tools_clear(&c.tools);
	}
	if (code != GATE_OK)
		gate_log_err(
		    start->log, GATE_LOG_ERROR, "child", "stopped", &err);
	poke_close(&c.poke);
	settings_free(c.settings);
	return code == GATE_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

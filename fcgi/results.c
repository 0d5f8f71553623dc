/*
 * Results and the state of an event. Reads only. The site comes from the key
 * id or is the default one, never from the query; the rows come from
 * functions that take the site's id, so no page holds anybody else's.
 */
#include "config.h"

#include "fcgi/results.h"

#include <stdio.h>
#include <string.h>

#include "fcgi/cursor.h"
#include "fcgi/inbox.h"
#include "fcgi/scheme.h"
#include "lib/clock.h"
#include "lib/json.h"
#include "lib/num.h"

/* Columns of INBOX_RESULTS. */
enum {
	VERDICT,
	FLOOR,
	SEQ,
	TAG,
	REQUEST_ID,
	EVENT_TYPE,
	OBJECT_REF,
	KEY,
	ROUTE,
	STATUS,
	OUTPUT,
	USAGE,
	COALESCED,
	SUPERSEDES,
	FINISHED_AT
};

static enum outcome
trouble(struct visit *v, enum gate_code code)
{
	lookup_forget(&v->tools->lookup);
	return reply_of_code(code);
}

static enum outcome
check_proof(struct visit *v, const struct scheme *scheme,
    const struct gate_proof *proof)
{
	const struct gate_sites *sites = &v->tools->settings->conf->sites;
	struct gate_trial t = {.dummy = &v->tools->dummy,
	    .data = v->match.target,
	    .is_get = true,
	    .now_s = gate_wall_ms() / 1000};
	struct gate_identity who;
	enum outcome o;

	v->site = scheme->find_site(sites, (struct gate_span){0}, proof);
	if (v->site == NULL && sites->incomplete)
		return OUTCOME_UNSURE;
	o = v->site == NULL ? OUTCOME_NONE : limits_allow(v, &v->site->allow);
	if (o == OUTCOME_NONE)
		o = limits_address(v);
	if (o != OUTCOME_NONE)
		return o;
	t.site = v->site;
	o = scheme->verify(&t, proof, &who, &v->why);
	if (o != OUTCOME_NONE)
		return o;
	v->key_id = who.key_id;
	return limits_site(v, &who);
}

/* Who asks. */
static enum outcome
admit(struct visit *v)
{
	const struct scheme *scheme;
	struct gate_proof proof;
	enum outcome o = scheme_of_get(v->request, &scheme);

	if (o == OUTCOME_NONE)
		o = scheme->read(v->request, true, &proof, &v->why);
	if (o != OUTCOME_NONE)
		return o;
	o = check_proof(v, scheme, &proof);
	gate_proof_clear(&proof);
	return o;
}

/* Runs a statement whose first parameter is the site. */
static enum gate_code
call(struct visit *v, enum inbox_stmt stmt, struct gate_param *params,
    size_t count, struct gate_rows **rows)
{
	struct tools *t = v->tools;
	int64_t until_ms = gate_mono_ms() + VISIT_DB_MS;
	char num[GATE_PARAM_I64_TEXT];
	struct lookup_question q = {.site = v->site};
	struct lookup_answer found;
	enum gate_code code;

	code = lookup_ask(&t->lookup, t->db, &q, until_ms, &found, &v->err);
	if (code != GATE_OK)
		return code;
	params[0] = gate_param_i64(found.site_id, num);
	return inbox_call(t->db, stmt, params, count, until_ms, rows, &v->err);
}

static void
put_text(struct gate_buf *b, const char *name, const struct gate_rows *rows,
    size_t i, size_t column)
{
	(void)gate_buf_printf(b, ",\"%s\":", name);
	if (gate_rows_is_null(rows, i, column))
		(void)gate_buf_put_str(b, "null");
	else
		(void)gate_json_put_string(b, gate_rows_get(rows, i, column));
}

/* The column is jsonb: PostgreSQL's own text of it is JSON. */
static void
put_json(struct gate_buf *b, const char *name, const struct gate_rows *rows,
    size_t i, size_t column)
{
	(void)gate_buf_printf(b, ",\"%s\":", name);
	if (gate_rows_is_null(rows, i, column))
		(void)gate_buf_put_str(b, "null");
	else
		(void)gate_buf_put(b, gate_rows_get(rows, i, column));
}

static void
put_result(struct gate_buf *b, const struct gate_rows *rows, size_t i)
{
	int64_t seq = gate_rows_i64(rows, i, SEQ);

	(void)gate_buf_put_str(b, "{\"seq\":");
	(void)gate_buf_put_i64(b, seq);
	(void)gate_buf_printf(b, ",\"id\":\"%lld.%s\"", (long long)seq,
	    gate_rows_str(rows, i, TAG));
	put_text(b, "request_id", rows, i, REQUEST_ID);
	put_text(b, "event_type", rows, i, EVENT_TYPE);
	put_text(b, "object_ref", rows, i, OBJECT_REF);
	put_text(b, "idempotency_key", rows, i, KEY);
	put_text(b, "route", rows, i, ROUTE);
	put_text(b, "status", rows, i, STATUS);
	put_json(b, "output", rows, i, OUTPUT);
	put_json(b, "usage", rows, i, USAGE);
	if (!gate_rows_is_null(rows, i, COALESCED))
		put_json(b, "coalesced", rows, i, COALESCED);
	if (!gate_rows_is_null(rows, i, SUPERSEDES))
		put_json(b, "supersedes", rows, i, SUPERSEDES);
	put_text(b, "finished_at", rows, i, FINISHED_AT);
	(void)gate_buf_put_byte(b, '}');
}

/* Puts up to limit results and says how many. */
static size_t
put_results(struct gate_buf *b, const struct gate_rows *rows, size_t count,
    size_t limit)
{
	size_t i;

	(void)gate_buf_put_str(b, "{\"results\":[");
	for (i = 0; i < count && i < limit; i++) {
		size_t large = gate_rows_get(rows, i, OUTPUT).n;

		if (i > 0 &&
		    (b->n > RESULTS_PAGE_MAX || large > RESULTS_PAGE_MAX))
			break;
		if (i > 0)
			(void)gate_buf_put_byte(b, ',');
		put_result(b, rows, i);
	}
	(void)gate_buf_put_byte(b, ']');
	return i;
}

static enum gate_code
make_page(
    struct gate_buf *b, const struct gate_rows *rows, const struct cursor *c)
{
	size_t count = gate_rows_count(rows), n;

	if (gate_rows_is_null(rows, 0, SEQ))
		count = 0;
	gate_buf_reset(b);
	n = put_results(b, rows, count, (size_t)c->limit);
	(void)gate_buf_put_str(b, ",\"next\":\"");
	if (n > 0)
		(void)gate_buf_printf(b, "%s.%s",
		    gate_rows_str(rows, n - 1, SEQ),
		    gate_rows_str(rows, n - 1, TAG));
	else if (c->is_given)
		(void)gate_buf_put(b, c->text);
	else
		(void)gate_buf_put(b, gate_rows_get(rows, 0, FLOOR));
	(void)gate_buf_printf(
	    b, "\",\"has_more\":%s}", n < count ? "true" : "false");
	return b->failed;
}

static bool
is_match(struct gate_span header, const char *etag)
{
	struct gate_span s = gate_span_trim(header), inner;
	bool weak = gate_span_skip(&s, "W/");

	(void)weak; /* RFC 9110 section 13.1.2: compared weakly */
	return gate_span_skip(&s, "\"") &&
	    gate_span_until(&s, '"', s.n, &inner) && s.n == 0 &&
	    gate_span_is(inner, etag);
}

/* Hands the page out, or says that the asker has it. */
static enum outcome
hand_out(struct visit *v)
{
	struct tools *t = v->tools;
	unsigned char digest[GATE_SHA256_BYTES];
	struct gate_span page = gate_buf_span(&t->page);

	if (gate_sha256(&page, 1, digest) != GATE_OK)
		return OUTCOME_AWAY;
	gate_hex_text(gate_span_of(digest, 8), t->etag, sizeof(t->etag));
	v->reply.etag = t->etag;
	v->reply.body = page;
	return is_match(v->request->if_none_match, t->etag) ? OUTCOME_UNCHANGED
							    : OUTCOME_FOUND;
}

static enum outcome
page_of(struct visit *v, const struct gate_rows *rows, const struct cursor *c)
{
	struct tools *t = v->tools;
	enum gate_code code;

	if (gate_rows_count(rows) == 0) { /* no stream: apply is not through */
		code = gate_err_set(&v->err, GATE_E_DB_RETRY,
		    "site \"%s\" has no stream: run `pressgate apply`",
		    v->site->name);
		return trouble(v, code);
	}
	if (!gate_span_is(gate_rows_get(rows, 0, VERDICT), "ok")) {
		(void)snprintf(t->restart, sizeof(t->restart), "%s",
		    gate_rows_str(rows, 0, FLOOR));
		v->reply.restart = t->restart;
		return OUTCOME_GONE;
	}
	code = make_page(&t->page, rows, c);
	if (code != GATE_OK) {
		code = gate_err_set(&v->err, GATE_E_BUG,
		    "a result is larger than an answer may be");
		return reply_of_code(code);
	}
	return hand_out(v);
}

enum outcome
results_page(struct visit *v)
{
	struct gate_rows *rows = NULL;
	struct gate_param params[4];
	char seq[GATE_PARAM_I64_TEXT], limit[GATE_PARAM_I64_TEXT];
	struct cursor c;
	enum gate_code code;
	enum outcome o = admit(v);

	if (o != OUTCOME_NONE)
		return o;
	if (!cursor_parse(v->match.query, &c))
		return OUTCOME_BAD_CURSOR;
	params[1] = gate_param_null();
	params[2] = gate_param_null();
	if (c.is_given) {
		params[1] = gate_param_i64(c.seq, seq);
		params[2] = gate_param_str(c.tag);
	}
	params[3] = gate_param_i64(c.limit + 1, limit);
	code = call(v, INBOX_RESULTS, params, GATE_COUNT(params), &rows);
	o = code == GATE_OK ? page_of(v, rows, &c) : trouble(v, code);
	gate_rows_free(rows);
	return o;
}

/* From the least finished to the most. */
static const char *const states[] = {
    "queued", "retrying", "running", "dead", "cancelled", "mirrored", "done"};

static size_t
rank(struct gate_span status)
{
	size_t i;

	for (i = 0; i < GATE_COUNT(states); i++)
		if (gate_span_is(status, states[i]))
			return i;
	return GATE_COUNT(states) - 1; /* dry_run: as finished as done */
}

static void
put_jobs(struct gate_buf *b, const struct gate_rows *rows, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		(void)gate_buf_put_str(
		    b, i == 0 ? "{\"route\":" : ",{\"route\":");
		(void)gate_json_put_string(b, gate_rows_get(rows, i, 1));
		put_text(b, "status", rows, i, 2);
		put_json(b, "seq", rows, i, 3);
		(void)gate_buf_put_byte(b, '}');
	}
}

static enum outcome
put_event(struct visit *v, const char *id, const struct gate_rows *rows)
{
	struct gate_buf *b = &v->tools->page;
	size_t i, least = GATE_COUNT(states) - 1, n = gate_rows_count(rows);
	bool is_routed;

	if (n == 0)
		return OUTCOME_NOT_FOUND;
	is_routed = !gate_span_is(gate_rows_get(rows, 0, 2), "unrouted");
	for (i = 0; i < n; i++)
		if (rank(gate_rows_get(rows, i, 2)) < least)
			least = rank(gate_rows_get(rows, i, 2));
	gate_buf_reset(b);
	(void)gate_buf_printf(b, "{\"request_id\":\"%s\",\"status\":\"%s\"", id,
	    is_routed ? states[least] : "unrouted");
	put_text(b, "received_at", rows, 0, 0);
	(void)gate_buf_put_str(b, ",\"jobs\":[");
	put_jobs(b, rows, is_routed ? n : 0);
	(void)gate_buf_put_str(b, "]}");
	if (b->failed != GATE_OK)
		return reply_of_code(b->failed);
	v->reply.body = gate_buf_span(b);
	return OUTCOME_FOUND;
}

enum outcome
results_event(struct visit *v)
{
	struct gate_rows *rows = NULL;
	struct gate_param params[2];
	char text[GATE_UUID_TEXT];
	struct gate_uuid id;
	enum gate_code code;
	enum outcome o = admit(v);

	if (o != OUTCOME_NONE)
		return o;
	if (!gate_uuid_parse(v->match.argument, &id))
		return OUTCOME_NOT_FOUND;
	gate_uuid_text(&id, text);
	params[1] = gate_param_str(text);
	code = call(v, INBOX_EVENT, params, GATE_COUNT(params), &rows);
	o = code == GATE_OK ? put_event(v, text, rows) : trouble(v, code);
	gate_rows_free(rows);
	return o;
}

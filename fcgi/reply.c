/*
 * The answer's bytes. Knows statuses and their fixed texts; decides nothing:
 * rooms that decide return an outcome. Nothing of a request is put into an
 * answer, so there is nothing to escape; the exceptions are ids, cursors and
 * bodies that we made ourselves.
 */
#include "config.h"

#include "fcgi/reply.h"

#include <inttypes.h>
#include <string.h>

#include "lib/num.h"

#define RETRY_AFTER_S 5 /* a restart of PostgreSQL takes about that */

static const struct {
	const char *name;
	int status;
	const char *text;
} outcomes[] = {
#define ROW(symbol, name, status, text)                                        \
	[OUTCOME_##symbol] = {name, status, text},
    OUTCOME_LIST(ROW)
#undef ROW
};
_Static_assert(GATE_COUNT(outcomes) == OUTCOME_COUNT, "an outcome is missing");

static const struct {
	int status;
	const char *phrase; /* RFC 9110 section 15 */
} phrases[] = {
    {200, "OK"},
    {202, "Accepted"},
    {204, "No Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {410, "Gone"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {503, "Service Unavailable"},
};

static const enum outcome of_code[] = {
    [GATE_OK] = OUTCOME_FOUND,
    [GATE_E_BAD] = OUTCOME_MALFORMED,
    [GATE_E_AUTH] = OUTCOME_BAD_SIGNATURE,
    [GATE_E_STALE] = OUTCOME_STALE,
    [GATE_E_LIMIT] = OUTCOME_TOO_LARGE,
    [GATE_E_UNKNOWN] = OUTCOME_NOT_FOUND,
    [GATE_E_DUP] = OUTCOME_DUPLICATE,
    [GATE_E_NOMEM] = OUTCOME_AWAY,
    [GATE_E_SYS] = OUTCOME_AWAY,
    [GATE_E_DB_RETRY] = OUTCOME_AWAY,
    [GATE_E_DB_HARD] = OUTCOME_OURS,
    [GATE_E_CONF] = OUTCOME_OURS,
    [GATE_E_BUG] = OUTCOME_OURS,
};
_Static_assert(GATE_COUNT(of_code) == GATE_CODE_COUNT, "a code is missing");

#define BODY_MAX 512 /* of the bodies made here */

int
reply_status(enum outcome o)
{
	GATE_ASSERT((size_t)o < OUTCOME_COUNT);
	return outcomes[o].status;
}

const char *
reply_name(enum outcome o)
{
	GATE_ASSERT((size_t)o < OUTCOME_COUNT);
	return outcomes[o].name;
}

enum outcome
reply_of_code(enum gate_code code)
{
	GATE_ASSERT((size_t)code < GATE_CODE_COUNT);
	return of_code[code];
}

static const char *
phrase(int status)
{
	size_t i;

	for (i = 0; i < GATE_COUNT(phrases); i++)
		if (phrases[i].status == status)
			return phrases[i].phrase;
	GATE_ASSERT(false && "a status without a phrase");
	return "";
}

static void
put_body(struct gate_buf *b, const struct reply *r, int status)
{
	if (status < 300) {
		(void)gate_buf_printf(b,
		    "{\"status\":\"%s\",\"request_id\":\"%s\"}",
		    reply_name(r->outcome), r->request_id);
		return;
	}
	(void)gate_buf_printf(b,
	    "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,"
	    "\"detail\":\"%s\"",
	    phrase(status), status, outcomes[r->outcome].text);
	if (r->restart != NULL)
		(void)gate_buf_printf(b, ",\"restart\":\"%s\"", r->restart);
	(void)gate_buf_put_byte(b, '}');
}

/* Retry-After in whole seconds, at least one; and the fields of the IETF's
 * draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4. */
static void
put_limit(struct gate_buf *out, const struct reply_limit *l)
{
	int64_t wait_s = (l->wait_ms + 999) / 1000;

	if (wait_s < 1)
		wait_s = 1;
	(void)gate_buf_printf(out, "Retry-After: %" PRId64 "\r\n", wait_s);
	if (l->name == NULL)
		return;
	(void)gate_buf_printf(
	    out, "RateLimit-Policy: \"%s\";q=%" PRId64, l->name, l->quota);
	if (l->window_s > 0)
		(void)gate_buf_printf(out, ";w=%" PRId64, l->window_s);
	(void)gate_buf_printf(out,
	    "\r\nRateLimit: \"%s\";r=0;t=%" PRId64 "\r\n", l->name, wait_s);
}

/* Headers that belong to one status. */
static void
put_special(struct gate_buf *out, const struct reply *r, int status)
{
	switch (status) {
	case 202:
		if (r->request_id[0] == '\0')
			break; /* many events, or none */
		(void)gate_buf_printf(out, "Location: %s/events/%s\r\n",
		    r->mount == NULL ? "" : r->mount, r->request_id);
		break;
	case 401: /* RFC 9110 section 15.5.2 wants a challenge; the same at
		   * every door, so that it tells nothing */
		(void)gate_buf_put_str(out,
		    "WWW-Authenticate: Bearer realm=\"pressgate\", "
		    "Signature realm=\"pressgate\"\r\n");
		break;
	case 405:
		(void)gate_buf_printf(
		    out, "Allow: %s\r\n", r->allow == NULL ? "" : r->allow);
		break;
	case 429:
		put_limit(out, &r->limit);
		break;
	case 503:
		(void)gate_buf_printf(
		    out, "Retry-After: %d\r\n", RETRY_AFTER_S);
		break;
	default:
		break;
	}
	if (r->etag != NULL)
		(void)gate_buf_printf(out, "ETag: \"%s\"\r\n", r->etag);
}

int
reply_sent(const struct reply *r)
{
	int status = reply_status(r->outcome);

	return r->status != 0 && status < 300 ? r->status : status;
}

static void
put_length(struct gate_buf *out, const struct reply *r, int status, size_t n)
{
	if (status == 304 || status == 204)
		return; /* RFC 9110 section 8.6 */
	if (status < 300 && r->media != NULL)
		(void)gate_buf_printf(out, "Content-Type: %s\r\n", r->media);
	else
		(void)gate_buf_printf(out,
		    "Content-Type: application/%sjson\r\n",
		    status < 300 ? "" : "problem+");
	(void)gate_buf_printf(out, "Content-Length: %zu\r\n", n);
}

/* Whether r brings its body along. */
static bool
has_body(const struct reply *r)
{
	return reply_status(r->outcome) == 200;
}

enum gate_code
reply_put(struct gate_buf *out, const struct reply *r)
{
	int status = reply_sent(r);
	struct gate_span body = has_body(r) ? r->body : r->said;
	struct gate_buf own;

	gate_buf_init(&own, BODY_MAX);
	if (!has_body(r) && (status > 299 || body.p == NULL)) {
		put_body(&own, r, status);
		body = gate_buf_span(&own);
	}
	if (status == 304 || status == 204)
		body.n = 0;
	(void)gate_buf_printf(out, "Status: %d %s\r\n", status, phrase(status));
	put_special(out, r, status);
	put_length(out, r, status, body.n);
	(void)gate_buf_put_str(out,
	    "Cache-Control: private, no-store\r\n"
	    "X-Content-Type-Options: nosniff\r\n\r\n");
	(void)gate_buf_put(out, body);
	if (own.failed != GATE_OK)
		out->failed = own.failed;
	gate_buf_clear(&own);
	return out->failed;
}

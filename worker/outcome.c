/*
 * The judgement of calls. Owns three tables: causes' names, transfer ends,
 * status classes. Pure but for nothing: time is given.
 */
#include "config.h"

#include "worker/outcome.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/num.h"
#include "worker/retry.h"

static const char *const cause_names[] = {
    [CAUSE_NONE] = "",
    [CAUSE_POISON] = "poison",
    [CAUSE_CONFIG] = "config",
    [CAUSE_REMOTE_4XX] = "remote_4xx",
    [CAUSE_REMOTE_5XX] = "remote_5xx",
    [CAUSE_TIMEOUT] = "timeout",
    [CAUSE_TLS] = "tls",
    [CAUSE_REFUSED_ADDRESS] = "refused_address",
    [CAUSE_BREAKER] = "breaker",
    [CAUSE_BUDGET] = "budget",
    [CAUSE_SCHEMA] = "schema",
};
_Static_assert(GATE_COUNT(cause_names) == CAUSE_COUNT, "a cause has no name");

struct verdict {
	enum outcome_kind kind;
	enum outcome_cause cause;
};

/* Connections that fail or break count with 5xx: the service is away. An
 * answer that is too large would be so again, and is paid for each time. */
static const struct verdict ends[GATE_HTTP_END_COUNT] = {
    [GATE_HTTP_ANSWERED] = {OUTCOME_OK, CAUSE_NONE},
    [GATE_HTTP_REFUSED_ADDRESS] = {OUTCOME_DEAD, CAUSE_REFUSED_ADDRESS},
    [GATE_HTTP_CONNECT] = {OUTCOME_RETRY, CAUSE_REMOTE_5XX},
    [GATE_HTTP_TLS] = {OUTCOME_RETRY, CAUSE_TLS},
    [GATE_HTTP_TIMEOUT] = {OUTCOME_RETRY, CAUSE_TIMEOUT},
    [GATE_HTTP_TOO_LARGE] = {OUTCOME_DEAD, CAUSE_SCHEMA},
};

/* The first row that holds the status counts. */
static const struct {
	int64_t lo, hi;
	struct verdict verdict;
} statuses[] = {
    {200, 299, {OUTCOME_OK, CAUSE_NONE}},
    {300, 399, {OUTCOME_DEAD, CAUSE_CONFIG}},
    {408, 409, {OUTCOME_RETRY, CAUSE_REMOTE_4XX}},
    {425, 425, {OUTCOME_RETRY, CAUSE_REMOTE_4XX}},
    {429, 429, {OUTCOME_RETRY, CAUSE_REMOTE_4XX}},
    {400, 499, {OUTCOME_DEAD, CAUSE_REMOTE_4XX}},
    {0, INT64_MAX, {OUTCOME_RETRY, CAUSE_REMOTE_5XX}},
};

const char *
outcome_cause_name(enum outcome_cause c)
{
	GATE_ASSERT(c < CAUSE_COUNT);
	return cause_names[c];
}

enum outcome_cause
outcome_cause_parse(struct gate_span name)
{
	size_t i;

	for (i = CAUSE_NONE + 1; i < CAUSE_COUNT; i++)
		if (gate_span_is(name, cause_names[i]))
			return (enum outcome_cause)i;
	return CAUSE_CONFIG;
}

static struct verdict
judge(const struct gate_http_answer *a)
{
	struct verdict v = ends[a->end];
	size_t i = 0;

	if (a->end != GATE_HTTP_ANSWERED)
		return v;
	while (a->status < statuses[i].lo || a->status > statuses[i].hi)
		i++;
	v = statuses[i].verdict;
	if (a->status < 400)
		return v;
	if (gate_span_is_nocase(a->should_retry, "true"))
		v.kind = OUTCOME_RETRY;
	else if (gate_span_is_nocase(a->should_retry, "false"))
		v.kind = OUTCOME_DEAD;
	return v;
}

void
outcome_from_answer(
    const struct gate_http_answer *a, int64_t now_wall_ms, struct outcome *out)
{
	struct verdict v = judge(a);

	memset(out, 0, sizeof(*out));
	out->kind = v.kind;
	out->cause = v.cause;
	out->status = a->status;
	out->retry_after_ms = retry_after_ms_parse(a->retry_after_ms);
	if (out->retry_after_ms < 0)
		out->retry_after_ms =
		    retry_after_parse(a->retry_after, now_wall_ms);
	if (v.kind == OUTCOME_OK)
		return;
	if (a->end != GATE_HTTP_ANSWERED)
		outcome_say(out, "%s", a->text);
	else if (a->status >= 300 && a->status <= 399)
		outcome_say(out, "answer %lld: redirects are not followed",
		    (long long)a->status);
	else
		outcome_say(out, "answer %lld", (long long)a->status);
}

/* Takes away a character that the cut has left unfinished. */
static void
trim_utf8(char *s)
{
	size_t n = strlen(s), back = 0;
	unsigned char c;

	while (back < n && back < 3 &&
	    ((unsigned char)s[n - 1 - back] & 0xc0) == 0x80)
		back++;
	if (back == n)
		return;
	c = (unsigned char)s[n - 1 - back];
	if ((c >= 0xc0 && back < 1) || (c >= 0xe0 && back < 2) ||
	    (c >= 0xf0 && back < 3))
		s[n - 1 - back] = '\0';
}

static void GATE_PRINTF(2, 0)
    say(struct outcome *out, const char *fmt, va_list ap)
{
	(void)vsnprintf(out->error, sizeof(out->error), fmt, ap);
	trim_utf8(out->error);
}

void
outcome_say(struct outcome *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(out, fmt, ap);
	va_end(ap);
}

void
outcome_dead(
    struct outcome *out, enum outcome_cause cause, const char *fmt, ...)
{
	va_list ap;

	memset(out, 0, sizeof(*out));
	out->kind = OUTCOME_DEAD;
	out->cause = cause;
	out->retry_after_ms = -1;
	va_start(ap, fmt);
	say(out, fmt, ap);
	va_end(ap);
}

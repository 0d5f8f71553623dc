/*
 * Answer headers. Owns the table of names that are kept; values are copied
 * into fixed room, so that a peer that sends thousands of headers costs
 * nothing but their reading. Source: RFC 9110 sections 5.1, 5.5, 5.6.2.
 */
#include "config.h"

#include "lib/http_head.h"

#include <string.h>

#include "lib/num.h"

static const struct {
	const char *name;
	enum http_head_field field;
} names[] = {
    {"retry-after", HTTP_HEAD_RETRY_AFTER},
    {"retry-after-ms", HTTP_HEAD_RETRY_AFTER_MS},
    {"x-request-id", HTTP_HEAD_REQUEST_ID},
    {"request-id", HTTP_HEAD_REQUEST_ID},
    {"content-type", HTTP_HEAD_CONTENT_TYPE},
    {"x-should-retry", HTTP_HEAD_SHOULD_RETRY},
};

static void
keep(struct http_head *h, enum http_head_field f, struct gate_span value)
{
	if (h->n[f] > 0 || value.n > HTTP_HEAD_VALUE)
		return;
	if (!gate_span_within(value, 0x20, 0x7e))
		return;
	if (value.n > 0)
		memcpy(h->value[f], value.p, value.n);
	h->n[f] = value.n;
}

bool
http_head_line(struct http_head *h, struct gate_span line)
{
	struct gate_span name;
	size_t i;

	if (gate_span_starts(line, "HTTP/"))
		memset(h, 0, sizeof(*h));
	if (line.n > HTTP_HEAD_MAX - h->seen)
		return false;
	h->seen += line.n;
	while (line.n > 0 &&
	    (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
		line.n--;
	if (!gate_span_until(&line, ':', HTTP_HEAD_VALUE, &name))
		return true;
	for (i = 0; i < GATE_COUNT(names); i++)
		if (gate_span_is_nocase(name, names[i].name))
			keep(h, names[i].field, gate_span_trim(line));
	return true;
}

struct gate_span
http_head_get(const struct http_head *h, enum http_head_field f)
{
	return gate_span_of(h->value[f], h->n[f]);
}

static bool
is_text(struct gate_span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((s.p[i] < 0x20 && s.p[i] != '\t') || s.p[i] == 0x7f)
			return false;
	return true;
}

bool
http_head_is_field(struct gate_span line)
{
	struct gate_span name;

	if (!gate_span_until(&line, ':', HTTP_HEAD_VALUE, &name))
		return false;
	return name.n > 0 &&
	    gate_span_only(name,
		"!#$%&'*+-.^_`|~0123456789"
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") &&
	    gate_span_trim(line).n > 0 && is_text(line);
}

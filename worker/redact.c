/*
 * Redaction. Knows one secret at a time: that of the service which was
 * called, since no other can be in its answer.
 */
#include "config.h"

#include "worker/redact.h"

#include <string.h>

#include "lib/json.h"

#define MASK "***"

/* Where the secret starts in text; text.n if it does not. */
static size_t
find(struct gate_span text, struct gate_span secret)
{
	const unsigned char *p = text.p, *end = text.p + text.n;

	while ((size_t)(end - p) >= secret.n) {
		p = memchr(p, secret.p[0], (size_t)(end - p) - secret.n + 1);
		if (p == NULL)
			break;
		if (gate_span_equal(gate_span_of(p, secret.n), secret))
			return (size_t)(p - text.p);
		p++;
	}
	return text.n;
}

void
redact_put(struct gate_buf *out, struct gate_span text, struct gate_span secret)
{
	struct gate_span before, gone;

	while (secret.n > 0 && text.n >= secret.n) {
		size_t at = find(text, secret);

		if (at == text.n || !gate_span_take(&text, at, &before) ||
		    !gate_span_take(&text, secret.n, &gone))
			break;
		(void)gate_buf_put(out, before);
		(void)gate_buf_put_str(out, MASK);
	}
	(void)gate_buf_put(out, text);
}

void
redact_put_json(
    struct gate_buf *out, struct gate_span text, struct gate_span secret)
{
	struct gate_buf quoted, once;
	struct gate_span inner;

	gate_buf_init(&quoted, secret.n * 6 + 2);
	gate_buf_init(&once, out->max);
	redact_put(&once, text, secret);
	if (gate_json_put_string(&quoted, secret) == GATE_OK && quoted.n > 2) {
		inner = gate_buf_span(&quoted);
		inner.p++;
		inner.n -= 2;
		redact_put(out, gate_buf_span(&once), inner);
	} else {
		(void)gate_buf_put(out, gate_buf_span(&once));
	}
	if (once.failed != GATE_OK)
		out->failed = once.failed;
	gate_buf_wipe(&quoted);
	gate_buf_clear(&once);
}

void
redact_text(char *text, size_t size, struct gate_span secret)
{
	struct gate_buf out;
	struct gate_span kept;

	gate_buf_init(&out, strlen(text) * 4 + 1);
	redact_put(&out, gate_span_str(text), secret);
	kept = gate_buf_span(&out);
	if (kept.n > size - 1)
		kept.n = size - 1;
	if (out.failed != GATE_OK || !gate_span_copy(kept, text, size))
		text[0] = '\0';
	gate_buf_clear(&out);
}

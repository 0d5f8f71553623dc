/*
 * Bytes that grow. Owns the memory behind p, which is always cap + 1 bytes:
 * the one byte more is for the NUL that gate_buf_str promises.
 *
 * Growing takes a new block and overwrites the old one before it is freed.
 * realloc would leave the old bytes in the heap, and then gate_buf_wipe
 * could not keep its word for a buffer that grew.
 */
#include "config.h"

#include "lib/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/codec.h"
#include "lib/crypto.h"
#include "lib/num.h"

#define FIRST_CAP 64

void
gate_buf_init(struct gate_buf *b, size_t max)
{
	*b = (struct gate_buf){.max = max};
}

void
gate_buf_clear(struct gate_buf *b)
{
	free(b->p);
	gate_buf_init(b, b->max);
}

void
gate_buf_wipe(struct gate_buf *b)
{
	gate_wipe(b->p, b->cap);
	gate_buf_clear(b);
}

void
gate_buf_reset(struct gate_buf *b)
{
	b->n = 0;
	b->failed = GATE_OK;
}

/* At least `need`, at least double what stood there, at most max. */
static size_t
next_cap(const struct gate_buf *b, size_t need)
{
	size_t cap;

	if (!gate_mul(b->cap, (size_t)2, &cap) || cap > b->max)
		cap = b->max;
	if (cap < FIRST_CAP)
		cap = b->max < FIRST_CAP ? b->max : FIRST_CAP;
	return cap < need ? need : cap;
}

static enum gate_code
grow(struct gate_buf *b, size_t need)
{
	size_t cap = next_cap(b, need);
	unsigned char *p;
	size_t size;

	if (!gate_add(cap, (size_t)1, &size))
		return GATE_E_LIMIT;
	p = malloc(size);
	if (p == NULL)
		return GATE_E_NOMEM;
	if (b->p != NULL) {
		memcpy(p, b->p, b->n);
		gate_wipe(b->p, b->n);
		free(b->p);
	}
	b->p = p;
	b->cap = cap;
	return GATE_OK;
}

enum gate_code
gate_buf_room(struct gate_buf *b, size_t n, unsigned char **p)
{
	if (b->failed != GATE_OK)
		return b->failed;
	if (n > b->max - b->n)
		b->failed = GATE_E_LIMIT;
	else if (b->p == NULL || n > b->cap - b->n)
		b->failed = grow(b, b->n + n);
	if (b->failed == GATE_OK)
		*p = b->p + b->n;
	return b->failed;
}

void
gate_buf_added(struct gate_buf *b, size_t n)
{
	GATE_ASSERT(n <= b->cap - b->n);
	b->n += n;
}

enum gate_code
gate_buf_put(struct gate_buf *b, struct gate_span s)
{
	unsigned char *p;

	if (s.n == 0 || gate_buf_room(b, s.n, &p) != GATE_OK)
		return b->failed;
	memcpy(p, s.p, s.n);
	gate_buf_added(b, s.n);
	return GATE_OK;
}

enum gate_code
gate_buf_put_str(struct gate_buf *b, const char *s)
{
	return gate_buf_put(b, gate_span_str(s));
}

enum gate_code
gate_buf_put_byte(struct gate_buf *b, unsigned char c)
{
	return gate_buf_put(b, (struct gate_span){&c, 1});
}

enum gate_code
gate_buf_put_i64(struct gate_buf *b, int64_t v)
{
	char text[GATE_I64_TEXT];
	size_t n = gate_i64_text(v, text);

	return gate_buf_put(b, gate_span_of(text, n));
}

/* Most texts fit into the room that is there: then once is enough. */
enum gate_code
gate_buf_printf(struct gate_buf *b, const char *fmt, ...)
{
	/* Its NUL lands in the byte that every block has beyond cap. */
	size_t room = b->p == NULL ? 0 : b->cap - b->n + 1;
	unsigned char *p;
	va_list ap;
	int n;

	if (b->failed != GATE_OK)
		return b->failed;
	va_start(ap, fmt);
	n = vsnprintf(b->p == NULL ? NULL : (char *)b->p + b->n, room, fmt, ap);
	va_end(ap);
	if (n < 0)
		b->failed = GATE_E_NOMEM; /* all our formats are valid */
	if (n < 0 || gate_buf_room(b, (size_t)n, &p) != GATE_OK)
		return b->failed;
	if ((size_t)n >= room) {
		va_start(ap, fmt);
		(void)vsnprintf((char *)p, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	gate_buf_added(b, (size_t)n);
	return GATE_OK;
}

void
gate_buf_cut(struct gate_buf *b, size_t n)
{
	GATE_ASSERT(n <= b->n);
	b->n = n;
}

struct gate_span
gate_buf_span(const struct gate_buf *b)
{
	return (struct gate_span){b->p, b->n};
}

const char *
gate_buf_str(struct gate_buf *b)
{
	if (b->p == NULL || b->failed != GATE_OK)
		return "";
	b->p[b->n] = '\0';
	return (const char *)b->p;
}

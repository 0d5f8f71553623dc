/*
 * Bytes that grow up to a maximum which is named when the buffer is made.
 * Once a put fails the buffer is marked and every later put fails too, so a
 * builder may put many times and ask once at the end.
 *
 *	p        p+n          p+cap        cap <= max
 *	| written | room        |
 */
#ifndef GATE_BUF_H
#define GATE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/span.h"

struct gate_buf {
	unsigned char *p;
	size_t n;
	size_t cap;
	size_t max;
	enum gate_code failed; /* GATE_OK, GATE_E_LIMIT or GATE_E_NOMEM */
};

/* An empty buffer of at most max bytes; allocates nothing yet. */
void gate_buf_init(struct gate_buf *b, size_t max);
/* Frees; the buffer may then be used again with the same max. */
void gate_buf_clear(struct gate_buf *b);
/* As clear, but the bytes are overwritten first (secrets). */
void gate_buf_wipe(struct gate_buf *b);
/* Forgets the content and the failure, keeps the memory. */
void gate_buf_reset(struct gate_buf *b);

/* Each appends, or marks the buffer failed and returns its code. What is
 * put must not lie in the buffer itself. */
enum gate_code gate_buf_put(struct gate_buf *b, struct gate_span s);
enum gate_code gate_buf_put_str(struct gate_buf *b, const char *s);
enum gate_code gate_buf_put_byte(struct gate_buf *b, unsigned char c);
enum gate_code gate_buf_put_i64(struct gate_buf *b, int64_t v);
enum gate_code gate_buf_printf(struct gate_buf *b, const char *fmt, ...)
    GATE_PRINTF(2, 3);

/* Room for n more bytes at *p (then gate_buf_added(b, used)). */
enum gate_code gate_buf_room(
    struct gate_buf *b, size_t n, unsigned char **p) GATE_MUSTCHECK;
void gate_buf_added(struct gate_buf *b, size_t n);
/* Forgets what stands behind the first n <= b->n bytes. */
void gate_buf_cut(struct gate_buf *b, size_t n);

/* What stands in it; borrows until the next put. */
struct gate_span gate_buf_span(const struct gate_buf *b);
/* The same as a C string (a NUL is kept after the end, not counted).
 * "" if the buffer is empty or failed. */
const char *gate_buf_str(struct gate_buf *b);

#endif

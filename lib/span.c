/*
 * Borrowed bytes. Owns no memory but what gate_span_dup hands out; knows no
 * format. Every test of a length is made against what remains (n > s.n),
 * never by adding to a position, so no sum can overflow.
 *
 * One of the two files that may call memcmp: nothing secret is compared
 * here (lib/crypto.c has gate_ct_equal for that).
 */
#include "config.h"

#include "lib/span.h"

#include <stdlib.h>
#include <string.h>

#include "lib/num.h"

struct gate_span
gate_span_str(const char *s)
{
	if (s == NULL)
		return (struct gate_span){NULL, 0};
	return (struct gate_span){(const unsigned char *)s, strlen(s)};
}

struct gate_span
gate_span_of(const void *p, size_t n)
{
	return (struct gate_span){p, n};
}

static void
drop(struct gate_span *s, size_t n)
{
	if (n == 0)
		return;
	s->p += n;
	s->n -= n;
}

bool
gate_span_take(struct gate_span *s, size_t n, struct gate_span *out)
{
	if (n > s->n)
		return false;
	*out = (struct gate_span){s->p, n};
	drop(s, n);
	return true;
}

bool
gate_span_until(
    struct gate_span *s, unsigned char sep, size_t max, struct gate_span *out)
{
	/* The separator itself may stand at index max at the latest. */
	size_t look = s->n > max ? max + 1 : s->n;
	const unsigned char *at;

	if (look == 0)
		return false;
	at = memchr(s->p, sep, look);
	if (at == NULL)
		return false;
	*out = (struct gate_span){s->p, (size_t)(at - s->p)};
	drop(s, out->n + 1);
	return true;
}

bool
gate_span_skip(struct gate_span *s, const char *lit)
{
	if (!gate_span_starts(*s, lit))
		return false;
	drop(s, strlen(lit));
	return true;
}

bool
gate_span_is(struct gate_span s, const char *lit)
{
	return gate_span_equal(s, gate_span_str(lit));
}

static unsigned char
lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + ('a' - 'A')) : c;
}

bool
gate_span_is_nocase(struct gate_span s, const char *lit)
{
	struct gate_span want = gate_span_str(lit);
	size_t i;

	if (s.n != want.n)
		return false;
	for (i = 0; i < s.n; i++) {
		if (lower(s.p[i]) != lower(want.p[i]))
			return false;
	}
	return true;
}

bool
gate_span_equal(struct gate_span a, struct gate_span b)
{
	/* memcmp must not be given NULL, not even for no bytes. */
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool
gate_span_starts(struct gate_span s, const char *lit)
{
	struct gate_span want = gate_span_str(lit);

	if (want.n > s.n)
		return false;
	return gate_span_equal((struct gate_span){s.p, want.n}, want);
}

int
gate_span_compare(struct gate_span a, struct gate_span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n == 0 ? 0 : memcmp(a.p, b.p, n);

	if (order != 0)
		return order;
	return (a.n > b.n) - (a.n < b.n);
}

static bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t';
}

struct gate_span
gate_span_trim(struct gate_span s)
{
	while (s.n > 0 && is_blank(s.p[0]))
		drop(&s, 1);
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool
gate_span_within(struct gate_span s, unsigned char lo, unsigned char hi)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] < lo || s.p[i] > hi)
			return false;
	}
	return true;
}

bool
gate_span_only(struct gate_span s, const char *set)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		/* strchr would find a NUL byte in any set: its own end. */
		if (s.p[i] == 0 || strchr(set, s.p[i]) == NULL)
			return false;
	}
	return true;
}

#define U64_DIGITS_MAX 20 /* 18446744073709551615 */

bool
gate_span_u64(struct gate_span s, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;
	size_t i;

	if (s.n == 0 || s.n > U64_DIGITS_MAX || !gate_span_within(s, '0', '9'))
		return false;
	for (i = 0; i < s.n; i++) {
		if (!gate_mul(v, (uint64_t)10, &v) ||
		    !gate_add(v, (uint64_t)(s.p[i] - '0'), &v))
			return false;
	}
	if (v > max)
		return false;
	*out = v;
	return true;
}

bool
gate_span_i64(struct gate_span s, int64_t min, int64_t max, int64_t *out)
{
	bool negative = gate_span_skip(&s, "-");
	uint64_t limit = negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX;
	uint64_t magnitude;
	int64_t v;

	if (!gate_span_u64(s, limit, &magnitude))
		return false;
	if (!negative)
		v = (int64_t)magnitude;
	else if (magnitude == limit)
		v = INT64_MIN; /* its negation is no int64 */
	else
		v = -(int64_t)magnitude;
	if (v < min || v > max)
		return false;
	*out = v;
	return true;
}

bool
gate_span_copy(struct gate_span s, char *dst, size_t dst_size)
{
	GATE_ASSERT(dst_size > 0);
	dst[0] = '\0';
	if (s.n >= dst_size)
		return false;
	if (s.n == 0)
		return true;
	if (memchr(s.p, '\0', s.n) != NULL)
		return false;
	memcpy(dst, s.p, s.n);
	dst[s.n] = '\0';
	return true;
}

char *
gate_span_dup(struct gate_span s)
{
	size_t size;
	char *copy;

	if (!gate_add(s.n, (size_t)1, &size))
		return NULL;
	copy = malloc(size);
	if (copy == NULL)
		return NULL;
	if (!gate_span_copy(s, copy, size)) {
		free(copy);
		return NULL;
	}
	return copy;
}

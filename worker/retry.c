/*
 * Retry arithmetic. Owns the jitter and the reading of Retry-After; does
 * not decide whether a failure is worth a retry (outcome.c does) and knows no
 * clock.
 */
#include "config.h"

#include "worker/retry.h"

#include <stddef.h>

#include "lib/clock.h"
#include "lib/num.h"

/* A last try before the window's end needs this long to be claimed. */
#define LAST_TRY_MS 1000

/* The longest run of digits that is read; a longer one is "very long". */
#define DIGITS_MAX 15

static int64_t
ceiling_ms(const struct gate_policy *p, int64_t attempt)
{
	int64_t ms = p->base_ms, i;

	for (i = 1; i < attempt && ms < p->cap_ms; i++)
		if (!gate_mul(ms, p->factor, &ms))
			return p->cap_ms;
	return ms < p->cap_ms ? ms : p->cap_ms;
}

bool
retry_decide(const struct retry_facts *f, int64_t *delay_ms)
{
	int64_t ceiling, jitter, asked = f->retry_after_ms;

	if (f->attempt >= f->max_attempt)
		return false;
	ceiling = ceiling_ms(f->policy, f->attempt);
	jitter =
	    ceiling <= 0 ? 0 : (int64_t)(f->random % ((uint64_t)ceiling + 1));
	if (jitter > f->window_left_ms)
		return false;
	if (asked > RETRY_AFTER_MAX_MS)
		asked = RETRY_AFTER_MAX_MS;
	if (asked > f->window_left_ms - LAST_TRY_MS)
		asked = f->window_left_ms - LAST_TRY_MS;
	*delay_ms = asked > jitter ? asked : jitter;
	return true;
}

static bool
is_digits(struct gate_span s)
{
	return s.n > 0 && gate_span_within(s, '0', '9');
}

/*
 * "12", "12.5": in thousandths, cut below that, at most max. Without
 * floats, since 1e400 and NaN are nothing we want to meet.
 */
static int64_t
thousandths(struct gate_span s, int64_t max)
{
	struct gate_span whole, part = {NULL, 0};
	uint64_t v = 0;
	int64_t out, unit = 100;
	size_t i;

	if (gate_span_until(&s, '.', s.n, &whole)) {
		part = s;
		if (!is_digits(part))
			return -1;
	} else {
		whole = s;
	}
	if (!is_digits(whole))
		return -1;
	while (whole.n > 1 && whole.p[0] == '0') {
		whole.p++;
		whole.n--;
	}
	if (whole.n > DIGITS_MAX || !gate_span_u64(whole, UINT64_MAX, &v))
		return max;
	out = (int64_t)v * 1000; /* fits: 15 digits and 3 */
	for (i = 0; i < part.n && unit > 0; i++, unit /= 10)
		out += (part.p[i] - '0') * unit;
	return out < max ? out : max;
}

static bool
take_word(
    struct gate_span *s, const char *const *words, size_t count, uint64_t *out)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (gate_span_skip(s, words[i])) {
			*out = i;
			return true;
		}
	}
	return false;
}

static bool
take_number(struct gate_span *s, size_t digits, uint64_t max, uint64_t *out)
{
	struct gate_span t;

	return gate_span_take(s, digits, &t) && gate_span_u64(t, max, out);
}

/* "Sun, 06 Nov 1994 08:49:37 GMT", which becomes RFC 3339 for lib/clock. */
static bool
date_parse(struct gate_span s, int64_t *wall_ms)
{
	static const char *const days[] = {
	    "Mon, ", "Tue, ", "Wed, ", "Thu, ", "Fri, ", "Sat, ", "Sun, "};
	static const char *const months[] = {" Jan ", " Feb ", " Mar ", " Apr ",
	    " May ", " Jun ", " Jul ", " Aug ", " Sep ", " Oct ", " Nov ",
	    " Dec "};
	uint64_t unused, day, month, year, h, m, sec;
	char text[32];
	int n;

	if (!take_word(&s, days, GATE_COUNT(days), &unused) ||
	    !take_number(&s, 2, 31, &day) ||
	    !take_word(&s, months, GATE_COUNT(months), &month) ||
	    !take_number(&s, 4, 9999, &year) || !gate_span_skip(&s, " ") ||
	    !take_number(&s, 2, 23, &h) || !gate_span_skip(&s, ":") ||
	    !take_number(&s, 2, 59, &m) || !gate_span_skip(&s, ":") ||
	    !take_number(&s, 2, 59, &sec) || !gate_span_is(s, " GMT"))
		return false;
	n = snprintf(text, sizeof(text), "%04u-%02u-%02uT%02u:%02u:%02uZ",
	    (unsigned int)year, (unsigned int)month + 1, (unsigned int)day,
	    (unsigned int)h, (unsigned int)m, (unsigned int)sec);
	return n == 20 && gate_time_parse(gate_span_str(text), wall_ms);
}

int64_t
retry_after_parse(struct gate_span value, int64_t now_wall_ms)
{
	int64_t at;

	value = gate_span_trim(value);
	if (value.n > 0 && value.p[0] >= '0' && value.p[0] <= '9')
		return thousandths(value, RETRY_AFTER_MAX_MS);
	if (!date_parse(value, &at))
		return -1;
	if (at <= now_wall_ms)
		return 0;
	return at - now_wall_ms < RETRY_AFTER_MAX_MS ? at - now_wall_ms
						     : RETRY_AFTER_MAX_MS;
}

int64_t
retry_after_ms_parse(struct gate_span value)
{
	int64_t v = thousandths(
	    gate_span_trim(value), (int64_t)RETRY_AFTER_MAX_MS * 1000);

	return v < 0 ? -1 : v / 1000;
}

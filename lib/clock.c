/*
 * Reads the clocks and turns instants into RFC 3339 text and back. Owns no
 * state. Uses no C library time formatting: that would bring time zones,
 * locales and the year's own limits along.
 *
 * Days are counted by the civil calendar of Howard Hinnant's
 * "chrono-Compatible Low-Level Date Algorithms" (days_from_civil and
 * civil_from_days), with the year starting in March so that the leap day is
 * the last one.
 */
#include "config.h"

#include "lib/clock.h"

#include <time.h>

#define MS_PER_S 1000
#define S_PER_DAY 86400
#define MS_PER_DAY ((int64_t)S_PER_DAY * MS_PER_S)
#define DAYS_PER_ERA 146097 /* 400 years */
#define EPOCH_DAYS 719468   /* 1970-01-01 counted from 0000-03-01 */

#define LAST_TEXT_MS INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

static int64_t
clock_ms(clockid_t id)
{
	struct timespec ts;

	/* Both clocks exist on every Linux; an error is a bug of ours. */
	GATE_ASSERT(clock_gettime(id, &ts) == 0);
	return (int64_t)ts.tv_sec * MS_PER_S + ts.tv_nsec / 1000000;
}

int64_t
gate_wall_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

int64_t
gate_mono_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

struct civil {
	int64_t year;
	int64_t month; /* 1 to 12 */
	int64_t day;   /* 1 to 31 */
};

/* Days since 1970-01-01; years 0 to 9999 only. */
static int64_t
days_of(const struct civil *c)
{
	int64_t year = c->month <= 2 ? c->year - 1 : c->year;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t year_of_era = year - era * 400;
	int64_t month = c->month > 2 ? c->month - 3 : c->month + 9;
	int64_t day_of_year = (153 * month + 2) / 5 + c->day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 -
	    year_of_era / 100 + day_of_year;

	return era * DAYS_PER_ERA + day_of_era - EPOCH_DAYS;
}

/* The inverse, for days from 1970 on. */
static struct civil
civil_of(int64_t days)
{
	int64_t z = days + EPOCH_DAYS;
	int64_t era = z / DAYS_PER_ERA;
	int64_t day_of_era = z - era * DAYS_PER_ERA;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 +
				  day_of_era / 36524 - day_of_era / 146096) /
	    365;
	int64_t day_of_year = day_of_era -
	    (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month = (5 * day_of_year + 2) / 153;
	struct civil c;

	c.day = day_of_year - (153 * month + 2) / 5 + 1;
	c.month = month < 10 ? month + 3 : month - 9;
	c.year = year_of_era + era * 400 + (c.month <= 2 ? 1 : 0);
	return c;
}

/* Writes v with nought in front, and what follows it. */
static char *
put_number(char *to, int64_t v, size_t digits, char after)
{
	size_t i;

	for (i = digits; i > 0; i--) {
		to[i - 1] = (char)('0' + v % 10);
		v /= 10;
	}
	to[digits] = after;
	return to + digits + 1;
}

void
gate_time_text(int64_t wall_ms, char dst[GATE_TIME_TEXT])
{
	struct civil c;
	int64_t ms;
	char *to = dst;

	if (wall_ms < 0)
		wall_ms = 0;
	if (wall_ms > LAST_TEXT_MS)
		wall_ms = LAST_TEXT_MS;
	c = civil_of(wall_ms / MS_PER_DAY);
	ms = wall_ms % MS_PER_DAY;
	to = put_number(to, c.year, 4, '-');
	to = put_number(to, c.month, 2, '-');
	to = put_number(to, c.day, 2, 'T');
	to = put_number(to, ms / 3600000, 2, ':');
	to = put_number(to, ms / 60000 % 60, 2, ':');
	to = put_number(to, ms / MS_PER_S % 60, 2, '.');
	to = put_number(to, ms % MS_PER_S, 3, 'Z');
	*to = '\0';
	GATE_ASSERT(to == dst + GATE_TIME_TEXT - 1);
}

/* Takes exactly `digits` digits of a number in min..max. */
static bool
take_number(
    struct gate_span *s, size_t digits, int64_t min, int64_t max, int64_t *out)
{
	struct gate_span text;
	uint64_t v;

	if (!gate_span_take(s, digits, &text) ||
	    !gate_span_u64(text, (uint64_t)max, &v) || (int64_t)v < min)
		return false;
	*out = (int64_t)v;
	return true;
}

static bool
skip_either(struct gate_span *s, const char *upper, const char *lower)
{
	return gate_span_skip(s, upper) || gate_span_skip(s, lower);
}

static int64_t
month_days(const struct civil *c)
{
	static const unsigned char days[] = {
	    31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap =
	    c->year % 4 == 0 && (c->year % 100 != 0 || c->year % 400 == 0);

	return days[c->month - 1] + (leap && c->month == 2 ? 1 : 0);
}

static bool
take_date(struct gate_span *s, int64_t *days)
{
	struct civil c;

	if (!take_number(s, 4, 0, 9999, &c.year) || !gate_span_skip(s, "-") ||
	    !take_number(s, 2, 1, 12, &c.month) || !gate_span_skip(s, "-") ||
	    !take_number(s, 2, 1, 31, &c.day) || c.day > month_days(&c))
		return false;
	*days = days_of(&c);
	return true;
}

/* "hh:mm" as minutes. */
static bool
take_minutes(struct gate_span *s, int64_t *minutes)
{
	int64_t h, m;

	if (!take_number(s, 2, 0, 23, &h) || !gate_span_skip(s, ":") ||
	    !take_number(s, 2, 0, 59, &m))
		return false;
	*minutes = h * 60 + m;
	return true;
}

/* ".d" to ".ddddddddd", or nothing. */
static bool
take_fraction(struct gate_span *s, int64_t *ms)
{
	int64_t unit = 100;
	size_t digits = 0;

	*ms = 0;
	if (!gate_span_skip(s, "."))
		return true;
	while (s->n > 0 && s->p[0] >= '0' && s->p[0] <= '9') {
		int64_t digit;

		if (!take_number(s, 1, 0, 9, &digit))
			return false;
		*ms += digit * unit; /* unit ends at 0: the rest is cut */
		unit /= 10;
		digits++;
	}
	return digits >= 1 && digits <= 9;
}

/* "Z", "+hh:mm" or "-hh:mm" as minutes east of UTC. */
static bool
take_offset(struct gate_span *s, int64_t *minutes)
{
	if (skip_either(s, "Z", "z")) {
		*minutes = 0;
		return true;
	}
	if (gate_span_skip(s, "+"))
		return take_minutes(s, minutes);
	if (!gate_span_skip(s, "-") || !take_minutes(s, minutes))
		return false;
	*minutes = -*minutes;
	return true;
}

bool
gate_time_parse(struct gate_span in, int64_t *out_wall_ms)
{
	int64_t days, minutes, seconds, ms, offset;

	if (!take_date(&in, &days) || !skip_either(&in, "T", "t") ||
	    !take_minutes(&in, &minutes) || !gate_span_skip(&in, ":") ||
	    !take_number(&in, 2, 0, 59, &seconds) || !take_fraction(&in, &ms) ||
	    !take_offset(&in, &offset) || in.n != 0)
		return false;
	*out_wall_ms = days * MS_PER_DAY +
	    ((minutes - offset) * 60 + seconds) * MS_PER_S + ms;
	return true;
}

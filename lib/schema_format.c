/*
 * The words of "format", which is asserted here: each a grammar, none a
 * look at the world.
 */
#include "config.h"

#include "lib/address.h"
#include "lib/clock.h"
#include "lib/codec.h"
#include "lib/num.h"
#include "lib/schema_tree.h"
#include "lib/url.h"

#define EMAIL_MAX 254 /* RFC 5321 section 4.5.3.1.3, without the brackets */
#define EMAIL_LOCAL_MAX 64
#define LABEL_MAX 63

/* What the gate itself reads as a time: no leap second. */
static bool
is_date_time(struct gate_span s)
{
	int64_t unused;

	return gate_time_parse(s, &unused);
}

static bool
is_date(struct gate_span s)
{
	char text[sizeof("2026-11-22T00:00:00Z")];
	struct gate_buf b;
	bool is;

	if (s.n != 10)
		return false;
	gate_buf_init(&b, sizeof(text));
	(void)gate_buf_put(&b, s);
	(void)gate_buf_put_str(&b, "T00:00:00Z");
	is = b.failed == GATE_OK && is_date_time(gate_buf_span(&b));
	gate_buf_clear(&b);
	return is;
}

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/* Labels of RFC 1123, at least one. */
static bool
is_domain(struct gate_span s)
{
	struct gate_span label;

	while (s.n > 0) {
		if (!gate_span_until(&s, '.', LABEL_MAX, &label)) {
			label = s;
			s.n = 0;
		} else if (s.n == 0) {
			return false; /* a dot at the end */
		}
		if (label.n == 0 || label.n > LABEL_MAX || label.p[0] == '-' ||
		    label.p[label.n - 1] == '-' ||
		    !gate_span_only(label, ALNUM "-"))
			return false;
		if (s.n == 0)
			return true;
	}
	return false;
}

/* RFC 5321's Mailbox without quoted local parts and address literals, which
 * nobody has and much software gets wrong. */
static bool
is_email(struct gate_span s)
{
	struct gate_span local, rest;

	if (s.n > EMAIL_MAX ||
	    !gate_span_until(&s, '@', EMAIL_LOCAL_MAX, &local))
		return false;
	if (!gate_span_only(local, ALNUM ".!#$%&'*+-/=?^_`{|}~"))
		return false;
	rest = local;
	while (gate_span_until(&rest, '.', rest.n, &local))
		if (local.n == 0)
			return false;
	return rest.n > 0 && is_domain(s);
}

static bool
is_uuid(struct gate_span s)
{
	struct gate_uuid unused;

	return gate_uuid_parse(s, &unused);
}

static bool
is_ipv6(struct gate_span s)
{
	struct gate_address unused;
	struct gate_span before = s, part;

	return gate_span_until(&before, ':', before.n, &part) &&
	    gate_address_parse(s, &unused);
}

static bool
is_ipv4(struct gate_span s)
{
	struct gate_address unused;

	return gate_span_only(s, "0123456789.") &&
	    gate_address_parse(s, &unused);
}

static const struct {
	const char *name;
	bool (*is)(struct gate_span s);
} formats[] = {
    {"date-time", is_date_time},
    {"date", is_date},
    {"email", is_email},
    {"uri", gate_url_is_uri},
    {"uuid", is_uuid},
    {"ipv4", is_ipv4},
    {"ipv6", is_ipv6},
};

bool (*schema_format_find(struct gate_span name))(struct gate_span s)
{
	size_t i;

	for (i = 0; i < GATE_COUNT(formats); i++)
		if (gate_span_is(name, formats[i].name))
			return formats[i].is;
	return NULL;
}

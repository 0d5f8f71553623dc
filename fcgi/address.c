/*
 * Who a request came from, and how. Pure; addresses themselves are
 * lib/address.c.
 */
#include "config.h"

#include "fcgi/address.h"

/* Takes the last item of a comma separated list off its end. */
static bool
take_last(struct gate_span *list, struct gate_span *out)
{
	size_t i = list->n;

	if (list->n == 0)
		return false;
	while (i > 0 && list->p[i - 1] != ',')
		i--;
	*out = gate_span_trim(gate_span_of(list->p + i, list->n - i));
	list->n = i == 0 ? 0 : i - 1;
	return true;
}

bool
address_of(const struct request *r, const struct gate_ranges *trusted,
    struct gate_address *out)
{
	struct gate_span list = r->forwarded_for, item;
	struct gate_address a;

	if (!gate_address_parse(r->remote_addr, &a))
		return false;
	/* Each trusted hop vouches for the one before it, no further. */
	while (gate_ranges_have(trusted, &a) && take_last(&list, &item))
		if (!gate_address_parse(item, &a))
			return false;
	*out = a;
	return true;
}

bool
address_is_private(const struct request *r, const struct gate_ranges *trusted)
{
	struct gate_address a;
	bool known = gate_address_parse(r->remote_addr, &a);

	if (known && r->forwarded_proto.n > 0 && gate_ranges_have(trusted, &a))
		return gate_span_is_nocase(r->forwarded_proto, "https");
	return gate_span_is_nocase(r->https, "on") ||
	    gate_span_is(r->https, "1") ||
	    gate_span_is_nocase(r->scheme, "https") ||
	    (known && gate_address_is_loopback(&a));
}

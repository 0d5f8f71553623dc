/*
 * Client addresses. Pure, no look-ups of names. IPv4 is kept in its mapped
 * IPv6 form (RFC 4291 section 2.5.5.2), so there is one kind of address and
 * "::ffff:10.0.0.1" cannot slip past a range that says 10.0.0.0/8.
 */
#include "config.h"

#include "fcgi/address.h"

#include <arpa/inet.h>
#include <string.h>

static const unsigned char mapped[12] = {0, 0, 0, 0, 0,    0,
					 0, 0, 0, 0, 0xff, 0xff};

static bool
is_mapped(const struct address *a)
{
	size_t i;

	for (i = 0; i < sizeof(mapped); i++)
		if (a->b[i] != mapped[i])
			return false;
	return true;
}

bool
address_parse(struct gate_span in, struct address *out)
{
	char text[ADDRESS_TEXT];
	struct address a;

	if (!gate_span_copy(in, text, sizeof(text)))
		return false;
	if (inet_pton(AF_INET6, text, a.b) == 1) {
		*out = a;
		return true;
	}
	memcpy(a.b, mapped, sizeof(mapped));
	if (inet_pton(AF_INET, text, a.b + sizeof(mapped)) != 1)
		return false;
	*out = a;
	return true;
}

void
address_text(const struct address *a, char dst[ADDRESS_TEXT])
{
	dst[0] = '\0';
	if (is_mapped(a))
		(void)inet_ntop(AF_INET, a->b + sizeof(mapped), dst,
				ADDRESS_TEXT);
	else
		(void)inet_ntop(AF_INET6, a->b, dst, ADDRESS_TEXT);
}

bool
address_is_loopback(const struct address *a)
{
	static const struct address one = {{[15] = 1}};

	if (is_mapped(a))
		return a->b[sizeof(mapped)] == 127;
	return gate_span_equal(gate_span_of(a->b, sizeof(a->b)),
			       gate_span_of(one.b, sizeof(one.b)));
}

static bool
range_parse(struct gate_span in, struct address_range *out)
{
	struct gate_span host = in, bits = in;
	bool has_bits = gate_span_until(&bits, '/', in.n, &host);
	struct address_range r;
	uint64_t n, most;

	if (!address_parse(host, &r.base))
		return false;
	most = is_mapped(&r.base) ? 32 : 128;
	n = most;
	if (has_bits && !gate_span_u64(bits, most, &n))
		return false;
	r.bits = (unsigned int)(n + 128 - most);
	*out = r;
	return true;
}

enum gate_code
address_ranges_parse(const char *text, struct address_ranges *out,
		     struct gate_err *err)
{
	struct gate_span left = gate_span_trim(gate_span_str(text)), one;
	struct address_ranges r = {.count = 0};

	while (left.n > 0) {
		if (!gate_span_until(&left, ',', left.n, &one)) {
			one = left;
			left.n = 0;
		}
		one = gate_span_trim(one);
		if (r.count == ADDRESS_RANGES_MAX)
			return gate_err_set(err, GATE_E_CONF,
					    "trusted_proxies: more than %d",
					    ADDRESS_RANGES_MAX);
		if (!range_parse(one, &r.list[r.count]))
			return gate_err_set(
			    err, GATE_E_CONF,
			    "trusted_proxies: \"%.*s\" is no address",
			    GATE_SPAN_ARG(one));
		r.count++;
	}
	*out = r;
	return GATE_OK;
}

static bool
in_range(const struct address *a, const struct address_range *r)
{
	unsigned int i;

	for (i = 0; i < r->bits; i++) {
		unsigned int mask = 0x80u >> (i % 8);

		if (((a->b[i / 8] ^ r->base.b[i / 8]) & mask) != 0)
			return false;
	}
	return true;
}

bool
address_in(const struct address *a, const struct address_ranges *r)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		if (in_range(a, &r->list[i]))
			return true;
	return false;
}

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
address_of(const struct request *r, const struct address_ranges *trusted,
	   struct address *out)
{
	struct gate_span list = r->forwarded_for, item;
	struct address a;

	if (!address_parse(r->remote_addr, &a))
		return false;
	/* Each trusted hop vouches for the one before it, no further. */
	while (address_in(&a, trusted) && take_last(&list, &item))
		if (!address_parse(item, &a))
			return false;
	*out = a;
	return true;
}

bool
address_is_private(const struct request *r,
		   const struct address_ranges *trusted)
{
	struct address a;
	bool known = address_parse(r->remote_addr, &a);

	if (known && r->forwarded_proto.n > 0 && address_in(&a, trusted))
		return gate_span_is_nocase(r->forwarded_proto, "https");
	return gate_span_is_nocase(r->https, "on") ||
	       gate_span_is(r->https, "1") ||
	       gate_span_is_nocase(r->scheme, "https") ||
	       (known && address_is_loopback(&a));
}

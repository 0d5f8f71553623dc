/*
 * Addresses and ranges. Pure. Knows nothing of requests: who the client is
 * behind which proxy decides fcgi/address.c.
 */
#include "config.h"

#include "lib/address.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static const unsigned char mapped[12] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool
gate_address_is_ipv4(const struct gate_address *a)
{
	size_t i;

	for (i = 0; i < sizeof(mapped); i++)
		if (a->b[i] != mapped[i])
			return false;
	return true;
}

bool
gate_address_parse(struct gate_span in, struct gate_address *out)
{
	char text[GATE_ADDRESS_TEXT];
	struct gate_address a;

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
gate_address_text(const struct gate_address *a, char dst[GATE_ADDRESS_TEXT])
{
	dst[0] = '\0';
	if (gate_address_is_ipv4(a))
		(void)inet_ntop(
		    AF_INET, a->b + sizeof(mapped), dst, GATE_ADDRESS_TEXT);
	else
		(void)inet_ntop(AF_INET6, a->b, dst, GATE_ADDRESS_TEXT);
}

bool
gate_address_is_loopback(const struct gate_address *a)
{
	static const struct gate_address one = {{[15] = 1}};

	if (gate_address_is_ipv4(a))
		return a->b[sizeof(mapped)] == 127;
	return gate_span_equal(gate_span_of(a->b, sizeof(a->b)),
	    gate_span_of(one.b, sizeof(one.b)));
}

bool
gate_range_parse(struct gate_span in, struct gate_range *out)
{
	struct gate_span host = in, bits = in, rest = in, unused;
	bool has_bits = gate_span_until(&bits, '/', in.n, &host);
	struct gate_range r;
	uint64_t n, most;

	if (!gate_address_parse(host, &r.base))
		return false;
	most = gate_span_until(&rest, ':', rest.n, &unused) ? 128 : 32;
	n = most;
	if (has_bits && !gate_span_u64(bits, most, &n))
		return false;
	r.bits = (unsigned int)(n + 128 - most);
	/* "::ffff:10.0.0.0/8" would be half of all there is. */
	if (gate_address_is_ipv4(&r.base) && r.bits < 8 * sizeof(mapped))
		return false;
	*out = r;
	return true;
}

bool
gate_ranges_parse(struct gate_span text, struct gate_ranges *out)
{
	struct gate_span left = gate_span_trim(text), one;
	struct gate_ranges r = {.count = 0};

	while (left.n > 0) {
		if (!gate_span_until(&left, ',', left.n, &one)) {
			one = left;
			left.n = 0;
		}
		if (r.count == GATE_RANGES_MAX ||
		    !gate_range_parse(gate_span_trim(one), &r.list[r.count]))
			return false;
		r.count++;
	}
	*out = r;
	return true;
}

static bool
in_range(const struct gate_address *a, const struct gate_range *r)
{
	size_t i, whole = r->bits / 8;
	unsigned int mask = 0xff00u >> (r->bits % 8);

	for (i = 0; i < whole; i++)
		if (a->b[i] != r->base.b[i])
			return false;
	return whole == sizeof(a->b) ||
	    ((a->b[whole] ^ r->base.b[whole]) & mask & 0xff) == 0;
}

bool
gate_ranges_have(const struct gate_ranges *r, const struct gate_address *a)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		if (in_range(a, &r->list[i]))
			return true;
	return false;
}

enum gate_code
gate_allow_make(struct gate_allow *a)
{
	struct gate_range *list;
	size_t i;

	if (a->text_count == 0)
		return GATE_OK;
	list = calloc(a->text_count, sizeof(*list));
	if (list == NULL)
		return GATE_E_NOMEM;
	for (i = 0; i < a->text_count; i++) {
		if (gate_range_parse(gate_span_str(a->text[i]), &list[i]))
			continue;
		free(list);
		return GATE_E_BAD;
	}
	a->list = list;
	a->count = a->text_count;
	return GATE_OK;
}

void
gate_allow_clear(struct gate_allow *a)
{
	free(a->list);
	a->list = NULL;
	a->count = 0;
}

bool
gate_allow_has(const struct gate_allow *a, const struct gate_address *who)
{
	size_t i;

	if (a->count == 0)
		return true;
	for (i = 0; who != NULL && i < a->count; i++)
		if (in_range(who, &a->list[i]))
			return true;
	return false;
}

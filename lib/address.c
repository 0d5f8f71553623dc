/*
 * Addresses and ranges. Pure. Knows nothing of requests: who the client is
 * behind which proxy decides fcgi/address.c.
 */
#include "config.h"

#include "lib/address.h"

#include <arpa/inet.h>
#include <string.h>

static const unsigned char mapped[12] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool
is_mapped(const struct gate_address *a)
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
	if (is_mapped(a))
		(void)inet_ntop(
		    AF_INET, a->b + sizeof(mapped), dst, GATE_ADDRESS_TEXT);
	else
		(void)inet_ntop(AF_INET6, a->b, dst, GATE_ADDRESS_TEXT);
}

bool
gate_address_is_loopback(const struct gate_address *a)
{
	static const struct gate_address one = {{[15] = 1}};

	if (is_mapped(a))
		return a->b[sizeof(mapped)] == 127;
	return gate_span_equal(gate_span_of(a->b, sizeof(a->b)),
	    gate_span_of(one.b, sizeof(one.b)));
}

static bool
range_parse(struct gate_span in, struct gate_range *out)
{
	struct gate_span host = in, bits = in;
	bool has_bits = gate_span_until(&bits, '/', in.n, &host);
	struct gate_range r;
	uint64_t n, most;

	if (!gate_address_parse(host, &r.base))
		return false;
	most = is_mapped(&r.base) ? 32 : 128;
	n = most;
	if (has_bits && !gate_span_u64(bits, most, &n))
		return false;
	r.bits = (unsigned int)(n + 128 - most);
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
		    !range_parse(gate_span_trim(one), &r.list[r.count]))
			return false;
		r.count++;
	}
	*out = r;
	return true;
}

static bool
in_range(const struct gate_address *a, const struct gate_range *r)
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
gate_ranges_have(const struct gate_ranges *r, const struct gate_address *a)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		if (in_range(a, &r->list[i]))
			return true;
	return false;
}

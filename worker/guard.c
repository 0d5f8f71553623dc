/*
 * The judgement of peers: tables of prefixes and one comparison. Knows no
 * names and no configuration: a service with allow_private is simply not
 * judged.
 *
 * IPv6 forms that carry an IPv4 address (mapped, compatible, NAT64, 6to4,
 * Teredo) are refused as a whole: what they lead to depends on the host.
 * So are loopback, unique local (AWS metadata), link-local and multicast:
 * all of them lie outside global unicast.
 */
#include "config.h"

#include "worker/guard.h"

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "lib/num.h"

struct prefix4 {
	uint32_t bits;
	unsigned int length;
};

struct prefix6 {
	unsigned char bits[16];
	unsigned int length;
};

#define V4(a, b, c, d)                                                         \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 |      \
	    (uint32_t)(d))

static const struct prefix4 refused4[] = {
    {V4(0, 0, 0, 0), 8},        /* "this network"; 0.0.0.0 is ourselves */
    {V4(10, 0, 0, 0), 8},       /* private */
    {V4(100, 64, 0, 0), 10},    /* carrier-grade NAT; Alibaba metadata */
    {V4(127, 0, 0, 0), 8},      /* loopback */
    {V4(168, 63, 129, 16), 32}, /* Azure's host agent */
    {V4(169, 254, 0, 0), 16},   /* link-local; cloud metadata */
    {V4(172, 16, 0, 0), 12},    /* private */
    {V4(192, 0, 0, 0), 24},     /* protocol assignments; Oracle metadata */
    {V4(192, 0, 2, 0), 24},     /* documentation */
    {V4(192, 168, 0, 0), 16},   /* private */
    {V4(198, 18, 0, 0), 15},    /* benchmarks */
    {V4(198, 51, 100, 0), 24},  /* documentation */
    {V4(203, 0, 113, 0), 24},   /* documentation */
    {V4(224, 0, 0, 0), 3},      /* multicast, reserved, broadcast */
};

/* RFC 4291 section 2.4: only these are global unicast today ... */
static const struct prefix6 global6 = {{0x20}, 3};

/* ... and not all of them are somebody's host. */
static const struct prefix6 refused6[] = {
    {{0x20, 0x01, 0x00, 0x00}, 32}, /* Teredo */
    {{0x20, 0x01, 0x00, 0x02}, 48}, /* benchmarks */
    {{0x20, 0x01, 0x00, 0x10}, 28}, /* ORCHID, not routed */
    {{0x20, 0x01, 0x00, 0x20}, 28}, /* ORCHIDv2, not routed */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
    {{0x20, 0x02}, 16},             /* 6to4 */
    {{0x3f, 0xff}, 20},             /* documentation */
};

static bool
is_public4(uint32_t address)
{
	size_t i;

	for (i = 0; i < GATE_COUNT(refused4); i++)
		if ((address ^ refused4[i].bits) >> (32 - refused4[i].length) ==
		    0)
			return false;
	return true;
}

static bool
is_within6(const unsigned char *address, const struct prefix6 *p)
{
	unsigned int i, whole = p->length / 8, rest = p->length % 8;

	for (i = 0; i < whole; i++)
		if (address[i] != p->bits[i])
			return false;
	return rest == 0 ||
	    (address[whole] ^ p->bits[whole]) >> (8 - rest) == 0;
}

static bool
is_public6(const unsigned char *address)
{
	size_t i;

	if (!is_within6(address, &global6))
		return false;
	for (i = 0; i < GATE_COUNT(refused6); i++)
		if (is_within6(address, &refused6[i]))
			return false;
	return true;
}

bool
guard_is_public(const struct sockaddr *peer, socklen_t n)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (n >= sizeof(v4) && peer->sa_family == AF_INET) {
		memcpy(&v4, peer, sizeof(v4));
		return is_public4(ntohl(v4.sin_addr.s_addr));
	}
	if (n >= sizeof(v6) && peer->sa_family == AF_INET6) {
		memcpy(&v6, peer, sizeof(v6));
		return is_public6(v6.sin6_addr.s6_addr);
	}
	return false;
}

bool
guard_allow(const struct sockaddr *peer, socklen_t n, void *ctx)
{
	(void)ctx;
	return guard_is_public(peer, n);
}

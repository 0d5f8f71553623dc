/*
 * SipHash-2-4. Pure; written after the paper's section 2, whose names v0 to
 * v3, m and b it keeps. tests/check_siphash.c holds it to the published
 * vectors.
 */
#include "config.h"

#include "lib/siphash.h"

#include <stddef.h>

#define COMPRESSION_ROUNDS 2
#define FINAL_ROUNDS 4

static uint64_t
rotate(uint64_t v, unsigned int n)
{
	return (v << n) | (v >> (64 - n));
}

static void
rounds(uint64_t v[4], unsigned int n)
{
	while (n-- > 0) {
		v[0] += v[1];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[0] = rotate(v[0], 32);
		v[2] += v[3];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[2] = rotate(v[2], 32);
	}
}

static void
compress(uint64_t v[4], uint64_t m)
{
	v[3] ^= m;
	rounds(v, COMPRESSION_ROUNDS);
	v[0] ^= m;
}

/* n bytes, at most 8, as a little-endian number. */
static uint64_t
number(const unsigned char *p, size_t n)
{
	uint64_t m = 0;

	while (n-- > 0)
		m = (m << 8) | p[n];
	return m;
}

uint64_t
gate_siphash(const uint64_t key[2], struct gate_span in)
{
	uint64_t v[4] = {key[0] ^ UINT64_C(0x736f6d6570736575),
	    key[1] ^ UINT64_C(0x646f72616e646f6d),
	    key[0] ^ UINT64_C(0x6c7967656e657261),
	    key[1] ^ UINT64_C(0x7465646279746573)};
	uint64_t b = (uint64_t)(in.n & 0xff) << 56;

	for (; in.n >= 8; in.p += 8, in.n -= 8)
		compress(v, number(in.p, 8));
	if (in.n > 0)
		b |= number(in.p, in.n);
	compress(v, b);
	v[2] ^= 0xff;
	rounds(v, FINAL_ROUNDS);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

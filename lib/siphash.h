/*
 * SipHash-2-4: a short keyed hash. Who does not know the key cannot choose
 * inputs that meet in a table. Not for signatures: those are lib/crypto's.
 */
#ifndef GATE_SIPHASH_H
#define GATE_SIPHASH_H

#include <stdint.h>

#include "lib/span.h"

/*
 * key  16 bytes as two little-endian numbers, secret
 * Source: Aumasson, Bernstein: SipHash: a fast short-input PRF (2012),
 * section 2.
 */
uint64_t gate_siphash(const uint64_t key[2], struct gate_span in);

#endif

/*
 * A fuzz target: one parser, fed with any bytes. Compiled twice: with
 * replay.c it runs over the committed corpus in `make check`, and with
 * --enable-fuzz (clang) libFuzzer drives it. It must not keep state from one
 * input to the next, and it aborts (GATE_ASSERT) when the parser breaks its
 * contract, not only when it crashes.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif

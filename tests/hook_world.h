/*
 * Deliveries of providers for tests: a row of text becomes a struct
 * gate_hook whose bytes end where they end, with one thing changed.
 */
#ifndef TESTS_HOOK_WORLD_H
#define TESTS_HOOK_WORLD_H

#include "lib/provider.h"
#include "tests/fence.h"

#define HOOK_HEADERS_MAX 6

/* A delivery that a vendor published or made, and who may take it. */
struct hook_row {
	const char *source; /* where it is from */
	const char *provider;
	const char *secret; /* or keyring:NAME, of tests/keyring.h */
	const char *other;   /* a secret that has not signed */
	const char *setting; /* for the signing's setting */
	const char *method, *url, *target;
	int64_t now_s; /* when it was signed, if it says; else any time */
	const char *headers[HOOK_HEADERS_MAX]; /* "Name: value"; NULL ends */
	struct gate_span body;
	bool is_loose; /* the body may change */
};

struct hook_world {
	const struct gate_provider *provider;
	struct gate_signing how;
	struct gate_provider_key *keys[2]; /* right, other */
	struct gate_hook_header headers[HOOK_HEADERS_MAX + 1];
	struct gate_hook hook;
	struct fence fences[2 * HOOK_HEADERS_MAX + 1];
	size_t fence_count;
};

/* Anything that does not go ends the program. */
void hook_begin(struct hook_world *w, const struct hook_row *row);
void hook_end(struct hook_world *w);

/* The header of that name; NULL: there is none. */
struct gate_hook_header *hook_header(struct hook_world *w, const char *name);
/* A copy that ends before a fence; lives as long as w. */
struct gate_span hook_copy(struct hook_world *w, struct gate_span s);

/* By the right key alone. */
enum gate_provider_fault hook_verify(
    const struct hook_world *w, struct gate_verdict *out);

#endif

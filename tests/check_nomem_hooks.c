/*
 * lib/provider.h with every single allocation failing in turn: a delivery
 * that is the provider's may then be taken or end in NO_MEMORY, but is never
 * called another's, as its sender would drop it; a forged one is never taken.
 */
#include "config.h"

#include <openssl/crypto.h>
#include <stdlib.h>

#include "tests/famine.h"
#include "tests/hook_rows.h"
#include "tests/runner.h"

static struct hook_world world;

static void *
openssl_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return malloc(size);
}

static void *
openssl_realloc(void *p, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return realloc(p, size);
}

static void
openssl_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

/* With the right key, or the other: want, or NO_MEMORY. */
static void
starve(int row, size_t key, enum gate_provider_fault want)
{
	struct gate_provider_secret secret = {"id", world.keys[key]};
	struct gate_verdict v;
	enum gate_provider_fault fault;
	unsigned long after;
	bool short_of_it;

	/* What OpenSSL allocates once only. */
	(void)!gate_provider_verify(
	    world.provider, &world.how, &secret, 1, &world.hook, &v);
	for (after = 0;; after++) {
		famine_begin(after);
		fault = gate_provider_verify(
		    world.provider, &world.how, &secret, 1, &world.hook, &v);
		short_of_it = famine_end();
		ck_assert_msg(fault == want || fault == GATE_PROVIDER_NO_MEMORY,
		    "%s (%s), allocation %lu: %s", hook_rows[row].provider,
		    hook_rows[row].source, after,
		    gate_provider_fault_name(fault));
		ck_assert(fault != GATE_PROVIDER_NO_MEMORY ||
		    (short_of_it && v.which == GATE_NO_SECRET));
		if (!short_of_it)
			break;
	}
	ck_assert_int_eq(fault, want);
}

START_TEST(calls_no_delivery_bad_for_lack_of_memory)
{
	hook_begin(&world, &hook_rows[_i]);
	starve(_i, 0, GATE_PROVIDER_OK);
	starve(_i, 1, GATE_PROVIDER_NO_MATCH);
	hook_end(&world);
}
END_TEST

START_TEST(makes_a_key_or_says_why_not)
{
	const struct hook_row *row = &hook_rows[_i];
	struct gate_span text = gate_span_str(row->secret), name = text;
	struct gate_provider_key *key;
	unsigned long after;
	enum gate_code code;
	struct gate_err err;
	bool short_of_it;

	if (gate_span_skip(&name, "keyring:"))
		return; /* tests/check_nomem_keys.c */
	hook_begin(&world, row);
	for (after = 0;; after++) {
		key = NULL;
		famine_begin(after);
		code = gate_provider_key_new(
		    world.provider, &world.how, text, &key, &err);
		short_of_it = famine_end();
		/* lib/crypto_key.h: decoders may say so too. */
		ck_assert_msg(code == GATE_OK || code == GATE_E_NOMEM ||
			(code == GATE_E_CONF && short_of_it),
		    "%s, allocation %lu: %s", row->provider, after, err.text);
		ck_assert((key != NULL) == (code == GATE_OK));
		gate_provider_key_free(key);
		if (!short_of_it)
			break;
	}
	ck_assert_int_eq(code, GATE_OK);
	hook_end(&world);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("nomem_hooks");
	TCase *t = tcase_create("nomem_hooks");

	GATE_ASSERT(CRYPTO_set_mem_functions(
			openssl_malloc, openssl_realloc, openssl_free) == 1);
	tcase_add_loop_test(t, calls_no_delivery_bad_for_lack_of_memory, 0,
	    (int)hook_row_count);
	tcase_add_loop_test(
	    t, makes_a_key_or_says_why_not, 0, (int)hook_row_count);
	suite_add_tcase(s, t);
	return s;
}

/*
 * PEM texts as keys of every kind. The frame must say no more than what it
 * holds; what loads must be the same key when its frame is written anew.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "lib/codec.h"
#include "lib/crypto_key.h"
#include "lib/pem.h"

static void
check_key(enum gate_alg alg, struct gate_span text, struct gate_span again)
{
	struct gate_verify_key *key = NULL, *same = NULL;
	struct gate_sign_key *sign = NULL;
	int tries = 20;
	unsigned char a[GATE_SHA256_BYTES], b[GATE_SHA256_BYTES];
	struct gate_err err;

	if (gate_sign_key_new(alg, text, &sign, &err) != GATE_OK)
		GATE_ASSERT(err.code == GATE_E_CONF && sign == NULL);
	gate_sign_key_free(sign);
	if (gate_verify_key_new(alg, text, &key, &err) != GATE_OK) {
		GATE_ASSERT(err.code == GATE_E_CONF && key == NULL);
		return;
	}
	/* OpenSSL judges a modulus that is no product of two primes by random
	 * numbers: one that has passed may fail, about once in a hundred. */
	while (gate_verify_key_new(alg, again, &same, NULL) != GATE_OK)
		GATE_ASSERT(tries-- > 0);
	gate_verify_key_digest(key, a);
	gate_verify_key_digest(same, b);
	GATE_ASSERT(gate_span_equal(
	    gate_span_of(a, sizeof(a)), gate_span_of(b, sizeof(b))));
	GATE_ASSERT(gate_verify(key, text, GATE_SPAN("x")) == GATE_E_AUTH);
	gate_verify_key_free(key);
	gate_verify_key_free(same);
}

/* The same block, by ourselves: lines of 64. */
static void
put_block(struct gate_buf *b, struct gate_span label, struct gate_span der)
{
	struct gate_span line;

	(void)gate_buf_printf(b, "-----BEGIN %.*s-----", GATE_SPAN_ARG(label));
	while (der.n > 0) {
		GATE_ASSERT(
		    gate_span_take(&der, der.n < 48 ? der.n : 48, &line));
		(void)gate_buf_put_byte(b, '\n');
		(void)gate_base64_put(b, line);
	}
	GATE_ASSERT(gate_buf_printf(b, "\n-----END %.*s-----\n",
			GATE_SPAN_ARG(label)) == GATE_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gate_span text = gate_span_of(data, size);
	struct gate_span label = {NULL, 0};
	struct gate_buf der, again;
	unsigned alg;

	gate_buf_init(&der, size);
	gate_buf_init(&again, 2 * size + 200);
	if (gate_pem_parse(text, &label, &der, NULL) != GATE_OK) {
		GATE_ASSERT(der.n == 0 && label.p == NULL);
	} else {
		put_block(&again, label, gate_buf_span(&der));
		for (alg = 0; alg < GATE_ALG_HS256; alg++)
			check_key(
			    (enum gate_alg)alg, text, gate_buf_span(&again));
	}
	gate_buf_clear(&der);
	gate_buf_clear(&again);
	return 0;
}

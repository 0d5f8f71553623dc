/*
 * Block B as it is pasted. What is taken, written again, is taken with the
 * same values; and a private key never is.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "cli/block.h"
#include "lib/crypto_key.h"

static void
put_line(struct gate_buf *b, const char *name, struct gate_span value)
{
	(void)gate_buf_put_str(b, name);
	(void)gate_buf_put(b, value);
	(void)gate_buf_put_byte(b, '\n');
}

static void
check_again(const struct block_b *b)
{
	struct block_b again;
	struct gate_buf text;

	gate_buf_init(&text, 4 * BLOCK_B_MAX);
	(void)gate_buf_put_str(&text, "pressgate site key 1\n");
	put_line(&text, "site: ", b->site);
	put_line(&text, "issuer: ", b->issuer);
	put_line(&text, "key-id: ", b->key_id);
	put_line(&text, "algorithm: ", b->algorithm);
	(void)gate_buf_put(&text, gate_buf_span(&b->pem));
	GATE_ASSERT(text.failed == GATE_OK);
	if (text.n <= BLOCK_B_MAX) {
		GATE_ASSERT(block_b_parse(gate_buf_span(&text), &again, NULL) ==
		    GATE_OK);
		GATE_ASSERT(gate_span_equal(again.site, b->site) &&
		    gate_span_equal(again.issuer, b->issuer) &&
		    gate_span_equal(again.key_id, b->key_id) &&
		    gate_span_equal(again.algorithm, b->algorithm) &&
		    gate_span_equal(
			gate_buf_span(&again.pem), gate_buf_span(&b->pem)));
		block_b_clear(&again);
	}
	gate_buf_clear(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gate_verify_key *key = NULL;
	struct gate_sign_key *private = NULL;
	struct block_b b;

	if (block_b_parse(gate_span_of(data, size), &b, NULL) != GATE_OK)
		return 0;
	check_again(&b);
	GATE_ASSERT(gate_sign_key_new(GATE_ALG_RS256, gate_buf_span(&b.pem),
			&private, NULL) != GATE_OK);
	if (gate_verify_key_new(
		GATE_ALG_RS256, gate_buf_span(&b.pem), &key, NULL) == GATE_OK)
		gate_verify_key_free(key);
	block_b_clear(&b);
	return 0;
}

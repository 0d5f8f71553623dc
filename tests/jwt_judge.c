/*
 * Judges what another program made, for flow_jose.py and wycheproof.py: reads
 * JSON documents, one a line, from stdin. A document with "key" adds a key of
 * an issuer; one with "token" is answered by a line with the verdict, the name
 * of a fault or ok; one with "public" (PEM, or empty and the secret in
 * "hex"), "message" and "signature" (hex) by ok, signature, or key if the key
 * is refused. Anything else ends it.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/codec.h"
#include "lib/jwt.h"

#define LINE_BYTES 262144
#define KEYS_MAX 16

struct world {
	struct gate_jwt_key keys[KEYS_MAX];
	char *issuers[KEYS_MAX]; /* of the keys; an issuer's stand together */
	size_t n;
};

static struct gate_span
member(const struct gate_json *doc, const char *name)
{
	const struct gate_json *v;
	struct gate_span s;

	GATE_ASSERT(gate_json_get(doc, name, &v) && gate_json_string(v, &s));
	return s;
}

static void
add_key(struct world *w, const struct gate_json *doc)
{
	struct gate_verify_key *key = NULL;
	enum gate_alg alg;
	struct gate_err err;

	GATE_ASSERT(w->n < KEYS_MAX);
	GATE_ASSERT(gate_alg_parse(member(doc, "algorithm"), &alg));
	if (gate_verify_key_new(alg, member(doc, "key"), &key, &err) !=
	    GATE_OK) {
		fprintf(stderr, "%s\n", err.text);
		exit(EXIT_FAILURE);
	}
	w->issuers[w->n] = gate_span_dup(member(doc, "issuer"));
	w->keys[w->n].id = gate_span_dup(member(doc, "kid"));
	w->keys[w->n++].key = key;
}

static enum gate_jwt_fault
judge(const struct world *w, const struct gate_jwt *jwt)
{
	struct gate_jwt_rules rules = {
	    .issuer = jwt->iss,
	    .audience = GATE_SPAN("pressgate"),
	    .now_s = time(NULL),
	    .leeway_s = GATE_JWT_LEEWAY_S,
	    .life_max_s = GATE_JWT_LIFE_MAX_S,
	    .needs_jti = true,
	};
	const struct gate_jwt_key *key;
	struct gate_jwt_claims claims;
	size_t first = 0, n = 0;
	enum gate_jwt_fault fault;

	while (first < w->n && !gate_span_is(jwt->iss, w->issuers[first]))
		first++;
	while (
	    first + n < w->n && gate_span_is(jwt->iss, w->issuers[first + n]))
		n++;
	if (n == 0)
		return GATE_JWT_ISSUER_UNKNOWN;
	fault = gate_jwt_pick(jwt, &w->keys[first], n, &key);
	if (fault == GATE_JWT_OK)
		fault = gate_jwt_verify(jwt, key->key);
	if (fault == GATE_JWT_OK)
		fault = gate_jwt_check(jwt, &rules, &claims);
	return fault;
}

static void
answer(const struct world *w, const struct gate_json *doc)
{
	struct gate_jwt jwt;
	enum gate_jwt_fault fault = gate_jwt_parse(member(doc, "token"), &jwt);

	if (fault == GATE_JWT_OK) {
		fault = judge(w, &jwt);
		gate_jwt_clear(&jwt);
	}
	printf("%s\n", gate_jwt_fault_name(fault));
}

static void
put_hex(struct gate_buf *b, struct gate_span hex)
{
	unsigned char *p;

	gate_buf_init(b, hex.n / 2 + 1);
	GATE_ASSERT(gate_buf_room(b, hex.n / 2 + 1, &p) == GATE_OK &&
	    gate_hex_decode(hex, p, hex.n / 2));
	gate_buf_added(b, hex.n / 2);
}

/* An algorithm that we do not have is a key that we do not take. */
static void
answer_raw(const struct gate_json *doc)
{
	struct gate_verify_key *key = NULL;
	struct gate_span pem = member(doc, "public");
	struct gate_buf message, signature, secret;
	enum gate_alg alg;
	const char *verdict = "key";

	put_hex(&message, member(doc, "message"));
	put_hex(&signature, member(doc, "signature"));
	put_hex(&secret, pem.n > 0 ? GATE_SPAN("") : member(doc, "hex"));
	if (pem.n == 0)
		pem = gate_buf_span(&secret);
	if (gate_alg_parse(member(doc, "algorithm"), &alg) &&
	    gate_verify_key_new(alg, pem, &key, NULL) == GATE_OK)
		verdict = gate_verify(key, gate_buf_span(&message),
			      gate_buf_span(&signature)) == GATE_OK
		    ? "ok"
		    : "signature";
	printf("%s\n", verdict);
	gate_verify_key_free(key);
	gate_buf_clear(&secret);
	gate_buf_clear(&message);
	gate_buf_clear(&signature);
}

int
main(void)
{
	static char line[LINE_BYTES];
	struct world w = {.n = 0};
	const struct gate_json *v;
	struct gate_json *doc;
	struct gate_err err;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (gate_json_parse(gate_span_str(line), &doc, &err) !=
		    GATE_OK) {
			fprintf(stderr, "%s\n", err.text);
			return EXIT_FAILURE;
		}
		if (gate_json_get(doc, "key", &v))
			add_key(&w, doc);
		else if (gate_json_get(doc, "public", &v))
			answer_raw(doc);
		else
			answer(&w, doc);
		gate_json_free(doc);
	}
	while (w.n > 0) {
		free(w.issuers[--w.n]);
		free((char *)(uintptr_t)w.keys[w.n].id);
		gate_verify_key_free(
		    (struct gate_verify_key *)(uintptr_t)w.keys[w.n].key);
	}
	return EXIT_SUCCESS;
}

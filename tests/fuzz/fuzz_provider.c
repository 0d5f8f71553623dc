/*
 * Deliveries of third parties. The first byte chooses the provider; lines
 * "Name: value" up to an empty one are headers; the rest is the body. Nobody
 * here knows the secret, so nothing may pass but where the secret itself is
 * what is sent; and what our own signer makes of the body always passes.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "lib/num.h"
#include "lib/provider.h"

#define HEADERS_MAX 48
#define NOW 1700000000

static const char *const secrets[] = {
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
};

static const struct gate_provider *
choose(struct gate_span *in)
{
	size_t n = 0, i;
	struct gate_span first;

	while (gate_provider_at(n) != NULL)
		n++;
	i = gate_span_take(in, 1, &first) ? first.p[0] % n : 0;
	return gate_provider_at(i);
}

/* Lines to an empty one; the body is what stays in *in. */
static size_t
split(struct gate_span *in, struct gate_hook_header list[HEADERS_MAX])
{
	struct gate_span line, name;
	size_t n = 0;

	while (n < HEADERS_MAX && gate_span_until(in, '\n', in->n, &line) &&
	    line.n > 0)
		if (gate_span_until(&line, ':', line.n, &name))
			list[n++] = (struct gate_hook_header){name, line};
	return n;
}

static struct gate_provider_key *
make_key(const struct gate_provider *p)
{
	struct gate_provider_key *key = NULL;
	struct gate_err err;
	size_t i;

	for (i = 0; i < GATE_COUNT(secrets) && key == NULL; i++)
		if (gate_provider_key_new(p, NULL, gate_span_str(secrets[i]),
			&key, &err) != GATE_OK)
			GATE_ASSERT(key == NULL);
	return key;
}

/* A signer's lines as headers of the delivery. */
static size_t
as_headers(
    struct gate_sign_headers *h, struct gate_hook_header list[HEADERS_MAX])
{
	struct gate_span line, name;
	size_t i;

	for (i = 0; i < h->count; i++) {
		line = gate_span_str(gate_sign_line(h, i));
		GATE_ASSERT(gate_span_until(&line, ':', line.n, &name));
		list[i] = (struct gate_hook_header){name, line};
	}
	return h->count;
}

static void
sign_and_verify(const struct gate_provider *p,
    const struct gate_provider_secret *secret, struct gate_hook hook)
{
	struct gate_hook_header list[HEADERS_MAX];
	struct gate_sign_headers h;
	struct gate_verdict v;

	/* The time is the body's, which is anything here. */
	if (p->signing.time.kind == GATE_PLACE_BODY)
		return;
	hook.header_count = 0;
	gate_sign_init(&h);
	if (gate_provider_sign(p, NULL, secret->key, &hook, GATE_SPAN("msg_1"),
		&h) == GATE_OK) {
		hook.headers = list;
		hook.header_count = as_headers(&h, list);
		GATE_ASSERT(gate_provider_verify(p, NULL, secret, 1, &hook,
				&v) == GATE_PROVIDER_OK);
		GATE_ASSERT(v.which == 0);
	}
	gate_sign_clear(&h);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gate_span in = gate_span_of(data, size);
	const struct gate_provider *p = choose(&in);
	struct gate_hook_header list[HEADERS_MAX];
	size_t n = split(&in, list);
	struct gate_provider_key *key = make_key(p);
	struct gate_provider_secret secret = {"one", key};
	struct gate_hook hook = {
	    .headers = list,
	    .header_count = n,
	    .body = in,
	    .method = GATE_SPAN("POST"),
	    .url = GATE_SPAN("https://gate.example.com/api/webhooks/x"),
	    .target = GATE_SPAN("/api/webhooks/x?a=1"),
	    .now_s = NOW,
	};
	struct gate_verdict v = {.fault = GATE_PROVIDER_FAULT_COUNT};
	enum gate_provider_fault f = gate_provider_verify(
	    p, NULL, &secret, key == NULL ? 0 : 1, &hook, &v);

	GATE_ASSERT(f == v.fault && f < GATE_PROVIDER_FAULT_COUNT);
	GATE_ASSERT(v.about != NULL && gate_provider_fault_text(f) != NULL);
	GATE_ASSERT(f != GATE_PROVIDER_OK || v.which == 0);
	GATE_ASSERT(v.which == GATE_NO_SECRET ||
	    (key != NULL && p->signing.seal == GATE_SEAL_EQUAL));
	if (key != NULL)
		sign_and_verify(p, &secret, hook);
	gate_provider_key_free(key);
	return 0;
}

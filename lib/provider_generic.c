/*
 * Rows that the operator fills in.
 */
#include "config.h"

#include "lib/provider_rows.h"

/* Hand-made senders say nothing of retries, and a form has none: nothing of
 * theirs is refused for load. */
#define PROFILE                                                                \
	.profile = {                                                           \
	    .id = {HASH},                                                      \
	    .busy = GATE_REFUSAL_LOSES,                                        \
	    .away = GATE_REFUSAL_LOSES,                                        \
	    .deadline_ms = 10000,                                              \
	    .retry_window_s = DAYS(7),                                         \
	}

const struct gate_provider gate_providers_generic[] = {
    {
	.name = "hmac",
	.text = "any sender that signs with a shared secret",
	.is_generic = true,
	.signing = {HUB_SIGNATURE("X-Signature")},
	PROFILE,
    },
    {
	.name = "public-key",
	.text = "any sender that signs with a private key",
	.is_generic = true,
	.signing = {.seal = GATE_SEAL_RS256,
	    .key_form = GATE_KEY_PEM,
	    .encoding = GATE_ENCODING_BASE64,
	    .grammar = GATE_GRAMMAR_BARE,
	    .header = "X-Signature",
	    .message = "{body}"},
	PROFILE,
    },
    {
	.name = "static-header",
	.text = "any sender that can send a secret in a header",
	.is_generic = true,
	.is_low_trust = true,
	.signing = {.seal = GATE_SEAL_EQUAL,
	    .encoding = GATE_ENCODING_PLAIN,
	    .grammar = GATE_GRAMMAR_BARE,
	    .header = "X-Webhook-Secret"},
	PROFILE,
    },
    {.name = NULL},
};

/*
 * Rows that the operator fills in, and the check of what was filled in.
 */
#include "config.h"

#include "lib/provider_trial.h"

#include <string.h>

#include "lib/num.h"

/* A week: hand-made senders are asked for nothing better. */
#define WINDOW_S 604800

#define PROFILE                                                                \
	.profile = {                                                           \
	    .id = {{GATE_PLACE_HASH, NULL}},                                   \
	    .deadline_ms = 10000,                                              \
	    .retry_window_s = WINDOW_S,                                        \
	}

const struct gate_provider gate_providers_generic[] = {
    {
	.name = "hmac",
	.text = "any sender that signs with a shared secret",
	.is_generic = true,
	.signing = {.seal = GATE_SEAL_HMAC_SHA256,
	    .encoding = GATE_ENCODING_HEX,
	    .grammar = GATE_GRAMMAR_PREFIX,
	    .header = "X-Signature",
	    .mark = "sha256=",
	    .message = "{body}"},
	PROFILE,
    },
    {.name = NULL},
};

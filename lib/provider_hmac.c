/*
 * Rows of providers that sign with a shared secret. What each says of itself
 * is in doc/providers.md, with its sources.
 */
#include "config.h"

#include "lib/provider_trial.h"

#define HEADER(name)                                                           \
	{                                                                      \
		GATE_PLACE_HEADER, name                                        \
	}
#define BODY(pointer)                                                          \
	{                                                                      \
		GATE_PLACE_BODY, pointer                                       \
	}
#define HOURS(n) ((n) * (int64_t)3600)
#define DAYS(n) HOURS((n)*24)
#define KIB(n) ((n) * (size_t)1024)

const struct gate_provider gate_providers_hmac[] = {
    {
	.name = "stripe",
	.text = "Stripe, snapshot and thin events",
	.signing = {.seal = GATE_SEAL_HMAC_SHA256,
	    .encoding = GATE_ENCODING_HEX,
	    .grammar = GATE_GRAMMAR_LIST,
	    .separator = ',',
	    .header = "Stripe-Signature",
	    .mark = "v1",
	    .message = "{time}.{body}",
	    .time = {GATE_PLACE_LIST, "t"},
	    .tolerance_s = 300},
	.profile = {.id = {BODY("/id")},
	    .type = {BODY("/type")},
	    .ref = {BODY("/data/object/id"), BODY("/related_object/id")},
	    .occurred = {BODY("/created")},
	    .deadline_ms = 10000,
	    .retry_window_s = DAYS(3)},
    },
    {
	.name = "github",
	.text = "GitHub, repository, organisation and app webhooks",
	.signing = {.seal = GATE_SEAL_HMAC_SHA256,
	    .encoding = GATE_ENCODING_HEX,
	    .grammar = GATE_GRAMMAR_PREFIX,
	    .header = "X-Hub-Signature-256",
	    .mark = "sha256=",
	    .message = "{body}"},
	.profile = {.id = {HEADER("X-GitHub-Delivery")},
	    .has_second_key = true,
	    .type = {HEADER("X-GitHub-Event"), BODY("/action")},
	    .ref = {BODY("/repository/full_name")},
	    .handshake = GATE_HANDSHAKE_GITHUB,
	    .busy = GATE_REFUSAL_LOSES,
	    .away = GATE_REFUSAL_LOSES,
	    .deadline_ms = 10000,
	    .retry_window_s = DAYS(3),
	    .body_max = KIB(1024)},
    },
    {.name = NULL},
};

/*
 * Rows of providers that sign with a private key and publish the other half.
 */
#include "config.h"

#include "lib/provider_rows.h"

const struct gate_provider gate_providers_keys[] = {
    {
	.name = "discord",
	.text = "Discord, webhook events and interactions",
	.signing = {.seal = GATE_SEAL_ED25519,
	    .key_form = GATE_KEY_HEX,
	    .encoding = GATE_ENCODING_HEX,
	    .grammar = GATE_GRAMMAR_BARE,
	    .header = "X-Signature-Ed25519",
	    .message = "{time}{body}",
	    .time = HEADER("X-Signature-Timestamp"),
	    .tolerance_s = 300},
	.profile = {.id = {BODY("/id"), BODY("/event/type"),
			BODY("/event/timestamp"), HASH},
	    .type = {BODY("/event/type")},
	    .ref = {BODY("/application_id")},
	    .occurred = {BODY("/event/timestamp")},
	    .occurred_unit = GATE_TIME_RFC3339,
	    .handshake = GATE_HANDSHAKE_DISCORD,
	    .success_status = 204,
	    .deadline_ms = 3000,
	    .retry_window_s = HOURS(1)},
    },
    {
	.name = "sendgrid",
	.text = "Twilio SendGrid, event webhook with signatures on",
	.signing = {.seal = GATE_SEAL_ES256,
	    .key_form = GATE_KEY_SPKI,
	    .encoding = GATE_ENCODING_BASE64,
	    .grammar = GATE_GRAMMAR_BARE,
	    .header = "X-Twilio-Email-Event-Webhook-Signature",
	    .message = "{time}{body}",
	    .time = HEADER("X-Twilio-Email-Event-Webhook-Timestamp"),
	    .tolerance_s = 300},
	.profile = {.id = {BODY("/sg_event_id")},
	    .type = {BODY("/event")},
	    .ref = {BODY("/sg_message_id")},
	    .occurred = {BODY("/timestamp")},
	    .batch = "/*",
	    .deadline_ms = 10000,
	    .retry_window_s = DAYS(1)},
    },
    {.name = NULL},
};

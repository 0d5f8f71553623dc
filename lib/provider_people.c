/*
 * Rows of providers through which people talk, meet, write and fill in
 * forms. What each is by is in doc/providers.md.
 */
#include "config.h"

#include "lib/provider_rows.h"

/* eventId alone is not unique, and attemptNumber changes. */
#define HUBSPOT_PROFILE                                                        \
	.profile = {                                                           \
	    .id = {BODY("/portalId"), BODY("/subscriptionType"),               \
		BODY("/objectId"), BODY("/eventId"), BODY("/occurredAt")},     \
	    .varies = "attemptNumber",                                         \
	    .type = {BODY("/subscriptionType")},                               \
	    .ref = {BODY("/objectId")},                                        \
	    .occurred = {BODY("/occurredAt")},                                 \
	    .occurred_unit = GATE_TIME_MILLIS,                                 \
	    .batch = "/*",                                                     \
	    .deadline_ms = 5000,                                               \
	    .retry_window_s = DAYS(1),                                         \
	}

/* One entry may hold several messages, and a retry may group them anew: what
 * is the same is the same bytes. */
#define META_PROFILE(items)                                                    \
	.profile = {                                                           \
	    .id = {HASH},                                                      \
	    .type = {BODY("/field")},                                          \
	    .batch = items,                                                    \
	    .handshake = GATE_HANDSHAKE_META,                                  \
	    .success_status = 200,                                             \
	    .deadline_ms = 10000,                                              \
	    .retry_window_s = DAYS(7),                                         \
	}

const struct gate_provider gate_providers_people[] = {
    {
	.name = "slack",
	.text = "Slack events, commands and interactions",
	.signing = {V0_SIGNATURE(
	    "X-Slack-Signature", "X-Slack-Request-Timestamp")},
	.profile = {.id = {BODY("/event_id")},
	    .type = {BODY("/type"), BODY("/event/type")},
	    .ref = {BODY("/event/channel"), BODY("/event/user")},
	    .occurred = {BODY("/event_time")},
	    .handshake = GATE_HANDSHAKE_SLACK,
	    .success_status = 200,
	    .deadline_ms = 3000,
	    .retry_window_s = HOURS(1),
	    .media = GATE_MEDIA_EITHER},
    },
    {
	.name = "hubspot",
	.text = "HubSpot, signatures of version 3",
	.signing = {.seal = GATE_SEAL_HMAC_SHA256,
	    .encoding = GATE_ENCODING_BASE64,
	    .grammar = GATE_GRAMMAR_BARE,
	    .header = "X-HubSpot-Signature-v3",
	    .message = "{method}{url-decoded}{body}{time}",
	    .time = HEADER("X-HubSpot-Request-Timestamp"),
	    .time_unit = GATE_TIME_MILLIS,
	    .tolerance_s = 300},
	HUBSPOT_PROFILE,
    },
    {
	.name = "hubspot-v2",
	.text = "HubSpot, workflows and cards of version 2",
	.signing = {.seal = GATE_SEAL_SHA256,
	    .encoding = GATE_ENCODING_HEX,
	    .grammar = GATE_GRAMMAR_BARE,
	    .header = "X-HubSpot-Signature",
	    .message = "{method}{url}{body}"},
	HUBSPOT_PROFILE,
    },
    {
	.name = "hubspot-v1",
	.text = "HubSpot, subscriptions of version 1",
	.signing = {.seal = GATE_SEAL_SHA256,
	    .encoding = GATE_ENCODING_HEX,
	    .grammar = GATE_GRAMMAR_BARE,
	    .header = "X-HubSpot-Signature",
	    .message = "{body}"},
	HUBSPOT_PROFILE,
    },
    {
	.name = "typeform",
	.text = "Typeform",
	.signing = {.seal = GATE_SEAL_HMAC_SHA256,
	    .encoding = GATE_ENCODING_BASE64,
	    .grammar = GATE_GRAMMAR_PREFIX,
	    .header = "Typeform-Signature",
	    .mark = "sha256=",
	    .message = "{body}"},
	.profile = {.id = {BODY("/event_id")},
	    .type = {BODY("/event_type")},
	    .ref = {BODY("/form_response/form_id")},
	    .occurred = {BODY("/form_response/submitted_at")},
	    .occurred_unit = GATE_TIME_RFC3339,
	    .deadline_ms = 30000,
	    .retry_window_s = DAYS(1)},
    },
    {
	.name = "calendly",
	.text = "Calendly",
	.signing = {.seal = GATE_SEAL_HMAC_SHA256,
	    .encoding = GATE_ENCODING_HEX,
	    .grammar = GATE_GRAMMAR_LIST,
	    .separator = ',',
	    .header = "Calendly-Webhook-Signature",
	    .mark = "v1",
	    .message = "{time}.{body}",
	    .time = {GATE_PLACE_LIST, "t"},
	    .tolerance_s = 180},
	.profile = {.id = {BODY("/event"), BODY("/payload/uri"),
			BODY("/created_at")},
	    .type = {BODY("/event")},
	    .ref = {BODY("/payload/uri")},
	    .occurred = {BODY("/created_at")},
	    .occurred_unit = GATE_TIME_RFC3339,
	    .deadline_ms = 15000,
	    .retry_window_s = DAYS(1)},
    },
    {
	.name = "zoom",
	.text = "Zoom",
	.signing = {V0_SIGNATURE("x-zm-signature", "x-zm-request-timestamp")},
	.profile =
	    {.id = {BODY("/event"), BODY("/event_ts"),
		 BODY("/payload/object/uuid"), BODY("/payload/object/id")},
		.type = {BODY("/event")},
		.ref = {BODY("/payload/object/uuid"),
		    BODY("/payload/object/id")},
		.occurred = {BODY("/event_ts")},
		.occurred_unit = GATE_TIME_MILLIS,
		.handshake = GATE_HANDSHAKE_ZOOM,
		.success_status = 200,
		.deadline_ms = 3000,
		.retry_window_s = HOURS(4)},
    },
    {
	.name = "meta",
	.text = "Meta: WhatsApp, pages, lead forms",
	.signing = {HUB_SIGNATURE("X-Hub-Signature-256")},
	META_PROFILE("/entry/*/changes/*"),
    },
    {
	.name = "meta-messaging",
	.text = "Meta: Messenger and Instagram messages",
	.signing = {HUB_SIGNATURE("X-Hub-Signature-256")},
	META_PROFILE("/entry/*/messaging/*"),
    },
    {
	.name = "intercom",
	.text = "Intercom",
	.signing = {.seal = GATE_SEAL_HMAC_SHA1,
	    .encoding = GATE_ENCODING_HEX,
	    .grammar = GATE_GRAMMAR_PREFIX,
	    .header = "X-Hub-Signature",
	    .mark = "sha1=",
	    .message = "{body}"},
	.profile = {.id = {BODY("/id")},
	    .type = {BODY("/topic")},
	    .ref = {BODY("/data/item/id")},
	    .occurred = {BODY("/created_at")},
	    .success_status = 200,
	    .deadline_ms = 5000,
	    .retry_window_s = HOURS(2)},
    },
    {
	.name = "zendesk",
	.text = "Zendesk",
	.signing = {.seal = GATE_SEAL_HMAC_SHA256,
	    .encoding = GATE_ENCODING_BASE64,
	    .grammar = GATE_GRAMMAR_BARE,
	    .header = "X-Zendesk-Webhook-Signature",
	    .message = "{time}{body}",
	    .time = HEADER("X-Zendesk-Webhook-Signature-Timestamp"),
	    .time_unit = GATE_TIME_RFC3339,
	    .tolerance_s = 300},
	.profile = {.id = {HEADER("X-Zendesk-Webhook-Invocation-Id")},
	    .has_second_key = true,
	    .type = {BODY("/type")},
	    .ref = {BODY("/detail/id")},
	    .occurred = {BODY("/time")},
	    .occurred_unit = GATE_TIME_RFC3339,
	    .deadline_ms = 12000,
	    .retry_window_s = HOURS(2)},
    },
    {.name = NULL},
};

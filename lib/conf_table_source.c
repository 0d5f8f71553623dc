/*
 * The tables of a site's sources: third parties, their secrets, and where
 * their events keep what the canonical form has.
 */
#include "config.h"

#include "lib/conf_table.h"

#include "lib/num.h"
#include "lib/source.h"

static const struct gate_conf_key secret_keys[] = {
    {.name = "value",
	.type = GATE_CONF_REF,
	.at = GATE_CONF_NOWHERE,
	.flags = GATE_CONF_SECRET,
	.min = 1,
	.example = "file:secrets.d/blog.crm",
	.help = "Where the secret or public key is, as the provider shows "
		"it."},
};

#define AT(member) .at = offsetof(struct gate_source_map, member)
#define POINTER(key, member, text, doc)                                        \
	{                                                                      \
		.name = key, .type = GATE_CONF_POINTER, AT(member),            \
		.flags = GATE_CONF_OPTIONAL, .example = text, .help = doc      \
	}

static const struct gate_conf_key map_keys[] = {
    POINTER("subject_id", subject_id, "/data/object/customer",
	"What the event is about; comes back as object_ref."),
    POINTER("subject_type", subject_type, "/data/object/object",
	"What kind of thing that is."),
    POINTER("actor_id", actor_id, "/sender/id", "Who did it."),
    POINTER("actor_email", actor_email, "/customer/email",
	"And that one's address."),
    POINTER("action_type", action_type, "/action", "What was done."),
    POINTER("action_reason", action_reason, "/reason", "And why."),
    POINTER("occurred_at", occurred_at, "/created",
	"When: RFC 3339, or a number of seconds or milliseconds since 1970."),
    POINTER("data", data, "/data/object",
	"What templates see as /data. Not given: the whole event."),
};

#undef AT
#define AT(member) .at = offsetof(struct gate_source, member)

_Static_assert(sizeof(enum gate_seal) == sizeof(unsigned int) &&
	sizeof(enum gate_media) == sizeof(unsigned int),
    "words are stored as unsigned int");

static const char *const media[] = {
    [GATE_MEDIA_JSON] = "json",
    [GATE_MEDIA_FORM] = "form",
    [GATE_MEDIA_EITHER] = "either",
    [GATE_MEDIA_EITHER + 1] = NULL,
};

static const struct gate_conf_key source_keys[] = {
    {.name = "provider",
	.type = GATE_CONF_NAME,
	.at = GATE_CONF_NOWHERE,
	.example = "hmac",
	.help = "Who it is, and so how it signs and wants to be answered: "
		"stripe, github, ..., one of those in doc/providers.md."},
    {.name = "public_url",
	.type = GATE_CONF_URL,
	AT(public_url),
	.def = "",
	.help = "The address as the provider was told it, without a query. "
		"Some sign it; the request's Host is never asked."},
    {.name = "setting",
	.type = GATE_CONF_STRING,
	AT(setting),
	.flags = GATE_CONF_OPTIONAL,
	.min = 1,
	.max = 200,
	.example = "4JH86294D6297924G",
	.help = "What a provider signs and does not send: with paypal, the "
		"webhook's id."},
    {.name = "type",
	.type = GATE_CONF_STRING,
	AT(type),
	.flags = GATE_CONF_LIST | GATE_CONF_OPTIONAL | GATE_CONF_SHOWN,
	.count_at = offsetof(struct gate_source, type_count),
	.min = 1,
	.max = 200,
	.example = "{\"header:X-Event\", \"/action\"}",
	.help = "Where an event's type is, one or two places that a dot "
		"joins: header:NAME, form:FIELD or a JSON Pointer. Not given: "
		"as the provider's profile says; a generic one has none."},
    {.name = "id",
	.type = GATE_CONF_STRING,
	AT(id),
	.flags = GATE_CONF_LIST | GATE_CONF_OPTIONAL,
	.count_at = offsetof(struct gate_source, id_count),
	.min = 1,
	.max = 200,
	.example = "{\"header:X-Delivery\"}",
	.help = "Where its identity is, up to six such places, or hash, the "
		"hash of its bytes."},
    {.name = "batch",
	.type = GATE_CONF_POINTER,
	AT(batch),
	.flags = GATE_CONF_OPTIONAL,
	.example = "/items/*",
	.help = "Where the events of a delivery are, * for each element of an "
		"array."},
    {.name = "media",
	.type = GATE_CONF_WORD,
	AT(media),
	.flags = GATE_CONF_OPTIONAL,
	.words = media,
	.example = "either",
	.help = "What a body is. Not given: as the profile says."},
    {.name = "body_max",
	.type = GATE_CONF_BYTES,
	AT(body_max_bytes),
	.flags = GATE_CONF_OPTIONAL,
	.min = 1024,
	.max = 1024 * 1024,
	.example = "512k",
	.help = "Largest body. Not given: the provider's, or 256k."},
    {.name = "tolerance",
	.type = GATE_CONF_S,
	AT(tolerance_s),
	.flags = GATE_CONF_OPTIONAL,
	.min = 1,
	.max = 3600,
	.example = "5m",
	.help = "How far a signed time may be off. Not given: the "
		"provider's. Nothing for those that sign no time."},
    {.name = "allow",
	.type = GATE_CONF_RANGE,
	AT(allow.text),
	.flags = GATE_CONF_LIST | GATE_CONF_OPTIONAL,
	.count_at = offsetof(struct gate_source, allow.text_count),
	.example = "{\"203.0.113.0/24\", \"2001:db8::/32\"}",
	.help = "Only from these client addresses; anything else is the same "
		"401 as a wrong signature. Not given: from anywhere."},
    {.name = "rate",
	.type = GATE_CONF_COUNT,
	AT(limit.per_minute),
	.max = GATE_LIMIT_RATE_MAX,
	.def = "0",
	.help = "Deliveries a minute, once they are verified; more are 429, "
		"which some providers never try again. 0: no limit."},
    {.name = "burst",
	.type = GATE_CONF_COUNT,
	AT(limit.burst),
	.min = 1,
	.max = GATE_LIMIT_BURST_MAX,
	.def = "100",
	.help = "So many of them at once after a pause."},
    {.name = "verify_token",
	.type = GATE_CONF_REF,
	.at = GATE_CONF_NOWHERE,
	.flags = GATE_CONF_SECRET | GATE_CONF_OPTIONAL,
	.min = 1,
	.example = "file:secrets.d/blog.meta",
	.help = "meta: where the token is that its GET must bring when the "
		"address is set up."},
};

#undef AT

static const struct gate_conf_spec secret_spec = {.name = "secret",
    .title = "ID",
    .sample = "a",
    .at = GATE_CONF_NOWHERE,
    .keys = secret_keys,
    .key_count = GATE_COUNT(secret_keys),
    .help = "What the provider signs with; ID is for the log and the audit. "
	    "While it is changed there are two. Sources of one provider and "
	    "one site may share one, nothing else may."};

static const struct gate_conf_spec map_spec = {.name = "map",
    .at = offsetof(struct gate_source, map),
    .keys = map_keys,
    .key_count = GATE_COUNT(map_keys),
    .help = "Where an event has what the canonical form shall have, as JSON "
	    "Pointers; what is not there becomes null."};

static const struct gate_conf_spec *const source_blocks[] = {
    &gate_conf_signature_spec, &map_spec, &gate_conf_event_spec, &secret_spec,
    NULL};
const struct gate_conf_spec gate_conf_source_spec = {.name = "source",
    .title = "NAME",
    .sample = "blog-crm",
    .at = GATE_CONF_NOWHERE,
    .keys = source_keys,
    .key_count = GATE_COUNT(source_keys),
    .blocks = source_blocks,
    .help = "Opens POST /api/webhooks/NAME for a third party. NAME is unique "
	    "over all sites."};

/*
 * The table of a generic provider's signature, which the operator fills in.
 */
#include "config.h"

#include "lib/conf_table.h"

#include "lib/num.h"
#include "lib/source.h"

static const char *const seals[] = {
    [GATE_SEAL_HMAC_SHA256] = "hmac-sha256",
    [GATE_SEAL_HMAC_SHA1] = "hmac-sha1",
    [GATE_SEAL_HMAC_SHA512] = "hmac-sha512",
    [GATE_SEAL_SHA256] = "sha256",
    [GATE_SEAL_ED25519] = "ed25519",
    [GATE_SEAL_ES256] = "es256",
    [GATE_SEAL_RS256] = "rs256",
    [GATE_SEAL_EQUAL] = "equal",
    [GATE_SEAL_COUNT] = NULL,
};
static const char *const key_forms[] = {
    [GATE_KEY_RAW] = "raw",
    [GATE_KEY_HEX] = "hex",
    [GATE_KEY_WHSEC] = "whsec",
    [GATE_KEY_SPKI] = "spki",
    [GATE_KEY_PEM] = "pem",
    [GATE_KEY_CERTIFICATE] = "certificate",
    [GATE_KEY_FORM_COUNT] = NULL,
};
static const char *const encodings[] = {
    [GATE_ENCODING_HEX] = "hex",
    [GATE_ENCODING_BASE64] = "base64",
    [GATE_ENCODING_PLAIN] = "plain",
    [GATE_ENCODING_COUNT] = NULL,
};
static const char *const grammars[] = {
    [GATE_GRAMMAR_BARE] = "bare",
    [GATE_GRAMMAR_PREFIX] = "prefix",
    [GATE_GRAMMAR_LIST] = "list",
    [GATE_GRAMMAR_WORDS] = "words",
    [GATE_GRAMMAR_COUNT] = NULL,
};
static const char *const units[] = {
    [GATE_TIME_SECONDS] = "seconds",
    [GATE_TIME_MILLIS] = "milliseconds",
    [GATE_TIME_RFC3339] = "rfc3339",
    [GATE_TIME_UNIT_COUNT] = NULL,
};

#define AT(member) .at = offsetof(struct gate_source_how, member)
#define WORD(key, member, list, text, doc)                                     \
	{                                                                      \
		.name = key, .type = GATE_CONF_WORD, AT(member),               \
		.flags = GATE_CONF_OPTIONAL, .words = list, .example = text,   \
		.help = doc                                                    \
	}
#define TEXT(key, member, text, doc)                                           \
	{                                                                      \
		.name = key, .type = GATE_CONF_STRING, AT(member),             \
		.flags = GATE_CONF_OPTIONAL, .min = 1, .max = 200,             \
		.example = text, .help = doc                                   \
	}

static const struct gate_conf_key keys[] = {
    TEXT("header", header, "X-Signature", "Where the signature stands."),
    WORD("algorithm", seal, seals, "hmac-sha256",
	"sha256 is a plain hash of secret and message; equal: the secret "
	"itself is sent."),
    WORD("key", key_form, key_forms, "raw",
	"How the secret or public key is written: its bytes, hex, whsec_ and "
	"base64, or for public keys base64 of DER (spki), PEM, a certificate "
	"in PEM."),
    WORD("encoding", encoding, encodings, "hex",
	"Of the signature; plain: a secret that is sent itself."),
    WORD("grammar", grammar, grammars, "prefix",
	"What the header is: the signature alone; mark and signature; a list "
	"of name=value, of which it is those named mark; words such as "
	"mark,signature."),
    TEXT("mark", mark, "sha256=", "See grammar."),
    TEXT("separator", separator, ",", "Of a list: ',' or ';'."),
    TEXT("message", message, "{id}.{time}.{1}.{body}",
	"The signed bytes: text and {body} {time} {id} {method} {url} "
	"{setting} {1} {2} {3}."),
    TEXT("id_header", id_header, "X-Delivery", "The header that is {id}."),
    {.name = "others",
	.type = GATE_CONF_STRING,
	AT(others),
	.flags = GATE_CONF_LIST | GATE_CONF_OPTIONAL,
	.count_at = offsetof(struct gate_source_how, other_count),
	.min = 1,
	.max = 64,
	.example = "{\"X-Topic\"}",
	.help = "The headers that are {1}, {2} and {3}."},
    TEXT("time", time, "header:X-Timestamp",
	"Where {time} is: header:NAME, list:NAME within the signature's "
	"header, or a JSON Pointer into the body."),
    WORD("time_unit", time_unit, units, "seconds", "Of time."),
};

#undef AT

const struct gate_conf_spec gate_conf_signature_spec = {.name = "signature",
    .at = offsetof(struct gate_source, how),
    .keys = keys,
    .key_count = GATE_COUNT(keys),
    .help = "How the generic providers hmac, public-key and static-header "
	    "sign. What is not given is as doc/providers.md says."};

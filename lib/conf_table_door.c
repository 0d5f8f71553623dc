/*
 * The tables of a site's doors: relay, edge and bridge, with their keys.
 */
#include "config.h"

#include "lib/conf_table.h"

#include "lib/num.h"
#include "lib/site.h"

_Static_assert(sizeof(enum gate_alg) == sizeof(unsigned int),
    "words are stored as unsigned int");

static const char *const algorithms[] = {
    [GATE_ALG_RS256] = "RS256",
    [GATE_ALG_ES256] = "ES256",
    [GATE_ALG_EDDSA] = "EdDSA",
    [GATE_ALG_HS256] = "HS256",
    [GATE_ALG_COUNT] = NULL,
};

#define SECRET_KEY(file)                                                       \
	{                                                                      \
		.name = "secret", .type = GATE_CONF_REF,                       \
		.at = GATE_CONF_NOWHERE, .flags = GATE_CONF_SECRET, .min = 1,  \
		.example = file,                                               \
		.help = "Where the HMAC secret is, at least 24 bytes. The "    \
			"same bytes may serve no other scheme and no other "   \
			"site."                                                \
	}

static const struct gate_conf_key relay_key_keys[] = {
    SECRET_KEY("file:secrets.d/blog.relay"),
};
static const struct gate_conf_key edge_key_keys[] = {
    SECRET_KEY("file:secrets.d/blog.edge"),
};
static const struct gate_conf_key hmac_keys[] = {
    SECRET_KEY("file:secrets.d/blog.hmac"),
};

#define AT(member) .at = offsetof(struct gate_bridge_key, member)

static const struct gate_conf_key bridge_key_keys[] = {
    {.name = "algorithm",
	.type = GATE_CONF_WORD,
	AT(algorithm),
	.words = algorithms,
	.example = "RS256",
	.help = "The one algorithm that the key is for: a token that names "
		"another one is refused."},
    {.name = "public",
	.type = GATE_CONF_REF,
	.at = GATE_CONF_NOWHERE,
	.flags = GATE_CONF_OPTIONAL | GATE_CONF_SHOWN,
	.min = 1,
	.example = "file:secrets.d/blog.pem",
	.help = "RS256, ES256, EdDSA: where the public key is, in PEM."},
    {.name = "secret",
	.type = GATE_CONF_REF,
	.at = GATE_CONF_NOWHERE,
	.flags = GATE_CONF_SECRET | GATE_CONF_OPTIONAL,
	.min = 1,
	.example = "file:secrets.d/blog.token",
	.help = "HS256: where the secret is, at least 32 bytes."},
};

#undef AT
#define AT(member) .at = offsetof(struct gate_bridge, member)

static const struct gate_conf_key bridge_keys[] = {
    {.name = "issuer",
	.type = GATE_CONF_STRING,
	AT(issuer),
	.min = 1,
	.max = 200,
	.example = "https://blog.example.com",
	.help = "The claim iss of the site's tokens, byte for byte. It names "
		"the site, so no other site may have the same."},
    {.name = "audience",
	.type = GATE_CONF_STRING,
	AT(audience),
	.min = 1,
	.max = 200,
	.def = "pressgate",
	.help = "The claim aud of a token that brings an event."},
    {.name = "results_audience",
	.type = GATE_CONF_STRING,
	AT(results_audience),
	.min = 1,
	.max = 200,
	.def = "pressgate-results",
	.help = "The claim aud of a token that fetches results; another one "
		"than audience."},
};

#undef AT

static const struct gate_conf_spec relay_key_spec = {.name = "key",
    .title = "ID",
    .sample = "blog-1",
    .at = GATE_CONF_NOWHERE,
    .keys = relay_key_keys,
    .key_count = GATE_COUNT(relay_key_keys),
    .help = "A secret and the id by which X-WP-Key-Id names it. Ids are "
	    "unique over all sites."};
static const struct gate_conf_spec *const relay_blocks[] = {
    &relay_key_spec, NULL};
const struct gate_conf_spec gate_conf_relay_spec = {.name = "relay",
    .at = GATE_CONF_NOWHERE,
    .blocks = relay_blocks,
    .help = "Opens POST /webhooks/wp for the site."};

static const struct gate_conf_spec edge_key_spec = {.name = "key",
    .title = "ID",
    .sample = "blog-1",
    .at = GATE_CONF_NOWHERE,
    .keys = edge_key_keys,
    .key_count = GATE_COUNT(edge_key_keys),
    .help = "A secret and the id by which X-Edge-Key-Id names it. Ids are "
	    "unique over all sites."};
static const struct gate_conf_spec *const edge_blocks[] = {
    &edge_key_spec, NULL};
const struct gate_conf_spec gate_conf_edge_spec = {.name = "edge",
    .at = GATE_CONF_NOWHERE,
    .blocks = edge_blocks,
    .help = "Opens POST /ingest/webhook for the site, whose WordPress passes "
	    "on what others send to it."};

const struct gate_conf_spec gate_conf_bridge_key_spec = {.name = "key",
    .title = "KID",
    .sample = "blog-2026-11",
    .at = GATE_CONF_NOWHERE,
    .keys = bridge_key_keys,
    .key_count = GATE_COUNT(bridge_key_keys),
    .help = "A key that verifies the site's tokens, and the kid by which "
	    "they name it. Keys that `pressgate site key` took in stand in "
	    "NAME.keys and need no block."};
static const struct gate_conf_spec hmac_spec = {.name = "hmac",
    .title = "ID",
    .sample = "blog-1",
    .at = GATE_CONF_NOWHERE,
    .keys = hmac_keys,
    .key_count = GATE_COUNT(hmac_keys),
    .help = "A secret that signs the bodies of POST /ingest. Ids are unique "
	    "over all sites."};
static const struct gate_conf_spec *const bridge_blocks[] = {
    &gate_conf_bridge_key_spec, &hmac_spec, NULL};
const struct gate_conf_spec gate_conf_bridge_spec = {.name = "bridge",
    .at = GATE_CONF_NOWHERE,
    .keys = bridge_keys,
    .key_count = GATE_COUNT(bridge_keys),
    .blocks = bridge_blocks,
    .help = "Opens POST /ingest for the site."};

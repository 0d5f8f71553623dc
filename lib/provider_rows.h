/*
 * Words of the tables in lib/provider_*.c. Part of them, not for others.
 */
#ifndef GATE_PROVIDER_ROWS_H
#define GATE_PROVIDER_ROWS_H

#include "lib/provider_trial.h"

#define HEADER(name)                                                           \
	{                                                                      \
		GATE_PLACE_HEADER, name                                        \
	}
#define BODY(pointer)                                                          \
	{                                                                      \
		GATE_PLACE_BODY, pointer                                       \
	}
#define FIELD(name)                                                            \
	{                                                                      \
		GATE_PLACE_FORM, name                                          \
	}
#define HASH                                                                   \
	{                                                                      \
		GATE_PLACE_HASH, ""                                            \
	}
#define HOURS(n) ((n) * (int64_t)3600)
#define DAYS(n) HOURS((n)*24)
#define MIB ((size_t)1024 * 1024)

/* sha256=HEX of the body and nothing else: many have copied it. */
#define HUB_SIGNATURE(name)                                                    \
	.seal = GATE_SEAL_HMAC_SHA256, .encoding = GATE_ENCODING_HEX,          \
	.grammar = GATE_GRAMMAR_PREFIX, .header = name,                        \
	.mark = "sha256=", .message = "{body}"

/* v0=HEX of "v0:TIME:BODY", the time in a header: Slack's. */
#define V0_SIGNATURE(name, time_name)                                          \
	.seal = GATE_SEAL_HMAC_SHA256, .encoding = GATE_ENCODING_HEX,          \
	.grammar = GATE_GRAMMAR_PREFIX, .header = name,                        \
	.mark = "v0=", .message = "v0:{time}:{body}",                          \
	.time = HEADER(time_name), .tolerance_s = 300

/* base64 of the body's. */
#define BARE_BASE64(name)                                                      \
	.seal = GATE_SEAL_HMAC_SHA256, .encoding = GATE_ENCODING_BASE64,       \
	.grammar = GATE_GRAMMAR_BARE, .header = name, .message = "{body}"

/* The specification of Standard Webhooks, with names of whoever uses it. */
#define STANDARD_SIGNATURE(prefix)                                             \
	.seal = GATE_SEAL_HMAC_SHA256, .key_form = GATE_KEY_WHSEC,             \
	.encoding = GATE_ENCODING_BASE64, .grammar = GATE_GRAMMAR_WORDS,       \
	.header = prefix "-signature", .mark = "v1", .public_mark = "v1a",     \
	.message = "{id}.{time}.{body}", .id_header = prefix "-id",            \
	.time = HEADER(prefix "-timestamp"), .tolerance_s = 300

#endif

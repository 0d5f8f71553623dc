/*
 * The rules that a token can break, by name. The only table of them.
 */
#include "config.h"

#include "lib/jwt.h"

static const struct {
	const char *name;
	const char *text;
} faults[GATE_JWT_FAULT_COUNT] = {
    [GATE_JWT_OK] = {"ok", "the token holds"},
    [GATE_JWT_TOO_LONG] = {"too_long", "the token is over 8 KiB"},
    [GATE_JWT_PARTS] = {"parts", "not three parts between two dots"},
    [GATE_JWT_BASE64] = {"base64", "a part is not plain base64url"},
    [GATE_JWT_HEADER_JSON] = {"header_json",
	"the header is not one strict JSON object"},
    [GATE_JWT_HEADER_MEMBER] = {"header_member",
	"the header says more than alg, typ and kid"},
    [GATE_JWT_ALG] = {"alg", "alg is none of RS256, ES256, EdDSA, HS256"},
    [GATE_JWT_TYP] = {"typ", "typ is not \"JWT\""},
    [GATE_JWT_KID] = {"kid", "kid is not 1 to 64 of A-Z a-z 0-9 . _ -"},
    [GATE_JWT_CLAIMS_JSON] = {"claims_json",
	"the claims are not one strict JSON object"},
    [GATE_JWT_ISS] = {"iss", "iss is missing, empty or no string"},
    [GATE_JWT_ISSUER_UNKNOWN] = {"issuer_unknown",
	"no site has this iss, byte for byte"},
    [GATE_JWT_KID_MISSING] = {"kid_missing",
	"no kid, and the issuer has not exactly one key"},
    [GATE_JWT_KID_UNKNOWN] = {"kid_unknown",
	"the issuer has no key of this kid"},
    [GATE_JWT_ALG_OF_KEY] = {"alg_of_key", "alg is not the key's algorithm"},
    [GATE_JWT_SIGNATURE] = {"signature", "the signature does not hold"},
    [GATE_JWT_EXP] = {"exp", "exp is missing or no integer in 0..2^53-1"},
    [GATE_JWT_IAT] = {"iat", "iat is missing or no integer in 0..2^53-1"},
    [GATE_JWT_NBF] = {"nbf", "nbf is no integer in 0..2^53-1"},
    [GATE_JWT_EXPIRED] = {"expired", "exp is past: compare the clocks"},
    [GATE_JWT_NOT_YET] = {"not_yet", "nbf is to come: compare the clocks"},
    [GATE_JWT_FROM_FUTURE] = {"from_future",
	"iat is to come: compare the clocks"},
    [GATE_JWT_LIFE] = {"life", "exp - iat is not within 1 and 300 s"},
    [GATE_JWT_AUD] = {"aud", "aud is no string and no array of strings"},
    [GATE_JWT_AUDIENCE] = {"audience", "aud names somebody else"},
    [GATE_JWT_OTHER_ISSUER] = {"other_issuer", "iss is another issuer's"},
    [GATE_JWT_JTI_MISSING] = {"jti_missing", "no jti, where one is needed"},
    [GATE_JWT_JTI] = {"jti", "jti is not 1 to 128 visible characters"},
    [GATE_JWT_SUB] = {"sub",
	"sub is not 1 to 256 bytes without control characters"},
    [GATE_JWT_NO_MEMORY] = {"no_memory", "out of memory"},
};

const char *
gate_jwt_fault_name(enum gate_jwt_fault fault)
{
	return faults[fault].name;
}

const char *
gate_jwt_fault_text(enum gate_jwt_fault fault)
{
	return faults[fault].text;
}

enum gate_code
gate_jwt_fault_code(enum gate_jwt_fault fault)
{
	if (fault == GATE_JWT_OK)
		return GATE_OK;
	return fault == GATE_JWT_NO_MEMORY ? GATE_E_NOMEM : GATE_E_AUTH;
}

/*
 * The rules that a delivery can break, by name. The only table of them.
 */
#include "config.h"

#include "lib/provider.h"

static const struct {
	const char *name;
	const char *text;
} faults[GATE_PROVIDER_FAULT_COUNT] = {
    [GATE_PROVIDER_OK] = {"ok", "the signature holds"},
    [GATE_PROVIDER_HEADER_MISSING] = {"header_missing",
	"a header that proves the sender is missing"},
    [GATE_PROVIDER_HEADER_TWICE] = {"header_twice",
	"a header that proves the sender stands twice"},
    [GATE_PROVIDER_HEADER_LONG] = {"header_long", "a header is too long"},
    [GATE_PROVIDER_HEADER_GRAMMAR] = {"header_grammar",
	"a header does not look as this provider writes it"},
    [GATE_PROVIDER_NO_SIGNATURE] = {"no_signature",
	"the header holds no signature of a version that is known"},
    [GATE_PROVIDER_SIGNATURES] = {"signatures", "more than 16 signatures"},
    [GATE_PROVIDER_ENCODING] = {"encoding",
	"the signature is not the hex or base64 that it should be"},
    [GATE_PROVIDER_TIME_GRAMMAR] = {"time_grammar",
	"the time is missing or not of the form and unit it should have"},
    [GATE_PROVIDER_ID_GRAMMAR] = {"id_grammar",
	"the id is not 1 to 128 visible characters without a dot"},
    [GATE_PROVIDER_URL_UNKNOWN] = {"url_unknown",
	"this provider signs the URL, and the source has no public_url"},
    [GATE_PROVIDER_BODY_JSON] = {"body_json",
	"the body holds the signature, and is no strict JSON"},
    [GATE_PROVIDER_BODY_FORM] = {"body_form", "the body is no form"},
    [GATE_PROVIDER_BODY_MEMBER] = {"body_member",
	"a member of the body that is signed is missing or of another kind"},
    [GATE_PROVIDER_BODY_DIGEST] = {"body_digest",
	"the body is not the one whose digest is signed"},
    [GATE_PROVIDER_CERTIFICATE_URL] = {"certificate_url",
	"the certificate is said to stand somewhere that is not the "
	"provider's"},
    [GATE_PROVIDER_CERTIFICATE_TIME] = {"certificate_time",
	"the certificate that holds is not valid now"},
    [GATE_PROVIDER_ALGORITHM] = {"algorithm",
	"the delivery names another algorithm than the provider's"},
    [GATE_PROVIDER_NO_KEY] = {"no_key",
	"no secret of the kind that these signatures need"},
    [GATE_PROVIDER_NO_MATCH] = {"no_match",
	"no secret makes this signature of these bytes: another secret, or "
	"something changed the body or the URL"},
    [GATE_PROVIDER_STALE] = {"stale",
	"the signature holds and is too old: compare the clocks"},
    [GATE_PROVIDER_FUTURE] = {"future",
	"the signature holds and is of the future: compare the clocks"},
    [GATE_PROVIDER_NO_MEMORY] = {"no_memory", "out of memory"},
};

const char *
gate_provider_fault_name(enum gate_provider_fault fault)
{
	return faults[fault].name;
}

const char *
gate_provider_fault_text(enum gate_provider_fault fault)
{
	return faults[fault].text;
}

enum gate_code
gate_provider_fault_code(enum gate_provider_fault fault)
{
	if (fault == GATE_PROVIDER_OK)
		return GATE_OK;
	return fault == GATE_PROVIDER_NO_MEMORY ? GATE_E_NOMEM : GATE_E_AUTH;
}

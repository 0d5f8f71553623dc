/*
 * The bridge scheme at its door: POST /ingest. What is signed and how it is
 * proved: lib/proof_bridge.c. The idempotency key is a UUID and stands in the
 * body, too.
 */
#include "config.h"

#include "fcgi/scheme.h"

static bool
is_meant(const struct request *r)
{
	struct gate_span token;

	return gate_proof_token(r->authorization, &token);
}

static enum outcome
read_headers(const struct request *r, bool is_get, struct gate_proof *out,
    const char **why)
{
	struct gate_sent sent = {.authorization = r->authorization,
	    .signature = r->x_signature,
	    .idempotency_key = r->x_idempotency_key};

	return scheme_outcome(gate_proof_bridge.read(&sent, is_get, out, why));
}

static const struct gate_site *
find_site(const struct gate_sites *sites, struct gate_span path_site,
    const struct gate_proof *proof)
{
	return gate_proof_bridge.find_site(sites, path_site, proof);
}

static enum outcome
verify(const struct gate_trial *t, const struct gate_proof *proof,
    struct gate_identity *out, const char **why)
{
	return scheme_outcome(gate_proof_bridge.verify(t, proof, out, why));
}

const struct scheme scheme_bridge = {
    .name = "bridge",
    .headers =
	{
	    {"authorization", offsetof(struct request, authorization)},
	    {"x-signature", offsetof(struct request, x_signature)},
	},
    .form = &gate_form_bridge,
    .key_rule = SCHEME_KEY_IS_UUID_IN_BODY,
    .is_meant = is_meant,
    .read = read_headers,
    .find_site = find_site,
    .verify = verify,
};

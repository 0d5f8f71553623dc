/*
 * The relay scheme at its door: POST /webhooks/wp. What is signed and how it is
 * proved: lib/proof_relay.c.
 */
#include "config.h"

#include "fcgi/scheme.h"

static bool
is_meant(const struct request *r)
{
	return r->wp_timestamp.n > 0 || r->wp_signature.n > 0 ||
	    r->wp_key_id.n > 0;
}

static enum outcome
read_headers(const struct request *r, bool is_get, struct gate_proof *out,
    const char **why)
{
	struct gate_sent sent = {.timestamp = r->wp_timestamp,
	    .signature = r->wp_signature,
	    .key_id = r->wp_key_id,
	    .idempotency_key = r->idempotency_key};

	return scheme_outcome(gate_proof_relay.read(&sent, is_get, out, why));
}

static const struct gate_site *
find_site(const struct gate_sites *sites, struct gate_span path_site,
    const struct gate_proof *proof)
{
	return gate_proof_relay.find_site(sites, path_site, proof);
}

static enum outcome
verify(const struct gate_trial *t, const struct gate_proof *proof,
    struct gate_identity *out, const char **why)
{
	return scheme_outcome(gate_proof_relay.verify(t, proof, out, why));
}

const struct scheme scheme_relay = {
    .name = "relay",
    .headers =
	{
	    {"x-wp-timestamp", offsetof(struct request, wp_timestamp)},
	    {"x-wp-signature", offsetof(struct request, wp_signature)},
	},
    .form = &gate_form_relay,
    .key_rule = SCHEME_KEY_MAY_BE_IN_BODY,
    .signed_key_guards = true,
    .is_meant = is_meant,
    .read = read_headers,
    .find_site = find_site,
    .verify = verify,
};

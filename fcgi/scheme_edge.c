/*
 * The edge scheme at its door: POST /ingest/webhook. What is signed and how it
 * is proved: lib/proof_edge.c. The body is a third party's and stays as it
 * came; its idempotency key is taken as given.
 */
#include "config.h"

#include "fcgi/scheme.h"

static bool
is_meant(const struct request *r)
{
	return r->edge_timestamp.n > 0 || r->edge_nonce.n > 0 ||
	    r->edge_signature.n > 0 || r->edge_key_id.n > 0;
}

static enum outcome
read_headers(const struct request *r, bool is_get, struct gate_proof *out,
    const char **why)
{
	struct gate_sent sent = {.timestamp = r->edge_timestamp,
	    .nonce = r->edge_nonce,
	    .signature = r->edge_signature,
	    .key_id = r->edge_key_id,
	    .idempotency_key = r->x_idempotency_key};

	return scheme_outcome(gate_proof_edge.read(&sent, is_get, out, why));
}

static const struct gate_site *
find_site(const struct gate_sites *sites, struct gate_span path_site,
    const struct gate_proof *proof)
{
	return gate_proof_edge.find_site(sites, path_site, proof);
}

static enum outcome
verify(const struct gate_trial *t, const struct gate_proof *proof,
    struct gate_identity *out, const char **why)
{
	return scheme_outcome(gate_proof_edge.verify(t, proof, out, why));
}

const struct scheme scheme_edge = {
    .name = "edge",
    .headers =
	{
	    {"x-edge-timestamp", offsetof(struct request, edge_timestamp)},
	    {"x-edge-nonce", offsetof(struct request, edge_nonce)},
	    {"x-edge-signature", offsetof(struct request, edge_signature)},
	},
    .form = &gate_form_edge,
    .key_rule = SCHEME_KEY_IN_HEADER,
    .is_meant = is_meant,
    .read = read_headers,
    .find_site = find_site,
    .verify = verify,
};

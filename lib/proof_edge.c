/*
 * The edge scheme: a WordPress that passes on what others sent to it.
 * X-Edge-Timestamp, X-Edge-Nonce, X-Edge-Signature, X-Idempotency-Key and
 * X-Edge-Key-Id; POST /ingest/webhook.
 *
 * Signed with HMAC-SHA256, hex:
 *	POST	timestamp "." nonce "." body
 *	GET	timestamp "." nonce "." "GET " target
 * Neither digits nor a nonce has a dot, so what is signed reads one way
 * only. The body is a third party's and stays as it came; its idempotency
 * key is taken as given. A nonce is used once.
 */
#include "config.h"

#include "lib/proof.h"

#include "lib/codec.h"
#include "lib/proof_mac.h"

/* Minutes are enough between two machines that we both run. */
#define WINDOW_S 120
#define NONCE_MIN 16
#define NONCE_MAX 64

static bool
is_nonce(struct gate_span s)
{
	return s.n >= NONCE_MIN && s.n <= NONCE_MAX &&
	    gate_span_only(s,
		"abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
}

static enum gate_fault
read_headers(const struct gate_sent *sent, bool is_get, struct gate_proof *out,
    const char **why)
{
	struct gate_proof p = {.timestamp = sent->timestamp,
	    .nonce = sent->nonce,
	    .key_id = sent->key_id};

	(void)why; /* the faults say it */
	if (sent->timestamp.n == 0 || sent->nonce.n == 0 ||
	    sent->signature.n == 0 || (!is_get && sent->idempotency_key.n == 0))
		return GATE_FAULT_MISSING;
	if (!gate_proof_seconds(p.timestamp, &p.timestamp_s) ||
	    !is_nonce(p.nonce) || !gate_proof_is_key_id(p.key_id) ||
	    !gate_hex_decode(sent->signature, p.mac, sizeof(p.mac)))
		return GATE_FAULT_SIGNATURE;
	if (!is_get &&
	    !gate_proof_key(sent->idempotency_key, &p.idempotency_key))
		return GATE_FAULT_KEY;
	*out = p;
	return GATE_FAULT_NONE;
}

static const struct gate_site *
find_site(const struct gate_sites *sites, struct gate_span path_site,
    const struct gate_proof *proof)
{
	return gate_proof_site(
	    sites, GATE_SCHEME_EDGE, path_site, proof->key_id);
}

static enum gate_fault
verify(const struct gate_trial *t, const struct gate_proof *proof,
    struct gate_identity *out, const char **why)
{
	enum gate_fault f =
	    gate_proof_stamped(t, proof, GATE_SCHEME_EDGE, WINDOW_S, out);

	(void)why;
	if (f == GATE_FAULT_NONE)
		out->guard = proof->nonce;
	return f;
}

#define AT(member) offsetof(struct gate_sent, member)
const struct gate_proof_kind gate_proof_edge = {
    .name = "edge",
    .headers =
	{
	    {"x-edge-timestamp", AT(timestamp), true},
	    {"x-edge-nonce", AT(nonce), true},
	    {"x-edge-signature", AT(signature), true},
	    {"x-edge-key-id", AT(key_id), false},
	    {"x-idempotency-key", AT(idempotency_key), false},
	},
    .read = read_headers,
    .find_site = find_site,
    .verify = verify,
};
#undef AT

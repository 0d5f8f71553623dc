/*
 * The relay scheme: X-WP-Timestamp, X-WP-Signature, Idempotency-Key and
 * X-WP-Key-Id; POST /webhooks/wp.
 *
 * Signed with HMAC-SHA256, hex:
 *	POST	timestamp "." body
 *	GET	timestamp "." "GET " target
 * target is REQUEST_URI without the mount prefix, byte for byte.
 */
#include "config.h"

#include "lib/proof.h"

#include "lib/codec.h"
#include "lib/proof_mac.h"

static enum gate_fault
read_headers(const struct gate_sent *sent, bool is_get, struct gate_proof *out,
    const char **why)
{
	struct gate_proof p = {
	    .timestamp = sent->timestamp, .key_id = sent->key_id};

	(void)why; /* the faults say it */
	if (sent->timestamp.n == 0 || sent->signature.n == 0 ||
	    (!is_get && sent->idempotency_key.n == 0))
		return GATE_FAULT_MISSING;
	if (!gate_proof_seconds(p.timestamp, &p.timestamp_s) ||
	    !gate_proof_is_key_id(p.key_id) ||
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
	    sites, GATE_SCHEME_RELAY, path_site, proof->key_id);
}

/* The MAC stands for the request: the key in the header is not signed. */
static enum gate_fault
verify(const struct gate_trial *t, const struct gate_proof *proof,
    struct gate_identity *out, const char **why)
{
	int64_t window_s = t->site == NULL ? 0 : t->site->window_s;
	enum gate_fault f =
	    gate_proof_stamped(t, proof, GATE_SCHEME_RELAY, window_s, out);

	(void)why;
	if (f == GATE_FAULT_NONE)
		out->guard = gate_span_of(proof->mac, sizeof(proof->mac));
	return f;
}

#define AT(member) offsetof(struct gate_sent, member)
const struct gate_proof_kind gate_proof_relay = {
    .name = "relay",
    .headers =
	{
	    {"x-wp-timestamp", AT(timestamp), true},
	    {"x-wp-signature", AT(signature), true},
	    {"x-wp-key-id", AT(key_id), false},
	    {"idempotency-key", AT(idempotency_key), false},
	},
    .read = read_headers,
    .find_site = find_site,
    .verify = verify,
};
#undef AT

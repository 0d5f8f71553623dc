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

#include "fcgi/scheme.h"
#include "fcgi/verify.h"
#include "lib/codec.h"

/* Minutes are enough between two machines that we both run. */
#define WINDOW_S 120
#define NONCE_MIN 16
#define NONCE_MAX 64

static bool
is_meant(const struct request *r)
{
	return r->edge_timestamp.n > 0 || r->edge_nonce.n > 0 ||
	    r->edge_signature.n > 0 || r->edge_key_id.n > 0;
}

static bool
is_nonce(struct gate_span s)
{
	return s.n >= NONCE_MIN && s.n <= NONCE_MAX &&
	    gate_span_only(s,
		"abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
}

static enum outcome
read_headers(
    const struct request *r, bool is_get, struct proof *out, const char **why)
{
	struct proof p = {.timestamp = r->edge_timestamp,
	    .nonce = r->edge_nonce,
	    .key_id = r->edge_key_id};

	(void)why; /* the outcomes say it */
	if (r->edge_timestamp.n == 0 || r->edge_nonce.n == 0 ||
	    r->edge_signature.n == 0 ||
	    (!is_get && r->x_idempotency_key.n == 0))
		return OUTCOME_HEADER_MISSING;
	if (!scheme_seconds(p.timestamp, &p.timestamp_s) ||
	    !is_nonce(p.nonce) || !scheme_is_key_id(p.key_id) ||
	    !gate_hex_decode(r->edge_signature, p.mac, sizeof(p.mac)))
		return OUTCOME_BAD_SIGNATURE;
	if (!is_get && !scheme_key(r->x_idempotency_key, &p.idempotency_key))
		return OUTCOME_BAD_KEY;
	*out = p;
	return OUTCOME_NONE;
}

static const struct gate_site *
find_site(const struct gate_sites *sites, struct gate_span path_site,
    const struct proof *proof)
{
	return verify_site(sites, GATE_SCHEME_EDGE, path_site, proof->key_id);
}

static enum outcome
verify(const struct trial *t, const struct proof *proof, struct identity *out,
    const char **why)
{
	enum outcome o =
	    verify_stamped(t, proof, GATE_SCHEME_EDGE, WINDOW_S, out);

	(void)why;
	if (o == OUTCOME_NONE)
		out->guard = proof->nonce;
	return o;
}

const struct scheme scheme_edge = {
    .name = "edge",
    .headers =
	{
	    {"x-edge-timestamp", offsetof(struct request, edge_timestamp)},
	    {"x-edge-nonce", offsetof(struct request, edge_nonce)},
	    {"x-edge-signature", offsetof(struct request, edge_signature)},
	},
    .form =
	{
	    .source = "edge",
	    .type = "type",
	    .refs = {"object_ref"},
	    .times = {"occurred_at"},
	},
    .key_rule = SCHEME_KEY_IN_HEADER,
    .is_meant = is_meant,
    .read = read_headers,
    .find_site = find_site,
    .verify = verify,
};

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

#include "fcgi/scheme.h"
#include "fcgi/verify.h"
#include "lib/codec.h"

static bool
is_meant(const struct request *r)
{
	return r->wp_timestamp.n > 0 || r->wp_signature.n > 0 ||
	    r->wp_key_id.n > 0;
}

static enum outcome
read_headers(
    const struct request *r, bool is_get, struct proof *out, const char **why)
{
	struct proof p = {.timestamp = r->wp_timestamp, .key_id = r->wp_key_id};

	(void)why; /* the outcomes say it */
	if (r->wp_timestamp.n == 0 || r->wp_signature.n == 0 ||
	    (!is_get && r->idempotency_key.n == 0))
		return OUTCOME_HEADER_MISSING;
	if (!scheme_seconds(p.timestamp, &p.timestamp_s) ||
	    !scheme_is_key_id(p.key_id) ||
	    !gate_hex_decode(r->wp_signature, p.mac, sizeof(p.mac)))
		return OUTCOME_BAD_SIGNATURE;
	if (!is_get && !scheme_key(r->idempotency_key, &p.idempotency_key))
		return OUTCOME_BAD_KEY;
	*out = p;
	return OUTCOME_NONE;
}

static const struct gate_site *
find_site(const struct gate_sites *sites, struct gate_span path_site,
    const struct proof *proof)
{
	return verify_site(sites, GATE_SCHEME_RELAY, path_site, proof->key_id);
}

/* The MAC stands for the request: the key in the header is not signed. */
static enum outcome
verify(const struct trial *t, const struct proof *proof, struct identity *out,
    const char **why)
{
	int64_t window_s = t->site == NULL ? 0 : t->site->window_s;
	enum outcome o =
	    verify_stamped(t, proof, GATE_SCHEME_RELAY, window_s, out);

	(void)why;
	if (o == OUTCOME_NONE)
		out->guard = gate_span_of(proof->mac, sizeof(proof->mac));
	return o;
}

const struct scheme scheme_relay = {
    .name = "relay",
    .headers =
	{
	    {"x-wp-timestamp", offsetof(struct request, wp_timestamp)},
	    {"x-wp-signature", offsetof(struct request, wp_signature)},
	},
    .form =
	{
	    .source = "relay",
	    .type = "event",
	    .refs = {"object_ref", "post_id"},
	    .times = {"occurred_at", "published_at"},
	    .actor = "author",
	},
    .key_rule = SCHEME_KEY_MAY_BE_IN_BODY,
    .signed_key_guards = true,
    .is_meant = is_meant,
    .read = read_headers,
    .find_site = find_site,
    .verify = verify,
};

/*
 * Window, candidates, constant time. Pure: the clock's reading is given.
 * Every candidate is computed and compared, the right one too when it is
 * the first.
 */
#include "config.h"

#include "lib/proof_mac.h"

#include "lib/num.h"

#define PARTS_MAX 6

const struct gate_site *
gate_proof_site(const struct gate_sites *sites, enum gate_scheme scheme,
    struct gate_span path_site, struct gate_span key_id)
{
	const struct gate_site *owner = NULL, *named;

	if (key_id.n > 0) {
		owner = gate_site_by_secret(sites, scheme, key_id);
		if (owner == NULL)
			return NULL;
	}
	if (path_site.n > 0) {
		named = gate_site_by_name(sites, path_site);
		return owner == NULL || owner == named ? named : NULL;
	}
	return owner != NULL ? owner : gate_site_default(sites);
}

/* Whether then is at most window off from now, either way. */
static bool
is_in_window(int64_t then_s, int64_t now_s, int64_t window_s)
{
	int64_t off;

	return gate_sub(now_s, then_s, &off) && off >= -window_s &&
	    off <= window_s;
}

static enum gate_code
check(const struct gate_hmac_key *key, const struct gate_proof_mac *v,
    bool *equal)
{
	unsigned char mac[GATE_SHA256_BYTES];
	enum gate_code code;

	code = gate_hmac_sha256(key, v->parts, v->part_count, mac);
	if (code == GATE_OK)
		*equal = gate_ct_equal(gate_span_of(mac, sizeof(mac)),
		    gate_span_of(v->mac, sizeof(mac)));
	return code;
}

enum gate_fault
gate_proof_mac(
    const struct gate_proof_mac *v, const struct gate_hmac_secret **out)
{
	size_t i, checked = 0,
		  count = v->secrets == NULL ? 0 : v->secrets->count;
	const struct gate_hmac_secret *found = NULL;
	bool equal = false;

	for (i = 0; i < count; i++) {
		const struct gate_hmac_secret *s = &v->secrets->list[i];

		if (v->key_id.n > 0 && !gate_span_is(v->key_id, s->id))
			continue;
		checked++;
		if (check(s->key, v, &equal) != GATE_OK)
			return GATE_FAULT_NOMEM;
		if (equal)
			found = s;
	}
	if (checked == 0)
		return check(v->dummy, v, &equal) == GATE_OK
		    ? GATE_FAULT_UNKNOWN
		    : GATE_FAULT_NOMEM;
	if (found == NULL)
		return GATE_FAULT_SIGNATURE;
	*out = found;
	return GATE_FAULT_NONE;
}

static size_t
put_parts(const struct gate_trial *t, const struct gate_proof *proof,
    struct gate_span parts[PARTS_MAX])
{
	size_t n = 0;

	parts[n++] = proof->timestamp;
	parts[n++] = GATE_SPAN(".");
	if (proof->nonce.n > 0) {
		parts[n++] = proof->nonce;
		parts[n++] = GATE_SPAN(".");
	}
	if (t->is_get)
		parts[n++] = GATE_SPAN("GET ");
	parts[n++] = t->data;
	return n;
}

enum gate_fault
gate_proof_stamped(const struct gate_trial *t, const struct gate_proof *proof,
    enum gate_scheme scheme, int64_t window_s, struct gate_identity *out)
{
	struct gate_span parts[PARTS_MAX];
	struct gate_proof_mac v = {
	    .secrets = t->site == NULL ? NULL : &t->site->secrets[scheme],
	    .dummy = t->dummy->mac,
	    .key_id = proof->key_id,
	    .parts = parts,
	    .part_count = put_parts(t, proof, parts),
	    .mac = proof->mac,
	};
	const struct gate_hmac_secret *secret;
	enum gate_fault f = gate_proof_mac(&v, &secret);

	if (f != GATE_FAULT_NONE)
		return f;
	if (!is_in_window(proof->timestamp_s, t->now_s, window_s))
		return GATE_FAULT_STALE;
	*out = (struct gate_identity){.key_id = secret->id,
	    .created_by = gate_span_str(secret->id),
	    .guard_until_s = proof->timestamp_s + 2 * window_s};
	return GATE_FAULT_NONE;
}

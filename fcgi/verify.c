/*
 * Window, candidates, constant time. Pure: the clock's reading is given.
 * Every candidate is computed and compared, the right one too when it is
 * the first, and the window is judged last, so that time tells an outsider
 * nothing but how many secrets a site has.
 */
#include "config.h"

#include "fcgi/verify.h"

#include <stdbool.h>

#include "lib/num.h"

const struct gate_site *
verify_relay_site(const struct gate_sites *sites, struct gate_span path_site,
    struct gate_span key_id)
{
	const struct gate_site *owner = NULL, *named;

	if (key_id.n > 0) {
		owner = gate_site_by_secret(sites, GATE_SCHEME_RELAY, key_id);
		if (owner == NULL)
			return NULL;
	}
	if (path_site.n > 0) {
		named = gate_site_by_name(sites, path_site);
		return owner == NULL || owner == named ? named : NULL;
	}
	return owner != NULL ? owner : gate_site_default(sites);
}

static bool
is_in_window(int64_t then_s, int64_t now_s, int64_t window_s)
{
	int64_t off;

	return gate_sub(now_s, then_s, &off) && off >= -window_s &&
	    off <= window_s;
}

static enum gate_code
check(const struct gate_hmac_key *key, const struct relay *relay,
    const struct gate_span *parts, size_t part_count, bool *equal)
{
	unsigned char mac[GATE_SHA256_BYTES];
	enum gate_code code;

	code = gate_hmac_sha256(key, parts, part_count, mac);
	if (code == GATE_OK)
		*equal = gate_ct_equal(gate_span_of(mac, sizeof(mac)),
		    gate_span_of(relay->mac, sizeof(relay->mac)));
	return code;
}

enum outcome
verify_relay(const struct gate_site *site, const struct gate_hmac_key *dummy,
    const struct relay *relay, const struct gate_span *parts, size_t part_count,
    int64_t now_s, const struct gate_hmac_secret **key)
{
	const struct gate_hmac_secret *found = NULL;
	const struct gate_hmac_secrets *keys =
	    site == NULL ? NULL : &site->secrets[GATE_SCHEME_RELAY];
	size_t i, checked = 0, count = keys == NULL ? 0 : keys->count;
	bool equal = false;

	for (i = 0; i < count; i++) {
		const struct gate_hmac_secret *k = &keys->list[i];

		if (relay->key_id.n > 0 &&
		    !gate_span_equal(relay->key_id, gate_span_str(k->id)))
			continue;
		checked++;
		if (check(k->key, relay, parts, part_count, &equal) != GATE_OK)
			return OUTCOME_AWAY;
		if (equal)
			found = k;
	}
	if (checked == 0) {
		if (check(dummy, relay, parts, part_count, &equal) != GATE_OK)
			return OUTCOME_AWAY;
		return OUTCOME_UNKNOWN_SITE;
	}
	if (found == NULL)
		return OUTCOME_BAD_SIGNATURE;
	if (!is_in_window(relay->timestamp_s, now_s, site->window_s))
		return OUTCOME_STALE;
	*key = found;
	return OUTCOME_NONE;
}

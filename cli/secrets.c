/*
 * Walking over a site's keys. Knows no database: how often they are used is
 * cli/secret_list.c's.
 */
#include "config.h"

#include "cli/secrets.h"

#include "lib/crypto_key.h"

bool
secrets_at(const struct gate_site *s, size_t i, struct secrets_item *out)
{
	const struct gate_hmac_secret *secret;
	const struct gate_bridge_key *key;
	size_t k;

	for (k = 0; k < GATE_SCHEME_HMAC_COUNT; k++) {
		if (i < s->secrets[k].count) {
			secret = &s->secrets[k].list[i];
			*out = (struct secrets_item){(enum gate_scheme)k,
			    secret->id, secret->state, secret->made_at_ms,
			    NULL};
			return true;
		}
		i -= s->secrets[k].count;
	}
	if (i >= s->bridge.key_count)
		return false;
	key = &s->bridge.keys[i];
	*out = (struct secrets_item){GATE_SCHEME_BRIDGE, key->id, key->state,
	    key->made_at_ms, gate_alg_name(key->algorithm)};
	return true;
}

int64_t
secrets_age_days(const struct secrets_item *k, int64_t now_ms)
{
	if (k->made_at_ms == 0)
		return -1;
	return k->made_at_ms > now_ms
	    ? 0
	    : (now_ms - k->made_at_ms) / SECRETS_DAY_MS;
}

bool
secrets_is_old(const struct secrets_item *k, int64_t now_ms)
{
	return secrets_age_days(k, now_ms) > SECRETS_OLD_DAYS;
}

size_t
secrets_old_count(const struct gate_conf *conf, int64_t now_ms)
{
	struct secrets_item k;
	size_t i, n, old = 0;

	for (i = 0; i < conf->sites.count; i++)
		for (n = 0; secrets_at(&conf->sites.list[i], n, &k); n++)
			if (secrets_is_old(&k, now_ms))
				old++;
	return old;
}

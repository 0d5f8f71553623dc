/*
 * Walking over a site's keys. Knows no database: how often they are used is
 * cli/secret_list.c's.
 */
#include "config.h"

#include "cli/secrets.h"

#include <stdio.h>

#include "lib/crypto_key.h"
#include "lib/source.h"

/* Of its third parties. */
static bool
source_at(const struct gate_site *s, size_t i, struct secrets_item *out)
{
	const struct gate_source *source;
	size_t k;

	for (k = 0; k < s->source_count; k++) {
		source = &s->sources[k];
		if (i < source->secret_count) {
			*out =
			    (struct secrets_item){.scheme = GATE_SCHEME_COUNT,
				.source = source->name,
				.id = source->secrets[i].id,
				.state = source->secrets[i].state};
			return true;
		}
		i -= source->secret_count;
	}
	return false;
}

void
secrets_scheme(const struct secrets_item *k, char dst[SECRETS_SCHEME])
{
	(void)snprintf(dst, SECRETS_SCHEME, "%s%s",
	    k->source != NULL ? "source/" : gate_scheme_name(k->scheme),
	    k->source != NULL ? k->source : "");
}

bool
secrets_at(const struct gate_site *s, size_t i, struct secrets_item *out)
{
	const struct gate_hmac_secret *secret;
	const struct gate_bridge_key *key;
	size_t k;

	for (k = 0; k < GATE_SCHEME_HMAC_COUNT; k++) {
		if (i < s->secrets[k].count) {
			secret = &s->secrets[k].list[i];
			*out =
			    (struct secrets_item){.scheme = (enum gate_scheme)k,
				.id = secret->id,
				.state = secret->state,
				.made_at_ms = secret->made_at_ms};
			return true;
		}
		i -= s->secrets[k].count;
	}
	if (i >= s->bridge.key_count)
		return source_at(s, i - s->bridge.key_count, out);
	key = &s->bridge.keys[i];
	*out = (struct secrets_item){.scheme = GATE_SCHEME_BRIDGE,
	    .id = key->id,
	    .state = key->state,
	    .made_at_ms = key->made_at_ms,
	    .algorithm = gate_alg_name(key->algorithm)};
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

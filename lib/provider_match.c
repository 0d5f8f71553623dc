/*
 * Keys against signatures. Every key is tried with every signature of its
 * kind and nothing ends early, so that time tells how many there are and no
 * more; a MAC is made once per key.
 */
#include "config.h"

#include "lib/provider_trial.h"

#include <string.h>

#include "lib/num.h"

/* SHA-256 of the secret and then the message, which is no HMAC. */
static enum gate_code
digest_seal(const struct gate_provider_key *key, const struct gate_message *m,
    unsigned char mac[GATE_MAC_MAX])
{
	struct gate_span parts[GATE_MESSAGE_PARTS_MAX + 1];
	size_t i;

	parts[0] = gate_span_of(key->raw, key->raw_n);
	for (i = 0; i < m->count; i++)
		parts[i + 1] = m->parts[i];
	return gate_sha256(parts, m->count + 1, mac);
}

enum gate_code
gate_provider_seal(const struct gate_provider_key *key,
    const struct gate_message *m, unsigned char mac[GATE_MAC_MAX], size_t *n)
{
	switch (key->seal) {
	case GATE_SEAL_HMAC_SHA256:
	case GATE_SEAL_HMAC_SHA1:
	case GATE_SEAL_HMAC_SHA512:
		return gate_hmac(key->hmac, m->parts, m->count, mac, n);
	case GATE_SEAL_SHA256:
		*n = GATE_SHA256_BYTES;
		return digest_seal(key, m, mac);
	case GATE_SEAL_EQUAL:
	case GATE_SEAL_ED25519:
	case GATE_SEAL_ES256:
	case GATE_SEAL_RS256:
	case GATE_SEAL_COUNT:
		break;
	}
	return GATE_E_CONF;
}

/* One signature; the message in one piece, or the MAC of this key. */
struct held {
	const struct gate_provider_key *key;
	struct gate_span mac;
	struct gate_span whole;
};

static enum gate_code
hold_equal(const struct held *h, struct gate_span signature)
{
	unsigned char digest[GATE_SHA256_BYTES];
	enum gate_code code = gate_sha256(&signature, 1, digest);

	if (code != GATE_OK)
		return code;
	/* Of digests, so that not even the secret's length is told. */
	return gate_ct_equal(gate_span_of(digest, sizeof(digest)),
		   gate_span_of(h->key->digest, sizeof(h->key->digest)))
	    ? GATE_OK
	    : GATE_E_AUTH;
}

static enum gate_code
hold(const struct held *h, struct gate_span signature)
{
	unsigned char plain[GATE_ES256_BYTES];
	enum gate_code code;

	switch (h->key->seal) {
	case GATE_SEAL_EQUAL:
		return hold_equal(h, signature);
	case GATE_SEAL_ES256:
		code = gate_es256_plain(signature, plain);
		if (code != GATE_OK)
			return code;
		return gate_verify(
		    h->key->pair, h->whole, gate_span_of(plain, sizeof(plain)));
	case GATE_SEAL_ED25519:
	case GATE_SEAL_RS256:
		return gate_verify(h->key->pair, h->whole, signature);
	case GATE_SEAL_HMAC_SHA256:
	case GATE_SEAL_HMAC_SHA1:
	case GATE_SEAL_HMAC_SHA512:
	case GATE_SEAL_SHA256:
	case GATE_SEAL_COUNT:
		break;
	}
	return gate_ct_equal(h->mac, signature) ? GATE_OK : GATE_E_AUTH;
}

static bool
wants_whole(const struct gate_provider_key *key)
{
	return key->pair != NULL;
}

static bool
make_whole(struct gate_message *m)
{
	size_t i;

	if (m->whole.n > 0)
		return true;
	for (i = 0; i < m->count; i++)
		(void)gate_buf_put(&m->whole, m->parts[i]);
	return m->whole.failed == GATE_OK;
}

static bool
prepare(struct held *h, struct gate_message *m, unsigned char mac[GATE_MAC_MAX])
{
	size_t n = 0;

	if (h->key->seal == GATE_SEAL_EQUAL)
		return true;
	if (wants_whole(h->key)) {
		if (!make_whole(m))
			return false;
		h->whole = gate_buf_span(&m->whole);
		return true;
	}
	if (gate_provider_seal(h->key, m, mac, &n) != GATE_OK)
		return false;
	h->mac = gate_span_of(mac, n);
	return true;
}

struct count {
	size_t tried;
	bool no_memory;
	bool out_of_date; /* what held was a certificate's, and not now */
};

static void
try_key(struct gate_trial *t, size_t i, const struct gate_signatures *s,
    struct gate_message *m, struct count *c)
{
	unsigned char mac[GATE_MAC_MAX];
	struct held h = {.key = t->secrets[i].key};
	bool mixed = t->how->public_mark != NULL, ready = false;
	size_t k;

	for (k = 0; k < s->count; k++) {
		enum gate_code code;

		if (mixed && s->list[k].is_public != wants_whole(h.key))
			continue;
		c->tried++;
		ready = ready || prepare(&h, m, mac);
		code = ready ? hold(&h, s->list[k].bytes) : GATE_E_NOMEM;
		c->no_memory = c->no_memory || code == GATE_E_NOMEM;
		if (code != GATE_OK)
			continue;
		if (t->hook->now_s < h.key->from_s ||
		    t->hook->now_s > h.key->until_s)
			c->out_of_date = true;
		else if (t->out->which == GATE_NO_SECRET)
			t->out->which = i;
	}
	gate_wipe(mac, sizeof(mac));
}

enum gate_provider_fault
gate_trial_match(struct gate_trial *t, const struct gate_signatures *signatures,
    struct gate_message *m)
{
	struct count c = {0};
	size_t i;

	for (i = 0; i < t->secret_count; i++)
		try_key(t, i, signatures, m, &c);
	if (t->out->which != GATE_NO_SECRET)
		return GATE_PROVIDER_OK;
	if (c.no_memory)
		return GATE_PROVIDER_NO_MEMORY;
	if (c.out_of_date)
		return GATE_PROVIDER_CERTIFICATE_TIME;
	return c.tried == 0 ? GATE_PROVIDER_NO_KEY : GATE_PROVIDER_NO_MATCH;
}

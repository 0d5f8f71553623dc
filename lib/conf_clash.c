/*
 * What must hold between sites: one default, key ids and secrets used once.
 *
 * Sites that claim the same thing are all left out: which of them is right
 * nobody here can know, and the wrong one would take the other's events.
 */
#include "config.h"

#include "lib/conf_clash.h"

#include <string.h>

#include "lib/crypto.h"

static void
clash(struct gate_conf_candidate *a, int a_line, struct gate_conf_candidate *b,
    int b_line, const char *key, const char *what,
    struct gate_conf_errors *errors)
{
	gate_conf_errors_put(errors, a->site.file, a_line, key,
	    "%s as in %s:%d, expected it once", what, b->site.file, b_line);
	gate_conf_errors_put(errors, b->site.file, b_line, key,
	    "%s as in %s:%d, expected it once", what, a->site.file, a_line);
	a->bad = true;
	b->bad = true;
}

static int
default_line(const struct gate_conf_candidate *c)
{
	const struct gate_conf_block *b;

	if (c->tree == NULL)
		return 0;
	b = gate_conf_block_at(&c->tree->top, "site", 0);
	return b == NULL ? 0 : gate_conf_block_key(b, "default")->line;
}

/* Equal secrets sign alike; the secrets themselves are gone by now. */
static bool
same_secret(const struct gate_relay_key *a, const struct gate_relay_key *b)
{
	static const unsigned char probe[] = "same secret?";
	struct gate_span part = gate_span_of(probe, sizeof(probe) - 1);
	unsigned char x[GATE_SHA256_BYTES], y[GATE_SHA256_BYTES];

	if (a->key == NULL || b->key == NULL)
		return false;
	if (gate_hmac_sha256(a->key, &part, 1, x) != GATE_OK ||
	    gate_hmac_sha256(b->key, &part, 1, y) != GATE_OK)
		return true; /* not known to differ: refuse */
	return gate_ct_equal(
	    gate_span_of(x, sizeof(x)), gate_span_of(y, sizeof(y)));
}

static void
compare_keys(struct gate_conf_candidate *a, struct gate_conf_candidate *b,
    struct gate_conf_errors *errors)
{
	const struct gate_relay_key *x, *y;
	size_t i, k;

	for (i = 0; i < a->site.relay_key_count; i++) {
		x = &a->site.relay_keys[i];
		for (k = 0; k < b->site.relay_key_count; k++) {
			y = &b->site.relay_keys[k];
			if (x->id != NULL && y->id != NULL &&
			    strcmp(x->id, y->id) == 0)
				clash(a, x->line, b, y->line, "key",
				    "the same key id", errors);
			if (same_secret(x, y))
				clash(a, x->line, b, y->line, "secret",
				    "the same secret", errors);
		}
	}
}

void
gate_conf_clash_check(
    struct gate_conf_candidates *all, struct gate_conf_errors *errors)
{
	struct gate_conf_candidate *a, *b;
	size_t i, k;

	for (i = 0; i < all->count; i++) {
		a = &all->list[i];
		for (k = i + 1; k < all->count; k++) {
			b = &all->list[k];
			if (a->site.is_default && b->site.is_default)
				clash(a, default_line(a), b, default_line(b),
				    "default", "a default site", errors);
			compare_keys(a, b, errors);
		}
	}
}

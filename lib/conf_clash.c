/*
 * What must hold between sites: one default, issuers, sources, key ids and
 * secrets used once; and a secret for one scheme only, so that what is signed
 * for one door says nothing at another.
 *
 * Sites that claim the same thing are all left out: which of them is right
 * nobody here can know, and the wrong one would take the other's events.
 */
#include "config.h"

#include "lib/conf_clash.h"

#include <string.h>

#include "lib/crypto.h"
#include "lib/source.h"

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
key_line(
    const struct gate_conf_candidate *c, const char *block, const char *key)
{
	const struct gate_conf_block *b = NULL;

	if (c->tree != NULL)
		b = gate_conf_block_at(&c->tree->top, "site", 0);
	if (b != NULL && block != NULL)
		b = gate_conf_block_at(b, block, 0);
	return b == NULL ? 0 : gate_conf_block_key(b, key)->line;
}

/* One key of a site, of whatever scheme. */
struct item {
	enum gate_scheme scheme;
	const struct gate_provider *provider; /* of a source's; else NULL */
	const char *id;
	const struct gate_mark *mark;
	int line;
};

/* The same of its sources' secrets. */
static bool
source_item_at(const struct gate_site *s, size_t i, struct item *out)
{
	const struct gate_source_secret *secret;
	size_t k;

	for (k = 0; k < s->source_count; k++) {
		if (i < s->sources[k].secret_count) {
			secret = &s->sources[k].secrets[i];
			*out = (struct item){GATE_SCHEME_COUNT,
			    s->sources[k].provider, NULL, &secret->mark,
			    secret->line};
			return true;
		}
		i -= s->sources[k].secret_count;
	}
	return false;
}

/* The i-th of all the site's keys; false: there are no more. */
static bool
item_at(const struct gate_site *s, size_t i, struct item *out)
{
	const struct gate_bridge_key *token;
	const struct gate_hmac_secret *secret;
	size_t k;

	for (k = 0; k < GATE_SCHEME_HMAC_COUNT; k++) {
		if (i < s->secrets[k].count) {
			secret = &s->secrets[k].list[i];
			*out = (struct item){(enum gate_scheme)k, NULL,
			    secret->id, &secret->mark, secret->line};
			return true;
		}
		i -= s->secrets[k].count;
	}
	if (i >= s->bridge.key_count)
		return source_item_at(s, i - s->bridge.key_count, out);
	token = &s->bridge.keys[i];
	*out = (struct item){
	    GATE_SCHEME_BRIDGE, NULL, token->id, &token->mark, token->line};
	return true;
}

static bool
same_secret(const struct item *x, const struct item *y)
{
	return x->mark->is_set && y->mark->is_set &&
	    gate_ct_equal(gate_span_of(x->mark->b, sizeof(x->mark->b)),
		gate_span_of(y->mark->b, sizeof(y->mark->b)));
}

/* A token's key id is looked up within its issuer's set, all others over
 * all sites. */
static bool
same_id(const struct item *x, const struct item *y)
{
	return x->scheme == y->scheme && x->scheme != GATE_SCHEME_BRIDGE &&
	    x->id != NULL && y->id != NULL && strcmp(x->id, y->id) == 0;
}

/* Keys of two sites, or of one with itself: there, what differs is the
 * scheme. */
static void
compare_keys(struct gate_conf_candidate *a, struct gate_conf_candidate *b,
    struct gate_conf_errors *errors)
{
	struct item x, y;
	size_t i, k;

	for (i = 0; item_at(&a->site, i, &x); i++)
		for (k = a == b ? i + 1 : 0; item_at(&b->site, k, &y); k++) {
			if (a == b && x.scheme == y.scheme &&
			    x.provider == y.provider)
				continue;
			if (same_id(&x, &y))
				clash(a, x.line, b, y.line, "key",
				    "the same key id", errors);
			if (same_secret(&x, &y))
				clash(a, x.line, b, y.line, "secret",
				    "the same secret", errors);
		}
}

/* A source is found by its name alone. */
static void
compare_sources(struct gate_conf_candidate *a, struct gate_conf_candidate *b,
    struct gate_conf_errors *errors)
{
	const struct gate_source *x, *y;
	size_t i, k;

	for (i = 0; i < a->site.source_count; i++)
		for (k = a == b ? i + 1 : 0; k < b->site.source_count; k++) {
			x = &a->site.sources[i];
			y = &b->site.sources[k];
			if (x->name != NULL && y->name != NULL &&
			    strcmp(x->name, y->name) == 0)
				clash(a, x->line, b, y->line, "source",
				    "the same source", errors);
		}
}

static void
compare_sites(struct gate_conf_candidate *a, struct gate_conf_candidate *b,
    struct gate_conf_errors *errors)
{
	const char *x = a->site.bridge.issuer, *y = b->site.bridge.issuer;

	if (a->site.is_default && b->site.is_default)
		clash(a, key_line(a, NULL, "default"), b,
		    key_line(b, NULL, "default"), "default", "a default site",
		    errors);
	if (x != NULL && y != NULL && strcmp(x, y) == 0)
		clash(a, key_line(a, "bridge", "issuer"), b,
		    key_line(b, "bridge", "issuer"), "issuer",
		    "the same issuer", errors);
	compare_keys(a, b, errors);
	compare_sources(a, b, errors);
}

void
gate_conf_clash_check(
    struct gate_conf_candidates *all, struct gate_conf_errors *errors)
{
	size_t i, k;

	for (i = 0; i < all->count; i++) {
		compare_keys(&all->list[i], &all->list[i], errors);
		compare_sources(&all->list[i], &all->list[i], errors);
		for (k = i + 1; k < all->count; k++)
			compare_sites(&all->list[i], &all->list[k], errors);
	}
}

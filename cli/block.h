/*
 * The two texts by which a site and the gate get to know each other.
 * Block A goes from here into wp-config.php; block B comes back from the
 * plugin. doc/wire.md has both; pure.
 */
#ifndef CLI_BLOCK_H
#define CLI_BLOCK_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/sign.h"
#include "lib/span.h"

/* Values must be plain: they stand between quotes of PHP or JSON. */
struct block_a {
	const char *url; /* the site's */
	const char *endpoint;
	const char *site;
	enum gate_door door;
	const char *key_id;
	const char *secret;
	/* bridge only */
	const char *issuer;
	const char *audience;
	const char *results_audience;
};

/* Appends PHP, or one JSON object. Codes of out. */
enum gate_code block_a_put(
    struct gate_buf *out, const struct block_a *a, bool json) GATE_MUSTCHECK;

/* What a person pastes is longer than this only by mistake. */
#define BLOCK_B_MAX 8192

struct block_b {
	struct gate_span site, issuer, key_id, algorithm;
	struct gate_buf pem; /* owned; lines end with LF */
};

/*
 * Reads block B: five lines in this order, then one PEM block of a public
 * key. Lines may end with CR LF, and blank lines may stand before and after
 * all: that is what a paste through a terminal or a form does.
 *
 * in   untrusted; any bytes
 * out  borrows from in; block_b_clear on GATE_OK only. Untouched otherwise.
 * Returns GATE_OK; GATE_E_BAD, GATE_E_LIMIT (err says which line and what was
 *         expected, never what stood there); GATE_E_AUTH: there is a private
 *         key in it; GATE_E_NOMEM.
 * The values are not judged: whose site, which algorithm, what key.
 */
enum gate_code block_b_parse(struct gate_span in, struct block_b *out,
    struct gate_err *err) GATE_MUSTCHECK;
void block_b_clear(struct block_b *b);

#endif

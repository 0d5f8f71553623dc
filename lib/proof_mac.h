/*
 * Does a signature hold: which site, which of its secrets, how old. What all
 * schemes with a secret share.
 */
#ifndef GATE_PROOF_MAC_H
#define GATE_PROOF_MAC_H

#include <stddef.h>
#include <stdint.h>

#include "lib/crypto.h"
#include "lib/err.h"
#include "lib/proof.h"
#include "lib/site.h"
#include "lib/span.h"

/*
 * The site that a request speaks for: by the path, else the owner of the key
 * id, else the default site. Never by the body, which nobody has verified
 * yet, and never by trying secrets.
 *
 * path_site  {site} of the path, or empty
 * key_id     untrusted, or empty
 * NULL: no such site, or the key id is another site's.
 */
const struct gate_site *gate_proof_site(const struct gate_sites *sites,
    enum gate_scheme scheme, struct gate_span path_site,
    struct gate_span key_id);

/* A MAC and what it may be of. */
struct gate_proof_mac {
	const struct gate_hmac_secrets *secrets; /* NULL: none are known */
	const struct gate_hmac_key *dummy;
	struct gate_span key_id; /* only that one; empty: any */
	const struct gate_span *parts;
	size_t part_count;
	const unsigned char *mac;
};

/*
 * Compares the MAC with each candidate secret, in any state. Without a
 * candidate the dummy key is used, so that the time spent is of the same
 * class and does not tell which sites exist.
 *
 * out  the secret that signed, borrowed; untouched otherwise
 * Returns GATE_FAULT_NONE; GATE_FAULT_UNKNOWN (no candidate),
 *         GATE_FAULT_SIGNATURE; GATE_FAULT_NOMEM (memory).
 */
enum gate_fault gate_proof_mac(const struct gate_proof_mac *v,
    const struct gate_hmac_secret **out) GATE_MUSTCHECK;

/*
 * A request whose MAC is over
 *	timestamp "." [nonce "."] ["GET "] data
 * by one of the site's secrets of that scheme. The window is judged last, so
 * that time tells an outsider nothing but how many secrets a site has.
 *
 * out  without a guard, which is the scheme's; untouched on failure
 * Returns what verify_mac does, and GATE_FAULT_STALE.
 */
enum gate_fault gate_proof_stamped(const struct gate_trial *t,
    const struct gate_proof *proof, enum gate_scheme scheme, int64_t window_s,
    struct gate_identity *out) GATE_MUSTCHECK;

#endif

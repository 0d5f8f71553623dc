/*
 * Does a signature hold: which site, which of its secrets, how old.
 */
#ifndef FCGI_VERIFY_H
#define FCGI_VERIFY_H

#include <stddef.h>
#include <stdint.h>

#include "fcgi/outcome.h"
#include "fcgi/scheme_relay.h"
#include "lib/crypto.h"
#include "lib/err.h"
#include "lib/site.h"
#include "lib/span.h"

/*
 * The site that a relay request speaks for: by the path, else the owner of
 * the key id, else the default site. Never by the body, which nobody has
 * verified yet, and never by trying secrets.
 *
 * path_site  {site} of the path, or empty
 * key_id     X-WP-Key-Id, or empty
 * NULL: no such site, or the key id is another site's.
 */
const struct gate_site *verify_relay_site(const struct gate_sites *sites,
    struct gate_span path_site, struct gate_span key_id);

/*
 * Compares the MAC with each candidate secret of the site: the one that the
 * key id names, or all of them in any state.
 *
 * site   NULL: unknown. The dummy key is then used, so that the time spent
 *        is of the same class and does not tell which sites exist.
 * parts  the signed bytes
 * now_s  wall clock of this machine
 * key    the secret that signed, borrowed from site
 * Returns OUTCOME_NONE; OUTCOME_UNKNOWN_SITE, OUTCOME_BAD_SIGNATURE,
 *         OUTCOME_STALE (all the same 401); OUTCOME_AWAY (memory). *key is
 *         then untouched.
 */
enum outcome verify_relay(const struct gate_site *site,
    const struct gate_hmac_key *dummy, const struct relay *relay,
    const struct gate_span *parts, size_t part_count, int64_t now_s,
    const struct gate_hmac_secret **key) GATE_MUSTCHECK;

#endif

/*
 * What third parties ask before they send, or now and then: is somebody
 * there, and is it the one that knows the secret? Nothing of it is stored.
 */
#ifndef FCGI_HANDSHAKE_H
#define FCGI_HANDSHAKE_H

#include "fcgi/arrival.h"
#include "fcgi/outcome.h"
#include "fcgi/visit.h"

/*
 * WooCommerce's: a form webhook_id=N without a signature. Any name of a
 * source is answered alike, also one that nobody has, so that it tells
 * nothing. Returns GREETED or OUTCOME_NONE: it is something else.
 */
enum outcome handshake_unsigned(struct arrival *a) GATE_MUSTCHECK;

/* The provider's own, once the signature holds. GREETED, OUTCOME_NONE, or
 * what a failure of ours looks like. */
enum outcome handshake_signed(struct arrival *a) GATE_MUSTCHECK;

/* Meta's: GET hub.mode=subscribe&hub.verify_token=V&hub.challenge=C. GREETED;
 * an outcome of 401; UNSURE. */
enum outcome handshake_get(struct visit *v) GATE_MUSTCHECK;

#endif

/*
 * Which addresses may be called. Judges the numeric peer at the moment of
 * connecting, never a name: names can change between two look-ups.
 */
#ifndef WORKER_GUARD_H
#define WORKER_GUARD_H

#include <stdbool.h>
#include <sys/socket.h>

/*
 * True if peer is an address of the public Internet. False for private,
 * loopback, link-local, shared, multicast and reserved addresses, for cloud
 * metadata, for every IPv6 form that carries an IPv4 address inside, for
 * other families and for a length that does not fit.
 * Source: IANA IPv4 and IPv6 Special-Purpose Address Registries.
 */
bool guard_is_public(const struct sockaddr *peer, socklen_t n);

/* The same as a gate_http_allow (lib/http.h); ctx is not used. */
bool guard_allow(const struct sockaddr *peer, socklen_t n, void *ctx);

#endif

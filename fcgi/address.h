/*
 * Client addresses: which one a request came from and whether the way to it
 * was encrypted. X-Forwarded-* count only when the web server's own peer
 * (REMOTE_ADDR) is a proxy that the configuration trusts.
 */
#ifndef FCGI_ADDRESS_H
#define FCGI_ADDRESS_H

#include <stdbool.h>

#include "fcgi/request.h"
#include "lib/address.h"
#include "lib/err.h"

/* The client: REMOTE_ADDR, or through trusted proxies the last address of
 * X-Forwarded-For that is no trusted proxy. False if there is none. */
bool address_of(const struct request *r, const struct gate_ranges *trusted,
    struct gate_address *out) GATE_MUSTCHECK;
/* True if the client spoke HTTPS, or spoke from this machine. */
bool address_is_private(
    const struct request *r, const struct gate_ranges *trusted);

#endif

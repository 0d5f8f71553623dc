/*
 * Client addresses: which one a request came from and whether the way to it
 * was encrypted. X-Forwarded-* count only when the web server's own peer
 * (REMOTE_ADDR) is a proxy that the configuration trusts.
 */
#ifndef FCGI_ADDRESS_H
#define FCGI_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "fcgi/request.h"
#include "lib/err.h"
#include "lib/span.h"

/* IPv6, or IPv4 in its mapped form. */
struct address {
	unsigned char b[16];
};

struct address_range {
	struct address base;
	unsigned int bits; /* of 128 */
};

#define ADDRESS_TEXT 46 /* INET6_ADDRSTRLEN */
#define ADDRESS_RANGES_MAX 32

struct address_ranges {
	struct address_range list[ADDRESS_RANGES_MAX];
	size_t count;
};

/* Numeric only, no brackets, no port. False, *out untouched, otherwise. */
bool address_parse(struct gate_span in, struct address *out) GATE_MUSTCHECK;
/* As PostgreSQL's inet takes it: mapped IPv4 in its short form. */
void address_text(const struct address *a, char dst[ADDRESS_TEXT]);
bool address_is_loopback(const struct address *a);

/* Comma separated addresses, each with an optional /bits. GATE_E_CONF: err
 * says which one. */
enum gate_code address_ranges_parse(const char *text,
    struct address_ranges *out, struct gate_err *err) GATE_MUSTCHECK;
bool address_in(const struct address *a, const struct address_ranges *r);

/* The client: REMOTE_ADDR, or through trusted proxies the last address of
 * X-Forwarded-For that is no trusted proxy. False if there is none. */
bool address_of(const struct request *r, const struct address_ranges *trusted,
    struct address *out) GATE_MUSTCHECK;
/* True if the client spoke HTTPS, or spoke from this machine. */
bool address_is_private(const struct request *r,
    const struct address_ranges *trusted);

#endif

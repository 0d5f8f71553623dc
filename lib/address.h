/*
 * Numeric network addresses and lists of ranges. No look-ups of names. IPv4
 * is kept in its mapped IPv6 form (RFC 4291 section 2.5.5.2), so there is
 * one kind of address and "::ffff:10.0.0.1" cannot slip past a range that
 * says 10.0.0.0/8.
 */
#ifndef GATE_ADDRESS_H
#define GATE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"
#include "lib/span.h"

struct gate_address {
	unsigned char b[16];
};

struct gate_range {
	struct gate_address base;
	unsigned int bits; /* of 128 */
};

#define GATE_ADDRESS_TEXT 46 /* INET6_ADDRSTRLEN */
#define GATE_RANGES_MAX 32   /* proxies of one installation */

struct gate_ranges {
	struct gate_range list[GATE_RANGES_MAX];
	size_t count;
};

/* Who may come: of a site, of a source. Without any, everybody. */
struct gate_allow {
	char **text; /* as configured; whoever filled it frees it */
	size_t text_count;
	struct gate_range *list; /* the same, made by gate_allow_make */
	size_t count;
};

/* Numeric only, no brackets, no port. False, *out untouched, otherwise. */
bool gate_address_parse(
    struct gate_span in, struct gate_address *out) GATE_MUSTCHECK;
/* As PostgreSQL's inet takes it: mapped IPv4 in its short form. */
void gate_address_text(
    const struct gate_address *a, char dst[GATE_ADDRESS_TEXT]);
bool gate_address_is_ipv4(const struct gate_address *a);
bool gate_address_is_loopback(const struct gate_address *a);

/* Comma separated addresses, each with an optional /bits. False, *out
 * untouched, if one is neither, or if there are more than
 * GATE_RANGES_MAX. */
bool gate_ranges_parse(
    struct gate_span text, struct gate_ranges *out) GATE_MUSTCHECK;
bool gate_ranges_have(
    const struct gate_ranges *r, const struct gate_address *a);

/* One address or range, nothing around it. False, *out untouched: it is
 * none. */
bool gate_range_parse(
    struct gate_span in, struct gate_range *out) GATE_MUSTCHECK;
/*
 * Makes list of text.
 * Returns GATE_OK, GATE_E_BAD (one is no range), GATE_E_NOMEM; then list is
 * empty, which must not be taken for "everybody".
 */
enum gate_code gate_allow_make(struct gate_allow *a) GATE_MUSTCHECK;
void gate_allow_clear(struct gate_allow *a); /* what was made */
/* who  NULL: unknown, which is nobody's address */
bool gate_allow_has(const struct gate_allow *a, const struct gate_address *who);

#endif

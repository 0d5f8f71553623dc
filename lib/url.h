/*
 * URLs of the web: whether a text is one, and in which of its many writings
 * it is stored.
 */
#ifndef GATE_URL_H
#define GATE_URL_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/span.h"

#define GATE_URL_MAX 8192

/* Whether it is a URI, of any scheme, without anything missing: a reference
 * is none. Source: RFC 3986 section 3. */
bool gate_url_is_uri(struct gate_span in);

/*
 * Whether it is an absolute http or https URL: with a host of letters, digits
 * and "-._~" or an address, without a user or password, at most GATE_URL_MAX
 * bytes. Characters beyond ASCII may stand behind the host (RFC 3987).
 * in  UTF-8
 */
bool gate_url_is_web(struct gate_span in);

/*
 * Appends the one writing of it: scheme and host in lower case, no default
 * port, no . and .. in the path, %XX in upper case and only where it is
 * needed, characters beyond ASCII as %XX. It means what it meant.
 *
 * Returns GATE_OK; GATE_E_BAD, nothing appended, if gate_url_is_web is
 *         false; the buffer's code.
 * Source: RFC 3986 section 6.2.2 and 6.2.3; RFC 3987 section 3.1.
 */
enum gate_code gate_url_normalise(
    struct gate_span in, struct gate_buf *out) GATE_MUSTCHECK;

#endif

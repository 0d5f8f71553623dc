/*
 * The public key of a certificate that the operator trusts as it stands: no
 * chain is built and no name is looked at.
 */
#ifndef GATE_CRYPTO_CERTIFICATE_H
#define GATE_CRYPTO_CERTIFICATE_H

#include <stdint.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/span.h"

/* While it is valid, both ends included. Unix seconds. */
struct gate_validity {
	int64_t from_s, until_s;
};

/*
 * pem  one block "BEGIN CERTIFICATE" and nothing else
 * der  its SubjectPublicKeyInfo is appended, as it stands
 * Returns GATE_OK, GATE_E_CONF, GATE_E_NOMEM. On failure *out is untouched.
 * Source: RFC 5280 sections 4.1.2.5, 4.1.2.7.
 */
enum gate_code gate_certificate_key(struct gate_span pem, struct gate_buf *der,
    struct gate_validity *out, struct gate_err *err) GATE_MUSTCHECK;

#endif

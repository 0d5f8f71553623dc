/*
 * Takes a certificate apart. Only at start.
 */
#include "config.h"

#include "lib/crypto_certificate.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <time.h>

#include "lib/pem.h"
#include "lib/secret.h"

static bool
seconds_of(const ASN1_TIME *when, int64_t *out)
{
	struct tm tm = {0};

	if (ASN1_TIME_to_tm(when, &tm) != 1)
		return false;
	*out = (int64_t)timegm(&tm);
	return true;
}

static enum gate_code
put_key(const X509 *certificate, struct gate_buf *der)
{
	unsigned char *made = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &made);
	enum gate_code code = n <= 0
	    ? GATE_E_NOMEM
	    : gate_buf_put(der, gate_span_of(made, (size_t)n));

	OPENSSL_free(made);
	return code;
}

static enum gate_code
read_der(struct gate_span in, struct gate_buf *der, struct gate_validity *out,
    struct gate_err *err)
{
	const unsigned char *p = in.p;
	X509 *certificate = d2i_X509(NULL, &p, (long)in.n);
	struct gate_validity v;
	enum gate_code code = GATE_E_CONF;

	if (certificate != NULL && p == in.p + in.n &&
	    seconds_of(X509_get0_notBefore(certificate), &v.from_s) &&
	    seconds_of(X509_get0_notAfter(certificate), &v.until_s))
		code = put_key(certificate, der);
	X509_free(certificate);
	ERR_clear_error();
	if (code == GATE_OK)
		*out = v;
	return code == GATE_OK ? GATE_OK
			       : gate_err_set(err, code,
				     "secret: one X.509 certificate was "
				     "expected");
}

enum gate_code
gate_certificate_key(struct gate_span pem, struct gate_buf *der,
    struct gate_validity *out, struct gate_err *err)
{
	struct gate_span label;
	struct gate_buf bytes;
	enum gate_code code;

	gate_buf_init(&bytes, GATE_SECRET_MAX);
	code = gate_pem_parse(pem, &label, &bytes, NULL);
	if (code == GATE_E_NOMEM)
		code = gate_err_set(err, code, "secret: out of memory");
	else if (code != GATE_OK || !gate_span_is(label, "CERTIFICATE"))
		code = gate_err_set(err, GATE_E_CONF,
		    "secret: one PEM block \"BEGIN CERTIFICATE\" was "
		    "expected");
	else
		code = read_der(gate_buf_span(&bytes), der, out, err);
	gate_buf_clear(&bytes);
	return code;
}

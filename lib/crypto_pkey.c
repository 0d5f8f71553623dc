/*
 * Reads key pairs and judges whether they are fit for their algorithm: kind,
 * size, curve, exponent, and OpenSSL's own check of the numbers. Only at
 * start: nothing here runs for a request.
 */
#include "config.h"

#include "lib/crypto_pkey.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "lib/num.h"
#include "lib/pem.h"

static enum gate_code judge_rsa(const EVP_PKEY *, struct gate_err *);
static enum gate_code judge_ec(const EVP_PKEY *, struct gate_err *);

static const struct kind {
	const char *type; /* OpenSSL's name */
	const char *text; /* ours, for "expected" */
	enum gate_code (*judge)(const EVP_PKEY *, struct gate_err *);
} kinds[GATE_ALG_COUNT] = {
    [GATE_ALG_RS256] = {"RSA", "an RSA key", judge_rsa},
    [GATE_ALG_ES256] = {"EC", "an EC key on P-256", judge_ec},
    [GATE_ALG_EDDSA] = {"ED25519", "an Ed25519 key", NULL},
};

bool
gate_pkey_out_of_memory(void)
{
	bool found = false;
	unsigned long e;

	while ((e = ERR_get_error()) != 0)
		found = found || ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE;
	return found;
}

static enum gate_code
judge_exponent(const EVP_PKEY *pkey, struct gate_err *err)
{
	BIGNUM *e = NULL;
	bool fits, got;

	got = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) == 1;
	fits = got && BN_is_odd(e) && !BN_is_one(e) &&
	    BN_num_bits(e) <= GATE_RSA_EXPONENT_BITS;
	BN_free(e);
	if (!got)
		return gate_err_set(err, GATE_E_NOMEM, "key: out of memory");
	return fits ? GATE_OK
		    : gate_err_set(err, GATE_E_CONF,
			  "key: an RSA exponent that is odd, above 1 and of "
			  "at most %d bits was expected",
			  GATE_RSA_EXPONENT_BITS);
}

static enum gate_code
judge_rsa(const EVP_PKEY *pkey, struct gate_err *err)
{
	int bits = EVP_PKEY_get_bits(pkey);

	if (bits < GATE_RSA_BITS_MIN || bits > GATE_RSA_BITS_MAX)
		return gate_err_set(err, GATE_E_CONF,
		    "key: RSA of %d to %d bits was expected, not %d",
		    GATE_RSA_BITS_MIN, GATE_RSA_BITS_MAX, bits);
	return judge_exponent(pkey, err);
}

static enum gate_code
judge_ec(const EVP_PKEY *pkey, struct gate_err *err)
{
	char group[64] = "";
	int is_explicit = 0;

	/* Fails for a curve that has no name: group stays empty. */
	(void)EVP_PKEY_get_utf8_string_param(
	    pkey, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group), NULL);
	(void)EVP_PKEY_get_int_param(pkey,
	    OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &is_explicit);
	if (is_explicit || !gate_span_is(gate_span_str(group), "prime256v1"))
		return gate_err_set(err, GATE_E_CONF,
		    "key: the named curve P-256 (prime256v1) was expected, "
		    "not %s",
		    is_explicit || group[0] == '\0' ? "one written out"
						    : group);
	return GATE_OK;
}

/* What OpenSSL thinks of the numbers. A public RSA key: an odd modulus that
 * is composite, no prime power, without factors below 752. */
static bool
is_sound(EVP_PKEY *pkey, bool is_private)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	bool ok = ctx != NULL &&
	    (is_private ? EVP_PKEY_pairwise_check(ctx)
			: EVP_PKEY_public_check(ctx)) == 1;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static enum gate_code
judge(enum gate_alg alg, EVP_PKEY *pkey, bool is_private, struct gate_err *err)
{
	const struct kind *kind = &kinds[alg];
	const char *type = EVP_PKEY_get0_type_name(pkey);
	enum gate_code code;

	if (EVP_PKEY_is_a(pkey, kind->type) != 1)
		return gate_err_set(err, GATE_E_CONF,
		    "key: %s was expected for %s, not %s", kind->text,
		    gate_alg_name(alg), type != NULL ? type : "another");
	code = kind->judge == NULL ? GATE_OK : kind->judge(pkey, err);
	if (code != GATE_OK || is_sound(pkey, is_private))
		return code;
	if (gate_pkey_out_of_memory())
		return gate_err_set(err, GATE_E_NOMEM, "key: out of memory");
	return gate_err_set(err, GATE_E_CONF,
	    "key: its numbers are not those of %s", kind->text);
}

/* PKCS #8 alone: what other labels hold says less about itself. */
static EVP_PKEY *
read_private(struct gate_span der, bool *whole)
{
	const unsigned char *p = der.p;
	PKCS8_PRIV_KEY_INFO *info =
	    d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)der.n);
	EVP_PKEY *pkey = info == NULL ? NULL : EVP_PKCS82PKEY(info);

	*whole = p == der.p + der.n;
	PKCS8_PRIV_KEY_INFO_free(info);
	return pkey;
}

static EVP_PKEY *
read_public(struct gate_span der, bool *whole)
{
	const unsigned char *p = der.p;
	EVP_PKEY *pkey = d2i_PUBKEY(NULL, &p, (long)der.n);

	*whole = p == der.p + der.n;
	return pkey;
}

static enum gate_code
read_der(
    struct gate_span der, bool is_private, EVP_PKEY **out, struct gate_err *err)
{
	bool whole = false;
	EVP_PKEY *pkey =
	    is_private ? read_private(der, &whole) : read_public(der, &whole);

	if (pkey == NULL && gate_pkey_out_of_memory())
		return gate_err_set(err, GATE_E_NOMEM, "key: out of memory");
	if (pkey == NULL || !whole) {
		EVP_PKEY_free(pkey);
		return gate_err_set(err, GATE_E_CONF,
		    "key: the PEM block does not hold one %s key and nothing "
		    "else",
		    is_private ? "private" : "public");
	}
	*out = pkey;
	return GATE_OK;
}

enum gate_code
gate_pkey_load(enum gate_alg alg, struct gate_span text, bool is_private,
    struct gate_buf *der, EVP_PKEY **out, struct gate_err *err)
{
	const char *want = is_private ? "PRIVATE KEY" : "PUBLIC KEY";
	struct gate_span label;
	EVP_PKEY *pkey = NULL;
	struct gate_err why;
	enum gate_code code = gate_pem_parse(text, &label, der, &why);

	if (code == GATE_E_NOMEM)
		return gate_err_set(err, code, "key: out of memory");
	if (code != GATE_OK)
		return gate_err_set(err, GATE_E_CONF,
		    "key: one PEM block \"BEGIN %s\" was expected; %s", want,
		    why.text);
	if (!gate_span_is(label, want))
		return gate_err_set(err, GATE_E_CONF,
		    "key: \"BEGIN %s\" was expected, not \"BEGIN %.*s\"", want,
		    GATE_SPAN_ARG(label));
	ERR_clear_error();
	code = read_der(gate_buf_span(der), is_private, &pkey, err);
	if (code == GATE_OK)
		code = judge(alg, pkey, is_private, err);
	ERR_clear_error();
	if (code == GATE_OK)
		*out = pkey;
	else
		EVP_PKEY_free(pkey);
	return code;
}

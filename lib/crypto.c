/*
 * Digests, MACs and random bytes by OpenSSL (libcrypto 3), which only
 * lib/crypto*.c use. Owns prepared HMAC keys. No algorithm is chosen by
 * input: each function names its own.
 *
 * A prepared key is never changed by use: each MAC works on a copy of it
 * (EVP_MAC_CTX_dup). Measured with OpenSSL 3.0 over 1 KiB: copy 0.92 us,
 * starting the key's own context again 0.70 us, HMAC() with its fetch and
 * key schedule 1.6 us. The fifth of a microsecond buys a key that is really
 * const and that does not depend on a context starting again without its
 * key, which the first 3.0 releases got wrong.
 */
#include "config.h"

#include "lib/crypto.h"

#include <errno.h>
#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct gate_hmac_key {
	enum gate_digest digest;
	EVP_MAC_CTX *prepared;
};

static const struct {
	const char *name; /* OpenSSL's */
	size_t size;      /* bytes */
} digests[GATE_DIGEST_COUNT] = {
    [GATE_DIGEST_SHA256] = {"SHA256", GATE_SHA256_BYTES},
    [GATE_DIGEST_SHA1] = {"SHA1", 20},
    [GATE_DIGEST_SHA512] = {"SHA512", GATE_MAC_MAX},
};

static EVP_MAC_CTX *
prepare(const char *name, struct gate_span key)
{
	/* OpenSSL takes the name as char *, but does not write to it. */
	char digest[sizeof("SHA256")];
	/* NULL would mean "keep the key you have": there is none. */
	const unsigned char *bytes =
	    key.n > 0 ? key.p : (const unsigned char *)"";
	EVP_MAC *mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
	EVP_MAC_CTX *ctx = mac == NULL ? NULL : EVP_MAC_CTX_new(mac);
	OSSL_PARAM params[2];

	GATE_ASSERT(
	    gate_span_copy(gate_span_str(name), digest, sizeof(digest)));
	/* Measures the name: it has to be there. */
	params[0] =
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0);
	params[1] = OSSL_PARAM_construct_end();
	EVP_MAC_free(mac); /* the context holds its own reference */
	if (ctx != NULL && EVP_MAC_init(ctx, bytes, key.n, params) != 1) {
		EVP_MAC_CTX_free(ctx);
		ctx = NULL;
	}
	return ctx;
}

enum gate_code
gate_hmac_key_new_of(
    enum gate_digest digest, struct gate_span key, struct gate_hmac_key **out)
{
	struct gate_hmac_key *made = malloc(sizeof(*made));

	if (made == NULL)
		return GATE_E_NOMEM;
	made->digest = digest;
	made->prepared = prepare(digests[digest].name, key);
	if (made->prepared == NULL) {
		free(made);
		return GATE_E_BUG; /* OpenSSL without that HMAC */
	}
	*out = made;
	return GATE_OK;
}

enum gate_code
gate_hmac_key_new(struct gate_span key, struct gate_hmac_key **out)
{
	return gate_hmac_key_new_of(GATE_DIGEST_SHA256, key, out);
}

void
gate_hmac_key_free(struct gate_hmac_key *key)
{
	if (key == NULL)
		return;
	/* Cleanses: OpenSSL's provider keeps the key in clear-freed memory. */
	EVP_MAC_CTX_free(key->prepared);
	free(key);
}

static bool
mac_parts(EVP_MAC_CTX *ctx, const struct gate_span *parts, size_t part_count,
    unsigned char mac[GATE_MAC_MAX], size_t *n)
{
	size_t i;

	for (i = 0; i < part_count; i++) {
		if (parts[i].n > 0 &&
		    EVP_MAC_update(ctx, parts[i].p, parts[i].n) != 1)
			return false;
	}
	return EVP_MAC_final(ctx, mac, n, GATE_MAC_MAX) == 1;
}

enum gate_code
gate_hmac(const struct gate_hmac_key *key, const struct gate_span *parts,
    size_t part_count, unsigned char mac[GATE_MAC_MAX], size_t *n)
{
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(key->prepared);
	unsigned char made[GATE_MAC_MAX];
	size_t size = 0;
	bool ok = ctx != NULL &&
	    mac_parts(ctx, parts, part_count, made, &size) &&
	    size == digests[key->digest].size;

	EVP_MAC_CTX_free(ctx);
	if (ok) {
		memcpy(mac, made, size);
		*n = size;
	}
	gate_wipe(made, sizeof(made));
	return ok ? GATE_OK : GATE_E_NOMEM;
}

enum gate_code
gate_hmac_sha256(const struct gate_hmac_key *key, const struct gate_span *parts,
    size_t part_count, unsigned char mac[GATE_SHA256_BYTES])
{
	unsigned char made[GATE_MAC_MAX];
	size_t n;
	enum gate_code code;

	GATE_ASSERT(key->digest == GATE_DIGEST_SHA256);
	code = gate_hmac(key, parts, part_count, made, &n);
	if (code == GATE_OK)
		memcpy(mac, made, GATE_SHA256_BYTES);
	gate_wipe(made, sizeof(made));
	return code;
}

/* Starts with `first`, then the parts; out has room for the digest. */
static enum gate_code
digest_parts(const EVP_MD *md, struct gate_span first,
    const struct gate_span *parts, size_t part_count,
    unsigned char out[EVP_MAX_MD_SIZE])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx != NULL && EVP_DigestInit_ex(ctx, md, NULL) == 1 &&
	    EVP_DigestUpdate(ctx, first.p, first.n) == 1;
	size_t i;

	for (i = 0; ok && i < part_count; i++)
		ok = EVP_DigestUpdate(ctx, parts[i].p, parts[i].n) == 1;
	ok = ok && EVP_DigestFinal_ex(ctx, out, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	return ok ? GATE_OK : GATE_E_NOMEM;
}

enum gate_code
gate_sha256(const struct gate_span *parts, size_t part_count,
    unsigned char digest[GATE_SHA256_BYTES])
{
	unsigned char made[EVP_MAX_MD_SIZE];
	enum gate_code code =
	    digest_parts(EVP_sha256(), GATE_SPAN(""), parts, part_count, made);

	if (code == GATE_OK)
		memcpy(digest, made, GATE_SHA256_BYTES);
	return code;
}

bool
gate_ct_equal(struct gate_span a, struct gate_span b)
{
	return a.n == b.n && (a.n == 0 || CRYPTO_memcmp(a.p, b.p, a.n) == 0);
}

void
gate_wipe(void *p, size_t n)
{
	if (n > 0)
		OPENSSL_cleanse(p, n);
}

/*
 * From the kernel and not from OpenSSL's generator, whose state would have
 * to be kept apart across fork.
 */
enum gate_code
gate_random(void *p, size_t n)
{
	unsigned char *to = p;

	while (n > 0) {
		ssize_t got = getrandom(to, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return GATE_E_SYS;
		to += got;
		n -= (size_t)got;
	}
	return GATE_OK;
}

/* RFC 9562 sections 4.1 (variant) and 4.2 (version). */
static void
uuid_stamp(struct gate_uuid *u, unsigned char version)
{
	u->b[6] = (unsigned char)((u->b[6] & 0x0f) | version << 4);
	u->b[8] = (unsigned char)((u->b[8] & 0x3f) | 0x80);
}

enum gate_code
gate_uuid7(int64_t wall_ms, struct gate_uuid *out)
{
	struct gate_uuid u;
	enum gate_code code = gate_random(&u.b[6], sizeof(u.b) - 6);
	size_t i;

	if (code != GATE_OK)
		return code;
	for (i = 0; i < 6; i++)
		u.b[i] = (unsigned char)((uint64_t)wall_ms >> (40 - 8 * i));
	uuid_stamp(&u, 7);
	*out = u;
	return GATE_OK;
}

enum gate_code
gate_uuid5(const struct gate_uuid *space, const struct gate_span *parts,
    size_t part_count, struct gate_uuid *out)
{
	unsigned char made[EVP_MAX_MD_SIZE];
	enum gate_code code = digest_parts(EVP_sha1(),
	    gate_span_of(space->b, sizeof(space->b)), parts, part_count, made);

	if (code != GATE_OK)
		return code;
	memcpy(out->b, made, sizeof(out->b));
	uuid_stamp(out, 5);
	return GATE_OK;
}

/* PEM_R_NO_START_LINE is how OpenSSL says that there are no more. */
size_t
gate_certificates(struct gate_span pem)
{
	BIO *in = pem.n > INT_MAX ? NULL : BIO_new_mem_buf(pem.p, (int)pem.n);
	char no_password[] = ""; /* or OpenSSL would ask the terminal */
	X509 *certificate;
	size_t count = 0;

	if (in == NULL)
		return 0;
	ERR_clear_error();
	while ((certificate = PEM_read_bio_X509(in, NULL, NULL, no_password)) !=
	    NULL) {
		X509_free(certificate);
		count++;
	}
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		count = 0;
	ERR_clear_error();
	BIO_free(in);
	return count;
}

const char *
gate_crypto_version(void)
{
	return OpenSSL_version(OPENSSL_VERSION);
}

/*
 * Third parties that send webhooks: how each proves what it sends, and how it
 * wants to be treated. Rows of one constant table. Pure: keys, clock and the
 * public URL come in; no network, no configuration, no database.
 *
 *	struct gate_provider     a row: its signing and its profile
 *	struct gate_signing      how the signed bytes are made and where the
 *	                         signature stands; a generic row's is filled in
 *	                         by the operator
 *	struct gate_hook         one delivery, as it came: hostile
 *	struct gate_provider_key a secret or public key, made ready once
 *
 * A door goes: gate_provider_find, once per secret gate_provider_key_new (at
 * start), and for each delivery gate_provider_verify. Signatures are held
 * against the bytes as they came and JSON is parsed after that, with two
 * exceptions whose senders sign members of the body: Adyen and Mailgun. There
 * the body is parsed first, within the limits of lib/json_guard.h.
 */
#ifndef GATE_PROVIDER_H
#define GATE_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/crypto.h"
#include "lib/err.h"
#include "lib/profile.h"
#include "lib/sign.h"
#include "lib/span.h"

/* ---- how it signs ------------------------------------------------------- */

/* What a signature is. */
enum gate_seal {
	GATE_SEAL_HMAC_SHA256,
	GATE_SEAL_HMAC_SHA1,
	GATE_SEAL_HMAC_SHA512,
	GATE_SEAL_SHA256,  /* of the secret and then the bytes; no HMAC */
	GATE_SEAL_ED25519, /* RFC 8032 */
	GATE_SEAL_ES256,   /* ECDSA, P-256, SHA-256; DER, not r || s */
	GATE_SEAL_RS256,   /* RSASSA-PKCS1-v1_5, SHA-256 */
	GATE_SEAL_EQUAL,   /* the secret itself is sent: low trust */
	GATE_SEAL_COUNT
};

/* How the operator is given the key. */
enum gate_key_form {
	GATE_KEY_RAW,   /* the bytes as they stand */
	GATE_KEY_HEX,   /* bytes, or a raw Ed25519 key */
	GATE_KEY_WHSEC, /* [whsec_] and base64 of 24 to 64 bytes, or whpk_ and
			   base64 of an Ed25519 key, whatever the seal says */
	GATE_KEY_SPKI,  /* base64 of a DER SubjectPublicKeyInfo */
	GATE_KEY_PEM,   /* the same as PEM */
	GATE_KEY_CERTIFICATE, /* PEM; the key in it, while it is valid */
	GATE_KEY_FORM_COUNT
};

enum gate_encoding {
	GATE_ENCODING_HEX, /* either case */
	GATE_ENCODING_BASE64,
	GATE_ENCODING_PLAIN, /* GATE_SEAL_EQUAL */
	GATE_ENCODING_COUNT
};

/* What the signature header looks like; S is an encoded signature. */
enum gate_grammar {
	GATE_GRAMMAR_BARE,   /* S */
	GATE_GRAMMAR_PREFIX, /* mark S */
	GATE_GRAMMAR_LIST,   /* name=value, between separators; S is every
				value named mark */
	GATE_GRAMMAR_WORDS,  /* mark,S between spaces; more than one may be */
	GATE_GRAMMAR_COUNT
};

#define GATE_OTHERS_MAX 3

struct gate_signing {
	enum gate_seal seal;
	enum gate_key_form key_form;
	enum gate_encoding encoding;
	enum gate_grammar grammar;
	char separator;          /* LIST: ',' or ';' */
	const char *header;      /* where the signature stands */
	const char *mark;        /* PREFIX, LIST, WORDS */
	const char *public_mark; /* WORDS: of Ed25519 keys; NULL: none */
	/*
	 * The signed bytes: text, and in braces
	 *	{body} {time} {id} {method}
	 *	{url}           public URL and the query that came
	 *	{url-decoded}   the same, as HubSpot writes it
	 *	{setting}       what only the operator knows (below)
	 *	{crc32}         of the body, in decimal digits
	 *	{1} {2} {3}     other headers
	 */
	const char *message;
	const char *id_header; /* of {id}; visible ASCII without '.' */
	const char *others[GATE_OTHERS_MAX]; /* of {1} {2} {3}; not empty */
	struct gate_place time; /* HEADER, LIST or BODY; NONE: never stale */
	enum gate_time_unit time_unit;
	int64_t tolerance_s; /* both ways, inclusive; above 0 */
	const char *setting; /* PayPal: the webhook's id; NULL: none */
};

#define GATE_SIGNATURE_HEADER_MAX 1024 /* bytes: any that we know */
#define GATE_SIGNATURES_MAX 16         /* tried in one header */
#define GATE_HOOK_ID_MAX 128
#define GATE_MESSAGE_PARTS_MAX 16

/*
 * Whether a signing that the operator filled in can be used at all: names
 * are header names; the message has {body}, {time} if there is one, only
 * what exists, and a separator wherever two parts could run into each other;
 * grammar, encoding, key and seal fit together; a tolerance of 1 s to a day.
 * GATE_OK, GATE_E_CONF.
 */
enum gate_code gate_signing_check(
    const struct gate_signing *how, struct gate_err *err) GATE_MUSTCHECK;

/* ---- who it is ---------------------------------------------------------- */

struct gate_hook;
struct gate_provider_secret;
struct gate_verdict;

struct gate_provider {
	const char *name;
	const char *text; /* one line for the operator */
	struct gate_signing signing;
	/* True: signing is only the default, and the operator's to fill in. */
	bool is_generic;
	/* Not: only who holds the secret can have sent it, but: who has seen
	 * one delivery can send others. */
	bool is_low_trust;
	/* What is signed are members of the body, or nothing of it: the rest
	 * is not proved. */
	bool is_loose;
	/* signing.setting is the operator's to give. */
	bool needs_setting;
	/* NULL: signing says it all. */
	const struct gate_provider_verifier *verifier;
	struct gate_profile profile;
};

/* NULL: there is none of that name. */
const struct gate_provider *gate_provider_find(struct gate_span name);
/* Row i, or NULL past the last. */
const struct gate_provider *gate_provider_at(size_t i);

/* All rows as two tables in Markdown: doc/providers.md. */
void gate_providers_print(FILE *f);

/* A header that a provider's deliveries are judged by. */
struct gate_provider_header {
	const char *name;
	/* Verification reads it: kept with the event, so that it can be
	 * verified again. Otherwise the profile does. */
	bool is_proof;
};
/* Signature, time, id; others; identity, type, reference, occurrence. */
#define GATE_PROVIDER_HEADERS_MAX (3 + GATE_OTHERS_MAX + GATE_PLACES_MAX + 6)
/* Writes them, each once, proofs first; returns how many. how: NULL is the
 * provider's own, here and below. */
size_t gate_provider_headers(const struct gate_provider *p,
    const struct gate_signing *how,
    struct gate_provider_header out[GATE_PROVIDER_HEADERS_MAX]);

/* ---- its keys ----------------------------------------------------------- */

/* Never changes once made. */
struct gate_provider_key;

/*
 * Makes a key ready for one provider; of no use for another.
 *
 * text  as the operator stored it; nothing is kept of it that need not be
 * Returns GATE_OK, GATE_E_NOMEM, GATE_E_CONF: err says what was expected, and
 *         never the bytes. On failure *out is untouched.
 * Refused: an empty secret, white space at its end, another form than the
 * provider's. How short a secret may be is the configuration's.
 */
enum gate_code gate_provider_key_new(const struct gate_provider *p,
    const struct gate_signing *how, struct gate_span text,
    struct gate_provider_key **out, struct gate_err *err) GATE_MUSTCHECK;
/* Takes NULL; wipes. */
void gate_provider_key_free(struct gate_provider_key *key);

/* HMAC-SHA256 by a symmetric key, for handshakes that ask for one (Zoom).
 * GATE_OK, GATE_E_NOMEM, GATE_E_BUG (no such key). */
enum gate_code gate_provider_key_mac(const struct gate_provider_key *key,
    struct gate_span data, unsigned char mac[GATE_SHA256_BYTES]) GATE_MUSTCHECK;

struct gate_provider_secret {
	const char *id;
	const struct gate_provider_key *key;
};

/* ---- one delivery ------------------------------------------------------- */

struct gate_hook_header {
	/* Letters in any case, '_' for '-': as CGI has them, without HTTP_. */
	struct gate_span name;
	struct gate_span value;
};

/* Borrowed; untrusted but for url and now_s. */
struct gate_hook {
	const struct gate_hook_header *headers;
	size_t header_count;
	struct gate_span body;
	struct gate_span method;
	struct gate_span url;    /* configured, without query; may be empty */
	struct gate_span target; /* path and query as they came */
	int64_t now_s;           /* when it came, Unix seconds */
};

/* The value of a header, without the white space around it. False if it is
 * not there exactly once, *twice then tells why. */
bool gate_hook_header(const struct gate_hook *h, const char *name,
    struct gate_span *out, bool *twice) GATE_MUSTCHECK;

enum gate_provider_fault {
	GATE_PROVIDER_OK,
	GATE_PROVIDER_HEADER_MISSING,
	GATE_PROVIDER_HEADER_TWICE,
	GATE_PROVIDER_HEADER_LONG,
	GATE_PROVIDER_HEADER_GRAMMAR,
	GATE_PROVIDER_NO_SIGNATURE,
	GATE_PROVIDER_SIGNATURES,
	GATE_PROVIDER_ENCODING,
	GATE_PROVIDER_TIME_GRAMMAR,
	GATE_PROVIDER_ID_GRAMMAR,
	GATE_PROVIDER_URL_UNKNOWN,
	GATE_PROVIDER_BODY_JSON,
	GATE_PROVIDER_BODY_FORM,
	GATE_PROVIDER_BODY_MEMBER,
	GATE_PROVIDER_BODY_DIGEST,
	GATE_PROVIDER_CERTIFICATE_URL,
	GATE_PROVIDER_CERTIFICATE_TIME,
	GATE_PROVIDER_ALGORITHM,
	GATE_PROVIDER_NO_KEY,
	GATE_PROVIDER_NO_MATCH,
	GATE_PROVIDER_STALE,
	GATE_PROVIDER_FUTURE,
	/* ours, not the sender's: no 401 */
	GATE_PROVIDER_NO_MEMORY,
	GATE_PROVIDER_FAULT_COUNT
};

/* One table, as lib/jwt.h's. code: GATE_OK, GATE_E_AUTH, GATE_E_NOMEM. */
const char *gate_provider_fault_name(enum gate_provider_fault fault);
const char *gate_provider_fault_text(enum gate_provider_fault fault);
enum gate_code gate_provider_fault_code(enum gate_provider_fault fault);

#define GATE_NO_SECRET SIZE_MAX

struct gate_verdict {
	enum gate_provider_fault fault;
	/* The header, or the member of the body, that the fault is about, or
	 * "". Borrows from the provider or from how. */
	const char *about;
	/* The secret by which the signature holds, for OK, STALE and FUTURE,
	 * so that an old capture can be told from a forged one; else
	 * GATE_NO_SECRET. */
	size_t which;
	bool has_time;
	int64_t time_s; /* the sender's, signed if which is set */
};

/*
 * Whether a delivery is the provider's.
 *
 * secrets  every one of them is tried with every signature there is, and
 *          compared in constant time: time tells how many there are and no
 *          more. Their states are the caller's
 * out      always written
 * Returns out->fault. Time is judged last; NO_MEMORY never means a bad
 * signature, nor the other way round.
 */
enum gate_provider_fault gate_provider_verify(const struct gate_provider *p,
    const struct gate_signing *how, const struct gate_provider_secret *secrets,
    size_t secret_count, const struct gate_hook *hook,
    struct gate_verdict *out) GATE_MUSTCHECK;

/*
 * The sender's side, for symmetric providers: the headers of a delivery.
 * For tests, for trying a configuration out, never for the network.
 *
 * hook  body, method, url, target and now_s; headers are not looked at, but
 *       for those that the message names
 * id    what {id} becomes; looked at where the provider has one
 * h     appended to: id, time, signature
 * Returns GATE_OK; GATE_E_CONF (a provider whose deliveries cannot be made
 *         here: a public key, a signature within the body); GATE_E_BAD,
 *         GATE_E_LIMIT, GATE_E_NOMEM.
 */
enum gate_code gate_provider_sign(const struct gate_provider *p,
    const struct gate_signing *how, const struct gate_provider_key *key,
    const struct gate_hook *hook, struct gate_span id,
    struct gate_sign_headers *h) GATE_MUSTCHECK;

#endif

/*
 * One verification while it goes on. Part of provider*.c, not for others.
 */
#ifndef GATE_PROVIDER_TRIAL_H
#define GATE_PROVIDER_TRIAL_H

#include "lib/buf.h"
#include "lib/crypto_key.h"
#include "lib/provider.h"

struct gate_provider_key {
	enum gate_seal seal;        /* of this key; see GATE_KEY_WHSEC */
	struct gate_hmac_key *hmac; /* the HMACs */
	struct gate_verify_key *pair;
	unsigned char *raw; /* SHA256: the secret */
	size_t raw_n;
	unsigned char digest[GATE_SHA256_BYTES]; /* EQUAL: of the secret */
	int64_t from_s, until_s; /* CERTIFICATE; else all of time */
};

/* The signatures that a delivery carries, decoded. */
struct gate_signatures {
	unsigned char store[GATE_SIGNATURE_HEADER_MAX];
	size_t used;
	struct {
		struct gate_span bytes; /* in store */
		bool is_public;
	} list[GATE_SIGNATURES_MAX];
	size_t count;
	struct gate_span time; /* LIST: its member; empty: none */
};

/* The signed bytes in parts. */
struct gate_message {
	struct gate_span parts[GATE_MESSAGE_PARTS_MAX];
	size_t count;
	char crc32[GATE_I64_TEXT];
	struct gate_buf url; /* decoded; owned */
	struct gate_buf whole;
};

/* What a delivery says besides its signatures. */
struct gate_stamp {
	struct gate_span id;
	struct gate_span time; /* as it stands; empty: none, or in the body */
	int64_t time_s;
	bool has_time;
};

struct gate_trial {
	const struct gate_provider *provider;
	const struct gate_signing *how;
	const struct gate_provider_secret *secrets;
	size_t secret_count;
	const struct gate_hook *hook;
	struct gate_verdict *out;
};

/* What the table cannot say. */
struct gate_provider_verifier {
	/* Fills t->out but for fault, which it returns. */
	enum gate_provider_fault (*verify)(struct gate_trial *t);
	/* NULL: what signing says is right for this side. */
	enum gate_code (*sign)(const struct gate_signing *how,
	    const struct gate_provider_key *key, const struct gate_hook *hook,
	    struct gate_sign_headers *h);
};

/* In all that follows a fault's t->out->about is set. */

/* The one value of a header that has to be there. */
enum gate_provider_fault gate_trial_header(
    struct gate_trial *t, const char *name, struct gate_span *out);
/* The signature header -> signatures. */
enum gate_provider_fault gate_signatures_read(
    struct gate_trial *t, struct gate_signatures *out);
/* Takes one more in. OK, ENCODING, SIGNATURES, NO_MEMORY. */
enum gate_provider_fault gate_signatures_add(enum gate_encoding encoding,
    struct gate_signatures *s, struct gate_span text);
/* All the steps, by t->how alone. */
enum gate_provider_fault gate_trial_verify(struct gate_trial *t);
/* Text of a time -> seconds. False, *out untouched, if it is none. */
bool gate_stamp_seconds(
    struct gate_span text, enum gate_time_unit unit, int64_t *out);
/* t->out's time, against the window. */
enum gate_provider_fault gate_trial_window(struct gate_trial *t);

/*
 * Fills a message as how->message says.
 * Returns GATE_PROVIDER_OK; HEADER_*, URL_UNKNOWN, NO_MEMORY. m is to be
 * cleared in any case.
 */
enum gate_provider_fault gate_message_fill(const struct gate_signing *how,
    const struct gate_hook *hook, const struct gate_stamp *stamp,
    struct gate_message *m, const char **about);
void gate_message_clear(struct gate_message *m);

/* Holds all keys against all signatures; sets t->out->which. Returns OK,
 * NO_KEY, NO_MATCH, CERTIFICATE_TIME, NO_MEMORY. */
enum gate_provider_fault gate_trial_match(struct gate_trial *t,
    const struct gate_signatures *signatures, struct gate_message *m);

/* The seal of a message by a symmetric key. GATE_OK, GATE_E_NOMEM,
 * GATE_E_CONF (a public key). */
enum gate_code gate_provider_seal(const struct gate_provider_key *key,
    const struct gate_message *m, unsigned char mac[GATE_MAC_MAX], size_t *n);

/* Rows in parts, each ended by one without a name. */
extern const struct gate_provider gate_providers_shops[];
extern const struct gate_provider gate_providers_code[];
extern const struct gate_provider gate_providers_people[];
extern const struct gate_provider gate_providers_keys[];
extern const struct gate_provider gate_providers_members[];
extern const struct gate_provider gate_providers_paypal[];
extern const struct gate_provider gate_providers_twilio[];
extern const struct gate_provider gate_providers_generic[];

#endif

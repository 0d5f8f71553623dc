/*
 * The table of providers for people, in Markdown. Everything comes from the
 * rows; nothing here knows a provider by name.
 */
#include "config.h"

#include "lib/provider.h"

#include <string.h>

#include "lib/num.h"

static const char *const seals[GATE_SEAL_COUNT] = {
    [GATE_SEAL_HMAC_SHA256] = "HMAC-SHA256",
    [GATE_SEAL_HMAC_SHA1] = "HMAC-SHA1",
    [GATE_SEAL_HMAC_SHA512] = "HMAC-SHA512",
    [GATE_SEAL_SHA256] = "SHA-256 of the secret and",
    [GATE_SEAL_ED25519] = "Ed25519",
    [GATE_SEAL_ES256] = "ECDSA P-256",
    [GATE_SEAL_RS256] = "RSA-SHA256",
    [GATE_SEAL_EQUAL] = "the secret itself",
};

static const char *const key_forms[GATE_KEY_FORM_COUNT] = {
    [GATE_KEY_RAW] = "as it stands",
    [GATE_KEY_HEX] = "hex",
    [GATE_KEY_WHSEC] = "`whsec_…` or `whpk_…`",
    [GATE_KEY_SPKI] = "base64 of a public key",
    [GATE_KEY_PEM] = "public key, PEM",
    [GATE_KEY_CERTIFICATE] = "certificate, PEM",
};

static const char *const encodings[GATE_ENCODING_COUNT] = {
    [GATE_ENCODING_HEX] = "hex",
    [GATE_ENCODING_BASE64] = "base64",
    [GATE_ENCODING_PLAIN] = "plain",
};

static const char *const units[GATE_TIME_UNIT_COUNT] = {
    [GATE_TIME_SECONDS] = "s",
    [GATE_TIME_MILLIS] = "ms",
    [GATE_TIME_RFC3339] = "RFC 3339",
};

/* "`X-Header: t=…,v1=hex`", or where the body has it. */
static void
put_header(FILE *f, const struct gate_provider *p)
{
	const struct gate_signing *how = &p->signing;
	const char *encoding = encodings[how->encoding];

	if (how->header == NULL) {
		fputs("within the body", f);
		return;
	}
	fprintf(f, "`%s: ", how->header);
	if (how->grammar == GATE_GRAMMAR_LIST &&
	    how->time.kind == GATE_PLACE_LIST)
		fprintf(f, "%s=…%c", how->time.name, how->separator);
	if (how->grammar == GATE_GRAMMAR_LIST)
		fprintf(f, "%s=", how->mark);
	else if (how->grammar == GATE_GRAMMAR_WORDS)
		fprintf(f, "%s,", how->mark);
	else if (how->grammar == GATE_GRAMMAR_PREFIX)
		fputs(how->mark, f);
	fprintf(f, "%s`", how->seal == GATE_SEAL_EQUAL ? "secret" : encoding);
	if (how->public_mark != NULL)
		fprintf(f, ", or `%s,%s` of an Ed25519 key", how->public_mark,
		    encoding);
}

/* The message, with the names of headers for {1} {2} {3}; a bar would end
 * the cell. */
static void
put_message(FILE *f, const struct gate_provider *p)
{
	const char *s = p->signing.message;

	fputs(seals[p->signing.seal], f);
	if (p->is_loose && p->signing.header == NULL)
		fputs(" of members of the body", f);
	if (s == NULL)
		return;
	fputs(" `", f);
	for (; *s != '\0'; s++) {
		if (*s == '{' && s[1] >= '1' && s[1] < '1' + GATE_OTHERS_MAX) {
			fprintf(f, "{%s}", p->signing.others[s[1] - '1']);
			s += 2;
		} else if (*s == '|') {
			fputs("\\|", f);
		} else {
			fputc(*s, f);
		}
	}
	fputc('`', f);
}

static void
put_place(FILE *f, const struct gate_place *place)
{
	switch (place->kind) {
	case GATE_PLACE_HEADER:
		fprintf(f, "`%s`", place->name);
		break;
	case GATE_PLACE_BODY:
		fprintf(f, "body `%s`", place->name);
		break;
	case GATE_PLACE_FORM:
		fprintf(f, "field `%s`", place->name);
		break;
	case GATE_PLACE_HASH:
		fputs("hash of the body", f);
		break;
	case GATE_PLACE_LIST:
		fprintf(f, "`%s`", place->name);
		break;
	case GATE_PLACE_NONE:
		fputs("none", f);
		break;
	}
}

static void
put_places(FILE *f, const struct gate_place *list, size_t max)
{
	size_t i;

	for (i = 0; i < max && list[i].kind != GATE_PLACE_NONE; i++) {
		fputs(i > 0 ? ", " : "", f);
		put_place(f, &list[i]);
	}
	if (i == 0)
		fputs("none", f);
}

static void
put_time(FILE *f, const struct gate_signing *how)
{
	put_place(f, &how->time);
	if (how->time.kind != GATE_PLACE_NONE)
		fprintf(f, " (%s), %lld s", units[how->time_unit],
		    (long long)how->tolerance_s);
}

static void
put_signing(FILE *f, const struct gate_provider *p)
{
	fprintf(f, "| `%s` | %s%s | ", p->name, p->text,
	    p->is_low_trust ? " (**low trust**)" : "");
	put_header(f, p);
	fputs(" | ", f);
	put_message(f, p);
	fputs(" | ", f);
	put_time(f, &p->signing);
	fprintf(f, " | %s%s |\n", key_forms[p->signing.key_form],
	    p->needs_setting ? ", and a `setting`" : "");
}

static void
put_span_of_time(FILE *f, int64_t s)
{
	if (s % 86400 == 0)
		fprintf(f, "%lld d", (long long)(s / 86400));
	else
		fprintf(f, "%lld h", (long long)(s / 3600));
}

static void
put_profile(FILE *f, const struct gate_provider *p)
{
	const struct gate_profile *profile = &p->profile;

	fprintf(f, "| `%s` | ", p->name);
	put_places(f, profile->id, GATE_COUNT(profile->id));
	if (profile->has_second_key)
		fputs("; second key", f);
	if (profile->guard.kind != GATE_PLACE_NONE) {
		fputs("; once: ", f);
		put_place(f, &profile->guard);
	}
	fputs(" | ", f);
	put_places(f, profile->type, GATE_COUNT(profile->type));
	fputs(" | ", f);
	put_places(f, profile->ref, GATE_COUNT(profile->ref));
	fprintf(f, " | %s%s%s | ", profile->batch != NULL ? "`" : "",
	    profile->batch != NULL ? profile->batch : "",
	    profile->batch != NULL ? "`" : "");
	fprintf(f, "%d%s%s | %.9g s | ",
	    profile->success_status != 0 ? profile->success_status : 202,
	    profile->success_body != NULL ? " " : "",
	    profile->success_body != NULL ? profile->success_body : "",
	    profile->deadline_ms / 1000.0);
	put_span_of_time(f, profile->retry_window_s);
	fprintf(
	    f, " | %s |\n", profile->busy == GATE_REFUSAL_LOSES ? "no" : "yes");
}

void
gate_providers_print(FILE *f)
{
	const struct gate_provider *p;
	size_t i;

	fputs("### How each signs\n\n"
	      "| provider | who | signature | signed bytes | signed time, "
	      "tolerance | secret |\n|---|---|---|---|---|---|\n",
	    f);
	for (i = 0; (p = gate_provider_at(i)) != NULL; i++)
		put_signing(f, p);
	fputs("\n### How each is read and answered\n\n"
	      "| provider | identity | type | reference | events in one "
	      "delivery | answer | waits | repeats for | tries again |\n"
	      "|---|---|---|---|---|---|---|---|---|\n",
	    f);
	for (i = 0; (p = gate_provider_at(i)) != NULL; i++)
		put_profile(f, p);
}

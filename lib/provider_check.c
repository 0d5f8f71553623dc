/*
 * What an operator fills in, checked before it is used: a signing that
 * passes here cannot fail in lib/provider_message.c for what it is, only for
 * what was sent.
 */
#include "config.h"

#include "lib/provider_trial.h"

#include <string.h>

#include "lib/json.h"
#include "lib/num.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define HEADER_NAME LETTERS "0123456789-_"
#define MEMBER_NAME LETTERS "0123456789_"
#define TEXT_MAX 64
#define TOLERANCE_MAX_S 86400 /* a day: above it a window is none */

static bool
is_text(const char *s, const char *set)
{
	struct gate_span span = gate_span_str(s);

	return span.n > 0 && span.n <= TEXT_MAX && gate_span_only(span, set);
}

static enum gate_code
bad(struct gate_err *err, const char *what)
{
	return gate_err_set(err, GATE_E_CONF, "signature: %s", what);
}

static bool
is_header_or_none(const char *name)
{
	return name == NULL || is_text(name, HEADER_NAME);
}

static enum gate_code
check_names(const struct gate_signing *how, struct gate_err *err)
{
	size_t i;

	if (!is_text(how->header, HEADER_NAME) ||
	    !is_header_or_none(how->id_header))
		return bad(err, "a header's name was expected");
	for (i = 0; i < GATE_COUNT(how->others); i++)
		if (!is_header_or_none(how->others[i]))
			return bad(err, "a header's name was expected");
	if (how->time.kind == GATE_PLACE_HEADER &&
	    !is_text(how->time.name, HEADER_NAME))
		return bad(err, "a header's name was expected for the time");
	return GATE_OK;
}

static enum gate_code
check_grammar(const struct gate_signing *how, struct gate_err *err)
{
	struct gate_span mark = gate_span_str(how->mark);

	switch (how->grammar) {
	case GATE_GRAMMAR_PREFIX:
		if (mark.n == 0 || mark.n > TEXT_MAX ||
		    !gate_span_within(mark, 0x20, 0x7e) || mark.p[0] == ' ')
			return bad(err, "a prefix was expected");
		break;
	case GATE_GRAMMAR_LIST:
		if (!is_text(how->mark, MEMBER_NAME))
			return bad(err, "the name of a member was expected");
		if (how->separator != ',' && how->separator != ';')
			return bad(err, "',' or ';' was expected");
		break;
	case GATE_GRAMMAR_WORDS:
		if (!is_text(how->mark, MEMBER_NAME))
			return bad(err, "the name of a version was expected");
		break;
	case GATE_GRAMMAR_BARE:
	case GATE_GRAMMAR_COUNT:
		break;
	}
	return GATE_OK;
}

static bool
is_form_of(enum gate_key_form form, enum gate_seal seal)
{
	switch (seal) {
	case GATE_SEAL_ED25519:
		return form == GATE_KEY_HEX || form == GATE_KEY_SPKI ||
		    form == GATE_KEY_PEM;
	case GATE_SEAL_RS256:
		return form == GATE_KEY_SPKI || form == GATE_KEY_PEM ||
		    form == GATE_KEY_CERTIFICATE;
	case GATE_SEAL_ES256:
		return form == GATE_KEY_SPKI || form == GATE_KEY_PEM;
	case GATE_SEAL_HMAC_SHA256:
		return form == GATE_KEY_RAW || form == GATE_KEY_HEX ||
		    form == GATE_KEY_WHSEC;
	case GATE_SEAL_HMAC_SHA1:
	case GATE_SEAL_HMAC_SHA512:
	case GATE_SEAL_SHA256:
		return form == GATE_KEY_RAW || form == GATE_KEY_HEX;
	case GATE_SEAL_EQUAL:
	case GATE_SEAL_COUNT:
		break;
	}
	return form == GATE_KEY_RAW;
}

static enum gate_code
check_kinds(const struct gate_signing *how, struct gate_err *err)
{
	if ((how->seal == GATE_SEAL_EQUAL) !=
	    (how->encoding == GATE_ENCODING_PLAIN))
		return bad(err,
		    "hex or base64 was expected, or neither for a "
		    "secret that is sent itself");
	if (how->seal == GATE_SEAL_EQUAL && how->grammar != GATE_GRAMMAR_BARE &&
	    how->grammar != GATE_GRAMMAR_PREFIX)
		return bad(err,
		    "a secret that is sent itself stands alone or "
		    "after a prefix");
	if (!is_form_of(how->key_form, how->seal))
		return bad(err,
		    "keys of this algorithm do not come in this "
		    "form");
	return GATE_OK;
}

static enum gate_code
check_time(const struct gate_signing *how, struct gate_err *err)
{
	if (how->time.kind == GATE_PLACE_NONE)
		return GATE_OK;
	if (how->seal == GATE_SEAL_EQUAL)
		return bad(err, "a secret that is sent itself signs no time");
	if (how->time.kind == GATE_PLACE_LIST &&
	    (how->grammar != GATE_GRAMMAR_LIST ||
		!is_text(how->time.name, MEMBER_NAME)))
		return bad(err,
		    "a time within the signature header needs a "
		    "list and a name");
	if (how->time.kind == GATE_PLACE_BODY &&
	    (how->time.name == NULL ||
		!gate_json_pointer_valid(how->time.name)))
		return bad(err, "a JSON Pointer was expected for the time");
	if (how->tolerance_s < 1 || how->tolerance_s > TOLERANCE_MAX_S)
		return bad(err, "a tolerance of 1 to 86400 s was expected");
	return GATE_OK;
}

/* Of a message, while it is read. */
struct found {
	bool body, time;
	size_t parts;
	bool open; /* the part before may be of any length and bytes */
};

static bool
needs_nothing(const struct gate_signing *how)
{
	(void)how;
	return true;
}

static bool
has_time(const struct gate_signing *how)
{
	return how->time.kind == GATE_PLACE_HEADER ||
	    how->time.kind == GATE_PLACE_LIST;
}

static bool
has_id(const struct gate_signing *how)
{
	return how->id_header != NULL;
}

static bool
has_setting(const struct gate_signing *how)
{
	return how->setting != NULL && how->setting[0] != '\0';
}

static const struct {
	const char *name;
	bool (*has)(const struct gate_signing *how);
	bool is_open; /* see struct found */
} tokens[] = {
    {"body", needs_nothing, true},
    {"crc32", needs_nothing, true},
    {"time", has_time, false},
    {"method", needs_nothing, false},
    {"url", needs_nothing, false}, /* it is configured */
    {"url-decoded", needs_nothing, false},
    {"id", has_id, true},
    {"setting", has_setting, true},
};

static enum gate_code
check_other(const struct gate_signing *how, struct gate_span token,
    struct found *f, struct gate_err *err)
{
	f->open = true;
	if (token.n != 1 || token.p[0] < '1' ||
	    token.p[0] >= '1' + GATE_OTHERS_MAX)
		return bad(err, "nothing of that name is in braces");
	return how->others[token.p[0] - '1'] != NULL
	    ? GATE_OK
	    : bad(err, "{1} {2} {3} need the header they stand for");
}

static enum gate_code
check_token(const struct gate_signing *how, struct gate_span token,
    struct found *f, struct gate_err *err)
{
	size_t i;

	/* HubSpot's own: METHOD, URL, body, time, and time has one reading. */
	if (f->open && !gate_span_is(token, "time"))
		return bad(err, "two parts without a separator between them");
	f->body = f->body || gate_span_is(token, "body") ||
	    gate_span_is(token, "crc32");
	f->time = f->time || gate_span_is(token, "time");
	for (i = 0; i < GATE_COUNT(tokens); i++) {
		if (!gate_span_is(token, tokens[i].name))
			continue;
		f->open = tokens[i].is_open;
		return tokens[i].has(how)
		    ? GATE_OK
		    : bad(err,
			  "{time}, {id} and {setting} need to be "
			  "somewhere");
	}
	return check_other(how, token, f, err);
}

static enum gate_code
check_message(const struct gate_signing *how, struct gate_err *err)
{
	struct gate_span rest = gate_span_str(how->message), text;
	struct found f = {0};
	enum gate_code code;

	if (how->seal == GATE_SEAL_EQUAL)
		return rest.n == 0 ? GATE_OK : bad(err, "nothing is signed");
	if (!gate_span_within(rest, 0x20, 0x7e))
		return bad(err, "visible ASCII was expected");
	while (gate_span_until(&rest, '{', rest.n, &text)) {
		struct gate_span token;

		f.open = f.open && text.n == 0;
		if (!gate_span_until(&rest, '}', rest.n, &token))
			return bad(err, "a brace is not closed");
		/* Each token may be two parts, with text before. */
		f.parts += 3;
		if (f.parts >= GATE_MESSAGE_PARTS_MAX)
			return bad(err, "too many parts");
		code = check_token(how, token, &f, err);
		if (code != GATE_OK)
			return code;
	}
	if (!f.body)
		return bad(err, "{body} was expected");
	if (!f.time &&
	    (how->time.kind == GATE_PLACE_HEADER ||
		how->time.kind == GATE_PLACE_LIST))
		return bad(err,
		    "{time} was expected: a time that is not "
		    "signed says nothing");
	return GATE_OK;
}

enum gate_code
gate_signing_check(const struct gate_signing *how, struct gate_err *err)
{
	static enum gate_code (*const checks[])(
	    const struct gate_signing *, struct gate_err *) = {
	    check_names, check_grammar, check_kinds, check_time, check_message};
	enum gate_code code = GATE_OK;
	size_t i;

	for (i = 0; i < GATE_COUNT(checks) && code == GATE_OK; i++)
		code = checks[i](how, err);
	return code;
}

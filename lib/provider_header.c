/*
 * Headers of a delivery: finding one, and taking signatures out of it. What
 * stands twice is refused: a proxy may join two headers or pass both, and
 * which of them is meant must not be guessed.
 */
#include "config.h"

#include "lib/provider_trial.h"

#include <string.h>

#include "lib/num.h"

#define LIST_MEMBERS_MAX 32 /* unknown versions among them */
#define MEMBER_NAME                                                            \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

static unsigned char
fold(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return (unsigned char)(c - 'A' + 'a');
	return c == '_' ? '-' : c;
}

static bool
is_name(struct gate_span s, const char *name)
{
	size_t i;

	for (i = 0; i < s.n && name[i] != '\0'; i++)
		if (fold(s.p[i]) != fold((unsigned char)name[i]))
			return false;
	return i == s.n && name[i] == '\0';
}

bool
gate_hook_header(const struct gate_hook *h, const char *name,
    struct gate_span *out, bool *twice)
{
	const struct gate_hook_header *found = NULL;
	size_t i;

	*twice = false;
	for (i = 0; i < h->header_count; i++) {
		if (!is_name(h->headers[i].name, name))
			continue;
		*twice = *twice || found != NULL;
		found = &h->headers[i];
	}
	if (found == NULL || *twice)
		return false;
	*out = gate_span_trim(found->value);
	return true;
}

enum gate_provider_fault
gate_trial_header(struct gate_trial *t, const char *name, struct gate_span *out)
{
	bool twice;

	t->out->about = name;
	if (!gate_hook_header(t->hook, name, out, &twice))
		return twice ? GATE_PROVIDER_HEADER_TWICE
			     : GATE_PROVIDER_HEADER_MISSING;
	if (out->n == 0)
		return GATE_PROVIDER_HEADER_MISSING;
	return out->n > GATE_SIGNATURE_HEADER_MAX ? GATE_PROVIDER_HEADER_LONG
						  : GATE_PROVIDER_OK;
}

/* Decodes into dst, whose room is that of the header: always enough. */
static bool
decode(enum gate_encoding encoding, struct gate_span text, unsigned char *dst,
    size_t *n, bool *no_memory)
{
	struct gate_buf b;
	enum gate_code code;

	if (encoding == GATE_ENCODING_HEX) {
		*n = text.n / 2;
		return text.n > 0 && gate_hex_decode(text, dst, *n);
	}
	if (encoding == GATE_ENCODING_PLAIN) {
		memcpy(dst, text.p, text.n);
		*n = text.n;
		return true;
	}
	gate_buf_init(&b, GATE_SIGNATURE_HEADER_MAX);
	code = gate_base64_decode(text, &b);
	*no_memory = *no_memory || code == GATE_E_NOMEM;
	*n = b.n;
	if (code == GATE_OK && b.n > 0)
		memcpy(dst, b.p, b.n);
	gate_buf_clear(&b);
	return code == GATE_OK;
}

/* Takes one in. What does not decode is left out: *seen counts it. */
static enum gate_provider_fault
add(const struct gate_signing *how, struct gate_signatures *s,
    struct gate_span text, bool is_public, size_t *seen)
{
	bool no_memory = false;
	size_t n;

	if (++*seen > GATE_SIGNATURES_MAX)
		return GATE_PROVIDER_SIGNATURES;
	if (text.n > 0 &&
	    decode(how->encoding, text, s->store + s->used, &n, &no_memory)) {
		s->list[s->count].bytes = gate_span_of(s->store + s->used, n);
		s->list[s->count].is_public = is_public;
		s->count++;
		s->used += n;
	}
	return no_memory ? GATE_PROVIDER_NO_MEMORY : GATE_PROVIDER_OK;
}

enum gate_provider_fault
gate_signatures_add(enum gate_encoding encoding, struct gate_signatures *s,
    struct gate_span text)
{
	const struct gate_signing how = {.encoding = encoding};
	size_t seen = s->count, before = s->count;
	enum gate_provider_fault fault;

	if (text.n > sizeof(s->store) - s->used)
		return GATE_PROVIDER_SIGNATURES;
	fault = add(&how, s, text, false, &seen);
	return fault == GATE_PROVIDER_OK && s->count == before
	    ? GATE_PROVIDER_ENCODING
	    : fault;
}

/* What stands before the next separator, or all that is left. */
static struct gate_span
next(struct gate_span *rest, unsigned char separator)
{
	struct gate_span out;

	if (!gate_span_until(rest, separator, rest->n, &out)) {
		out = *rest;
		*rest = (struct gate_span){0};
	}
	return out;
}

static enum gate_provider_fault
read_list(const struct gate_signing *how, struct gate_span value,
    struct gate_signatures *s, size_t *seen)
{
	bool in_list = how->time.kind == GATE_PLACE_LIST;
	enum gate_provider_fault fault = GATE_PROVIDER_OK;
	size_t members = 0;

	while (value.n > 0 && fault == GATE_PROVIDER_OK) {
		struct gate_span item =
		    next(&value, (unsigned char)how->separator);
		struct gate_span name;

		if (++members > LIST_MEMBERS_MAX)
			return GATE_PROVIDER_SIGNATURES;
		if (!gate_span_until(&item, '=', item.n, &name) ||
		    name.n == 0 || !gate_span_only(name, MEMBER_NAME))
			return GATE_PROVIDER_HEADER_GRAMMAR;
		if (in_list && gate_span_is(name, how->time.name)) {
			if (s->time.n > 0 || item.n == 0)
				return GATE_PROVIDER_HEADER_GRAMMAR;
			s->time = item;
		} else if (gate_span_is(name, how->mark)) {
			fault = add(how, s, item, false, seen);
		}
	}
	return fault;
}

static enum gate_provider_fault
read_words(const struct gate_signing *how, struct gate_span value,
    struct gate_signatures *s, size_t *seen)
{
	enum gate_provider_fault fault = GATE_PROVIDER_OK;
	size_t words = 0;

	while (value.n > 0 && fault == GATE_PROVIDER_OK) {
		struct gate_span word = next(&value, ' ');
		struct gate_span version;

		if (++words > LIST_MEMBERS_MAX)
			return GATE_PROVIDER_SIGNATURES;
		if (!gate_span_until(&word, ',', word.n, &version))
			continue; /* of a version to come */
		if (gate_span_is(version, how->mark))
			fault = add(how, s, word, false, seen);
		else if (how->public_mark != NULL &&
		    gate_span_is(version, how->public_mark))
			fault = add(how, s, word, true, seen);
	}
	return fault;
}

enum gate_provider_fault
gate_signatures_read(struct gate_trial *t, struct gate_signatures *s)
{
	const struct gate_signing *how = t->how;
	struct gate_span value;
	size_t seen = 0;
	enum gate_provider_fault fault =
	    gate_trial_header(t, how->header, &value);

	s->used = s->count = 0;
	s->time = (struct gate_span){0};
	if (fault != GATE_PROVIDER_OK)
		return fault;
	switch (how->grammar) {
	case GATE_GRAMMAR_PREFIX:
		if (!gate_span_skip(&value, how->mark))
			return GATE_PROVIDER_HEADER_GRAMMAR;
		fault = add(how, s, value, false, &seen);
		break;
	case GATE_GRAMMAR_LIST:
		fault = read_list(how, value, s, &seen);
		break;
	case GATE_GRAMMAR_WORDS:
		fault = read_words(how, value, s, &seen);
		break;
	case GATE_GRAMMAR_BARE:
	case GATE_GRAMMAR_COUNT:
		fault = add(how, s, value, false, &seen);
		break;
	}
	if (fault == GATE_PROVIDER_OK && s->count == 0)
		fault = seen == 0 ? GATE_PROVIDER_NO_SIGNATURE
				  : GATE_PROVIDER_ENCODING;
	return fault;
}

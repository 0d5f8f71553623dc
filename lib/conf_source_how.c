/*
 * Places and signatures that an operator wrote, into the structs that
 * lib/provider.h works with. These borrow from the source's strings.
 */
#include "config.h"

#include "lib/conf_source_how.h"

#include <string.h>

#include "lib/json.h"
#include "lib/num.h"

#define TOLERANCE_S 300 /* where a time is signed and nobody says more */

static const struct {
	const char *before;
	enum gate_place_kind kind;
} kinds[] = {
    {"header:", GATE_PLACE_HEADER},
    {"form:", GATE_PLACE_FORM},
    {"list:", GATE_PLACE_LIST},
};

static bool
parse_place(const char *text, struct gate_place *out)
{
	struct gate_span rest = gate_span_str(text);
	size_t i;

	for (i = 0; i < GATE_COUNT(kinds); i++)
		if (gate_span_skip(&rest, kinds[i].before) && rest.n > 0) {
			*out = (struct gate_place){
			    kinds[i].kind, text + strlen(kinds[i].before)};
			return true;
		}
	if (strcmp(text, "hash") == 0) {
		*out = (struct gate_place){GATE_PLACE_HASH, NULL};
		return true;
	}
	if (text[0] != '/' || !gate_json_pointer_valid(text))
		return false;
	*out = (struct gate_place){GATE_PLACE_BODY, text};
	return true;
}

static void
complain(const struct gate_conf_load *l, const struct gate_conf_block *b,
    const char *key, const char *what)
{
	int line = gate_conf_block_key(b, key)->line;

	gate_conf_errors_put(
	    l->errors, b->path, line == 0 ? b->line : line, key, "%s", what);
}

/* ---- signature ---------------------------------------------------------- */

static const char *
given(const char *mine, const char *theirs)
{
	return mine != NULL ? mine : theirs;
}

static void
put_signature(const struct gate_source_how *how, struct gate_signing *out)
{
	size_t i;

	out->seal = how->seal;
	out->key_form = how->key_form;
	out->encoding = how->encoding;
	out->grammar = how->grammar;
	out->time_unit = how->time_unit;
	out->header = given(how->header, out->header);
	out->mark = given(how->mark, out->mark);
	out->message = given(how->message, out->message);
	out->id_header = given(how->id_header, out->id_header);
	if (how->separator != NULL) /* what is none is refused below */
		out->separator =
		    how->separator[1] == '\0' ? how->separator[0] : '?';
	for (i = 0; i < how->other_count && i < GATE_COUNT(out->others); i++)
		out->others[i] = how->others[i];
}

void
gate_conf_source_sign(const struct gate_conf_load *l,
    const struct gate_conf_block *block, struct gate_source *s)
{
	struct gate_signing *out = &s->signing;
	struct gate_err err = {0};

	put_signature(&s->how, out);
	if (s->how.time != NULL && !parse_place(s->how.time, &out->time))
		complain(l, block, "time",
		    "bad value, expected header:NAME, list:NAME or a JSON "
		    "Pointer");
	if (s->how.other_count > GATE_COUNT(out->others))
		complain(l, block, "others",
		    "too many, expected at most three headers");
	if (out->tolerance_s == 0)
		out->tolerance_s = TOLERANCE_S;
	if (gate_signing_check(out, &err) != GATE_OK)
		gate_conf_errors_put(l->errors, block->path, block->line,
		    "signature", "%s", err.text);
}

/* ---- events ------------------------------------------------------------- */

/* True, out untouched, where nothing is said. */
static bool
parse_places(char *const *texts, size_t n, struct gate_place *out, size_t max)
{
	size_t i;

	if (n == 0 || n > max)
		return n == 0;
	memset(out, 0, max * sizeof(*out));
	for (i = 0; i < n; i++)
		if (!parse_place(texts[i], &out[i]) ||
		    out[i].kind == GATE_PLACE_LIST)
			return false;
	return true;
}

/* A header that is not signed names nothing for sure. */
static bool
has_loose_header(const struct gate_source *s)
{
	const char *sure = s->signing.id_header;
	size_t i;

	for (i = 0; i < s->id_count; i++)
		if (s->profile.id[i].kind == GATE_PLACE_HEADER &&
		    (sure == NULL || strcmp(s->profile.id[i].name, sure) != 0))
			return true;
	return false;
}

void
gate_conf_source_read(const struct gate_conf_load *l,
    const struct gate_conf_block *b, struct gate_source *s)
{
	struct gate_profile *p = &s->profile;

	p->media = s->media;
	if (s->batch != NULL)
		p->batch = s->batch;
	if (!parse_places(s->type, s->type_count, p->type, GATE_COUNT(p->type)))
		complain(l, b, "type",
		    "bad value, expected one or two of header:NAME, "
		    "form:FIELD and JSON Pointers");
	if (!parse_places(s->id, s->id_count, p->id, GATE_COUNT(p->id)))
		complain(l, b, "id",
		    "bad value, expected up to six of header:NAME, "
		    "form:FIELD, JSON Pointers and hash");
	else if (has_loose_header(s))
		p->has_second_key = true;
	if (s->provider->is_generic && s->type_count == 0)
		complain(l, b, "type",
		    "is missing, expected where this sender's events have "
		    "their type");
}

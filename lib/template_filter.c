/*
 * The filters. Each takes the cell's text and puts what it makes of it into
 * a fresh buffer, which then takes the text's place. A new filter is a row
 * of the table and one function.
 */
#include "config.h"

#include "lib/template_filter.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/codec.h"
#include "lib/crypto.h"
#include "lib/num.h"
#include "lib/quote.h"
#include "lib/utf8.h"

enum argument { NO_ARGUMENT, A_WORD, A_COUNT };

/* What a filter wants to be given; see apply. */
enum input {
	TEXT, /* what `text` makes of the value */
	JSON, /* the value itself, if there is one */
	ANY   /* whatever there is, nothing too */
};

struct gate_filter_kind {
	const char *name;
	enum argument argument;
	enum input input;
	/* Appends to out (marks it if it is full). */
	enum gate_code (*put)(const struct gate_filter *f,
	    const struct gate_cell *cell, struct gate_buf *out);
};

static bool
is_absent(const struct gate_cell *cell)
{
	return !cell->is_text && cell->value == NULL;
}

static bool
is_null(const struct gate_cell *cell)
{
	return !cell->is_text && gate_json_kind(cell->value) == GATE_JSON_NULL;
}

static enum gate_code
put_plain(const struct gate_json *v, struct gate_buf *out)
{
	struct gate_span s;

	switch (gate_json_kind(v)) {
	case GATE_JSON_STRING:
		return gate_json_string(v, &s) ? gate_buf_put(out, s)
					       : GATE_E_BUG;
	case GATE_JSON_BOOL:
	case GATE_JSON_INT:
	case GATE_JSON_DOUBLE:
		return gate_json_text(v, out);
	case GATE_JSON_NULL:
	case GATE_JSON_ARRAY:
	case GATE_JSON_OBJECT:
		break;
	}
	return GATE_E_BAD;
}

/* Puts made in the place of the cell's text. */
static void
replace(struct gate_cell *cell, struct gate_buf *made)
{
	gate_buf_clear(&cell->text);
	cell->text = *made;
	cell->is_text = true;
}

enum gate_code
gate_cell_to_text(struct gate_cell *cell)
{
	enum gate_code code;

	if (cell->is_text)
		return GATE_OK;
	code = put_plain(cell->value, &cell->text);
	cell->is_text = code == GATE_OK;
	return code;
}

static enum gate_code
put_json(const struct gate_filter *f, const struct gate_cell *cell,
    struct gate_buf *out)
{
	(void)f;
	if (cell->is_text)
		return gate_quote_put(out, gate_buf_span(&cell->text));
	return gate_json_text(cell->value, out);
}

static enum gate_code
put_escaped(const struct gate_filter *f, const struct gate_cell *cell,
    struct gate_buf *out)
{
	(void)f;
	return gate_quote_escape(out, gate_buf_span(&cell->text));
}

static enum gate_code
put_text(const struct gate_filter *f, const struct gate_cell *cell,
    struct gate_buf *out)
{
	(void)f;
	return gate_buf_put(out, gate_buf_span(&cell->text));
}

static enum gate_code
put_word(const struct gate_filter *f, const struct gate_cell *cell,
    struct gate_buf *out)
{
	(void)cell;
	return gate_buf_put(out, f->word);
}

/* Every byte in first..last moved by `by`. */
static enum gate_code
put_moved(struct gate_span s, unsigned char first, unsigned char last, int by,
    struct gate_buf *out)
{
	size_t i;

	for (i = 0; i < s.n && out->failed == GATE_OK; i++) {
		unsigned char c = s.p[i];

		if (c >= first && c <= last)
			c = (unsigned char)(c + by);
		(void)gate_buf_put_byte(out, c); /* out remembers */
	}
	return out->failed;
}

static enum gate_code
put_lower(const struct gate_filter *f, const struct gate_cell *cell,
    struct gate_buf *out)
{
	(void)f;
	return put_moved(gate_buf_span(&cell->text), 'A', 'Z', 'a' - 'A', out);
}

static enum gate_code
put_upper(const struct gate_filter *f, const struct gate_cell *cell,
    struct gate_buf *out)
{
	(void)f;
	return put_moved(gate_buf_span(&cell->text), 'a', 'z', 'A' - 'a', out);
}

static bool
is_space(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static enum gate_code
put_trimmed(const struct gate_filter *f, const struct gate_cell *cell,
    struct gate_buf *out)
{
	struct gate_span s = gate_buf_span(&cell->text);

	(void)f;
	while (s.n > 0 && is_space(s.p[s.n - 1]))
		s.n--;
	while (s.n > 0 && is_space(s.p[0]))
		s = gate_span_of(s.p + 1, s.n - 1);
	return gate_buf_put(out, s);
}

static enum gate_code
put_truncated(const struct gate_filter *f, const struct gate_cell *cell,
    struct gate_buf *out)
{
	struct gate_span s = gate_buf_span(&cell->text);
	struct gate_span rest = s;
	uint32_t code_point;
	uint64_t i;

	for (i = 0; i < f->count; i++) {
		if (!gate_utf8_take(&rest, &code_point))
			break;
	}
	s.n -= rest.n;
	return gate_buf_put(out, s);
}

/* RFC 3986 section 2.3. */
static bool
is_unreserved(unsigned char c)
{
	return c != 0 &&
	    strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		   "abcdefghijklmnopqrstuvwxyz0123456789-._~",
		c) != NULL;
}

static enum gate_code
put_uri(const struct gate_filter *f, const struct gate_cell *cell,
    struct gate_buf *out)
{
	struct gate_span s = gate_buf_span(&cell->text);
	size_t i;

	(void)f;
	for (i = 0; i < s.n && out->failed == GATE_OK; i++) {
		if (is_unreserved(s.p[i]))
			(void)gate_buf_put_byte(out, s.p[i]);
		else
			(void)gate_buf_printf(out, "%%%02X", s.p[i]);
	}
	return out->failed;
}

/* The date as it is written, in whatever offset: the sender's own day. */
static enum gate_code
put_date(const struct gate_filter *f, const struct gate_cell *cell,
    struct gate_buf *out)
{
	struct gate_span s = gate_buf_span(&cell->text);
	struct gate_span date;
	int64_t ms;

	(void)f;
	if (!gate_time_parse(s, &ms) || !gate_span_take(&s, 10, &date))
		return GATE_E_BAD;
	return gate_buf_put(out, date);
}

static enum gate_code
put_hash(const struct gate_filter *f, const struct gate_cell *cell,
    struct gate_buf *out)
{
	struct gate_span s = gate_buf_span(&cell->text);
	unsigned char digest[GATE_SHA256_BYTES];
	enum gate_code code = gate_sha256(&s, 1, digest);

	(void)f;
	if (code != GATE_OK)
		return code;
	return gate_hex_put(out, gate_span_of(digest, sizeof(digest)));
}

static const struct gate_filter_kind kinds[] = {
    {"json", NO_ARGUMENT, JSON, put_json},
    {"json_escape", NO_ARGUMENT, TEXT, put_escaped},
    {"text", NO_ARGUMENT, TEXT, put_text},
    {"default", A_WORD, ANY, put_word},
    {"lower", NO_ARGUMENT, TEXT, put_lower},
    {"upper", NO_ARGUMENT, TEXT, put_upper},
    {"trim", NO_ARGUMENT, TEXT, put_trimmed},
    {"truncate", A_COUNT, TEXT, put_truncated},
    {"uri", NO_ARGUMENT, TEXT, put_uri},
    {"date", NO_ARGUMENT, TEXT, put_date},
    {"hash", NO_ARGUMENT, TEXT, put_hash},
};

static const struct gate_filter_kind *
find_kind(struct gate_span name)
{
	size_t i;

	for (i = 0; i < GATE_COUNT(kinds); i++) {
		if (gate_span_is(name, kinds[i].name))
			return &kinds[i];
	}
	return NULL;
}

const char *
gate_filter_parse(struct gate_span in, struct gate_filter *out)
{
	struct gate_span name = in;
	bool has_argument = gate_span_until(&in, ':', in.n, &name);
	struct gate_filter f = {.kind = find_kind(name)};

	if (f.kind == NULL)
		return "no such filter";
	if (has_argument != (f.kind->argument != NO_ARGUMENT))
		return has_argument ? "it takes no argument"
				    : "it needs an argument";
	if (f.kind->argument == A_WORD)
		f.word = in;
	if (f.kind->argument == A_COUNT &&
	    !gate_span_u64(in, UINT32_MAX, &f.count))
		return "its argument is no count";
	*out = f;
	return NULL;
}

/* Whether f lets the cell through as it is. */
static bool
passes(const struct gate_filter *f, const struct gate_cell *cell)
{
	switch (f->kind->input) {
	case ANY: /* default */
		return !is_null(cell);
	case JSON:
		return is_absent(cell);
	case TEXT:
		return is_null(cell);
	}
	return false;
}

enum gate_code
gate_filter_apply(const struct gate_filter *f, struct gate_cell *cell)
{
	enum gate_code code = GATE_OK;
	struct gate_buf made;

	if (passes(f, cell))
		return GATE_OK;
	if (f->kind->input == TEXT)
		code = gate_cell_to_text(cell);
	if (code != GATE_OK)
		return code;
	gate_buf_init(&made, cell->text.max);
	code = f->kind->put(f, cell, &made);
	if (code == GATE_OK)
		replace(cell, &made);
	else
		gate_buf_clear(&made);
	return code;
}

const char *
gate_filter_name(const struct gate_filter *f)
{
	return f->kind->name;
}

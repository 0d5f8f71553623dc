/*
 * The types of the tables: for each a function from text to a member, how
 * the member is freed, and what to tell a person. Knows no key by name.
 */
#include "config.h"

#include "lib/conf_value.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/address.h"
#include "lib/conf_text.h"
#include "lib/conf_unit.h"
#include "lib/num.h"
#include "lib/route.h"
#include "lib/template.h"

#define NAME_BYTES 64

#define ALNUM                                                                  \
	"abcdefghijklmnopqrstuvwxyz"                                           \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

bool
gate_conf_is_name(struct gate_span in)
{
	return in.n > 0 && in.n <= NAME_BYTES &&
	    gate_span_only(in, ALNUM "._-") && !gate_span_only(in, "._-");
}

bool
gate_conf_is_event_type(struct gate_span in)
{
	return gate_is_event_type(in);
}

char *
gate_conf_path(const char *dir, const char *path)
{
	size_t size;
	char *out;

	if (path[0] == '/')
		return strdup(path);
	if (!gate_add(strlen(dir), strlen(path), &size) ||
	    !gate_add(size, 2, &size) || (out = malloc(size)) == NULL)
		return NULL;
	(void)snprintf(out, size, "%s/%s", dir, path);
	return out;
}

static bool
nomem(struct gate_conf_value *v)
{
	(void)gate_err_set(&v->why, GATE_E_NOMEM, "out of memory");
	return false;
}

static bool
take_string(struct gate_conf_value *v)
{
	size_t n = strlen(v->text);
	char *copy;

	if ((int64_t)n < v->key->min ||
	    (v->key->max > 0 && (int64_t)n > v->key->max))
		return false;
	copy = strdup(v->text);
	if (copy == NULL)
		return nomem(v);
	*(char **)v->member = copy;
	return true;
}

static bool
take_name(struct gate_conf_value *v)
{
	return gate_conf_is_name(gate_span_str(v->text)) && take_string(v);
}

static bool
take_event(struct gate_conf_value *v)
{
	return (strcmp(v->text, "*") == 0 ||
		   gate_conf_is_event_type(gate_span_str(v->text))) &&
	    take_string(v);
}

/* Only the shape: what a request makes of it is libcurl's business. */
static bool
take_url(struct gate_conf_value *v)
{
	struct gate_span s = gate_span_str(v->text);

	if (s.n == 0)
		return v->key->min == 0 && take_string(v);
	if (!gate_span_skip(&s, "https://") && !gate_span_skip(&s, "http://"))
		return false;
	if (s.n == 0 || s.p[0] == '/' || !gate_span_within(s, 0x21, 0x7e))
		return false;
	return take_string(v);
}

/* RFC 6901: "" or tokens after '/', with '~' only as ~0 and ~1. */
static bool
take_mount(struct gate_conf_value *v)
{
	struct gate_span s = gate_span_str(v->text);

	if (s.n > 0 &&
	    (s.p[0] != '/' || s.p[s.n - 1] == '/' ||
		!gate_span_within(s, 0x21, 0x7e)))
		return false;
	return take_string(v);
}

static bool
take_ranges(struct gate_conf_value *v)
{
	struct gate_ranges unused;

	return gate_ranges_parse(gate_span_str(v->text), &unused) &&
	    take_string(v);
}

static bool
take_range(struct gate_conf_value *v)
{
	struct gate_range unused;

	return gate_range_parse(gate_span_str(v->text), &unused) &&
	    take_string(v);
}

static bool
take_pointer(struct gate_conf_value *v)
{
	const char *p = v->text;

	if (p[0] != '/')
		return false;
	while ((p = strchr(p, '~')) != NULL)
		if (*++p != '0' && *p != '1')
			return false;
	return take_string(v);
}

static bool
is_reference(struct gate_span s)
{
	static const char *const forms[] = {"env:", "file:", "cred:"};
	size_t i;

	for (i = 0; i < GATE_COUNT(forms); i++)
		if (gate_span_starts(s, forms[i]) && s.n > strlen(forms[i]))
			return true;
	return false;
}

static bool
take_ref(struct gate_conf_value *v)
{
	if (v->text[0] == '\0')
		return v->key->min == 0 && take_string(v);
	return is_reference(gate_span_str(v->text)) && take_string(v);
}

static bool
take_bool(struct gate_conf_value *v)
{
	static const char *const words[] = {
	    "false", "true", "no", "yes", "off", "on"};
	size_t i;

	for (i = 0; i < GATE_COUNT(words); i++)
		if (strcmp(v->text, words[i]) == 0) {
			*(bool *)v->member = i % 2 == 1;
			return true;
		}
	return false;
}

static bool
take_number(struct gate_conf_value *v, int64_t number)
{
	if (number < v->key->min || number > v->key->max)
		return false;
	*(int64_t *)v->member = number;
	return true;
}

static bool
take_count(struct gate_conf_value *v)
{
	int64_t n;

	return gate_span_i64(gate_span_str(v->text), 0, INT64_MAX, &n) &&
	    take_number(v, n);
}

static bool
take_mode(struct gate_conf_value *v)
{
	struct gate_span s = gate_span_str(v->text);
	int64_t n = 0;
	size_t i;

	if (s.n < 3 || s.n > 4 || !gate_span_within(s, '0', '7'))
		return false;
	for (i = 0; i < s.n; i++)
		n = n * 8 + (s.p[i] - '0');
	return take_number(v, n);
}

static bool
take_ms(struct gate_conf_value *v)
{
	int64_t ms;

	return gate_conf_duration_ms(gate_span_str(v->text), &ms) &&
	    take_number(v, ms);
}

static bool
take_s(struct gate_conf_value *v)
{
	int64_t ms;

	return gate_conf_duration_ms(gate_span_str(v->text), &ms) &&
	    ms % 1000 == 0 && take_number(v, ms / 1000);
}

static bool
take_bytes(struct gate_conf_value *v)
{
	int64_t n;

	return gate_conf_size(gate_span_str(v->text), &n) && take_number(v, n);
}

/* Every enum of the tables is as wide as an unsigned int. */
static bool
take_word(struct gate_conf_value *v)
{
	unsigned int i;

	for (i = 0; v->key->words[i] != NULL; i++)
		if (strcmp(v->text, v->key->words[i]) == 0) {
			*(unsigned int *)v->member = i;
			return true;
		}
	return false;
}

static bool
take_template_of(struct gate_conf_value *v, struct gate_span text)
{
	struct gate_template **member = v->member;

	if (*member != NULL) {
		(void)gate_err_set(&v->why, GATE_E_CONF,
		    "the same text is also given by another key");
		return false;
	}
	return gate_template_new(text, member, &v->why) == GATE_OK;
}

static bool
take_template(struct gate_conf_value *v)
{
	return take_template_of(v, gate_span_str(v->text));
}

static bool
take_template_file(struct gate_conf_value *v)
{
	char *path = gate_conf_path(v->dir, v->text);
	struct gate_buf text;
	bool ok;

	if (path == NULL)
		return nomem(v);
	gate_buf_init(&text, GATE_CONF_TEXT_MAX);
	ok = gate_conf_text_read(path, &text, &v->why) == GATE_OK &&
	    take_template_of(v, gate_buf_span(&text));
	gate_buf_clear(&text);
	free(path);
	return ok;
}

enum hold { PLAIN, HEAP, TEMPLATE };

static const struct {
	bool (*take)(struct gate_conf_value *v);
	enum hold hold;
	const char *expect; /* NULL: made from the bounds */
} types[] = {
    [GATE_CONF_STRING] = {take_string, HEAP, NULL},
    [GATE_CONF_NAME] = {take_name, HEAP,
	"a name of at most 64 letters, digits, '.', '_', '-'"},
    [GATE_CONF_EVENT] = {take_event, HEAP,
	"an event type such as post.published"},
    [GATE_CONF_URL] = {take_url, HEAP, "https://host/... or http://host/..."},
    [GATE_CONF_MOUNT] = {take_mount, HEAP,
	"a path such as /gate, without a slash at its end"},
    [GATE_CONF_RANGES] = {take_ranges, HEAP,
	"addresses such as 10.0.0.0/8, separated by commas"},
    [GATE_CONF_RANGE] = {take_range, HEAP,
	"an address or a range such as 203.0.113.0/24"},
    [GATE_CONF_POINTER] = {take_pointer, HEAP,
	"a JSON Pointer such as /data/post_id"},
    [GATE_CONF_REF] = {take_ref, HEAP,
	"a reference: env:NAME, file:PATH or cred:NAME"},
    [GATE_CONF_BUNDLE] = {take_string, HEAP,
	"file:PATH of certificates in PEM"},
    [GATE_CONF_DSN] = {take_string, HEAP,
	"a connection string, or env:NAME, file:PATH, cred:NAME"},
    [GATE_CONF_BOOL] = {take_bool, PLAIN, "true or false"},
    [GATE_CONF_COUNT] = {take_count, PLAIN, NULL},
    [GATE_CONF_MODE] = {take_mode, PLAIN, "octal permissions such as 0660"},
    [GATE_CONF_MS] = {take_ms, PLAIN, NULL},
    [GATE_CONF_S] = {take_s, PLAIN, NULL},
    [GATE_CONF_BYTES] = {take_bytes, PLAIN, NULL},
    [GATE_CONF_WORD] = {take_word, PLAIN, NULL},
    [GATE_CONF_TEMPLATE] = {take_template, TEMPLATE, "text with {{/pointer}}"},
    [GATE_CONF_TEMPLATE_FILE] = {take_template_file, TEMPLATE,
	"a file of text with {{/pointer}}"},
};
_Static_assert(
    GATE_COUNT(types) == GATE_CONF_TYPE_COUNT, "a type has no function");

static void
expect_words(const struct gate_conf_key *key, char *dst, size_t size)
{
	struct gate_buf b;
	size_t i;

	gate_buf_init(&b, size - 1);
	for (i = 0; key->words[i] != NULL; i++) {
		if (i > 0)
			gate_buf_put_str(
			    &b, key->words[i + 1] == NULL ? " or " : ", ");
		gate_buf_put_str(&b, key->words[i]);
	}
	(void)snprintf(dst, size, "%s", gate_buf_str(&b));
	gate_buf_clear(&b);
}

void
gate_conf_expectation(const struct gate_conf_key *key, char *dst, size_t size)
{
	char min[GATE_CONF_UNIT_TEXT], max[GATE_CONF_UNIT_TEXT];
	int64_t scale = key->type == GATE_CONF_S ? 1000 : 1;

	if (types[key->type].expect != NULL) {
		(void)snprintf(dst, size, "%s", types[key->type].expect);
		return;
	}
	switch (key->type) {
	case GATE_CONF_WORD:
		expect_words(key, dst, size);
		return;
	case GATE_CONF_MS:
	case GATE_CONF_S:
		gate_conf_duration_text(key->min * scale, min);
		gate_conf_duration_text(key->max * scale, max);
		(void)snprintf(dst, size, "a duration from %s to %s", min, max);
		return;
	case GATE_CONF_BYTES:
		gate_conf_size_text(key->min, min);
		gate_conf_size_text(key->max, max);
		(void)snprintf(dst, size, "a size from %s to %s", min, max);
		return;
	case GATE_CONF_COUNT:
		(void)snprintf(dst, size,
		    "a number from %" PRId64 " to %" PRId64, key->min,
		    key->max);
		return;
	default: /* a string; all others have their text */
		if (key->max > 0)
			(void)snprintf(dst, size,
			    "text of %" PRId64 " to %" PRId64 " bytes",
			    key->min, key->max);
		else
			(void)snprintf(dst, size, "text");
	}
}

bool
gate_conf_value_take(struct gate_conf_value *v)
{
	v->why = (struct gate_err){0};
	return types[v->key->type].take(v);
}

void
gate_conf_value_drop(enum gate_conf_type type, void *member)
{
	switch (types[type].hold) {
	case PLAIN:
		return;
	case HEAP:
		free(*(char **)member);
		*(char **)member = NULL;
		return;
	case TEMPLATE:
		gate_template_free(*(struct gate_template **)member);
		*(struct gate_template **)member = NULL;
		return;
	}
}

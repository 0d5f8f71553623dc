/*
 * The only user of json-c. A struct gate_json * is a struct json_object * in
 * disguise, so that no other file can touch one. JSON's null, which json-c
 * keeps as a NULL pointer, has a stand-in of its own here: for the caller
 * NULL always means "nothing".
 *
 * Untrusted text gets here only through lib/json_guard.c; what json-c would
 * take beyond RFC 8259 is never shown to it.
 */
#include "config.h"

#include "lib/json.h"

#include <json-c/json.h>
#include <string.h>

#include "lib/json_guard.h"
#include "lib/json_scan.h"
#include "lib/num.h"
#include "lib/quote.h"
#include "lib/utf8.h"

struct gate_json {
	char nothing;
};
static const struct gate_json null_value = {0};

/* The only place where const is dropped: json-c's own getters take pointers
 * to non-const. NULL for null. */
static struct json_object *
inner(const struct gate_json *v)
{
	if (v == &null_value)
		return NULL;
	return (struct json_object *)(uintptr_t)v;
}

static struct gate_json *
outer(struct json_object *o)
{
	if (o == NULL)
		return (struct gate_json *)(uintptr_t)&null_value;
	return (struct gate_json *)(uintptr_t)o;
}

/* What json-c made, where NULL means that it had no memory. */
static struct gate_json *
made(struct json_object *o)
{
	return o == NULL ? NULL : outer(o);
}

/* Parses bytes that the guard passed; false if json-c has no memory. */
static bool
parse_guarded(struct json_tokener *tok, struct gate_span in, int n,
    struct json_object **out)
{
	*out = json_tokener_parse_ex(tok, (const char *)in.p, n);
	/* A number at the very end might go on: its end must be shown. */
	if (json_tokener_get_error(tok) == json_tokener_continue)
		*out = json_tokener_parse_ex(tok, "", 1);
	return json_tokener_get_error(tok) == json_tokener_success;
}

static enum gate_code
parse(struct gate_span in, int depth, struct gate_json **out,
    struct gate_err *err)
{
	struct json_tokener *tok;
	struct json_object *o = NULL;
	enum gate_code code = GATE_OK;
	int n;

	if (!gate_to_int(in.n, &n))
		return gate_err_set(err, GATE_E_LIMIT, "JSON: too long");
	/* json-c counts the scalar inside as a level too. */
	tok = json_tokener_new_ex(depth + 1);
	if (tok == NULL)
		return gate_err_set(err, GATE_E_NOMEM, "out of memory");
	json_tokener_set_flags(
	    tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	if (!parse_guarded(tok, in, n, &o))
		code = gate_err_set(err, GATE_E_NOMEM,
		    "JSON: json-c refuses what the guard passed");
	json_tokener_free(tok);
	if (code == GATE_OK)
		*out = outer(o);
	return code;
}

enum gate_code
gate_json_parse_within(struct gate_span in, size_t depth_max,
    struct gate_json **out, struct gate_err *err)
{
	enum gate_code code = gate_json_guard_within(in, depth_max, err);

	return code == GATE_OK ? parse(in, GATE_JSON_DEPTH_MAX, out, err)
			       : code;
}

enum gate_code
gate_json_parse(
    struct gate_span in, struct gate_json **out, struct gate_err *err)
{
	return gate_json_parse_within(in, GATE_JSON_DEPTH_MAX, out, err);
}

enum gate_code
gate_json_parse_stored(
    struct gate_span in, struct gate_json **out, struct gate_err *err)
{
	struct gate_buf b;
	bool wide;
	enum gate_code code = gate_json_guard_stored(in, &wide, err);

	if (code != GATE_OK || !wide)
		return code != GATE_OK
		    ? code
		    : parse(in, GATE_JSON_STORED_DEPTH_MAX, out, err);
	gate_buf_init(&b, (size_t)INT_MAX - 1);
	code = gate_json_put_widened(in, &b);
	if (code == GATE_OK)
		code = parse(
		    gate_buf_span(&b), GATE_JSON_STORED_DEPTH_MAX, out, err);
	else
		(void)gate_err_set(err, code, "JSON: no room to read it");
	gate_buf_clear(&b);
	return code;
}

void
gate_json_free(struct gate_json *doc)
{
	(void)json_object_put(inner(doc)); /* takes NULL; tells of the count */
}

enum gate_json_kind
gate_json_kind(const struct gate_json *v)
{
	switch (json_object_get_type(inner(v))) {
	case json_type_boolean:
		return GATE_JSON_BOOL;
	case json_type_int:
		return GATE_JSON_INT;
	case json_type_double:
		return GATE_JSON_DOUBLE;
	case json_type_string:
		return GATE_JSON_STRING;
	case json_type_array:
		return GATE_JSON_ARRAY;
	case json_type_object:
		return GATE_JSON_OBJECT;
	case json_type_null:
	default:
		return GATE_JSON_NULL;
	}
}

bool
gate_json_get(
    const struct gate_json *v, const char *key, const struct gate_json **out)
{
	struct json_object *member;

	if (gate_json_kind(v) != GATE_JSON_OBJECT ||
	    !json_object_object_get_ex(inner(v), key, &member))
		return false;
	*out = outer(member);
	return true;
}

size_t
gate_json_count(const struct gate_json *v)
{
	switch (gate_json_kind(v)) {
	case GATE_JSON_ARRAY:
		return json_object_array_length(inner(v));
	case GATE_JSON_OBJECT:
		return (size_t)json_object_object_length(inner(v));
	case GATE_JSON_NULL:
	case GATE_JSON_BOOL:
	case GATE_JSON_INT:
	case GATE_JSON_DOUBLE:
	case GATE_JSON_STRING:
		break;
	}
	return 0;
}

const struct gate_json *
gate_json_at(const struct gate_json *v, size_t i)
{
	GATE_ASSERT(
	    gate_json_kind(v) == GATE_JSON_ARRAY && i < gate_json_count(v));
	return outer(json_object_array_get_idx(inner(v), i));
}

bool
gate_json_each(const struct gate_json *v,
    bool (*f)(const char *key, const struct gate_json *member, void *ctx),
    void *ctx)
{
	struct json_object_iter it;

	if (gate_json_kind(v) != GATE_JSON_OBJECT)
		return true;
	json_object_object_foreachC(inner(v), it)
	{
		if (!f(it.key, outer(it.val), ctx))
			return false;
	}
	return true;
}

bool
gate_json_string(const struct gate_json *v, struct gate_span *out)
{
	struct json_object *o = inner(v);

	if (gate_json_kind(v) != GATE_JSON_STRING)
		return false;
	*out = gate_span_of(
	    json_object_get_string(o), (size_t)json_object_get_string_len(o));
	return true;
}

bool
gate_json_i64(const struct gate_json *v, int64_t *out)
{
	struct json_object *o = inner(v);

	/* json-c would answer INT64_MAX for what is larger. */
	if (gate_json_kind(v) != GATE_JSON_INT ||
	    json_object_get_uint64(o) > (uint64_t)INT64_MAX)
		return false;
	*out = json_object_get_int64(o);
	return true;
}

bool
gate_json_number(const struct gate_json *v, double *out)
{
	enum gate_json_kind kind = gate_json_kind(v);

	if (kind != GATE_JSON_INT && kind != GATE_JSON_DOUBLE)
		return false;
	*out = json_object_get_double(inner(v));
	return true;
}

bool
gate_json_bool(const struct gate_json *v, bool *out)
{
	if (gate_json_kind(v) != GATE_JSON_BOOL)
		return false;
	*out = json_object_get_boolean(inner(v)) != 0;
	return true;
}

struct gate_json *
gate_json_new_object(void)
{
	return made(json_object_new_object());
}

struct gate_json *
gate_json_new_array(void)
{
	return made(json_object_new_array());
}

static struct gate_json *
new_string(struct gate_span s)
{
	int n;

	if (!gate_to_int(s.n, &n))
		return NULL;
	return made(
	    json_object_new_string_len(s.n > 0 ? (const char *)s.p : "", n));
}

/* True if a JSON text may hold it as it is. */
static bool
is_text(struct gate_span s)
{
	uint32_t code_point;

	while (s.n > 0) {
		if (!gate_utf8_take(&s, &code_point) || code_point == 0)
			return false;
	}
	return true;
}

struct gate_json *
gate_json_new_string(struct gate_span s)
{
	struct gate_json *v = NULL;
	struct gate_buf b;

	if (is_text(s))
		return new_string(s);
	gate_buf_init(&b, (size_t)INT_MAX - 1);
	while (s.n > 0 && b.failed == GATE_OK) {
		struct gate_span rest = s;
		struct gate_span one;
		uint32_t code_point;

		if (gate_utf8_take(&s, &code_point) && code_point != 0) {
			rest.n -= s.n;
			(void)gate_buf_put(&b, rest); /* b remembers */
			continue;
		}
		if (s.n == rest.n && !gate_span_take(&s, 1, &one))
			break;
		(void)gate_buf_put_str(&b, "\xef\xbf\xbd");
	}
	if (b.failed == GATE_OK)
		v = new_string(gate_buf_span(&b));
	gate_buf_clear(&b);
	return v;
}

struct gate_json *
gate_json_new_i64(int64_t v)
{
	return made(json_object_new_int64(v));
}

struct gate_json *
gate_json_new_bool(bool v)
{
	return made(json_object_new_boolean(v));
}

struct gate_json *
gate_json_dup(const struct gate_json *v)
{
	struct json_object *copy = NULL;

	if (v == NULL)
		return NULL;
	if (v == &null_value)
		return outer(NULL);
	if (json_object_deep_copy(inner(v), &copy, NULL) != 0)
		return NULL;
	return made(copy);
}

enum gate_code
gate_json_put(
    struct gate_json *object, const char *key, struct gate_json *member)
{
	if (object != NULL && member != NULL) {
		GATE_ASSERT(gate_json_kind(object) == GATE_JSON_OBJECT);
		if (json_object_object_add(inner(object), key, inner(member)) ==
		    0)
			return GATE_OK;
	}
	gate_json_free(member);
	return GATE_E_NOMEM;
}

enum gate_code
gate_json_put_null(struct gate_json *object, const char *key)
{
	return gate_json_put(object, key, outer(NULL));
}

enum gate_code
gate_json_append(struct gate_json *array, struct gate_json *member)
{
	if (array != NULL && member != NULL) {
		GATE_ASSERT(gate_json_kind(array) == GATE_JSON_ARRAY);
		if (json_object_array_add(inner(array), inner(member)) == 0)
			return GATE_OK;
	}
	gate_json_free(member);
	return GATE_E_NOMEM;
}

enum gate_code
gate_json_text(const struct gate_json *v, struct gate_buf *out)
{
	size_t n = 0;
	const char *text;

	if (inner(v) == NULL)
		return gate_buf_put_str(out, "null");
	text = json_object_to_json_string_length(inner(v),
	    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &n);
	if (text == NULL) {
		out->failed = GATE_E_NOMEM;
		return out->failed;
	}
	return gate_buf_put(out, gate_span_of(text, n));
}

enum gate_code
gate_json_put_string(struct gate_buf *b, struct gate_span s)
{
	return gate_quote_put(b, s);
}

const char *
gate_json_version(void)
{
	return "json-c " JSON_C_VERSION;
}

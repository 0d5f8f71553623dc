/*
 * Reads the same bytes twice and compares the trees. The only file that
 * includes jansson, whose json_object_get and some others are not called:
 * json-c has functions of the same names.
 */
#include "config.h"

#include "tests/json_twin.h"

#include <ctype.h>
#include <jansson.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/json.h"
#include "lib/json_guard.h"

const char *const json_twin_reasons[JSON_TWIN_COUNT] = {
    [JSON_TWIN_AGREE] = "the same",
    [JSON_TWIN_LIMIT] = "32 levels, 10000 values, 128 characters and an "
			"exponent of 308 in a number bound the work after us; "
			"jansson has 2048 levels and no other limit",
    [JSON_TWIN_INTEGER] = "2^63 to 2^64 - 1 are kept whole by json-c; "
			  "jansson has signed integers only",
    [JSON_TWIN_REAL] = "1000e308 is kept as it is written, and stays text "
		       "on its way to jsonb; jansson makes a double of it",
    [JSON_TWIN_NUL] = "jansson drops a NUL right behind a number or a word; "
		      "we refuse",
};

static void compare(const struct gate_json *a, json_t *b);

static bool
compare_member(const char *key, const struct gate_json *member, void *ctx)
{
	json_t *theirs = json_object_getn(ctx, key, strlen(key));

	GATE_ASSERT(theirs != NULL);
	compare(member, theirs);
	return true;
}

static void
compare_string(const struct gate_json *a, json_t *b)
{
	struct gate_span s;

	GATE_ASSERT(json_is_string(b) && gate_json_string(a, &s));
	GATE_ASSERT(gate_span_equal(
	    s, gate_span_of(json_string_value(b), json_string_length(b))));
}

static void
compare_array(const struct gate_json *a, json_t *b)
{
	size_t i;

	GATE_ASSERT(
	    json_is_array(b) && json_array_size(b) == gate_json_count(a));
	for (i = 0; i < gate_json_count(a); i++)
		compare(gate_json_at(a, i), json_array_get(b, i));
}

static void
compare_number(const struct gate_json *a, json_t *b)
{
	double ours, theirs = json_number_value(b);
	int64_t i;

	GATE_ASSERT(json_is_number(b) && gate_json_number(a, &ours));
	if (json_is_integer(b))
		GATE_ASSERT(gate_json_i64(a, &i) && i == json_integer_value(b));
	else
		GATE_ASSERT(ours <= theirs && ours >= theirs);
}

static void
compare(const struct gate_json *a, json_t *b)
{
	bool flag;

	switch (gate_json_kind(a)) {
	case GATE_JSON_NULL:
		GATE_ASSERT(json_is_null(b));
		break;
	case GATE_JSON_BOOL:
		GATE_ASSERT(json_is_boolean(b) && gate_json_bool(a, &flag));
		GATE_ASSERT(flag == json_is_true(b));
		break;
	case GATE_JSON_INT:
	case GATE_JSON_DOUBLE:
		compare_number(a, b);
		break;
	case GATE_JSON_STRING:
		compare_string(a, b);
		break;
	case GATE_JSON_ARRAY:
		compare_array(a, b);
		break;
	case GATE_JSON_OBJECT:
		GATE_ASSERT(json_is_object(b) &&
		    json_object_size(b) == gate_json_count(a));
		GATE_ASSERT(gate_json_each(a, compare_member, b));
		break;
	}
}

/* Only such NULs stand between ours and theirs. */
static bool
is_good_without_nuls(struct gate_span in)
{
	struct gate_buf b;
	enum gate_code code;
	size_t i;

	gate_buf_init(&b, in.n);
	for (i = 0; i < in.n; i++)
		if (i == 0 || in.p[i] != '\0' || isalnum(in.p[i - 1]) == 0)
			(void)gate_buf_put_byte(&b, in.p[i]);
	GATE_ASSERT(b.failed == GATE_OK);
	code = gate_json_guard(gate_buf_span(&b), NULL);
	gate_buf_clear(&b);
	return code == GATE_OK || code == GATE_E_LIMIT;
}

/* They differ about whether it is JSON at all. */
static enum json_twin
why_not(struct gate_span in, enum gate_code ours, const json_error_t *theirs)
{
	if (ours == GATE_E_LIMIT)
		return JSON_TWIN_LIMIT;
	if (ours != GATE_OK) {
		GATE_ASSERT(is_good_without_nuls(in));
		return JSON_TWIN_NUL;
	}
	GATE_ASSERT(json_error_code(theirs) == json_error_numeric_overflow);
	return strncmp(theirs->text, "real", 4) == 0 ? JSON_TWIN_REAL
						     : JSON_TWIN_INTEGER;
}

enum json_twin
json_twin(struct gate_span in)
{
	enum json_twin which = JSON_TWIN_AGREE;
	struct gate_json *ours = NULL;
	enum gate_code code;
	json_error_t error;
	json_t *theirs;

	theirs = json_loadb((const char *)in.p, in.n,
	    JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	code = gate_json_parse(in, &ours, NULL);
	GATE_ASSERT(code != GATE_E_NOMEM);
	if ((code == GATE_OK) != (theirs != NULL))
		which = why_not(in, code, &error);
	else if (theirs != NULL)
		compare(ours, theirs);
	gate_json_free(ours);
	json_decref(theirs);
	return which;
}

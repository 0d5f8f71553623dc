/*
 * RFC 6901, JSON Pointer, over lib/json.c's accessors: knows nothing of
 * json-c. json-c has a json_pointer_get of its own, which takes array
 * indices like "01" and copies the pointer for every look-up.
 */
#include "config.h"

#include "lib/json.h"

/* No key of a reference token may be longer: pointers are ours, and stand
 * in configuration. A longer one finds nothing. */
#define TOKEN_MAX 255

/*
 * Takes "/token" and writes it unescaped. False on a bad escape or if it is
 * too long.
 */
static bool
take_token(struct gate_span *pointer, char token[TOKEN_MAX + 1])
{
	struct gate_span c;
	size_t n = 0;

	if (!gate_span_skip(pointer, "/"))
		return false;
	while (pointer->n > 0 && pointer->p[0] != '/') {
		if (n == TOKEN_MAX || !gate_span_take(pointer, 1, &c))
			return false;
		token[n] = (char)c.p[0];
		if (c.p[0] == '~') {
			if (gate_span_skip(pointer, "0"))
				token[n] = '~';
			else if (gate_span_skip(pointer, "1"))
				token[n] = '/';
			else
				return false;
		}
		n++;
	}
	token[n] = '\0';
	return true;
}

bool
gate_json_pointer_valid(const char *pointer)
{
	struct gate_span rest = gate_span_str(pointer);
	char token[TOKEN_MAX + 1];

	while (rest.n > 0) {
		if (!take_token(&rest, token))
			return false;
	}
	return true;
}

/* "0", or digits that do not begin with 0 (RFC 6901 section 4). */
static bool
array_element(const struct gate_json *array, const char *token,
    const struct gate_json **out)
{
	struct gate_span digits = gate_span_str(token);
	size_t count = gate_json_count(array);
	uint64_t i;

	if ((digits.n > 1 && digits.p[0] == '0') || count == 0 ||
	    !gate_span_u64(digits, count - 1, &i))
		return false;
	*out = gate_json_at(array, (size_t)i);
	return true;
}

bool
gate_json_pointer(const struct gate_json *v, const char *pointer,
    const struct gate_json **out)
{
	struct gate_span rest = gate_span_str(pointer);
	char token[TOKEN_MAX + 1];

	while (rest.n > 0) {
		bool found;

		if (!take_token(&rest, token))
			return false;
		if (gate_json_kind(v) == GATE_JSON_ARRAY)
			found = array_element(v, token, &v);
		else
			found = gate_json_get(v, token, &v);
		if (!found)
			return false;
	}
	*out = v;
	return true;
}

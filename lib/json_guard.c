/*
 * The strict scan before json-c. Walks the text once with a small stack of
 * its own (no recursion: the sender chooses the depth), and collects the
 * keys on the way; builds nothing else and changes nothing. At the end the
 * keys are sorted by (object, length, bytes): equal neighbours are
 * duplicates. Sorting instead of hashing needs no seed, and no sender can
 * make it slow: comparisons touch each byte a logarithmic number of times.
 *
 * Characters and numbers are read by lib/json_scan.c.
 */
#include "config.h"

#include "lib/json_guard.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json_scan.h"
#include "lib/num.h"

struct key {
	struct gate_span bytes; /* unescaped; in the input or in unescaped */
	size_t object;          /* number of the object it belongs to */
	size_t offset;          /* where it stands, for the error text */
};

struct level {
	bool is_object;
	size_t object; /* its number */
};

struct guard {
	struct gate_json_scan scan;
	size_t size; /* of the whole input */
	struct level stack[GATE_JSON_STORED_DEPTH_MAX];
	size_t depth, depth_max;
	size_t value_count, value_max;
	size_t object_count;
	struct key *keys;
	size_t key_count, key_cap;
	unsigned char *unescaped; /* size bytes, made for the first escape */
	size_t unescaped_n;
};

/* Called with the scan standing where the fault is. */
static enum gate_code
fail(struct guard *g, enum gate_code code, const char *what)
{
	g->scan.fault = what;
	return code;
}

static enum gate_code
grow_keys(struct guard *g)
{
	size_t cap = g->key_cap == 0 ? 64 : g->key_cap * 2;
	struct key *keys = realloc(g->keys, cap * sizeof(*keys));

	if (keys == NULL)
		return fail(g, GATE_E_NOMEM, "out of memory");
	g->keys = keys;
	g->key_cap = cap;
	return GATE_OK;
}

/* The bytes a key stands for. No escape is shorter than what it means, so
 * all keys together fit into as many bytes as the input has. */
static enum gate_code
unescape_key(struct guard *g, struct gate_span raw, struct gate_span *out)
{
	size_t n;

	if (raw.n == 0 || memchr(raw.p, '\\', raw.n) == NULL) {
		*out = raw;
		return GATE_OK;
	}
	if (g->unescaped == NULL)
		g->unescaped = malloc(g->size);
	if (g->unescaped == NULL)
		return fail(g, GATE_E_NOMEM, "out of memory");
	GATE_ASSERT(raw.n <= g->size - g->unescaped_n);
	n = gate_json_unescape(raw, g->unescaped + g->unescaped_n);
	*out = (struct gate_span){g->unescaped + g->unescaped_n, n};
	g->unescaped_n += n;
	return GATE_OK;
}

/* "key" : */
static enum gate_code
scan_key(struct guard *g)
{
	struct key k = {.object = g->stack[g->depth - 1].object};
	struct gate_span raw;
	enum gate_code code;

	gate_json_scan_space(&g->scan);
	k.offset = g->size - g->scan.rest.n;
	if (!gate_json_scan_is(&g->scan, '"'))
		return fail(g, GATE_E_BAD, "a key was expected");
	code = gate_json_scan_string(&g->scan, &raw);
	if (code == GATE_OK)
		code = unescape_key(g, raw, &k.bytes);
	if (code == GATE_OK && g->key_count == g->key_cap)
		code = grow_keys(g);
	if (code != GATE_OK)
		return code;
	g->keys[g->key_count++] = k;
	gate_json_scan_space(&g->scan);
	if (!gate_json_scan_skip(&g->scan, ':'))
		return fail(g, GATE_E_BAD, "a colon was expected");
	return GATE_OK;
}

/*
 * After '{' or '['. *closed: it was empty, nothing was pushed. Else the scan
 * stands before the first value.
 */
static enum gate_code
open_level(struct guard *g, bool is_object, bool *closed)
{
	if (g->depth == g->depth_max)
		return fail(g, GATE_E_LIMIT, "nested too deep");
	gate_json_scan_space(&g->scan);
	*closed = gate_json_scan_skip(&g->scan, is_object ? '}' : ']');
	if (*closed)
		return GATE_OK;
	g->stack[g->depth++] =
	    (struct level){is_object, is_object ? g->object_count++ : 0};
	return is_object ? scan_key(g) : GATE_OK;
}

/* One value; of an object or array that is not empty only its beginning,
 * and then *complete is false. */
static enum gate_code
scan_value(struct guard *g, bool *complete)
{
	struct gate_json_scan *s = &g->scan;

	*complete = true;
	gate_json_scan_space(s);
	if (g->value_count++ == g->value_max)
		return fail(g, GATE_E_LIMIT, "too many values");
	if (gate_json_scan_skip(s, '{'))
		return open_level(g, true, complete);
	if (gate_json_scan_skip(s, '['))
		return open_level(g, false, complete);
	return gate_json_scan_scalar(s);
}

/* After a complete value inside a container: a comma (and then the next
 * key), or any number of closing brackets. *more: a value must follow. */
static enum gate_code
scan_after(struct guard *g, bool *more)
{
	struct gate_json_scan *s = &g->scan;

	*more = false;
	while (g->depth > 0) {
		bool is_object = g->stack[g->depth - 1].is_object;

		gate_json_scan_space(s);
		if (gate_json_scan_skip(s, ',')) {
			*more = true;
			return is_object ? scan_key(g) : GATE_OK;
		}
		if (!gate_json_scan_skip(s, is_object ? '}' : ']'))
			return fail(g, GATE_E_BAD,
			    "a comma or a closing bracket was expected");
		g->depth--;
	}
	return GATE_OK;
}

static enum gate_code
scan_document(struct guard *g)
{
	enum gate_code code;
	bool more = true;

	while (more) {
		bool complete;

		code = scan_value(g, &complete);
		if (code != GATE_OK)
			return code;
		if (!complete)
			continue;
		code = scan_after(g, &more);
		if (code != GATE_OK)
			return code;
	}
	gate_json_scan_space(&g->scan);
	if (g->scan.rest.n != 0)
		return fail(g, GATE_E_BAD, "something follows the value");
	return GATE_OK;
}

static int
compare_keys(const void *left, const void *right)
{
	const struct key *a = left;
	const struct key *b = right;

	if (a->object != b->object)
		return a->object < b->object ? -1 : 1;
	if (a->bytes.n != b->bytes.n)
		return a->bytes.n < b->bytes.n ? -1 : 1;
	return gate_span_compare(a->bytes, b->bytes);
}

static enum gate_code
check_duplicates(struct guard *g)
{
	size_t i;

	if (g->key_count < 2)
		return GATE_OK;
	qsort(g->keys, g->key_count, sizeof(*g->keys), compare_keys);
	for (i = 1; i < g->key_count; i++) {
		const struct key *a = &g->keys[i - 1];
		const struct key *b = &g->keys[i];

		if (compare_keys(a, b) != 0)
			continue;
		g->scan.rest.n =
		    g->size - (a->offset > b->offset ? a->offset : b->offset);
		return fail(g, GATE_E_BAD, "duplicate key");
	}
	return GATE_OK;
}

/* g has its limits. */
static enum gate_code
run(struct guard *g, struct gate_span in, struct gate_err *err)
{
	enum gate_code code;

	g->scan.rest = in;
	g->size = in.n;
	code = scan_document(g);
	if (code == GATE_OK)
		code = check_duplicates(g);
	free(g->keys);
	free(g->unescaped);
	if (code != GATE_OK)
		(void)gate_err_set(err, code, "JSON: %s at byte %zu",
		    g->scan.fault, in.n - g->scan.rest.n);
	return code;
}

enum gate_code
gate_json_guard_within(
    struct gate_span in, size_t depth_max, struct gate_err *err)
{
	struct guard g = {
	    .depth_max = depth_max,
	    .value_max = GATE_JSON_VALUES_MAX,
	};

	GATE_ASSERT(depth_max <= GATE_JSON_DEPTH_MAX);
	return run(&g, in, err);
}

enum gate_code
gate_json_guard(struct gate_span in, struct gate_err *err)
{
	return gate_json_guard_within(in, GATE_JSON_DEPTH_MAX, err);
}

enum gate_code
gate_json_guard_stored(struct gate_span in, bool *wide, struct gate_err *err)
{
	struct guard g = {
	    .scan = {.stored = true},
	    .depth_max = GATE_JSON_STORED_DEPTH_MAX,
	    .value_max = SIZE_MAX,
	};
	enum gate_code code = run(&g, in, err);

	*wide = g.scan.wide;
	return code;
}

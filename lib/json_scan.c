/*
 * Strings, numbers and literals of RFC 8259. Every function either takes a
 * whole token or leaves the scan at the byte that is wrong.
 */
#include "config.h"

#include "lib/json_scan.h"

#include <stdint.h>
#include <string.h>

#include "lib/codec.h"
#include "lib/json_guard.h"
#include "lib/num.h"
#include "lib/utf8.h"

static enum gate_code
fail(struct gate_json_scan *s, enum gate_code code, const char *what)
{
	s->fault = what;
	return code;
}

static void
drop(struct gate_json_scan *s, size_t n)
{
	struct gate_span dropped;

	GATE_ASSERT(gate_span_take(&s->rest, n, &dropped));
}

void
gate_json_scan_space(struct gate_json_scan *s)
{
	size_t n = 0;

	while (n < s->rest.n &&
	    (s->rest.p[n] == ' ' || s->rest.p[n] == '\n' ||
		s->rest.p[n] == '\r' || s->rest.p[n] == '\t'))
		n++;
	drop(s, n);
}

bool
gate_json_scan_is(const struct gate_json_scan *s, unsigned char c)
{
	return s->rest.n > 0 && s->rest.p[0] == c;
}

bool
gate_json_scan_skip(struct gate_json_scan *s, unsigned char c)
{
	if (!gate_json_scan_is(s, c))
		return false;
	drop(s, 1);
	return true;
}

/* Takes "XXXX". */
static bool
take_hex4(struct gate_span *s, uint32_t *v)
{
	struct gate_span digits;
	unsigned char two[2];

	if (!gate_span_take(s, 4, &digits) ||
	    !gate_hex_decode(digits, two, sizeof(two)))
		return false;
	*v = (uint32_t)two[0] << 8 | two[1];
	return true;
}

/*
 * Takes what follows "\u", a surrogate pair as one. Leaves 0 for \u0000,
 * which the caller refuses.
 */
static bool
take_unicode(struct gate_span *s, uint32_t *code_point)
{
	uint32_t high, low;

	if (!take_hex4(s, &high) || (high >= 0xdc00 && high <= 0xdfff))
		return false;
	*code_point = high;
	if (high < 0xd800 || high > 0xdfff)
		return true;
	if (!gate_span_skip(s, "\\u") || !take_hex4(s, &low) || low < 0xdc00 ||
	    low > 0xdfff)
		return false;
	*code_point = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
	return true;
}

/* Takes one escape after its backslash. */
static bool
take_escape(struct gate_span *s, uint32_t *code_point)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";
	struct gate_span letter;
	const char *at;

	if (!gate_span_take(s, 1, &letter) || letter.p[0] == '\0')
		return false;
	if (letter.p[0] == 'u')
		return take_unicode(s, code_point);
	at = strchr(letters, letter.p[0]);
	if (at == NULL)
		return false;
	*code_point = (unsigned char)meanings[at - letters];
	return true;
}

/* One character of a string that is no plain ASCII. */
static enum gate_code
scan_odd(struct gate_json_scan *s)
{
	struct gate_span after = s->rest;
	uint32_t code_point;

	if (gate_span_skip(&after, "\\")) {
		if (!take_escape(&after, &code_point))
			return fail(s, GATE_E_BAD, "bad escape");
		if (code_point == 0)
			return fail(s, GATE_E_BAD, "escaped NUL");
	} else if (s->rest.p[0] < 0x20) {
		return fail(s, GATE_E_BAD, "control character in a string");
	} else if (!gate_utf8_take(&after, &code_point)) {
		return fail(s, GATE_E_BAD, "not UTF-8");
	}
	s->rest = after;
	return GATE_OK;
}

static bool
is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

enum gate_code
gate_json_scan_string(struct gate_json_scan *s, struct gate_span *raw)
{
	struct gate_span start;

	if (!gate_json_scan_skip(s, '"'))
		return fail(s, GATE_E_BAD, "a string was expected");
	start = s->rest;
	while (!gate_json_scan_is(s, '"')) {
		enum gate_code code;
		size_t n = 0;

		while (n < s->rest.n && is_plain(s->rest.p[n]))
			n++;
		drop(s, n);
		if (s->rest.n == 0)
			return fail(s, GATE_E_BAD, "a string has no end");
		if (gate_json_scan_is(s, '"'))
			break;
		code = scan_odd(s);
		if (code != GATE_OK)
			return code;
	}
	if (raw != NULL)
		*raw = (struct gate_span){start.p, start.n - s->rest.n};
	drop(s, 1);
	return GATE_OK;
}

size_t
gate_json_unescape(struct gate_span raw, unsigned char *dst)
{
	struct gate_span one;
	uint32_t code_point;
	size_t n = 0;

	while (raw.n > 0) {
		if (!gate_span_skip(&raw, "\\")) {
			GATE_ASSERT(gate_span_take(&raw, 1, &one));
			dst[n++] = one.p[0];
			continue;
		}
		GATE_ASSERT(take_escape(&raw, &code_point));
		n += gate_utf8_encode(code_point, dst + n);
	}
	return n;
}

/* Takes the digits at the front. */
static struct gate_span
take_digits(struct gate_span *s)
{
	struct gate_span digits = {s->p, 0};

	while (
	    digits.n < s->n && s->p[digits.n] >= '0' && s->p[digits.n] <= '9')
		digits.n++;
	GATE_ASSERT(gate_span_take(s, digits.n, &digits));
	return digits;
}

/* The parts of one number; exponent and fraction without their marks. */
struct number {
	bool negative;
	struct gate_span whole;
	bool has_fraction;
	bool has_exponent;
	struct gate_span exponent;
};

/* int [ frac ] [ exp ] of RFC 8259 section 6. */
static bool
take_number(struct gate_span *s, struct number *n)
{
	bool signed_exponent;

	n->negative = gate_span_skip(s, "-");
	n->whole = take_digits(s);
	if (n->whole.n == 0 || (n->whole.n > 1 && n->whole.p[0] == '0'))
		return false;
	n->has_fraction = gate_span_skip(s, ".");
	if (n->has_fraction && take_digits(s).n == 0)
		return false;
	n->has_exponent = gate_span_skip(s, "e") || gate_span_skip(s, "E");
	if (!n->has_exponent)
		return true;
	signed_exponent = gate_span_skip(s, "+") || gate_span_skip(s, "-");
	(void)signed_exponent; /* either sign or none */
	n->exponent = take_digits(s);
	return n->exponent.n > 0;
}

/* An integer that json-c would silently make the nearest one it has. */
static bool
is_wide(const struct number *n)
{
	uint64_t magnitude;

	return !n->has_fraction && !n->has_exponent &&
	    !gate_span_u64(n->whole,
		n->negative ? (uint64_t)INT64_MAX + 1 : UINT64_MAX, &magnitude);
}

static enum gate_code
scan_number(struct gate_json_scan *s)
{
	struct gate_span after = s->rest;
	struct number n = {.negative = false};
	uint64_t exponent;
	size_t max = GATE_JSON_NUMBER_MAX;

	if (!take_number(&after, &n))
		return fail(s, GATE_E_BAD, "bad number");
	if (s->stored && !n.has_exponent)
		max = GATE_JSON_STORED_NUMBER_MAX;
	if (s->rest.n - after.n > max)
		return fail(s, GATE_E_LIMIT, "number too long");
	/* Without leading zeros: "1e0000000000000000000001" is 1e1. */
	while (n.exponent.n > 1 && n.exponent.p[0] == '0')
		n.exponent =
		    (struct gate_span){n.exponent.p + 1, n.exponent.n - 1};
	if (n.has_exponent &&
	    !gate_span_u64(n.exponent, GATE_JSON_EXPONENT_MAX, &exponent))
		return fail(s, GATE_E_LIMIT, "exponent too large");
	if (s->stored && n.has_exponent &&
	    s->exponents++ == GATE_JSON_VALUES_MAX)
		return fail(s, GATE_E_LIMIT, "too many exponents");
	if (is_wide(&n)) {
		if (!s->stored)
			return fail(s, GATE_E_BAD, "integer beyond 64 bits");
		s->wide = true;
	}
	s->rest = after;
	return GATE_OK;
}

enum gate_code
gate_json_scan_scalar(struct gate_json_scan *s)
{
	static const char *const literals[] = {"true", "false", "null"};
	size_t i;

	if (gate_json_scan_is(s, '"'))
		return gate_json_scan_string(s, NULL);
	for (i = 0; i < GATE_COUNT(literals); i++) {
		/* "nullx" is found out by what must follow a value. */
		if (gate_span_skip(&s->rest, literals[i]))
			return GATE_OK;
	}
	if (s->rest.n > 0 &&
	    (s->rest.p[0] == '-' ||
		(s->rest.p[0] >= '0' && s->rest.p[0] <= '9')))
		return scan_number(s);
	return fail(s, GATE_E_BAD, "a value was expected");
}

/* Takes a string, a number, or one byte of what is neither. */
static bool
take_token(struct gate_span *s, struct number *n)
{
	struct gate_json_scan scan = {.rest = *s};
	struct gate_span one;

	if (gate_json_scan_is(&scan, '"')) {
		GATE_ASSERT(gate_json_scan_string(&scan, NULL) == GATE_OK);
		*s = scan.rest;
		return false;
	}
	if (s->p[0] == '-' || (s->p[0] >= '0' && s->p[0] <= '9')) {
		GATE_ASSERT(take_number(s, n));
		return true;
	}
	GATE_ASSERT(gate_span_take(s, 1, &one));
	return false;
}

enum gate_code
gate_json_put_widened(struct gate_span in, struct gate_buf *out)
{
	while (in.n > 0 && out->failed == GATE_OK) {
		struct gate_span token = in;
		struct number n = {.negative = false};
		bool is_number = take_token(&in, &n);

		token.n -= in.n;
		(void)gate_buf_put(out, token); /* out remembers */
		if (is_number && is_wide(&n))
			(void)gate_buf_put_str(out, ".0");
	}
	return out->failed;
}

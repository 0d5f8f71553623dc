/*
 * PCRE2 and its limits. Owns the options that bring it near to ECMA-262,
 * which JSON Schema asks for, and the arithmetic of what one match may cost.
 *
 * PCRE2 begins a search at each character of the string, counts its limit
 * anew at each, and does not count what a single repeated class runs
 * through. So the limit is divided by the places where it can begin, and the
 * string's length counts squared. The just-in-time compiler is not asked:
 * it writes executable memory and keeps another kind of limits.
 */
#include "config.h"

#include "lib/schema_pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#include "lib/num.h"
#include "lib/schema.h"

#define PARENS_MAX 30
#define HEAP_MAX_KIB 2048

/* Steps of PCRE2's own, over all places where a match can begin. */
#define CALLS_SOFT 4000
#define CALLS_HARD 2000000
#define CALLS_MIN 64 /* at one place: else nothing would match */
#define COST_SOFT 100
#define COST_HARD 50000
#define COST_SCAN 1024 /* characters run through for a step */

struct gate_pattern {
	pcre2_code *code;
	pcre2_match_data *found;
	pcre2_match_context *soft, *hard;
	bool anchored; /* it can match at the beginning only */
};

/* \d, \w and \s mean ASCII, $ is the very end, \uXXXX is a character. \C
 * would split characters. */
#define OPTIONS                                                                \
	(PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_NEVER_UCP |                    \
	    PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY |                   \
	    PCRE2_ALLOW_EMPTY_CLASS | PCRE2_MATCH_UNSET_BACKREF |              \
	    PCRE2_ALT_BSUX)

static enum gate_code
complain(struct gate_err *err, int number, size_t offset)
{
	unsigned char text[120];

	if (number == PCRE2_ERROR_NOMEMORY)
		return GATE_E_NOMEM;
	if (pcre2_get_error_message(number, text, sizeof(text)) < 0)
		text[0] = '\0';
	return gate_err_set(
	    err, GATE_E_BAD, "%s at offset %zu", (const char *)text, offset);
}

static enum gate_code
compile(struct gate_span text, pcre2_code **out, struct gate_err *err)
{
	pcre2_compile_context *c = pcre2_compile_context_create(NULL);
	size_t offset = 0;
	int number = PCRE2_ERROR_NOMEMORY;

	if (c != NULL) {
		(void)pcre2_set_parens_nest_limit(c, PARENS_MAX);
		(void)pcre2_set_compile_extra_options(c, PCRE2_EXTRA_ALT_BSUX);
		*out = pcre2_compile(text.n > 0 ? text.p : (PCRE2_SPTR) "",
		    text.n, OPTIONS, &number, &offset, c);
		pcre2_compile_context_free(c);
	}
	return *out != NULL ? GATE_OK : complain(err, number, offset);
}

static pcre2_match_context *
context_new(void)
{
	pcre2_match_context *c = pcre2_match_context_create(NULL);

	if (c != NULL)
		(void)pcre2_set_heap_limit(c, HEAP_MAX_KIB);
	return c;
}

/* What PCRE2 has beyond ECMA-262 and a schema has no business with: verbs,
 * which may lift limits, recursion, callouts. */
static bool
is_foreign(struct gate_span s)
{
	static const char *const openings[] = {"(*", "(?R", "(?C", "(?&", "(?P",
	    "(?(", "(?|", "(?+", "(?0", "(?1", "(?2", "(?3", "(?4", "(?5",
	    "(?6", "(?7", "(?8", "(?9", "\\g", "\\Q"};
	struct gate_span one;
	size_t i;

	while (s.n > 0) {
		for (i = 0; i < GATE_COUNT(openings); i++)
			if (gate_span_starts(s, openings[i]))
				return true;
		if (gate_span_skip(&s, "\\") && s.n == 0)
			break;
		if (!gate_span_take(&s, 1, &one))
			break;
	}
	return false;
}

enum gate_code
gate_pattern_new(
    struct gate_span text, struct gate_pattern **out, struct gate_err *err)
{
	struct gate_pattern *p;
	enum gate_code code;
	uint32_t options = 0;

	if (text.n > GATE_SCHEMA_PATTERN_BYTES_MAX)
		return gate_err_set(err, GATE_E_BAD, "longer than %d bytes",
		    GATE_SCHEMA_PATTERN_BYTES_MAX);
	if (is_foreign(text))
		return gate_err_set(err, GATE_E_BAD,
		    "has what ECMA-262 does not have: a verb, a recursion, a "
		    "condition or a callout");
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return GATE_E_NOMEM;
	code = compile(text, &p->code, err);
	if (code == GATE_OK) {
		p->found = pcre2_match_data_create(1, NULL);
		p->soft = context_new();
		p->hard = context_new();
		if (p->found == NULL || p->soft == NULL || p->hard == NULL)
			code = GATE_E_NOMEM;
	}
	if (code != GATE_OK) {
		gate_pattern_free(p);
		return code;
	}
	(void)pcre2_pattern_info(p->code, PCRE2_INFO_ALLOPTIONS, &options);
	p->anchored = (options & PCRE2_ANCHORED) != 0;
	*out = p;
	return GATE_OK;
}

void
gate_pattern_free(struct gate_pattern *p)
{
	if (p == NULL)
		return;
	pcre2_code_free(p->code);
	pcre2_match_data_free(p->found);
	pcre2_match_context_free(p->soft);
	pcre2_match_context_free(p->hard);
	free(p);
}

static size_t
begins(const struct gate_pattern *p, struct gate_span s)
{
	return p->anchored ? 1 : s.n + 1;
}

enum gate_code
gate_pattern_match(const struct gate_pattern *p, struct gate_span s, bool hard)
{
	pcre2_match_context *c = hard ? p->hard : p->soft;
	size_t calls = (hard ? CALLS_HARD : CALLS_SOFT) / begins(p, s);
	int rc;

	if (s.n > GATE_PATTERN_SUBJECT_MAX)
		return GATE_E_LIMIT;
	if (calls < CALLS_MIN)
		calls = CALLS_MIN;
	(void)pcre2_set_match_limit(c, (uint32_t)calls);
	rc = pcre2_match(p->code, s.n > 0 ? s.p : (PCRE2_SPTR) "", s.n, 0,
	    PCRE2_NO_UTF_CHECK, p->found, c);
	switch (rc) {
	case PCRE2_ERROR_NOMATCH:
		return GATE_E_UNKNOWN;
	case PCRE2_ERROR_NOMEMORY:
		return GATE_E_NOMEM;
	default: /* 0: more groups than there is room for, which is 1 */
		return rc >= 0 ? GATE_OK : GATE_E_LIMIT;
	}
}

size_t
gate_pattern_cost(const struct gate_pattern *p, struct gate_span s, bool hard)
{
	size_t n =
	    s.n < GATE_PATTERN_SUBJECT_MAX ? s.n : GATE_PATTERN_SUBJECT_MAX;

	return (hard ? COST_HARD : COST_SOFT) +
	    begins(p, gate_span_of(s.p, n)) * n / COST_SCAN;
}

#define TEXT(x) #x
#define TEXT_OF(x) TEXT(x)

const char *
gate_pattern_version(void)
{
	return "PCRE2 " TEXT_OF(PCRE2_MAJOR) "." TEXT_OF(PCRE2_MINOR);
}

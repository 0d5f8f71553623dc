/*
 * The judgement over one stored event: to whom it goes, its words, and what
 * both kinds have in common.
 */
#include "config.h"

#include "cli/evidence.h"

#include <stdarg.h>
#include <stdio.h>

#include "lib/json.h"
#include "lib/num.h"

static const char *const names[] = {
    [EVIDENCE_AUTHENTIC] = "authentic",
    [EVIDENCE_ALTERED] = "altered",
    [EVIDENCE_KEY_GONE] = "key_gone",
    [EVIDENCE_BODY_NOT_KEPT] = "body_not_kept",
    [EVIDENCE_CANNOT_TELL] = "cannot_tell",
};
_Static_assert(
    GATE_COUNT(names) == EVIDENCE_VERDICT_COUNT, "a name is missing");

const char *
evidence_verdict_name(enum evidence_verdict verdict)
{
	return names[verdict];
}

bool
evidence_ends(
    struct evidence *out, enum evidence_verdict verdict, const char *fmt, ...)
{
	va_list ap;

	out->verdict = verdict;
	va_start(ap, fmt);
	(void)vsnprintf(out->why, sizeof(out->why), fmt, ap);
	va_end(ap);
	return false;
}

enum gate_code
evidence_compare(const struct evidence_event *e,
    const struct evidence_made *made, const char **why)
{
	struct gate_json *stored = NULL, *anew = NULL;
	enum gate_code code;

	*why = NULL;
	if (!gate_span_equal(made->object_ref, e->object_ref))
		*why = "object_ref is not the body's";
	else if (made->has_occurred != e->has_occurred ||
	    (made->has_occurred && made->occurred_ms != e->occurred_ms))
		*why = "occurred_at is not the body's";
	if (*why != NULL)
		return GATE_OK;
	code = gate_json_parse_stored(made->canonical, &anew, NULL);
	if (code == GATE_OK)
		code = gate_json_parse_stored(e->canonical, &stored, NULL);
	if (code == GATE_OK && !gate_json_equal(stored, anew))
		*why = "canonical is not what the body makes";
	else if (code != GATE_OK && code != GATE_E_NOMEM)
		*why = "canonical is no document";
	gate_json_free(stored);
	gate_json_free(anew);
	return code == GATE_E_NOMEM ? code : GATE_OK;
}

enum gate_code
evidence_judge(const struct gate_sites *sites, const struct gate_dummy *dummy,
    const struct evidence_event *e, struct evidence *out)
{
	*out = (struct evidence){.verdict = EVIDENCE_AUTHENTIC};
	return e->source.n > 0 ? evidence_judge_source(sites, e, out)
			       : evidence_judge_own(sites, dummy, e, out);
}

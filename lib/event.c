/*
 * From a type to its schema, and the two questions asked of it as one. A
 * check that is given up is a fault: it would be given up the next time, too.
 */
#include "config.h"

#include "lib/event.h"

#include <stdio.h>

static const struct gate_schema *
find(const struct gate_event_rules *rules, struct gate_span type)
{
	size_t i;

	for (i = 0; i < rules->count; i++)
		if (gate_span_is(type, rules->list[i].type))
			return rules->list[i].schema;
	return NULL;
}

enum gate_code
gate_event_judge(const struct gate_event_rules *rules, struct gate_span type,
    const struct gate_json *event, struct gate_json **shaped,
    struct gate_schema_fault *fault)
{
	const struct gate_schema *schema = find(rules, type);
	enum gate_code code;

	*shaped = NULL;
	if (schema == NULL)
		return GATE_OK;
	code = gate_schema_check(schema, event, fault);
	if (code == GATE_OK && gate_schema_shapes(schema)) {
		code = gate_schema_shape(schema, event, shaped);
		if (code == GATE_E_LIMIT)
			*fault = (struct gate_schema_fault){
			    .keyword = GATE_SCHEMA_TOO_MUCH};
	}
	return code == GATE_E_LIMIT ? GATE_E_BAD : code;
}

void
gate_event_cause(
    const struct gate_schema_fault *fault, char dst[GATE_EVENT_CAUSE_MAX])
{
	(void)snprintf(dst, GATE_EVENT_CAUSE_MAX, "schema: %s at %s",
	    fault->keyword, fault->where[0] != '\0' ? fault->where : "the top");
}

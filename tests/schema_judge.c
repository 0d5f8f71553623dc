/*
 * lib/schema.c for scripts. Reads lines, answers each with one:
 *
 *	S{"type":"string"}   the schema from now on: ok | refused POINTER: TEXT
 *	I"abc"               a value: valid | invalid KEYWORD WHERE |
 *	                     limit KEYWORD WHERE | bad (no JSON for us)
 *	F"abc"               the value as it would be stored, if it is valid
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/schema.h"

struct refusal {
	char text[1024]; /* the first one */
};

static void
note(const char *pointer, const char *text, void *ctx)
{
	struct refusal *r = ctx;

	if (r->text[0] == '\0')
		(void)snprintf(
		    r->text, sizeof(r->text), "refused %s: %s", pointer, text);
}

static void
take_schema(struct gate_span text, struct gate_schema **schema)
{
	struct refusal r = {""};

	gate_schema_free(*schema);
	*schema = NULL;
	if (gate_schema_new(text, note, &r, schema) == GATE_OK)
		(void)snprintf(r.text, sizeof(r.text), "ok");
	printf("%s\n", r.text);
}

static void
print_shape(const struct gate_schema *schema, const struct gate_json *v)
{
	struct gate_json *out = NULL;
	struct gate_buf text;

	gate_buf_init(&text, 8u * 1024 * 1024);
	if (gate_schema_shape(schema, v, &out) != GATE_OK ||
	    gate_json_text(out, &text) != GATE_OK)
		printf("limit\n");
	else
		printf("%s\n", gate_buf_str(&text));
	gate_buf_clear(&text);
	gate_json_free(out);
}

static void
take_value(struct gate_span text, const struct gate_schema *schema, bool shape)
{
	struct gate_schema_fault fault;
	struct gate_json *v = NULL;
	enum gate_code code;

	if (schema == NULL || gate_json_parse(text, &v, NULL) != GATE_OK) {
		printf("bad\n");
		return;
	}
	code = gate_schema_check(schema, v, &fault);
	if (code != GATE_OK)
		printf("%s %s %s\n", code == GATE_E_BAD ? "invalid" : "limit",
		    fault.keyword, fault.where);
	else if (shape)
		print_shape(schema, v);
	else
		printf("valid\n");
	gate_json_free(v);
}

int
main(void)
{
	struct gate_schema *schema = NULL;
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	while ((n = getline(&line, &room, stdin)) > 1) {
		struct gate_span text = gate_span_of(line + 1, (size_t)n - 2);

		if (line[0] == 'S')
			take_schema(text, &schema);
		else
			take_value(text, schema, line[0] == 'F');
		fflush(stdout);
	}
	free(line);
	gate_schema_free(schema);
	return EXIT_SUCCESS;
}

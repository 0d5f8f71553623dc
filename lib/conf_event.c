/*
 * Events with their schemas: what the tables cannot say of them. A schema is
 * a JSON file beside the configuration; its errors are told as FILE#POINTER,
 * at the line that names the file.
 */
#include "config.h"

#include "lib/conf_event.h"

#include <stdlib.h>
#include <string.h>

#include "lib/conf_fill.h"
#include "lib/conf_text.h"
#include "lib/conf_value.h"

/* Where a schema is named. */
struct place {
	const struct gate_conf_load *l;
	const struct gate_conf_block *b;
	const struct gate_conf_given *file;
};

static void
complain(const char *pointer, const char *text, void *ctx)
{
	const struct place *p = ctx;

	gate_conf_errors_put(p->l->errors, p->b->path, p->file->line, "schema",
	    "%s#%s: %s", p->file->text[0], pointer, text);
}

static void
load_schema(const struct gate_conf_load *l, const struct gate_conf_block *b,
    struct gate_event_rule *rule)
{
	struct place at = {l, b, gate_conf_block_key(b, "schema")};
	struct gate_err err = {GATE_OK, ""};
	enum gate_code code = GATE_E_NOMEM;
	struct gate_buf text;
	char *path;

	if (at.file->line == 0 || !(l->want & GATE_CONF_INGEST))
		return;
	gate_buf_init(&text, GATE_CONF_TEXT_MAX);
	path = gate_conf_path(l->conf->dir, at.file->text[0]);
	if (path != NULL)
		code = gate_conf_text_read(path, &text, &err);
	if (code == GATE_OK)
		code = gate_schema_new(
		    gate_buf_span(&text), complain, &at, &rule->schema);
	else if (code != GATE_E_NOMEM)
		gate_conf_errors_put(l->errors, b->path, at.file->line,
		    "schema", "%s: %s, expected a file with a JSON Schema",
		    at.file->text[0], err.text);
	if (code == GATE_E_NOMEM)
		l->errors->nomem = true;
	gate_buf_clear(&text);
	free(path);
}

void
gate_conf_events_load(const struct gate_conf_load *l,
    const struct gate_conf_block *b, struct gate_event_rules *out)
{
	const struct gate_conf_block *block;
	size_t i;

	out->list = gate_conf_fill_room(
	    b, "event", sizeof(*out->list), &out->count, l->errors);
	for (i = 0; i < out->count; i++) {
		block = gate_conf_block_at(b, "event", i);
		if (!gate_conf_is_event_type(gate_span_str(block->title)))
			gate_conf_errors_put(l->errors, block->path,
			    block->line, "event",
			    "bad type, expected one such as post.published");
		out->list[i].type = strdup(block->title);
		if (out->list[i].type == NULL)
			l->errors->nomem = true;
		gate_conf_fill(block, &out->list[i], l->conf->dir, l->errors);
		load_schema(l, block, &out->list[i]);
	}
}

void
gate_conf_events_clear(struct gate_event_rules *rules)
{
	size_t i;

	for (i = 0; i < rules->count; i++) {
		free(rules->list[i].type);
		gate_schema_free(rules->list[i].schema);
	}
	free(rules->list);
	*rules = (struct gate_event_rules){.count = 0};
}

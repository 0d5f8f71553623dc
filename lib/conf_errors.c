/*
 * The list of a load's errors. Knows nothing of keys or files: a line of
 * text with the place that it is sorted by.
 */
#include "config.h"

#include "lib/conf_errors.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/num.h"

#define LINE_MAX_BYTES 1024

struct gate_conf_error {
	size_t file; /* index of the first error of the same file */
	int line;
	size_t seq;
	char *path;
	char *text; /* the whole line */
};

void
gate_conf_errors_init(struct gate_conf_errors *e)
{
	*e = (struct gate_conf_errors){0};
}

void
gate_conf_errors_clear(struct gate_conf_errors *e)
{
	size_t i;

	for (i = 0; i < e->count; i++) {
		free(e->list[i].path);
		free(e->list[i].text);
	}
	free(e->list);
	gate_conf_errors_init(e);
}

static bool
make_room(struct gate_conf_errors *e)
{
	size_t room = e->room == 0 ? 16 : e->room, bytes;
	struct gate_conf_error *list;

	if (e->count < e->room)
		return true;
	if (e->room != 0 && !gate_mul(e->room, 2, &room))
		return false;
	if (!gate_mul(room, sizeof(*list), &bytes))
		return false;
	list = realloc(e->list, bytes);
	if (list == NULL)
		return false;
	e->list = list;
	e->room = room;
	return true;
}

static size_t
file_of(const struct gate_conf_errors *e, const char *path)
{
	size_t i;

	for (i = 0; i < e->count; i++)
		if (strcmp(e->list[i].path, path) == 0)
			return e->list[i].file;
	return e->count;
}

void
gate_conf_errors_put(struct gate_conf_errors *e, const char *path, int line,
    const char *key, const char *fmt, ...)
{
	char what[LINE_MAX_BYTES], text[2 * LINE_MAX_BYTES], where[32] = "";
	struct gate_conf_error *item;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (line > 0)
		(void)snprintf(where, sizeof(where), ":%d", line);
	(void)snprintf(text, sizeof(text), "%s%s: %s%s%s", path, where,
	    key == NULL ? "" : key, key == NULL ? "" : ": ", what);
	if (!make_room(e)) {
		e->nomem = true;
		return;
	}
	item = &e->list[e->count];
	item->file = file_of(e, path);
	item->line = line;
	item->seq = e->count;
	item->path = strdup(path);
	item->text = strdup(text);
	if (item->path == NULL || item->text == NULL) {
		free(item->path);
		free(item->text);
		e->nomem = true;
		return;
	}
	e->count++;
}

static int
by_place(const void *left, const void *right)
{
	const struct gate_conf_error *a = left, *b = right;

	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->seq < b->seq ? -1 : 1;
}

void
gate_conf_errors_report(
    struct gate_conf_errors *e, gate_conf_report *report, void *ctx)
{
	size_t i;

	if (e->count > 0)
		qsort(e->list, e->count, sizeof(*e->list), by_place);
	for (i = 0; report != NULL && i < e->count; i++)
		report(e->list[i].text, ctx);
}

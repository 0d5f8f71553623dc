/*
 * Counting by name. Rows stay when their count is nothing: there are as many
 * as services were ever called, which is few.
 */
#include "config.h"

#include "worker/tally.h"

#include <stdlib.h>
#include <string.h>

struct tally_row {
	char *name;
	size_t count;
};

static struct tally_row *
find(const struct tally *t, const char *name)
{
	size_t i;

	for (i = 0; i < t->count; i++)
		if (strcmp(t->rows[i].name, name) == 0)
			return &t->rows[i];
	return NULL;
}

static struct tally_row *
make(struct tally *t, const char *name)
{
	struct tally_row *rows =
	    reallocarray(t->rows, t->count + 1, sizeof(*rows));

	if (rows == NULL)
		return NULL;
	t->rows = rows;
	rows[t->count] = (struct tally_row){.name = strdup(name)};
	return rows[t->count].name == NULL ? NULL : &rows[t->count++];
}

enum gate_code
tally_add(struct tally *t, const char *name)
{
	struct tally_row *row = find(t, name);

	if (row == NULL)
		row = make(t, name);
	if (row == NULL)
		return GATE_E_NOMEM;
	row->count++;
	return GATE_OK;
}

void
tally_take(struct tally *t, const char *name)
{
	struct tally_row *row = find(t, name);

	GATE_ASSERT(row != NULL && row->count > 0);
	row->count--;
}

size_t
tally_of(const struct tally *t, const char *name)
{
	const struct tally_row *row = find(t, name);

	return row == NULL ? 0 : row->count;
}

void
tally_clear(struct tally *t)
{
	size_t i;

	for (i = 0; i < t->count; i++)
		free(t->rows[i].name);
	free(t->rows);
	*t = (struct tally){NULL, 0};
}

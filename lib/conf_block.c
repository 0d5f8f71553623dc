/*
 * Asking a block what the file says. Knows nothing of how it was read.
 */
#include "config.h"

#include "lib/conf_block.h"

#include <stdlib.h>
#include <string.h>

#include "lib/err.h"

const struct gate_conf_block *
gate_conf_block_at(const struct gate_conf_block *b, const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < b->block_count; i++)
		if (strcmp(b->blocks[i].spec->name, name) == 0 && n-- == 0)
			return &b->blocks[i];
	return NULL;
}

static size_t
key_index(const struct gate_conf_block *b, const char *name)
{
	size_t i = 0;

	while (
	    i < b->spec->key_count && strcmp(b->spec->keys[i].name, name) != 0)
		i++;
	GATE_ASSERT(i < b->spec->key_count);
	return i;
}

const struct gate_conf_given *
gate_conf_block_key(const struct gate_conf_block *b, const char *name)
{
	return &b->keys[key_index(b, name)];
}

const char *
gate_conf_block_text(const struct gate_conf_block *b, const char *name)
{
	size_t i = key_index(b, name);

	if (b->keys[i].line > 0)
		return b->keys[i].text[0];
	return b->spec->keys[i].def;
}

void
gate_conf_block_clear(struct gate_conf_block *b)
{
	size_t i, k;

	for (i = 0; b->keys != NULL && i < b->spec->key_count; i++) {
		for (k = 0; k < b->keys[i].count; k++)
			free(b->keys[i].text[k]);
		free(b->keys[i].text);
	}
	for (i = 0; i < b->block_count; i++)
		gate_conf_block_clear(&b->blocks[i]);
	free(b->keys);
	free(b->blocks);
	free(b->title);
}

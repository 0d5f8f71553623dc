/*
 * A block of a configuration file: still text, but known to the tables and
 * with the line of everything.
 */
#ifndef GATE_CONF_BLOCK_H
#define GATE_CONF_BLOCK_H

#include <stddef.h>

#include "lib/conf_table.h"

/* What the file says of one key. */
struct gate_conf_given {
	int line;    /* 0: nothing */
	char **text; /* one, or a list's elements */
	size_t count;
};

struct gate_conf_block {
	const struct gate_conf_spec *spec;
	const char *path;             /* of the file; borrowed from the tree */
	int line;                     /* of the opening brace */
	char *title;                  /* NULL if the block has none */
	struct gate_conf_given *keys; /* one for each of spec->keys */
	struct gate_conf_block *blocks; /* by kind, then in file order */
	size_t block_count;
};

/* The n-th block of that name within b, from 0; NULL if there is none. */
const struct gate_conf_block *gate_conf_block_at(
    const struct gate_conf_block *b, const char *name, size_t n);
/* What b says of a key, never NULL; line 0 if it says nothing. The name
 * must be in the table. */
const struct gate_conf_given *gate_conf_block_key(
    const struct gate_conf_block *b, const char *name);
/* The same as text, with the default where nothing is said; NULL if there
 * is no default either. */
const char *gate_conf_block_text(
    const struct gate_conf_block *b, const char *name);
/* Frees what is in it, not b itself. */
void gate_conf_block_clear(struct gate_conf_block *b);

#endif

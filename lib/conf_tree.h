/*
 * A configuration file as its blocks.
 */
#ifndef GATE_CONF_TREE_H
#define GATE_CONF_TREE_H

#include "lib/conf_block.h"
#include "lib/conf_errors.h"
#include "lib/conf_table.h"

struct gate_conf_tree {
	char *path;
	struct gate_conf_block top;
};

/*
 * Reads and parses a file. Errors go to errors. NULL: it has no blocks that
 * could be looked at. A tree may come with errors, too (an unknown key, a key
 * given twice), so that the rest is checked in the same run: a caller that
 * wants to use it looks at errors->count. The tree is the caller's to free.
 */
struct gate_conf_tree *gate_conf_tree_load(const char *path,
    const struct gate_conf_spec *spec, struct gate_conf_errors *errors);
void gate_conf_tree_free(struct gate_conf_tree *t);

#endif

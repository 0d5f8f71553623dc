/*
 * Blocks of the configuration into structs, as the tables say.
 */
#ifndef GATE_CONF_FILL_H
#define GATE_CONF_FILL_H

#include "lib/conf_errors.h"
#include "lib/conf_table.h"
#include "lib/conf_tree.h"

/*
 * Fills target, the zeroed struct of block b, from what the file says and
 * the table's defaults; also the single blocks in b that have an offset.
 * dir is what prompt files are relative to.
 * Each bad or missing value goes to errors and leaves its member zero.
 */
void gate_conf_fill(const struct gate_conf_block *b, void *target,
    const char *dir, struct gate_conf_errors *errors);
/* Frees what a fill allocated, by the same table. */
void gate_conf_unfill(const struct gate_conf_spec *spec, void *target);

/* A block's title as a name, the caller's to free; NULL, reported, if it is
 * none. */
char *gate_conf_fill_title(
    const struct gate_conf_block *b, struct gate_conf_errors *errors);
/* A zeroed array for the blocks of that name in b, the caller's to free;
 * NULL if there are none, or no memory. */
void *gate_conf_fill_room(const struct gate_conf_block *b, const char *name,
    size_t size, size_t *count, struct gate_conf_errors *errors);

#endif

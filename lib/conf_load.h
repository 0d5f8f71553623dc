/* What a loaded configuration keeps of its files, for conf_print.c. */
#ifndef GATE_CONF_LOAD_H
#define GATE_CONF_LOAD_H

#include <stddef.h>

#include "lib/conf_tree.h"

struct gate_conf_trees {
	struct gate_conf_tree *main;
	struct gate_conf_tree **sites; /* in the order of the sites */
	size_t site_count;
};

#endif

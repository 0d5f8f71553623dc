/*
 * Sites that were read but not accepted yet, and what must hold between
 * them.
 */
#ifndef GATE_CONF_CLASH_H
#define GATE_CONF_CLASH_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/conf_errors.h"
#include "lib/conf_tree.h"
#include "lib/site.h"

/* One file of sites.d on its way into the list of sites. */
struct gate_conf_candidate {
	struct gate_site site;
	struct gate_conf_tree *tree;
	bool bad;
};

struct gate_conf_candidates {
	struct gate_conf_candidate *list;
	size_t count;
};

/* Reports each clash at both its places and marks both sites bad. */
void gate_conf_clash_check(
    struct gate_conf_candidates *all, struct gate_conf_errors *errors);

#endif

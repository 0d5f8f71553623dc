/* Writing the configuration's names to the database; also the end of
 * `site add`. */
#ifndef CLI_APPLY_H
#define CLI_APPLY_H

#include "cli/command.h"

enum apply_output { APPLY_TEXT, APPLY_JSON, APPLY_QUIET };

/* Applies conf, all of whose sites are valid; prints what changed (JSON: as
 * one array) and raises the generation. */
int apply_conf(const struct gate_conf *conf, enum apply_output output);

/* Only raises it: for a change that the database does not know of. */
void apply_generation(const struct gate_conf *conf);

#endif

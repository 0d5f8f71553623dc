/*
 * The pre-fork parent: keeps a number of children serving.
 */
#ifndef FCGI_POOL_H
#define FCGI_POOL_H

#include <signal.h>

#include "fcgi/child.h"
#include "fcgi/settings.h"
#include "lib/err.h"

#define POOL_CHILDREN_MAX 512 /* fcgi.processes goes no higher */

/*
 * Starts children, restarts those that die (with a pause that grows for
 * those that die young), replaces all on GATE_SIG_RELOAD, stops all on
 * GATE_SIG_STOP. Never touches the database itself.
 *
 * start     listener, log and so on; the children's too
 * settings  taken over
 * Returns what the process should exit with; in a child it does not return
 * but exits.
 */
int pool_run(const struct child_start *start, struct settings *settings);

#endif

/*
 * A configuration that is in use, counted: a reload makes a new one, and
 * jobs in hand keep the old one alive until they are done.
 */
#ifndef WORKER_SETUP_H
#define WORKER_SETUP_H

#include <stddef.h>

#include "lib/conf.h"
#include "lib/err.h"
#include "lib/log.h"

struct setup {
	size_t users;
	struct gate_conf *conf;
	size_t bad_sites;
};

/*
 * Loads path, with the services' secrets; each error is logged. One user:
 * the caller. Codes as gate_conf_load. *out only on GATE_OK.
 */
enum gate_code setup_load(const char *path, const struct gate_log *log,
    struct setup **out) GATE_MUSTCHECK;
struct setup *setup_take(struct setup *s); /* one user more */
void setup_drop(struct setup *s);          /* one user less; takes NULL */

#endif

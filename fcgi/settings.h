/*
 * What the responder works by: the configuration as lib/conf loaded it, and
 * what is derived from it once, so that a request derives nothing.
 */
#ifndef FCGI_SETTINGS_H
#define FCGI_SETTINGS_H

#include <stdint.h>
#include <sys/types.h>

#include "fcgi/address.h"
#include "lib/conf.h"
#include "lib/err.h"
#include "lib/log.h"

struct settings {
	struct gate_conf *conf;
	struct gate_ranges proxies;
	char *generation_path; /* what `pressgate apply` touches */
	char *spool_path;
};

/*
 * Loads and validates everything; each error is logged as file:line.
 *
 * whole  true: a site file that does not load is an error too (a reload
 *        keeps what was there); false: it is loud and left out (a start)
 * Returns GATE_OK, GATE_E_CONF, GATE_E_NOMEM; *out only on GATE_OK.
 */
enum gate_code settings_load(const char *path, bool whole, struct gate_log *log,
    struct settings **out) GATE_MUSTCHECK;
void settings_free(struct settings *s);

/* Tells one state of the generation file from another. All zero: there is
 * no such file. */
struct generation {
	ino_t inode;
	off_t size;
	int64_t mtime_ns;
};

struct generation settings_generation(const struct settings *s);
bool settings_same_generation(struct generation a, struct generation b);

#endif

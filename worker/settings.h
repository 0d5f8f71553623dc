/* The command line of pressgate-worker. */
#ifndef WORKER_SETTINGS_H
#define WORKER_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"

#define SETTINGS_RUNTIME_MS 50000 /* of --once, if it is not given */

struct settings {
	const char *conf_path;
	bool once;              /* take what is due, then leave (cron) */
	int64_t max_runtime_ms; /* with once */
	bool check;             /* read the configuration and leave */
	bool help, version;
};

/*
 * GATE_OK, or GATE_E_BAD: err says which argument. env_conf: what the
 * environment names as configuration, or NULL. Borrows from argv.
 */
enum gate_code settings_parse(int argc, char *const *argv, const char *env_conf,
    struct settings *out, struct gate_err *err) GATE_MUSTCHECK;

#endif

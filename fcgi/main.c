/*
 * pressgate-fcgi: the responder. A list, in an order that matters: what can
 * fail for the operator fails before anything is listened on, and a request
 * never ends a process.
 */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fcgi/child.h"
#include "fcgi/counters.h"
#include "fcgi/listener.h"
#include "fcgi/pool.h"
#include "fcgi/settings.h"
#include "lib/crypto.h"
#include "lib/db.h"
#include "lib/log.h"
#include "lib/metrics.h"
#include "lib/proc.h"

#define EXIT_CONF 3 /* as in pressgate(1) and pressgate-worker(8) */

static const struct option options[] = {
    {"config", required_argument, NULL, 'c'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static void
print_version(void)
{
	char db[GATE_DB_VERSION_TEXT];

	gate_db_version(db);
	(void)printf("pressgate-fcgi %s, %s, %s\n", PACKAGE_VERSION,
	    gate_crypto_version(), db);
}

static void
print_help(FILE *f)
{
	(void)fprintf(f,
	    "usage: pressgate-fcgi [-c FILE]\n"
	    "\n"
	    "Serves FastCGI: on fd 0 if that is a listening socket, else on\n"
	    "systemd's socket, else on fcgi.listen of the configuration.\n"
	    "\n"
	    "  -c, --config FILE  configuration (%s,\n"
	    "                     or the environment's %s)\n"
	    "  -h, --help         this text\n"
	    "  -V, --version      versions of this program and its libraries\n",
	    GATE_CONF_FILE, GATE_CONF_PATH_ENV);
}

/* The path of the configuration, or NULL: *status is then to exit with. */
static const char *
read_options(int argc, char **argv, int *status)
{
	const char *path = getenv(GATE_CONF_PATH_ENV);
	int c;

	*status = EXIT_SUCCESS;
	while ((c = getopt_long(argc, argv, "c:hV", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			path = optarg;
			break;
		case 'h':
			print_help(stdout);
			return NULL;
		case 'V':
			print_version();
			return NULL;
		default:
			*status = EXIT_FAILURE;
			print_help(stderr);
			return NULL;
		}
	}
	return path == NULL || path[0] == '\0' ? GATE_CONF_FILE : path;
}

/* No room in /dev/shm, or a file of that name that is another's: it serves
 * all the same, but nobody will see what it counts, and where a web server
 * starts the processes, each has limits of its own. */
static void
tell_private(const struct gate_log *log, const struct settings *s,
    const char *what, bool is_shared)
{
	struct gate_log_line l;

	if (s->conf->metrics[0] == '\0' || is_shared)
		return;
	gate_log_start(&l, log, GATE_LOG_WARN, "main", what);
	gate_log_str(&l, "metrics", s->conf->metrics);
	gate_log_end(&l);
}

/* From "who are we" to "we may serve". */
static enum gate_code
prepare(const struct settings *s, struct listener *listener,
    sigset_t *wait_mask, struct child_start *start, struct gate_err *err)
{
	const struct gate_conf_fcgi *c = &s->conf->fcgi;
	enum gate_code code = gate_proc_signals(NULL, wait_mask, err);

	if (code == GATE_OK)
		code = listener_open(c, listener, err);
	if (code == GATE_OK)
		code = gate_proc_become(c->user, err);
	if (code == GATE_OK)
		code = gate_metrics_open(s->conf->metrics, "fcgi",
		    counters_table, COUNTERS_COUNT, &start->metrics, err);
	if (code == GATE_OK)
		code = limits_open(s->conf->metrics, &start->limits, err);
	if (code == GATE_OK)
		gate_proc_harden();
	return code;
}

int
main(int argc, char **argv)
{
	struct gate_err err = {0};
	struct gate_log log;
	struct settings *settings;
	struct listener listener = {.fd = -1, .lock = -1};
	struct child_start start = {.listener = &listener, .log = &log};
	sigset_t wait_mask;
	int status;

	start.conf_path = read_options(argc, argv, &status);
	if (start.conf_path == NULL)
		return status;
	gate_log_init(&log, "pressgate-fcgi", STDERR_FILENO, GATE_LOG_INFO);
	if (gate_proc_fds(&err) != GATE_OK)
		return EXIT_FAILURE;
	if (settings_load(start.conf_path, false, &log, &settings) != GATE_OK)
		return EXIT_CONF;
	log.max = settings->conf->log_level;
	if (prepare(settings, &listener, &wait_mask, &start, &err) != GATE_OK) {
		gate_log_err(&log, GATE_LOG_ERROR, "main", "start", &err);
		status = err.code == GATE_E_CONF ? EXIT_CONF : EXIT_FAILURE;
		settings_free(settings);
	} else {
		start.wait_mask = &wait_mask;
		tell_private(&log, settings, "metrics_private",
		    gate_metrics_is_shared(start.metrics));
		tell_private(&log, settings, "limits_private",
		    limits_is_shared(start.limits));
		status = listener.alone ? child_run(&start, NULL, settings)
					: pool_run(&start, settings);
	}
	listener_close(&listener);
	limits_close(start.limits);
	gate_metrics_close(start.metrics);
	return status;
}

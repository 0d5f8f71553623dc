/*
 * pressgate-worker: takes jobs from the database, calls what their steps
 * name, stores what came of it. A list, in an order that matters: what can
 * fail for the operator fails before the first job is claimed.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/conf.h"
#include "lib/crypto.h"
#include "lib/db.h"
#include "lib/http.h"
#include "lib/log.h"
#include "lib/metrics.h"
#include "lib/proc.h"
#include "worker/counters.h"
#include "worker/loop.h"
#include "worker/settings.h"
#include "worker/setup.h"

static const char help[] =
    "usage: pressgate-worker [-c FILE] [--once [--max-runtime TIME]]\n"
    "\n"
    "Calls what the jobs in the queue ask for, until TERM (twice: at once).\n"
    "\n"
    "  -c, --config FILE     configuration (" GATE_CONF_FILE ",\n"
    "                        or the environment's " GATE_CONF_PATH_ENV ")\n"
    "      --once            take what is due, then leave: for cron\n"
    "      --max-runtime T   with --once: leave after this (50s)\n"
    "      --check           read the configuration, say what is wrong\n"
    "  -h, --help            this text\n"
    "      --version         versions of this program and its libraries\n"
    "\n"
    "Exit codes: 0 done, 1 trouble, 2 wrong usage, 3 configuration or\n"
    "database schema.\n";

static int
print_version(void)
{
	char db[GATE_DB_VERSION_TEXT];

	gate_db_version(db);
	(void)printf("pressgate-worker %s, %s, %s, libcurl %s\n",
	    PACKAGE_VERSION, gate_crypto_version(), db, gate_http_version());
	return EXIT_SUCCESS;
}

/* Each call under way needs a descriptor; shells often allow 1024. */
static void
raise_descriptors(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) != 0)
		return;
	l.rlim_cur = l.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &l); /* or it stays as it is */
}

/* It works also where nobody will see what it counts. */
static struct gate_metrics *
open_metrics(const struct gate_conf *c, const struct gate_log *log)
{
	struct gate_err err = {GATE_OK, ""};
	struct gate_metrics *m = NULL;

	if (gate_metrics_open(c->metrics, "worker", counters_table,
		COUNTER_COUNT, &m, &err) != GATE_OK) {
		gate_log_err(log, GATE_LOG_WARN, "worker", "metrics", &err);
		return NULL;
	}
	if (c->metrics[0] != '\0' && !gate_metrics_is_shared(m)) {
		struct gate_log_line l;

		gate_log_start(
		    &l, log, GATE_LOG_WARN, "worker", "metrics_private");
		gate_log_str(&l, "metrics", c->metrics);
		gate_log_end(&l);
	}
	gate_metrics_attach(m);
	gate_metrics_add(m, COUNTER_STARTS, 1);
	return m;
}

static int
start(const struct settings *s, struct gate_log *log)
{
	struct gate_err err = {GATE_OK, ""};
	struct gate_metrics *metrics;
	struct setup *setup;
	int code;

	if (gate_proc_fds(&err) != GATE_OK)
		return EXIT_TROUBLE;
	if (setup_load(s->conf_path, log, &setup) != GATE_OK)
		return EXIT_CONFIG;
	log->max = setup->conf->log_level;
	if (s->check) {
		code = setup->bad_sites > 0 ? EXIT_CONFIG : EXIT_SUCCESS;
		setup_drop(setup);
		return code;
	}
	if (gate_proc_become(setup->conf->worker.user, &err) != GATE_OK) {
		gate_log_err(log, GATE_LOG_ERROR, "worker", "start", &err);
		setup_drop(setup);
		return err.code == GATE_E_CONF ? EXIT_CONFIG : EXIT_TROUBLE;
	}
	gate_proc_harden();
	raise_descriptors();
	metrics = open_metrics(setup->conf, log);
	code = loop_run(s, log, metrics, setup);
	gate_metrics_close(metrics);
	return code;
}

int
main(int argc, char **argv)
{
	struct gate_err err = {GATE_OK, ""};
	struct settings s;
	struct gate_log log;

	if (settings_parse(argc, argv, getenv(GATE_CONF_PATH_ENV), &s, &err) !=
	    GATE_OK) {
		(void)fprintf(stderr, "pressgate-worker: %s\n", err.text);
		return EXIT_USAGE;
	}
	if (s.help) {
		(void)fputs(help, stdout);
		return EXIT_SUCCESS;
	}
	if (s.version)
		return print_version();
	gate_log_init(&log, "pressgate-worker", STDERR_FILENO, GATE_LOG_INFO);
	return start(&s, &log);
}

/*
 * Options. Owns their names and the form of durations on the command line;
 * everything else is configuration.
 */
#include "config.h"

#include "worker/settings.h"

#include <getopt.h>
#include <string.h>

#include "lib/num.h"
#include "lib/span.h"

enum option_id { OPT_ONCE = 256, OPT_MAX_RUNTIME, OPT_CHECK, OPT_VERSION };

static const struct option options[] = {
    {"config", required_argument, NULL, 'c'},
    {"once", no_argument, NULL, OPT_ONCE},
    {"max-runtime", required_argument, NULL, OPT_MAX_RUNTIME},
    {"check", no_argument, NULL, OPT_CHECK},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

/* "50s", "500ms", "2m" or "50": 1 s to 1 day. */
static bool
parse_duration(const char *text, int64_t *out_ms)
{
	static const struct {
		const char *unit;
		uint64_t ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"", 1000}};
	struct gate_span s = gate_span_str(text), digits = s;
	uint64_t v;
	size_t i;

	digits.n = 0;
	while (digits.n < s.n && s.p[digits.n] >= '0' && s.p[digits.n] <= '9')
		digits.n++;
	if (!gate_span_u64(digits, 86400000, &v))
		return false;
	s.p += digits.n;
	s.n -= digits.n;
	for (i = 0; i < GATE_COUNT(units); i++) {
		if (!gate_span_is(s, units[i].unit))
			continue;
		v *= units[i].ms;
		if (v < 1000 || v > 86400000)
			return false;
		*out_ms = (int64_t)v;
		return true;
	}
	return false;
}

static enum gate_code
take_option(int c, struct settings *s, const char *arg, struct gate_err *err)
{
	switch (c) {
	case 'c':
		s->conf_path = arg;
		return GATE_OK;
	case OPT_ONCE:
		s->once = true;
		return GATE_OK;
	case OPT_MAX_RUNTIME:
		if (!parse_duration(arg, &s->max_runtime_ms))
			return gate_err_set(err, GATE_E_BAD,
			    "--max-runtime: "
			    "expected 1s to 86400s, e.g. 50s");
		return GATE_OK;
	case OPT_CHECK:
		s->check = true;
		return GATE_OK;
	case 'h':
		s->help = true;
		return GATE_OK;
	case OPT_VERSION:
		s->version = true;
		return GATE_OK;
	default:
		return gate_err_set(err, GATE_E_BAD,
		    "unknown option, or its "
		    "value is missing (see --help)");
	}
}

enum gate_code
settings_parse(int argc, char *const *argv, const char *env_conf,
    struct settings *out, struct gate_err *err)
{
	struct settings s = {.max_runtime_ms = SETTINGS_RUNTIME_MS};
	bool runtime = false;
	enum gate_code rc;
	int c;

	s.conf_path =
	    env_conf != NULL && env_conf[0] != '\0' ? env_conf : GATE_CONF_FILE;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		rc = take_option(c, &s, optarg, err);
		if (rc != GATE_OK)
			return rc;
		runtime |= c == OPT_MAX_RUNTIME;
	}
	if (optind < argc)
		return gate_err_set(err, GATE_E_BAD,
		    "no arguments expected, only options (see --help)");
	if (runtime && !s.once)
		return gate_err_set(
		    err, GATE_E_BAD, "--max-runtime is for --once only");
	*out = s;
	return GATE_OK;
}

/*
 * Walks over argv once. Which options a verb takes is main.c's to check.
 */
#include "config.h"

#include "cli/option.h"

#include <string.h>

#include "lib/num.h"

static const struct {
	const char *name;
	const char *argument; /* NULL: a flag */
	const char *help;
} options[] = {
    [OPTION_CONFIG] = {"--config", "FILE",
	"configuration (else $PRESSGATE_CONF, else the installed one); -c"},
    [OPTION_JSON] = {"--json", NULL, "data as JSON"},
    [OPTION_HELP] = {"--help", NULL, "this text; -h"},
    [OPTION_VERSION] = {"--version", NULL,
	"version, and those of the libraries"},
    [OPTION_DATABASE] = {"--database", NULL,
	"also ask the database and its schema's version"},
    [OPTION_PRINT] = {"--print-config", NULL,
	"print every key with its value in force"},
    [OPTION_SAMPLE] = {"--sample", NULL, "print a sample of pressgate.conf"},
    [OPTION_SITE_SAMPLE] = {"--site-sample", NULL,
	"print a sample of a site's file"},
    [OPTION_MANUAL] = {"--manual", NULL,
	"print the keys as in pressgate.conf(5), in troff"},
    [OPTION_PROVIDERS] = {"--providers", NULL,
	"print the providers as in doc/providers.md"},
    [OPTION_ROLES] = {"--roles", NULL, "also make the database roles"},
    [OPTION_DRY_RUN] = {"--dry-run", NULL, "say what would be done"},
    [OPTION_URL] = {"--url", "URL",
	"site add: the site's address; send: where to, else by endpoint"},
    [OPTION_DEFAULT] = {"--default", NULL, "make it the default site"},
    [OPTION_ENDPOINT] = {"--endpoint", "URL",
	"public address of the gate, else endpoint of the configuration"},
    [OPTION_NO_APPLY] = {"--no-apply", NULL, "do not touch the database"},
    [OPTION_EVENT] = {"--event", "TYPE", "the same as the word TYPE"},
    [OPTION_DATA] = {"--data", "FILE", "the body as it is; -: standard input"},
    [OPTION_SITE] = {"--site", "NAME", "only this site"},
    [OPTION_KEY] = {"--key", "ID", "id of the site's key"},
    [OPTION_DOOR] = {"--door", "DOOR", "bridge, relay or edge"},
    [OPTION_KEY_FILE] = {"--key-file", "FILE",
	"bridge: the private key that signs the token"},
    [OPTION_IDEMPOTENCY_KEY] = {"--idempotency-key", "KEY",
	"else the body's, else a new one"},
    [OPTION_ALL] = {"--all", NULL, "those that were replayed, too"},
    [OPTION_LIMIT] = {"--limit", "N", "at most so many, 50 if not given"},
    [OPTION_NEW_KEY] = {"--new-key", NULL,
	"the service shall not recognise the repeated call"},
    [OPTION_PAYLOAD] = {"--payload", NULL,
	"also what was sent and what came of it"},
    [OPTION_SINCE] = {"--since", "TIME",
	"from 2026-11-22T06:30:00Z on, or for so long: 90s, 2h, 7d"},
    [OPTION_CAPTURE] = {"--capture", "FILE",
	"a request as it came: first line, headers, body; -: standard input"},
    [OPTION_SOURCE] = {"--source", "NAME", "it is of that third party"},
    [OPTION_AT] = {"--at", "TIME",
	"judge as at 2026-11-22T06:30:00Z, or seconds since 1970; else now"},
    [OPTION_FORCE] = {"--force", NULL, "although somebody may still use it"},
    [OPTION_UNTIL] = {"--until", "TIME", "before that; as --since"},
};
_Static_assert(GATE_COUNT(options) == OPTION_COUNT, "an option has no row");
_Static_assert(OPTION_COUNT <= 64, "a set of options is 64 bits");

const char *
option_name(enum option o)
{
	return options[o].name;
}

void
option_help(FILE *f, uint64_t set)
{
	char left[40];
	size_t i;

	for (i = 0; i < OPTION_COUNT; i++) {
		if ((set & OPTION_BIT(i)) == 0)
			continue;
		(void)snprintf(left, sizeof(left), "%s%s%s", options[i].name,
		    options[i].argument == NULL ? "" : " ",
		    options[i].argument == NULL ? "" : options[i].argument);
		fprintf(f, "  %-24s %s\n", left, options[i].help);
	}
}

static const char *
long_name(const char *arg)
{
	if (strcmp(arg, "-c") == 0)
		return "--config";
	if (strcmp(arg, "-h") == 0)
		return "--help";
	return arg;
}

/* Takes argv[*at], and the next one where that is its value. */
static enum gate_code
take_option(int argc, char **argv, int *at, struct command_line *out,
    struct gate_err *err)
{
	const char *arg = long_name(argv[*at]);
	const char *equals = strchr(arg, '='), *value = NULL;
	size_t n = equals == NULL ? strlen(arg) : (size_t)(equals - arg), i;

	for (i = 0; i < OPTION_COUNT; i++)
		if (strlen(options[i].name) == n &&
		    strncmp(options[i].name, arg, n) == 0)
			break;
	if (i == OPTION_COUNT)
		return gate_err_set(err, GATE_E_BAD, "no such option: %.*s",
		    (int)(n > 40 ? 40 : n), arg);
	if (options[i].argument == NULL) {
		if (equals != NULL)
			return gate_err_set(err, GATE_E_BAD,
			    "%s takes no value", options[i].name);
		value = "";
	} else if (equals != NULL) {
		value = equals + 1;
	} else if (*at + 1 < argc) {
		value = argv[++*at];
	} else {
		return gate_err_set(err, GATE_E_BAD, "%s wants %s",
		    options[i].name, options[i].argument);
	}
	if (out->value[i] != NULL && options[i].argument != NULL)
		return gate_err_set(
		    err, GATE_E_BAD, "%s is given twice", options[i].name);
	out->value[i] = value;
	return GATE_OK;
}

enum gate_code
option_parse(
    int argc, char **argv, struct command_line *out, struct gate_err *err)
{
	enum gate_code code;
	bool only_words = false;
	int i;

	*out = (struct command_line){0};
	for (i = 1; i < argc; i++) {
		if (!only_words && strcmp(argv[i], "--") == 0) {
			only_words = true;
		} else if (!only_words && argv[i][0] == '-' &&
		    argv[i][1] != '\0') {
			code = take_option(argc, argv, &i, out, err);
			if (code != GATE_OK)
				return code;
		} else if (out->word_count == WORDS_MAX) {
			return gate_err_set(
			    err, GATE_E_BAD, "too many words: %.40s", argv[i]);
		} else {
			out->words[out->word_count++] = argv[i];
		}
	}
	return GATE_OK;
}

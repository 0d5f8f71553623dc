/*
 * pressgate(1): the table of verbs. Finds the verb, checks its options and
 * words, calls it.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/sender.h"
#include "lib/crypto.h"
#include "lib/http.h"
#include "lib/json.h"
#include "lib/schema_pattern.h"
#include "lib/num.h"

struct verb {
	const char *name; /* one word or two */
	const char *words;
	size_t word_min, word_max;
	uint64_t options; /* beside OPTION_ALWAYS */
	int (*run)(const struct command *c);
	const char *line; /* in the list of verbs */
	const char *more; /* in its own help */
};

#define O(o) OPTION_BIT(OPTION_##o)

static const struct verb verbs[] = {
    {"check", "", 0, 0,
	O(DATABASE) | O(PRINT) | O(SAMPLE) | O(SITE_SAMPLE) | O(MANUAL) |
	    O(PROVIDERS),
	check_run, "check the configuration, every error at once",
	"Exit 3 if anything is wrong, also in one site's file."},
    {"migrate", "", 0, 0, O(ROLES) | O(DRY_RUN), migrate_run,
	"bring the database's schema up to date",
	"Connects as database.url, which must own the schema. Each file of\n"
	"sql/ is a transaction of its own; several may run at once."},
    {"apply", "", 0, 0, 0, apply_run,
	"write the configuration's names to the database",
	"After each change of sites, routes, services or retries; then reload\n"
	"pressgate-fcgi and pressgate-worker. Refused while any site's file\n"
	"is invalid, since its site would become inactive."},
    {"site add", "NAME", 1, 1,
	O(URL) | O(DOOR) | O(DEFAULT) | O(ENDPOINT) | O(KEY) | O(NO_APPLY),
	site_add_run, "make a site: secret, file, block A for wp-config.php",
	"--url is the site's address. --door is how it will sign, bridge if\n"
	"not given; a bridge also wants a public key: see site key. --key\n"
	"names the secret; NAME-1 if not given. The secret is printed once,\n"
	"in block A; it stays in secrets.d/NAME.hmac (.relay, .edge)."},
    {"site key", "NAME FILE", 2, 2, 0, site_key_run,
	"take in a site's public key: block B of its plugin",
	"FILE is - for standard input. The block must name this site and\n"
	"its issuer. Afterwards the key is a file in secrets.d and a line in\n"
	"NAME.keys; earlier keys stay. The same key again changes nothing."},
    {"site list", "", 0, 0, 0, site_list_run, "list the sites", NULL},
    {"secret list", "[SITE]", 0, 1, 0, secret_list_run,
	"keys with state, age, use, and what to do",
	"Uses are counted by pressgate-fcgi, events and GETs together. A key\n"
	"of more than 90 days is old. Exit 4: without counts."},
    {"secret rotate", "SITE", 1, 1, O(DOOR) | O(KEY) | O(ENDPOINT),
	secret_rotate_run, "make the next secret, print block A with it",
	"The old one stays as it is: both are taken. --door where the site\n"
	"has several; --key names the secret. Once more: prints it again."},
    {"secret promote", "SITE KEY_ID", 2, 2, O(DOOR), secret_promote_run,
	"make the next secret the current one, the old one retiring", NULL},
    {"secret retire", "SITE KEY_ID", 2, 2, O(DOOR) | O(FORCE),
	secret_retire_run, "take a retiring secret away",
	"Refused while it was used in the last day, or the current one never\n"
	"was, unless --force."},
    {"send", "[TYPE]", 0, 1,
	O(EVENT) | O(DATA) | O(URL) | O(IDEMPOTENCY_KEY) | SENDER_OPTIONS,
	send_run, "sign and post a test event",
	"Without TYPE and --data: the first event type of the site. Without\n"
	"--site: the default site, or the only one. Without --door: bridge\n"
	"with --key-file, else relay or edge, which the site has."},
    {"sign", "[TARGET]", 0, 1, O(DATA) | O(IDEMPOTENCY_KEY) | SENDER_OPTIONS,
	sign_run, "print the headers of a signed request, and send nothing",
	"Of a GET of TARGET, such as /results, or of a POST of the body that\n"
	"--data gives. For curl -H @HEADERS, and to compare with."},
    {"verify", "", 0, 0, O(CAPTURE) | O(SOURCE) | O(SITE) | O(DOOR) | O(AT),
	verify_run, "whether a captured request verifies, and if not, why",
	"--capture is one HTTP request as it came. Without --source it is an\n"
	"own door's, told by its path or headers. What does not hold is tried\n"
	"with the body, secret or address read in other ways; a hint says\n"
	"which held. Nothing is sent or stored. Exit 1: it does not verify."},
    {"status", "", 0, 0, 0, status_run, "what waits, who works, what is dead",
	NULL},
    {"metrics", "", 0, 0, 0, metrics_run,
	"what the programs have counted, as Prometheus text",
	"From shared memory: by the user that the programs run as, or by "
	"root,\n"
	"on their machine. The queue's state from the database; without it "
	"the\n"
	"rest is printed. Exit 4: neither program has counted anything here."},
    {"dlq list", "", 0, 0, O(SITE) | O(ALL) | O(LIMIT), dlq_list_run,
	"list dead letters, newest first", NULL},
    {"dlq replay", "ID", 1, 1, O(NEW_KEY), dlq_replay_run,
	"put a dead letter back to work",
	"Steps that succeeded are not called again. Exit 5: no such letter."},
    {"event show", "ID", 1, 1, O(PAYLOAD), event_show_run,
	"show one event: its row, jobs, tries, results, dead letters",
	"ID is the request_id that the sender was given. Without --payload\n"
	"neither body nor outputs nor signed headers. Exit 5: no such event."},
    {"event reverify", "[ID]", 0, 1, O(SITE) | O(SINCE) | O(UNTIL),
	event_reverify_run, "prove stored events again by body, headers, key",
	"One event, or all that were accepted from --since to --until (or of\n"
	"one site). Needs the database to read and the sites' keys, nothing\n"
	"else. Exit 1: one is altered; 6: none, but one cannot be proved (key\n"
	"gone, body not kept); 5: there are none."},
    {"rejections", "", 0, 0, O(SITE) | O(LIMIT), rejections_run,
	"what was refused in the last hour and day, and why",
	"By site, door or source, and reason; then the newest conflicts: keys\n"
	"that came again with other content."},
};

static void
print_usage(FILE *f)
{
	char left[40];
	size_t i;

	fputs("usage: pressgate VERB [OPTIONS] [WORDS]\n\n", f);
	for (i = 0; i < GATE_COUNT(verbs); i++) {
		(void)snprintf(
		    left, sizeof(left), "%s %s", verbs[i].name, verbs[i].words);
		fprintf(f, "  %-20s %s\n", left, verbs[i].line);
	}
	fprintf(f, "  %-20s %s\n", "help [VERB]", "this text, or the verb's");
	fputs("\nwith every verb:\n", f);
	option_help(f, OPTION_ALWAYS);
	fputs("\nexit: 0 ok, 1 failed, 2 usage, 3 invalid configuration,\n"
	      "4 database or gate unreachable, 5 nothing matched,\n"
	      "6 cannot be proved\n",
	    f);
}

static void
print_verb(const struct verb *v)
{
	printf("usage: pressgate %s%s%s [OPTIONS]\n\n%s\n", v->name,
	    v->words[0] == '\0' ? "" : " ", v->words, v->line);
	if (v->more != NULL)
		printf("%s\n", v->more);
	putchar('\n');
	option_help(stdout, v->options | OPTION_ALWAYS);
}

static int
print_version(void)
{
	char pq[GATE_DB_VERSION_TEXT];

	gate_db_version(pq);
	printf("pressgate %s\n%s\n%s\n%s\n%s\nlibcurl %s\nlibconfuse %s\n",
	    PACKAGE_VERSION, gate_crypto_version(), gate_json_version(),
	    gate_pattern_version(), pq, gate_http_version(),
	    gate_conf_version());
	return CLI_OK;
}

/* Verbs of two words that begin with this one. How many there were. */
static size_t
print_family(const char *word)
{
	size_t n = strlen(word), count = 0, i;

	for (i = 0; i < GATE_COUNT(verbs); i++) {
		if (strncmp(verbs[i].name, word, n) != 0 ||
		    verbs[i].name[n] != ' ')
			continue;
		if (count++ > 0)
			putchar('\n');
		print_verb(&verbs[i]);
	}
	return count;
}

/* The verb that the first words name; *used of them. NULL: none. */
static const struct verb *
find_verb(const char *const *words, size_t count, size_t *used)
{
	char two[64];
	size_t i, n;

	for (n = count < 2 ? count : 2; n > 0; n--) {
		(void)snprintf(two, sizeof(two), "%s%s%s", words[0],
		    n == 2 ? " " : "", n == 2 ? words[1] : "");
		for (i = 0; i < GATE_COUNT(verbs); i++)
			if (strcmp(verbs[i].name, two) == 0) {
				*used = n;
				return &verbs[i];
			}
	}
	return NULL;
}

/* Of the verb that the words name, of a family (dlq), or of all. */
static int
help(const char *const *words, size_t count)
{
	const struct verb *v;
	size_t used;

	if (count == 0 || strcmp(words[0], "help") == 0) {
		print_usage(stdout);
		return CLI_OK;
	}
	v = find_verb(words, count, &used);
	if (v != NULL)
		print_verb(v);
	else if (count > 1 || print_family(words[0]) == 0)
		return command_fail(CLI_USAGE, "no such verb: %s%s%s", words[0],
		    count > 1 ? " " : "", count > 1 ? words[1] : "");
	return CLI_OK;
}

static int
run(const struct verb *v, const struct command_line *line, size_t used)
{
	const char *path = line->value[OPTION_CONFIG];
	struct command c = {
	    .line = line,
	    .words = line->words + used,
	    .word_count = line->word_count - used,
	    .json = line->value[OPTION_JSON] != NULL,
	};
	size_t i;

	for (i = 0; i < OPTION_COUNT; i++)
		if (line->value[i] != NULL &&
		    ((v->options | OPTION_ALWAYS) & OPTION_BIT(i)) == 0)
			return command_fail(CLI_USAGE, "%s does not take %s",
			    v->name, option_name((enum option)i));
	if (c.word_count < v->word_min || c.word_count > v->word_max)
		return command_fail(CLI_USAGE, "%s: expected pressgate %s%s%s",
		    c.word_count < v->word_min ? "a word is missing"
					       : "too many words",
		    v->name, v->words[0] == '\0' ? "" : " ", v->words);
	if (path == NULL)
		path = getenv(GATE_CONF_PATH_ENV);
	c.conf_path = path == NULL || path[0] == '\0' ? GATE_CONF_FILE : path;
	return v->run(&c);
}

int
main(int argc, char **argv)
{
	struct command_line line;
	struct gate_err err = {0};
	const struct verb *v;
	size_t used = 0;
	int exit_code;

	if (option_parse(argc, argv, &line, &err) != GATE_OK)
		return command_fail(CLI_USAGE, "%s", err.text);
	v = find_verb(line.words, line.word_count, &used);
	if (line.value[OPTION_VERSION] != NULL) {
		exit_code = print_version();
	} else if (line.word_count > 0 && strcmp(line.words[0], "help") == 0) {
		exit_code = help(line.words + 1, line.word_count - 1);
	} else if (line.value[OPTION_HELP] != NULL) {
		exit_code = help(line.words, line.word_count);
	} else if (line.word_count == 0) {
		print_usage(stderr);
		exit_code = CLI_USAGE;
	} else if (v == NULL) {
		exit_code = command_fail(CLI_USAGE,
		    "no such verb: %s%s%s; see pressgate help", line.words[0],
		    line.word_count > 1 ? " " : "",
		    line.word_count > 1 ? line.words[1] : "");
	} else {
		exit_code = run(v, &line, used);
	}
	if (fflush(stdout) != 0 || ferror(stdout))
		return command_fail(CLI_FAILED, "cannot write the output");
	return exit_code;
}

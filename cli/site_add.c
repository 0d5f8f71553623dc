/*
 * pressgate site add: makes a site's files. A new site is
 *
 *	secrets.d/NAME.hmac    64 hex digits, 0600 (.relay, .edge with --door)
 *	sites.d/NAME.keys      that its secret is current, and since when
 *	sites.d/NAME.conf      written last: from then on the site is there
 *
 * A bridge's public key comes later, by `site key`.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/apply.h"
#include "cli/block.h"
#include "cli/command.h"
#include "cli/files.h"
#include "lib/clock.h"
#include "lib/conf_site.h"
#include "lib/conf_value.h"
#include "lib/crypto.h"
#include "lib/num.h"

#define SECRET_BYTES 32
#define SECRET_TEXT (2 * SECRET_BYTES + 1)

/* A door's secret: what it is called where. */
static const struct {
	enum gate_scheme scheme;
	const char *word;   /* in NAME.keys */
	const char *ending; /* of the file */
	const char *block;  /* in NAME.conf */
} doors[] = {
    [GATE_DOOR_BRIDGE] = {GATE_SCHEME_HMAC, "hmac", ".hmac", "hmac"},
    [GATE_DOOR_RELAY] = {GATE_SCHEME_RELAY, "relay", ".relay", "key"},
    [GATE_DOOR_EDGE] = {GATE_SCHEME_EDGE, "edge", ".edge", "key"},
};
_Static_assert(GATE_COUNT(doors) == GATE_DOOR_COUNT, "a door is missing");

struct add {
	const struct gate_conf *conf;
	struct files files;
	const char *name, *url, *endpoint, *key;
	enum gate_door door;
	char key_id[80];
	bool is_default;
	char secret[SECRET_TEXT];
	char secret_path[FILES_PATH];
	char keys_path[FILES_PATH];
	char conf_path[FILES_PATH];
};

static int
make_secret(struct add *a)
{
	unsigned char bytes[SECRET_BYTES];
	char text[SECRET_TEXT + 1];
	int exit_code;

	if (gate_random(bytes, sizeof(bytes)) != GATE_OK)
		return command_fail(CLI_FAILED, "no random bytes");
	gate_hex_text(
	    gate_span_of(bytes, sizeof(bytes)), a->secret, sizeof(a->secret));
	(void)snprintf(text, sizeof(text), "%s\n", a->secret);
	exit_code = files_secrets_dir(&a->files);
	if (exit_code == CLI_OK)
		exit_code = files_make(
		    &a->files, a->secret_path, 0600, gate_span_str(text));
	gate_wipe(bytes, sizeof(bytes));
	gate_wipe(text, sizeof(text));
	return exit_code;
}

static int
make_keys(const struct add *a)
{
	char now[GATE_TIME_TEXT], text[256];

	gate_time_text(gate_wall_ms(), now);
	(void)snprintf(text, sizeof(text),
	    "# Written by pressgate(1): scheme, key id, state, made at.\n"
	    "%s %s current %s\n",
	    doors[a->door].word, a->key_id, now);
	return files_make(&a->files, a->keys_path, 0644, gate_span_str(text));
}

static void
put_door(struct gate_buf *b, const struct add *a)
{
	(void)gate_buf_printf(b, "\t%s {\n", gate_door_name(a->door));
	if (a->door == GATE_DOOR_BRIDGE)
		(void)gate_buf_printf(b, "\t\tissuer = \"%s\"\n", a->url);
	(void)gate_buf_printf(b,
	    "\t\t%s \"%s\" { secret = \"file:secrets.d/%s%s\" }\n\t}\n",
	    doors[a->door].block, a->key_id, a->name, doors[a->door].ending);
}

static int
make_conf(const struct add *a)
{
	struct gate_buf b;
	int exit_code;

	gate_buf_init(&b, 16384);
	(void)gate_buf_printf(&b,
	    "# Made by pressgate site add. The manual is pressgate.conf(5);\n"
	    "# after a change: pressgate apply, then reload the programs.\n"
	    "site \"%s\" {\n\turl = \"%s\"\n%s",
	    a->name, a->url, a->is_default ? "\tdefault = true\n" : "");
	put_door(&b, a);
	(void)gate_buf_put_str(&b,
	    "\n\t# What the site may send although no route takes it.\n"
	    "\tevents = {\"post.published\"}\n"
	    "\n\t# What is done with an event; the service is in\n"
	    "\t# pressgate.conf.\n"
	    "\t#route \"summarise\" {\n"
	    "\t#\tevents = {\"post.published\"}\n"
	    "\t#\tstep \"summary\" {\n"
	    "\t#\t\tservice = \"openai\"\n"
	    "\t#\t\tmodel = \"gpt-4o-mini\"\n"
	    "\t#\t\tprompt = \"Summarise: {{/data/title|default:untitled}}\"\n"
	    "\t#\t}\n"
	    "\t#}\n"
	    "}\n");
	exit_code = b.failed == GATE_OK
	    ? files_make(&a->files, a->conf_path, 0644, gate_buf_span(&b))
	    : command_fail(CLI_FAILED, "out of memory");
	gate_buf_clear(&b);
	return exit_code;
}

static int
make_files(struct add *a)
{
	int exit_code = make_secret(a);

	if (exit_code != CLI_OK)
		return exit_code;
	exit_code = make_keys(a);
	if (exit_code == CLI_OK) {
		exit_code = make_conf(a);
		if (exit_code != CLI_OK)
			(void)unlink(a->keys_path);
	}
	if (exit_code != CLI_OK)
		(void)unlink(a->secret_path);
	return exit_code;
}

static void
unmake_files(const struct add *a)
{
	(void)unlink(a->conf_path);
	(void)unlink(a->keys_path);
	(void)unlink(a->secret_path);
}

/* A value between quotes in a configuration file, in PHP and in JSON, and
 * within a comment of PHP. */
static bool
is_plain_url(const char *s)
{
	struct gate_span rest = gate_span_str(s);

	return (gate_span_skip(&rest, "https://") ||
		   gate_span_skip(&rest, "http://")) &&
	    rest.n > 0 && gate_span_within(rest, 0x21, 0x7e) &&
	    strpbrk(s, "\"'\\$<>") == NULL && strstr(s, "*/") == NULL;
}

static int
check_words(struct add *a, const char *door)
{
	if (!gate_conf_is_site_name(gate_span_str(a->name)))
		return command_fail(CLI_USAGE,
		    "%s: expected lower-case letters, digits and '-', at most "
		    "%d",
		    a->name, GATE_SITE_NAME_MAX);
	if (a->url == NULL || !is_plain_url(a->url))
		return command_fail(
		    CLI_USAGE, "expected --url https://... of the site");
	if (a->endpoint == NULL || !is_plain_url(a->endpoint))
		return command_fail(CLI_USAGE,
		    "expected --endpoint https://... of this gate, or "
		    "endpoint in %s",
		    a->conf->path);
	if (door != NULL && !gate_door_parse(gate_span_str(door), &a->door))
		return command_fail(
		    CLI_USAGE, "expected --door bridge, relay or edge");
	(void)snprintf(a->key_id, sizeof(a->key_id), "%s%s",
	    a->key == NULL ? a->name : a->key, a->key == NULL ? "-1" : "");
	if (strlen(a->key_id) > 64 ||
	    !gate_conf_is_name(gate_span_str(a->key_id)))
		return command_fail(CLI_USAGE, "--key: expected a name");
	return CLI_OK;
}

/* What the other sites have already. */
static int
check_sites(const struct add *a)
{
	const struct gate_sites *sites = &a->conf->sites;
	const struct gate_site *other;

	if (access(a->conf_path, F_OK) == 0)
		return command_fail(
		    CLI_FAILED, "%s is there already", a->conf_path);
	if (gate_site_by_secret(
		sites, doors[a->door].scheme, gate_span_str(a->key_id)) != NULL)
		return command_fail(CLI_FAILED,
		    "key id %s is taken: expected --key ID", a->key_id);
	other = gate_site_by_issuer(sites, gate_span_str(a->url));
	if (a->door == GATE_DOOR_BRIDGE && other != NULL)
		return command_fail(CLI_FAILED,
		    "%s is the issuer of site %s: expected another --url",
		    a->url, other->name);
	other = gate_site_default(sites);
	if (a->is_default && other != NULL)
		return command_fail(
		    CLI_FAILED, "%s is the default site", other->name);
	return CLI_OK;
}

static int
choose_paths(struct add *a)
{
	const struct files *f = &a->files;
	int exit_code = files_path(
	    f, a->secret_path, "secrets.d", a->name, doors[a->door].ending);

	if (exit_code == CLI_OK)
		exit_code = files_path(
		    f, a->keys_path, a->conf->sites_dir, a->name, ".keys");
	if (exit_code == CLI_OK)
		exit_code = files_path(
		    f, a->conf_path, a->conf->sites_dir, a->name, ".conf");
	return exit_code;
}

/* For a person to paste; or JSON. Values are plain by now. */
static int
print_block(const struct add *a, const struct gate_site *made, bool json)
{
	const struct block_a block = {
	    .url = a->url,
	    .endpoint = a->endpoint,
	    .site = a->name,
	    .door = a->door,
	    .key_id = a->key_id,
	    .secret = a->secret,
	    .issuer = made->bridge.issuer,
	    .audience = made->bridge.audience,
	    .results_audience = made->bridge.results_audience,
	};
	struct gate_buf out;
	enum gate_code code;

	gate_buf_init(&out, 16384);
	code = block_a_put(&out, &block, json);
	if (code == GATE_OK)
		printf("%s", gate_buf_str(&out));
	(void)fflush(stdout); /* the secret is out before anything can fail */
	gate_buf_wipe(&out);
	return code == GATE_OK ? CLI_OK
			       : command_fail(CLI_FAILED, "out of memory");
}

static void
say_next(const struct add *a)
{
	if (a->door == GATE_DOOR_BRIDGE)
		fprintf(stderr,
		    "Next: put block A into wp-config.php of %s; its plugin "
		    "then shows block B,\nwhich goes into: pressgate site key "
		    "%s -\n",
		    a->url, a->name);
}

/* Reads everything again, as the programs will. */
static int
add_and_apply(const struct command *c, struct add *a)
{
	struct gate_conf *conf = NULL;
	int exit_code = make_files(a);

	if (exit_code != CLI_OK)
		return exit_code;
	exit_code = command_conf(c, GATE_CONF_ALL, &conf, NULL);
	if (exit_code == CLI_OK)
		exit_code = print_block(a,
		    gate_site_by_name(&conf->sites, gate_span_str(a->name)),
		    c->json);
	if (exit_code != CLI_OK) {
		unmake_files(a);
		gate_conf_free(conf);
		return exit_code;
	}
	if (c->line->value[OPTION_NO_APPLY] == NULL) {
		exit_code = apply_conf(conf, APPLY_QUIET);
		if (exit_code != CLI_OK)
			(void)command_fail((enum cli_exit)exit_code,
			    "the site is made but not applied: run pressgate "
			    "apply");
	}
	if (!c->json)
		say_next(a);
	gate_conf_free(conf);
	return exit_code;
}

int
site_add_run(const struct command *c)
{
	struct add a = {
	    .name = c->words[0],
	    .url = c->line->value[OPTION_URL],
	    .endpoint = c->line->value[OPTION_ENDPOINT],
	    .key = c->line->value[OPTION_KEY],
	    .door = GATE_DOOR_BRIDGE,
	    .is_default = c->line->value[OPTION_DEFAULT] != NULL,
	};
	struct gate_conf *conf = NULL;
	int exit_code = files_open(&a.files, c->conf_path);

	if (exit_code == CLI_OK)
		exit_code = command_conf(c, 0, &conf, NULL);
	if (exit_code == CLI_OK) {
		a.conf = conf;
		if (a.endpoint == NULL && conf->endpoint[0] != '\0')
			a.endpoint = conf->endpoint;
		exit_code = check_words(&a, c->line->value[OPTION_DOOR]);
	}
	if (exit_code == CLI_OK)
		exit_code = choose_paths(&a);
	if (exit_code == CLI_OK)
		exit_code = check_sites(&a);
	if (exit_code == CLI_OK)
		exit_code = add_and_apply(c, &a);
	files_close(&a.files);
	gate_wipe(a.secret, sizeof(a.secret));
	gate_conf_free(conf);
	return exit_code;
}

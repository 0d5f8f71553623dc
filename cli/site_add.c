/*
 * pressgate site add: makes a site's files. A new site is
 *
 *	secrets.d/NAME.relay   64 hex digits, 0600
 *	sites.d/NAME.keys      that its key is current, and since when
 *	sites.d/NAME.conf      written last: from then on the site is there
 *
 * Each file appears whole or not at all, and none is ever overwritten.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/apply.h"
#include "cli/command.h"
#include "lib/clock.h"
#include "lib/conf_site.h"
#include "lib/conf_value.h"
#include "lib/crypto.h"
#include "lib/num.h"

#define SECRET_BYTES 32
#define SECRET_TEXT (2 * SECRET_BYTES + 1)
#define PATH_SIZE 4096

struct add {
	const struct gate_conf *conf;
	const char *name, *url, *endpoint, *key;
	char key_id[80];
	bool is_default;
	char secret[SECRET_TEXT];
	char secret_path[PATH_SIZE];
	char keys_path[PATH_SIZE];
	char conf_path[PATH_SIZE];
	char secrets_dir[PATH_SIZE];
	struct stat owner; /* of the configuration's folder */
};

static bool
put_path(char dst[PATH_SIZE], const struct add *a, const char *dir,
    const char *ending)
{
	int n = snprintf(dst, PATH_SIZE, "%s%s%s/%s%s",
	    dir[0] == '/' ? "" : a->conf->dir, dir[0] == '/' ? "" : "/", dir,
	    a->name, ending);

	return n > 0 && n < PATH_SIZE - 8; /* room for a temporary name */
}

/* What root makes belongs to whom the folder belongs to: the programs do
 * not run as root, and take no secret that is somebody else's. */
static bool
give_away(const struct add *a, int fd)
{
	return geteuid() != 0 ||
	    fchown(fd, a->owner.st_uid, a->owner.st_gid) == 0;
}

/* Writes beside the final name, then links: that fails if it is taken. */
static int
make_file(const struct add *a, const char *path, mode_t mode, const char *text)
{
	char fresh[PATH_SIZE + 8];
	size_t n = strlen(text);
	bool ok;
	int fd;

	(void)snprintf(fresh, sizeof(fresh), "%s.new", path);
	fd = open(
	    fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return command_fail(
		    CLI_FAILED, "cannot make %s: %s", fresh, strerror(errno));
	ok = write(fd, text, n) == (ssize_t)n && fchmod(fd, mode) == 0 &&
	    give_away(a, fd) && fsync(fd) == 0;
	ok = close(fd) == 0 && ok;
	ok = ok && link(fresh, path) == 0;
	if (!ok)
		(void)command_fail(
		    CLI_FAILED, "cannot make %s: %s", path, strerror(errno));
	(void)unlink(fresh); /* at worst a leftover that the next run names */
	return ok ? CLI_OK : CLI_FAILED;
}

static int
make_secrets_dir(const struct add *a)
{
	int fd;
	bool ok;

	if (mkdir(a->secrets_dir, 0700) != 0)
		return errno == EEXIST
		    ? CLI_OK
		    : command_fail(CLI_FAILED, "cannot make %s: %s",
			  a->secrets_dir, strerror(errno));
	fd = open(a->secrets_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ok = fd >= 0 && give_away(a, fd);
	if (fd >= 0)
		(void)close(fd); /* only to name it */
	return ok ? CLI_OK
		  : command_fail(CLI_FAILED, "cannot give %s away: %s",
			a->secrets_dir, strerror(errno));
}

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
	exit_code = make_secrets_dir(a);
	if (exit_code == CLI_OK)
		exit_code = make_file(a, a->secret_path, 0600, text);
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
	    "relay %s current %s\n",
	    a->key_id, now);
	return make_file(a, a->keys_path, 0644, text);
}

static int
make_conf(const struct add *a)
{
	struct gate_buf b;
	int exit_code;

	gate_buf_init(&b, 16384);
	gate_buf_printf(&b,
	    "# Made by pressgate site add. The manual is pressgate.conf(5);\n"
	    "# after a change: pressgate apply, then reload the programs.\n"
	    "site \"%s\" {\n\turl = \"%s\"\n%s"
	    "\trelay { key \"%s\" { secret = \"file:secrets.d/%s.relay\" } }\n"
	    "\n\t# What the site may send although no route takes it.\n"
	    "\tevents = {\"post.published\"}\n",
	    a->name, a->url, a->is_default ? "\tdefault = true\n" : "",
	    a->key_id, a->name);
	gate_buf_put_str(&b,
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
	    ? make_file(a, a->conf_path, 0644, gate_buf_str(&b))
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

/* A value between quotes in a configuration file, in PHP and in JSON. */
static bool
is_plain_url(const char *s)
{
	struct gate_span rest = gate_span_str(s);

	return (gate_span_skip(&rest, "https://") ||
		   gate_span_skip(&rest, "http://")) &&
	    rest.n > 0 && gate_span_within(rest, 0x21, 0x7e) &&
	    strpbrk(s, "\"'\\$<>") == NULL;
}

static int
check_request(struct add *a)
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
	if (!put_path(a->conf_path, a, a->conf->sites_dir, ".conf"))
		return command_fail(CLI_FAILED, "a path is too long");
	if (access(a->conf_path, F_OK) == 0)
		return command_fail(
		    CLI_FAILED, "%s is there already", a->conf_path);
	(void)snprintf(a->key_id, sizeof(a->key_id), "%s%s",
	    a->key == NULL ? a->name : a->key, a->key == NULL ? "-1" : "");
	if (strlen(a->key_id) > 64 ||
	    !gate_conf_is_name(gate_span_str(a->key_id)))
		return command_fail(CLI_USAGE, "--key: expected a name");
	if (gate_site_by_secret(&a->conf->sites, GATE_SCHEME_RELAY,
		gate_span_str(a->key_id)) != NULL)
		return command_fail(CLI_FAILED,
		    "key id %s is taken: expected --key ID", a->key_id);
	if (a->is_default && gate_site_default(&a->conf->sites) != NULL)
		return command_fail(CLI_FAILED, "%s is the default site",
		    gate_site_default(&a->conf->sites)->name);
	return CLI_OK;
}

static int
check_paths(struct add *a)
{
	int n =
	    snprintf(a->secrets_dir, PATH_SIZE, "%s/secrets.d", a->conf->dir);

	if (n < 0 || n >= PATH_SIZE ||
	    !put_path(a->secret_path, a, "secrets.d", ".relay") ||
	    !put_path(a->keys_path, a, a->conf->sites_dir, ".keys"))
		return command_fail(CLI_FAILED, "a path is too long");
	if (stat(a->conf->dir, &a->owner) != 0)
		return command_fail(CLI_FAILED, "cannot look at %s: %s",
		    a->conf->dir, strerror(errno));
	return CLI_OK;
}

/* PHP, for a person to paste; or JSON. Values are plain by now. */
static void
print_block(const struct add *a, bool json)
{
	if (json)
		printf("{\"endpoint\":\"%s\",\"site\":\"%s\","
		       "\"relay_key_id\":\"%s\",\"relay_secret\":\"%s\"}\n",
		    a->endpoint, a->name, a->key_id, a->secret);
	else
		printf("/* pressgate, block A: for wp-config.php of %s */\n"
		       "define( 'PRESSGATE_ENDPOINT', '%s' );\n"
		       "define( 'PRESSGATE_SITE', '%s' );\n"
		       "define( 'PRESSGATE_RELAY_KEY_ID', '%s' );\n"
		       "define( 'PRESSGATE_RELAY_SECRET', '%s' );\n",
		    a->url, a->endpoint, a->name, a->key_id, a->secret);
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
	if (exit_code != CLI_OK) {
		unmake_files(a);
		return exit_code;
	}
	print_block(a, c->json);
	(void)fflush(stdout); /* the secret is out before anything can fail */
	if (c->line->value[OPTION_NO_APPLY] == NULL) {
		exit_code = apply_conf(conf, APPLY_QUIET);
		if (exit_code != CLI_OK)
			(void)command_fail((enum cli_exit)exit_code,
			    "the site is made but not applied: run pressgate "
			    "apply");
	}
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
	    .is_default = c->line->value[OPTION_DEFAULT] != NULL,
	};
	struct gate_conf *conf = NULL;
	int exit_code = command_conf(c, 0, &conf, NULL);

	if (exit_code != CLI_OK)
		return exit_code;
	a.conf = conf;
	if (a.endpoint == NULL && conf->endpoint[0] != '\0')
		a.endpoint = conf->endpoint;
	exit_code = check_request(&a);
	if (exit_code == CLI_OK)
		exit_code = check_paths(&a);
	if (exit_code == CLI_OK)
		exit_code = add_and_apply(c, &a);
	gate_wipe(a.secret, sizeof(a.secret));
	gate_conf_free(conf);
	return exit_code;
}

/*
 * pressgate secret rotate: the first step, a new secret beside the old one,
 * and where a rotation stands. A new secret is
 *
 *	secrets.d/NAME.KEY_ID.relay    64 hex digits, 0600 (.edge, .hmac)
 *	sites.d/NAME.keys              a line more, last: from then on it counts
 *
 * A file without its line is left of a run that was killed: nobody has seen
 * what is in it, and it is taken for the new secret.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/block.h"
#include "cli/secret.h"
#include "lib/clock.h"
#include "lib/crypto.h"
#include "lib/num.h"

#define SECRET_BYTES 32
#define SECRET_TEXT (2 * SECRET_BYTES)
#define ID_TEXT 80

static const struct {
	enum gate_scheme scheme;
	const char *ending;
} doors[] = {
    [GATE_DOOR_BRIDGE] = {GATE_SCHEME_HMAC, ".hmac"},
    [GATE_DOOR_RELAY] = {GATE_SCHEME_RELAY, ".relay"},
    [GATE_DOOR_EDGE] = {GATE_SCHEME_EDGE, ".edge"},
};
_Static_assert(GATE_COUNT(doors) == GATE_DOOR_COUNT, "a door is missing");

struct rotate {
	struct secret_change change;
	enum gate_door door;
	const char *endpoint;
	char id[ID_TEXT];
	char stem[ID_TEXT + 64];
	char path[FILES_PATH];
};

static int
choose_door(struct rotate *r)
{
	const char *word = r->change.command->line->value[OPTION_DOOR];
	const struct gate_site *site = r->change.site;
	size_t i, found = 0;

	if (word != NULL && !gate_door_parse(gate_span_str(word), &r->door))
		return command_fail(
		    CLI_USAGE, "expected --door bridge, relay or edge");
	for (i = 0; i < GATE_COUNT(doors) && word == NULL; i++)
		if (site->secrets[doors[i].scheme].count > 0) {
			r->door = (enum gate_door)i;
			found++;
		}
	if (found > 1)
		return command_fail(CLI_USAGE,
		    "site %s has several doors: expected --door bridge, relay "
		    "or edge",
		    site->name);
	if (site->secrets[doors[r->door].scheme].count == 0)
		return command_fail(CLI_FAILED, "site %s has no secret of %s",
		    site->name, gate_door_name(r->door));
	return CLI_OK;
}

static int
choose_endpoint(struct rotate *r)
{
	r->endpoint = r->change.command->line->value[OPTION_ENDPOINT];
	if (r->endpoint == NULL)
		r->endpoint = r->change.conf->endpoint;
	if (r->endpoint[0] == '\0' || strpbrk(r->endpoint, "'\"\\") != NULL)
		return command_fail(CLI_USAGE,
		    "expected --endpoint https://... of this gate, or "
		    "endpoint in %s",
		    r->change.conf->path);
	return CLI_OK;
}

/* Whether an id is some key's, or was: it is never given again, or what it
 * signed before could not be told from what it signs. */
static bool
is_taken(const struct rotate *r, const char *id)
{
	enum gate_scheme scheme = doors[r->door].scheme;
	struct keys_line line;

	return gate_site_by_secret(
		   &r->change.conf->sites, scheme, gate_span_str(id)) != NULL ||
	    keys_file_find(gate_buf_span(&r->change.text), scheme,
		gate_span_str(id), &line);
}

static int
choose_id(struct rotate *r)
{
	const char *name = r->change.site->name;
	const char *given = r->change.command->line->value[OPTION_KEY];
	int n = 1;

	if (given != NULL &&
	    (strlen(given) > 64 || is_taken(r, given) ||
		!gate_span_only(gate_span_str(given),
		    "abcdefghijklmnopqrstuvwxyz"
		    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		    "0123456789._-")))
		return command_fail(CLI_USAGE,
		    "--key: expected a name of at most 64 letters, digits, "
		    "'.', '_', '-' that no key has had");
	if (given != NULL)
		(void)snprintf(r->id, sizeof(r->id), "%s", given);
	else
		do
			(void)snprintf(
			    r->id, sizeof(r->id), "%.60s-%d", name, n++);
		while (is_taken(r, r->id));
	(void)snprintf(r->stem, sizeof(r->stem), "%s.%s", name, r->id);
	return files_path(&r->change.files, r->path, "secrets.d", r->stem,
	    doors[r->door].ending);
}

static int
make_file(const struct rotate *r)
{
	unsigned char bytes[SECRET_BYTES];
	char text[SECRET_TEXT + 2];
	int exit_code = files_secrets_dir(&r->change.files);

	if (exit_code != CLI_OK)
		return exit_code;
	if (access(r->path, F_OK) == 0) {
		files_tidy(r->path);
		return CLI_OK;
	}
	if (gate_random(bytes, sizeof(bytes)) != GATE_OK)
		return command_fail(CLI_FAILED, "no random bytes");
	gate_hex_text(gate_span_of(bytes, sizeof(bytes)), text, sizeof(text));
	text[SECRET_TEXT] = '\n';
	exit_code = files_make(&r->change.files, r->path, 0600,
	    gate_span_of(text, SECRET_TEXT + 1));
	gate_wipe(bytes, sizeof(bytes));
	gate_wipe(text, sizeof(text));
	return exit_code;
}

static int
make_line(struct rotate *r)
{
	char file[FILES_PATH];
	struct keys_line line = {
	    .scheme = doors[r->door].scheme,
	    .id = gate_span_str(r->id),
	    .state = GATE_KEY_NEXT,
	    .made_at_ms = gate_wall_ms(),
	    .algorithm = GATE_SPAN("HS256"),
	};

	(void)snprintf(file, sizeof(file), "secrets.d/%s%s", r->stem,
	    doors[r->door].ending);
	line.file = gate_span_str(file);
	return secret_write(&r->change, &line, 1);
}

/* The secret goes to standard output, as site add's does. */
static int
print_block(const struct rotate *r, struct gate_span secret)
{
	const struct gate_site *site = r->change.site;
	char text[SECRET_TEXT + 1];
	struct block_a block = {
	    .url = site->url,
	    .endpoint = r->endpoint,
	    .site = site->name,
	    .door = r->door,
	    .key_id = r->id,
	    .secret = text,
	    .issuer = site->bridge.issuer,
	    .audience = site->bridge.audience,
	    .results_audience = site->bridge.results_audience,
	};
	struct gate_buf out;
	enum gate_code code;

	if (!gate_span_copy(secret, text, sizeof(text)) ||
	    !gate_span_only(secret, "0123456789abcdef"))
		return command_fail(CLI_FAILED,
		    "%s is not one of this command's: it cannot show it",
		    r->path);
	gate_buf_init(&out, 16384);
	code = block_a_put(&out, &block, r->change.command->json);
	if (code == GATE_OK)
		printf("%s", gate_buf_str(&out));
	(void)fflush(stdout); /* the secret is out before anything can fail */
	gate_buf_wipe(&out);
	gate_wipe(text, sizeof(text));
	return code == GATE_OK ? CLI_OK
			       : command_fail(CLI_FAILED, "out of memory");
}

static int
print_next(const struct rotate *r)
{
	struct gate_buf text;
	int exit_code;

	gate_buf_init(&text, 4096);
	exit_code = files_read(r->path, &text);
	while (text.n > 0 && (text.p[text.n - 1] == '\n'))
		text.n--;
	if (exit_code == CLI_OK)
		exit_code = print_block(r, gate_buf_span(&text));
	gate_buf_wipe(&text);
	if (exit_code == CLI_OK)
		fprintf(stderr,
		    "Next: reload pressgate-fcgi (SIGHUP), which then takes "
		    "both; put block A into\nwp-config.php of %s in place of "
		    "the old one; when\n\"pressgate secret list %s\" shows %s "
		    "in use: pressgate secret promote %s %s\n",
		    r->change.site->url, r->change.site->name, r->id,
		    r->change.site->name, r->id);
	return exit_code;
}

/* A secret that waits to be put to use; its file is ours. */
static int
go_on_with_next(struct rotate *r, const struct secrets_item *k)
{
	struct keys_line line = secret_line(&r->change, k);
	int exit_code;

	(void)snprintf(r->id, sizeof(r->id), "%s", k->id);
	if (line.file.n == 0)
		return command_fail(CLI_FAILED,
		    "%s is the next secret already; it stands in %s, which "
		    "is not this command's",
		    k->id, r->change.site->file);
	exit_code = secret_path(&r->change, &line, r->path);
	if (exit_code != CLI_OK)
		return exit_code;
	fprintf(stderr, "%s is there already, made %" PRId64 " days ago\n",
	    k->id, secrets_age_days(k, gate_wall_ms()));
	return print_next(r);
}

/* Where the rotation stands: *k is the key that it waits for. */
static bool
is_under_way(
    const struct rotate *r, enum gate_key_state state, struct secrets_item *k)
{
	size_t i;

	for (i = 0; secrets_at(r->change.site, i, k); i++)
		if (k->scheme == doors[r->door].scheme && k->state == state)
			return true;
	return false;
}

static int
rotate(struct rotate *r)
{
	struct secrets_item k;
	int exit_code;

	if (is_under_way(r, GATE_KEY_NEXT, &k))
		return go_on_with_next(r, &k);
	if (is_under_way(r, GATE_KEY_RETIRING, &k))
		return command_fail(CLI_FAILED,
		    "the last rotation is not over: %s is retiring; see "
		    "pressgate secret list %s, then\npressgate secret retire "
		    "%s %s",
		    k.id, r->change.site->name, r->change.site->name, k.id);
	exit_code = choose_id(r);
	if (exit_code == CLI_OK)
		exit_code = make_file(r);
	if (exit_code == CLI_OK) {
		exit_code = make_line(r);
		if (exit_code != CLI_OK)
			(void)unlink(r->path); /* nobody has seen it */
	}
	return exit_code == CLI_OK ? print_next(r) : exit_code;
}

int
secret_rotate_run(const struct command *c)
{
	struct rotate r = {.id = ""};
	int exit_code = secret_open(&r.change, c);

	if (exit_code == CLI_OK)
		exit_code = choose_door(&r);
	if (exit_code == CLI_OK)
		exit_code = choose_endpoint(&r);
	if (exit_code == CLI_OK)
		exit_code = rotate(&r);
	secret_close(&r.change);
	return exit_code;
}

/*
 * pressgate site key: takes in the public key of a site's tokens. What a
 * plugin shows as block B is judged whole before anything is written:
 *
 *	secrets.d/NAME.KID.pem  the public key
 *	sites.d/NAME.keys       a line more, last: from then on the key counts
 *
 * The same key again changes nothing. A private key is not taken, not kept
 * and not shown.
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
#include "lib/conf_text.h"
#include "lib/conf_value.h"
#include "lib/crypto_key.h"
#include "lib/num.h"

#define INPUT_MAX (64 * 1024) /* to tell what it is, if it is no block B */
#define KID_TEXT 65

struct take {
	const struct gate_conf *conf;
	const struct gate_site *site;
	struct files files;
	struct gate_buf text; /* what was given; b borrows from it */
	struct block_b b;
	char kid[KID_TEXT];
	enum gate_alg alg;
	unsigned char digest[GATE_SHA256_BYTES];
	char fingerprint[2 * GATE_SHA256_BYTES + 1];
	char pem_path[FILES_PATH];
	char keys_path[FILES_PATH];
	struct gate_buf keys; /* what NAME.keys held before */
	bool had_pem, is_known;
};

static int
read_block(struct take *t, const char *path)
{
	struct gate_err err = {0};
	enum gate_code code;
	int exit_code = files_read(path, &t->text);

	if (exit_code != CLI_OK)
		return exit_code;
	code = block_b_parse(gate_buf_span(&t->text), &t->b, &err);
	if (code == GATE_E_AUTH)
		return command_fail(CLI_USAGE,
		    "REFUSED: there is a PRIVATE key in it, which must not "
		    "leave its site.\nNothing was stored. Take that key for "
		    "known to others: make a new pair in the plugin\nand hand "
		    "over its block B, which has the public key only.");
	if (code != GATE_OK)
		return command_fail(
		    CLI_USAGE, "this is no block B: %s", err.text);
	return CLI_OK;
}

/* Whether it is meant for this site. */
static int
check_names(struct take *t, const char *name)
{
	const struct gate_bridge *bridge;

	t->site = gate_site_by_name(&t->conf->sites, gate_span_str(name));
	if (t->site == NULL)
		return command_fail(CLI_NOTHING, "no site %s", name);
	bridge = &t->site->bridge;
	if (bridge->issuer == NULL)
		return command_fail(CLI_FAILED,
		    "site %s has no block bridge in %s, which a key is for",
		    name, t->site->file);
	if (!gate_span_is(t->b.site, name))
		return command_fail(
		    CLI_FAILED, "the block is another site's, not %s's", name);
	if (!gate_span_is(t->b.issuer, bridge->issuer))
		return command_fail(CLI_FAILED,
		    "the block has another issuer than %s, which %s has",
		    bridge->issuer, t->site->file);
	if (!gate_conf_is_name(t->b.key_id) ||
	    !gate_span_copy(t->b.key_id, t->kid, sizeof(t->kid)))
		return command_fail(CLI_FAILED,
		    "key-id: expected 1 to 64 letters, digits, '.', '_', '-'");
	return CLI_OK;
}

/* Whether it is a key that may sign tokens. */
static int
check_key(struct take *t)
{
	struct gate_verify_key *key = NULL;
	struct gate_err err = {0};

	if (!gate_alg_parse(t->b.algorithm, &t->alg) ||
	    t->alg == GATE_ALG_HS256)
		return command_fail(
		    CLI_FAILED, "algorithm: expected RS256, ES256 or EdDSA");
	if (gate_verify_key_new(t->alg, gate_buf_span(&t->b.pem), &key, &err) !=
	    GATE_OK)
		return command_fail(CLI_FAILED, "%s", err.text);
	gate_verify_key_digest(key, t->digest);
	gate_verify_key_free(key);
	gate_hex_text(gate_span_of(t->digest, sizeof(t->digest)),
	    t->fingerprint, sizeof(t->fingerprint));
	return CLI_OK;
}

static bool
is_same(const struct take *t, const struct gate_bridge_key *k)
{
	unsigned char digest[GATE_SHA256_BYTES];

	if (k->key == NULL)
		return false;
	gate_verify_key_digest(k->key, digest);
	return gate_span_equal(gate_span_of(digest, sizeof(digest)),
	    gate_span_of(t->digest, sizeof(t->digest)));
}

/* What the site has already: this key, its id, or neither. */
static int
check_taken(struct take *t)
{
	const struct gate_bridge *bridge = &t->site->bridge;
	const struct gate_bridge_key *k;
	bool same_id;
	size_t i;

	for (i = 0; i < bridge->key_count; i++) {
		k = &bridge->keys[i];
		same_id = strcmp(k->id, t->kid) == 0;
		if (is_same(t, k) && same_id)
			t->is_known = true;
		else if (is_same(t, k))
			return command_fail(CLI_FAILED,
			    "the site has this key already, with key id %s",
			    k->id);
		else if (same_id)
			return command_fail(CLI_FAILED,
			    "key id %s is taken by another key: expected a "
			    "new id for a new key",
			    t->kid);
	}
	return CLI_OK;
}

static int
choose_paths(struct take *t)
{
	char stem[GATE_SITE_NAME_MAX + KID_TEXT + 2];
	int exit_code;

	(void)snprintf(stem, sizeof(stem), "%s.%s", t->site->name, t->kid);
	exit_code =
	    files_path(&t->files, t->pem_path, "secrets.d", stem, ".pem");
	if (exit_code == CLI_OK)
		exit_code = files_path(&t->files, t->keys_path,
		    t->conf->sites_dir, t->site->name, ".keys");
	return exit_code;
}

/* A leftover of a run that was killed is there with the same bytes. */
static int
make_pem(struct take *t)
{
	struct gate_span pem = gate_buf_span(&t->b.pem);
	struct gate_buf old;
	int exit_code;

	if (access(t->pem_path, F_OK) != 0)
		return files_make(&t->files, t->pem_path, 0644, pem);
	gate_buf_init(&old, INPUT_MAX);
	exit_code = files_read(t->pem_path, &old);
	if (exit_code == CLI_OK && !gate_span_equal(gate_buf_span(&old), pem))
		exit_code = command_fail(CLI_FAILED,
		    "%s is there already and holds something else",
		    t->pem_path);
	gate_buf_clear(&old);
	t->had_pem = true;
	return exit_code;
}

static int
add_line(struct take *t)
{
	char now[GATE_TIME_TEXT];
	struct gate_buf b;
	int exit_code = CLI_OK;

	if (access(t->keys_path, F_OK) == 0)
		exit_code = files_read(t->keys_path, &t->keys);
	if (exit_code != CLI_OK)
		return exit_code;
	gate_time_text(gate_wall_ms(), now);
	gate_buf_init(&b, GATE_CONF_TEXT_MAX);
	(void)gate_buf_put(&b, gate_buf_span(&t->keys));
	if (b.n > 0 && b.p[b.n - 1] != '\n')
		(void)gate_buf_put_byte(&b, '\n');
	(void)gate_buf_printf(&b,
	    "bridge %s current %s %s secrets.d/%s.%s.pem\n", t->kid, now,
	    gate_alg_name(t->alg), t->site->name, t->kid);
	exit_code = b.failed == GATE_OK
	    ? files_replace(&t->files, t->keys_path, 0644, gate_buf_span(&b))
	    : command_fail(CLI_FAILED, "%s has grown too long", t->keys_path);
	gate_buf_clear(&b);
	return exit_code;
}

static void
take_back(const struct take *t)
{
	int exit_code = CLI_OK;

	if (t->keys.n > 0)
		exit_code = files_replace(
		    &t->files, t->keys_path, 0644, gate_buf_span(&t->keys));
	else
		(void)unlink(t->keys_path);
	if (exit_code != CLI_OK) /* the line needs its file */
		return;
	if (!t->had_pem)
		(void)unlink(t->pem_path);
}

/* Reads everything again, as the programs will: a key that they cannot read
 * would shut the site out. */
static int
confirm(const struct command *c, const struct take *t)
{
	struct gate_conf *conf = NULL;
	size_t bad = 0;
	int exit_code = command_conf(c, GATE_CONF_INGEST, &conf, &bad);

	if (exit_code == CLI_OK &&
	    gate_site_by_name(&conf->sites, gate_span_str(t->site->name)) ==
		NULL)
		exit_code = command_fail(CLI_CONF,
		    "with this key the site would be invalid: not stored");
	if (exit_code == CLI_OK)
		apply_generation(conf);
	gate_conf_free(conf);
	return exit_code;
}

static int
store(const struct command *c, struct take *t)
{
	int exit_code = files_secrets_dir(&t->files);

	if (exit_code == CLI_OK)
		exit_code = make_pem(t);
	if (exit_code != CLI_OK)
		return exit_code;
	exit_code = add_line(t);
	if (exit_code == CLI_OK)
		exit_code = confirm(c, t);
	if (exit_code != CLI_OK)
		take_back(t);
	return exit_code;
}

static int
report(const struct command *c, const struct take *t)
{
	const char *alg = gate_alg_name(t->alg);

	if (c->json) {
		printf("{\"site\":\"%s\",\"key_id\":\"%s\",\"algorithm\":\"%s\""
		       ",\"fingerprint\":\"%s\",\"new\":%s}\n",
		    t->site->name, t->kid, alg, t->fingerprint,
		    t->is_known ? "false" : "true");
		return CLI_OK;
	}
	printf("site %s: key %s (%s) %s\nSHA-256 of the public key: %s\n",
	    t->site->name, t->kid, alg,
	    t->is_known ? "is there already, nothing changed" : "is taken in",
	    t->fingerprint);
	if (!t->is_known)
		fprintf(stderr,
		    "Next: compare that with what the plugin shows; reload "
		    "pressgate-fcgi (SIGHUP);\nthen publish a post.\n");
	return CLI_OK;
}

static int
take(const struct command *c, struct take *t)
{
	int exit_code = check_names(t, c->words[0]);

	if (exit_code == CLI_OK)
		exit_code = check_key(t);
	if (exit_code == CLI_OK)
		exit_code = check_taken(t);
	if (exit_code == CLI_OK)
		exit_code = choose_paths(t);
	if (exit_code == CLI_OK && !t->is_known)
		exit_code = store(c, t);
	return exit_code == CLI_OK ? report(c, t) : exit_code;
}

int
site_key_run(const struct command *c)
{
	struct take t = {.files = {.lock = -1}};
	struct gate_conf *conf = NULL;
	size_t bad = 0; /* of other sites, perhaps; said in any case */
	int exit_code;

	gate_buf_init(&t.text, INPUT_MAX);
	gate_buf_init(&t.keys, GATE_CONF_TEXT_MAX);
	exit_code = read_block(&t, c->words[1]);
	if (exit_code == CLI_OK)
		exit_code = files_open(&t.files, c->conf_path);
	if (exit_code == CLI_OK)
		exit_code = command_conf(c, GATE_CONF_INGEST, &conf, &bad);
	if (exit_code == CLI_OK) {
		t.conf = conf;
		exit_code = take(c, &t);
	}
	files_close(&t.files);
	gate_conf_free(conf);
	block_b_clear(&t.b);
	gate_buf_clear(&t.keys);
	gate_buf_wipe(&t.text);
	return exit_code;
}

/*
 * The choice of site, door and keys. Which of a bridge's keys belongs to a
 * private key is found out by signing something and verifying it.
 */
#include "config.h"

#include "cli/sender.h"

#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "lib/num.h"
#include "lib/secret.h"

#define TOKEN_LIFE_S 60

static const enum gate_scheme schemes[] = {
    [GATE_DOOR_BRIDGE] = GATE_SCHEME_HMAC,
    [GATE_DOOR_RELAY] = GATE_SCHEME_RELAY,
    [GATE_DOOR_EDGE] = GATE_SCHEME_EDGE,
};
_Static_assert(GATE_COUNT(schemes) == GATE_DOOR_COUNT, "a door is missing");

static int
choose_site(struct sender *s, const char *name, const struct gate_conf *conf)
{
	if (name != NULL)
		s->site = gate_site_by_name(&conf->sites, gate_span_str(name));
	else if (conf->sites.count == 1)
		s->site = &conf->sites.list[0];
	else
		s->site = gate_site_default(&conf->sites);
	if (s->site != NULL)
		return CLI_OK;
	return name != NULL
	    ? command_fail(CLI_NOTHING, "no site %s", name)
	    : command_fail(
		  CLI_USAGE, "there is no default site: expected --site NAME");
}

/* Without --door: the one that --key-file is for, else the one that works
 * without a private key. */
static int
choose_door(struct sender *s, const char *door, bool has_key_file)
{
	if (door != NULL)
		return gate_door_parse(gate_span_str(door), &s->who.door)
		    ? CLI_OK
		    : command_fail(
			  CLI_USAGE, "expected --door bridge, relay or edge");
	if (has_key_file)
		s->who.door = GATE_DOOR_BRIDGE;
	else if (s->site->secrets[GATE_SCHEME_RELAY].count > 0)
		s->who.door = GATE_DOOR_RELAY;
	else if (s->site->secrets[GATE_SCHEME_EDGE].count > 0)
		s->who.door = GATE_DOOR_EDGE;
	else
		s->who.door = GATE_DOOR_BRIDGE;
	return CLI_OK;
}

/* The one that is asked for, else the current one. */
static int
choose_secret(struct sender *s, const char *id)
{
	const struct gate_hmac_secrets *all =
	    &s->site->secrets[schemes[s->who.door]];
	const struct gate_hmac_secret *found = NULL;
	size_t i;

	for (i = 0; i < all->count && found == NULL; i++)
		if (id == NULL ? all->list[i].state == GATE_KEY_CURRENT
			       : strcmp(all->list[i].id, id) == 0)
			found = &all->list[i];
	if (found == NULL)
		return command_fail(CLI_NOTHING,
		    "site %s has no %s %s secret%s%s", s->site->name,
		    id == NULL ? "current" : "such",
		    gate_door_name(s->who.door), id == NULL ? "" : ": ",
		    id == NULL ? "" : id);
	s->who.secret = found->key;
	s->who.key_id = gate_span_str(found->id);
	return CLI_OK;
}

/* Whether the private key is this key's. Then it is s's. */
static bool
take_key(
    struct sender *s, const struct gate_bridge_key *k, struct gate_span text)
{
	struct gate_span probe = GATE_SPAN("whose key is this?");
	struct gate_sign_key *mine = NULL;
	struct gate_buf signature;
	bool ok;

	gate_buf_init(&signature, GATE_SIGNATURE_MAX);
	ok = k->key != NULL &&
	    gate_sign_key_new(gate_verify_key_alg(k->key), text, &mine, NULL) ==
		GATE_OK &&
	    gate_sign(mine, probe, &signature) == GATE_OK &&
	    gate_verify(k->key, probe, gate_buf_span(&signature)) == GATE_OK;
	gate_buf_clear(&signature);
	if (!ok) {
		gate_sign_key_free(mine);
		return false;
	}
	s->key = mine;
	s->who.key = mine;
	s->who.key_id = gate_span_str(k->id);
	return true;
}

static int
choose_key(struct sender *s, const char *id, const char *path)
{
	const struct gate_bridge *b = &s->site->bridge;
	struct gate_secret text = {0};
	struct gate_err err = {0};
	char ref[4200];
	size_t i;

	if (path == NULL)
		return command_fail(CLI_USAGE,
		    "a bridge's token is signed with a key that the gate does "
		    "not have: expected --key-file FILE");
	(void)snprintf(ref, sizeof(ref), "file:%s", path);
	if (gate_secret_load(ref, ".", 1, &text, &err) != GATE_OK)
		return command_fail(CLI_FAILED, "%s", err.text);
	for (i = 0; i < b->key_count && s->key == NULL; i++)
		if (id == NULL || strcmp(b->keys[i].id, id) == 0)
			(void)take_key(s, &b->keys[i], gate_secret_span(&text));
	gate_secret_clear(&text);
	if (s->key != NULL)
		return CLI_OK;
	return command_fail(CLI_NOTHING,
	    "%s: not the private key of %s%s of site %s", path,
	    id == NULL ? "any key" : "key ", id == NULL ? "" : id,
	    s->site->name);
}

int
sender_open(
    struct sender *s, const struct command *c, const struct gate_conf *conf)
{
	const char *const *value = c->line->value;
	const char *file = value[OPTION_KEY_FILE];
	int exit_code;

	*s = (struct sender){.who = {.life_s = TOKEN_LIFE_S}};
	exit_code = choose_site(s, value[OPTION_SITE], conf);
	if (exit_code == CLI_OK)
		exit_code = choose_door(s, value[OPTION_DOOR], file != NULL);
	if (exit_code != CLI_OK)
		return exit_code;
	if (s->who.door != GATE_DOOR_BRIDGE)
		return file == NULL ? choose_secret(s, value[OPTION_KEY])
				    : command_fail(CLI_USAGE,
					  "--key-file is for --door bridge");
	s->who.issuer = gate_span_str(s->site->bridge.issuer);
	s->who.audience = gate_span_str(s->site->bridge.audience);
	exit_code = choose_secret(s, NULL);
	if (exit_code == CLI_OK)
		exit_code = choose_key(s, value[OPTION_KEY], file);
	return exit_code;
}

void
sender_close(struct sender *s)
{
	gate_sign_key_free(s->key);
	*s = (struct sender){0};
}

static int
new_uuid(char dst[GATE_UUID_TEXT])
{
	struct gate_uuid id;

	if (gate_uuid7(gate_wall_ms(), &id) != GATE_OK)
		return command_fail(CLI_FAILED, "no random bytes");
	gate_uuid_text(&id, dst);
	return CLI_OK;
}

static int
stamp(struct gate_sign_try *now, char nonce[GATE_UUID_TEXT])
{
	now->now_s = gate_wall_ms() / 1000;
	now->nonce = gate_span_of(nonce, GATE_UUID_TEXT - 1);
	return new_uuid(nonce);
}

static int
say_signed(enum gate_code code)
{
	if (code == GATE_OK)
		return CLI_OK;
	return code == GATE_E_BAD
	    ? command_fail(
		  CLI_USAGE, "expected visible ASCII in the key and the target")
	    : command_fail(CLI_FAILED, "cannot sign: %s", gate_code_name(code));
}

int
sender_post(const struct sender *s, const char *idempotency_key,
    struct gate_span body, struct gate_sign_headers *h)
{
	char nonce[GATE_UUID_TEXT];
	struct gate_sign_try now;
	int exit_code = stamp(&now, nonce);

	if (exit_code != CLI_OK)
		return exit_code;
	return say_signed(gate_sign_post(
	    &s->who, &now, gate_span_str(idempotency_key), body, h));
}

int
sender_get(
    const struct sender *s, const char *target, struct gate_sign_headers *h)
{
	struct gate_signer who = s->who;
	char nonce[GATE_UUID_TEXT];
	struct gate_sign_try now;
	int exit_code = stamp(&now, nonce);

	if (exit_code != CLI_OK)
		return exit_code;
	if (who.door == GATE_DOOR_BRIDGE)
		who.audience = gate_span_str(s->site->bridge.results_audience);
	return say_signed(gate_sign_get(&who, &now, gate_span_str(target), h));
}

int
sender_new_key(const struct sender *s, char dst[SENDER_KEY_TEXT])
{
	char id[GATE_UUID_TEXT];
	int exit_code = new_uuid(id);

	if (exit_code == CLI_OK)
		(void)snprintf(dst, SENDER_KEY_TEXT, "%s%s",
		    s->who.door == GATE_DOOR_EDGE ? "prov:" : "", id);
	return exit_code;
}

/* What an edge calls an event that names itself, or does not. */
static int
edge_key(struct gate_span body, struct gate_span id, char *dst)
{
	unsigned char digest[GATE_SHA256_BYTES];
	char hex[2 * GATE_SHA256_BYTES + 1];

	if (id.n > 0 && id.n <= 100 && gate_span_within(id, 0x21, 0x7e)) {
		(void)snprintf(
		    dst, SENDER_KEY_TEXT, "prov:%.*s", GATE_SPAN_ARG(id));
		return CLI_OK;
	}
	if (gate_sha256(&body, 1, digest) != GATE_OK)
		return command_fail(CLI_FAILED, "out of memory");
	gate_hex_text(gate_span_of(digest, sizeof(digest)), hex, sizeof(hex));
	(void)snprintf(dst, SENDER_KEY_TEXT, "hash:%s", hex);
	return CLI_OK;
}

int
sender_idempotency_key(const struct sender *s, const struct command *c,
    struct gate_span body, char dst[SENDER_KEY_TEXT])
{
	const char *given = c->line->value[OPTION_IDEMPOTENCY_KEY];
	bool edge = s->who.door == GATE_DOOR_EDGE;
	const struct gate_json *v = NULL;
	struct gate_json *doc = NULL;
	struct gate_span text = {0};
	int exit_code = CLI_OK;

	if (given != NULL)
		return gate_span_copy(
			   gate_span_str(given), dst, SENDER_KEY_TEXT)
		    ? CLI_OK
		    : command_fail(CLI_USAGE, "--idempotency-key: too long");
	/* A body that is none is sent as it is: the gate shall refuse it. */
	if (gate_json_parse(body, &doc, NULL) == GATE_OK &&
	    (!gate_json_get(doc, edge ? "id" : "idempotency_key", &v) ||
		!gate_json_string(v, &text)))
		text = (struct gate_span){0};
	if (edge)
		exit_code = edge_key(body, text, dst);
	else if (text.n == 0 || !gate_span_copy(text, dst, SENDER_KEY_TEXT))
		exit_code = sender_new_key(s, dst);
	gate_json_free(doc);
	return exit_code;
}

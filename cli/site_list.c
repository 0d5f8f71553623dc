/*
 * pressgate site list: the sites of the configuration with their keys,
 * without a look at the database. Shows no secret: only ids and states are
 * loaded.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/secrets.h"
#include "lib/clock.h"
#include "lib/json.h"

static bool
put_string(struct gate_json *o, const char *name, const char *value)
{
	return gate_json_put(o, name,
		   gate_json_new_string(gate_span_str(value))) == GATE_OK;
}

static bool
put_keys(struct gate_json *list, const struct gate_site *s)
{
	char made_at[GATE_TIME_TEXT], scheme[SECRETS_SCHEME];
	struct gate_json *o;
	struct secrets_item k;
	bool ok = list != NULL;
	size_t i;

	for (i = 0; ok && secrets_at(s, i, &k); i++) {
		o = gate_json_new_object();
		gate_time_text(k.made_at_ms, made_at);
		secrets_scheme(&k, scheme);
		ok = o != NULL && put_string(o, "scheme", scheme) &&
		    put_string(o, "id", k.id) &&
		    put_string(o, "state", gate_key_state_name(k.state)) &&
		    (k.algorithm == NULL ||
			put_string(o, "algorithm", k.algorithm)) &&
		    (k.made_at_ms == 0 || put_string(o, "made_at", made_at));
		if (!ok)
			gate_json_free(o);
		else
			ok = gate_json_append(list, o) == GATE_OK;
	}
	return ok;
}

static bool
put_site(struct gate_json *list, const struct gate_site *s)
{
	struct gate_json *o = gate_json_new_object();
	struct gate_json *keys = gate_json_new_array();
	bool ok = put_keys(keys, s);

	/* put takes keys over in any case */
	ok = gate_json_put(o, "keys", keys) == GATE_OK && ok &&
	    put_string(o, "name", s->name) && put_string(o, "url", s->url) &&
	    gate_json_put(o, "default", gate_json_new_bool(s->is_default)) ==
		GATE_OK &&
	    gate_json_put(o, "routes",
		gate_json_new_i64((int64_t)s->route_count)) == GATE_OK;
	if (!ok) {
		gate_json_free(o);
		return false;
	}
	return gate_json_append(list, o) == GATE_OK;
}

static int
list_json(const struct gate_conf *conf)
{
	struct gate_json *list = gate_json_new_array();
	bool ok = list != NULL;
	struct gate_buf text;
	size_t i;

	gate_buf_init(&text, 16 * 1024 * 1024);
	for (i = 0; ok && i < conf->sites.count; i++)
		ok = put_site(list, &conf->sites.list[i]);
	ok = ok && gate_json_text(list, &text) == GATE_OK;
	if (ok)
		printf("%s\n", gate_buf_str(&text));
	gate_buf_clear(&text);
	gate_json_free(list);
	return ok ? CLI_OK : command_fail(CLI_FAILED, "out of memory");
}

static void
print_site(const struct gate_site *s, int64_t now_ms)
{
	struct secrets_item k;
	char scheme[SECRETS_SCHEME];
	size_t i;

	printf("%s  %s  %zu routes%s\n", s->name, s->url, s->route_count,
	    s->is_default ? ", default" : "");
	for (i = 0; secrets_at(s, i, &k); i++) {
		secrets_scheme(&k, scheme);
		printf("  %-6s  %-5s  %-8s  ", scheme,
		    k.algorithm == NULL ? "" : k.algorithm,
		    gate_key_state_name(k.state));
		if (k.made_at_ms == 0)
			printf("%9s", "");
		else
			printf(
			    "%4" PRId64 " days", secrets_age_days(&k, now_ms));
		printf("  %s%s\n", k.id,
		    secrets_is_old(&k, now_ms)
			? "  old: pressgate secret rotate"
			: "");
	}
	if (s->bridge.issuer != NULL && s->bridge.key_count == 0)
		printf("  bridge  has no public key yet: pressgate site key "
		       "%s -\n",
		    s->name);
}

int
site_list_run(const struct command *c)
{
	struct gate_conf *conf = NULL;
	size_t bad = 0, i;
	int exit_code = command_conf(c, 0, &conf, &bad);

	if (exit_code == CLI_OK && c->json)
		exit_code = list_json(conf);
	else if (exit_code == CLI_OK)
		for (i = 0; i < conf->sites.count; i++)
			print_site(&conf->sites.list[i], gate_wall_ms());
	if (exit_code == CLI_OK && bad > 0)
		exit_code =
		    command_fail(CLI_CONF, "%zu of the sites are invalid", bad);
	gate_conf_free(conf);
	return exit_code;
}

/*
 * pressgate site list: the sites of the configuration, without a look at
 * the database.
 */
#include "config.h"

#include <stdio.h>

#include "cli/command.h"
#include "lib/json.h"

static bool
put_site(struct gate_json *list, const struct gate_site *s)
{
	struct gate_json *o = gate_json_new_object();
	bool ok = o != NULL;

	ok = ok &&
	    gate_json_put(o, "name",
		gate_json_new_string(gate_span_str(s->name))) == GATE_OK &&
	    gate_json_put(o, "url",
		gate_json_new_string(gate_span_str(s->url))) == GATE_OK &&
	    gate_json_put(o, "default", gate_json_new_bool(s->is_default)) ==
		GATE_OK &&
	    gate_json_put(o, "relay_keys",
		gate_json_new_i64(
		    (int64_t)s->secrets[GATE_SCHEME_RELAY].count)) == GATE_OK &&
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

int
site_list_run(const struct command *c)
{
	struct gate_conf *conf = NULL;
	const struct gate_site *s;
	size_t bad = 0, i;
	int exit_code = command_conf(c, 0, &conf, &bad);

	if (exit_code == CLI_OK && c->json) {
		exit_code = list_json(conf);
	} else if (exit_code == CLI_OK) {
		for (i = 0; i < conf->sites.count; i++) {
			s = &conf->sites.list[i];
			printf("%s  %s  %zu keys, %zu routes%s\n", s->name,
			    s->url, s->secrets[GATE_SCHEME_RELAY].count,
			    s->route_count, s->is_default ? ", default" : "");
		}
	}
	if (exit_code == CLI_OK && bad > 0)
		exit_code =
		    command_fail(CLI_CONF, "%zu of the sites are invalid", bad);
	gate_conf_free(conf);
	return exit_code;
}

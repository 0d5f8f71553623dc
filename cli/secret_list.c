/*
 * pressgate secret list: every key with its state, its age, how often it was
 * used, and what to do about it. The counts are the database's; without it
 * the rest is shown.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/secret.h"
#include "lib/clock.h"
#include "lib/json.h"

struct list {
	const struct gate_conf *conf;
	const char *only; /* NULL: all sites */
	struct gate_rows *uses;
	bool has_uses;
	int64_t now_ms;
	const char *between; /* of items, in JSON */
	size_t count;
};

static const char *
advice(const struct list *l, const struct gate_site *s,
    const struct secrets_item *k)
{
	if (k->state == GATE_KEY_RETIRING && l->has_uses)
		return secret_can_go(s, l->uses, k)
		    ? "can go: secret retire"
		    : "not yet: still used, or the current one is not";
	if (k->state == GATE_KEY_NEXT && l->has_uses)
		return secret_use_of(l->uses, s->name, k).idle_s >= 0
		    ? "in use: secret promote"
		    : "waits to be put in place";
	if (secrets_is_old(k, l->now_ms))
		return k->scheme == GATE_SCHEME_BRIDGE
		    ? "old: make a new pair in the plugin, then site key"
		    : "old: secret rotate";
	return "";
}

static void
put_age(int64_t days, char dst[24])
{
	if (days < 0)
		(void)snprintf(dst, 24, "?");
	else
		(void)snprintf(dst, 24, "%" PRId64 " d", days);
}

static void
put_idle(const struct list *l, int64_t idle_s, char dst[24])
{
	if (!l->has_uses)
		(void)snprintf(dst, 24, "?");
	else if (idle_s < 0)
		(void)snprintf(dst, 24, "-");
	else if (idle_s < 2 * 60 * 60)
		(void)snprintf(dst, 24, "%" PRId64 " min ago", idle_s / 60);
	else
		(void)snprintf(
		    dst, 24, "%" PRId64 " h ago", idle_s / (60 * 60));
}

static void
print_text(const struct list *l, const struct gate_site *s,
    const struct secrets_item *k)
{
	struct secret_use use = secret_use_of(l->uses, s->name, k);
	char age[24], idle[24], scheme[SECRETS_SCHEME];

	secrets_scheme(k, scheme);
	put_age(secrets_age_days(k, l->now_ms), age);
	put_idle(l, use.idle_s, idle);
	if (l->count == 0)
		printf("%-16s %-6s %-20s %-8s %6s %12s %9s %9s\n", "SITE",
		    "SCHEME", "KEY", "STATE", "AGE", "LAST USED", "24 H",
		    "7 DAYS");
	printf("%-16s %-6s %-20s %-8s %6s %12s ", s->name, scheme, k->id,
	    gate_key_state_name(k->state), age, idle);
	if (l->has_uses)
		printf("%9" PRId64 " %9" PRId64, use.last_day, use.last_week);
	else
		printf("%9s %9s", "?", "?");
	printf("  %s\n", advice(l, s, k));
}

static void
print_number(const char *name, int64_t value, bool is_known)
{
	if (is_known)
		printf(",\"%s\":%" PRId64, name, value);
	else
		printf(",\"%s\":null", name);
}

/* Names have a grammar that JSON needs no escape for. */
static void
print_json(
    struct list *l, const struct gate_site *s, const struct secrets_item *k)
{
	struct secret_use use = secret_use_of(l->uses, s->name, k);
	int64_t days = secrets_age_days(k, l->now_ms);
	char scheme[SECRETS_SCHEME];

	secrets_scheme(k, scheme);
	printf("%s{\"site\":\"%s\",\"scheme\":\"%s\",\"id\":\"%s\","
	       "\"state\":\"%s\"",
	    l->between, s->name, scheme, k->id, gate_key_state_name(k->state));
	print_number("age_days", days, days >= 0);
	print_number("idle_s", use.idle_s, l->has_uses && use.idle_s >= 0);
	print_number("last_day", use.last_day, l->has_uses);
	print_number("last_week", use.last_week, l->has_uses);
	printf(",\"old\":%s,\"can_go\":%s}",
	    secrets_is_old(k, l->now_ms) ? "true" : "false",
	    l->has_uses && secret_can_go(s, l->uses, k) ? "true" : "false");
	l->between = ",";
}

static void
print_all(const struct command *c, struct list *l)
{
	const struct gate_site *s;
	struct secrets_item k;
	size_t i, n;

	if (c->json)
		putchar('[');
	for (i = 0; i < l->conf->sites.count; i++) {
		s = &l->conf->sites.list[i];
		if (l->only != NULL && strcmp(l->only, s->name) != 0)
			continue;
		for (n = 0; secrets_at(s, n, &k); n++, l->count++) {
			if (c->json)
				print_json(l, s, &k);
			else
				print_text(l, s, &k);
		}
	}
	if (c->json)
		puts("]");
}

int
secret_list_run(const struct command *c)
{
	struct list l = {.between = "",
	    .only = c->word_count > 0 ? c->words[0] : NULL,
	    .now_ms = gate_wall_ms()};
	struct gate_conf *conf = NULL;
	struct gate_db *db = NULL;
	size_t bad = 0; /* of other sites, perhaps; said in any case */
	int exit_code = command_conf(c, 0, &conf, &bad), asked;

	if (exit_code == CLI_OK && l.only != NULL &&
	    gate_site_by_name(&conf->sites, gate_span_str(l.only)) == NULL)
		exit_code = command_fail(CLI_NOTHING, "no site %s", l.only);
	if (exit_code == CLI_OK) {
		l.conf = conf;
		asked = secret_db_open(conf, &db);
		if (asked == CLI_OK)
			asked = secret_uses_load(db, l.only, &l.uses);
		l.has_uses = asked == CLI_OK;
		print_all(c, &l);
		exit_code = asked;
	}
	gate_rows_free(l.uses);
	gate_db_close(db);
	gate_conf_free(conf);
	return exit_code;
}

/*
 * A captured delivery of a third party, by the provider's own rules
 * (lib/provider.h); what they refuse is then tried in other readings.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verify.h"
#include "lib/num.h"
#include "lib/source.h"

struct third {
	struct verify *v;
	const struct gate_source *source;
	struct gate_hook hook;
};

static bool
holds_with(const struct third *s, const struct gate_signing *how,
    const struct hint_try *t)
{
	struct gate_provider_key *key = NULL;
	struct gate_provider_secret secret = {.id = "?"};
	struct gate_hook hook = s->hook;
	enum gate_provider_fault fault;
	struct gate_verdict verdict;

	if (gate_provider_key_new(
		s->source->provider, how, t->text, &key, NULL) != GATE_OK)
		return false;
	secret.key = key;
	hook.body = t->body;
	hook.url = t->url;
	hook.target = t->target;
	fault = gate_provider_verify(
	    s->source->provider, how, &secret, 1, &hook, &verdict);
	gate_provider_key_free(key);
	return fault != GATE_PROVIDER_NO_MEMORY &&
	    verdict.which != GATE_NO_SECRET;
}

/* In this reading of the secret as the provider wants it, and as bytes. */
static bool
holds(void *ctx, const struct hint_try *t)
{
	const struct third *s = ctx;
	struct gate_signing how = s->source->signing;

	if (holds_with(s, &how, t))
		return true;
	if (how.key_form == GATE_KEY_RAW)
		return false;
	how.key_form = GATE_KEY_RAW;
	return holds_with(s, &how, t);
}

static int
search(struct third *s)
{
	const struct gate_source *source = s->source;
	struct hint_case c = {.mount = s->v->conf->fcgi.mount,
	    .holds = holds,
	    .ctx = s,
	    .as_is = {.body = s->hook.body,
		.url = s->hook.url,
		.target = s->hook.target}};
	struct hint_secret *secrets =
	    calloc(source->secret_count + 1, sizeof(*secrets));
	bool nomem = secrets == NULL;
	size_t i, which;

	for (i = 0; i < source->secret_count && secrets != NULL; i++)
		secrets[i] = (struct hint_secret){.id = source->secrets[i].id,
		    .text = gate_secret_span(&source->secrets[i].text)};
	c.secrets = secrets;
	c.secret_count = source->secret_count;
	if (!nomem)
		(void)hint_find(&c, s->v->hint, &which, &nomem);
	free(secrets);
	return nomem ? command_fail(CLI_FAILED, "out of memory") : CLI_OK;
}

static int
check(struct third *s)
{
	struct verify *v = s->v;
	struct gate_verdict verdict;
	enum gate_provider_fault fault =
	    gate_provider_verify(s->source->provider, &s->source->signing,
		s->source->keys, s->source->secret_count, &s->hook, &verdict);

	if (verdict.has_time)
		v->signed_s = verdict.time_s;
	if (verdict.which != GATE_NO_SECRET)
		v->key_id = s->source->secrets[verdict.which].id;
	v->holds = fault == GATE_PROVIDER_OK;
	if (v->holds)
		return CLI_OK;
	if (fault == GATE_PROVIDER_NO_MEMORY)
		return command_fail(CLI_FAILED, "out of memory");
	(void)verify_fails(v, gate_provider_fault_name(fault), "%s%s%s",
	    gate_provider_fault_text(fault),
	    verdict.about[0] == '\0' ? "" : ": ", verdict.about);
	if (verdict.which != GATE_NO_SECRET)
		verify_hint_clock(v, verdict.time_s);
	else if (fault == GATE_PROVIDER_NO_MATCH)
		return search(s);
	return CLI_OK;
}

int
verify_source(struct verify *v)
{
	const char *name = v->command->line->value[OPTION_SOURCE];
	const struct gate_site *site = NULL;
	struct third s = {.v = v,
	    .hook = {.headers = v->capture->headers,
		.header_count = v->capture->header_count,
		.body = v->capture->body,
		.method = v->capture->method,
		.target = v->capture->target,
		.now_s = v->now_s}};

	s.source =
	    gate_source_find(&v->conf->sites, gate_span_str(name), &site);
	if (s.source == NULL)
		return command_fail(CLI_NOTHING, "no source %s", name);
	v->site = site->name;
	v->door = s.source->provider->name;
	s.hook.url = gate_span_str(s.source->public_url);
	return check(&s);
}

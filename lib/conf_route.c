/*
 * Routes and steps: what the tables cannot say of them. Which keys belong
 * to which kind of step, services by name, and what this version refuses.
 */
#include "config.h"

#include "lib/conf_route.h"

#include <stdlib.h>
#include <string.h>

#include "lib/conf_fill.h"
#include "lib/num.h"

static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};

/* Keys that one kind of step has and the others have not. */
static const struct {
	const char *key;
	enum gate_service_kind kind;
} step_keys[] = {
    {"model", GATE_SERVICE_OPENAI_CHAT},
    {"prompt", GATE_SERVICE_OPENAI_CHAT},
    {"prompt_file", GATE_SERVICE_OPENAI_CHAT},
    {"system", GATE_SERVICE_OPENAI_CHAT},
    {"max_tokens", GATE_SERVICE_OPENAI_CHAT},
    {"method", GATE_SERVICE_HTTP},
    {"url", GATE_SERVICE_HTTP},
    {"body", GATE_SERVICE_HTTP},
    {"body_file", GATE_SERVICE_HTTP},
    {"content_type", GATE_SERVICE_HTTP},
};

static const struct gate_service *
find_service(const struct gate_conf *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->service_count; i++)
		if (c->services[i].name != NULL &&
		    strcmp(c->services[i].name, name) == 0)
			return &c->services[i];
	return NULL;
}

static void
check_step_keys(const struct gate_conf_load *l, const struct gate_conf_block *b,
    enum gate_service_kind kind)
{
	size_t i;
	int line;

	for (i = 0; i < GATE_COUNT(step_keys); i++) {
		line = gate_conf_block_key(b, step_keys[i].key)->line;
		if (line > 0 && step_keys[i].kind != kind)
			gate_conf_errors_put(l->errors, b->path, line,
			    step_keys[i].key,
			    "belongs to a service of kind %s, expected a key "
			    "for %s",
			    gate_service_kind_name(step_keys[i].kind),
			    gate_service_kind_name(kind));
	}
}

static void
check_chat_step(const struct gate_conf_load *l, const struct gate_conf_block *b)
{
	if (gate_conf_block_key(b, "model")->line == 0)
		gate_conf_errors_put(l->errors, b->path, b->line, "model",
		    "is missing, expected the model that is asked");
	if (gate_conf_block_key(b, "prompt")->line == 0 &&
	    gate_conf_block_key(b, "prompt_file")->line == 0)
		gate_conf_errors_put(l->errors, b->path, b->line, "prompt",
		    "is missing, expected prompt or prompt_file");
}

static void
set_default(const struct gate_conf_load *l, char **member, const char *def)
{
	if (*member == NULL && (*member = strdup(def)) == NULL)
		l->errors->nomem = true;
}

static void
check_http_step(const struct gate_conf_load *l, const struct gate_conf_block *b,
    struct gate_step *s)
{
	size_t i;

	set_default(l, &s->method, "POST");
	set_default(l, &s->content_type, "application/json");
	if (s->method == NULL || s->content_type == NULL)
		return;
	for (i = 0; i < GATE_COUNT(methods); i++)
		if (strcmp(s->method, methods[i]) == 0)
			break;
	if (i == GATE_COUNT(methods))
		gate_conf_errors_put(l->errors, b->path,
		    gate_conf_block_key(b, "method")->line, "method",
		    "bad value, expected GET, POST, PUT, PATCH or DELETE");
	if (!gate_span_within(gate_span_str(s->content_type), 0x20, 0x7e))
		gate_conf_errors_put(l->errors, b->path,
		    gate_conf_block_key(b, "content_type")->line,
		    "content_type", "bad value, expected a media type");
}

static void
load_step(const struct gate_conf_load *l, const struct gate_conf_block *b,
    struct gate_step *s)
{
	const struct gate_conf_given *service;

	s->line = b->line;
	s->name = gate_conf_fill_title(b, l->errors);
	gate_conf_fill(b, s, l->conf->dir, l->errors);
	service = gate_conf_block_key(b, "service");
	if (service->line == 0)
		return; /* fill has said so */
	s->service = find_service(l->conf, service->text[0]);
	if (s->service == NULL) {
		gate_conf_errors_put(l->errors, b->path, service->line,
		    "service",
		    "no such service, expected one of pressgate.conf");
		return;
	}
	check_step_keys(l, b, s->service->kind);
	switch (s->service->kind) {
	case GATE_SERVICE_OPENAI_CHAT:
		check_chat_step(l, b);
		break;
	case GATE_SERVICE_HTTP:
		check_http_step(l, b, s);
		break;
	}
}

/* Keys whose meaning this version does not have are refused by name, not
 * ignored: an operator would wait for what never comes. */
static void
check_route(const struct gate_conf_load *l, const struct gate_conf_block *b)
{
	const struct gate_conf_given *k = gate_conf_block_key(b, "deliver");
	size_t i;

	for (i = 0; i < k->count; i++)
		if (strcmp(k->text[i], "callback") == 0)
			gate_conf_errors_put(l->errors, b->path, k->line,
			    "deliver",
			    "this version does not deliver callbacks, "
			    "expected {\"poll\"}");
		else if (strcmp(k->text[i], "poll") != 0)
			gate_conf_errors_put(l->errors, b->path, k->line,
			    "deliver", "bad value, expected {\"poll\"}");
	k = gate_conf_block_key(b, "coalesce_by");
	if (k->line > 0)
		gate_conf_errors_put(l->errors, b->path, k->line, "coalesce_by",
		    "this version does not coalesce events, expected no "
		    "such key");
	if (gate_conf_block_at(b, "step", 0) == NULL)
		gate_conf_errors_put(l->errors, b->path, b->line, "step",
		    "is missing, expected at least one step");
}

void
gate_conf_route_load(const struct gate_conf_load *l,
    const struct gate_conf_block *b, struct gate_route *r)
{
	size_t i;

	r->line = b->line;
	r->name = gate_conf_fill_title(b, l->errors);
	gate_conf_fill(b, r, l->conf->dir, l->errors);
	check_route(l, b);
	r->steps = gate_conf_fill_room(
	    b, "step", sizeof(*r->steps), &r->step_count, l->errors);
	for (i = 0; i < r->step_count; i++)
		load_step(l, gate_conf_block_at(b, "step", i), &r->steps[i]);
}

void
gate_conf_route_clear(struct gate_route *r)
{
	size_t i;

	for (i = 0; i < r->step_count; i++) {
		gate_conf_unfill(&gate_conf_step_spec, &r->steps[i]);
		free(r->steps[i].name);
	}
	free(r->steps);
	gate_conf_unfill(&gate_conf_route_spec, r);
	free(r->name);
	*r = (struct gate_route){0};
}

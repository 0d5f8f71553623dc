/*
 * A site's file: what the tables cannot say of it. Its doors with their keys
 * are in lib/conf_door.c, its routes in lib/conf_route.c; what must hold
 * between sites is lib/conf_clash.c's.
 */
#include "config.h"

#include "lib/conf_site.h"

#include <stdlib.h>
#include <string.h>

#include "lib/conf_door.h"
#include "lib/conf_event.h"
#include "lib/conf_fill.h"
#include "lib/conf_keys.h"
#include "lib/conf_route.h"
#include "lib/conf_source.h"
#include "lib/conf_value.h"
#include "lib/num.h"

bool
gate_conf_is_site_name(struct gate_span in)
{
	return in.n > 0 && in.n <= GATE_SITE_NAME_MAX &&
	    gate_span_only(in, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

static void
add_event_type(
    const struct gate_conf_load *l, struct gate_site *s, const char *type)
{
	size_t n, bytes;
	char **list;

	if (strcmp(type, "*") == 0 ||
	    gate_site_has_event_type(s, gate_span_str(type)))
		return;
	if (!gate_add(s->event_type_count, 1, &n) ||
	    !gate_mul(n, sizeof(*list), &bytes) ||
	    (list = realloc(s->event_types, bytes)) == NULL) {
		l->errors->nomem = true;
		return;
	}
	s->event_types = list;
	list[s->event_type_count] = strdup(type);
	if (list[s->event_type_count] == NULL)
		l->errors->nomem = true;
	else
		s->event_type_count++;
}

/* The site's own list and whatever its events and routes name. */
static void
load_event_types(const struct gate_conf_load *l, struct gate_site *s,
    const struct gate_conf_block *b)
{
	const struct gate_conf_given *own = gate_conf_block_key(b, "events");
	struct gate_span type;
	size_t i, k;

	for (i = 0; i < own->count; i++) {
		type = gate_span_str(own->text[i]);
		if (gate_conf_is_event_type(type))
			add_event_type(l, s, own->text[i]);
		else
			gate_conf_errors_put(l->errors, b->path, own->line,
			    "events",
			    "bad value, expected event types such as "
			    "post.published");
	}
	for (i = 0; i < s->event_rules.count; i++)
		if (s->event_rules.list[i].type != NULL)
			add_event_type(l, s, s->event_rules.list[i].type);
	for (i = 0; i < s->route_count; i++)
		if (gate_route_serves(&s->routes[i], NULL))
			for (k = 0; k < s->routes[i].event_count; k++)
				add_event_type(l, s, s->routes[i].events[k]);
}

void
gate_conf_allow_load(const struct gate_conf_block *b, struct gate_allow *allow,
    struct gate_conf_errors *errors)
{
	const struct gate_conf_given *given = gate_conf_block_key(b, "allow");

	if (given->line > 0 && given->count == 0)
		gate_conf_errors_put(errors, b->path, given->line, "allow",
		    "is empty, expected who may come");
	if (gate_allow_make(allow) == GATE_E_NOMEM)
		errors->nomem = true;
}

static void
load_site(const struct gate_conf_load *l, struct gate_site *s,
    const struct gate_conf_block *b)
{
	size_t i;

	s->limit = l->conf->limits.site; /* unless the file says more */
	gate_conf_fill(b, s, l->conf->dir, l->errors);
	gate_conf_allow_load(b, &s->allow, l->errors);
	gate_conf_doors_load(l, s, b);
	gate_conf_sources_load(l, s, b);
	gate_conf_events_load(l, b, &s->event_rules);
	s->routes = gate_conf_fill_room(
	    b, "route", sizeof(*s->routes), &s->route_count, l->errors);
	for (i = 0; i < s->route_count; i++)
		gate_conf_route_load(
		    l, gate_conf_block_at(b, "route", i), &s->routes[i]);
	gate_conf_sources_check(l, s, b);
	load_event_types(l, s, b);
}

/* sites.d/NAME.conf -> sites.d/NAME.keys */
static void
load_keys(const struct gate_conf_load *l, struct gate_site *s, const char *path)
{
	size_t n = strlen(path);
	char *keys = strdup(path);

	if (keys == NULL) {
		l->errors->nomem = true;
		return;
	}
	GATE_ASSERT(n >= 4);
	memcpy(keys + n - 4, "keys", 4);
	gate_conf_keys_load(l, keys, s);
	free(keys);
}

static void
load_file(const struct gate_conf_load *l, struct gate_site *s,
    const struct gate_conf_tree *t, const char *name)
{
	const struct gate_conf_block *b =
	    gate_conf_block_at(&t->top, "site", 0);
	const struct gate_conf_block *second =
	    gate_conf_block_at(&t->top, "site", 1);

	if (b == NULL) {
		gate_conf_errors_put(l->errors, t->path, 1, "site",
		    "is missing, expected site \"%s\" { ... }", name);
		return;
	}
	if (second != NULL)
		gate_conf_errors_put(l->errors, t->path, second->line, "site",
		    "a second site, expected a file for each");
	if (strcmp(b->title, name) != 0)
		gate_conf_errors_put(l->errors, t->path, b->line, "site",
		    "another name than the file's, expected \"%s\"", name);
	load_site(l, s, b);
	load_keys(l, s, t->path);
	gate_conf_doors_finish(l, s);
}

bool
gate_conf_site_load(const struct gate_conf *c, const char *path,
    const char *name, unsigned int want, struct gate_conf_errors *errors,
    struct gate_site *out, struct gate_conf_tree **tree)
{
	struct gate_conf_load l = {.conf = c, .want = want, .errors = errors};
	size_t before = errors->count;

	*tree = NULL;
	out->name = strdup(name);
	out->file = strdup(path);
	if (out->name == NULL || out->file == NULL) {
		errors->nomem = true;
		return false;
	}
	if (!gate_conf_is_site_name(gate_span_str(name)))
		gate_conf_errors_put(errors, path, 0, NULL,
		    "bad file name, expected lower-case letters, digits and "
		    "'-', at most %d, then .conf",
		    GATE_SITE_NAME_MAX);
	*tree = gate_conf_tree_load(path, &gate_conf_site_file_spec, errors);
	if (*tree != NULL)
		load_file(&l, out, *tree, name);
	return errors->count == before && !errors->nomem;
}

void
gate_conf_site_clear(struct gate_site *s)
{
	size_t i;

	gate_conf_doors_clear(s);
	gate_conf_sources_clear(s);
	for (i = 0; i < s->route_count; i++)
		gate_conf_route_clear(&s->routes[i]);
	free(s->routes);
	for (i = 0; i < s->event_type_count; i++)
		free(s->event_types[i]);
	free(s->event_types);
	gate_conf_events_clear(&s->event_rules);
	gate_allow_clear(&s->allow);
	gate_conf_unfill(&gate_conf_site_spec, s);
	free(s->name);
	free(s->file);
	*s = (struct gate_site){0};
}

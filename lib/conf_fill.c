/*
 * A block of a file into its struct: walks the table, asks lib/conf_value.c
 * for each key, says what is missing or bad. Knows no key by name.
 */
#include "config.h"

#include "lib/conf_fill.h"

#include <stdlib.h>
#include <string.h>

#include "lib/conf_value.h"

/* A value itself may be a secret put in the wrong place: never shown. */
static void
complain(const struct gate_conf_block *b, int line,
    const struct gate_conf_value *v, struct gate_conf_errors *errors)
{
	char expect[256];

	if (v->why.code == GATE_E_NOMEM) {
		errors->nomem = true;
		return;
	}
	gate_conf_expectation(v->key, expect, sizeof(expect));
	gate_conf_errors_put(errors, b->path, line, v->key->name,
	    "%s, expected %s",
	    v->why.text[0] != '\0' ? v->why.text : "bad value", expect);
}

static void
fill_list(const struct gate_conf_block *b, const struct gate_conf_given *given,
    const struct gate_conf_key *key, char *base,
    struct gate_conf_errors *errors)
{
	struct gate_conf_value v = {.key = key};
	char **list;
	size_t i, n = 0;

	if (given->count == 0)
		return;
	list = calloc(given->count, sizeof(*list));
	if (list == NULL) {
		errors->nomem = true;
		return;
	}
	for (i = 0; i < given->count; i++) {
		v.text = given->text[i];
		v.member = &list[n];
		if (gate_conf_value_take(&v))
			n++;
		else
			complain(b, given->line, &v, errors);
	}
	*(char ***)(void *)(base + key->at) = list;
	*(size_t *)(void *)(base + key->count_at) = n;
}

static void
fill_key(const struct gate_conf_block *b, size_t index, char *base,
    const char *dir, struct gate_conf_errors *errors)
{
	const struct gate_conf_key *key = &b->spec->keys[index];
	const struct gate_conf_given *given = &b->keys[index];
	struct gate_conf_value v = {.key = key, .dir = dir};
	char expect[256];

	if (given->line == 0 && key->def == NULL) {
		if (key->flags & GATE_CONF_OPTIONAL)
			return;
		gate_conf_expectation(key, expect, sizeof(expect));
		gate_conf_errors_put(errors, b->path, b->line, key->name,
		    "is missing, expected %s", expect);
		return;
	}
	if (key->at == GATE_CONF_NOWHERE)
		return;
	if (key->flags & GATE_CONF_LIST) {
		fill_list(b, given, key, base, errors);
		return;
	}
	v.text = given->line == 0 ? key->def : given->text[0];
	v.member = base + key->at;
	if (gate_conf_value_take(&v))
		return;
	GATE_ASSERT(given->line > 0 || v.why.code == GATE_E_NOMEM);
	complain(b, given->line, &v, errors);
}

/* A single block that the file leaves out has its defaults all the same. */
static void
fill_single(const struct gate_conf_block *b, const struct gate_conf_spec *spec,
    char *base, const char *dir, struct gate_conf_errors *errors)
{
	const struct gate_conf_block *sub, *again;
	struct gate_conf_given *nothing;
	struct gate_conf_block absent;

	sub = gate_conf_block_at(b, spec->name, 0);
	again = sub == NULL ? NULL : gate_conf_block_at(b, spec->name, 1);
	if (again != NULL)
		gate_conf_errors_put(errors, b->path, again->line, spec->name,
		    "a second block, expected one (the first is in line %d)",
		    sub->line);
	if (sub != NULL) {
		gate_conf_fill(sub, base, dir, errors);
		return;
	}
	nothing = calloc(spec->key_count + 1, sizeof(*nothing));
	if (nothing == NULL) {
		errors->nomem = true;
		return;
	}
	absent = (struct gate_conf_block){
	    .spec = spec, .path = b->path, .line = b->line, .keys = nothing};
	gate_conf_fill(&absent, base, dir, errors);
	free(nothing);
}

void
gate_conf_fill(const struct gate_conf_block *b, void *target, const char *dir,
    struct gate_conf_errors *errors)
{
	const struct gate_conf_spec *const *sub;
	char *base = target;
	size_t i;

	for (i = 0; i < b->spec->key_count; i++)
		fill_key(b, i, base, dir, errors);
	for (sub = b->spec->blocks; sub != NULL && *sub != NULL; sub++)
		if ((*sub)->at != GATE_CONF_NOWHERE)
			fill_single(b, *sub, base + (*sub)->at, dir, errors);
}

static void
unfill_key(const struct gate_conf_key *key, char *base)
{
	char ***list;
	size_t *count, i;

	if (key->at == GATE_CONF_NOWHERE)
		return;
	if (!(key->flags & GATE_CONF_LIST)) {
		gate_conf_value_drop(key->type, base + key->at);
		return;
	}
	list = (char ***)(void *)(base + key->at);
	count = (size_t *)(void *)(base + key->count_at);
	for (i = 0; i < *count; i++)
		free((*list)[i]);
	free(*list);
	*list = NULL;
	*count = 0;
}

void
gate_conf_unfill(const struct gate_conf_spec *spec, void *target)
{
	const struct gate_conf_spec *const *sub;
	char *base = target;
	size_t i;

	for (i = 0; i < spec->key_count; i++)
		unfill_key(&spec->keys[i], base);
	for (sub = spec->blocks; sub != NULL && *sub != NULL; sub++)
		if ((*sub)->at != GATE_CONF_NOWHERE)
			gate_conf_unfill(*sub, base + (*sub)->at);
}

char *
gate_conf_fill_title(
    const struct gate_conf_block *b, struct gate_conf_errors *errors)
{
	char *name;

	if (!gate_conf_is_name(gate_span_str(b->title))) {
		gate_conf_errors_put(errors, b->path, b->line, b->spec->name,
		    "bad name, expected at most 64 letters, digits, '.', "
		    "'_', '-'");
		return NULL;
	}
	name = strdup(b->title);
	if (name == NULL)
		errors->nomem = true;
	return name;
}

void *
gate_conf_fill_room(const struct gate_conf_block *b, const char *name,
    size_t size, size_t *count, struct gate_conf_errors *errors)
{
	void *list;
	size_t n = 0;

	while (gate_conf_block_at(b, name, n) != NULL)
		n++;
	*count = 0;
	if (n == 0)
		return NULL;
	list = calloc(n, size);
	if (list == NULL)
		errors->nomem = true;
	else
		*count = n;
	return list;
}

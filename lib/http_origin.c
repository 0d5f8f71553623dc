/*
 * Servers with transfers to them. Knows nothing of libcurl's handles. A
 * server is up from the first request that is sent to it until no transfer
 * to it is left; one whose first transfer has failed counts as up: the
 * others shall try themselves, and not one after another.
 */
#include "config.h"

#include "lib/http_origin.h"

#include <stdlib.h>
#include <string.h>

struct http_origin {
	struct http_origin *next;
	char *key;
	size_t users; /* transfers, those that wait too */
	bool up;
	struct http_transfer waiting; /* ring */
};

static void
init_ring(struct http_transfer *ring)
{
	ring->prev = ring->next = ring;
}

void
http_origin_init(struct http_origins *all)
{
	all->first = NULL;
	all->waiting = 0;
	init_ring(&all->ready);
}

static void
free_origin(struct http_origin *o)
{
	free(o->key);
	free(o);
}

static struct http_origin *
find(const struct http_origins *all, const char *key)
{
	struct http_origin *o = all->first;

	while (o != NULL && strcmp(o->key, key) != 0)
		o = o->next;
	return o;
}

static struct http_origin *
make(struct http_origins *all, const char *key)
{
	struct http_origin *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return NULL;
	o->key = strdup(key);
	if (o->key == NULL) {
		free(o);
		return NULL;
	}
	init_ring(&o->waiting);
	o->next = all->first;
	all->first = o;
	return o;
}

enum gate_code
http_origin_enter(struct http_origins *all, struct http_transfer *t)
{
	struct http_origin *o = NULL;
	bool waits = false;

	if (t->key != NULL) {
		o = find(all, t->key);
		if (o == NULL)
			o = make(all, t->key);
		if (o == NULL)
			return GATE_E_NOMEM;
		waits = !o->up && o->users > 0;
		o->users++;
	}
	t->origin = o;
	all->waiting++;
	http_transfer_move(t, waits ? &o->waiting : &all->ready);
	return GATE_OK;
}

struct http_transfer *
http_origin_ready(const struct http_origins *all)
{
	return all->ready.next == &all->ready ? NULL : all->ready.next;
}

void
http_origin_given(struct http_origins *all, struct http_transfer *t,
    struct http_transfer *ring)
{
	all->waiting--;
	http_transfer_move(t, ring);
}

void
http_origin_up(struct http_transfer *t)
{
	if (t->origin != NULL)
		t->origin->up = true;
}

static void
remove_origin(struct http_origins *all, struct http_origin *gone)
{
	struct http_origin **at = &all->first;

	while (*at != gone)
		at = &(*at)->next;
	*at = gone->next;
	free_origin(gone);
}

void
http_origin_leave(struct http_origins *all, struct http_transfer *t)
{
	struct http_origin *o = t->origin;

	if (o == NULL)
		return;
	t->origin = NULL;
	o->up = true;
	if (--o->users == 0)
		remove_origin(all, o);
}

void
http_origin_look(struct http_origins *all)
{
	struct http_origin *o;

	for (o = all->first; o != NULL; o = o->next)
		while (o->up && o->waiting.next != &o->waiting)
			http_transfer_move(o->waiting.next, &all->ready);
}

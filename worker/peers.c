/*
 * The judgement of silent workers. A worker that has beaten since the first
 * look has another beat_us, which starts its row anew.
 */
#include "config.h"

#include "worker/peers.h"

void
peers_begin(struct peers *p, int64_t now_ms)
{
	size_t i;

	if (now_ms - p->looked_ms >= PEERS_APART_MS)
		peers_forget(p);
	p->looked_ms = now_ms;
	for (i = 0; i < p->count; i++)
		p->list[i].seen = false;
}

void
peers_silent(struct peers *p, int64_t id, int64_t beat_us)
{
	size_t i = 0;

	while (i < p->count && p->list[i].id != id)
		i++;
	if (i == PEERS_MAX)
		return;
	if (i == p->count) {
		p->count++;
	} else if (p->list[i].beat_us == beat_us) {
		p->list[i].seen = true;
		return;
	}
	p->list[i] = (struct peer){id, beat_us, p->looked_ms, true};
}

void
peers_end(struct peers *p)
{
	size_t i = 0;

	while (i < p->count) {
		if (p->list[i].seen)
			i++;
		else
			p->list[i] = p->list[--p->count];
	}
}

void
peers_forget(struct peers *p)
{
	p->count = 0;
}

bool
peers_take(struct peers *p, int64_t now_ms, struct peer *out)
{
	size_t i;

	for (i = 0; i < p->count; i++) {
		if (now_ms - p->list[i].since_ms < PEERS_APART_MS)
			continue;
		*out = p->list[i];
		p->list[i] = p->list[--p->count];
		return true;
	}
	return false;
}

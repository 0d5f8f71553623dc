/*
 * Fair asking. Pairs stand in groups of one class and one service; each
 * group remembers where it goes on, because a saturated service is asked
 * for a few of its pairs only.
 *
 * A mark may be too low, which costs a little; it must never be too high,
 * or a job is not found before the next sweep. So it moves only when the
 * database's own clock came back with a claim, and stays a slack behind.
 */
#include "config.h"

#include "worker/lanes.h"

#include <stdlib.h>
#include <string.h>

#include "lib/num.h"

struct group {
	enum gate_urgency urgency;
	size_t service;
	size_t from, to; /* its pairs: list[from .. to - 1] */
	size_t next;     /* where its turn begins */
};

struct lanes {
	struct lanes_pair *list;
	size_t count;
	struct group *groups;
	size_t group_count;
	size_t class_from[GATE_URGENCY_COUNT + 1]; /* groups of a class */
	size_t class_next[GATE_URGENCY_COUNT];
	size_t service_count;
	size_t *planned; /* calls planned for each service, while asking */
	size_t site_count;
	size_t full_count;
	size_t turn;
	bool again;
};

/* Which class a claim begins with; the others follow from high to low. */
static const enum gate_urgency turns[] = {
    GATE_URGENCY_HIGH,
    GATE_URGENCY_HIGH,
    GATE_URGENCY_HIGH,
    GATE_URGENCY_NORMAL,
    GATE_URGENCY_HIGH,
    GATE_URGENCY_HIGH,
    GATE_URGENCY_HIGH,
    GATE_URGENCY_LOW,
};

#define KEPT_FOR_HIGH 8 /* one of so many slots */

static int
compare(const void *a, const void *b)
{
	const struct lanes_pair *x = a, *y = b;

	if (x->urgency != y->urgency)
		return x->urgency < y->urgency ? -1 : 1;
	if (x->service != y->service)
		return x->service < y->service ? -1 : 1;
	if (x->lane != y->lane)
		return x->lane < y->lane ? -1 : 1;
	return x->site < y->site ? -1 : x->site > y->site;
}

/* Quadratic in pairs, once per configuration: 10,000 pairs cost 0.1 s. */
static void
count_shares(struct lanes *l)
{
	size_t i, k;

	for (i = 0; i < l->count; i++) {
		bool first = true;

		l->list[i].share = 0;
		for (k = 0; k < l->count; k++) {
			if (l->list[k].site != l->list[i].site)
				continue;
			first = first && k >= i;
			if (l->list[k].urgency == l->list[i].urgency)
				l->list[i].share++;
		}
		l->site_count += first;
	}
}

static void
make_groups(struct lanes *l)
{
	struct group *g = NULL;
	size_t i;
	int u;

	for (i = 0; i < l->count; i++) {
		struct lanes_pair *p = &l->list[i];

		if (g == NULL || g->urgency != p->urgency ||
		    g->service != p->service) {
			g = &l->groups[l->group_count++];
			*g = (struct group){p->urgency, p->service, i, i, i};
		}
		g->to = i + 1;
		p->group = l->group_count - 1;
	}
	for (u = 0, i = 0; u < GATE_URGENCY_COUNT; u++) {
		l->class_from[u] = l->class_next[u] = i;
		while (i < l->group_count && (int)l->groups[i].urgency == u)
			i++;
	}
	l->class_from[GATE_URGENCY_COUNT] = i;
}

enum gate_code
lanes_new(const struct lanes_pair *pairs, size_t count, size_t service_count,
    struct lanes **out)
{
	struct lanes *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return GATE_E_NOMEM;
	l->list = calloc(count + 1, sizeof(*l->list));
	l->groups = calloc(count + 1, sizeof(*l->groups));
	l->planned = calloc(service_count + 1, sizeof(*l->planned));
	if (l->list == NULL || l->groups == NULL || l->planned == NULL) {
		lanes_free(l);
		return GATE_E_NOMEM;
	}
	if (count > 0)
		memcpy(l->list, pairs, count * sizeof(*pairs));
	l->count = count;
	l->service_count = service_count;
	qsort(l->list, count, sizeof(*l->list), compare);
	count_shares(l);
	make_groups(l);
	*out = l;
	return GATE_OK;
}

void
lanes_free(struct lanes *l)
{
	if (l == NULL)
		return;
	free(l->list);
	free(l->groups);
	free(l->planned);
	free(l);
}

size_t
lanes_count(const struct lanes *l)
{
	return l->count;
}

struct lanes_pair *
lanes_at(struct lanes *l, size_t i)
{
	GATE_ASSERT(i < l->count);
	return &l->list[i];
}

/* How one claim is being put together. */
struct asking {
	struct lanes *l;
	const struct lanes_room *room;
	struct lanes_plan *plan;
	int64_t now_ms;
	size_t quota;       /* of a site, in one class */
	size_t allowed_low; /* left for all but the high class */
};

static size_t
less(size_t a, size_t b)
{
	return a > b ? a - b : 0;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How much one pair is asked for; 0: there is no room for it. */
static size_t
quota_of(
    const struct asking *a, const struct group *g, const struct lanes_pair *p)
{
	size_t room = a->room->service_free[g->service];
	size_t left = less(room, a->l->planned[g->service]);
	size_t q = a->quota, fair = room / (g->to - g->from);

	if (g->urgency != GATE_URGENCY_HIGH)
		left = least(left, a->allowed_low);
	if (!p->hot)
		return room > 0 &&
			(g->urgency == GATE_URGENCY_HIGH || a->allowed_low > 0)
		    ? 1
		    : 0;
	if (!a->plan->again)
		q = least(q / (size_t)p->share, fair);
	return least(q > 0 ? q : 1, left);
}

/* True if the pair is in the plan or need not be. */
static bool
ask_pair(struct asking *a, const struct group *g, size_t i)
{
	struct lanes_plan *plan = a->plan;
	struct lanes_pair *p = &a->l->list[i];
	bool sweep = a->now_ms - p->swept_ms >= LANES_SWEEP_MS;
	size_t q;

	if (p->paused || (plan->again && !p->full))
		return true;
	q = plan->count < LANES_PAIRS_MAX ? quota_of(a, g, p) : 0;
	if (q == 0)
		return false;
	plan->pair[plan->count] = i;
	plan->quota[plan->count] = q > INT32_MAX ? INT32_MAX : (int32_t)q;
	plan->mark_us[plan->count] = sweep ? 0 : p->mark_us;
	plan->count++;
	if (p->hot) {
		a->l->planned[g->service] += q;
		if (g->urgency != GATE_URGENCY_HIGH)
			a->allowed_low = less(a->allowed_low, q);
	}
	return true;
}

/* False if some pair was left out; the next turn begins with it. */
static bool
ask_group(struct asking *a, struct group *g)
{
	size_t k, i, n = g->to - g->from, start = g->next;
	bool missed = false;

	for (k = 0; k < n; k++) {
		i = g->from + (start - g->from + k) % n;
		if (!ask_pair(a, g, i) && !missed) {
			missed = true;
			g->next = i;
		}
	}
	return !missed;
}

static void
ask_class(struct asking *a, enum gate_urgency u)
{
	struct lanes *l = a->l;
	size_t from = l->class_from[u], n = l->class_from[u + 1] - from, k;
	size_t start = l->class_next[u], i;
	bool missed = false;

	for (k = 0; k < n; k++) {
		i = from + (start - from + k) % n;
		if (!ask_group(a, &l->groups[i]) && !missed) {
			missed = true;
			l->class_next[u] = i;
		}
	}
}

/* The lower classes together may not take the last eighth. */
static size_t
allowance(const struct lanes *l, const struct lanes_room *r)
{
	size_t held = r->held[GATE_URGENCY_NORMAL] + r->held[GATE_URGENCY_LOW];
	size_t most = r->slots - r->slots / KEPT_FOR_HIGH;

	if (l->class_from[GATE_URGENCY_HIGH + 1] == 0)
		return r->total; /* there are no high lanes */
	return least(less(most, held), r->total);
}

void
lanes_ask(struct lanes *l, const struct lanes_room *room, int64_t now_ms,
    struct lanes_plan *plan)
{
	enum gate_urgency first = turns[l->turn % GATE_COUNT(turns)];
	struct asking a = {
	    .l = l, .room = room, .plan = plan, .now_ms = now_ms};
	int u;

	memset(plan, 0, sizeof(*plan));
	plan->total = room->total;
	plan->asked_ms = now_ms;
	plan->again = l->again;
	memset(l->planned, 0, l->service_count * sizeof(*l->planned));
	if (room->total == 0 || l->count == 0)
		return;
	a.quota = room->total / (l->again ? l->full_count : l->site_count);
	a.allowed_low = allowance(l, room);
	ask_class(&a, first);
	for (u = 0; u < GATE_URGENCY_COUNT; u++)
		if (u != (int)first)
			ask_class(&a, (enum gate_urgency)u);
	if (!l->again)
		l->turn++;
}

void
lanes_got(
    struct lanes_plan *plan, size_t position, int64_t due_us, int64_t now_us)
{
	GATE_ASSERT(position < plan->count);
	if (plan->got[position]++ == 0 || due_us < plan->first_due_us[position])
		plan->first_due_us[position] = due_us;
	plan->got_count++;
	plan->now_us = now_us;
}

static void
learn_pair(struct lanes_pair *p, const struct lanes_plan *plan, size_t i)
{
	int64_t low = plan->now_us;

	if (plan->mark_us[i] == 0)
		p->swept_ms = plan->asked_ms;
	p->hot = plan->got[i] > 0;
	p->full = plan->got[i] >= (size_t)plan->quota[i];
	if (plan->now_us == 0)
		return; /* nobody told the time: the mark stays */
	if (plan->got[i] > 0 && plan->first_due_us[i] < low)
		low = plan->first_due_us[i];
	p->mark_us = low - LANES_SLACK_US;
}

bool
lanes_learn(struct lanes *l, const struct lanes_plan *plan)
{
	size_t i, reached = plan->count;
	bool was_again = plan->again;

	if (plan->got_count >= plan->total) {
		while (reached > 0 && plan->got[reached - 1] == 0)
			reached--;
	}
	for (i = 0; i < reached; i++)
		learn_pair(&l->list[plan->pair[i]], plan, i);
	for (i = plan->count; i-- > reached;) { /* ends with the first one */
		size_t group = l->list[plan->pair[i]].group;

		l->groups[group].next = plan->pair[i];
		l->class_next[l->groups[group].urgency] = group;
	}
	l->full_count = 0;
	for (i = 0; i < l->count; i++)
		l->full_count += l->list[i].full;
	l->again = !was_again && l->full_count > 0 && plan->got_count > 0 &&
	    plan->got_count < plan->total;
	return l->full_count > 0 && plan->got_count > 0;
}

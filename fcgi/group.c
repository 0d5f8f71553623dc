/*
 * Seats, and who leads. A leader holds a robust mutex while it stores, so
 * that the kernel tells when it died. Seats change hands by compare and swap
 * only; a bell is counted up before its owner is woken, so no ring is lost.
 * A wait is cut into slices: after each, whoever waits sees for itself
 * whether anybody still leads.
 */
#include "config.h"

#include "fcgi/group.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/num.h"

#define SLICE_MS 50
#define LEAD_MS 100 /* with less left nobody takes others along */

enum { FREE, WAITS, TAKEN, LEFT, STORED, FAILED };

struct seat {
	_Alignas(64) atomic_uint state;
	atomic_uint bell;
	uint32_t n;
	char answer[GROUP_ANSWER_MAX];
};

/* In shared memory, all of it. */
struct group {
	pthread_mutex_t lead;
	size_t bytes;
	size_t count;
	atomic_size_t used;  /* no seat from here on was ever used */
	atomic_size_t next;  /* where the next leader begins to look */
	struct seat seats[]; /* and behind them count records */
};

static unsigned char *
record_of(struct group *g, const struct seat *s)
{
	unsigned char *first = (void *)&g->seats[g->count];

	return first + (size_t)(s - g->seats) * GROUP_RECORD_MAX;
}

static enum gate_code
init_lead(struct group *g, struct gate_err *err)
{
	pthread_mutexattr_t a;
	int rc = pthread_mutexattr_init(&a);

	if (rc != 0)
		return gate_err_set(err, GATE_E_NOMEM, "group: mutex");
	rc = pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	if (rc == 0)
		rc = pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	if (rc == 0)
		rc = pthread_mutex_init(&g->lead, &a);
	(void)pthread_mutexattr_destroy(&a);
	errno = rc;
	return rc == 0 ? GATE_OK : gate_err_sys(err, "group: mutex");
}

enum gate_code
group_open(size_t seats, struct group **out, struct gate_err *err)
{
	size_t bytes = sizeof(struct group) +
	    seats * (sizeof(struct seat) + GROUP_RECORD_MAX);
	struct group *g = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	enum gate_code code;

	if (g == MAP_FAILED)
		return gate_err_sys(err, "group");
	(void)madvise(g, bytes, MADV_DONTDUMP);
	g->bytes = bytes;
	g->count = seats;
	code = init_lead(g, err);
	if (code != GATE_OK) {
		group_close(g);
		return code;
	}
	*out = g;
	return GATE_OK;
}

void
group_close(struct group *g)
{
	if (g != NULL)
		(void)munmap(g, g->bytes);
}

/* ---- seats ---------------------------------------------------------- */

static bool
turn(struct seat *s, unsigned int from, unsigned int to)
{
	return atomic_compare_exchange_strong(&s->state, &from, to);
}

static void
ring(struct seat *s)
{
	(void)atomic_fetch_add(&s->bell, 1);
	(void)syscall(SYS_futex, &s->bell, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* Until it rings after the count `heard`; or a signal came, or time is up. */
static void
listen_for(struct seat *s, unsigned int heard, int64_t ms)
{
	struct timespec t = {.tv_sec = (time_t)(ms / 1000),
	    .tv_nsec = (long)(ms % 1000) * 1000000};

	(void)syscall(SYS_futex, &s->bell, FUTEX_WAIT, heard, &t, NULL, 0);
}

/* The owner takes its record back. A leader that reads it at the moment
 * frees the seat later. */
static void
give_up(struct seat *s)
{
	unsigned int state = atomic_load(&s->state);

	/* A leader may turn it at the same time, and the next one back. */
	while (state != FREE && state != LEFT)
		if (atomic_compare_exchange_weak(
			&s->state, &state, state == TAKEN ? LEFT : FREE))
			return;
}

void
group_vacate(struct group *g, size_t seat)
{
	GATE_ASSERT(seat < g->count);
	give_up(&g->seats[seat]);
}

static void
note_used(struct group *g, size_t index)
{
	size_t used = atomic_load(&g->used);

	while (used <= index &&
	    !atomic_compare_exchange_weak(&g->used, &used, index + 1))
		;
}

/* ---- leading -------------------------------------------------------- */

/* What the dead leader had taken waits again; nobody waits for the rest. */
static void
inherit(struct group *g)
{
	size_t i, used = atomic_load(&g->used);

	for (i = 0; i < used; i++) {
		(void)turn(&g->seats[i], TAKEN, WAITS);
		(void)turn(&g->seats[i], LEFT, FREE);
	}
	(void)pthread_mutex_consistent(&g->lead);
}

static bool
try_lead(struct group *g)
{
	int rc = pthread_mutex_trylock(&g->lead);

	if (rc == EOWNERDEAD)
		inherit(g);
	return rc == 0 || rc == EOWNERDEAD;
}

static bool
take(struct group *g, struct seat *s, struct seat **taken,
    struct gate_span *record)
{
	if (!turn(s, WAITS, TAKEN))
		return false;
	*taken = s;
	*record = gate_span_of(record_of(g, s), s->n);
	return true;
}

/* Own first, or nothing; then round the seats from where the last leader
 * stopped, so that nobody is left out when more wait than one call takes. */
static size_t
collect(struct group *g, struct seat *own, struct seat *taken[GROUP_MAX],
    struct gate_span records[GROUP_MAX])
{
	size_t i, n = 1, used = atomic_load(&g->used);
	size_t at = atomic_load(&g->next);

	if (!take(g, own, &taken[0], &records[0]))
		return 0;
	for (i = 0; i < used && n < GROUP_MAX; i++) {
		at = at + 1 < used ? at + 1 : 0;
		if (take(g, &g->seats[at], &taken[n], &records[n]))
			n++;
	}
	atomic_store(&g->next, at);
	return n;
}

static void
settle(struct seat *s, bool stored, const char answer[GROUP_ANSWER_MAX])
{
	memcpy(s->answer, answer, GROUP_ANSWER_MAX);
	if (!turn(s, TAKEN, stored ? STORED : FAILED))
		(void)turn(s, LEFT, FREE);
}

/* One of those who came meanwhile leads next and takes the others along. It
 * is the first one: few processes then do the talking, and what the database
 * keeps for their connections stays warm. */
static void
step_down(struct group *g)
{
	size_t i, used = atomic_load(&g->used);

	(void)pthread_mutex_unlock(&g->lead);
	for (i = 0; i < used; i++) {
		if (atomic_load(&g->seats[i].state) != WAITS)
			continue;
		ring(&g->seats[i]);
		return;
	}
}

/* Holding the mutex; not any more when it returns. The next leader is woken
 * first: the database waits for it. */
static void
lead(struct group *g, struct seat *own, const struct group_call *call)
{
	char answers[GROUP_MAX][GROUP_ANSWER_MAX] = {{0}};
	struct gate_span records[GROUP_MAX];
	struct seat *taken[GROUP_MAX];
	size_t i, n = collect(g, own, taken, records);
	bool stored = n > 0 && call->store(call->ctx, records, n, answers);

	for (i = 0; i < n; i++)
		settle(taken[i], stored, answers[i]);
	step_down(g);
	for (i = 1; i < n; i++)
		ring(taken[i]);
}

/* ---- an owner's way ------------------------------------------------- */

/* True: it is over, and *stored says how. */
static bool
is_over(struct seat *s, char answer[GROUP_ANSWER_MAX], bool *stored)
{
	unsigned int state = atomic_load(&s->state);

	if (state != STORED && state != FAILED)
		return false;
	memcpy(answer, s->answer, GROUP_ANSWER_MAX);
	atomic_store(&s->state, FREE);
	*stored = state == STORED;
	return true;
}

/* False: a leader still reads what was there last. If that leader is dead,
 * nobody else may be waiting who would notice. */
static bool
is_free(struct group *g, struct seat *s)
{
	if (atomic_load(&s->state) == FREE)
		return true;
	if (!try_lead(g))
		return false;
	step_down(g);
	return atomic_load(&s->state) == FREE;
}

bool
group_store(const struct group_seat *seat, struct gate_span record,
    const struct group_call *call, int64_t until_ms,
    char answer[GROUP_ANSWER_MAX])
{
	struct group *g = seat->group;
	struct seat *s = &g->seats[seat->index];
	unsigned int heard;
	bool stored = false;
	int64_t left;

	if (record.n > GROUP_RECORD_MAX || !is_free(g, s))
		return false;
	note_used(g, seat->index);
	memcpy(record_of(g, s), record.p, record.n);
	s->n = (uint32_t)record.n;
	atomic_store(&s->state, WAITS);
	for (;;) {
		heard = atomic_load(&s->bell);
		if (is_over(s, answer, &stored))
			return stored;
		left = until_ms - gate_mono_ms();
		if (left <= LEAD_MS && turn(s, WAITS, FREE))
			return false;
		if (left > LEAD_MS && try_lead(g)) {
			lead(g, s, call);
			continue;
		}
		if (left <= 0) {
			give_up(s);
			return false;
		}
		listen_for(s, heard, left < SLICE_MS ? left : SLICE_MS);
	}
}

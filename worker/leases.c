/*
 * Renewal. Whether a lease is still ours only the database knows; what
 * its clock and ours differ by is covered by renewing early.
 */
#include "config.h"

#include "worker/leases.h"

#include "lib/num.h"

#define RENEW_SHARE 4 /* a lease is renewed in its last quarter */
#define RENEW_MAX 256 /* in one statement */
#define RENEW_PAUSE_MS 1000
#define ARRAY_MAX 16384

static int64_t
lease_s(const struct job *j)
{
	return j->step != NULL ? gate_step_lease_s(j->step) : 10;
}

/* When a lease is to be renewed; never if that is of no use. */
static int64_t
renewal_ms(const struct job *j)
{
	if (j->lost || j->in_batch)
		return INT64_MAX;
	return j->lease_end_ms - lease_s(j) * 1000 / RENEW_SHARE;
}

static bool
needs_renewal(const struct job *j, int64_t now_ms)
{
	return now_ms >= renewal_ms(j);
}

void
leases_note(struct worker *w, const struct job *j)
{
	if (renewal_ms(j) < w->asks.lease_first_ms)
		w->asks.lease_first_ms = renewal_ms(j);
}

static int64_t
first_of(const struct job_list *l, int64_t at)
{
	const struct job *j;

	for (j = l->first; j != NULL; j = j->next)
		if (renewal_ms(j) < at)
			at = renewal_ms(j);
	return at;
}

/* Jobs that have gone leave the time as it was: too early, never too late.
 * So it is looked for anew when it has come, and not at every turn. */
void
leases_look(struct worker *w, int64_t now_ms)
{
	if (now_ms >= w->asks.lease_first_ms)
		w->asks.lease_first_ms =
		    first_of(&w->flush.list, first_of(&w->calls, INT64_MAX));
}

bool
leases_is_due(const struct worker *w, int64_t now_ms)
{
	return now_ms >= w->asks.renew_ms && now_ms >= w->asks.lease_first_ms;
}

/* All that need it, with the longest of their leases. */
static void
put_renewals(struct job_list *l, struct gate_array *ids,
    struct gate_array *claim_nos, int64_t *longest_s, int64_t now_ms)
{
	struct job *j;

	for (j = l->first; j != NULL && ids->count < RENEW_MAX; j = j->next) {
		if (!needs_renewal(j, now_ms))
			continue;
		gate_array_put_i64(ids, j->id);
		gate_array_put_i64(claim_nos, j->claim_no);
		if (lease_s(j) > *longest_s)
			*longest_s = lease_s(j);
		j->renewing = true;
	}
}

void
leases_begin(struct worker *w, int64_t now_ms)
{
	char id[GATE_PARAM_I64_TEXT], lease[GATE_PARAM_I64_TEXT];
	struct gate_array ids, claim_nos;
	struct gate_param params[4];
	int64_t longest_s = 10;

	gate_array_init(&ids, ARRAY_MAX);
	gate_array_init(&claim_nos, ARRAY_MAX);
	put_renewals(&w->calls, &ids, &claim_nos, &longest_s, now_ms);
	put_renewals(&w->flush.list, &ids, &claim_nos, &longest_s, now_ms);
	params[0] = gate_param_i64(w->id, id);
	params[3] = gate_param_i64(longest_s, lease);
	w->asks.renew_ms = now_ms + RENEW_PAUSE_MS;
	w->asks.renew_lease_ms = longest_s * 1000;
	w->asks.renew_begun_ms = now_ms;
	if (gate_array_param(&ids, &params[1]) == GATE_OK &&
	    gate_array_param(&claim_nos, &params[2]) == GATE_OK)
		(void)queue_begin(&w->asks.q, QUEUE_RENEW, params, 4, now_ms);
	gate_array_clear(&ids);
	gate_array_clear(&claim_nos);
}

static bool
is_in(const struct gate_rows *rows, int64_t id)
{
	size_t i, n = gate_rows_count(rows);

	for (i = 0; i < n; i++)
		if (gate_rows_i64(rows, i, 0) == id)
			return true;
	return false;
}

static void
note(struct job_list *l, const struct gate_rows *rows, int64_t lease_end_ms)
{
	struct job *j;

	for (j = l->first; j != NULL; j = j->next) {
		if (j->renewing && rows != NULL) {
			if (is_in(rows, j->id))
				j->lease_end_ms = lease_end_ms;
			else
				j->lost = true;
		}
		j->renewing = false;
	}
}

void
leases_done(struct worker *w, enum gate_code rc, const struct gate_rows *rows,
    int64_t now_ms)
{
	int64_t end = w->asks.renew_begun_ms + w->asks.renew_lease_ms;

	(void)now_ms;
	w->asks.lease_first_ms = 0;
	note(&w->calls, rc == GATE_OK ? rows : NULL, end);
	note(&w->flush.list, rc == GATE_OK ? rows : NULL, end);
}

/*
 * Into the spool: when, and as what. The way out is fcgi/drain.c.
 */
#include "config.h"

#include "fcgi/keep.h"

#include "fcgi/spool.h"
#include "fcgi/spooled.h"
#include "lib/clock.h"
#include "lib/provider.h"
#include "lib/source.h"

static bool
site_needs_it(const struct gate_site *s)
{
	size_t i;

	if (s->away_policy == GATE_AWAY_SPOOL)
		return true;
	for (i = 0; i < s->source_count; i++)
		if (s->sources[i].profile.away == GATE_REFUSAL_LOSES)
			return true;
	return false;
}

bool
keep_is_needed(const struct gate_conf *c)
{
	size_t i;

	for (i = 0; i < c->sites.count; i++)
		if (site_needs_it(&c->sites.list[i]))
			return true;
	return false;
}

bool
keep_is_due(const struct visit *v, enum gate_code code, enum gate_away policy)
{
	return code == GATE_E_DB_RETRY && policy == GATE_AWAY_SPOOL &&
	    v->tools->spool != NULL;
}

enum gate_code
keep_delivery(struct visit *v, const struct inbox_delivery *d,
    const char *source, struct inbox_receipt *receipts)
{
	const struct gate_conf_spool *conf = &v->tools->settings->conf->spool;
	struct spool_bounds bounds = {conf->files, conf->bytes};
	struct inbox_delivery in = *d;
	struct gate_err err = {0};
	struct gate_buf record;
	enum gate_code code;
	size_t i;

	in.received_ms = gate_wall_ms();
	gate_buf_init(&record, SPOOL_RECORD_MAX);
	code = spooled_put(&record, &in, v->site->name, source);
	if (code == GATE_OK)
		code = spool_put(v->tools->spool, &in.events[0].id,
		    gate_buf_span(&record), &bounds, &err);
	gate_buf_clear(&record);
	if (code != GATE_OK) {
		v->why = "not_spooled";
		if (err.code != GATE_OK)
			v->err = err;
		return GATE_E_DB_RETRY;
	}
	for (i = 0; i < in.event_count; i++) {
		receipts[i].outcome = OUTCOME_ACCEPTED;
		gate_uuid_text(&in.events[i].id, receipts[i].event_id);
	}
	v->err = (struct gate_err){0};
	v->why = "spooled";
	v->is_spooled = true;
	return GATE_OK;
}

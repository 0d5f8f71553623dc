/*
 * The pipeline: a list of stages, walked once, in an order that matters,
 * the same for every door; what differs is asked of the door's scheme.
 * Nothing that is not authenticated is parsed or touches the database;
 * the cheap refusals stand before the dear ones. A stage says what it found
 * in the delivery and returns OUTCOME_NONE, or ends the walk.
 */
#include "config.h"

#include "fcgi/ingest.h"

#include "fcgi/delivery.h"
#include "fcgi/fit.h"
#include "fcgi/keep.h"
#include "fcgi/limits.h"
#include "lib/clock.h"
#include "lib/codec.h"
#include "lib/json.h"
#include "lib/num.h"

static enum outcome
check_media_type(struct delivery *d)
{
	const struct request *r = d->visit->request;

	if (r->content_encoding.n > 0 || !request_is_json(r))
		return OUTCOME_BAD_MEDIA_TYPE;
	return OUTCOME_NONE;
}

static enum outcome
check_announced_size(struct delivery *d)
{
	const struct request *r = d->visit->request;

	if (r->has_length && r->length > INGEST_BODY_HARD_MAX)
		return OUTCOME_TOO_LARGE;
	if (r->has_length && r->length == 0)
		return OUTCOME_EMPTY_BODY;
	return OUTCOME_NONE;
}

static enum outcome
read_headers(struct delivery *d)
{
	return d->scheme->read(
	    d->visit->request, false, &d->proof, &d->visit->why);
}

static enum outcome
find_site(struct delivery *d)
{
	struct visit *v = d->visit;
	const struct gate_sites *sites = &v->tools->settings->conf->sites;

	v->site = d->scheme->find_site(sites, v->match.argument, &d->proof);
	/* It may be the one that did not load: nobody may be told "no". */
	if (v->site == NULL && sites->incomplete)
		return OUTCOME_UNSURE;
	return OUTCOME_NONE;
}

static enum outcome
check_address(struct delivery *d)
{
	struct visit *v = d->visit;

	return v->site == NULL ? OUTCOME_NONE
			       : limits_allow(v, &v->site->allow);
}

static enum outcome
take_of_address(struct delivery *d)
{
	return limits_address(d->visit);
}

/* What a stranger may send: as much as any site. A limit of the named site's
 * own would tell who is a site. */
static size_t
strangers_max(const struct gate_sites *sites)
{
	size_t i, one, max = INGEST_BODY_DEFAULT_MAX;

	for (i = 0; i < sites->count; i++) {
		one = (size_t)sites->list[i].body_max_bytes;
		if (one > max)
			max = one;
	}
	return max < INGEST_BODY_HARD_MAX ? max : INGEST_BODY_HARD_MAX;
}

static enum outcome
read_body(struct delivery *d)
{
	struct visit *v = d->visit;
	struct gate_buf *b = &v->tools->body;
	enum outcome o;

	gate_buf_reset(b);
	o = request_read_body(v->request, v->body,
	    strangers_max(&v->tools->settings->conf->sites), b);
	d->raw = gate_buf_span(b);
	return o;
}

static enum outcome
check_signature(struct delivery *d)
{
	struct visit *v = d->visit;
	struct gate_trial t = {.site = v->site,
	    .dummy = &v->tools->dummy,
	    .data = d->raw,
	    .now_s = gate_wall_ms() / 1000};
	enum outcome o = d->scheme->verify(&t, &d->proof, &d->who, &v->why);

	if (o == OUTCOME_NONE) {
		v->key_id = d->who.key_id;
		v->hmac_key_id = d->who.hmac_key_id;
		v->idempotency_key = d->proof.idempotency_key;
	}
	return o;
}

static enum outcome
take_of_site(struct delivery *d)
{
	return limits_site(d->visit, &d->who);
}

static enum outcome
check_depth(struct delivery *d)
{
	return limits_busy(d->visit, d->visit->site->busy_policy);
}

static enum outcome
check_size(struct delivery *d)
{
	return d->raw.n > (size_t)d->visit->site->body_max_bytes
	    ? OUTCOME_TOO_LARGE
	    : OUTCOME_NONE;
}

static enum outcome
parse_json(struct delivery *d)
{
	struct gate_err why; /* names an offset only, but it is theirs */
	enum gate_code code = gate_json_parse(d->raw, &d->body, &why);

	if (code == GATE_E_BAD || code == GATE_E_LIMIT)
		return OUTCOME_BAD_JSON;
	return code == GATE_OK ? OUTCOME_NONE : delivery_trouble(d, code);
}

static enum outcome
check_event_type(struct delivery *d)
{
	const struct gate_json *event;

	if (!gate_json_get(d->body, d->scheme->form->type, &event) ||
	    !gate_json_string(event, &d->type) || d->type.n == 0)
		return OUTCOME_NO_EVENT;
	if (!gate_site_has_event_type(d->visit->site, d->type))
		return fit_unknown(d);
	return OUTCOME_NONE;
}

static bool
is_lower_uuid(struct gate_span s)
{
	char text[GATE_UUID_TEXT];
	struct gate_uuid id;

	if (!gate_uuid_parse(s, &id))
		return false;
	gate_uuid_text(&id, text);
	return gate_span_is(s, text);
}

/* The header is not signed; a body that says the same makes it so. */
static enum outcome
compare_keys(struct delivery *d)
{
	enum scheme_key_rule rule = d->scheme->key_rule;
	const struct gate_json *member;
	struct gate_span key = {0};

	if (rule == SCHEME_KEY_IN_HEADER)
		return OUTCOME_NONE;
	if (!gate_json_get(d->body, "idempotency_key", &member) ||
	    gate_json_kind(member) == GATE_JSON_NULL)
		return rule == SCHEME_KEY_MAY_BE_IN_BODY ? OUTCOME_NONE
							 : OUTCOME_NO_UUID;
	if (rule == SCHEME_KEY_IS_UUID_IN_BODY &&
	    (!gate_json_string(member, &key) || !is_lower_uuid(key)))
		return OUTCOME_NO_UUID;
	if (!gate_json_string(member, &key) ||
	    !gate_span_equal(key, d->proof.idempotency_key))
		return OUTCOME_KEY_DIFFERS;
	d->key_is_signed = true;
	return OUTCOME_NONE;
}

static enum outcome
normalise(struct delivery *d)
{
	struct visit *v = d->visit;
	bool is_shaped = d->shaped != NULL;
	enum gate_code code;

	code = gate_canonical_fill(&v->tools->canonical, d->scheme->form,
	    v->site->name, d->type, is_shaped ? d->shaped : d->body,
	    is_shaped ? gate_buf_span(&d->shaped_text) : d->raw);
	return code == GATE_OK ? OUTCOME_NONE : delivery_trouble(d, code);
}

static enum outcome
find_ids(struct delivery *d)
{
	struct visit *v = d->visit;
	struct lookup_question q = {.site = v->site};
	enum gate_code code;

	if (d->fate != DELIVERY_UNROUTED)
		q.type = d->type;
	q.must = d->fate == DELIVERY_BURIED;
	d->until_ms = gate_mono_ms() + VISIT_DB_MS;
	code = lookup_ask(&v->tools->lookup, v->tools->db, &q, d->until_ms,
	    &d->found, &v->err);
	/* What is kept needs no ids; its jobs it has from the configuration. */
	d->is_away = keep_is_due(v, code, v->site->away_policy) &&
	    lookup_guess(&q, &d->found);
	if (code != GATE_OK && !d->is_away)
		return delivery_trouble(d, code);
	fit_jobs(d);
	return OUTCOME_NONE;
}

/* One key of one job; the span is valid as long as `keys` does not grow,
 * so its room is made before the first. */
static enum gate_code
find_key(struct delivery *d, const char *pointer, struct gate_span *out)
{
	size_t before = d->keys.n;
	enum gate_code code;

	if (pointer == NULL)
		return GATE_OK;
	if (d->document == NULL) {
		/* One level deeper than the body that the guard passed. */
		code = gate_json_parse_stored(
		    gate_buf_span(&d->visit->tools->canonical.text),
		    &d->document, &d->visit->err);
		if (code != GATE_OK)
			return code;
	}
	code = gate_canonical_scalar(d->document, pointer, &d->keys);
	*out = gate_span_of(d->keys.p + before, d->keys.n - before);
	return code;
}

/* Keys by which a route wants its jobs in order or merged. */
static enum outcome
find_job_keys(struct delivery *d)
{
	struct lookup_answer *a = &d->found;
	enum gate_code code = GATE_OK;
	unsigned char *room;
	size_t i;

	for (i = 0; i < a->job_count && code == GATE_OK; i++) {
		const struct gate_route *r = a->routes[i];

		if ((r->serial_key != NULL || r->coalesce_key != NULL) &&
		    d->keys.cap == 0)
			code =
			    gate_buf_room(&d->keys, DELIVERY_KEYS_MAX, &room);
		if (code == GATE_OK)
			code = find_key(d, r->serial_key, &a->jobs[i].serial);
		if (code == GATE_OK)
			code =
			    find_key(d, r->coalesce_key, &a->jobs[i].coalesce);
	}
	return code == GATE_OK ? OUTCOME_NONE : delivery_trouble(d, code);
}

static const struct {
	const char *name;
	enum outcome (*run)(struct delivery *d);
} stages[] = {
    {"media type", check_media_type},
    {"announced size", check_announced_size},
    {"headers", read_headers},
    {"site", find_site},
    {"address", check_address},
    {"the address's limit", take_of_address},
    {"body", read_body},
    {"signature", check_signature},
    {"the site's limit", take_of_site},
    {"the queue's depth", check_depth},
    {"the site's size", check_size},
    {"json", parse_json},
    {"event type", check_event_type},
    {"key", compare_keys},
    {"schema", fit_schema},
    {"canonical form", normalise},
    {"ids", find_ids},
    {"job keys", find_job_keys},
    {"store", delivery_store},
};

enum outcome
ingest_event(struct visit *v)
{
	struct delivery d = {
	    .visit = v, .scheme = scheme_of_door(v->match.door)};
	enum outcome o = OUTCOME_NONE;
	size_t i;

	gate_buf_init(&d.keys, DELIVERY_KEYS_MAX);
	gate_buf_init(&d.shaped_text, INGEST_SHAPED_MAX);
	for (i = 0; i < GATE_COUNT(stages) && o == OUTCOME_NONE; i++) {
		v->stage = stages[i].name;
		o = stages[i].run(&d);
	}
	gate_proof_clear(&d.proof);
	gate_json_free(d.document);
	gate_json_free(d.shaped);
	gate_buf_clear(&d.shaped_text);
	gate_json_free(d.body);
	gate_buf_clear(&d.keys);
	return o;
}

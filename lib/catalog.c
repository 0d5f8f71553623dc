/*
 * Names to ids. Owns a sorted copy of catalog()'s rows; never writes to the
 * database. The look-ups are binary searches: an accepted event costs three
 * or four of them.
 */
#include "config.h"

#include "lib/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "lib/num.h"

enum column { KIND, ID, SITE_ID, NAME, URGENCY, SERVICE, ROUTE, REPLAY };

struct name {
	int32_t scope; /* site id of a route or source; 0 for a site */
	int32_t id;
	const char *name;
};

struct names {
	struct name *list;
	size_t count;
};

struct gate_catalog {
	struct names sites;   /* sorted by name */
	struct names sources; /* sorted by scope and name */
	struct names routes;  /* sorted by scope and name */
	struct gate_lane *lanes;
	size_t lane_count;
	uint32_t plain_type;
	char *text; /* all strings, one block */
	size_t text_left;
};

static int
name_compare(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	if (x->scope != y->scope)
		return x->scope < y->scope ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int
lane_compare(const void *a, const void *b)
{
	const struct gate_lane *x = a, *y = b;
	int d;

	if (x->urgency != y->urgency)
		return x->urgency < y->urgency ? -1 : 1;
	if (x->replay != y->replay)
		return x->replay ? 1 : -1;
	d = strcmp(x->service, y->service);
	return d != 0 ? d : strcmp(x->route, y->route);
}

static bool
urgency_parse(const char *s, enum gate_urgency *out)
{
	int u;

	for (u = 0; u < GATE_URGENCY_COUNT; u++) {
		if (strcmp(s, gate_urgency_name((enum gate_urgency)u)) == 0) {
			*out = (enum gate_urgency)u;
			return true;
		}
	}
	return false;
}

/* Copies into the block, which was made large enough for every cell. */
static const char *
keep(struct gate_catalog *c, char **end, const struct gate_rows *rows,
    size_t row, enum column col)
{
	struct gate_span v = gate_rows_get(rows, row, (size_t)col);
	char *p = *end;

	GATE_ASSERT(v.n < c->text_left);
	if (v.n > 0)
		memcpy(p, v.p, v.n);
	p[v.n] = '\0';
	*end = p + v.n + 1;
	c->text_left -= v.n + 1;
	return p;
}

static bool
put_row(
    struct gate_catalog *c, char **end, const struct gate_rows *rows, size_t i)
{
	const char *kind = gate_rows_str(rows, i, KIND);
	int32_t id = (int32_t)gate_rows_i64(rows, i, ID);

	if (strcmp(kind, "site") == 0) {
		c->sites.list[c->sites.count++] =
		    (struct name){0, id, keep(c, end, rows, i, NAME)};
	} else if (strcmp(kind, "source") == 0) {
		c->sources.list[c->sources.count++] =
		    (struct name){(int32_t)gate_rows_i64(rows, i, SITE_ID), id,
			keep(c, end, rows, i, NAME)};
	} else if (strcmp(kind, "route") == 0) {
		c->routes.list[c->routes.count++] =
		    (struct name){(int32_t)gate_rows_i64(rows, i, SITE_ID), id,
			keep(c, end, rows, i, NAME)};
	} else if (strcmp(kind, "lane") == 0) {
		struct gate_lane *l = &c->lanes[c->lane_count++];

		l->id = id;
		l->service = keep(c, end, rows, i, SERVICE);
		l->route = keep(c, end, rows, i, ROUTE);
		l->replay = gate_rows_bool(rows, i, REPLAY);
		return urgency_parse(
		    gate_rows_str(rows, i, URGENCY), &l->urgency);
	} else if (strcmp(kind, "type") == 0) {
		uint64_t n;

		if (!gate_span_u64(
			gate_rows_get(rows, i, (size_t)NAME), UINT32_MAX, &n))
			return false;
		c->plain_type = (uint32_t)n;
	}
	return true;
}

static enum gate_code
check_version(const struct gate_rows *rows, struct gate_err *err)
{
	size_t i, n = gate_rows_count(rows);
	int64_t found = 0;

	for (i = 0; i < n; i++)
		if (strcmp(gate_rows_str(rows, i, KIND), "version") == 0)
			found = gate_rows_i64(rows, i, ID);
	if (found == GATE_SCHEMA_VERSION)
		return GATE_OK;
	return gate_err_set(err, GATE_E_CONF,
	    "schema version %lld, this "
	    "program needs %d: run `pressgate migrate` or upgrade it",
	    (long long)found, GATE_SCHEMA_VERSION);
}

static enum gate_code
allocate(struct gate_catalog *c, const struct gate_rows *rows)
{
	size_t i, n = gate_rows_count(rows), size = 1;
	int col;

	for (i = 0; i < n; i++)
		for (col = NAME; col <= ROUTE; col++)
			size += gate_rows_get(rows, i, (size_t)col).n + 1;
	c->text = malloc(size);
	c->text_left = size;
	c->sites.list = calloc(n + 1, sizeof(*c->sites.list));
	c->sources.list = calloc(n + 1, sizeof(*c->sources.list));
	c->routes.list = calloc(n + 1, sizeof(*c->routes.list));
	c->lanes = calloc(n + 1, sizeof(*c->lanes));
	if (c->text == NULL || c->sites.list == NULL ||
	    c->sources.list == NULL || c->routes.list == NULL ||
	    c->lanes == NULL)
		return GATE_E_NOMEM;
	return GATE_OK;
}

enum gate_code
gate_catalog_new(const struct gate_rows *rows, struct gate_catalog **out,
    struct gate_err *err)
{
	struct gate_catalog *c;
	enum gate_code code = check_version(rows, err);
	size_t i, n = gate_rows_count(rows);
	char *end;

	if (code != GATE_OK)
		return code;
	c = calloc(1, sizeof(*c));
	if (c == NULL || allocate(c, rows) != GATE_OK) {
		gate_catalog_free(c);
		return gate_err_set(err, GATE_E_NOMEM, "out of memory");
	}
	end = c->text;
	for (i = 0; i < n; i++) {
		if (!put_row(c, &end, rows, i)) {
			gate_catalog_free(c);
			return gate_err_set(
			    err, GATE_E_BUG, "catalog(): a row that is none");
		}
	}
	qsort(c->sites.list, c->sites.count, sizeof(*c->sites.list),
	    name_compare);
	qsort(c->sources.list, c->sources.count, sizeof(*c->sources.list),
	    name_compare);
	qsort(c->routes.list, c->routes.count, sizeof(*c->routes.list),
	    name_compare);
	qsort(c->lanes, c->lane_count, sizeof(*c->lanes), lane_compare);
	*out = c;
	return GATE_OK;
}

enum gate_code
gate_catalog_load(struct gate_db *db, size_t stmt, int64_t until_ms,
    struct gate_catalog **out, struct gate_err *err)
{
	struct gate_rows *rows = NULL;
	enum gate_code code;

	code = gate_db_call(db, stmt, NULL, 0, until_ms, &rows, err);
	if (code == GATE_OK)
		code = gate_catalog_new(rows, out, err);
	gate_rows_free(rows);
	return code;
}

void
gate_catalog_free(struct gate_catalog *c)
{
	if (c == NULL)
		return;
	free(c->sites.list);
	free(c->sources.list);
	free(c->routes.list);
	free(c->lanes);
	free(c->text);
	free(c);
}

static int32_t
find(const struct names *in, int32_t scope, const char *name)
{
	struct name key = {scope, 0, name}, *hit;

	hit = bsearch(&key, in->list, in->count, sizeof(key), name_compare);
	return hit == NULL ? 0 : hit->id;
}

int32_t
gate_catalog_site(const struct gate_catalog *c, const char *name)
{
	return find(&c->sites, 0, name);
}

int32_t
gate_catalog_source(
    const struct gate_catalog *c, int32_t site_id, const char *name)
{
	return find(&c->sources, site_id, name);
}

int32_t
gate_catalog_route(
    const struct gate_catalog *c, int32_t site_id, const char *name)
{
	return find(&c->routes, site_id, name);
}

int32_t
gate_catalog_lane(const struct gate_catalog *c, enum gate_urgency urgency,
    const char *service, const char *route, bool replay)
{
	struct gate_lane key = {0, urgency, service, route, replay}, *hit;

	hit = bsearch(&key, c->lanes, c->lane_count, sizeof(key), lane_compare);
	return hit == NULL ? 0 : hit->id;
}

static const char *
find_back(const struct names *in, int32_t id)
{
	size_t i;

	for (i = 0; i < in->count; i++)
		if (in->list[i].id == id)
			return in->list[i].name;
	return NULL;
}

const char *
gate_catalog_site_name(const struct gate_catalog *c, int32_t id)
{
	return find_back(&c->sites, id);
}

const char *
gate_catalog_route_name(const struct gate_catalog *c, int32_t id)
{
	return find_back(&c->routes, id);
}

const struct gate_lane *
gate_catalog_lane_by_id(const struct gate_catalog *c, int32_t id)
{
	size_t i;

	for (i = 0; i < c->lane_count; i++)
		if (c->lanes[i].id == id)
			return &c->lanes[i];
	return NULL;
}

size_t
gate_catalog_lane_count(const struct gate_catalog *c)
{
	return c->lane_count;
}

const struct gate_lane *
gate_catalog_lane_at(const struct gate_catalog *c, size_t i)
{
	GATE_ASSERT(i < c->lane_count);
	return &c->lanes[i];
}

uint32_t
gate_catalog_plain_type(const struct gate_catalog *c)
{
	return c->plain_type;
}

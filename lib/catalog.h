/*
 * Names to ids and back: what `pressgate apply` has written, as the
 * database's catalog() tells it. Read once per connection's life and after
 * a name was missing; a reader then has either all of one state or the one
 * before.
 */
#ifndef GATE_CATALOG_H
#define GATE_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/db.h"
#include "lib/err.h"
#include "lib/route.h"
#include "lib/span.h"

/* The highest number of sql/NNN_*.sql that this build was made for. */
#define GATE_SCHEMA_VERSION 8

/* The statement, for a program's own table. */
#define GATE_CATALOG_STMT                                                      \
	{                                                                      \
		"catalog",                                                     \
		    "select kind, id, site_id, name, urgency, service, "       \
		    "route, replay from pressgate.catalog()",                  \
		    0                                                          \
	}

struct gate_lane {
	int32_t id;
	enum gate_urgency urgency;
	const char *service;
	const char *route;
	bool replay;
};

struct gate_catalog;

/*
 * Calls the statement (index stmt of db's table, GATE_CATALOG_STMT).
 * Codes as gate_db_call; GATE_E_CONF: the schema's version is not ours
 * (err says which and what to do). *out only on GATE_OK.
 */
enum gate_code gate_catalog_load(struct gate_db *db, size_t stmt,
    int64_t until_ms, struct gate_catalog **out,
    struct gate_err *err) GATE_MUSTCHECK;
/* The same from rows that a loop of the caller's got. */
enum gate_code gate_catalog_new(const struct gate_rows *rows,
    struct gate_catalog **out, struct gate_err *err) GATE_MUSTCHECK;
void gate_catalog_free(struct gate_catalog *c);

/* Each: 0 if there is none. Ids are above 0. */
int32_t gate_catalog_site(const struct gate_catalog *c, const char *name);
int32_t gate_catalog_source(
    const struct gate_catalog *c, int32_t site_id, const char *name);
int32_t gate_catalog_route(
    const struct gate_catalog *c, int32_t site_id, const char *name);
int32_t gate_catalog_lane(const struct gate_catalog *c,
    enum gate_urgency urgency, const char *service, const char *route,
    bool replay);

/* The number that this database has for the type plain_event (sql/README.md),
 * which an array of it must name. */
uint32_t gate_catalog_plain_type(const struct gate_catalog *c);

/* Back again. Borrowed; NULL if there is none. */
const char *gate_catalog_site_name(const struct gate_catalog *c, int32_t id);
const char *gate_catalog_route_name(const struct gate_catalog *c, int32_t id);
const struct gate_lane *gate_catalog_lane_by_id(
    const struct gate_catalog *c, int32_t id);

/* All lanes, in no order that means anything. */
size_t gate_catalog_lane_count(const struct gate_catalog *c);
const struct gate_lane *gate_catalog_lane_at(
    const struct gate_catalog *c, size_t i);

#endif

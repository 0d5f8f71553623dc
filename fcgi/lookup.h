/*
 * Ids for names: the database's catalog as this process last read it.
 */
#ifndef FCGI_LOOKUP_H
#define FCGI_LOOKUP_H

#include <stddef.h>
#include <stdint.h>

#include "fcgi/inbox.h"
#include "lib/catalog.h"
#include "lib/db.h"
#include "lib/err.h"
#include "lib/site.h"
#include "lib/span.h"

struct lookup {
	struct gate_catalog *catalog; /* NULL: not read yet */
	bool stale;                   /* read again at the next chance */
	int64_t tried_at_ms;          /* monotonic; 0: never */
};

/* Frees what it holds; it may then be used again. */
void lookup_clear(struct lookup *l);
/* The next look-up reads the catalog again: after trouble with the
 * database, which may have come back as another one. */
void lookup_forget(struct lookup *l);

/* Jobs of one event: a route each, so a site's number of routes is enough. */
#define LOOKUP_JOBS_MAX 64

/*
 * The site's id and, for each of its routes that takes the type, a job
 * (event 1; lane, route, step and mode; keys are left empty). An empty type
 * asks for the site only.
 *
 * A name that the catalog does not have makes it read again, at most once a
 * second: `pressgate apply` may still be under way.
 * Returns GATE_OK; GATE_E_DB_RETRY (database away, or a name is missing);
 * GATE_E_CONF (another schema version); other codes of gate_db_call.
 */
enum gate_code lookup_event(struct lookup *l, struct gate_db *db,
    const struct gate_site *site, struct gate_span type, int64_t until_ms,
    int32_t *site_id, struct inbox_job jobs[LOOKUP_JOBS_MAX], size_t *job_count,
    struct gate_err *err) GATE_MUSTCHECK;

#endif

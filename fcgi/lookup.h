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

/* gate_catalog_plain_type(); 0: nothing was looked up yet. */
uint32_t lookup_plain_type(const struct lookup *l);

/* Jobs of one event: a route each, so a site's number of routes is enough. */
#define LOOKUP_JOBS_MAX 64

struct lookup_question {
	const struct gate_site *site;
	const char *source;    /* a third party; NULL: the site itself */
	struct gate_span type; /* empty: only the site is asked for */
	/* Somebody has to see the event: where no route takes its type, the
	 * first one that is for the source. */
	bool must;
};

struct lookup_answer {
	int32_t site_id;
	int32_t source_id; /* 0: the own doors */
	/* One for each route that takes the type: event 1; lane, route, step
	 * and mode; keys are left empty. */
	struct inbox_job jobs[LOOKUP_JOBS_MAX];
	const struct gate_route *routes[LOOKUP_JOBS_MAX]; /* theirs */
	size_t job_count;
};

/*
 * Ids of a site, of its source, and of all that is to be done with an event
 * of that type.
 *
 * A name that the catalog does not have makes it read again, at most once a
 * second: `pressgate apply` may still be under way.
 * Returns GATE_OK; GATE_E_DB_RETRY (database away, or a name is missing);
 * GATE_E_CONF (another schema version); other codes of gate_db_call.
 */
enum gate_code lookup_ask(struct lookup *l, struct gate_db *db,
    const struct lookup_question *q, int64_t until_ms, struct lookup_answer *a,
    struct gate_err *err) GATE_MUSTCHECK;

/* The same as far as it can be known without the database: every id is 0.
 * False: it cannot be done with it either. */
bool lookup_guess(
    const struct lookup_question *q, struct lookup_answer *a) GATE_MUSTCHECK;

/* All names; borrowed until the next call. Codes as above. */
enum gate_code lookup_catalog(struct lookup *l, struct gate_db *db,
    int64_t until_ms, const struct gate_catalog **out,
    struct gate_err *err) GATE_MUSTCHECK;

#endif

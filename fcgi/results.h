/*
 * A site fetches what became of its events. Both doors take what proves
 * the site by any of its schemes; nothing is used up by it.
 */
#ifndef FCGI_RESULTS_H
#define FCGI_RESULTS_H

#include "fcgi/outcome.h"
#include "fcgi/visit.h"
#include "lib/err.h"

/* GET /results?since=CURSOR&limit=N: FOUND with the page in v->reply.body,
 * UNCHANGED, GONE with v->reply.restart, or a refusal. */
enum outcome results_page(struct visit *v) GATE_MUSTCHECK;

/* GET /events/{request_id}: FOUND or NOT_FOUND (another site's too). */
enum outcome results_event(struct visit *v) GATE_MUSTCHECK;

/* A page ends before it grows beyond this; one result may be larger. */
#define RESULTS_PAGE_MAX (4u * 1024 * 1024)

#endif

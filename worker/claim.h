/*
 * Claims: a plan of lanes.h becomes a statement's parameters, its rows
 * become jobs. No decision is taken here.
 */
#ifndef WORKER_CLAIM_H
#define WORKER_CLAIM_H

#include "lib/catalog.h"
#include "lib/db.h"
#include "lib/err.h"
#include "worker/job.h"
#include "worker/lanes.h"
#include "worker/queue.h"
#include "worker/setup.h"

/*
 * All pairs of configured sites and the catalog's lanes of their routes,
 * also lanes that no step leads to any more: what waits there is to be
 * ended, too. Services are numbered as in the configuration; one number more
 * stands for services that are no longer in it. GATE_E_NOMEM.
 */
enum gate_code claim_lanes(const struct gate_conf *conf,
    const struct gate_catalog *catalog, struct lanes **out) GATE_MUSTCHECK;

/* Number of services as claim_lanes counts them. */
size_t claim_service_count(const struct gate_conf *conf);

/* Begins the claim of a plan; see queue_begin. */
enum gate_code claim_begin(struct queue *q, int64_t worker, struct lanes *lanes,
    const struct lanes_plan *plan, int64_t now_ms);

/*
 * Makes a job of one row and tells the plan of it. Where the event cannot be
 * read, j->doc is NULL. GATE_E_NOMEM: nothing was made, the lease runs out.
 */
enum gate_code claim_take(const struct gate_rows *rows, size_t row,
    struct setup *setup, const struct gate_catalog *catalog,
    struct lanes *lanes, struct lanes_plan *plan,
    struct job **out) GATE_MUSTCHECK;

#endif

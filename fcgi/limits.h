/*
 * Who may come, how often, and whether there is room: the limits that a
 * visit meets on its way. Where they are kept is memory that all responders
 * of a host share, whether one parent forked them or a web server started
 * each: it outlives them, a reload, and whoever is killed. Nothing of it is
 * asked of the database on the way to an answer.
 */
#ifndef FCGI_LIMITS_H
#define FCGI_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "fcgi/outcome.h"
#include "lib/address.h"
#include "lib/db.h"
#include "lib/err.h"
#include "lib/limit.h"
#include "lib/proof.h"
#include "lib/span.h"

struct limits;
struct visit;
struct settings;

/*
 * name  as gate_metrics_open's; without one, or where that fails, for this
 *       process and its children only
 * Returns GATE_OK, GATE_E_SYS, GATE_E_NOMEM.
 */
enum gate_code limits_open(
    const char *name, struct limits **out, struct gate_err *err) GATE_MUSTCHECK;
/* False: another process of this host that is no relative counts apart. */
bool limits_is_shared(const struct limits *l);
void limits_close(struct limits *l);

/* ---- stages ---------------------------------------------------------- */

/* OUTCOME_NONE or _BAD_ADDRESS. A client whose address is not known is on no
 * list. */
enum outcome limits_allow(
    struct visit *v, const struct gate_allow *allow) GATE_MUSTCHECK;
/* Before anything is verified: takes one of the client's. OUTCOME_NONE or
 * _RATE; then the reply says how long to wait. */
enum outcome limits_address(struct visit *v) GATE_MUSTCHECK;
/* Once it is verified that it is who: takes one of v->site's, or of who's
 * subject there. The same outcomes. */
enum outcome limits_site(
    struct visit *v, const struct gate_identity *who) GATE_MUSTCHECK;
/*
 * For senders whose addresses are many tenants', as those of providers:
 * limits_failures looks, before it is verified, whether too many of that
 * client's failed at that source; limits_failed takes one when it has. Those
 * that hold take nothing, and those of one source do no harm at another.
 */
enum outcome limits_failures(
    struct visit *v, struct gate_span source) GATE_MUSTCHECK;
void limits_failed(struct visit *v, struct gate_span source);
/* A provider's source, once it is verified; name: of the source. */
enum outcome limits_source(struct visit *v, struct gate_span name,
    const struct gate_limit *limit) GATE_MUSTCHECK;
/* Is there room? OUTCOME_NONE or _BUSY. */
enum outcome limits_busy(struct visit *v, enum gate_busy policy) GATE_MUSTCHECK;

/* ---- after an answer ------------------------------------------------- */

/*
 * Counts the queue, if that is due and this process's turn; a statement of
 * milliseconds, every two seconds on a whole host. For visits that were
 * verified: nobody else makes the database work.
 */
enum gate_code limits_count(struct limits *l, const struct settings *s,
    struct gate_db *db, struct gate_err *err) GATE_MUSTCHECK;

#endif

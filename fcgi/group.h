/*
 * Group commit: what several children bring at the same time is stored by
 * one call. Each child has a seat in shared memory and lays its record
 * there. Who finds nobody leading leads: it takes all that lies there,
 * stores it and tells the others; meanwhile the next records gather. A child
 * that is alone leads a group of one and waits for nobody.
 *
 * Knows nothing of records, events or the database. Whoever hears no answer
 * (the group failed as a whole, its leader died, time is up) stores its
 * record alone, so a record may be stored twice: it must be recognised then.
 *
 *	FREE --record laid--> WAITS --leader--> TAKEN --> STORED or FAILED
 *	  ^                     | '<-leader died-'| owner gave up
 *	  '------gave up--------'      LEFT <-----'      (owner reads: FREE)
 */
#ifndef FCGI_GROUP_H
#define FCGI_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/span.h"

#define GROUP_MAX 32           /* records of one call */
#define GROUP_RECORD_MAX 32000 /* bytes; a longer one goes alone */
#define GROUP_ANSWER_MAX 64    /* with its NUL */

struct group;

/* A child's own place. One process, one record at a time. */
struct group_seat {
	struct group *group;
	size_t index;
};

/*
 * How a leader stores.
 *
 * records  count of them, at least one; the first is the leader's own. In
 *          shared memory: written by another process of this program.
 * answers  to be filled, one for each; read only after true
 * Returns false: of none is anything known.
 */
struct group_call {
	bool (*store)(void *ctx, const struct gate_span *records, size_t count,
	    char answers[][GROUP_ANSWER_MAX]);
	void *ctx;
};

/* Before the fork. Its memory is not in core files. GATE_E_NOMEM,
 * GATE_E_SYS. */
enum gate_code group_open(
    size_t seats, struct group **out, struct gate_err *err) GATE_MUSTCHECK;
void group_close(struct group *g);

/* The seat's process is gone, by whatever death. For its parent. */
void group_vacate(struct group *g, size_t seat);

/*
 * Stores the record in company, or leads: then call->store is called in this
 * process, with this record among others.
 *
 * until_ms  monotonic; it does not wait longer, but a store() of its own may
 * Returns true: answer is what store() of some process said to it. False:
 *         nothing is known; store it alone, it may be there already.
 */
bool group_store(const struct group_seat *seat, struct gate_span record,
    const struct group_call *call, int64_t until_ms,
    char answer[GROUP_ANSWER_MAX]) GATE_MUSTCHECK;

#endif

/*
 * A claimed job: its states as a table and the decisions about it as pure
 * functions. No I/O: claim.c makes jobs from rows, course.c drives them.
 *
 *	CLAIMED --call--> CALLING --answer--> FINISHED --settled--> (freed)
 *	   |                                      ^
 *	   +---- nothing to call: dead, ... ------+
 */
#ifndef WORKER_JOB_H
#define WORKER_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/codec.h"
#include "lib/json.h"
#include "lib/route.h"
#include "lib/site.h"
#include "worker/outcome.h"
#include "worker/setup.h"

enum job_state { JOB_CLAIMED, JOB_CALLING, JOB_FINISHED, JOB_STATE_COUNT };
enum job_mode { JOB_LIVE, JOB_DRY_RUN, JOB_MIRROR, JOB_BURY };

struct job {
	enum job_state state;
	struct job *prev, *next; /* in its list */

	/* who it is; claim_no is the fencing token */
	int64_t id;
	int64_t claim_no;
	int32_t site_id, route_id;
	char event_id[GATE_UUID_TEXT];
	char *step_name;  /* as the database has it */
	char *serial_key; /* NULL: none */
	char *key_salt;   /* NULL: none; of a replay with a new key */
	char *traceparent;
	char *last_error;
	enum job_mode mode;
	bool cancel;
	bool replay; /* it is in a replay lane and stays in such */
	int64_t attempt, crashes, max_attempt;
	int64_t window_left_ms; /* when it was claimed */

	/* what is to be done; borrowed from the configuration, which the
	 * setup keeps alive. NULL: no longer configured. */
	struct setup *setup;
	const struct gate_site *site;
	const struct gate_route *route;
	const struct gate_step *step;
	enum gate_urgency urgency; /* of its lane */
	size_t service;            /* index of its lane's service */

	/* what its templates see */
	struct gate_json *doc;
	struct gate_json *steps;

	int64_t claimed_ms;   /* monotonic, before the claim was asked for */
	int64_t lease_end_ms; /* monotonic, on the safe side */
	bool renewing;        /* a renewal of its lease is under way */
	bool lost;            /* it is known that it is not ours any more */
	struct gate_buf item; /* FINISHED: what finish() is told */
	bool in_batch;        /* the item is on its way */
	bool doubted;         /* a batch with it was refused */
	bool buried_alone;    /* its own item was refused, this is plan B */
};

void job_free(struct job *j);

/* Aborts on a step that the picture above does not have. */
void job_move(struct job *j, enum job_state to);

/* What is to become of a job that was just claimed. */
enum job_order {
	JOB_CALL,     /* render and send its step */
	JOB_REHEARSE, /* dry run */
	JOB_SHELVE,   /* to the mirrored ones */
	JOB_CANCEL,
	JOB_DIE
};

/*
 * Decides from the claim alone. For JOB_DIE *why is filled with cause and
 * text, else it is untouched.
 */
enum job_order job_decide(const struct job *j, struct outcome *why);

/* What is to become of a job whose step has ended. */
enum job_end { JOB_NEXT, JOB_DONE, JOB_RETRY, JOB_DEAD };

/*
 * elapsed_ms since the claim; random as retry_decide wants it. delay_ms is
 * set only for JOB_RETRY.
 */
enum job_end job_judge(const struct job *j, const struct outcome *o,
    int64_t elapsed_ms, uint64_t random, int64_t *delay_ms);

/* The step after the job's own; NULL: it is the last. */
const struct gate_step *job_step_after(const struct job *j);

/* A list of jobs; owns them. Zeroed is empty. */
struct job_list {
	struct job *first, *last;
	size_t count;
};

void job_list_put(struct job_list *l, struct job *j);
void job_list_remove(struct job_list *l, struct job *j);
void job_list_free(struct job_list *l);

#endif

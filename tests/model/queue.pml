/*
 * A job from its acceptance to its end: claim(), renew(), finish(),
 * cancel_job() and replay() of sql/, called by workers that may be slow,
 * asleep, killed, or in doubt about an answer. doc/model.md says which lines
 * stand for which statement and what is left out.
 *
 * A function of sql/ is one step, since its rows stay locked until it
 * commits. claim() has two: what it saw when it began may be older than the
 * row that it locks. Calls are messages: one may be carried out long after
 * its sender has given it up or died. A lease may end at any time, so that
 * no clock is needed here (takeover.pml and marks.pml have one); a worker
 * that sleeps is one that takes no step meanwhile.
 *
 * No execution is endless (that is checked, too), so "each job ends" is an
 * assertion about the last state.
 */
#ifndef WORKERS
#define WORKERS 3
#endif
#ifndef JOBS
#define JOBS 1
#endif
#ifndef STEPS
#define STEPS 1
#endif
#ifndef TRIES /* job.max_attempt */
#define TRIES 2
#endif
#ifndef POISON /* CRASHES_MAX, which is 3 */
#define POISON 2
#endif
/* How often these may happen in one execution. */
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef DOUBTS
#define DOUBTS 1
#endif
#ifndef EXPIRIES /* of leases whose holder lives */
#define EXPIRIES 1
#endif
#ifndef RENEWALS
#define RENEWALS 1
#endif
#ifndef RELEASES
#define RELEASES 1
#endif
#ifndef CANCELS
#define CANCELS 0
#endif
#ifndef REPLAYS
#define REPLAYS 0
#endif

/* What finish() is told. */
#define NONE 0
#define NEXT 1
#define DONE 2
#define RETRY 3
#define DEAD 4
#define CANCELLED 5
#define RELEASE 6

typedef Job {
	bit live;	/* there is a row in job */
	bit id;		/* 1: the replay */
	unsigned step : 2;
	unsigned claim_no : 5;
	unsigned attempt : 4;
	unsigned crashes : 2;
	bit held;	/* lease_by is not null */
	bit due;	/* due_at has come */
	bit cancel;
	unsigned outputs : 3; /* job_step: a bit for each step */
	byte end[2];	/* result.status of each id */
	bit replayed;	/* dead.replayed_as */
	bit supersedes;
	/* what only the assertions look at */
	unsigned settled : 5; /* newest claim that finish() has settled */
	unsigned tries : 4; /* claims of this step that were not given back */
	byte calls[STEPS]; /* calls for a step that have a reason */
}

#define CLAIMED 1
#define READY 2 /* stands in the flush list */
#define TOLD 3  /* its item is on its way */

/* A job in a worker's hands. */
typedef Hold {
	unsigned phase : 2;
	bit id;
	unsigned claim_no : 5;
	unsigned step : 2;
	bit final; /* its last try */
	unsigned to : 3;
	bit claiming;		/* claim() has found the job */
	unsigned seen : 3;	/* its outputs in claim()'s snapshot */
}

typedef Item {
	unsigned to : 3;
	bit id;
	unsigned claim_no : 5;
	unsigned step : 2;
}

#define SENT 1
#define CHECKED 2 /* BREAK_LOCK only */
#define ANSWERED 3

typedef Batch {
	byte state;
	Item item[JOBS];
}

typedef Renewal {
	bit sent;
	bit id;
	unsigned claim_no : 5;
}

typedef Worker {
	Hold hold[JOBS];
	Renewal renewal[JOBS];
	Batch batch;
	Batch late;		/* one that was given up */
}

Job job[JOBS];
Worker worker[WORKERS];
byte crashes, doubts, expiries, renewals, releases, cancels, replays;

/* inline what, done for each job. */
#if JOBS > 1
#define EACH_JOB(what, w) what(w, 0); what(w, 1)
#define EACH_ITEM(what, m) what(0, m.item[0]); what(1, m.item[1])
#else
#define EACH_JOB(what, w) what(w, 0)
#define EACH_ITEM(what, m) what(0, m.item[0])
#endif

#define EARLIER(s) ((1 << (s)) - 1) /* outputs of the steps before s */

/* (id, claim_no) of a row and of a token, and the lease that it is for. */
#ifdef BREAK_CLAIM_NO
#define SAME(j, t) (job[j].live && job[j].id == t.id)
#else
#define SAME(j, t) (job[j].live && job[j].id == t.id && \
	job[j].claim_no == t.claim_no)
#endif
#ifdef BREAK_SETTLED
#define OURS(j, t) SAME(j, t)
#else
#define OURS(j, t) (SAME(j, t) && job[j].held)
#endif
#ifdef BREAK_RENEWED
#define RENEWS(j, t) SAME(j, t)
#else
#define RENEWS(j, t) OURS(j, t)
#endif

/*
 * Workers are alike, and no process remembers where it was: states that
 * differ in the workers' order are one. So each step leaves them sorted.
 */
c_code {
#ifndef UNSORTED
	static void
	sort_workers(void)
	{
		struct Worker *list = now.worker, swap;
		int i, k;

		for (i = 1; i < WORKERS; i++)
			for (k = i; k > 0 && memcmp(&list[k - 1], &list[k],
			    sizeof(swap)) > 0; k--) {
				memcpy(&swap, &list[k], sizeof(swap));
				memcpy(&list[k], &list[k - 1], sizeof(swap));
				memcpy(&list[k - 1], &swap, sizeof(swap));
			}
	}
#endif
}
#ifdef UNSORTED
#define SORT skip
#else
#define SORT c_code { sort_workers(); }
#endif

/*
 * A token that is no more the row's never is again, so all such tokens are
 * written as claim 0: they can do as much, and there are fewer states.
 * EXACT keeps the numbers.
 */
inline age(j, token)
{
	if
	:: token.claim_no != 0 && token.claim_no == job[j].claim_no &&
	    token.id == job[j].id ->
		token.claim_no = 0; token.id = 0
	:: else
	fi
}

inline age_worker(w, j)
{
	if
	:: worker[w].hold[j].claim_no != 0 &&
	    worker[w].hold[j].claim_no == job[j].claim_no &&
	    worker[w].hold[j].id == job[j].id ->
		worker[w].hold[j].claim_no = 0;
		worker[w].hold[j].id = 0;
		worker[w].hold[j].final = 0;
		if
		:: worker[w].hold[j].phase != CLAIMED ->
			worker[w].hold[j].to = DONE
		:: else
		fi
	:: else
	fi;
	age(j, worker[w].renewal[j]);
	age_item(j, worker[w].batch.item[j]);
	age_item(j, worker[w].late.item[j])
}

inline age_item(j, token)
{
	if
	:: token.claim_no != 0 && token.claim_no == job[j].claim_no &&
	    token.id == job[j].id ->
		token.claim_no = 0; token.id = 0; token.to = DONE; token.step = 0
	:: else
	fi
}

inline age_all(j)
{
#ifndef EXACT
	age_worker(0, j);
	age_worker(1, j);
#if WORKERS > 2
	age_worker(2, j);
#endif
#if WORKERS > 3
	age_worker(3, j);
	age_worker(4, j);
#endif
#else
	skip
#endif
}

/* ------------------------------------------------------------- the vendor */

/* Another call for this step of j has a reason. */
inline excuse(j)
{
#ifdef CALLS
	job[j].calls[job[j].step]++
#else
	skip
#endif
}

inline call_vendor(j, which)
{
#ifdef CALLS
	assert(job[j].calls[which] > 0);
	job[j].calls[which]--
#else
	skip
#endif
}

/* ----------------------------------------------------------------- the SQL */

inline claim_row(w, j)
{
	age_all(j);
	job[j].claim_no++;
#ifndef BREAK_ATTEMPT
	job[j].attempt++;
#endif
	job[j].tries++;
#ifndef BREAK_LEASE
	assert(job[j].tries <= TRIES + 1 + EXPIRIES + CRASHES + DOUBTS);
#endif
	assert(job[j].claim_no > job[j].settled && job[j].claim_no < 31);
	if
	:: job[j].held -> /* its holder looks alive or not */
		if
		:: job[j].crashes < POISON -> job[j].crashes++
		:: true
		fi
	:: else
	fi;
	job[j].held = 1;
	job[j].due = 0;
#ifndef BREAK_STEPS
	worker[w].hold[j].seen = job[j].outputs;
#endif
}

/* The row goes, a result comes. */
inline end_job(j, how)
{
	assert(job[j].end[job[j].id] == NONE);
	job[j].end[job[j].id] = how;
	age_all(j);
#ifndef BREAK_SUPERSEDES
	job[j].supersedes = job[j].id;
#endif
#ifdef BREAK_DELETE
	job[j].held = 0; job[j].due = 1
#else
	job[j].live = 0; job[j].step = 0; job[j].claim_no = 0;
	job[j].attempt = 0; job[j].crashes = 0; job[j].held = 0;
	job[j].due = 0; job[j].cancel = 0; job[j].settled = 0;
	job[j].tries = 0
#endif
}

inline settle(j, token)
{
	assert(SAME(j, token) && job[j].claim_no == token.claim_no);
	assert(token.claim_no > job[j].settled);
	job[j].settled = token.claim_no;
	if
	:: token.to == NEXT || token.to == DONE ->
		assert(token.step == job[j].step);
		job[j].outputs = job[j].outputs | (1 << token.step)
	:: else
	fi;
	if
	:: token.to == NEXT ->
		job[j].step++; job[j].attempt = 0; job[j].tries = 0;
		job[j].held = 0; job[j].due = 1; excuse(j)
	:: token.to == RETRY ->
		job[j].held = 0; excuse(j);
#ifdef BREAK_ASKED
		job[j].due = 0
#else
		job[j].due = job[j].cancel
#endif
	:: token.to == RELEASE ->
		job[j].held = 0; job[j].due = 1;
		job[j].attempt--; job[j].tries--
	:: else -> end_job(j, token.to)
	fi;
	assert(job[j].attempt == job[j].tries);
	/* Who was asked to be cancelled is held, or cancelled next. */
	assert(!job[j].cancel || job[j].held || job[j].due)
}

inline clear_item(token)
{
	token.to = NONE; token.id = 0; token.claim_no = 0; token.step = 0
}

inline finish_item(j, token)
{
	if
#ifdef BREAK_LOCK
	:: token.to != NONE -> settle(j, token)
#else
	:: token.to != NONE && OURS(j, token) -> settle(j, token)
#endif
	:: else /* fenced */
	fi;
	clear_item(token)
}

/* ------------------------------------------------------------- the worker */

inline clear_hold(mine)
{
	mine.phase = 0; mine.id = 0; mine.claim_no = 0; mine.step = 0; mine.final = 0;
	mine.to = NONE
}

/* job_decide(). An older claim of the same job is forgotten. */
inline take(w, j, mine)
{
	mine.id = job[j].id;
	mine.claim_no = job[j].claim_no;
	mine.step = job[j].step;
	mine.final = (job[j].attempt >= TRIES);
	mine.phase = READY;
	if
	:: job[j].cancel -> mine.to = CANCELLED
	:: !job[j].cancel && (job[j].crashes >= POISON ||
	    job[j].attempt > TRIES) -> mine.to = DEAD
	:: else ->
		mine.phase = CLAIMED;
		mine.to = NONE;
		assert((worker[w].hold[j].seen & EARLIER(mine.step)) ==
		    EARLIER(mine.step))
	fi
}

inline outcome(mine)
{
	mine.phase = READY;
	if
	:: mine.claim_no == 0 -> mine.to = DONE /* whatever it is */
	:: mine.claim_no != 0 && mine.step + 1 < STEPS -> mine.to = NEXT
	:: mine.claim_no != 0 && mine.step + 1 == STEPS -> mine.to = DONE
	:: !mine.final && mine.claim_no != 0 -> mine.to = RETRY
	:: mine.claim_no != 0 -> mine.to = DEAD
	fi
}

inline put_item(w, j)
{
	if
	:: worker[w].hold[j].phase == READY ->
		worker[w].batch.item[j].to = worker[w].hold[j].to;
		worker[w].batch.item[j].id = worker[w].hold[j].id;
		worker[w].batch.item[j].claim_no = worker[w].hold[j].claim_no;
		worker[w].batch.item[j].step = worker[w].hold[j].step;
		worker[w].hold[j].phase = TOLD
	:: else
	fi
}

inline told(w, j)
{
	if
	:: worker[w].hold[j].phase == TOLD -> clear_hold(worker[w].hold[j])
	:: else
	fi
}

inline tell_again(w, j)
{
	if
	:: worker[w].hold[j].phase == TOLD -> worker[w].hold[j].phase = READY
	:: else
	fi
}

inline forget(w, j)
{
	clear_hold(worker[w].hold[j]);
	worker[w].hold[j].claiming = 0;
	worker[w].hold[j].seen = 0
}

inline move_item(w, j)
{
	worker[w].late.item[j].to = worker[w].batch.item[j].to;
	worker[w].late.item[j].id = worker[w].batch.item[j].id;
	worker[w].late.item[j].claim_no = worker[w].batch.item[j].claim_no;
	worker[w].late.item[j].step = worker[w].batch.item[j].step;
	clear_item(worker[w].batch.item[j])
}

inline drop_item(w, j)
{
	clear_item(worker[w].batch.item[j])
}

/* The batch under way gets lost, or the server has it still. */
inline lose_batch(w)
{
	if
	:: worker[w].batch.state == SENT && worker[w].late.state == 0 ->
		EACH_JOB(move_item, w);
		worker[w].late.state = SENT
	:: true -> EACH_JOB(drop_item, w)
	fi;
	worker[w].batch.state = 0
}

/* One job in one worker, its asking connection: claims, calls, renewals. */
proctype Course(byte w; byte j)
{
end:	do
	/* queue:claim-look */
	:: atomic { !worker[w].hold[j].claiming && job[j].live && job[j].due &&
	    worker[w].hold[j].phase != CLAIMED ->
		worker[w].hold[j].claiming = 1;
		worker[w].hold[j].seen = job[j].outputs;
		SORT }
	/* queue:claim-lock */
	:: atomic { worker[w].hold[j].claiming ->
		if
#ifdef BREAK_LEASE
		:: job[j].live ->
#else
		:: job[j].live && job[j].due ->
#endif
			claim_row(w, j);
			if
			:: take(w, j, worker[w].hold[j])
			:: doubts < DOUBTS -> doubts++
			fi
		:: else /* somebody was quicker */
		fi;
		worker[w].hold[j].claiming = 0;
		worker[w].hold[j].seen = 0;
		SORT }
	/* queue:call */
	:: atomic { worker[w].hold[j].phase == CLAIMED ->
		call_vendor(j, worker[w].hold[j].step);
		outcome(worker[w].hold[j]);
		SORT }
	/* queue:release */
	:: atomic { worker[w].hold[j].phase == CLAIMED &&
	    releases < RELEASES ->
		releases++;
		worker[w].hold[j].phase = READY;
		worker[w].hold[j].to = RELEASE;
		SORT }
	/* queue:renew-send */
	:: atomic { worker[w].hold[j].phase > 0 &&
	    worker[w].hold[j].phase != TOLD && !worker[w].renewal[j].sent &&
	    renewals < RENEWALS ->
#ifndef BREAK_ENDLESS
		renewals++;
#endif
		worker[w].renewal[j].sent = 1;
		worker[w].renewal[j].id = worker[w].hold[j].id;
		worker[w].renewal[j].claim_no = worker[w].hold[j].claim_no;
		SORT }
	/* queue:renew */
	:: atomic { worker[w].renewal[j].sent ->
		if
		:: RENEWS(j, worker[w].renewal[j]) ->
			assert(worker[w].renewal[j].claim_no > job[j].settled);
			job[j].due = 0;
			job[j].held = 1
		:: else
		fi;
		worker[w].renewal[j].sent = 0;
		worker[w].renewal[j].id = 0;
		worker[w].renewal[j].claim_no = 0;
		SORT }
	od
}

/* Whether no living worker knows of the claim. */
#define HAS(w, j) (worker[w].hold[j].phase != 0 && \
	worker[w].hold[j].id == job[j].id && \
	worker[w].hold[j].claim_no == job[j].claim_no)
#if WORKERS == 2
#define NOBODY_HAS(j) (!HAS(0, j) && !HAS(1, j))
#elif WORKERS == 3
#define NOBODY_HAS(j) (!HAS(0, j) && !HAS(1, j) && !HAS(2, j))
#else
#define NOBODY_HAS(j) (!HAS(0, j) && !HAS(1, j) && !HAS(2, j) && \
	!HAS(3, j) && !HAS(4, j))
#endif

inline check_item(j, token)
{
	if
	:: token.to != NONE && !OURS(j, token) -> clear_item(token)
	:: else
	fi
}

/* The rest of a worker: its telling connection, and its death. */
proctype Flush(byte w)
{
#if JOBS > 1
#define ANY_READY (worker[w].hold[0].phase == READY || \
	worker[w].hold[1].phase == READY)
#else
#define ANY_READY (worker[w].hold[0].phase == READY)
#endif
end:	do
	/* queue:tell */
	:: atomic { worker[w].batch.state == 0 && ANY_READY ->
		EACH_JOB(put_item, w);
		worker[w].batch.state = SENT;
		SORT }
	/* queue:finish */
#ifdef BREAK_LOCK
	:: atomic { worker[w].batch.state == SENT ->
		EACH_ITEM(check_item, worker[w].batch);
		worker[w].batch.state = CHECKED;
		SORT }
	:: atomic { worker[w].batch.state == CHECKED ->
#else
	:: atomic { worker[w].batch.state == SENT ->
#endif
		EACH_ITEM(finish_item, worker[w].batch);
		worker[w].batch.state = ANSWERED;
		SORT }
	/* queue:finish-late */
	:: atomic { worker[w].late.state == SENT ->
		EACH_ITEM(finish_item, worker[w].late);
		worker[w].late.state = 0;
		SORT }
	/* queue:answer */
	:: atomic { worker[w].batch.state == ANSWERED ->
		EACH_JOB(told, w);
		worker[w].batch.state = 0;
		SORT }
	/* queue:doubt */
	:: atomic { worker[w].batch.state != 0 && doubts < DOUBTS ->
		doubts++;
		lose_batch(w);
		EACH_JOB(tell_again, w);
		SORT }
	/* queue:crash */
	:: atomic { crashes < CRASHES && (worker[w].batch.state != 0 ||
	    worker[w].hold[0].phase != 0 || worker[w].hold[0].claiming
#if JOBS > 1
	    || worker[w].hold[1].phase != 0 || worker[w].hold[1].claiming
#endif
	    ) ->
		crashes++;
		lose_batch(w);
		EACH_JOB(forget, w);
		SORT }
	od
}

/* The clock and the operator. */
proctype Row(byte j)
{
	byte w;

end:	do
	/* queue:wait-over */
	:: atomic { job[j].live && !job[j].due && !job[j].held ->
		job[j].due = 1;
		SORT }
	/* queue:lease-over */
	:: atomic { job[j].live && !job[j].due && job[j].held &&
	    (expiries < EXPIRIES || NOBODY_HAS(j)) ->
		if
		:: NOBODY_HAS(j)
		:: else -> expiries++
		fi;
		excuse(j);
		job[j].due = 1;
		SORT }
	/* queue:cancel */
	:: atomic { job[j].live && cancels < CANCELS ->
		cancels++;
#ifdef BREAK_CANCEL
		if
		:: false
#else
		if
		:: job[j].held && !job[j].due -> job[j].cancel = 1
#endif
		:: else -> /* "cancelled": then nobody is at it */
			w = 0;
			do
			:: w < WORKERS ->
				assert(worker[w].hold[j].phase == 0 ||
				    worker[w].hold[j].claim_no !=
				    job[j].claim_no || !job[j].held ||
				    job[j].due);
				w++
			:: else -> break
			od;
			w = 0;
			end_job(j, CANCELLED)
		fi;
		SORT }
	/* queue:replay */
	:: atomic { !job[j].live && job[j].end[0] == DEAD &&
#ifndef BREAK_REPLAY
	    !job[j].replayed &&
#endif
	    replays < REPLAYS ->
		replays++;
		assert(job[j].end[1] == NONE);
		job[j].replayed = 1;
		job[j].live = 1; job[j].id = 1; job[j].due = 1;
		/* it begins at the step that died */
		do
		:: job[j].step + 1 < STEPS &&
		    (job[j].outputs & (1 << job[j].step)) -> job[j].step++
		:: else -> break
		od;
		excuse(j);
		SORT }
	od
}

init {
	byte i, k;

	atomic {
		do
		:: i < JOBS ->
			job[i].live = 1; job[i].due = 1; excuse(i);
			run Row(i);
			k = 0;
			do
			:: k < WORKERS -> run Course(k, i); k++
			:: else -> break
			od;
			i++
		:: else -> break
		od;
		k = 0;
		do
		:: k < WORKERS -> run Flush(k); k++
		:: else -> break
		od;
		i = 0; k = 0
	}
	/* Nothing can happen any more: what has become of the jobs? */
	atomic { timeout ->
		do
		:: i < JOBS ->
			assert(!job[i].live && job[i].end[0] != NONE);
			assert(!job[i].replayed || (job[i].end[1] != NONE &&
			    job[i].supersedes));
			i++
		:: else -> break
		od }
}

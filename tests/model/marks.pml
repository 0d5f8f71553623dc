/*
 * What a low-water mark may hide, and for how long: worker/lanes.c against
 * claim(). One worker with its mark for one (lane, site) pair; others who
 * put jobs into the pair, late to commit; a rival whose claim locks a row
 * and is rolled back; leases that run out; a database clock that steps.
 * A tick is the pause between two claims of the worker.
 *
 * Times are ages: how many ticks ago, plus ZERO, so that the future has a
 * place, too. An age above MAX is MAX.
 */
#ifndef JOBS
#define JOBS 2
#endif
#ifndef QUOTA
#define QUOTA 2
#endif
#ifndef CLOCK_STEPS
#define CLOCK_STEPS 1
#endif

#define SLACK 2	/* LANES_SLACK_US */
#define SWEEP 4	/* LANES_SWEEP_MS */
#define LEASE 2
#define STEP 3	/* of the clock */
#define ZERO 5
#define MAX 14

#define NONE 0
#define HIDDEN 1  /* written, not committed */
#define WAITING 2 /* in the table, whether due or not */
#define LOCKED 3  /* by the rival */

typedef Job {
	unsigned state : 2;
	unsigned age : 4;  /* of due_at */
	unsigned late : 3; /* ticks from due_at to its commit */
	unsigned wait : 4; /* ticks for which it could be claimed */
	bit fair;	   /* the mark has no excuse to hide it */
}

Job job[JOBS];
unsigned mark : 4;  /* age of the mark; MAX: there is none */
unsigned swept : 3; /* ticks since the last claim without a mark */
bit polled;	    /* the worker has claimed in this tick */
byte clock_steps;
bit stepped;	    /* back, and the mark is of the time before */

#define CLAIMABLE(j) (job[j].state == WAITING && job[j].age >= ZERO)

/* Jobs are alike: each step leaves them sorted (queue.pml says more). */
c_code {
	static void
	sort_jobs(void)
	{
		struct Job *list = now.job, swap;
		int i, k;

		for (i = 1; i < JOBS; i++)
			for (k = i; k > 0 && memcmp(&list[k - 1], &list[k],
			    sizeof(swap)) > 0; k--) {
				memcpy(&swap, &list[k], sizeof(swap));
				memcpy(&list[k], &list[k - 1], sizeof(swap));
				memcpy(&list[k - 1], &swap, sizeof(swap));
			}
	}
}
#define SORT c_code { sort_jobs(); }

inline reset(j)
{
	job[j].state = NONE; job[j].age = 0; job[j].late = 0;
	job[j].wait = 0; job[j].fair = 0
}

/* Anything that makes a row due takes the clock when it writes. */
proctype Put(byte j)
{
end:	do
	/* marks:write */
	:: atomic { job[j].state == NONE ->
		job[j].state = HIDDEN; job[j].age = ZERO; job[j].late = 0;
		SORT }
	/* marks:commit */
	:: atomic { job[j].state == HIDDEN ->
		job[j].state = WAITING;
		job[j].wait = 0;
		job[j].fair = (job[j].late <= SLACK && !stepped);
		job[j].late = 0;
		SORT }
	/* marks:rival */
	:: atomic { CLAIMABLE(j) -> job[j].state = LOCKED;
		SORT }
	/* marks:rollback */
	:: atomic { job[j].state == LOCKED ->
		job[j].state = WAITING; job[j].wait = 0; job[j].fair = 0;
		SORT }
	/* marks:rival-ends */
	:: atomic { job[j].state == LOCKED ->
		reset(j);
		SORT }
	od
}

inline older(j)
{
	if
	:: CLAIMABLE(j) && got < QUOTA &&
	    (from == MAX || job[j].age <= from) &&
	    (best == JOBS || job[j].age > job[best].age) -> best = j
	:: else
	fi
}

/* One claim: the oldest first, up to the quota. */
active proctype Worker()
{
	byte from, got, first, best;
	bit told;

end:	do
	/* marks:claim */
	:: atomic { !polled ->
#ifndef BREAK_SWEEP
		if
		:: swept >= SWEEP -> from = MAX
		:: else -> from = mark
		fi;
#else
		from = mark;
#endif
		do
		:: best = JOBS;
			older(0);
#if JOBS > 1
			older(1);
#endif
#if JOBS > 2
			older(2);
#endif
			if
			:: best == JOBS -> break
			:: else ->
				got++;
				if
				:: job[best].age > first ->
					first = job[best].age
				:: else
				fi;
				if /* it ends, or its lease will run out */
				:: reset(best)
				:: job[best].age = ZERO - LEASE;
					job[best].wait = 0;
					job[best].fair = 1
				fi
			fi
		od;
		best = 0;
		if
		:: got == 0 -> /* another pair may tell the time, or none */
			if
			:: told = 1
			:: told = 0
			fi
		:: else -> told = 1
		fi;
		if
		:: from == MAX -> swept = 0
		:: else
		fi;
		if
		:: told ->
			stepped = 0;
			if
			:: first < ZERO -> first = ZERO
			:: else
			fi;
#ifdef BREAK_FIRST
			first = ZERO;
#endif
#ifdef BREAK_SLACK
			mark = first
#else
			mark = (first + SLACK > MAX -> MAX : first + SLACK)
#endif
		:: else
		fi;
		polled = 1; got = 0; first = 0; from = 0; told = 0;
		SORT }
	od
}

inline tick_job(j)
{
	if
	:: job[j].state != NONE && job[j].age < MAX -> job[j].age++
	:: else
	fi;
	if
	:: job[j].state == HIDDEN && job[j].late < 7 -> job[j].late++
	:: else
	fi;
	if
	:: CLAIMABLE(j) && job[j].wait < 15 -> job[j].wait++
	:: else
	fi;
	assert(job[j].wait <= SWEEP + JOBS + 1);
	assert(!job[j].fair || job[j].wait <= JOBS + 1)
}

inline step_job(j, by)
{
	if
	:: job[j].state == HIDDEN -> job[j].late = 7
	:: else
	fi;
	if
	:: job[j].state == NONE || job[j].age == MAX
	:: job[j].state != NONE && job[j].age < MAX &&
	    job[j].age + by <= MAX ->
		job[j].age = job[j].age + by
	:: else -> job[j].age = MAX
	fi;
	job[j].fair = 0
}

/* No age is below ZERO - LEASE, which is STEP. */
inline step_back(j)
{
	if
	:: job[j].state != NONE -> job[j].age = job[j].age - STEP
	:: else
	fi;
	job[j].wait = 0;
	job[j].fair = 0
}

active proctype Time()
{
end:	do
	/* marks:tick */
	:: atomic { polled ->
		tick_job(0);
#if JOBS > 1
		tick_job(1);
#endif
#if JOBS > 2
		tick_job(2);
#endif
		if
		:: mark < MAX -> mark++
		:: else
		fi;
		if
		:: swept < SWEEP -> swept++
		:: else
		fi;
		polled = 0;
		SORT }
	/* marks:clock-step */
	:: atomic { clock_steps < CLOCK_STEPS -> clock_steps++;
		if
		:: true ->
			stepped = 1;
			step_back(0);
#if JOBS > 1
			step_back(1);
#endif
#if JOBS > 2
			step_back(2);
#endif
			if
			:: mark < MAX && mark >= STEP -> mark = mark - STEP
			:: mark < STEP -> mark = 0
			:: mark == MAX
			fi
		:: true -> step_job(0, STEP);
#if JOBS > 1
			step_job(1, STEP);
#endif
#if JOBS > 2
			step_job(2, STEP);
#endif
			if
			:: mark + STEP < MAX -> mark = mark + STEP
			:: else -> mark = MAX
			fi
		fi;
		SORT }
	od
}

init {
	mark = MAX;
	swept = SWEEP;
	run Put(0);
#if JOBS > 1
	run Put(1);
#endif
#if JOBS > 2
	run Put(2)
#endif
}

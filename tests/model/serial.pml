/*
 * One serial order: ingest_serial(), serial_next() and what finish(),
 * cancel_job(), replay() and purge_dead() do to it. Each of them locks the
 * order's row in serial first and looks at job in a later statement, so it
 * is one step. In the last state nobody waits for nothing.
 */
#ifndef JOBS
#define JOBS 3
#endif
#ifndef DEATHS
#define DEATHS 2
#endif
#ifndef CANCELS
#define CANCELS 1
#endif

#define NONE 0
#define WAITING 1 /* due_at = infinity */
#define DUE 2     /* due, running, or waiting for its next try */
#define RUNNING 3
#define ENDED 4
#define DEAD 5	  /* a dead letter that is neither replayed nor purged */

byte state[JOBS]; /* by serial_no */
byte held_by;	  /* 1 + serial_no of a dead letter */
byte deaths, cancels;

#define IS(j, s) (state[j] == s)
#if JOBS == 3
#define ANY(s) (IS(0, s) || IS(1, s) || IS(2, s))
#else
#define ANY(s) (IS(0, s) || IS(1, s) || IS(2, s) || IS(3, s))
#endif
#define ACTIVE (ANY(DUE) || ANY(RUNNING))

/* serial_next() */
inline next_one()
{
	k = 0;
	do
	:: k < JOBS && state[k] != WAITING && state[k] != DUE &&
	    state[k] != RUNNING -> k++
	:: else -> break
	od;
	if
#ifdef BREAK_NEXT
	:: k < JOBS && state[k] == WAITING && held_by == 0 ->
#else
	:: k < JOBS && state[k] == WAITING && held_by == 0 && !ACTIVE ->
#endif
		state[k] = DUE
	:: else
	fi;
	k = 0
}

inline let_go(j)
{
#ifndef BREAK_HELD
	if
	:: held_by == j + 1 -> held_by = 0
	:: else
	fi
#else
	skip
#endif
}

proctype Order(byte j)
{
	byte k;
	bit behind;

	/* serial:ingest */
	atomic { (j == 0 || state[j - 1] != NONE) ->
#ifdef BREAK_LOCK
		behind = (held_by != 0 || ACTIVE || ANY(WAITING)) };
	atomic { true ->
#else
		behind = (held_by != 0 || ACTIVE || ANY(WAITING));
#endif
		state[j] = (behind -> WAITING : DUE); behind = 0 };
end:	do
	/* serial:claim */
	:: atomic { state[j] == DUE ->
		assert(!ANY(RUNNING));
		state[j] = RUNNING }
	/* serial:retry */
	:: atomic { state[j] == RUNNING -> state[j] = DUE }
	/* serial:end */
	:: atomic { state[j] == RUNNING ->
		state[j] = ENDED;
#ifndef BREAK_FINISH
		next_one()
#endif
		}
	/* serial:bury */
	:: atomic { state[j] == RUNNING && deaths < DEATHS ->
		deaths++;
		state[j] = DEAD;
		if
		:: true -> held_by = j + 1 /* on_dead = "hold" */
		:: true
		fi;
		next_one() }
	/* serial:cancel */
	:: atomic { (state[j] == WAITING || state[j] == DUE) &&
	    cancels < CANCELS ->
		cancels++;
		state[j] = ENDED;
		next_one() }
	/* serial:replay */
	:: atomic { state[j] == DEAD ->
		let_go(j);
#ifdef BREAK_REPLAY
		state[j] = DUE
#else
		state[j] = WAITING;
		next_one()
#endif
		}
	/* serial:purge */
	:: atomic { state[j] == DEAD ->
		let_go(j);
		state[j] = ENDED;
		next_one() }
	od
}

init {
	byte i;

	atomic {
		do
		:: i < JOBS -> run Order(i); i++
		:: else -> break
		od;
		i = 0
	}
	atomic { timeout ->
		do
		:: i < JOBS -> assert(state[i] == ENDED); i++
		:: else -> break
		od }
}

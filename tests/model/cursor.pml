/*
 * Numbers of results: finish() and cancel_job() lock the site's row in
 * stream and read max(seq) in a later statement; results_since() reads with
 * one snapshot. Writers that overlap, some of which roll back, and a reader
 * that follows them.
 */
#ifndef WRITERS
#define WRITERS 3
#endif
#ifndef ROUNDS /* results that each of them writes */
#define ROUNDS 2
#endif
#define MAX 12

byte locked;	    /* 1 + who holds the stream row */
bit committed[MAX]; /* seq - 1 */
byte high;	    /* greatest(floor_seq, max(seq)) of what is committed */
byte cursor;	    /* the reader's */

proctype Writer(byte w)
{
	byte seen, seq, rounds;

	do
	/* cursor:lock */
	:: rounds < ROUNDS ->
		rounds++;
#ifdef BREAK_SNAPSHOT
		seen = high; /* one statement: it saw before it waited */
#endif
#ifndef BREAK_LOCK
		atomic { locked == 0 -> locked = w + 1 };
#endif
#ifndef BREAK_SNAPSHOT
		/* cursor:number */
		seen = high;
#endif
		seq = seen + 1;
		if
		/* cursor:rollback */
		:: true ->
#ifndef BREAK_LOCK
			locked = 0
#else
			skip
#endif
		/* cursor:commit */
		:: atomic { true ->
			assert(!committed[seq - 1]);
			assert(seq == 1 || committed[seq - 2]);
			committed[seq - 1] = 1;
			high = (seq > high -> seq : high);
#ifndef BREAK_LOCK
			locked = 0
#else
			skip
#endif
			}
		fi;
		seq = 0; seen = 0
	:: else -> break
	od
}

active proctype Reader()
{
end:	do
	/* cursor:read */
	:: atomic { cursor < high ->
		assert(committed[cursor]);
#ifdef BREAK_READER
		cursor = high + 1
#else
		cursor++
#endif
		assert(cursor <= high) }
	od
}

init {
	byte i;

	atomic {
		do
		:: i < WRITERS -> run Writer(i); i++
		:: else -> break
		od;
		i = 0
	}
	atomic { timeout -> assert(cursor == high) }
}

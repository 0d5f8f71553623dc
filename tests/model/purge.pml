/*
 * replay() against purge_dead() and partitions_drop(): who may delete the
 * payload that a replayed job reads? Here statements matter: what one of
 * them sees is older than the row that it waits for and locks.
 */
#define NONE 0
#define OPEN 1 /* written, not committed */
#define LIVE 2

bit dead = 1;	   /* the dead letter is there */
bit replayed;	   /* dead.replayed_as, as committed */
byte job;	   /* the replay */
byte claimed;	   /* somebody reads its payload */
bit partition = 1; /* the event is there */
byte lock;	   /* of the row in dead */
byte died;

#define HAS_PAYLOAD (dead || partition)

proctype Replay()
{
end:	do
	/* purge:replay-lock */
	:: atomic { dead && lock == 0 -> lock = 1;
		if
		:: replayed -> lock = 0; break	/* it raises */
		:: else
		fi };
		job = OPEN;
		if
		/* purge:replay-commit */
		:: atomic { true -> job = LIVE; replayed = 1; lock = 0 }
		/* purge:replay-rollback */
		:: atomic { true -> job = NONE; lock = 0 }
		fi
	od
}

proctype Purge()
{
	bit seen;

#ifdef BREAK_PURGE
	/* delete from dead where not exists (select from job ...) */
	seen = (job == LIVE);
	atomic { lock == 0 -> /* it waits, and looks at the new row again, */
		if
		:: dead && !seen -> dead = 0 /* not at job */
		:: else
		fi }
#else
	/* purge:purge-lock */
	atomic { lock == 0 && dead -> lock = 2 };
	/* purge:purge-look */
	seen = (job == LIVE);
	/* purge:purge-delete */
	atomic {
		if
		:: !seen -> dead = 0
		:: else
		fi;
		lock = 0 }
#endif
}

proctype Drop()
{
	/* purge:drop */
	atomic { job != LIVE -> partition = 0 }
}

/* claim() of the replay, and its end: dead again or not. */
proctype Worker()
{
end:	do
	/* purge:claim */
	:: atomic { job == LIVE ->
		assert(HAS_PAYLOAD);
		if
		:: job = NONE
		:: skip /* a retry */
		fi }
	od
}

init {
	atomic { run Replay(); run Purge(); run Drop(); run Worker() }
}

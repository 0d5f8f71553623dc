/*
 * Who is dead? beat() and takeover() of sql/, worker/beats.c and
 * worker/peers.c, and the crashes that claim() counts. Time passes in ticks
 * of 5 s, one beat; what happens within a tick happens in any order. Workers
 * sleep (SIGSTOP, a suspended machine) and die; the database goes away and
 * comes back.
 */
#ifndef WORKERS
#define WORKERS 3
#endif
#ifndef SLEEPS
#define SLEEPS 2
#endif
#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef OUTAGES
#define OUTAGES 1
#endif
#ifndef LEASE /* ticks */
#define LEASE 2
#endif

#define SILENT 3 /* beat(): 15 s */
#define APART 3	 /* PEERS_APART_MS: 15 s */
#define BACK 9	 /* 45 s: by then a dead worker's jobs are due again */
#ifdef RECOVERY
#define LONG 11
#else
#define LONG 8	 /* ticks; ages stop there */
#endif

#define AWAKE 0
#define ASLEEP 1
#define GONE 2

typedef Worker {
	unsigned state : 2;
	unsigned beat : 4;   /* age of worker.beat_at, in ticks */
	unsigned before : 4; /* of the beat before: worker.beat_before */
	bit left;	     /* worker.left_at is not null */
	unsigned own : 2;    /* since it last began a beat, by its own clock */
	unsigned suspect : 3; /* 1 + whom takeover() is to be called for */
	bit stale;	      /* who has beaten since */
	unsigned awake : 2;  /* ticks that it could have beaten; 2: or more */
	bit fell;	     /* it was not awake at some time of its lease */
}

/* Looks: 0 none, else 1 + ticks since the first one with this beat. */
typedef Looks { byte at[WORKERS] }

Worker worker[WORKERS];
Looks looks[WORKERS];
bit away;
bit back;	/* for a tick at least: else it is the same outage */
byte holder;	/* 1 + who has the job's lease; 0: nobody */
byte lease;	/* ticks left; 0: due */
byte sleeps, deaths, outages;

inline forget(i)
{
	k = 0;
	do
	:: k < WORKERS -> looks[i].at[k] = 0; k++
	:: else -> break
	od;
	k = 0
}

/* Others notice that this one's beat_us is another. */
inline new_beat(i)
{
	k = 0;
	do
	:: k < WORKERS ->
		looks[k].at[i] = 0;
		if
		:: worker[k].suspect == i + 1 -> worker[k].stale = 1
		:: else
		fi;
		k++
	:: else -> break
	od;
	k = 0
}

/* beat() and beats_beat_done() */
inline sql_beat(i)
{
#ifndef BREAK_JUDGE
	if
	:: worker[i].own >= APART -> forget(i)
	:: else
	fi;
#endif
	worker[i].before = worker[i].beat;
	worker[i].beat = 0;
	worker[i].left = 0;
	new_beat(i);
	k = 0;
	do
	:: k < WORKERS ->
		if
		:: k != i && !worker[k].left && worker[k].beat > SILENT ->
			if
			:: looks[i].at[k] == 0 -> looks[i].at[k] = 1
			:: else
			fi;
#ifdef BREAK_LOOKS
			if
			:: worker[i].suspect == 0 ->
#else
			if
			:: worker[i].suspect == 0 && looks[i].at[k] > APART ->
#endif
#ifndef BREAK_LOOKS
				/* Who slept himself has not watched. */
				assert(worker[i].own < APART);
#endif
				worker[i].suspect = k + 1;
				worker[i].stale = 0;
				looks[i].at[k] = 0
			:: else
			fi
		:: else -> looks[i].at[k] = 0
		fi;
		k++
	:: else -> break
	od;
	k = 0;
	worker[i].own = 0
}

inline sql_takeover(i)
{
	k = worker[i].suspect - 1;
#ifdef BREAK_BEAT_US
	if
	:: !worker[k].left ->
#else
	if
	:: !worker[k].left && !worker[i].stale ->
#endif
		/* Who is up and could beat for a while is not taken for dead. */
		assert(worker[k].awake < 2);
		worker[k].left = 1;
		if
		:: holder == k + 1 -> lease = 0
		:: else
		fi
	:: else
	fi;
	worker[i].suspect = 0;
	worker[i].stale = 0;
	k = 0
}

/* claim()'s judgement of the worker whose lease ran out */
#ifdef BREAK_AWAY
#define LOOKS_ALIVE(v, i) (!worker[v].left && worker[v].beat <= SILENT)
#else
#define LOOKS_ALIVE(v, i) (!worker[v].left && (worker[v].beat <= SILENT || \
	worker[v].beat <= worker[i].before + 2))
#endif

inline sql_claim(i)
{
	if
	:: holder != 0 ->
		if
		:: !LOOKS_ALIVE(holder - 1, i) -> /* a crash is counted */
			assert(worker[holder - 1].fell)
		:: else
		fi
	:: else
	fi;
	if
	:: holder != 0 -> worker[holder - 1].fell = 0
	:: else
	fi;
	holder = i + 1;
	lease = LEASE;
	worker[i].fell = 0
}

c_code {
	/* Workers are alike: their order says nothing. */
	static void
	swap_workers(int a, int b)
	{
		struct Worker w = now.worker[a];
		struct Looks l = now.looks[a];
		unsigned char c;
		int i;

		memcpy(&now.worker[a], &now.worker[b], sizeof(w));
		memcpy(&now.worker[b], &w, sizeof(w));
		memcpy(&now.looks[a], &now.looks[b], sizeof(l));
		memcpy(&now.looks[b], &l, sizeof(l));
		for (i = 0; i < WORKERS; i++) {
			c = now.looks[i].at[a];
			now.looks[i].at[a] = now.looks[i].at[b];
			now.looks[i].at[b] = c;
			if (now.worker[i].suspect == a + 1)
				now.worker[i].suspect = b + 1;
			else if (now.worker[i].suspect == b + 1)
				now.worker[i].suspect = a + 1;
		}
		if (now.holder == a + 1)
			now.holder = b + 1;
		else if (now.holder == b + 1)
			now.holder = a + 1;
	}

	static int
	order(int a, int b)
	{
		struct Worker x = now.worker[a], y = now.worker[b];
		int rank_x, rank_y, c;

		rank_x = now.holder == a + 1;
		rank_y = now.holder == b + 1;
		if (rank_x != rank_y)
			return rank_x - rank_y;
		x.suspect = x.suspect != 0;
		y.suspect = y.suspect != 0;
		c = memcmp(&x, &y, sizeof(x));
		return c;
	}

	static void
	sort_workers(void)
	{
#ifndef UNSORTED
		int i, k;

		for (i = 1; i < WORKERS; i++)
			for (k = i; k > 0 && order(k - 1, k) > 0; k--)
				swap_workers(k - 1, k);
#endif
	}
}
#define SORT c_code { sort_workers(); }

proctype Program(byte i)
{
	byte k;

end:	do
	/* takeover:beat */
	:: atomic { worker[i].state == AWAKE && !away && worker[i].own > 0 ->
		sql_beat(i);
		SORT }
	/* takeover:takeover */
#ifdef BREAK_TAKEOVER
	:: atomic { worker[i].suspect != 0 ->
		worker[i].suspect = 0; worker[i].stale = 0
#else
	:: atomic { worker[i].state == AWAKE && !away &&
	    worker[i].suspect != 0 -> sql_takeover(i)
#endif
		;
		SORT }
	/* takeover:claim */
	:: atomic { worker[i].state == AWAKE && !away && lease == 0 &&
	    worker[i].own == 0 -> sql_claim(i);
		SORT }
	/* takeover:sleep */
	:: atomic { worker[i].state == AWAKE && sleeps < SLEEPS ->
		sleeps++;
		worker[i].state = ASLEEP;
		worker[i].fell = (holder == i + 1);
		worker[i].awake = 0;
		SORT }
	/* takeover:wake */
	:: atomic { worker[i].state == ASLEEP -> worker[i].state = AWAKE;
		SORT }
	/* takeover:die */
	:: atomic { worker[i].state == AWAKE && deaths < DEATHS ->
		deaths++;
		worker[i].state = GONE;
		worker[i].fell = (holder == i + 1);
		worker[i].awake = 0;
		worker[i].suspect = 0;
		worker[i].stale = 0;
		forget(i);
		SORT }
	od
}

inline age(what)
{
	if
	:: what < LONG -> what++
	:: else
	fi
}

#define MUST_ACT(i) (worker[i].state == AWAKE && !away && \
	(worker[i].own > 0 || worker[i].suspect != 0))

#if WORKERS == 2
#define ANY_MUST_ACT (MUST_ACT(0) || MUST_ACT(1))
#elif WORKERS == 3
#define ANY_MUST_ACT (MUST_ACT(0) || MUST_ACT(1) || MUST_ACT(2))
#else
#define ANY_MUST_ACT (MUST_ACT(0) || MUST_ACT(1) || MUST_ACT(2) || \
	MUST_ACT(3) || MUST_ACT(4))
#endif

inline tick_worker(i)
{
	age(worker[i].beat);
	worker[i].before = 0; /* read in the tick of the beat only */
	if
	:: worker[i].own < APART -> worker[i].own++
	:: else
	fi;
	if
	:: worker[i].state == AWAKE && !away && worker[i].awake < 2 ->
		worker[i].awake++
	:: worker[i].state == AWAKE && away -> /* its beat fails */
		forget(i);
		worker[i].awake = 0
	:: else
	fi;
	m = 0;
	do
	:: m < WORKERS ->
		if
		:: looks[i].at[m] > 0 && looks[i].at[m] <= APART ->
			looks[i].at[m]++
		:: else
		fi;
		m++
	:: else -> break
	od;
	m = 0
}

active proctype Time()
{
	byte i, k, m;

end:	do
	/* takeover:tick */
	:: atomic { !ANY_MUST_ACT ->
		i = 0;
		do
		:: i < WORKERS -> tick_worker(i); i++
		:: else -> break
		od;
		i = 0;
		back = !away;
		if
		:: lease > 0 -> lease--
		:: else
		fi;
#ifdef RECOVERY
		/* Nobody sleeps and the database is there. */
		assert(lease == 0 || holder == 0 ||
		    worker[holder - 1].state == AWAKE ||
		    worker[holder - 1].beat < BACK);
#endif
		SORT }
	/* takeover:away */
	:: atomic { back && outages < OUTAGES ->
		outages++;
		away = 1;
		back = 0;
		SORT }
	/* takeover:back */
	:: atomic { away -> away = 0;
		SORT }
	od
}

init {
	byte i;
	atomic {
		do
		:: i < WORKERS -> run Program(i); i++
		:: else -> break
		od;
		i = 0
	}
}

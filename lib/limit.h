/*
 * What a limit is, for those who configure it and those who keep to it.
 */
#ifndef GATE_LIMIT_H
#define GATE_LIMIT_H

#include <stdint.h>

#define GATE_LIMIT_RATE_MAX 1000000
#define GATE_LIMIT_BURST_MAX 10000

/* So many a minute, and so many at once after a pause. */
struct gate_limit {
	int64_t per_minute; /* 0: no limit */
	int64_t burst;      /* 1 to GATE_LIMIT_BURST_MAX */
};

/* What a sender is told while more jobs wait than the configuration wants. */
enum gate_busy {
	GATE_BUSY_REFUSE, /* to come back later */
	GATE_BUSY_ACCEPT  /* nothing: it would not come back */
};

/* The same while the database is away. */
enum gate_away {
	GATE_AWAY_REFUSE,
	GATE_AWAY_SPOOL /* kept on disk, stored when it is back */
};

#endif

/*
 * The table of counters; lib/metrics counts.
 */
#include "config.h"

#include "fcgi/counters.h"

const struct gate_metric counters_table[COUNTERS_COUNT] = {
#define ROW(symbol, name, status, text)                                        \
	[OUTCOME_##symbol] = {"pressgate_requests_total",                      \
	    "outcome=\"" name "\",status=\"" #status "\"", GATE_COUNTER,       \
	    "Requests answered, by outcome."},
    OUTCOME_LIST(ROW)
#undef ROW
	[COUNTERS_SECONDS] = {"pressgate_request_seconds", NULL, GATE_HISTOGRAM,
	    "Time from accept to answer."},
    [COUNTERS_STARTS] = {"pressgate_fcgi_starts_total", NULL, GATE_COUNTER,
	"Serving processes started."},
    [COUNTERS_BROKEN] = {"pressgate_fcgi_broken_total", NULL, GATE_COUNTER,
	"Connections closed because a web server broke FastCGI."},
    [COUNTERS_SPOOLED] = {"pressgate_spool_deliveries_total", "what=\"kept\"",
	GATE_COUNTER,
	"Deliveries kept on disk, stored later, or set aside as damaged."},
    [COUNTERS_DRAINED] = {"pressgate_spool_deliveries_total", "what=\"stored\"",
	GATE_COUNTER,
	"Deliveries kept on disk, stored later, or set aside as damaged."},
    [COUNTERS_SET_ASIDE] = {"pressgate_spool_deliveries_total",
	"what=\"set_aside\"", GATE_COUNTER,
	"Deliveries kept on disk, stored later, or set aside as damaged."},
};

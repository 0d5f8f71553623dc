/*
 * Whether a stored event is what its sender signed: judged from the row and
 * the configured keys alone. Pure; asks no database and no network.
 */
#ifndef CLI_EVIDENCE_H
#define CLI_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/dummy.h"
#include "lib/err.h"
#include "lib/site.h"
#include "lib/span.h"

enum evidence_verdict {
	EVIDENCE_AUTHENTIC,     /* all that was signed is as it was signed */
	EVIDENCE_ALTERED,       /* something in the row is not */
	EVIDENCE_KEY_GONE,      /* the key or the site is not configured */
	EVIDENCE_BODY_NOT_KEPT, /* nothing to hold the signature against */
	EVIDENCE_CANNOT_TELL,   /* of a kind that this program cannot prove */
	EVIDENCE_VERDICT_COUNT
};

/* Lower case with '_'; part of the interface. */
const char *evidence_verdict_name(enum evidence_verdict verdict);

/* A row of pressgate.event. Borrowed. */
struct evidence_event {
	struct gate_span site, source; /* names; source empty: an own door */
	struct gate_span scheme, key_id, created_by;
	struct gate_span type, key, object_ref;
	struct gate_span signed_headers, canonical; /* JSON */
	struct gate_span fingerprint;               /* bytes */
	int64_t fp_version;
	bool has_raw;
	struct gate_span raw;
	bool has_occurred;
	int64_t occurred_ms, received_ms;
};

#define EVIDENCE_WHY 160

struct evidence {
	enum evidence_verdict verdict;
	char why[EVIDENCE_WHY]; /* empty if authentic */
	/* Whether the idempotency key was signed, too; else it stands in the
	 * row as the gate wrote it, and nothing proves it. */
	bool key_is_signed;
};

/*
 * Judges.
 *
 * sites  loaded with their keys
 * e      trusted in nothing: whoever can write the database wrote it
 * The time is received_ms, give or take a minute for two machines' clocks.
 * A signature that does not hold under the very key that the row names is
 * ALTERED; so key ids are never given to another key.
 * Returns GATE_OK, GATE_E_NOMEM (*out is then of no use).
 */
enum gate_code evidence_judge(const struct gate_sites *sites,
    const struct gate_dummy *dummy, const struct evidence_event *e,
    struct evidence *out) GATE_MUSTCHECK;

/* ---- of the two that judge ------------------------------------------- */

/* What the signed bytes make of an event's columns. Borrowed. */
struct evidence_made {
	struct gate_span object_ref;
	bool has_occurred;
	int64_t occurred_ms;
	struct gate_span canonical;
};

/*
 * Holds the row against it.
 * *why  out: NULL, or what differs; static
 * GATE_OK, GATE_E_NOMEM.
 */
enum gate_code evidence_compare(const struct evidence_event *e,
    const struct evidence_made *made, const char **why) GATE_MUSTCHECK;

/* evidence_judge() for an own door's, and for a third party's. */
enum gate_code evidence_judge_own(const struct gate_sites *sites,
    const struct gate_dummy *dummy, const struct evidence_event *e,
    struct evidence *out) GATE_MUSTCHECK;
enum gate_code evidence_judge_source(const struct gate_sites *sites,
    const struct evidence_event *e, struct evidence *out) GATE_MUSTCHECK;

/* Ends a judgement: always false. */
bool evidence_ends(struct evidence *out, enum evidence_verdict verdict,
    const char *fmt, ...) GATE_PRINTF(3, 4);

/* The gate's clock and the database's, and a call that took its time. */
#define EVIDENCE_SLACK_S 60
/* The recipe of the fingerprint that this program knows. */
#define EVIDENCE_FP_VERSION 1

#endif

/*
 * The log: one line an event on stderr. JSON unless stderr is a terminal.
 * Values are escaped; secrets, payloads, signatures and query strings are
 * never passed here at all.
 *
 *	gate_log_start(&l, log, GATE_LOG_INFO, "ingest", "accepted");
 *	gate_log_str(&l, "site", name);
 *	gate_log_end(&l);
 *
 * One write(2) a line, at most GATE_LOG_LINE bytes: lines of several
 * processes do not mix. Values over 512 bytes are cut, fields that do not
 * fit are left out, and the line then ends with cut=true.
 */
#ifndef GATE_LOG_H
#define GATE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/span.h"

enum gate_log_level {
	GATE_LOG_ERROR,
	GATE_LOG_WARN,
	GATE_LOG_INFO,
	GATE_LOG_DEBUG
};

#define GATE_LOG_LINE 4096

struct gate_log {
	int fd;
	enum gate_log_level max; /* more detailed lines are dropped */
	bool json;
	bool journal;        /* "<6>" prefixes: stderr is systemd's journal */
	const char *program; /* literal */
};

struct gate_log_line {
	const struct gate_log *log; /* NULL: the line is dropped */
	struct gate_buf buf;
	bool full;
};

/* program is a literal. Looks at the fd (terminal) and JOURNAL_STREAM. */
void gate_log_init(
    struct gate_log *log, const char *program, int fd, enum gate_log_level max);
/* "error", "warn", "info", "debug". False, *out untouched, otherwise. */
bool gate_log_level_parse(
    struct gate_span in, enum gate_log_level *out) GATE_MUSTCHECK;

/* log may be NULL (nothing is written). mod and ev are literals. */
void gate_log_start(struct gate_log_line *l, const struct gate_log *log,
    enum gate_log_level level, const char *mod, const char *ev);
void gate_log_str(struct gate_log_line *l, const char *key, const char *v);
void gate_log_span(
    struct gate_log_line *l, const char *key, struct gate_span v);
void gate_log_i64(struct gate_log_line *l, const char *key, int64_t v);
void gate_log_end(struct gate_log_line *l);

/* start, "code" and "error" from err, end. */
void gate_log_err(const struct gate_log *log, enum gate_log_level level,
    const char *mod, const char *ev, const struct gate_err *err);

#endif

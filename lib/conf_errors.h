/*
 * All errors of one load. They are kept and reported at the end, sorted by
 * file and line, because libconfuse meets them in another order than a
 * person reads the file.
 */
#ifndef GATE_CONF_ERRORS_H
#define GATE_CONF_ERRORS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/conf.h"
#include "lib/err.h"

struct gate_conf_error;

struct gate_conf_errors {
	struct gate_conf_error *list;
	size_t count; /* grows with each error: a caller compares two looks */
	size_t room;
	bool nomem; /* an error, or a part of the result, was lost */
};

void gate_conf_errors_init(struct gate_conf_errors *e);
void gate_conf_errors_clear(struct gate_conf_errors *e);

/*
 * Adds "path:line: key: text". line 0: the whole file; key NULL: none.
 * The text says what is wrong and what was expected.
 */
void gate_conf_errors_put(struct gate_conf_errors *e, const char *path,
    int line, const char *key, const char *fmt, ...) GATE_PRINTF(5, 6);

/* Files in the order in which they first had an error, lines ascending. */
void gate_conf_errors_report(
    struct gate_conf_errors *e, gate_conf_report *report, void *ctx);

#endif

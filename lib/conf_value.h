/*
 * One value of the configuration: text into the member of a struct.
 */
#ifndef GATE_CONF_VALUE_H
#define GATE_CONF_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/conf_table.h"
#include "lib/err.h"
#include "lib/span.h"

/* [A-Za-z0-9._-]{1,64} and at least one of them a letter or digit. */
bool gate_conf_is_name(struct gate_span in);
/* [A-Za-z0-9._:/-]{1,100} */
bool gate_conf_is_event_type(struct gate_span in);

/* One value on its way: text in, member out, or why not. */
struct gate_conf_value {
	const struct gate_conf_key *key;
	const char *text;
	void *member;        /* of the key's type; zero */
	const char *dir;     /* what a file of text is relative to */
	struct gate_err why; /* text is "" where the expectation says it all */
};

/* False: v->why is set and the member untouched. */
bool gate_conf_value_take(struct gate_conf_value *v) GATE_MUSTCHECK;
/* Frees the member, where its type has something to free. */
void gate_conf_value_drop(enum gate_conf_type type, void *member);

/* "expected ..." of a key, for errors and the manual. */
void gate_conf_expectation(
    const struct gate_conf_key *key, char *dst, size_t dst_size);

/* dir/path, or path if it is absolute. NULL: no memory. */
char *gate_conf_path(const char *dir, const char *path) GATE_MUSTCHECK;

#endif

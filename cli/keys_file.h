/*
 * sites.d/NAME.keys as text: what the command changes in it. Lines that it
 * does not change stay byte for byte. lib/conf_keys.h has the grammar.
 */
#ifndef CLI_KEYS_FILE_H
#define CLI_KEYS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/files.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/site.h"
#include "lib/span.h"

/* One line. Borrowed. */
struct keys_line {
	enum gate_scheme scheme;
	struct gate_span id;
	enum gate_key_state state;
	int64_t made_at_ms;         /* 0: nobody knows */
	struct gate_span algorithm; /* with file; else empty */
	struct gate_span file;      /* as written; empty: none */
};

/* Takes the next line of *rest. True: *out has it; it is one of a key.
 * False: it is a comment, or nothing that this knows, or the end. */
bool keys_line_take(struct gate_span *rest, struct keys_line *out);

/* The line of that key; false: it has none. */
bool keys_file_find(struct gate_span text, enum gate_scheme scheme,
    struct gate_span id, struct keys_line *out);

/* Appends text to out with line's key as line says, in its place or at the
 * end. Codes of out. */
enum gate_code keys_file_put(struct gate_span text,
    const struct keys_line *line, struct gate_buf *out) GATE_MUSTCHECK;

#endif

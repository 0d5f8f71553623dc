/*
 * A configuration file's text, and the lexical check that comes before
 * libconfuse. libconfuse 3.3 accepts without a word: an unclosed '{' at the
 * end of the file, a NUL made by an escape (the rest of the string is lost),
 * ${NAME} of a variable that is not set (an empty string), and characters
 * that belong to no token.
 */
#ifndef GATE_CONF_TEXT_H
#define GATE_CONF_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/conf_errors.h"
#include "lib/err.h"

/* Larger than any sensible file, small enough to read at once. */
#define GATE_CONF_TEXT_MAX (1024 * 1024)

/*
 * Reads a regular file of at most GATE_CONF_TEXT_MAX bytes; *out is an
 * initialised, empty buffer. GATE_E_SYS, GATE_E_CONF (not a file, too
 * large), GATE_E_NOMEM.
 */
enum gate_code gate_conf_text_read(const char *path, struct gate_buf *out,
    struct gate_err *err) GATE_MUSTCHECK;

/* Reports what libconfuse would let through; false if there was any. Puts
 * spaces over comments, without which its line numbers are wrong. */
bool gate_conf_text_check(
    const char *path, struct gate_buf *text, struct gate_conf_errors *errors);

#endif

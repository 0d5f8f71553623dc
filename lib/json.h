/*
 * JSON values; the only file that includes json-c. Everything untrusted is
 * parsed through json_guard.
 *
 * A struct gate_json is one json-c value. A document got from parse or new
 * is owned and freed with gate_json_free; what get and pointer return is
 * borrowed from it.
 */
#ifndef GATE_JSON_H
#define GATE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/span.h"

/* Opaque. NULL is never a value: JSON's null has an address of its own, so
 * kinds are asked with gate_json_kind (which says NULL for both). */
struct gate_json;

enum gate_json_kind {
	GATE_JSON_NULL,
	GATE_JSON_BOOL,
	GATE_JSON_INT,
	GATE_JSON_DOUBLE,
	GATE_JSON_STRING,
	GATE_JSON_ARRAY,
	GATE_JSON_OBJECT
};

/* Guard, then parse. Codes as gate_json_guard. *out only on GATE_OK. */
enum gate_code gate_json_parse(struct gate_span in, struct gate_json **out,
    struct gate_err *err) GATE_MUSTCHECK;
/* The same with gate_json_guard_within. */
enum gate_code gate_json_parse_within(struct gate_span in, size_t depth_max,
    struct gate_json **out, struct gate_err *err) GATE_MUSTCHECK;
/* The same with gate_json_guard_stored, for what the database gave back.
 * An integer beyond 64 bits becomes a GATE_JSON_DOUBLE of all its digits. */
enum gate_code gate_json_parse_stored(struct gate_span in,
    struct gate_json **out, struct gate_err *err) GATE_MUSTCHECK;
void gate_json_free(struct gate_json *doc);

enum gate_json_kind gate_json_kind(const struct gate_json *v);

/* A member of an object, or false if v is no object or has none. */
bool gate_json_get(const struct gate_json *v, const char *key,
    const struct gate_json **out) GATE_MUSTCHECK;
/* RFC 6901; "" is v itself. False if nothing stands there. */
bool gate_json_pointer(const struct gate_json *v, const char *pointer,
    const struct gate_json **out) GATE_MUSTCHECK;
/* Whether it is a pointer at all, for checks of configuration: begins with
 * '/' or is empty, '~' only as ~0 or ~1, no key longer than 255 bytes. One
 * that is none finds nothing. */
bool gate_json_pointer_valid(const char *pointer);
size_t gate_json_count(const struct gate_json *v); /* array or object, else 0*/
/* Array element i < count. */
const struct gate_json *gate_json_at(const struct gate_json *v, size_t i);
/* Walks an object in its order: returns false if f did. */
bool gate_json_each(const struct gate_json *v,
    bool (*f)(const char *key, const struct gate_json *member, void *ctx),
    void *ctx);

/* False, *out untouched, if v is of another kind. Borrowed; a NUL stands
 * behind it. */
bool gate_json_string(
    const struct gate_json *v, struct gate_span *out) GATE_MUSTCHECK;
/* Also false for an integer above INT64_MAX (uint64); its text is exact. */
bool gate_json_i64(const struct gate_json *v, int64_t *out) GATE_MUSTCHECK;
bool gate_json_bool(const struct gate_json *v, bool *out) GATE_MUSTCHECK;
/* An integer too; rounded where a double cannot hold it. */
bool gate_json_number(const struct gate_json *v, double *out) GATE_MUSTCHECK;

/* The same value as jsonb sees it: members in any order, 1, 1.0 and 1e0 are
 * one number (those beyond 64 bits and fractions to a double's precision). */
bool gate_json_equal(const struct gate_json *a, const struct gate_json *b);

/*
 * Builders. NULL on no memory. put and append take over member, also when
 * they fail, and answer GATE_E_NOMEM if the container or the member is NULL:
 * a document is built by putting fresh values and checking every put.
 * object and array must be of that kind.
 */
struct gate_json *gate_json_new_object(void) GATE_MUSTCHECK;
struct gate_json *gate_json_new_array(void) GATE_MUSTCHECK;
/* Bytes that are no UTF-8, and NUL, become U+FFFD: the document is always
 * one that our own guard takes. */
struct gate_json *gate_json_new_string(struct gate_span s) GATE_MUSTCHECK;
struct gate_json *gate_json_new_i64(int64_t v) GATE_MUSTCHECK;
struct gate_json *gate_json_new_bool(bool v) GATE_MUSTCHECK;
struct gate_json *gate_json_dup(const struct gate_json *v) GATE_MUSTCHECK;
enum gate_code gate_json_put(struct gate_json *object, const char *key,
    struct gate_json *member) GATE_MUSTCHECK;
enum gate_code gate_json_put_null(
    struct gate_json *object, const char *key) GATE_MUSTCHECK;
enum gate_code gate_json_append(
    struct gate_json *array, struct gate_json *member) GATE_MUSTCHECK;

/* Appends compact JSON text (UTF-8, '/' not escaped). Parsed numbers are
 * written as they stood, but for "-0", which becomes "0". */
enum gate_code gate_json_text(
    const struct gate_json *v, struct gate_buf *out) GATE_MUSTCHECK;
/* Appends s as a JSON string with its quotes, as lib/quote.h does. Needs no
 * document. */
enum gate_code gate_json_put_string(struct gate_buf *b, struct gate_span s);

/* For --version: "json-c 0.16" */
const char *gate_json_version(void);

#endif

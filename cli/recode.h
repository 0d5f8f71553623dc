/*
 * JSON text in another spelling of the same document: what a body looks like
 * after somebody has parsed it and written it again. For finding out who
 * did. Pure.
 */
#ifndef CLI_RECODE_H
#define CLI_RECODE_H

#include <stddef.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/span.h"

enum recode_slash { SLASH_AS_IS, SLASH_ESCAPED, SLASH_BARE, SLASH_COUNT };
enum recode_letters {
	LETTERS_AS_IS,
	LETTERS_ESCAPED, /* \u00e4, lower-case hex */
	LETTERS_BARE,    /* UTF-8 */
	LETTERS_COUNT
};
enum recode_space {
	SPACE_AS_IS,
	SPACE_NONE,
	SPACE_PYTHON, /* ", " and ": " */
	SPACE_PRETTY, /* lines of four spaces a level, as PHP's */
	SPACE_PRETTY2,
	SPACE_COUNT
};

struct recode {
	enum recode_slash slash;
	enum recode_letters letters;
	enum recode_space space;
};

/* How many there are; i == 0 is the text as it is. */
#define RECODE_COUNT ((size_t)SLASH_COUNT * LETTERS_COUNT * SPACE_COUNT)
struct recode recode_at(size_t i);

/*
 * Appends in so. in: JSON; what is none comes out as something that is none
 * either. Codes of out, and GATE_E_BAD: a string does not end.
 */
enum gate_code recode_put(struct gate_span in, struct recode how,
    struct gate_buf *out) GATE_MUSTCHECK;

/* "with / written as \/, without white space" into dst. */
void recode_text(struct recode how, char *dst, size_t dst_size);

#endif

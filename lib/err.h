/*
 * Error values. A code names the decision a caller has to take, not the
 * place where something went wrong; the text is for the operator's log and
 * is written once, where it happened.
 */
#ifndef GATE_ERR_H
#define GATE_ERR_H

#include <stdio.h>
#include <stdlib.h>

#define GATE_MUSTCHECK __attribute__((warn_unused_result))
#define GATE_PRINTF(f, a) __attribute__((format(printf, f, a)))

/*
 * For our own bugs only, never for input; stays on in release builds, since
 * a responder that limps on with broken invariants may acknowledge an event
 * it did not store.
 */
#define GATE_ASSERT(x)                                                         \
	do {                                                                   \
		if (!(x)) {                                                    \
			fprintf(stderr, "pressgate: %s:%d: assert: %s\n",      \
			    __FILE__, __LINE__, #x);                           \
			abort();                                               \
		}                                                              \
	} while (0)

enum gate_code {
	GATE_OK = 0,
	/* theirs: the sender, the vendor or the file is at fault */
	GATE_E_BAD,     /* malformed */
	GATE_E_AUTH,    /* signature, key or token does not hold */
	GATE_E_STALE,   /* timestamp outside its window */
	GATE_E_LIMIT,   /* larger, longer or more than allowed */
	GATE_E_UNKNOWN, /* no such thing */
	GATE_E_DUP,     /* there already */
	/* ours */
	GATE_E_NOMEM,    /* out of memory */
	GATE_E_SYS,      /* the operating system said no; text has errno */
	GATE_E_DB_RETRY, /* database away or busy: the same call may succeed */
	GATE_E_DB_HARD,  /* database refused: repeating does not help */
	GATE_E_CONF,     /* configuration */
	GATE_E_BUG,      /* cannot happen */
	GATE_CODE_COUNT
};

#define GATE_ERR_TEXT 160

struct gate_err {
	enum gate_code code;
	char text[GATE_ERR_TEXT];
};

/*
 * Fills *err (which may be NULL) and returns code, so that a failing
 * function can end with `return gate_err_set(err, GATE_E_SYS, ...)`.
 * The text is cut at GATE_ERR_TEXT - 1 bytes.
 */
enum gate_code gate_err_set(struct gate_err *err, enum gate_code code,
    const char *fmt, ...) GATE_PRINTF(3, 4);

/* As gate_err_set with GATE_E_SYS, and strerror(errno) after ": ". */
enum gate_code gate_err_sys(struct gate_err *err, const char *fmt, ...)
    GATE_PRINTF(2, 3);

/* The code's name in lower case ("db_retry"), for logs. Never NULL. */
const char *gate_code_name(enum gate_code code);

#endif

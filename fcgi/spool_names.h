/* The open folder of fcgi/spool.h, for its two files. */
#ifndef FCGI_SPOOL_NAMES_H
#define FCGI_SPOOL_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "fcgi/spool.h"
#include "lib/err.h"

struct spool {
	int dir;
	int bad;
	int lock;
};

/* ID.SIZE; false: another kind of name. */
bool spool_name(const char *name, uint64_t *bytes) GATE_MUSTCHECK;

/* Whole files and their bytes. GATE_OK, GATE_E_SYS. */
enum gate_code spool_count(struct spool *s, uint64_t *files, uint64_t *bytes,
    struct gate_err *err) GATE_MUSTCHECK;

#endif

/* Bound parameters on their way to libpq, for lib/db.c only. */
#ifndef GATE_DB_PARAM_H
#define GATE_DB_PARAM_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/db.h"
#include "lib/err.h"

/*
 * A copy in one block, for free(): the parameters, then their bytes. libpq
 * wants text ended by a NUL, which a span has not, and would cut it at one
 * inside. Binary ones are borrowed unless deep.
 * GATE_E_BAD (a NUL in a text), GATE_E_LIMIT, GATE_E_NOMEM.
 */
enum gate_code gate_params_copy(const struct gate_param *params, size_t count,
    bool deep, struct gate_param **out) GATE_MUSTCHECK;

#endif

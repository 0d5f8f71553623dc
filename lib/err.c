/*
 * Error values: the only place that knows the codes' names. Knows nothing
 * of logs or of HTTP: fcgi/reply.c maps codes to statuses.
 */
#include "config.h"

#include "lib/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/num.h"

static const char *const names[] = {
    [GATE_OK] = "ok",
    [GATE_E_BAD] = "bad",
    [GATE_E_AUTH] = "auth",
    [GATE_E_STALE] = "stale",
    [GATE_E_LIMIT] = "limit",
    [GATE_E_UNKNOWN] = "unknown",
    [GATE_E_DUP] = "dup",
    [GATE_E_NOMEM] = "nomem",
    [GATE_E_SYS] = "sys",
    [GATE_E_DB_RETRY] = "db_retry",
    [GATE_E_DB_HARD] = "db_hard",
    [GATE_E_CONF] = "conf",
    [GATE_E_BUG] = "bug",
};
_Static_assert(GATE_COUNT(names) == GATE_CODE_COUNT, "a code has no name");

enum gate_code
gate_err_set(struct gate_err *err, enum gate_code code, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL)
		return code;
	err->code = code;
	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return code;
}

enum gate_code
gate_err_sys(struct gate_err *err, const char *fmt, ...)
{
	int saved = errno;
	size_t n;
	va_list ap;

	if (err == NULL)
		return GATE_E_SYS;
	err->code = GATE_E_SYS;
	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	n = strlen(err->text);
	(void)snprintf(
	    err->text + n, sizeof(err->text) - n, ": %s", strerror(saved));
	return GATE_E_SYS;
}

const char *
gate_code_name(enum gate_code code)
{
	if ((size_t)code >= GATE_COUNT(names))
		return "bug";
	return names[code];
}

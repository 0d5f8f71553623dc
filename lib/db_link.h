/*
 * One connection to PostgreSQL, for lib/db.c only: making it, noticing that
 * it is gone, and not asking a dead server too often.
 *
 *	AWAY --connect--> CONNECTING --> UP
 *	  ^------------------- drop -----'
 */
#ifndef GATE_DB_LINK_H
#define GATE_DB_LINK_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/db.h"
#include "lib/err.h"

enum gate_link_state { GATE_LINK_AWAY, GATE_LINK_CONNECTING, GATE_LINK_UP };

struct gate_link {
	enum gate_link_state state;
	PGconn *conn;
	char *url;
	char *options;
	const char *application;
	int64_t connect_timeout_ms;
	int64_t connect_by_ms;
	int64_t pause_ms;
	int64_t not_before_ms;
	bool want_write;
	unsigned int serial; /* rises with each connection made */
};

/* Copies what it needs. GATE_E_CONF (connection string), GATE_E_NOMEM. On
 * failure clear is still right. */
enum gate_code gate_link_init(struct gate_link *l,
    const struct gate_db_settings *s, struct gate_err *err) GATE_MUSTCHECK;
void gate_link_clear(struct gate_link *l);

/*
 * AWAY, CONNECTING: one step on. GATE_OK: look at the state; CONNECTING
 * waits for the descriptor (want_write) until connect_by_ms.
 * GATE_E_DB_RETRY: failed, or the pause after a failure is not over.
 */
enum gate_code gate_link_advance(
    struct gate_link *l, struct gate_err *err) GATE_MUSTCHECK;

/* Closes; the next advance connects at once. */
void gate_link_drop(struct gate_link *l);
/* libpq says that the connection is of no use: its message into err, drop,
 * pause before the next one. Returns GATE_E_DB_RETRY. */
enum gate_code gate_link_lost(struct gate_link *l, struct gate_err *err);
/* UP and idle: has the server closed it meanwhile? One system call, and a
 * statement less in doubt. */
bool gate_link_is_stale(struct gate_link *l);

#endif

/*
 * The connection of lib/db.c. A failed one is tried again no sooner than a
 * pause that doubles from 50 ms to 1 s: a dead server costs one try a
 * pause, not one a call.
 */
#include "config.h"

#include "lib/db_link.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/db_result.h"

#define PAUSE_MIN_MS 50
#define PAUSE_MAX_MS 1000

/* True if the connection string names `key` itself. */
static bool
url_has(const char *url, const char *key, bool *valid)
{
	PQconninfoOption *all = PQconninfoParse(url, NULL), *o;
	bool has = false;

	*valid = all != NULL;
	for (o = all; o != NULL && o->keyword != NULL; o++)
		if (strcmp(o->keyword, key) == 0 && o->val != NULL)
			has = true;
	PQconninfoFree(all);
	return has;
}

/* statement_timeout as a start-up option; pgbouncer (prepared off) refuses
 * those, there a role's setting has to do it. */
static enum gate_code
set_options(
    struct gate_link *l, const struct gate_db_settings *s, struct gate_err *err)
{
	bool valid, own = url_has(s->url, "options", &valid);
	char text[128];

	if (!valid)
		return gate_err_set(
		    err, GATE_E_CONF, "database url: not a connection string");
	if (own || !s->prepared)
		return GATE_OK;
	(void)snprintf(text, sizeof(text),
	    "-c statement_timeout=%lld -c "
	    "client_connection_check_interval=%lld",
	    (long long)s->call_timeout_ms, (long long)s->call_timeout_ms);
	l->options = strdup(text);
	if (l->options == NULL)
		return gate_err_set(err, GATE_E_NOMEM, "out of memory");
	return GATE_OK;
}

enum gate_code
gate_link_init(
    struct gate_link *l, const struct gate_db_settings *s, struct gate_err *err)
{
	memset(l, 0, sizeof(*l));
	l->state = GATE_LINK_AWAY;
	l->application = s->application;
	l->connect_timeout_ms = s->connect_timeout_ms;
	l->pause_ms = PAUSE_MIN_MS;
	l->url = strdup(s->url);
	if (l->url == NULL)
		return gate_err_set(err, GATE_E_NOMEM, "out of memory");
	return set_options(l, s, err);
}

void
gate_link_clear(struct gate_link *l)
{
	gate_link_drop(l);
	free(l->options);
	free(l->url);
	l->options = NULL;
	l->url = NULL;
}

void
gate_link_drop(struct gate_link *l)
{
	PQfinish(l->conn);
	l->conn = NULL;
	l->state = GATE_LINK_AWAY;
}

enum gate_code
gate_link_lost(struct gate_link *l, struct gate_err *err)
{
	(void)gate_db_fail(err, GATE_E_DB_RETRY, NULL, PQerrorMessage(l->conn));
	gate_link_drop(l);
	l->not_before_ms = gate_mono_ms() + l->pause_ms;
	l->pause_ms *= 2;
	if (l->pause_ms > PAUSE_MAX_MS)
		l->pause_ms = PAUSE_MAX_MS;
	return GATE_E_DB_RETRY;
}

static enum gate_code
start(struct gate_link *l, struct gate_err *err)
{
	const char *keys[] = {"dbname", "fallback_application_name",
	    "client_encoding", l->options == NULL ? NULL : "options", NULL};
	const char *values[] = {
	    l->url, l->application, "UTF8", l->options, NULL};
	int64_t now = gate_mono_ms();

	if (now < l->not_before_ms)
		return gate_err_set(err, GATE_E_DB_RETRY, "database away");
	l->conn = PQconnectStartParams(keys, values, 1);
	if (l->conn == NULL)
		return gate_err_set(err, GATE_E_NOMEM, "out of memory");
	if (PQstatus(l->conn) == CONNECTION_BAD)
		return gate_link_lost(l, err);
	l->state = GATE_LINK_CONNECTING;
	l->want_write = true;
	l->connect_by_ms = now + l->connect_timeout_ms;
	return GATE_OK;
}

static enum gate_code
go_on(struct gate_link *l, struct gate_err *err)
{
	switch (PQconnectPoll(l->conn)) {
	case PGRES_POLLING_READING:
		l->want_write = false;
		break;
	case PGRES_POLLING_WRITING:
		l->want_write = true;
		break;
	case PGRES_POLLING_OK:
		if (PQsetnonblocking(l->conn, 1) != 0)
			return gate_link_lost(l, err);
		l->state = GATE_LINK_UP;
		l->want_write = false;
		l->pause_ms = PAUSE_MIN_MS;
		l->not_before_ms = 0;
		l->serial++;
		return GATE_OK;
	default:
		return gate_link_lost(l, err);
	}
	if (gate_mono_ms() < l->connect_by_ms)
		return GATE_OK;
	(void)gate_link_lost(l, NULL);
	return gate_err_set(err, GATE_E_DB_RETRY, "connect: timeout");
}

enum gate_code
gate_link_advance(struct gate_link *l, struct gate_err *err)
{
	switch (l->state) {
	case GATE_LINK_AWAY:
		return start(l, err);
	case GATE_LINK_CONNECTING:
		return go_on(l, err);
	case GATE_LINK_UP:
		break;
	}
	return GATE_OK;
}

bool
gate_link_is_stale(struct gate_link *l)
{
	struct pollfd p = {.fd = PQsocket(l->conn), .events = POLLIN};

	/* Nothing is owed to us. What comes is the server's farewell, or its
	 * end; rarely a changed setting, and then a new connection does no
	 * harm. */
	return p.fd < 0 || poll(&p, 1, 0) != 0;
}

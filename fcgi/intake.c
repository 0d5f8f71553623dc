/*
 * Reads a connection record by record, against deadlines. libfcgi 2.4.2
 * would do it with none, build its answer to GET_VALUES in 64 bytes of stack
 * without a bound, reserve what a length says before a byte of it came, and
 * take padding of an empty record for a header: so it gets what stands here
 * to read, and never the socket.
 *
 *	BEGIN_REQUEST  PARAMS ... PARAMS(0)  STDIN ... STDIN(0)
 *	'------------- head --------------'  '----- body -----'
 */
#include "config.h"

#include "fcgi/intake.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/clock.h"
#include "lib/num.h"

#define END_CANT_MULTIPLEX 1
#define END_UNKNOWN_ROLE 3
#define ROLE_MAX 3

/* Why no step came. */
enum step { STEP_CONTENT, STEP_ENDED, STEP_LOST, STEP_LATE, STEP_BROKEN };

void
intake_init(struct intake *k)
{
	memset(k, 0, sizeof(*k));
	k->fd = -1;
	gate_buf_init(&k->params, RECORDS_CONTENT_MAX);
}

void
intake_clear(struct intake *k)
{
	gate_buf_clear(&k->params);
}

void
intake_open(struct intake *k, int fd)
{
	k->fd = fd;
	k->in = (struct gate_span){0};
	memset(&k->records, 0, sizeof(k->records));
}

/* Waits for bytes until by_ms. */
static enum step
fill(struct intake *k, int64_t by_ms)
{
	struct pollfd p = {.fd = k->fd, .events = POLLIN};
	int64_t left;
	ssize_t n;

	while ((left = by_ms - gate_mono_ms()) > 0) {
		n = recv(k->fd, k->room, sizeof(k->room), MSG_DONTWAIT);
		if (n > 0) {
			k->in = gate_span_of(k->room, (size_t)n);
			k->heard = true;
			return STEP_CONTENT;
		}
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			return STEP_LOST;
		(void)poll(&p, 1, left < INT32_MAX ? (int)left : INT32_MAX);
	}
	return STEP_LATE;
}

/* The peer has sent something aside; if it does not take the few bytes that
 * say so, they are lost. */
static void
reply(const struct intake *k, enum records_type type, size_t id,
    const unsigned char *content, size_t n)
{
	unsigned char out[RECORDS_HEADER + 32];

	GATE_ASSERT(n <= sizeof(out) - RECORDS_HEADER);
	records_put_header(out, type, id, n);
	memcpy(out + RECORDS_HEADER, content, n);
	(void)send(k->fd, out, RECORDS_HEADER + n, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void
reply_end(const struct intake *k, size_t id, unsigned char status)
{
	unsigned char content[8] = {0};

	content[4] = status;
	reply(k, RECORDS_END_REQUEST, id, content, sizeof(content));
}

static void
answer_aside(const struct intake *k)
{
	static const unsigned char values[] = "\17\1FCGI_MPXS_CONNS0";
	unsigned char unknown[8] = {k->records.type};

	if (k->records.id != 0) {
		if (k->records.type == RECORDS_BEGIN_REQUEST)
			reply_end(k, k->records.id, END_CANT_MULTIPLEX);
	} else if (k->records.type == RECORDS_GET_VALUES)
		reply(k, RECORDS_GET_VALUES_RESULT, 0, values,
		    sizeof(values) - 1);
	else
		reply(k, RECORDS_UNKNOWN_TYPE, 0, unknown, sizeof(unknown));
}

static enum intake_kind
kind_of(const struct intake *k)
{
	static const unsigned char wanted[] = {
	    [INTAKE_BEGIN] = RECORDS_BEGIN_REQUEST,
	    [INTAKE_PARAMS] = RECORDS_PARAMS,
	    [INTAKE_STDIN] = RECORDS_STDIN,
	};
	const struct records *r = &k->records;

	if (r->id == 0)
		return INTAKE_ASIDE;
	if (k->stage == INTAKE_BEGIN)
		return r->type == RECORDS_BEGIN_REQUEST &&
			r->length == sizeof(k->begin)
		    ? INTAKE_WANTED
		    : INTAKE_WRONG;
	if (r->id != k->id)
		return INTAKE_ASIDE;
	if (r->type == wanted[k->stage])
		return INTAKE_WANTED;
	return r->type == RECORDS_ABORT_REQUEST ? INTAKE_ABORT : INTAKE_WRONG;
}

/* To the next piece, or the end, of a record that the stage wants. */
static enum step
advance(struct intake *k, int64_t by_ms, struct gate_span *content)
{
	enum step s = STEP_CONTENT;

	while (s == STEP_CONTENT) {
		switch (records_next(&k->records, &k->in, content)) {
		case RECORDS_MORE:
			s = fill(k, by_ms);
			break;
		case RECORDS_BEGUN:
			k->kind = kind_of(k);
			if (k->kind == INTAKE_WRONG)
				return STEP_BROKEN;
			break;
		case RECORDS_CONTENT:
			if (k->kind == INTAKE_WANTED)
				return STEP_CONTENT;
			break;
		case RECORDS_ENDED:
			if (k->kind == INTAKE_WANTED)
				return STEP_ENDED;
			if (k->kind == INTAKE_ABORT)
				return STEP_LOST;
			answer_aside(k);
			break;
		case RECORDS_BROKEN:
			return STEP_BROKEN;
		}
	}
	return s;
}

static bool
take_begin(struct intake *k)
{
	k->id = k->records.id;
	if (k->begin[0] == 0 && k->begin[1] != 0 && k->begin[1] <= ROLE_MAX)
		return true;
	reply_end(k, k->id, END_UNKNOWN_ROLE);
	return false;
}

/* A record of the head is over; false: nothing good can follow. */
static bool
end_record(struct intake *k)
{
	if (k->stage == INTAKE_BEGIN) {
		k->stage = INTAKE_PARAMS;
		return take_begin(k);
	}
	if (k->records.length > 0)
		return true;
	k->stage = INTAKE_STDIN;
	return records_are_params(gate_buf_span(&k->params));
}

/* kind_of() has seen to it that content of BEGIN_REQUEST fits. */
static bool
put_content(struct intake *k, struct gate_span content)
{
	if (k->stage == INTAKE_PARAMS)
		return gate_buf_put(&k->params, content) == GATE_OK;
	memcpy(k->begin + k->begin_n, content.p, content.n);
	k->begin_n += content.n;
	return true;
}

enum intake_end
intake_head(struct intake *k, int64_t first_by_ms, int64_t by_ms)
{
	struct gate_span content;
	enum step s = STEP_CONTENT;
	bool good = true;

	k->stage = INTAKE_BEGIN;
	k->begin_n = 0;
	k->heard = k->in.n > 0;
	gate_buf_reset(&k->params);
	if (!k->heard)
		s = fill(k, first_by_ms);
	while (s == STEP_CONTENT && k->stage != INTAKE_STDIN && good) {
		s = advance(k, by_ms, &content);
		if (s == STEP_CONTENT)
			good = put_content(k, content);
		else if (s == STEP_ENDED) {
			good = end_record(k);
			s = STEP_CONTENT;
		}
	}
	if (s == STEP_CONTENT && good)
		return INTAKE_READY;
	return k->heard ? INTAKE_BROKEN : INTAKE_GONE;
}

enum request_body_end
intake_body(struct intake *k, int64_t by_ms, size_t max, struct gate_buf *out)
{
	static const enum request_body_end ends[] = {
	    [STEP_LOST] = REQUEST_BODY_CUT,
	    [STEP_LATE] = REQUEST_BODY_LATE,
	    [STEP_BROKEN] = REQUEST_BODY_CUT,
	};
	struct gate_span content;
	size_t left = max;
	enum step s;

	while (k->stage == INTAKE_STDIN) {
		s = advance(k, by_ms, &content);
		if (s == STEP_CONTENT) {
			if (content.n > left)
				return REQUEST_BODY_LONG;
			left -= content.n;
			if (gate_buf_put(out, content) != GATE_OK)
				return REQUEST_BODY_NOMEM;
		} else if (s != STEP_ENDED)
			return ends[s];
		else if (k->records.length == 0)
			k->stage = INTAKE_DONE;
	}
	return REQUEST_BODY_OK;
}

bool
intake_rest(struct intake *k, int64_t by_ms, size_t max)
{
	struct gate_span content;
	size_t left = max;
	enum step s;

	while (k->stage == INTAKE_STDIN) {
		s = advance(k, by_ms, &content);
		if (s == STEP_CONTENT && content.n <= left)
			left -= content.n;
		else if (s != STEP_ENDED)
			return false;
		else if (k->records.length == 0)
			k->stage = INTAKE_DONE;
	}
	return k->in.n == 0;
}

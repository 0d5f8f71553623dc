/*
 * What comes in on one connection of a web server: the head of a request
 * (BEGIN_REQUEST and the params), then its body. libfcgi reads none of it
 * from the socket.
 */
#ifndef FCGI_INTAKE_H
#define FCGI_INTAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "fcgi/records.h"
#include "fcgi/request.h"
#include "lib/buf.h"
#include "lib/span.h"

#define INTAKE_ROOM 16384 /* of one read */

enum intake_stage { INTAKE_BEGIN, INTAKE_PARAMS, INTAKE_STDIN, INTAKE_DONE };

/* What a record is to the request in hand. */
enum intake_kind {
	INTAKE_WANTED, /* the next of it */
	INTAKE_ASIDE,  /* of another request, or of none: skipped */
	INTAKE_ABORT,
	INTAKE_WRONG
};

struct intake {
	int fd;
	enum intake_stage stage;
	enum intake_kind kind;
	struct records records;
	struct gate_span in; /* of room, not walked through yet */
	bool heard;          /* any byte of this request has come */

	size_t id;
	unsigned char begin[8]; /* content of BEGIN_REQUEST */
	size_t begin_n;
	struct gate_buf params; /* contents of PARAMS, put together */

	unsigned char room[INTAKE_ROOM];
};

/* How reading a head ended. */
enum intake_end {
	INTAKE_READY,
	INTAKE_GONE,  /* the peer left, or said nothing in time */
	INTAKE_BROKEN /* it broke the protocol, its word, or a limit */
};

void intake_init(struct intake *k);
void intake_clear(struct intake *k);

/* Begins with a new connection. */
void intake_open(struct intake *k, int fd);

/*
 * Reads the head of the next request of the connection: k->id, k->begin and
 * k->params (records_are_params holds, RECORDS_CONTENT_MAX bytes at most).
 * Management records and those of other requests are answered as the
 * specification says, in bounds, and skipped.
 *
 * first_by_ms  monotonic; the first byte has to come until then
 * by_ms        the last one
 */
enum intake_end intake_head(
    struct intake *k, int64_t first_by_ms, int64_t by_ms) GATE_MUSTCHECK;

/* Reads the body to its end and appends it to out; max, by_ms as above. */
enum request_body_end intake_body(struct intake *k, int64_t by_ms, size_t max,
    struct gate_buf *out) GATE_MUSTCHECK;

/*
 * Throws the rest of the body away. by_ms in the past: only what has been
 * read already. True: nothing of this request, or of any other, is left.
 */
bool intake_rest(struct intake *k, int64_t by_ms, size_t max) GATE_MUSTCHECK;

#endif

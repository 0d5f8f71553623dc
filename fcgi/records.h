/*
 * FastCGI records, taken apart as their bytes come. Pure, and small enough
 * to be sure of: what libfcgi gets to see has been through here.
 *
 * Source: FastCGI Specification 1.0, sections 3.3, 3.4 and 8.
 */
#ifndef FCGI_RECORDS_H
#define FCGI_RECORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"
#include "lib/span.h"

#define RECORDS_HEADER 8
#define RECORDS_CONTENT_MAX 65535 /* of one record */

enum records_type {
	RECORDS_BEGIN_REQUEST = 1,
	RECORDS_ABORT_REQUEST = 2,
	RECORDS_END_REQUEST = 3,
	RECORDS_PARAMS = 4,
	RECORDS_STDIN = 5,
	RECORDS_GET_VALUES = 9,
	RECORDS_GET_VALUES_RESULT = 10,
	RECORDS_UNKNOWN_TYPE = 11
};

enum records_step {
	RECORDS_MORE,    /* all bytes are taken: more are needed */
	RECORDS_BEGUN,   /* a header is whole: type, id and length hold */
	RECORDS_CONTENT, /* a piece of the record's content */
	RECORDS_ENDED,   /* the record is over, its padding, too */
	RECORDS_BROKEN   /* another version: nothing after it makes sense */
};

/* Where a reader stands; all zero at the start of a connection. */
struct records {
	unsigned char header[RECORDS_HEADER];
	size_t header_n;
	size_t content_left;
	size_t padding_left;
	/* Of the record in hand. */
	unsigned char type;
	size_t id;
	size_t length;
};

/*
 * Takes the next step through the bytes that have come.
 *
 * in       untrusted; what is taken is taken off its front
 * content  on RECORDS_CONTENT a piece of in, of at least one byte
 */
enum records_step records_next(struct records *r, struct gate_span *in,
    struct gate_span *content) GATE_MUSTCHECK;

/*
 * True if in is name-value pairs to its last byte, each with a name, and no
 * name or value holds what would end it early as "NAME=value" in C: NUL
 * anywhere, '=' in a name.
 */
bool records_are_params(struct gate_span in) GATE_MUSTCHECK;

/* The header of a record of ours. */
void records_put_header(unsigned char out[RECORDS_HEADER],
    enum records_type type, size_t id, size_t length);

#endif

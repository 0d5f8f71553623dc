/*
 * One HTTP transfer of lib/http.c: a libcurl handle with the rules that
 * hold for all of them. With lib/http.c the only user of libcurl, and of
 * this header.
 */
#ifndef GATE_HTTP_TRANSFER_H
#define GATE_HTTP_TRANSFER_H

#include <curl/curl.h>

#include "lib/http.h"
#include "lib/http_head.h"

struct http_origin;

struct http_transfer {
	CURL *easy;
	char *key; /* of its server, for lib/http_origin.h; NULL: no TLS */
	struct http_origin *origin;
	struct curl_slist *headers;
	struct http_head head;
	struct gate_buf body;
	gate_http_allow *allow;
	void *ctx;
	bool refused;   /* at least one peer was refused */
	bool opened;    /* at least one peer was allowed */
	bool too_large; /* body or headers */
	size_t sent;    /* times the request was about to be written */
	curl_off_t body_bytes;
	int64_t started_ms;
	int64_t timeout_ms;
	enum gate_http_end end;
	int64_t status;
	int64_t duration_ms;
	char detail[CURL_ERROR_SIZE];
	char text[GATE_ERR_TEXT];
	struct http_transfer *prev, *next; /* in one of gate_http's rings */
};

/* Codes as gate_http_start; *out only on GATE_OK. In no ring yet.
 * one_bundle: the system's certificates are in the file that libcurl was
 * built for (see set_tls). */
enum gate_code http_transfer_new(const struct gate_http_request *r,
    bool one_bundle, struct http_transfer **out,
    struct gate_err *err) GATE_MUSTCHECK;
/* Takes it out of its ring. It must be in no multi handle any more. */
void http_transfer_free(struct http_transfer *t);

/* Takes it out of its ring, if it is in one, and puts it into another. */
void http_transfer_move(struct http_transfer *t, struct http_transfer *ring);

/* It is about to be given to libcurl: what it has waited for before is taken
 * off its timeout. */
void http_transfer_waited(struct http_transfer *t);

/* Gives memory back that only sending needs, once all is sent; false if it
 * is not yet. Not from within libcurl. */
bool http_transfer_slim(struct http_transfer *t);

/* Writes down how it ended: end, status, duration, text. */
void http_transfer_end(struct http_transfer *t, CURLcode code);

#endif

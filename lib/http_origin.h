/*
 * Whose connection a transfer may wait for. The first transfer to a server
 * goes alone; the others that come meanwhile wait until its connection
 * stands, because only then libcurl knows whether they can share it. Of a
 * burst of sixty calls to a server that speaks HTTP/2 one makes a
 * connection, one a look-up of the name, instead of sixty.
 *
 * libcurl has CURLOPT_PIPEWAIT for this; in 7.88 what waits there has no
 * timeout and may wait for another server's transfers.
 */
#ifndef GATE_HTTP_ORIGIN_H
#define GATE_HTTP_ORIGIN_H

#include "lib/http_transfer.h"

struct http_origin; /* one server, as long as there are transfers to it */

struct http_origins {
	struct http_origin *first;
	size_t waiting;             /* transfers that libcurl does not have */
	struct http_transfer ready; /* ring: for libcurl to be given */
};

void http_origin_init(struct http_origins *all);

/*
 * A new transfer. It is put into the ring ready or waits for another of its
 * key; that of one without a key is always ready. It counts as waiting until
 * http_origin_given. GATE_E_NOMEM: nothing was done.
 */
enum gate_code http_origin_enter(
    struct http_origins *all, struct http_transfer *t) GATE_MUSTCHECK;
/* One that is ready; NULL if there is none. */
struct http_transfer *http_origin_ready(const struct http_origins *all);
/* That one was given to libcurl, and stands in the caller's ring now. */
void http_origin_given(struct http_origins *all, struct http_transfer *t,
    struct http_transfer *ring);

/* t's request is about to be sent: its connection stands. May be called from
 * within libcurl: http_origin_look does what follows from it. */
void http_origin_up(struct http_transfer *t);
/* t has ended, well or not, or is given up before it began. */
void http_origin_leave(struct http_origins *all, struct http_transfer *t);
/* Makes those ready whose server is up. */
void http_origin_look(struct http_origins *all);

#endif

/* A small HTTP server for check_http, in processes of its own. */
#ifndef TESTS_HTTP_SERVER_H
#define TESTS_HTTP_SERVER_H

#include <stdatomic.h>
#include <sys/types.h>

struct http_server {
	pid_t pid;
	int port;             /* on 127.0.0.1 */
	atomic_int *requests; /* so many have come, in shared memory */
};

/* Paths: /ok /echo /redirect /gzip /endless /headers /nothing /drip /reset
 * /cut /garbage /once (the second request of a connection ends it). */
void http_server_start(struct http_server *s);
void http_server_stop(struct http_server *s);

/* A listening socket somewhere on 127.0.0.1. */
int http_server_listen(int *port);

/*
 * A TLS server whose certificate nobody has signed, by openssl(1), with its
 * files in dir. What it can read of a request goes to the file out. Its pid,
 * or 0 if there is no openssl.
 */
pid_t http_server_tls(const char *dir, const char *out, int *port);

#endif

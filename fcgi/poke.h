/*
 * Tells the worker that there is something to do: one byte to its datagram
 * socket. Never waits and never fails: without it the worker polls.
 */
#ifndef FCGI_POKE_H
#define FCGI_POKE_H

#include <sys/un.h>

struct poke {
	int fd; /* -1: nobody to poke */
	struct sockaddr_un to;
};

/* path "" or too long: nobody. */
void poke_open(struct poke *p, const char *path);
void poke_send(const struct poke *p);
void poke_close(struct poke *p);

#endif

/*
 * The listening socket: ours, systemd's, or the one that stood on fd 0.
 */
#ifndef FCGI_LISTENER_H
#define FCGI_LISTENER_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/conf.h"
#include "lib/err.h"

struct listener {
	int fd;
	bool alone; /* fd 0: never fork, who started us counts processes */
	bool made;  /* by us: we remove the path at the end */
	char path[108];
	dev_t dev; /* of the socket file that we made */
	ino_t ino;
	int lock; /* descriptor of PATH.lock; -1 unless made */
};

/*
 * Takes the socket of fd 0, else systemd's, else makes one at conf's path
 * (owner and mode as configured, backlog, close-on-exec). Every one is made
 * non-blocking. A path at which another process listens is left alone.
 *
 * Returns GATE_OK, GATE_E_CONF (path too long, group), GATE_E_DUP (in use),
 * GATE_E_SYS.
 */
enum gate_code listener_open(const struct gate_conf_fcgi *conf,
    struct listener *out, struct gate_err *err) GATE_MUSTCHECK;
/* Removes the path if it is still the socket that we made. */
void listener_close(struct listener *l);

#endif

/*
 * One byte to the worker. Addressed at each send, not connected: a worker
 * that was restarted has a new socket at the same path.
 */
#include "config.h"

#include "fcgi/poke.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void
poke_open(struct poke *p, const char *path)
{
	size_t n = strlen(path);

	*p = (struct poke){.fd = -1, .to = {.sun_family = AF_UNIX}};
	if (n == 0 || n >= sizeof(p->to.sun_path))
		return;
	memcpy(p->to.sun_path, path, n);
	p->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

void
poke_send(const struct poke *p)
{
	if (p->fd >= 0)
		(void)sendto(p->fd, "1", 1, MSG_NOSIGNAL | MSG_DONTWAIT,
		    (const struct sockaddr *)&p->to, sizeof(p->to));
}

void
poke_close(struct poke *p)
{
	if (p->fd >= 0)
		(void)close(p->fd);
	p->fd = -1;
}

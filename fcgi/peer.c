/*
 * A peer's socket. No libfcgi, no signals; every wait has its bound.
 */
#include "config.h"

#include "fcgi/peer.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"

#define PART_MS 2000 /* for what the peer still sends */
#define PART_POLL_MS 200

bool
peer_has_input(int fd, int timeout_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, timeout_ms) > 0;
}

static void
hear_out(int fd)
{
	int64_t until_ms = gate_mono_ms() + PART_MS;
	char trash[4096];

	if (shutdown(fd, SHUT_WR) != 0)
		return;
	while (gate_mono_ms() < until_ms && peer_has_input(fd, PART_POLL_MS) &&
	    read(fd, trash, sizeof(trash)) > 0)
		;
}

void
peer_part(int fd, bool patient)
{
	if (patient)
		hear_out(fd);
	(void)close(fd);
}

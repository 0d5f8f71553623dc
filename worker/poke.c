/*
 * The poke socket. Owns its making and its end; who pokes is lib's and
 * fcgi's. Polling goes on without it, only slower.
 */
#include "config.h"

#include "worker/poke.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/span.h"

static bool
is_read_by_somebody(const struct sockaddr_un *a)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool yes;

	if (fd < 0)
		return false;
	yes = connect(fd, (const struct sockaddr *)a, sizeof(*a)) == 0;
	(void)close(fd);
	return yes;
}

/* Only a socket is taken away, never another kind of file. */
static void
remove_stale(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		(void)unlink(path);
}

enum gate_code
poke_open(const char *path, int *out, struct gate_err *err)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd;

	*out = -1;
	if (!gate_span_copy(
		gate_span_str(path), a.sun_path, sizeof(a.sun_path)))
		return gate_err_set(err, GATE_E_LIMIT,
		    "worker.poke: at most "
		    "%zu bytes",
		    sizeof(a.sun_path) - 1);
	if (is_read_by_somebody(&a))
		return gate_err_set(
		    err, GATE_E_DUP, "worker.poke: another worker reads it");
	remove_stale(path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return gate_err_sys(err, "worker.poke: socket");
	if (bind(fd, (const struct sockaddr *)&a, sizeof(a)) != 0 ||
	    chmod(path, 0660) != 0) {
		(void)gate_err_sys(err, "worker.poke: %s", path);
		(void)close(fd);
		return GATE_E_SYS;
	}
	*out = fd;
	return GATE_OK;
}

void
poke_drain(int fd)
{
	char byte[16];

	while (recv(fd, byte, sizeof(byte), 0) >= 0)
		continue;
}

void
poke_close(int fd, const char *path)
{
	if (fd < 0)
		return;
	(void)close(fd);
	(void)unlink(path);
}

/*
 * The listening socket. Not FCGX_OpenSocket: that exits on errors, unlinks
 * a socket that somebody listens on, and knows neither mode nor owner.
 *
 * A lock file beside the path says whether its maker lives, so a socket left
 * behind by kill -9 is replaced, and a living one never is.
 */
#include "config.h"

#include "fcgi/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/num.h"
#include "lib/proc.h"

static enum gate_code
set_nonblocking(int fd, struct gate_err *err)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return gate_err_sys(err, "listening socket");
	return GATE_OK;
}

static enum gate_code
lock_path(struct listener *l, struct gate_err *err)
{
	char name[sizeof(l->path) + 8];

	(void)snprintf(name, sizeof(name), "%s.lock", l->path);
	l->lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (l->lock < 0)
		return gate_err_sys(err, "%s", name);
	if (flock(l->lock, LOCK_EX | LOCK_NB) == 0)
		return GATE_OK;
	if (errno == EWOULDBLOCK)
		return gate_err_set(err, GATE_E_DUP,
		    "%s: another pressgate-fcgi serves here", l->path);
	return gate_err_sys(err, "%s", name);
}

/* Removes what a killed predecessor left; anything but a dead socket
 * stays. */
static enum gate_code
clear_path(const struct sockaddr_un *at, struct gate_err *err)
{
	struct stat st;
	int fd, rc;

	if (lstat(at->sun_path, &st) != 0)
		return errno == ENOENT ? GATE_OK
				       : gate_err_sys(err, "%s", at->sun_path);
	if (!S_ISSOCK(st.st_mode))
		return gate_err_set(err, GATE_E_CONF,
		    "%s: exists and is no socket", at->sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return gate_err_sys(err, "socket");
	rc = connect(fd, (const struct sockaddr *)at, sizeof(*at));
	(void)close(fd);
	if (rc == 0 || errno != ECONNREFUSED)
		return gate_err_set(err, GATE_E_DUP,
		    "%s: another process listens here", at->sun_path);
	if (unlink(at->sun_path) != 0)
		return gate_err_sys(err, "%s", at->sun_path);
	return GATE_OK;
}

/* Bound with mode 0 first: nobody connects before owner and mode stand. */
static enum gate_code
bind_path(struct listener *l, const struct sockaddr_un *at,
    const struct gate_conf_fcgi *conf, gid_t gid, struct gate_err *err)
{
	mode_t before = umask(0777);
	int rc = bind(l->fd, (const struct sockaddr *)at, sizeof(*at));
	struct stat st;

	(void)umask(before);
	if (rc != 0)
		return gate_err_sys(err, "bind %s", l->path);
	if (lstat(l->path, &st) != 0)
		return gate_err_sys(err, "%s", l->path);
	l->made = true;
	l->dev = st.st_dev;
	l->ino = st.st_ino;
	if (gid != (gid_t)-1 && chown(l->path, (uid_t)-1, gid) != 0)
		return gate_err_sys(err, "group of %s", l->path);
	if (chmod(l->path, (mode_t)conf->mode & 0777) != 0)
		return gate_err_sys(err, "mode of %s", l->path);
	if (listen(l->fd, (int)conf->backlog) != 0)
		return gate_err_sys(err, "listen %s", l->path);
	return GATE_OK;
}

static enum gate_code
make(
    struct listener *l, const struct gate_conf_fcgi *conf, struct gate_err *err)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	size_t n = strlen(conf->listen);
	const struct group *gr = NULL;
	enum gate_code code;

	_Static_assert(sizeof(at.sun_path) == sizeof(l->path), "path size");
	if (n == 0 || n >= sizeof(at.sun_path))
		return gate_err_set(err, GATE_E_CONF,
		    "fcgi.listen: a path of 1 to %zu bytes is needed",
		    sizeof(at.sun_path) - 1);
	memcpy(at.sun_path, conf->listen, n);
	memcpy(l->path, conf->listen, n + 1);
	if (conf->group[0] != '\0' && (gr = getgrnam(conf->group)) == NULL)
		return gate_err_set(err, GATE_E_CONF,
		    "fcgi.group: \"%s\" is unknown", conf->group);
	code = lock_path(l, err);
	if (code == GATE_OK)
		code = clear_path(&at, err);
	if (code != GATE_OK)
		return code;
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->fd < 0)
		return gate_err_sys(err, "socket");
	return bind_path(
	    l, &at, conf, gr == NULL ? (gid_t)-1 : gr->gr_gid, err);
}

enum gate_code
listener_open(const struct gate_conf_fcgi *conf, struct listener *out,
    struct gate_err *err)
{
	struct listener l = {.fd = -1, .lock = -1};
	enum gate_code code = GATE_OK;

	if (gate_proc_fd0_listens()) {
		l.fd = STDIN_FILENO;
		/* systemd's StandardInput=socket looks the same, and there
		 * too one process is what was asked for. */
		l.alone = true;
	} else {
		l.fd = gate_proc_listen_fd();
	}
	if (l.fd < 0)
		code = make(&l, conf, err);
	if (code == GATE_OK)
		code = set_nonblocking(l.fd, err);
	if (code != GATE_OK) {
		listener_close(&l);
		return code;
	}
	*out = l;
	return GATE_OK;
}

void
listener_close(struct listener *l)
{
	struct stat st;

	if (l->made && lstat(l->path, &st) == 0 && st.st_dev == l->dev &&
	    st.st_ino == l->ino)
		(void)unlink(l->path);
	if (l->fd > STDERR_FILENO)
		(void)close(l->fd);
	if (l->lock >= 0)
		(void)close(l->lock);
	*l = (struct listener){.fd = -1, .lock = -1};
}

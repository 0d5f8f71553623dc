/*
 * A process among others. Owns the signal flags, which are the only mutable
 * state at file scope: a handler has no other way to say anything. Handlers
 * set a flag and nothing else; the programs ask for it where they wait.
 */
#include "config.h"

#include "lib/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/num.h"
#include "lib/span.h"

#define LISTEN_FDS_START 3 /* sd_listen_fds(3) */

/* Under a leak checker we have to stay traceable: it attaches to us. */
#if defined(__SANITIZE_ADDRESS__)
#define TRACED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TRACED
#endif
#endif

static volatile sig_atomic_t flags[GATE_SIG_COUNT];
static void (*volatile also_called)(enum gate_signal);

static const struct {
	int signo;
	enum gate_signal flag;
} watched[] = {
    {SIGTERM, GATE_SIG_STOP},
    {SIGINT, GATE_SIG_STOP},
    {SIGHUP, GATE_SIG_RELOAD},
    {SIGCHLD, GATE_SIG_CHILD},
    {SIGALRM, GATE_SIG_ALARM},
};

static void
on_signal(int signo)
{
	void (*also)(enum gate_signal) = also_called;
	int saved = errno;
	size_t i;

	for (i = 0; i < GATE_COUNT(watched); i++) {
		if (watched[i].signo != signo)
			continue;
		flags[watched[i].flag] = 1;
		if (also != NULL)
			also(watched[i].flag);
	}
	errno = saved;
}

enum gate_code
gate_proc_fds(struct gate_err *err)
{
	int fd;

	/* open(2) takes the lowest free number, so the loop fills 0, 1, 2. */
	do {
		fd = open("/dev/null", O_RDWR);
		if (fd < 0)
			return gate_err_sys(err, "/dev/null");
	} while (fd <= STDERR_FILENO);
	(void)close(fd);
	return GATE_OK;
}

enum gate_code
gate_proc_signals(
    void (*also)(enum gate_signal), sigset_t *wait_mask, struct gate_err *err)
{
	struct sigaction on = {.sa_handler = on_signal};
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t block, before;
	size_t i;

	also_called = also;
	(void)sigemptyset(&block);
	for (i = 0; i < GATE_COUNT(watched); i++)
		(void)sigaddset(&block, watched[i].signo);
	if (sigprocmask(SIG_BLOCK, &block, &before) != 0)
		return gate_err_sys(err, "sigprocmask");
	on.sa_mask = block; /* one handler at a time */
	for (i = 0; i < GATE_COUNT(watched); i++) {
		if (sigaction(watched[i].signo, &on, NULL) != 0)
			return gate_err_sys(err, "sigaction");
		/* Who started us may have blocked them; we wait for them. */
		(void)sigdelset(&before, watched[i].signo);
	}
	if (sigaction(SIGPIPE, &ignore, NULL) != 0)
		return gate_err_sys(err, "sigaction");
	*wait_mask = before;
	return GATE_OK;
}

bool
gate_proc_signaled(enum gate_signal s)
{
	return flags[s] != 0;
}

void
gate_proc_forget(enum gate_signal s)
{
	flags[s] = 0;
}

enum gate_code
gate_proc_become(const char *user, struct gate_err *err)
{
	bool named = user != NULL && user[0] != '\0';
	const struct passwd *pw = NULL;

	errno = 0;
	if (named && (pw = getpwnam(user)) == NULL)
		return gate_err_set(
		    err, GATE_E_CONF, "user \"%s\": unknown", user);
	if (geteuid() != 0) {
		if (named && pw->pw_uid != geteuid())
			return gate_err_set(err, GATE_E_CONF,
			    "user \"%s\": only root can become another user",
			    user);
		return GATE_OK;
	}
	if (!named || pw->pw_uid == 0)
		return gate_err_set(err, GATE_E_CONF,
		    "user: serving as root is refused, name another user");
	if (initgroups(pw->pw_name, pw->pw_gid) != 0 ||
	    setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) != 0 ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) != 0)
		return gate_err_sys(err, "become user \"%s\"", user);
	if (setuid(0) == 0)
		return gate_err_set(err, GATE_E_BUG,
		    "user \"%s\": root could be had back", user);
	return GATE_OK;
}

void
gate_proc_harden(void)
{
	struct rlimit none = {0, 0};

	(void)umask(077);
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#ifndef TRACED
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

void
gate_proc_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t n = path == NULL ? 0 : strlen(path);
	socklen_t len;
	int fd;

	if (n < 2 || n >= sizeof(to.sun_path) ||
	    (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(to.sun_path, path, n);
	if (path[0] == '@') /* abstract */
		to.sun_path[0] = '\0';
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT,
	    (const struct sockaddr *)&to, len);
	(void)close(fd);
}

static bool
env_u64(const char *name, uint64_t max, uint64_t *out)
{
	const char *text = getenv(name);

	return text != NULL && gate_span_u64(gate_span_str(text), max, out);
}

int
gate_proc_listen_fd(void)
{
	uint64_t pid = 0, count = 0;
	bool ours = env_u64("LISTEN_PID", INT32_MAX, &pid) &&
	    pid == (uint64_t)getpid() &&
	    env_u64("LISTEN_FDS", INT32_MAX, &count) && count == 1;

	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_FDNAMES");
	if (!ours || fcntl(LISTEN_FDS_START, F_SETFD, FD_CLOEXEC) != 0)
		return -1;
	return LISTEN_FDS_START;
}

bool
gate_proc_fd0_listens(void)
{
	int listens = 0;
	socklen_t n = sizeof(listens);

	return getsockopt(STDIN_FILENO, SOL_SOCKET, SO_ACCEPTCONN, &listens,
		   &n) == 0 &&
	    listens != 0;
}

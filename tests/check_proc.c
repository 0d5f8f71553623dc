/* lib/proc.h, in its order. */
#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/proc.h"
#include "tests/runner.h"

START_TEST(opens_what_is_closed_of_0_to_2)
{
	struct stat st;

	(void)close(STDIN_FILENO);
	ck_assert_int_eq(gate_proc_fds(NULL), GATE_OK);
	ck_assert_int_eq(fstat(STDIN_FILENO, &st), 0);
	ck_assert(S_ISCHR(st.st_mode));
}
END_TEST

static volatile sig_atomic_t heard;

static void
also(enum gate_signal s)
{
	heard = (sig_atomic_t)s + 1;
}

static const struct {
	int signo;
	enum gate_signal flag;
} signals[] = {
    {SIGTERM, GATE_SIG_STOP},
    {SIGINT, GATE_SIG_STOP},
    {SIGHUP, GATE_SIG_RELOAD},
    {SIGCHLD, GATE_SIG_CHILD},
    {SIGALRM, GATE_SIG_ALARM},
};

START_TEST(hears_a_signal_only_where_it_waits)
{
	struct timespec t = {.tv_sec = 5};
	sigset_t wait_mask;

	ck_assert_int_eq(gate_proc_signals(also, &wait_mask, NULL), GATE_OK);
	ck_assert_int_eq(raise(signals[_i].signo), 0);
	ck_assert(!gate_proc_signaled(signals[_i].flag));
	ck_assert_int_eq(ppoll(NULL, 0, &t, &wait_mask), -1);
	ck_assert(gate_proc_signaled(signals[_i].flag));
	ck_assert_int_eq(heard, (int)signals[_i].flag + 1);
	gate_proc_forget(signals[_i].flag);
	ck_assert(!gate_proc_signaled(signals[_i].flag));
}
END_TEST

START_TEST(does_not_die_of_a_broken_pipe)
{
	sigset_t wait_mask;
	int fds[2];

	ck_assert_int_eq(gate_proc_signals(NULL, &wait_mask, NULL), GATE_OK);
	ck_assert_int_eq(pipe(fds), 0);
	(void)close(fds[0]);
	ck_assert_int_eq(write(fds[1], "x", 1), -1);
	(void)close(fds[1]);
}
END_TEST

START_TEST(unblocks_what_its_starter_had_blocked)
{
	sigset_t blocked, wait_mask;

	(void)sigemptyset(&blocked);
	(void)sigaddset(&blocked, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &blocked, NULL);
	ck_assert_int_eq(gate_proc_signals(NULL, &wait_mask, NULL), GATE_OK);
	ck_assert_int_eq(sigismember(&wait_mask, SIGTERM), 0);
}
END_TEST

START_TEST(gives_root_up_for_good)
{
	struct gate_err err = {0};

	if (geteuid() != 0)
		return; /* nothing to give up */
	ck_assert_int_eq(gate_proc_become("", &err), GATE_E_CONF);
	ck_assert_int_eq(gate_proc_become(NULL, &err), GATE_E_CONF);
	ck_assert_int_eq(gate_proc_become("root", &err), GATE_E_CONF);
	ck_assert_int_eq(gate_proc_become("no-such-user", &err), GATE_E_CONF);
	ck_assert_uint_eq(geteuid(), 0);
	ck_assert_int_eq(gate_proc_become("nobody", &err), GATE_OK);
	ck_assert_uint_ne(getuid(), 0);
	ck_assert_uint_ne(geteuid(), 0);
	ck_assert_uint_ne(getegid(), 0);
	ck_assert_int_eq(setuid(0), -1);
	ck_assert_int_eq(seteuid(0), -1);
	ck_assert_int_eq(setgid(0), -1);
	/* And once more: only ourselves. */
	ck_assert_int_eq(gate_proc_become("nobody", &err), GATE_OK);
	ck_assert_int_eq(gate_proc_become("", &err), GATE_OK);
	ck_assert_int_eq(gate_proc_become("root", &err), GATE_E_CONF);
}
END_TEST

static int
bound(int type, const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	(void)unlink(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void
tmp_path(char dst[64])
{
	(void)snprintf(dst, 64, "/tmp/pressgate-check-%d.sock", (int)getpid());
}

START_TEST(tells_the_supervisor)
{
	char path[64], got[64] = "";
	int fd;

	tmp_path(path);
	fd = bound(SOCK_DGRAM, path);
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", path, 1), 0);
	gate_proc_notify("READY=1");
	ck_assert_int_eq(recv(fd, got, sizeof(got), MSG_DONTWAIT), 7);
	ck_assert_str_eq(got, "READY=1");
	(void)close(fd);
	(void)unlink(path);
}
END_TEST

START_TEST(tells_nobody_where_nobody_listens)
{
	gate_proc_notify("READY=1");
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", "", 1), 0);
	gate_proc_notify("READY=1");
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", "relative", 1), 0);
	gate_proc_notify("READY=1");
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", "/nonexistent", 1), 0);
	gate_proc_notify("READY=1");
}
END_TEST

static const struct {
	const char *what;
	const char *pid; /* NULL: ours */
	const char *fds; /* NULL: unset */
	int fd;
} listens[] = {
    {"one socket for us", NULL, "1", 3},
    {"another process's", "1", "1", -1},
    {"two sockets", NULL, "2", -1},
    {"none", NULL, "0", -1},
    {"not set", NULL, NULL, -1},
    {"no number", NULL, "1x", -1},
};

START_TEST(takes_the_socket_that_systemd_passed)
{
	char pid[24];

	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	if (fcntl(3, F_GETFD) == -1) /* else check has something there */
		ck_assert_int_eq(dup2(STDERR_FILENO, 3), 3);
	(void)setenv(
	    "LISTEN_PID", listens[_i].pid == NULL ? pid : listens[_i].pid, 1);
	if (listens[_i].fds != NULL)
		(void)setenv("LISTEN_FDS", listens[_i].fds, 1);
	(void)setenv("LISTEN_FDNAMES", "x", 1);
	ck_assert_msg(
	    gate_proc_listen_fd() == listens[_i].fd, "%s", listens[_i].what);
	ck_assert_ptr_null(getenv("LISTEN_PID"));
	ck_assert_ptr_null(getenv("LISTEN_FDS"));
	ck_assert_ptr_null(getenv("LISTEN_FDNAMES"));
	if (listens[_i].fd == 3)
		ck_assert_int_eq(fcntl(3, F_GETFD), FD_CLOEXEC);
}
END_TEST

START_TEST(knows_a_listening_fd_0)
{
	char path[64];
	int fd;

	tmp_path(path);
	ck_assert(!gate_proc_fd0_listens());
	fd = bound(SOCK_STREAM, path);
	ck_assert_int_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	ck_assert(!gate_proc_fd0_listens());
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert(gate_proc_fd0_listens());
	(void)unlink(path);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("proc");
	TCase *t = tcase_create("proc");

	tcase_add_test(t, opens_what_is_closed_of_0_to_2);
	add_row_test(t, hears_a_signal_only_where_it_waits, signals);
	tcase_add_test(t, does_not_die_of_a_broken_pipe);
	tcase_add_test(t, unblocks_what_its_starter_had_blocked);
	tcase_add_test(t, gives_root_up_for_good);
	tcase_add_test(t, tells_the_supervisor);
	tcase_add_test(t, tells_nobody_where_nobody_listens);
	add_row_test(t, takes_the_socket_that_systemd_passed, listens);
	tcase_add_test(t, knows_a_listening_fd_0);
	suite_add_tcase(s, t);
	return s;
}

/*
 * A process among others: signal flags, descriptors 0 to 2, becoming
 * another user, telling the supervisor. The only mutable state at file
 * scope in the whole program stands in proc.c: the signal flags.
 */
#ifndef GATE_PROC_H
#define GATE_PROC_H

#include <signal.h>
#include <stdbool.h>

#include "lib/err.h"

enum gate_signal {
	GATE_SIG_STOP,
	GATE_SIG_RELOAD,
	GATE_SIG_CHILD,
	GATE_SIG_ALARM,
	GATE_SIG_COUNT
};

/* Opens /dev/null on 0, 1 or 2 where one is closed. */
enum gate_code gate_proc_fds(struct gate_err *err) GATE_MUSTCHECK;

/*
 * TERM, INT -> STOP; HUP -> RELOAD; CHLD -> CHILD; ALRM -> ALARM; PIPE is
 * ignored. Without SA_RESTART; handlers set a flag and call also (or NULL),
 * which must be async-signal-safe. Blocks those signals and stores the mask
 * to wait with (ppoll, sigsuspend) in *wait_mask.
 */
enum gate_code gate_proc_signals(void (*also)(enum gate_signal),
    sigset_t *wait_mask, struct gate_err *err) GATE_MUSTCHECK;
bool gate_proc_signaled(enum gate_signal s);
void gate_proc_forget(enum gate_signal s);

/*
 * As root: becomes user (supplementary groups too, setgroups, setresgid,
 * setresuid), and setuid(0) must then fail. user empty: GATE_E_CONF, serving
 * as root is refused. Not root: GATE_OK if user is empty or ourselves.
 */
enum gate_code gate_proc_become(
    const char *user, struct gate_err *err) GATE_MUSTCHECK;

/* No core files, no ptrace, no new privileges, umask 077. Best effort. */
void gate_proc_harden(void);

/* One datagram to $NOTIFY_SOCKET (sd_notify(3)), or nothing. */
void gate_proc_notify(const char *state);

/* The descriptor of the only socket that systemd passed (LISTEN_FDS,
 * LISTEN_PID; sd_listen_fds(3)), or -1. Clears the variables. */
int gate_proc_listen_fd(void);
/* True if fd 0 is a listening socket (mod_fcgid, spawn-fcgi, lighttpd). */
bool gate_proc_fd0_listens(void);

#endif

/*
 * The accept loop. Facts about libfcgi 2.4.2 that shape it (source read and
 * tried):
 *
 *  - it has no read timeout, and a socket accepted from an AF_UNIX listener
 *    inherits none: a repeating SIGALRM without SA_RESTART makes a blocked
 *    read fail with EINTR, which it takes as the end of the connection;
 *  - a TERM that lands between its look at the flag and its accept(2) is
 *    lost, and its accept loop goes on to the next peer behind our back: so
 *    we accept ourselves and hand it the connection (ipcFd, with
 *    keepConnection set so that it is not closed at once); its own listening
 *    socket is -1, at which it gives up;
 *  - a kept connection that is idle would starve all others: it is dropped
 *    as soon as somebody waits on the listener;
 *  - it closes with shutdown, then reads what the peer still sends until a
 *    poll times out: 2 s unless LIBFCGI_OS_CLOSE_POLL_TIMEOUT says less, and
 *    without end if the peer always has more: so we close ourselves where it
 *    lets us;
 *  - params that end with the connection look complete; only the stream's
 *    error tells;
 *  - what is not read of STDIN before the answer would be taken for the next
 *    request of a kept connection.
 *
 * Signals are blocked but where this file says so: STOP, RELOAD and CHILD
 * only while waiting (ppoll), ALARM only within libfcgi.
 */
#include "config.h"

#include "fcgi/serve.h"

#include <errno.h>
#include <fcgiapp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/num.h"
#include "lib/proc.h"

#define FIRST_BYTE_MS 1000 /* web servers send as soon as they connect */
#define WRITE_MS 2000      /* to take our answer */
#define DRAIN_MAX 65536    /* of a body nobody wanted, to keep a connection */
#define CHUNK 16384
#define OUT_KEPT_MAX (1024 * 1024) /* more is given back after an answer */
#define ALARM_EVERY_MS 100 /* after the deadline, until somebody hears it */
#define CLOSE_POLL_MS 200
#define CLOSE_POLL_TEXT "200"
#define ACCEPT_PAUSE_MS 500 /* when out of descriptors */

struct serve {
	const struct serve_settings *s;
	const struct serve_calls *calls;
	FCGX_Request r;
	int64_t accepted_ms;
	int64_t read_by_ms; /* monotonic */
	struct gate_buf out;
};

static void
set_timer(int64_t ms)
{
	struct itimerval t = {
	    .it_value = {.tv_sec = ms / 1000,
		.tv_usec = (suseconds_t)(ms % 1000 * 1000)},
	    .it_interval = {.tv_usec = ms == 0 ? 0 : ALARM_EVERY_MS * 1000},
	};

	(void)setitimer(ITIMER_REAL, &t, NULL); /* fails for bad values only */
}

static void
let_alarm(int how)
{
	sigset_t alarm_only;

	(void)sigemptyset(&alarm_only);
	(void)sigaddset(&alarm_only, SIGALRM);
	(void)sigprocmask(how, &alarm_only, NULL);
}

/* From here to io_end libfcgi may block, until_ms at most. */
static void
io_begin(int64_t until_ms)
{
	int64_t left = until_ms - gate_mono_ms();

	set_timer(left < 1 ? 1 : left);
	let_alarm(SIG_UNBLOCK);
}

static void
io_end(void)
{
	let_alarm(SIG_BLOCK);
	set_timer(0);
	gate_proc_forget(GATE_SIG_ALARM);
}

static bool
has_input(int fd, int timeout_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, timeout_ms) > 0;
}

/* A peer that still sends when we close would lose the answer: it is heard
 * out, but not for ever. */
static void
hang_up(struct serve *v)
{
	int64_t until_ms = gate_mono_ms() + WRITE_MS;
	int fd = v->r.ipcFd;
	char trash[4096];

	if (fd < 0)
		return;
	v->r.ipcFd = -1;
	if (shutdown(fd, SHUT_WR) == 0)
		while (gate_mono_ms() < until_ms &&
		    has_input(fd, CLOSE_POLL_MS) &&
		    read(fd, trash, sizeof(trash)) > 0)
			;
	(void)close(fd);
}

static void
drop_connection(struct serve *v)
{
	if (v->r.ipcFd < 0)
		return;
	FCGX_Free(&v->r, 0);
	hang_up(v);
}

/* Reads to the end of STDIN also when max is reached exactly, since only
 * the end tells that nothing was left. */
static enum request_body_end
read_all(struct serve *v, size_t max, struct gate_buf *out)
{
	size_t got = 0;

	for (;;) {
		size_t want = max - got < CHUNK ? max - got + 1 : CHUNK, n;
		unsigned char *p;
		bool late;

		if (gate_buf_room(out, want, &p) != GATE_OK)
			return REQUEST_BODY_NOMEM;
		n = (size_t)FCGX_GetStr((char *)p, (int)want, v->r.in);
		gate_buf_added(out, n);
		got += n;
		if (got > max)
			return REQUEST_BODY_LONG;
		late = gate_mono_ms() >= v->read_by_ms;
		if (n < want && FCGX_GetError(v->r.in) == 0)
			return REQUEST_BODY_OK;
		if (late)
			return REQUEST_BODY_LATE;
		if (n < want)
			return REQUEST_BODY_CUT;
	}
}

static enum request_body_end
read_body(void *ctx, size_t max, struct gate_buf *out)
{
	struct serve *v = ctx;
	enum request_body_end end;

	io_begin(v->read_by_ms);
	end = read_all(v, max, out);
	io_end();
	return end;
}

/* A connection can be kept only if the request was read to its end. */
static void
drain(struct serve *v)
{
	char trash[4096];
	size_t got = 0;
	int n = 1;

	while (n > 0 && got < DRAIN_MAX) {
		n = FCGX_GetStr(trash, (int)sizeof(trash), v->r.in);
		got += (size_t)n;
		if (n < (int)sizeof(trash))
			return; /* the end, or an error that Finish sees */
	}
	v->r.keepConnection = 0;
}

static void
answer(struct serve *v)
{
	struct serve_request q = {
	    .params = v->r.envp,
	    .body = {read_body, v},
	    .accepted_ms = v->accepted_ms,
	};
	struct gate_span out;
	bool keep;
	int n;

	gate_buf_reset(&v->out);
	v->calls->answer(v->calls->ctx, &q, &v->out);
	out = gate_buf_span(&v->out);
	io_begin(gate_mono_ms() + WRITE_MS);
	/* A peer that went away is not our trouble: the event is stored. */
	if (v->out.failed == GATE_OK && gate_to_int(out.n, &n))
		(void)FCGX_PutStr((const char *)out.p, n, v->r.out);
	if (v->r.keepConnection != 0)
		drain(v);
	keep = v->r.keepConnection != 0 && FCGX_GetError(v->r.in) == 0;
	v->r.keepConnection = 1; /* closing is not left to libfcgi */
	FCGX_ClearError(v->r.in);
	FCGX_Finish_r(&v->r);
	io_end();
	if (!keep)
		hang_up(v);
	if (v->out.cap > OUT_KEPT_MAX)
		gate_buf_clear(&v->out);
	v->calls->after(v->calls->ctx);
}

/* Reads BEGIN_REQUEST and the params of the connection in ipcFd. */
static bool
begin(struct serve *v)
{
	int rc;

	v->accepted_ms = gate_mono_ms();
	v->read_by_ms = v->accepted_ms + v->calls->read_ms(v->calls->ctx);
	/* FCGX_Accept_r finishes "the request before" first, which closes
	 * the connection unless it is to be kept. */
	v->r.keepConnection = 1;
	io_begin(v->read_by_ms);
	rc = FCGX_Accept_r(&v->r);
	io_end();
	if (rc != 0)
		return false;
	/* Params that broke off are handed over as if they were whole. */
	if (FCGX_GetError(v->r.in) != 0) {
		drop_connection(v);
		return false;
	}
	return true;
}

/* Takes a waiting connection into r.ipcFd. False: none, or it is silent. */
static enum gate_code
take_connection(struct serve *v, bool *taken, struct gate_err *err)
{
	int fd = accept4(v->s->listener, NULL, NULL, SOCK_CLOEXEC);

	*taken = false;
	if (fd < 0) {
		switch (errno) {
		case EBADF:
		case EINVAL:
		case ENOTSOCK:
		case EOPNOTSUPP:
			return gate_err_sys(err, "accept");
		case EMFILE:
		case ENFILE:
		case ENOBUFS:
		case ENOMEM:
			(void)poll(NULL, 0, ACCEPT_PAUSE_MS);
			return GATE_OK;
		default: /* EAGAIN: another child was faster */
			return GATE_OK;
		}
	}
	if (!has_input(fd, FIRST_BYTE_MS)) {
		(void)close(fd);
		return GATE_OK;
	}
	v->r.ipcFd = fd;
	*taken = true;
	return GATE_OK;
}

/* Waits for a request on the kept connection or for a new connection. */
static enum gate_code
wait_for_request(struct serve *v, bool *ready, struct gate_err *err)
{
	struct pollfd p[2] = {
	    {.fd = v->s->listener, .events = POLLIN},
	    {.fd = v->r.ipcFd, .events = POLLIN}, /* -1: poll skips it */
	};
	int n;

	*ready = false;
	n = ppoll(p, 2, NULL, v->s->wait_mask);
	if (n < 0 && errno != EINTR)
		return gate_err_sys(err, "ppoll");
	if (n <= 0)
		return GATE_OK;
	v->calls->before(v->calls->ctx);
	if (p[1].revents != 0) {
		*ready = true;
		return GATE_OK;
	}
	drop_connection(v);
	return take_connection(v, ready, err);
}

static enum gate_code
init(struct serve *v, struct gate_err *err)
{
	/* Read by FCGX_Init, once. */
	if (setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", CLOSE_POLL_TEXT, 1) != 0)
		return gate_err_sys(err, "setenv");
	if (FCGX_Init() != 0)
		return gate_err_set(err, GATE_E_NOMEM, "libfcgi: no memory");
	if (FCGX_InitRequest(&v->r, -1, FCGI_FAIL_ACCEPT_ON_INTR) != 0)
		return gate_err_set(err, GATE_E_BUG, "libfcgi: init");
	v->r.ipcFd = -1;
	gate_buf_init(&v->out, SERVE_ANSWER_MAX);
	return GATE_OK;
}

enum gate_code
serve_loop(const struct serve_settings *s, const struct serve_calls *calls,
    struct gate_err *err)
{
	struct serve v = {.s = s, .calls = calls, .r = {.ipcFd = -1}};
	enum gate_code code = init(&v, err);
	int64_t served = 0;
	bool ready;

	while (code == GATE_OK && !gate_proc_signaled(GATE_SIG_STOP)) {
		code = wait_for_request(&v, &ready, err);
		if (code != GATE_OK || !ready || !begin(&v))
			continue;
		answer(&v);
		if (s->requests_max > 0 && ++served >= s->requests_max)
			break;
	}
	drop_connection(&v);
	gate_buf_clear(&v.out);
	return code;
}

/*
 * The accept loop. Facts about libfcgi 2.4.2 that shape it (source read and
 * tried):
 *
 *  - it has no read timeout, and reads what it should not (intake.c): so
 *    it is given the head of a request, which we have read and looked
 *    through, by a socket pair of our own, and bodies it never sees;
 *  - it waits without end for a peer to take an answer: a repeating SIGALRM
 *    without SA_RESTART makes the write fail with EINTR. An answer that
 *    fits the socket needs no such clock, and that is nearly every one;
 *  - a TERM that lands between its look at the flag and its accept(2) is
 *    lost, and its accept loop goes on to the next peer behind our back: so
 *    we accept ourselves, and set its ipcFd (with keepConnection, so that
 *    it is not closed at once); its own listening socket is -1, at which it
 *    gives up;
 *  - a kept connection that is idle would starve all others: it is dropped
 *    as soon as somebody waits on the listener;
 *  - it closes with shutdown, then reads what the peer still sends until a
 *    poll times out: 2 s unless LIBFCGI_OS_CLOSE_POLL_TIMEOUT says less, and
 *    without end if the peer always has more: so we close ourselves, and at
 *    once if nothing is left to be read;
 *  - of children that poll one listener all wake for one connection: an
 *    epoll instance of each with EPOLLEXCLUSIVE wakes one.
 *
 * Signals are blocked but where this file says so: STOP, RELOAD and CHILD
 * only while waiting (epoll_pwait), ALARM only within libfcgi.
 */
#include "config.h"

#include "fcgi/serve.h"

#include <errno.h>
#include <fcgiapp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "fcgi/intake.h"
#include "fcgi/peer.h"
#include "lib/clock.h"
#include "lib/num.h"
#include "lib/proc.h"

#define FIRST_BYTE_MS 1000 /* web servers send as soon as they connect */
#define WRITE_MS 2000      /* to take our answer */
#define DRAIN_MAX 65536    /* of a body nobody wanted, to keep a connection */
#define OUT_KEPT_MAX (1024 * 1024) /* more is given back after an answer */
#define ALARM_EVERY_MS 100 /* after the deadline, until somebody hears it */
#define CLOSE_POLL_TEXT "200"
#define ACCEPT_PAUSE_MS 500 /* when out of descriptors */
#define SMALL_ANSWER 4096   /* fits any socket that has sent nothing yet */

struct serve {
	const struct serve_settings *s;
	const struct serve_calls *calls;
	FCGX_Request r;
	int pair[2]; /* libfcgi reads heads from [0] */
	int epoll;
	int fd;     /* the connection in hand, or -1 */
	bool fresh; /* first request of its connection */
	int64_t accepted_ms;
	int64_t read_by_ms; /* monotonic */
	struct intake intake;
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

/* From here to io_end libfcgi may block, WRITE_MS at most; or not at all. */
static void
io_begin(bool may_block)
{
	if (!may_block)
		return;
	set_timer(WRITE_MS);
	let_alarm(SIG_UNBLOCK);
}

static void
io_end(bool may_block)
{
	if (!may_block)
		return;
	let_alarm(SIG_BLOCK);
	set_timer(0);
	gate_proc_forget(GATE_SIG_ALARM);
}

/* Patiently, unless it has said all it had to say and we have heard it. */
static void
drop_connection(struct serve *v)
{
	int fd = v->fd;

	if (fd < 0)
		return;
	v->fd = -1;
	peer_part(fd,
	    !intake_rest(&v->intake, gate_mono_ms(), DRAIN_MAX) ||
		peer_has_input(fd, 0));
}

static enum request_body_end
read_body(void *ctx, size_t max, struct gate_buf *out)
{
	struct serve *v = ctx;

	return intake_body(&v->intake, v->read_by_ms, max, out);
}

/* A connection that is kept is waited on beside the listener. */
static void
keep(struct serve *v)
{
	struct epoll_event on = {.events = EPOLLIN, .data.fd = v->fd};

	if (v->fresh && epoll_ctl(v->epoll, EPOLL_CTL_ADD, v->fd, &on) != 0)
		drop_connection(v);
}

/* As FCGX_Finish_r, which would close the connection of a peer that does
 * not take its answer, and hear it out without end. */
static bool
finish(struct serve *v)
{
	bool ok = FCGX_FClose(v->r.err) == 0;

	ok = FCGX_FClose(v->r.out) == 0 && ok;
	FCGX_Free(&v->r, 0);
	v->r.ipcFd = -1;
	return ok;
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
	bool kept = v->r.keepConnection != 0, may_block;
	int n;

	gate_buf_reset(&v->out);
	v->calls->answer(v->calls->ctx, &q, &v->out);
	out = gate_buf_span(&v->out);
	may_block = !v->fresh || out.n > SMALL_ANSWER;
	io_begin(may_block);
	/* A peer that went away is not our trouble: the event is stored. */
	if (v->out.failed == GATE_OK && gate_to_int(out.n, &n))
		(void)FCGX_PutStr((const char *)out.p, n, v->r.out);
	kept = finish(v) && kept;
	io_end(may_block);
	/* Only if the request was read to its end. */
	if (kept &&
	    intake_rest(&v->intake, gate_mono_ms() + WRITE_MS, DRAIN_MAX))
		keep(v);
	else
		drop_connection(v);
	v->fresh = false;
	if (v->out.cap > OUT_KEPT_MAX)
		gate_buf_clear(&v->out);
	v->calls->after(v->calls->ctx);
}

/* The head as canonical records, into the pair: it holds far more. */
static bool
feed(struct serve *v)
{
	unsigned char begin[RECORDS_HEADER], params[RECORDS_HEADER],
	    end[RECORDS_HEADER];
	struct gate_span p = gate_buf_span(&v->intake.params);
	struct iovec io[] = {
	    {begin, sizeof(begin)},
	    {v->intake.begin, sizeof(v->intake.begin)},
	    {params, p.n > 0 ? sizeof(params) : 0},
	    {v->intake.params.p, p.n},
	    {end, sizeof(end)},
	};
	struct msghdr m = {.msg_iov = io, .msg_iovlen = GATE_COUNT(io)};
	size_t i, id = v->intake.id, all = 0;
	ssize_t n;

	records_put_header(
	    begin, RECORDS_BEGIN_REQUEST, id, sizeof(v->intake.begin));
	records_put_header(params, RECORDS_PARAMS, id, p.n);
	records_put_header(end, RECORDS_PARAMS, id, 0);
	for (i = 0; i < GATE_COUNT(io); i++)
		all += io[i].iov_len;
	n = sendmsg(v->pair[1], &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	return n > 0 && (size_t)n == all;
}

/* What a failure left in the pair must not be the next one's. */
static bool
open_pair(struct serve *v)
{
	size_t i;

	for (i = 0; i < GATE_COUNT(v->pair); i++)
		if (v->pair[i] >= 0)
			(void)close(v->pair[i]);
	v->pair[0] = v->pair[1] = -1;
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, v->pair) == 0;
}

/* libfcgi makes its params of a head that is there. */
static bool
parse_head(struct serve *v)
{
	if (!feed(v))
		return false;
	/* FCGX_Accept_r finishes "the request before" first, which closes
	 * ipcFd unless it is to be kept. */
	v->r.keepConnection = 1;
	v->r.ipcFd = v->pair[0];
	if (FCGX_Accept_r(&v->r) != 0) {
		v->pair[0] = v->r.ipcFd; /* -1 if it has closed it */
		v->r.ipcFd = -1;
		return false;
	}
	v->r.ipcFd = v->fd;
	return true;
}

/* Reads the head of a request of the connection in fd. */
static bool
begin(struct serve *v)
{
	enum intake_end end;

	v->accepted_ms = gate_mono_ms();
	v->read_by_ms = v->accepted_ms + v->calls->read_ms(v->calls->ctx);
	end = intake_head(
	    &v->intake, v->accepted_ms + FIRST_BYTE_MS, v->read_by_ms);
	if (end == INTAKE_READY && parse_head(v))
		return true;
	if (end == INTAKE_BROKEN)
		v->calls->broken(v->calls->ctx);
	drop_connection(v);
	if (end == INTAKE_READY)
		(void)open_pair(v); /* if not now, at the next one */
	return false;
}

/* Takes a waiting connection, if there still is one. */
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
	v->fd = fd;
	v->fresh = true;
	intake_open(&v->intake, fd);
	*taken = true;
	return GATE_OK;
}

/* Waits for a request on the kept connection or for a new connection. */
static enum gate_code
wait_for_request(struct serve *v, bool *ready, struct gate_err *err)
{
	struct epoll_event e[2];
	int i, n;

	*ready = false;
	n = epoll_pwait(v->epoll, e, 2, -1, v->s->wait_mask);
	if (n < 0 && errno != EINTR)
		return gate_err_sys(err, "epoll_pwait");
	if (n <= 0)
		return GATE_OK;
	v->calls->before(v->calls->ctx);
	for (i = 0; i < n; i++) {
		if (e[i].data.fd == v->fd) {
			*ready = true;
			return GATE_OK;
		}
	}
	drop_connection(v);
	return take_connection(v, ready, err);
}

/* Of all who wait on the listener this way, one wakes for a connection. */
static enum gate_code
watch_listener(struct serve *v, struct gate_err *err)
{
	struct epoll_event on = {
	    .events = EPOLLIN | EPOLLEXCLUSIVE, .data.fd = v->s->listener};

	v->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (v->epoll < 0 ||
	    epoll_ctl(v->epoll, EPOLL_CTL_ADD, v->s->listener, &on) != 0)
		return gate_err_sys(err, "epoll");
	return GATE_OK;
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
	intake_init(&v->intake);
	if (!open_pair(v))
		return gate_err_sys(err, "socketpair");
	gate_buf_init(&v->out, SERVE_ANSWER_MAX);
	return watch_listener(v, err);
}

static void
clear(struct serve *v)
{
	size_t i;

	drop_connection(v);
	for (i = 0; i < GATE_COUNT(v->pair); i++)
		if (v->pair[i] >= 0)
			(void)close(v->pair[i]);
	if (v->epoll >= 0)
		(void)close(v->epoll);
	gate_buf_clear(&v->out);
	intake_clear(&v->intake);
}

enum gate_code
serve_loop(const struct serve_settings *s, const struct serve_calls *calls,
    struct gate_err *err)
{
	struct serve v = {.s = s,
	    .calls = calls,
	    .r = {.ipcFd = -1},
	    .pair = {-1, -1},
	    .epoll = -1,
	    .fd = -1};
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
	clear(&v);
	return code;
}

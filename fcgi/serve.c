/*
 * The accept loop. Facts about libfcgi 2.4.2 that shape it (source read and
 * tried):
 *
 *  - it has no read timeout, and a socket accepted from an AF_UNIX listener
 *    inherits none: a repeating SIGALRM without SA_RESTART makes a blocked
 *    read fail with EINTR, which it takes as the end of the connection. A
 *    request that is all there when we look (peer.c) needs no such clock,
 *    and that is nearly every one;
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
 *    lets us, and at once if nothing is left to be read;
 *  - of children that poll one listener all wake for one connection: an
 *    epoll instance of each with EPOLLEXCLUSIVE wakes one;
 *  - params that end with the connection look complete; only the stream's
 *    error tells;
 *  - what is not read of STDIN before the answer would be taken for the next
 *    request of a kept connection.
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
#include <unistd.h>

#include "fcgi/peer.h"
#include "lib/clock.h"
#include "lib/num.h"
#include "lib/proc.h"

#define FIRST_BYTE_MS 1000 /* web servers send as soon as they connect */
#define WRITE_MS 2000      /* to take our answer */
#define DRAIN_MAX 65536    /* of a body nobody wanted, to keep a connection */
#define CHUNK 16384
#define OUT_KEPT_MAX (1024 * 1024) /* more is given back after an answer */
#define ALARM_EVERY_MS 100 /* after the deadline, until somebody hears it */
#define CLOSE_POLL_TEXT "200"
#define ACCEPT_PAUSE_MS 500 /* when out of descriptors */
#define SMALL_ANSWER 4096   /* fits any socket that has sent nothing yet */

struct serve {
	const struct serve_settings *s;
	const struct serve_calls *calls;
	FCGX_Request r;
	int epoll;
	bool fresh;    /* first request of its connection */
	bool whole;    /* all of it is there: reading cannot block */
	bool read_out; /* nor is any of its body left */
	int64_t accepted_ms;
	int64_t read_by_ms; /* monotonic */
	struct gate_buf out;
	unsigned char room[PEER_LOOK_BYTES];
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

/* From here to io_end libfcgi may block, until_ms at most; or not at all. */
static void
io_begin(bool may_block, int64_t until_ms)
{
	int64_t left = until_ms - gate_mono_ms();

	if (!may_block)
		return;
	set_timer(left < 1 ? 1 : left);
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
hang_up(struct serve *v)
{
	int fd = v->r.ipcFd;

	if (fd < 0)
		return;
	v->r.ipcFd = -1;
	peer_part(fd, !v->whole || (!v->read_out && peer_has_input(fd, 0)));
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

	io_begin(!v->whole, v->read_by_ms);
	end = read_all(v, max, out);
	io_end(!v->whole);
	v->read_out = end == REQUEST_BODY_OK;
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

/* A connection that is kept is waited on beside the listener. */
static void
keep(struct serve *v)
{
	struct epoll_event on = {.events = EPOLLIN, .data.fd = v->r.ipcFd};

	if (v->fresh &&
	    epoll_ctl(v->epoll, EPOLL_CTL_ADD, v->r.ipcFd, &on) != 0)
		hang_up(v);
}

/* As FCGX_Finish_r, which would close the connection of a peer that does
 * not take its answer, and hear it out without end. */
static bool
finish(struct serve *v)
{
	bool ok = FCGX_FClose(v->r.err) == 0;

	ok = FCGX_FClose(v->r.out) == 0 && ok;
	ok = FCGX_GetError(v->r.in) == 0 && ok;
	FCGX_Free(&v->r, 0);
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
	bool kept, may_block;
	int n;

	gate_buf_reset(&v->out);
	v->calls->answer(v->calls->ctx, &q, &v->out);
	out = gate_buf_span(&v->out);
	/* drain() reads, too, where the connection is to be kept. */
	may_block = !v->fresh || !v->whole || out.n > SMALL_ANSWER;
	io_begin(may_block, gate_mono_ms() + WRITE_MS);
	/* A peer that went away is not our trouble: the event is stored. */
	if (v->out.failed == GATE_OK && gate_to_int(out.n, &n))
		(void)FCGX_PutStr((const char *)out.p, n, v->r.out);
	if (v->r.keepConnection != 0)
		drain(v);
	kept = finish(v) && v->r.keepConnection != 0;
	io_end(may_block);
	if (kept)
		keep(v);
	else
		hang_up(v);
	v->fresh = false;
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
	io_begin(!v->whole, v->read_by_ms);
	rc = FCGX_Accept_r(&v->r);
	io_end(!v->whole);
	if (rc != 0)
		return false;
	/* Params that broke off are handed over as if they were whole. */
	if (FCGX_GetError(v->r.in) != 0) {
		drop_connection(v);
		return false;
	}
	return true;
}

static bool
look(struct serve *v)
{
	v->read_out = false;
	return peer_look(v->r.ipcFd, v->room, &v->whole);
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
	v->r.ipcFd = fd;
	v->fresh = true;
	if (!look(v) && !(peer_has_input(fd, FIRST_BYTE_MS) && look(v))) {
		v->r.ipcFd = -1;
		(void)close(fd);
		return GATE_OK;
	}
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
		if (e[i].data.fd == v->r.ipcFd) {
			(void)look(v);
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
	gate_buf_init(&v->out, SERVE_ANSWER_MAX);
	return watch_listener(v, err);
}

enum gate_code
serve_loop(const struct serve_settings *s, const struct serve_calls *calls,
    struct gate_err *err)
{
	struct serve v = {
	    .s = s, .calls = calls, .r = {.ipcFd = -1}, .epoll = -1};
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
	if (v.epoll >= 0)
		(void)close(v.epoll);
	gate_buf_clear(&v.out);
	return code;
}

/*
 * An open-loop sender: distinct signed events at a fixed rate, whatever the
 * answers do. A latency is counted from the instant that the schedule has,
 * not from when the sender got round to it, so a gate that stalls is charged
 * for all who wait behind it. Keep-alive connections to one port of the
 * loopback; who finds none free waits, and the clock runs.
 *
 *   sender PORT RATE SECONDS SECRET_FILE
 *
 * Prints one line of JSON. "late" are requests that left more than 1 ms
 * after their instant; a run with many of them in which no connection was
 * short says something about this machine only.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "bench/event.h"
#include "lib/num.h"

#define CONNECTIONS 256
#define ANSWER_MAX 4096
#define NS INT64_C(1000000000)
#define LATE_NS 1000000
#define START_NS (NS / 10) /* to let everything settle before the first */
#define GRACE_NS (10 * NS) /* for the last answers */
#define TOTAL_MAX 2000000

struct connection {
	int fd; /* -1: closed */
	uint64_t event;
	size_t sent, got;
	bool busy;
	char in[ANSWER_MAX + 1];
};

struct sender {
	uint16_t port;
	uint64_t rate, total, due, begun, ended;
	uint64_t accepted, other, broken, late, waited;
	int64_t start_ns, late_max_ns, last_ns;
	size_t size; /* of one request */
	struct gate_buf requests;
	int64_t *latency_ns; /* of the ended ones, in the order they ended */
	int epoll, timer;
	struct connection conns[CONNECTIONS];
};

static int64_t
now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * NS + t.tv_nsec;
}

static int64_t
instant_ns(const struct sender *s, uint64_t event)
{
	return s->start_ns + (int64_t)(event * (uint64_t)NS / s->rate);
}

static bool
connect_now(struct sender *s, struct connection *c)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons(s->port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct epoll_event on = {
	    .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
	int one = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return false;
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(c->fd, (const struct sockaddr *)&to, sizeof(to)) == 0 &&
	    epoll_ctl(s->epoll, EPOLL_CTL_ADD, c->fd, &on) == 0)
		return true;
	(void)close(c->fd);
	c->fd = -1;
	return false;
}

static void
hang_up(struct connection *c)
{
	if (c->fd >= 0)
		(void)close(c->fd);
	c->fd = -1;
}

/* status 0: the connection broke. */
static void
end_event(struct sender *s, struct connection *c, int status)
{
	s->last_ns = now_ns();
	s->latency_ns[s->ended++] = s->last_ns - instant_ns(s, c->event);
	if (status == 202)
		s->accepted++;
	else if (status == 0)
		s->broken++;
	else
		s->other++;
	c->busy = false;
}

static void
write_some(struct sender *s, struct connection *c)
{
	const unsigned char *p = s->requests.p + c->event * s->size;
	ssize_t n;

	while (c->busy && c->sent < s->size) {
		n = send(c->fd, p + c->sent, s->size - c->sent,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0) {
			c->sent += (size_t)n;
		} else if (errno == EAGAIN) {
			return;
		} else {
			hang_up(c);
			end_event(s, c, 0);
		}
	}
}

/* True: the answer is whole. *status is its. */
static bool
is_whole(struct connection *c, int *status, bool *last)
{
	struct gate_span line;
	const char *end, *length;
	uint64_t n;

	c->in[c->got] = '\0';
	end = strstr(c->in, "\r\n\r\n");
	length = strstr(c->in, "\r\nContent-Length: ");
	if (end == NULL || length == NULL || length > end)
		return false;
	length += sizeof("\r\nContent-Length: ") - 1;
	line = gate_span_of(length, strcspn(length, "\r"));
	if (!gate_span_u64(line, ANSWER_MAX, &n) ||
	    c->got < (size_t)(end + 4 - c->in) + n)
		return false;
	*last = strstr(c->in, "\r\nConnection: close") != NULL;
	if (!gate_span_u64(gate_span_of(c->in + 9, 3), 999, &n))
		return false;
	*status = (int)n;
	return true;
}

static void
read_some(struct sender *s, struct connection *c)
{
	bool last = false;
	int status;
	ssize_t n;

	for (;;) {
		n = recv(
		    c->fd, c->in + c->got, ANSWER_MAX - c->got, MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			hang_up(c);
			if (c->busy)
				end_event(s, c, 0);
			return;
		}
		c->got += (size_t)n;
		if (c->busy && is_whole(c, &status, &last)) {
			end_event(s, c, status);
			c->got = 0;
		}
		if (last)
			hang_up(c);
		if (last)
			return;
	}
}

static struct connection *
free_connection(struct sender *s)
{
	size_t i;

	for (i = 0; i < CONNECTIONS; i++)
		if (!s->conns[i].busy)
			return &s->conns[i];
	return NULL;
}

/* Sends what is due, as far as there are connections. */
static void
begin_events(struct sender *s)
{
	int64_t now = now_ns();

	while (s->due < s->total && instant_ns(s, s->due) <= now)
		s->due++;
	while (s->begun < s->due) {
		struct connection *c = free_connection(s);
		int64_t late;

		if (c == NULL) {
			s->waited++;
			return;
		}
		c->event = s->begun++;
		c->sent = c->got = 0;
		c->busy = true;
		late = now_ns() - instant_ns(s, c->event);
		if (late > LATE_NS)
			s->late++;
		if (late > s->late_max_ns)
			s->late_max_ns = late;
		if (c->fd < 0 && !connect_now(s, c))
			end_event(s, c, 0);
		write_some(s, c);
	}
}

static void
set_timer(struct sender *s)
{
	int64_t at = s->due < s->total ? instant_ns(s, s->due)
				       : instant_ns(s, s->total) + GRACE_NS;
	struct itimerspec t = {
	    .it_value = {.tv_sec = (time_t)(at / NS), .tv_nsec = at % NS}};

	(void)timerfd_settime(s->timer, TFD_TIMER_ABSTIME, &t, NULL);
}

static void
run(struct sender *s)
{
	struct epoll_event ready[CONNECTIONS + 1];
	int64_t give_up;
	int i, n;

	s->start_ns = now_ns() + START_NS;
	give_up = instant_ns(s, s->total) + GRACE_NS;
	while (s->ended < s->total && now_ns() < give_up) {
		set_timer(s);
		n = epoll_wait(s->epoll, ready, CONNECTIONS + 1, -1);
		for (i = 0; i < n; i++) {
			struct connection *c = ready[i].data.ptr;
			uint64_t ticks;

			if (c == NULL) {
				(void)!read(s->timer, &ticks, sizeof(ticks));
				continue;
			}
			if (c->fd >= 0 && (ready[i].events & EPOLLOUT) != 0)
				write_some(s, c);
			if (c->fd >= 0)
				read_some(s, c);
		}
		begin_events(s);
	}
}

static bool
prepare(struct sender *s, const char *secret_file)
{
	struct epoll_event on = {.events = EPOLLIN};
	struct event_maker maker;
	struct gate_err err;
	uint64_t i;
	bool ok = true;

	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	s->latency_ns = calloc(s->total, sizeof(*s->latency_ns));
	gate_buf_init(&s->requests, SIZE_MAX / 2);
	if (event_maker_init(&maker, secret_file, &err) != GATE_OK) {
		(void)fprintf(stderr, "sender: %s\n", err.text);
		return false;
	}
	for (i = 0; i < s->total && ok; i++)
		ok = event_put(&s->requests, &maker) == GATE_OK;
	event_maker_clear(&maker);
	s->size = s->requests.n / s->total;
	for (i = 0; i < CONNECTIONS; i++)
		s->conns[i].fd = -1;
	return ok && s->latency_ns != NULL && s->epoll >= 0 && s->timer >= 0 &&
	    epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->timer, &on) == 0;
}

static int
compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
print_ms(const struct sender *s, const char *name, uint64_t per_mille)
{
	uint64_t i = s->ended * per_mille / 1000;

	if (i >= s->ended)
		i = s->ended - 1;
	(void)printf("\"%s_ms\": %.3f, ", name, (double)s->latency_ns[i] / 1e6);
}

static void
report(struct sender *s)
{
	static const struct {
		const char *name;
		uint64_t per_mille;
	} marks[] = {{"p50", 500}, {"p95", 950}, {"p99", 990}, {"max", 1000}};
	size_t i;

	qsort(s->latency_ns, s->ended, sizeof(*s->latency_ns), compare);
	(void)printf("{\"rate\": %" PRIu64 ", \"sent\": %" PRIu64
		     ", \"accepted\": %" PRIu64 ", \"other\": %" PRIu64
		     ", \"broken\": %" PRIu64 ", \"unanswered\": %" PRIu64 ", ",
	    s->rate, s->begun, s->accepted, s->other, s->broken,
	    s->total - s->ended);
	for (i = 0; i < GATE_COUNT(marks) && s->ended > 0; i++)
		print_ms(s, marks[i].name, marks[i].per_mille);
	(void)printf("\"late\": %" PRIu64 ", \"late_max_ms\": %.3f, "
		     "\"waited\": %" PRIu64 ", \"tail_ms\": %.3f}\n",
	    s->late, (double)s->late_max_ns / 1e6, s->waited,
	    (double)(s->last_ns - instant_ns(s, s->total)) / 1e6);
}

int
main(int argc, char **argv)
{
	static struct sender s;
	uint64_t port = 0, seconds = 0;

	if (argc != 5 ||
	    !gate_span_u64(gate_span_str(argv[1]), UINT16_MAX, &port) ||
	    !gate_span_u64(gate_span_str(argv[2]), 1000000, &s.rate) ||
	    !gate_span_u64(gate_span_str(argv[3]), 3600, &seconds) ||
	    s.rate == 0 || seconds == 0 || s.rate * seconds > TOTAL_MAX) {
		(void)fprintf(
		    stderr, "usage: sender PORT RATE SECONDS SECRET_FILE\n");
		return EXIT_FAILURE;
	}
	s.port = (uint16_t)port;
	s.total = s.rate * seconds;
	if (!prepare(&s, argv[4]))
		return EXIT_FAILURE;
	run(&s);
	report(&s);
	gate_buf_clear(&s.requests);
	free(s.latency_ns);
	return EXIT_SUCCESS;
}

/*
 * HTTP client over libcurl's multi interface. Owns the rings of transfers
 * and the one wait; lib/http_transfer.c owns what a transfer is. Does not
 * retry, does not know what an answer means. Single-threaded but for
 * libcurl's own resolver.
 *
 * libcurl says which descriptors it wants watched and when it wants to be
 * called; they are watched by one epoll descriptor, so that a wait costs what
 * has happened and not what is under way.
 */
#include "config.h"

#include "lib/http.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/http_origin.h"
#include "lib/http_transfer.h"
#include "lib/num.h"

#define EXTRA_MAX 8         /* descriptors that the caller may add */
#define EVENTS_MAX 64       /* looked at in one wait; the others wait */
#define WAIT_MAX_MS 3600000 /* fits an int; the caller asks again */
#define NOMEM_PAUSE_MS 100

struct gate_http {
	CURLM *multi;
	int epoll_fd;
	int64_t wake_ms; /* when libcurl wants to be called; or INT64_MAX */
	int running;     /* transfers that have not ended, says libcurl */
	bool one_bundle;
	struct http_origins origins; /* and the transfers that wait there */
	/* The others; the rings' own fields are unused. */
	struct http_transfer sending; /* the body is not all sent */
	struct http_transfer waiting; /* for the answer */
	size_t under_way;
	struct http_transfer *last; /* handed out by gate_http_next */
};

/* From libcurl: which events of a descriptor it wants to hear of. */
static int
watch(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct gate_http *h = arg;
	struct epoll_event ev = {.data.fd = fd,
	    .events = (what & CURL_POLL_IN ? EPOLLIN : 0u) |
		(what & CURL_POLL_OUT ? EPOLLOUT : 0u)};

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		/* It may be closed already, and gone with that. */
		(void)epoll_ctl(h->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	if (known != NULL)
		return epoll_ctl(h->epoll_fd, EPOLL_CTL_MOD, fd, &ev);
	if (epoll_ctl(h->epoll_fd, EPOLL_CTL_ADD, fd, &ev) != 0)
		return -1;
	return curl_multi_assign(h->multi, fd, h) == CURLM_OK ? 0 : -1;
}

static int
set_timer(CURLM *multi, long timeout_ms, void *arg)
{
	struct gate_http *h = arg;

	(void)multi;
	h->wake_ms = timeout_ms < 0 ? INT64_MAX : gate_mono_ms() + timeout_ms;
	return 0;
}

static void
drop(struct gate_http *h, struct http_transfer *t)
{
	if (t == NULL)
		return;
	(void)curl_multi_remove_handle(h->multi, t->easy);
	http_origin_leave(&h->origins, t);
	http_transfer_free(t);
}

/* The system's certificates are where libcurl was told they would be. */
static bool
has_bundle(void)
{
	const char *path = curl_version_info(CURLVERSION_NOW)->cainfo;

	return path != NULL && access(path, R_OK) == 0;
}

#define SET(option, value)                                                     \
	do {                                                                   \
		if (curl_multi_setopt(h->multi, option, value) != CURLM_OK)    \
			return false;                                          \
	} while (0)

static bool
set_options(struct gate_http *h, long connections_max)
{
	SET(CURLMOPT_MAX_TOTAL_CONNECTIONS, connections_max);
	SET(CURLMOPT_MAXCONNECTS, connections_max);
	SET(CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
	SET(CURLMOPT_SOCKETFUNCTION, watch);
	SET(CURLMOPT_SOCKETDATA, h);
	SET(CURLMOPT_TIMERFUNCTION, set_timer);
	SET(CURLMOPT_TIMERDATA, h);
	return true;
}

enum gate_code
gate_http_new(
    size_t connections_max, struct gate_http **out, struct gate_err *err)
{
	struct gate_http *h;
	long max;

	if (connections_max == 0 || connections_max > 65536)
		return gate_err_set(
		    err, GATE_E_LIMIT, "connections: expected 1 to 65536");
	max = (long)connections_max;
	h = calloc(1, sizeof(*h));
	if (h == NULL)
		return gate_err_set(err, GATE_E_NOMEM, "no memory");
	h->sending.prev = h->sending.next = &h->sending;
	h->waiting.prev = h->waiting.next = &h->waiting;
	http_origin_init(&h->origins);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(h);
		return gate_err_set(err, GATE_E_SYS, "libcurl did not start");
	}
	h->one_bundle = has_bundle();
	h->wake_ms = INT64_MAX;
	h->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	h->multi = curl_multi_init();
	if (h->epoll_fd < 0 || h->multi == NULL || !set_options(h, max)) {
		gate_http_free(h);
		return gate_err_set(err, GATE_E_NOMEM, "no memory");
	}
	*out = h;
	return GATE_OK;
}

void
gate_http_free(struct gate_http *h)
{
	struct http_transfer *t;

	if (h == NULL)
		return;
	while (h->sending.next != &h->sending)
		drop(h, h->sending.next);
	while (h->waiting.next != &h->waiting)
		drop(h, h->waiting.next);
	do { /* who goes lets those be ready who wait for him */
		http_origin_look(&h->origins);
		t = http_origin_ready(&h->origins);
		drop(h, t);
	} while (t != NULL);
	(void)curl_multi_cleanup(h->multi);
	if (h->epoll_fd >= 0)
		(void)close(h->epoll_fd); /* libcurl's last word came before */
	curl_global_cleanup();
	free(h);
}

/* Gives libcurl what is ready. What it has no memory for stays so. */
static void
give(struct gate_http *h)
{
	struct http_transfer *t;

	http_origin_look(&h->origins);
	while ((t = http_origin_ready(&h->origins)) != NULL) {
		http_transfer_waited(t);
		if (curl_multi_add_handle(h->multi, t->easy) != CURLM_OK)
			return;
		http_origin_given(&h->origins, t,
		    t->body_bytes > 0 ? &h->sending : &h->waiting);
	}
}

enum gate_code
gate_http_start(struct gate_http *h, const struct gate_http_request *r,
    struct gate_err *err)
{
	struct http_transfer *t;
	enum gate_code rc = http_transfer_new(r, h->one_bundle, &t, err);

	if (rc != GATE_OK)
		return rc;
	rc = http_origin_enter(&h->origins, t);
	if (rc != GATE_OK) {
		http_transfer_free(t);
		return gate_err_set(err, rc, "no memory");
	}
	h->under_way++;
	give(h);
	return GATE_OK;
}

size_t
gate_http_under_way(const struct gate_http *h)
{
	return h->under_way;
}

static void
slim_all(struct gate_http *h)
{
	struct http_transfer *t = h->sending.next, *next;

	for (; t != &h->sending; t = next) {
		next = t->next;
		if (http_transfer_slim(t))
			http_transfer_move(t, &h->waiting);
	}
}

/* Has libcurl do what is due by time. Once: if more is due at once, the
 * next wait does not sleep, and the caller has his turn between. */
static CURLMcode
drive_timer(struct gate_http *h)
{
	if (h->wake_ms > gate_mono_ms())
		return CURLM_OK;
	h->wake_ms = INT64_MAX; /* unless it asks again */
	return curl_multi_socket_action(
	    h->multi, CURL_SOCKET_TIMEOUT, 0, &h->running);
}

static CURLMcode
drive_sockets(struct gate_http *h)
{
	struct epoll_event events[EVENTS_MAX];
	CURLMcode rc = CURLM_OK;
	int i, n = epoll_wait(h->epoll_fd, events, EVENTS_MAX, 0);

	for (i = 0; rc == CURLM_OK && i < n; i++) {
		uint32_t e = events[i].events;
		int mask = (e & EPOLLIN ? CURL_CSELECT_IN : 0) |
		    (e & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
		    (e & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);

		rc = curl_multi_socket_action(
		    h->multi, events[i].data.fd, mask, &h->running);
	}
	return rc;
}

/* How long poll() may sleep: not while an ended transfer waits to be told,
 * and not long while one is ready that there was no memory for. */
static int
sleep_ms(const struct gate_http *h, int64_t timeout_ms)
{
	int64_t most = http_origin_ready(&h->origins) != NULL ? NOMEM_PAUSE_MS
							      : WAIT_MAX_MS;
	int64_t left;

	if (timeout_ms > most)
		timeout_ms = most;
	if (timeout_ms <= 0 ||
	    (size_t)h->running < h->under_way - h->origins.waiting)
		return 0;
	if (h->wake_ms == INT64_MAX)
		return (int)timeout_ms;
	left = h->wake_ms - gate_mono_ms();
	return (int)(left < 0 ? 0 : left < timeout_ms ? left : timeout_ms);
}

enum gate_code
gate_http_wait(struct gate_http *h, struct pollfd *extra, size_t extra_count,
    int64_t timeout_ms, struct gate_err *err)
{
	struct pollfd fds[EXTRA_MAX + 1];
	CURLMcode rc;
	int n = 0;

	GATE_ASSERT(extra_count <= EXTRA_MAX);
	give(h); /* to those that waited for what has ended */
	rc = drive_timer(h);
	fds[0] = (struct pollfd){.fd = h->epoll_fd, .events = POLLIN};
	if (extra_count > 0)
		memcpy(&fds[1], extra, extra_count * sizeof(*extra));
	if (rc == CURLM_OK)
		n = poll(fds, 1 + extra_count, sleep_ms(h, timeout_ms));
	if (n < 0 && errno != EINTR)
		return gate_err_sys(err, "poll");
	if (n > 0 && fds[0].revents != 0)
		rc = drive_sockets(h);
	if (rc == CURLM_OK)
		rc = drive_timer(h);
	if (rc != CURLM_OK)
		return gate_err_set(
		    err, GATE_E_SYS, "libcurl: %s", curl_multi_strerror(rc));
	slim_all(h);
	give(h);
	for (size_t i = 0; i < extra_count; i++)
		extra[i].revents = n > 0 ? fds[1 + i].revents : 0;
	return GATE_OK;
}

static struct http_transfer *
take_ended(struct gate_http *h)
{
	struct http_transfer *t = NULL;
	CURLMsg *m;
	CURLcode code;
	char *private = NULL;
	int left;

	while ((m = curl_multi_info_read(h->multi, &left)) != NULL &&
	    m->msg != CURLMSG_DONE)
		continue;
	if (m == NULL)
		return NULL;
	code = m->data.result;
	(void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &private);
	t = (struct http_transfer *)(void *)private;
	http_transfer_end(t, code);
	http_origin_leave(&h->origins, t);
	h->under_way--;
	return t;
}

bool
gate_http_next(struct gate_http *h, struct gate_http_answer *answer, void **ctx)
{
	struct http_transfer *t;

	drop(h, h->last);
	h->last = t = take_ended(h);
	if (t == NULL)
		return false;
	*ctx = t->ctx;
	answer->end = t->end;
	answer->status = t->end == GATE_HTTP_ANSWERED ? t->status : 0;
	answer->body = gate_buf_span(&t->body);
	answer->retry_after = http_head_get(&t->head, HTTP_HEAD_RETRY_AFTER);
	answer->retry_after_ms =
	    http_head_get(&t->head, HTTP_HEAD_RETRY_AFTER_MS);
	answer->request_id = http_head_get(&t->head, HTTP_HEAD_REQUEST_ID);
	answer->content_type = http_head_get(&t->head, HTTP_HEAD_CONTENT_TYPE);
	answer->should_retry = http_head_get(&t->head, HTTP_HEAD_SHOULD_RETRY);
	answer->duration_ms = t->duration_ms;
	(void)memcpy(answer->text, t->text, sizeof(answer->text));
	return true;
}

const char *
gate_http_version(void)
{
	return curl_version_info(CURLVERSION_NOW)->version;
}

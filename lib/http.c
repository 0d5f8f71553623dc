/*
 * HTTP client over libcurl's multi interface. Owns the rings of transfers
 * and the one wait; lib/http_transfer.c owns what a transfer is. Does not
 * retry, does not know what an answer means. Single-threaded but for
 * libcurl's own resolver.
 */
#include "config.h"

#include "lib/http.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/http_transfer.h"
#include "lib/num.h"

#define EXTRA_MAX 8         /* descriptors that the caller may add */
#define WAIT_MAX_MS 3600000 /* fits an int; the caller asks again */

struct gate_http {
	CURLM *multi;
	bool one_bundle;
	/* All transfers; the rings' own fields are unused. */
	struct http_transfer sending; /* the body is not all sent */
	struct http_transfer waiting; /* for the answer */
	size_t under_way;
	struct http_transfer *last; /* handed out by gate_http_next */
};

static void
drop(struct gate_http *h, struct http_transfer *t)
{
	if (t == NULL)
		return;
	(void)curl_multi_remove_handle(h->multi, t->easy);
	http_transfer_free(t);
}

/* The system's certificates are where libcurl was told they would be. */
static bool
has_bundle(void)
{
	const char *path = curl_version_info(CURLVERSION_NOW)->cainfo;

	return path != NULL && access(path, R_OK) == 0;
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
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(h);
		return gate_err_set(err, GATE_E_SYS, "libcurl did not start");
	}
	h->one_bundle = has_bundle();
	h->multi = curl_multi_init();
	if (h->multi == NULL ||
	    curl_multi_setopt(h->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, max) !=
		CURLM_OK ||
	    curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, max) !=
		CURLM_OK) {
		gate_http_free(h);
		return gate_err_set(err, GATE_E_NOMEM, "no memory");
	}
	*out = h;
	return GATE_OK;
}

void
gate_http_free(struct gate_http *h)
{
	if (h == NULL)
		return;
	while (h->sending.next != &h->sending)
		drop(h, h->sending.next);
	while (h->waiting.next != &h->waiting)
		drop(h, h->waiting.next);
	(void)curl_multi_cleanup(h->multi);
	curl_global_cleanup();
	free(h);
}

enum gate_code
gate_http_start(struct gate_http *h, const struct gate_http_request *r,
    struct gate_err *err)
{
	struct http_transfer *t;
	enum gate_code rc = http_transfer_new(r, h->one_bundle, &t, err);

	if (rc != GATE_OK)
		return rc;
	if (curl_multi_add_handle(h->multi, t->easy) != CURLM_OK) {
		http_transfer_free(t);
		return gate_err_set(err, GATE_E_NOMEM, "no memory");
	}
	http_transfer_move(t, r->body.n > 0 ? &h->sending : &h->waiting);
	h->under_way++;
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

enum gate_code
gate_http_wait(struct gate_http *h, struct pollfd *extra, size_t extra_count,
    int64_t timeout_ms, struct gate_err *err)
{
	struct curl_waitfd fds[EXTRA_MAX];
	int running, before = (int)h->under_way, ms;
	CURLMcode rc;
	size_t i;

	/* poll's and libcurl's bits are equal on paper only. */
	GATE_ASSERT(extra_count <= EXTRA_MAX);
	for (i = 0; i < extra_count; i++) {
		fds[i].fd = extra[i].fd;
		fds[i].events =
		    (short)((extra[i].events & POLLIN ? CURL_WAIT_POLLIN : 0) |
			(extra[i].events & POLLOUT ? CURL_WAIT_POLLOUT : 0));
		fds[i].revents = 0;
	}
	ms = (int)(timeout_ms < 0          ? 0
		: timeout_ms > WAIT_MAX_MS ? WAIT_MAX_MS
					   : timeout_ms);
	rc = curl_multi_perform(h->multi, &running);
	if (rc == CURLM_OK) /* what has ended must not wait */
		rc = curl_multi_poll(h->multi, fds, (unsigned int)extra_count,
		    running < before ? 0 : ms, NULL);
	if (rc == CURLM_OK)
		rc = curl_multi_perform(h->multi, &running);
	slim_all(h);
	for (i = 0; i < extra_count; i++)
		extra[i].revents =
		    (short)((fds[i].revents & CURL_WAIT_POLLIN ? POLLIN : 0) |
			(fds[i].revents & CURL_WAIT_POLLOUT ? POLLOUT : 0));
	if (rc != CURLM_OK)
		return gate_err_set(
		    err, GATE_E_SYS, "libcurl: %s", curl_multi_strerror(rc));
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

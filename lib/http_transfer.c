/*
 * One HTTP transfer. Owns what every request is held to (no redirect, no
 * proxy, TLS verified, sizes counted), the judgement of numeric peers, and
 * the mapping of libcurl's results to a handful of ends. Does not wait and
 * does not retry: see lib/http.c.
 *
 * A peer is judged twice: when a socket is opened, and again just before
 * the request is sent, because a kept connection may have been opened for
 * another request whose caller allowed more.
 */
#include "config.h"

#include "lib/http_transfer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/http_origin.h"
#include "lib/num.h"

#define URL_MAX 8192       /* longer ones fail at most servers anyway */
#define KEPT_MAX_AGE_S 30L /* idle connections older than this are closed */
#define CA_KEPT_S 60L      /* a changed bundle counts that soon */

/* Each transfer has these while it waits, which is most of its time. */
#define READ_BYTES 2048L
#define WRITE_BYTES 16384L /* libcurl takes no less */

static bool
is_allowed(struct http_transfer *t, const struct sockaddr *peer, socklen_t n)
{
	if (t->allow == NULL || t->allow(peer, n, t->ctx))
		return true;
	t->refused = true;
	return false;
}

static curl_socket_t
open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct http_transfer *t = arg;

	if (purpose != CURLSOCKTYPE_IPCXN ||
	    !is_allowed(t, &a->addr, (socklen_t)a->addrlen))
		return CURL_SOCKET_BAD;
	t->opened = true;
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static int
before_request(
    void *arg, char *peer, char *local, int peer_port, int local_port)
{
	struct http_transfer *t = arg;
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	bool ok = false;

	(void)local;
	(void)peer_port;
	(void)local_port;
	if (inet_pton(AF_INET, peer, &v4.sin_addr) == 1)
		ok = is_allowed(t, (const struct sockaddr *)&v4, sizeof(v4));
	else if (inet_pton(AF_INET6, peer, &v6.sin6_addr) == 1)
		ok = is_allowed(t, (const struct sockaddr *)&v6, sizeof(v6));
	else
		t->refused = true;
	if (!ok) {
		t->opened = false;
		return CURL_PREREQFUNC_ABORT;
	}
	http_origin_up(t);
	return t->sent++ == 0 ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

static size_t
take_body(char *p, size_t size, size_t n, void *arg)
{
	struct http_transfer *t = arg;

	(void)size; /* libcurl: always 1 */
	if (gate_buf_put(&t->body, gate_span_of(p, n)) == GATE_OK)
		return n;
	t->too_large = t->body.failed == GATE_E_LIMIT;
	return 0;
}

static size_t
take_header(char *p, size_t size, size_t n, void *arg)
{
	struct http_transfer *t = arg;

	(void)size;
	if (http_head_line(&t->head, gate_span_of(p, n)))
		return n;
	t->too_large = true;
	return 0;
}

/* "HOST:PORT CA": whoever has the same may share a connection. */
static char *
make_key(CURLU *u, const char *ca_file)
{
	struct gate_buf key;
	char *host = NULL, *port = NULL, *made = NULL;

	gate_buf_init(&key, 2 * URL_MAX);
	if (curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) ==
		CURLUE_OK) {
		(void)gate_buf_put_str(&key, host);
		(void)gate_buf_put_str(&key, ":");
		(void)gate_buf_put_str(&key, port);
		(void)gate_buf_put_str(&key, " ");
		(void)gate_buf_put_str(&key, ca_file != NULL ? ca_file : "");
		made = gate_span_dup(gate_buf_span(&key));
	}
	curl_free(host);
	curl_free(port);
	gate_buf_clear(&key);
	return made;
}

/* A user name in a URL would be sent as a password to whoever answers; a
 * URL is built from an event's values, so it may be anybody's. *key is made
 * of a URL with TLS. */
static enum gate_code
check_url(const struct gate_http_request *r, char **key, struct gate_err *err)
{
	const char *url = r->url;
	CURLU *u = curl_url();
	char *scheme = NULL, *user = NULL, *password = NULL;
	enum gate_code rc = GATE_E_BAD;

	if (u == NULL)
		return gate_err_set(err, GATE_E_NOMEM, "no memory");
	if (strlen(url) <= URL_MAX &&
	    curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	    (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0) &&
	    curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_NO_USER &&
	    curl_url_get(u, CURLUPART_PASSWORD, &password, 0) ==
		CURLUE_NO_PASSWORD)
		rc = GATE_OK;
	if (rc == GATE_OK && strcmp(scheme, "https") == 0) {
		*key = make_key(u, r->ca_file);
		if (*key == NULL)
			rc = gate_err_set(err, GATE_E_NOMEM, "no memory");
	}
	if (rc == GATE_E_BAD)
		(void)gate_err_set(err, rc,
		    "URL: expected http://HOST/... or "
		    "https://HOST/... without a user name");
	curl_free(scheme);
	curl_free(user);
	curl_free(password);
	curl_url_cleanup(u);
	return rc;
}

static enum gate_code
put_headers(struct http_transfer *t, const struct gate_http_request *r,
    struct gate_err *err)
{
	/* Takes away what libcurl would add by itself. */
	static const char *const without[] = {"Expect:", "Content-Type:"};
	struct curl_slist *l;
	bool typed = false;
	size_t i;

	for (i = 0; i < r->header_count; i++) {
		struct gate_span line = gate_span_str(r->headers[i]), name;

		if (!http_head_is_field(line))
			return gate_err_set(
			    err, GATE_E_BAD, "header %zu is malformed", i + 1);
		if (gate_span_until(&line, ':', line.n, &name))
			typed |= gate_span_is_nocase(name, "content-type");
		l = curl_slist_append(t->headers, r->headers[i]);
		if (l == NULL)
			return gate_err_set(err, GATE_E_NOMEM, "no memory");
		t->headers = l;
	}
	for (i = 0; i < (typed ? 1 : GATE_COUNT(without)); i++) {
		l = curl_slist_append(t->headers, without[i]);
		if (l == NULL)
			return gate_err_set(err, GATE_E_NOMEM, "no memory");
		t->headers = l;
	}
	return GATE_OK;
}

#define SET(option, value)                                                     \
	do {                                                                   \
		if (curl_easy_setopt(t->easy, option, value) != CURLE_OK)      \
			return false;                                          \
	} while (0)

/* What holds for every transfer. */
static bool
set_rules(struct http_transfer *t)
{
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOPROXY, "*");
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	SET(CURLOPT_HTTP_CONTENT_DECODING, 0L);
	SET(CURLOPT_HTTP09_ALLOWED, 0L);
	SET(CURLOPT_MAXAGE_CONN, KEPT_MAX_AGE_S);
	SET(CURLOPT_BUFFERSIZE, READ_BYTES);
	SET(CURLOPT_UPLOAD_BUFFERSIZE, WRITE_BYTES);
	SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(CURLOPT_OPENSOCKETDATA, t);
	SET(CURLOPT_PREREQFUNCTION, before_request);
	SET(CURLOPT_PREREQDATA, t);
	SET(CURLOPT_WRITEFUNCTION, take_body);
	SET(CURLOPT_WRITEDATA, t);
	SET(CURLOPT_HEADERFUNCTION, take_header);
	SET(CURLOPT_HEADERDATA, t);
	SET(CURLOPT_ERRORBUFFER, t->detail);
	SET(CURLOPT_PRIVATE, t);
	return true;
}

/*
 * Connections share one store of certificates only if it comes from one
 * file. Debian's libcurl reads a file and a folder with the same in it, and
 * so does each connection then: 870 KB and 20 ms of processor time.
 */
static bool
set_tls(struct http_transfer *t, const char *ca_file, bool one_bundle)
{
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_CA_CACHE_TIMEOUT, CA_KEPT_S);
	if (ca_file != NULL)
		SET(CURLOPT_CAINFO, ca_file);
	if (ca_file != NULL || one_bundle)
		SET(CURLOPT_CAPATH, (char *)NULL);
	return true;
}

static bool
set_request(struct http_transfer *t, const struct gate_http_request *r)
{
	SET(CURLOPT_URL, r->url);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)r->connect_timeout_ms);
	SET(CURLOPT_TIMEOUT_MS, (long)r->timeout_ms);
	if (strcmp(r->method, "HEAD") == 0) {
		SET(CURLOPT_NOBODY, 1L);
	} else if (r->body.n > 0 || strcmp(r->method, "POST") == 0) {
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.n);
		SET(CURLOPT_COPYPOSTFIELDS,
		    r->body.n > 0 ? (const char *)r->body.p : "");
	}
	SET(CURLOPT_CUSTOMREQUEST, r->method);
	SET(CURLOPT_HTTPHEADER, t->headers);
	return true;
}

enum gate_code
http_transfer_new(const struct gate_http_request *r, bool one_bundle,
    struct http_transfer **out, struct gate_err *err)
{
	struct http_transfer *t;
	char *key = NULL;
	enum gate_code rc = check_url(r, &key, err);

	if (rc != GATE_OK)
		return rc;
	t = calloc(1, sizeof(*t));
	if (t == NULL) {
		free(key);
		return gate_err_set(err, GATE_E_NOMEM, "no memory");
	}
	t->key = key;
	gate_buf_init(&t->body, r->answer_max);
	t->allow = r->allow;
	t->ctx = r->ctx;
	t->body_bytes = (curl_off_t)r->body.n;
	t->started_ms = gate_mono_ms();
	t->timeout_ms = r->timeout_ms;
	t->easy = curl_easy_init();
	rc = put_headers(t, r, err);
	if (rc == GATE_OK &&
	    (t->easy == NULL || !set_rules(t) ||
		!set_tls(t, r->ca_file, one_bundle) || !set_request(t, r)))
		rc = gate_err_set(err, GATE_E_NOMEM, "no memory");
	if (rc != GATE_OK) {
		http_transfer_free(t);
		return rc;
	}
	*out = t;
	return GATE_OK;
}

static void
unlink_ring(struct http_transfer *t)
{
	if (t->next == NULL)
		return;
	t->prev->next = t->next;
	t->next->prev = t->prev;
}

void
http_transfer_move(struct http_transfer *t, struct http_transfer *ring)
{
	unlink_ring(t);
	t->prev = ring->prev;
	t->next = ring;
	t->prev->next = t;
	ring->prev = t;
}

void
http_transfer_free(struct http_transfer *t)
{
	if (t == NULL)
		return;
	unlink_ring(t);
	curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->headers);
	gate_buf_wipe(&t->body);
	free(t->key);
	free(t);
}

static const struct {
	CURLcode code;
	enum gate_http_end end;
} ends[] = {
    {CURLE_OK, GATE_HTTP_ANSWERED},
    {CURLE_OPERATION_TIMEDOUT, GATE_HTTP_TIMEOUT},
    {CURLE_SSL_CONNECT_ERROR, GATE_HTTP_TLS},
    {CURLE_SSL_CERTPROBLEM, GATE_HTTP_TLS},
    {CURLE_SSL_CIPHER, GATE_HTTP_TLS},
    {CURLE_PEER_FAILED_VERIFICATION, GATE_HTTP_TLS},
    {CURLE_SSL_CACERT_BADFILE, GATE_HTTP_TLS},
    {CURLE_SSL_ISSUER_ERROR, GATE_HTTP_TLS},
    {CURLE_SSL_INVALIDCERTSTATUS, GATE_HTTP_TLS},
    {CURLE_SSL_ENGINE_INITFAILED, GATE_HTTP_TLS},
};

static enum gate_http_end
end_of(const struct http_transfer *t, CURLcode code)
{
	size_t i;

	if (t->too_large)
		return GATE_HTTP_TOO_LARGE;
	if (code != CURLE_OK && t->refused && !t->opened)
		return GATE_HTTP_REFUSED_ADDRESS;
	for (i = 0; i < GATE_COUNT(ends); i++)
		if (ends[i].code == code)
			return ends[i].end;
	return GATE_HTTP_CONNECT;
}

/* libcurl's detail is told for TLS and names only: elsewhere it may quote
 * bytes of the answer. */
static void
set_text(struct http_transfer *t, CURLcode code)
{
	static const char *const texts[GATE_HTTP_END_COUNT] = {
	    [GATE_HTTP_ANSWERED] = "",
	    [GATE_HTTP_REFUSED_ADDRESS] =
		"the name leads to a private or "
		"reserved address (allow_private is off)",
	    [GATE_HTTP_TOO_LARGE] = "the answer is larger than allowed",
	};
	const char *s = texts[t->end];

	if (s == NULL && t->sent > 1)
		s = "the kept connection closed without an answer";
	if (s == NULL &&
	    (t->end == GATE_HTTP_TLS || code == CURLE_COULDNT_RESOLVE_HOST) &&
	    t->detail[0] != '\0')
		s = t->detail;
	if (s == NULL)
		s = curl_easy_strerror(code);
	if (!gate_span_copy(gate_span_of(s, strnlen(s, sizeof(t->text) - 1)),
		t->text, sizeof(t->text)))
		t->text[0] = '\0';
}

void
http_transfer_waited(struct http_transfer *t)
{
	int64_t left = t->timeout_ms - (gate_mono_ms() - t->started_ms);

	/* 0 would mean that there is none. It was set before, so that it
	 * cannot fail for another reason than nonsense. */
	(void)curl_easy_setopt(
	    t->easy, CURLOPT_TIMEOUT_MS, (long)(left > 0 ? left : 1));
}

/*
 * libcurl keeps the buffer that a request was sent from until the answer has
 * come; told its size again, it lets go of it (up to 8.6; later versions
 * have one buffer for all transfers, and this does nothing). Nothing is
 * left to be sent by then.
 */
bool
http_transfer_slim(struct http_transfer *t)
{
	curl_off_t sent = 0;

	(void)curl_easy_getinfo(t->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
	if (sent < t->body_bytes)
		return false;
	(void)curl_easy_setopt(t->easy, CURLOPT_UPLOAD_BUFFERSIZE, WRITE_BYTES);
	return true;
}

void
http_transfer_end(struct http_transfer *t, CURLcode code)
{
	long status = 0;

	(void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	t->status = status;
	t->duration_ms = gate_mono_ms() - t->started_ms;
	t->end = end_of(t, code);
	set_text(t, code);
}

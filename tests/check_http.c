/* lib/http.h and lib/http_head.h, against a small server of our own. */
#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/http.h"
#include "lib/http_head.h"
#include "tests/fence.h"
#include "tests/http_server.h"
#include "tests/runner.h"

static struct http_server server;
static struct gate_http *http;

static void
set_up(void)
{
	struct gate_err err;

	http_server_start(&server);
	ck_assert_int_eq(gate_http_new(8, &http, &err), GATE_OK);
}

static void
tear_down(void)
{
	gate_http_free(http);
	http_server_stop(&server);
}

/* ---- calls ------------------------------------------------------------ */

static struct gate_http_request
get(const char *path, char *url, size_t size)
{
	struct gate_http_request r = {.method = "GET",
	    .url = url,
	    .connect_timeout_ms = 2000,
	    .timeout_ms = 3000,
	    .answer_max = 10000};

	(void)snprintf(url, size, "http://127.0.0.1:%d%s", server.port, path);
	return r;
}

/* Runs one request; the answer is valid until the next gate_http_next. */
static struct gate_http_answer
run(struct gate_http_request *r)
{
	int64_t until = gate_mono_ms() + 8000;
	struct gate_http_answer a;
	struct gate_err err = {GATE_OK, ""};
	void *ctx = NULL;

	r->ctx = r;
	ck_assert_msg(
	    gate_http_start(http, r, &err) == GATE_OK, "%s", err.text);
	while (!gate_http_next(http, &a, &ctx)) {
		ck_assert_int_lt(gate_mono_ms(), until);
		ck_assert_int_eq(
		    gate_http_wait(http, NULL, 0, 100, &err), GATE_OK);
	}
	ck_assert_ptr_eq(ctx, r);
	ck_assert_uint_eq(gate_http_under_way(http), 0);
	return a;
}

static bool
nobody(const struct sockaddr *peer, socklen_t n, void *ctx)
{
	(void)peer;
	(void)n;
	(void)ctx;
	return false;
}

static bool
only_loopback(const struct sockaddr *peer, socklen_t n, void *ctx)
{
	struct sockaddr_in a;

	(void)ctx;
	ck_assert_uint_ge(n, sizeof(a));
	memcpy(&a, peer, sizeof(a));
	return a.sin_family == AF_INET &&
	    a.sin_addr.s_addr == htonl(INADDR_LOOPBACK);
}

static const struct {
	const char *path;
	enum gate_http_end end;
	int64_t status;
} ends[] = {
    {"/ok", GATE_HTTP_ANSWERED, 200},
    {"/redirect", GATE_HTTP_ANSWERED, 302},
    {"/endless", GATE_HTTP_TOO_LARGE, 0},
    {"/headers", GATE_HTTP_TOO_LARGE, 0},
    {"/nothing", GATE_HTTP_TIMEOUT, 0},
    {"/drip", GATE_HTTP_TIMEOUT, 0},
    {"/reset", GATE_HTTP_CONNECT, 0},
    {"/cut", GATE_HTTP_CONNECT, 0},
    {"/garbage", GATE_HTTP_CONNECT, 0},
};

START_TEST(tells_how_a_call_ended)
{
	char url[100];
	struct gate_http_request r = get(ends[_i].path, url, sizeof(url));
	struct gate_http_answer a;
	int64_t begun = gate_mono_ms();

	r.timeout_ms = 700;
	a = run(&r);
	ck_assert_msg(a.end == ends[_i].end && a.status == ends[_i].status,
	    "%s: end %d, status %lld, %s", ends[_i].path, (int)a.end,
	    (long long)a.status, a.text);
	ck_assert((a.text[0] == '\0') == (a.end == GATE_HTTP_ANSWERED));
	ck_assert_int_lt(gate_mono_ms() - begun, 2000);
	ck_assert_int_eq(*server.requests, 1); /* also no redirect followed */
}
END_TEST

START_TEST(hands_over_body_and_headers)
{
	char url[100];
	struct gate_http_request r = get("/ok", url, sizeof(url));
	struct gate_http_answer a;

	r.method = "POST";
	r.body = GATE_SPAN("{\"a\": 1}");
	a = run(&r);
	ck_assert(gate_span_is(a.body, "{\"a\": 1}"));
	ck_assert(gate_span_is(a.retry_after, "7"));
	ck_assert(gate_span_is(a.retry_after_ms, "70"));
	ck_assert(gate_span_is(a.request_id, "req_9"));
	ck_assert(gate_span_is(a.should_retry, "true"));
	ck_assert(gate_span_is(a.content_type, "text/plain"));
}
END_TEST

START_TEST(sends_what_it_was_given_and_little_else)
{
	static const char *const headers[] = {"X-One: 1", "Two:2"};
	char url[100], text[4000];
	struct gate_http_request r = get("/echo", url, sizeof(url));
	struct gate_http_answer a;

	r.method = "PATCH";
	r.headers = headers;
	r.header_count = 2;
	r.body = GATE_SPAN("body");
	a = run(&r);
	ck_assert(gate_span_copy(a.body, text, sizeof(text)));
	ck_assert_int_eq(strncmp(text, "PATCH /echo HTTP/1.1\r\n", 22), 0);
	ck_assert_ptr_nonnull(strstr(text, "X-One: 1\r\n"));
	ck_assert_ptr_nonnull(strstr(text, "Two:2\r\n"));
	ck_assert_ptr_nonnull(strstr(text, "Content-Length: 4\r\n"));
	ck_assert_ptr_nonnull(strstr(text, "\r\n\r\nbody"));
	ck_assert_ptr_null(strstr(text, "Content-Type"));
	ck_assert_ptr_null(strstr(text, "Accept-Encoding"));
	ck_assert_ptr_null(strstr(text, "Expect"));
}
END_TEST

START_TEST(unpacks_nothing)
{
	char url[100];
	struct gate_http_request r = get("/gzip", url, sizeof(url));
	struct gate_http_answer a = run(&r);

	ck_assert(gate_span_is(a.body, "bomb"));
}
END_TEST

START_TEST(asks_no_proxy)
{
	char url[100];
	struct gate_http_request r = get("/ok", url, sizeof(url));

	ck_assert_int_eq(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
	ck_assert_int_eq(setenv("ALL_PROXY", "http://127.0.0.1:1", 1), 0);
	ck_assert_int_eq(run(&r).end, GATE_HTTP_ANSWERED);
}
END_TEST

START_TEST(takes_as_much_as_allowed_and_not_a_byte_more)
{
	char url[100];
	struct gate_http_request r = get("/ok", url, sizeof(url));

	r.method = "POST";
	r.body = GATE_SPAN("12345678");
	r.answer_max = 8;
	ck_assert_int_eq(run(&r).end, GATE_HTTP_ANSWERED);
	r.answer_max = 7;
	ck_assert_int_eq(run(&r).end, GATE_HTTP_TOO_LARGE);
}
END_TEST

START_TEST(refuses_a_peer_before_it_connects)
{
	char url[100];
	struct gate_http_request r = get("/ok", url, sizeof(url));

	r.allow = nobody;
	ck_assert_int_eq(run(&r).end, GATE_HTTP_REFUSED_ADDRESS);
	ck_assert_int_eq(*server.requests, 0);
	r.allow = only_loopback;
	ck_assert_int_eq(run(&r).end, GATE_HTTP_ANSWERED);
}
END_TEST

START_TEST(judges_the_peer_of_a_kept_connection_too)
{
	char url[100];
	struct gate_http_request r = get("/ok", url, sizeof(url));

	ck_assert_int_eq(run(&r).end, GATE_HTTP_ANSWERED);
	r.allow = nobody;
	ck_assert_int_eq(run(&r).end, GATE_HTTP_REFUSED_ADDRESS);
	ck_assert_int_eq(*server.requests, 1);
}
END_TEST

static const char *const numeric[] = {
    "http://2130706433:%d/ok",
    "http://0x7f.1:%d/ok",
    "http://0177.0.0.1:%d/ok",
    "http://127.1:%d/ok",
    "http://localhost:%d/ok",
    "http://0:%d/ok",
};

static bool
not_loopback(const struct sockaddr *peer, socklen_t n, void *ctx)
{
	struct sockaddr_in a;

	(void)ctx;
	if (peer->sa_family != AF_INET || n < sizeof(a))
		return false;
	memcpy(&a, peer, sizeof(a));
	return (ntohl(a.sin_addr.s_addr) >> 24) != 127 &&
	    a.sin_addr.s_addr != 0;
}

START_TEST(sees_through_every_spelling_of_loopback)
{
	char url[100];
	struct gate_http_request r = get("/ok", url, sizeof(url));
	struct gate_buf b;

	gate_buf_init(&b, 99);
	(void)gate_buf_put(
	    &b, gate_span_of(numeric[_i], strcspn(numeric[_i], "%")));
	(void)gate_buf_printf(&b, "%d/ok", server.port);
	r.url = gate_buf_str(&b);
	r.allow = not_loopback;
	ck_assert_msg(run(&r).end == GATE_HTTP_REFUSED_ADDRESS, "%s", r.url);
	ck_assert_int_eq(*server.requests, 0);
	gate_buf_clear(&b);
}
END_TEST

START_TEST(sends_a_request_once_when_a_kept_connection_dies)
{
	char url[100];
	struct gate_http_request r = get("/once", url, sizeof(url));

	r.method = "POST";
	r.body = GATE_SPAN("x");
	ck_assert_int_eq(run(&r).end, GATE_HTTP_ANSWERED);
	ck_assert_int_eq(run(&r).end, GATE_HTTP_CONNECT);
	ck_assert_int_eq(*server.requests, 2);
	ck_assert_int_eq(run(&r).end, GATE_HTTP_ANSWERED);
}
END_TEST

START_TEST(reports_a_closed_port)
{
	struct gate_http_request r = {.method = "GET",
	    .url = "http://127.0.0.1:1/",
	    .connect_timeout_ms = 1000,
	    .timeout_ms = 1000,
	    .answer_max = 10};

	ck_assert_int_eq(run(&r).end, GATE_HTTP_CONNECT);
}
END_TEST

static const char *const bad_urls[] = {
    "",
    "x",
    "/ok",
    "127.0.0.1/ok",
    "//127.0.0.1/ok",
    "file:///etc/passwd",
    "ftp://127.0.0.1/",
    "gopher://127.0.0.1/",
    "javascript:1",
    "http://",
    "http://a b/",
    "http://127.0.0.1/\r\nX: 1",
    "http://user@127.0.0.1/",
    "http://user:pw@127.0.0.1/",
    "http://:pw@127.0.0.1/",
    "http://127.0.0.1:99999/",
};

START_TEST(refuses_a_bad_url)
{
	struct gate_http_request r = {.method = "GET",
	    .url = bad_urls[_i],
	    .connect_timeout_ms = 1000,
	    .timeout_ms = 1000};
	struct gate_err err = {GATE_OK, ""};

	ck_assert_msg(
	    gate_http_start(http, &r, &err) == GATE_E_BAD, "%s", bad_urls[_i]);
	ck_assert_ptr_null(strstr(err.text, "pw"));
	ck_assert_uint_eq(gate_http_under_way(http), 0);
}
END_TEST

static const char *const bad_headers[] = {
    "",
    "X",
    "X:",
    "X: ",
    ": v",
    "X Y: v",
    "X: a\r\nY: b",
    "X: a\n",
    "X\r: a",
    "X: a\x7f",
    "X: a\x01",
    "X\xc3\xa9: a",
};

START_TEST(refuses_a_bad_header)
{
	char url[100];
	struct gate_http_request r = get("/ok", url, sizeof(url));
	struct fence f = fence_page(gate_span_str(bad_headers[_i]));

	ck_assert_msg(!http_head_is_field(f.span), "%s", bad_headers[_i]);
	fence_free(&f);
	r.headers = &bad_headers[_i];
	r.header_count = 1;
	ck_assert_int_eq(gate_http_start(http, &r, NULL), GATE_E_BAD);
}
END_TEST

START_TEST(wakes_for_a_descriptor_of_the_callers)
{
	struct pollfd fds[2] = {
	    {.fd = -1, .events = POLLIN, .revents = 9}, {.events = POLLIN}};
	int p[2];
	int64_t begun = gate_mono_ms();

	ck_assert_int_eq(pipe(p), 0);
	fds[1].fd = p[0];
	ck_assert_int_eq(gate_http_wait(http, fds, 2, 150, NULL), GATE_OK);
	ck_assert_int_eq(fds[1].revents, 0);
	ck_assert_int_ge(gate_mono_ms() - begun, 140);
	ck_assert_int_eq(write(p[1], "x", 1), 1);
	begun = gate_mono_ms();
	ck_assert_int_eq(gate_http_wait(http, fds, 2, 5000, NULL), GATE_OK);
	ck_assert_int_eq(fds[1].revents, POLLIN);
	ck_assert_int_eq(fds[0].revents, 0);
	ck_assert_int_lt(gate_mono_ms() - begun, 1000);
}
END_TEST

START_TEST(runs_many_at_once)
{
	struct gate_http_request r[20];
	struct gate_http_answer a;
	char url[100];
	void *ctx;
	int i, got = 0;

	for (i = 0; i < 20; i++) {
		r[i] = get("/ok", url, sizeof(url));
		r[i].ctx = &r[i];
		ck_assert_int_eq(gate_http_start(http, &r[i], NULL), GATE_OK);
	}
	ck_assert_uint_eq(gate_http_under_way(http), 20);
	while (got < 20) {
		ck_assert_int_eq(
		    gate_http_wait(http, NULL, 0, 1000, NULL), GATE_OK);
		while (gate_http_next(http, &a, &ctx)) {
			ck_assert_int_eq(a.end, GATE_HTTP_ANSWERED);
			ck_assert_ptr_nonnull(ctx);
			((struct gate_http_request *)ctx)->ctx = NULL;
			got++;
		}
	}
	for (i = 0; i < 20; i++)
		ck_assert_ptr_null(r[i].ctx);
}
END_TEST

START_TEST(drops_what_is_under_way)
{
	char url[100];
	struct gate_http_request r = get("/nothing", url, sizeof(url));

	ck_assert_int_eq(gate_http_start(http, &r, NULL), GATE_OK);
	ck_assert_int_eq(gate_http_wait(http, NULL, 0, 50, NULL), GATE_OK);
	/* tear_down frees it; ASan would see what is left */
}
END_TEST

/* ---- TLS -------------------------------------------------------------- */

START_TEST(sends_nothing_to_a_certificate_nobody_signed)
{
	static const char *const secret[] = {"Authorization: Bearer canary"};
	char dir[] = "/tmp/check_http.XXXXXX", out[64], url[100];
	struct gate_http_request r = {.method = "POST",
	    .url = url,
	    .headers = secret,
	    .header_count = 1,
	    .body = GATE_SPAN("x"),
	    .connect_timeout_ms = 2000,
	    .timeout_ms = 2000,
	    .answer_max = 100};
	struct gate_http_answer a;
	struct stat st;
	int port, tries = 0;
	pid_t pid;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(out, sizeof(out), "%s/out", dir);
	pid = http_server_tls(dir, out, &port);
	ck_assert_int_gt(pid, 0);
	(void)snprintf(url, sizeof(url), "https://127.0.0.1:%d/", port);
	do { /* it needs a moment to listen */
		(void)usleep(100000);
		a = run(&r);
	} while (a.end == GATE_HTTP_CONNECT && tries++ < 50);
	ck_assert_msg(a.end == GATE_HTTP_TLS, "%d %s", (int)a.end, a.text);
	ck_assert_ptr_nonnull(strstr(a.text, "certificate"));
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	ck_assert_int_eq(stat(out, &st), 0);
	ck_assert_int_eq(st.st_size, 0);
	(void)unlink(out);
	(void)snprintf(out, sizeof(out), "%s/key", dir);
	(void)unlink(out);
	(void)snprintf(out, sizeof(out), "%s/cert", dir);
	(void)unlink(out);
	(void)rmdir(dir);
}
END_TEST

/* ---- header lines ----------------------------------------------------- */

START_TEST(keeps_the_first_of_two_headers)
{
	struct http_head h;

	memset(&h, 0, sizeof(h));
	ck_assert(http_head_line(&h, GATE_SPAN("HTTP/1.1 100 Continue\r\n")));
	ck_assert(http_head_line(&h, GATE_SPAN("Retry-After: 1\r\n")));
	ck_assert(http_head_line(&h, GATE_SPAN("HTTP/1.1 200 OK\r\n")));
	ck_assert_uint_eq(http_head_get(&h, HTTP_HEAD_RETRY_AFTER).n, 0);
	ck_assert(http_head_line(&h, GATE_SPAN("RETRY-after:\t2\r\n")));
	ck_assert(http_head_line(&h, GATE_SPAN("Retry-After: 3\r\n")));
	ck_assert(gate_span_is(http_head_get(&h, HTTP_HEAD_RETRY_AFTER), "2"));
}
END_TEST

START_TEST(keeps_no_value_that_is_too_long_or_no_text)
{
	char line[400] = "request-id: ";
	struct http_head h;

	memset(&h, 0, sizeof(h));
	memset(line + 12, 'a', HTTP_HEAD_VALUE + 1);
	ck_assert(http_head_line(&h, gate_span_str(line)));
	ck_assert_uint_eq(http_head_get(&h, HTTP_HEAD_REQUEST_ID).n, 0);
	ck_assert(http_head_line(&h, GATE_SPAN("request-id: a\x01\r\n")));
	ck_assert_uint_eq(http_head_get(&h, HTTP_HEAD_REQUEST_ID).n, 0);
	line[12 + HTTP_HEAD_VALUE] = '\0';
	ck_assert(http_head_line(&h, gate_span_str(line)));
	ck_assert_uint_eq(
	    http_head_get(&h, HTTP_HEAD_REQUEST_ID).n, HTTP_HEAD_VALUE);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("http");
	TCase *t = tcase_create("http");

	tcase_add_checked_fixture(t, set_up, tear_down);
	add_row_test(t, tells_how_a_call_ended, ends);
	tcase_add_test(t, hands_over_body_and_headers);
	tcase_add_test(t, sends_what_it_was_given_and_little_else);
	tcase_add_test(t, unpacks_nothing);
	tcase_add_test(t, asks_no_proxy);
	tcase_add_test(t, takes_as_much_as_allowed_and_not_a_byte_more);
	tcase_add_test(t, refuses_a_peer_before_it_connects);
	tcase_add_test(t, judges_the_peer_of_a_kept_connection_too);
	add_row_test(t, sees_through_every_spelling_of_loopback, numeric);
	tcase_add_test(t, sends_a_request_once_when_a_kept_connection_dies);
	tcase_add_test(t, reports_a_closed_port);
	add_row_test(t, refuses_a_bad_url, bad_urls);
	add_row_test(t, refuses_a_bad_header, bad_headers);
	tcase_add_test(t, wakes_for_a_descriptor_of_the_callers);
	tcase_add_test(t, runs_many_at_once);
	tcase_add_test(t, drops_what_is_under_way);
	tcase_add_test(t, sends_nothing_to_a_certificate_nobody_signed);
	tcase_add_test(t, keeps_the_first_of_two_headers);
	tcase_add_test(t, keeps_no_value_that_is_too_long_or_no_text);
	suite_add_tcase(s, t);
	return s;
}

/* lib/http.h with TLS: whom it believes, and HTTP/2. The server is
 * tests/standin/h2.py, the certificates are of tests/lib/pki.sh. */
#include "config.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/http.h"
#include "lib/num.h"
#include "tests/http_server.h"
#include "tests/runner.h"

#define PATH_BYTES 400
#define LARGE 1000000
#define CONNECT_MS 1000

static struct gate_http *http;
static char dir[] = "/tmp/check_tls.XXXXXX";
static pid_t server;
static int port;
static int64_t timeout_ms = 5000;

/* Runs argv; its pid, and where its output can be read. */
static pid_t
spawn(const char *const *argv, int *out)
{
	int p[2];
	pid_t pid;

	ck_assert_int_eq(pipe(p), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		(void)dup2(p[1], 1);
		(void)close(p[0]);
		(void)close(p[1]);
		(void)alarm(60);
		(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	(void)close(p[1]);
	*out = p[0];
	return pid;
}

static const char *
source(const char *name, char path[PATH_BYTES])
{
	const char *srcdir = getenv("srcdir");

	(void)snprintf(
	    path, PATH_BYTES, "%s/%s", srcdir != NULL ? srcdir : ".", name);
	return path;
}

/* The certificates are made once; a test is a child of this process. */
static void
make_certificates(void)
{
	char path[PATH_BYTES];
	const char *argv[] = {
	    "sh", source("tests/lib/pki.sh", path), dir, NULL};
	int status = -1, out;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_gt(waitpid(spawn(argv, &out), &status, 0), 0);
	ck_assert_int_eq(status, 0);
	(void)close(out);
}

static int
take_away(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
remove_certificates(void)
{
	(void)nftw(dir, take_away, 8, FTW_DEPTH | FTW_PHYS);
}

static void
set_up(void)
{
	struct gate_err err;

	ck_assert_int_eq(gate_http_new(64, &http, &err), GATE_OK);
}

static void
tear_down(void)
{
	gate_http_free(http);
	if (server > 0) {
		(void)kill(server, SIGKILL);
		(void)waitpid(server, NULL, 0);
	}
}

static void
start(const char *cert, const char *setting, const char *another)
{
	char path[PATH_BYTES], line[16] = "";
	const char *argv[] = {"python3", source("tests/standin/h2.py", path),
	    dir, cert, setting, another, NULL};
	size_t n = 0;
	int out;

	server = spawn(argv, &out);
	while (strchr(line, '\n') == NULL) {
		ssize_t got = read(out, line + n, sizeof(line) - 1 - n);

		ck_assert_int_gt(got, 0);
		n += (size_t)got;
	}
	port = (int)strtol(line, NULL, 10);
	ck_assert_int_gt(port, 0);
	(void)close(out);
}

/* ---- calls ------------------------------------------------------------ */

struct call {
	char url[100];
	char ca[PATH_BYTES];
	enum gate_http_end end;
	int64_t status;
	char body[200]; /* its beginning */
	size_t body_n;
	char text[GATE_ERR_TEXT];
	int64_t ended_ms;
};

/* body empty: GET, else POST */
static void
begin_with(
    struct call *c, const char *host, const char *ca, struct gate_span body)
{
	struct gate_http_request r = {.method = body.n > 0 ? "POST" : "GET",
	    .body = body,
	    .url = c->url,
	    .connect_timeout_ms = CONNECT_MS,
	    .timeout_ms = timeout_ms,
	    .answer_max = LARGE + 200,
	    .ctx = c};
	struct gate_err err = {GATE_OK, ""};

	(void)snprintf(c->url, sizeof(c->url), "https://%s:%d/", host, port);
	if (ca != NULL) {
		(void)snprintf(c->ca, sizeof(c->ca), "%s/%s.pem", dir, ca);
		r.ca_file = c->ca;
	}
	ck_assert_msg(
	    gate_http_start(http, &r, &err) == GATE_OK, "%s", err.text);
}

static void
begin(struct call *c, const char *host, const char *ca)
{
	begin_with(c, host, ca, (struct gate_span){NULL, 0});
}

/* Until every call that was begun has ended. */
static void
finish(void)
{
	int64_t until = gate_mono_ms() + 15000;
	struct gate_http_answer a;
	void *ctx;

	while (gate_http_under_way(http) > 0) {
		ck_assert_int_lt(gate_mono_ms(), until);
		ck_assert_int_eq(
		    gate_http_wait(http, NULL, 0, 100, NULL), GATE_OK);
		while (gate_http_next(http, &a, &ctx)) {
			struct call *c = ctx;

			c->end = a.end;
			c->status = a.status;
			c->ended_ms = gate_mono_ms();
			c->body_n = a.body.n;
			(void)snprintf(c->body, sizeof(c->body), "%.*s",
			    (int)(a.body.n < 150 ? a.body.n : 150),
			    (const char *)a.body.p);
			(void)snprintf(c->text, sizeof(c->text), "%s", a.text);
		}
	}
}

static struct call
call(const char *host, const char *ca)
{
	struct call c = {.status = -1};

	begin(&c, host, ca);
	finish();
	return c;
}

/* A number of the server's answer; see h2.py. */
static int64_t
seen(const struct call *c, const char *what)
{
	const char *at = strstr(c->body, what);

	ck_assert_msg(at != NULL, "%s: %s", c->body, c->text);
	return strtol(at + strlen(what) + 3, NULL, 10);
}

static bool
is_h2(const struct call *c)
{
	return strstr(c->body, "\"protocol\": \"h2\"") != NULL;
}

/* ---- whom it believes ------------------------------------------------- */

static const struct {
	const char *cert, *host, *ca;
	enum gate_http_end end;
	const char *text; /* part of what a person is told */
} peers[] = {
    {"good", "localhost", "ca", GATE_HTTP_ANSWERED, ""},
    {"good", "127.0.0.1", "ca", GATE_HTTP_ANSWERED, ""},
    {"good", "localhost", "other", GATE_HTTP_TLS, "certificate"},
    {"good", "localhost", NULL, GATE_HTTP_TLS, "certificate"},
    {"name", "localhost", "ca", GATE_HTTP_TLS, "name"},
    {"expired", "localhost", "ca", GATE_HTTP_TLS, "expired"},
    {"good", "localhost", "missing", GATE_HTTP_TLS, "missing.pem"},
};

START_TEST(believes_whom_the_authority_signed_for_that_name_and_time)
{
	struct call c;

	start(peers[_i].cert, NULL, NULL);
	c = call(peers[_i].host, peers[_i].ca);
	ck_assert_msg(c.end == peers[_i].end, "%d %s", (int)c.end, c.text);
	ck_assert_msg(strstr(c.text, peers[_i].text) != NULL, "%s", c.text);
	ck_assert_int_eq(c.status, c.end == GATE_HTTP_ANSWERED ? 200 : 0);
}
END_TEST

/* Neither a kept connection nor kept certificates may answer for another
 * request's authority. */
START_TEST(asks_each_request_s_own_authority)
{
	static const struct {
		const char *ca;
		enum gate_http_end end;
	} row[] = {
	    {"ca", GATE_HTTP_ANSWERED},
	    {"other", GATE_HTTP_TLS},
	    {"ca", GATE_HTTP_ANSWERED},
	    {NULL, GATE_HTTP_TLS},
	};
	size_t i;

	start("good", NULL, NULL);
	for (i = 0; i < GATE_COUNT(row); i++) {
		struct call c = call("localhost", row[i].ca);

		ck_assert_msg(c.end == row[i].end, "%zu: %s", i, c.text);
	}
}
END_TEST

/* ---- HTTP/2 ----------------------------------------------------------- */

static const struct {
	const char *alpn;
	bool h2;
} offers[] = {
    {"alpn=h2,http/1.1", true},
    {"alpn=h2", true},
    {"alpn=http/1.1", false},
};

START_TEST(speaks_http_2_where_it_is_offered)
{
	struct call c;

	start("good", offers[_i].alpn, NULL);
	c = call("localhost", "ca");
	ck_assert_msg(c.end == GATE_HTTP_ANSWERED, "%s", c.text);
	ck_assert(is_h2(&c) == offers[_i].h2);
}
END_TEST

START_TEST(takes_an_answer_of_many_frames)
{
	struct call c;
	char body[40];

	(void)snprintf(body, sizeof(body), "body=%d", LARGE);
	start("good", offers[_i].alpn, body);
	c = call("localhost", "ca");
	ck_assert_msg(c.end == GATE_HTTP_ANSWERED, "%s", c.text);
	ck_assert_uint_gt(c.body_n, LARGE);
}
END_TEST

/* What was given back of a request must not have been needed. */
START_TEST(sends_requests_of_every_size_whole)
{
	static const size_t sizes[] = {1, 16383, 16384, 16385, 100000, LARGE};
	struct call c[GATE_COUNT(sizes)];
	char *body = malloc(LARGE);
	int64_t all = 0;
	size_t i;

	ck_assert_ptr_nonnull(body);
	memset(body, 'x', LARGE);
	start("good", offers[_i].alpn, NULL);
	for (i = 0; i < GATE_COUNT(sizes); i++) {
		begin_with(
		    &c[i], "localhost", "ca", gate_span_of(body, sizes[i]));
		all += (int64_t)sizes[i];
	}
	memset(body, 'y', LARGE); /* it was copied */
	finish();
	for (i = 0; i < GATE_COUNT(sizes); i++)
		ck_assert_msg(
		    c[i].end == GATE_HTTP_ANSWERED, "%zu: %s", i, c[i].text);
	c[0] = call("localhost", "ca");
	ck_assert_int_eq(seen(&c[0], "received"), all);
	free(body);
}
END_TEST

#define MANY 20

static int64_t
call_many(struct call *c, size_t count)
{
	int64_t begun = gate_mono_ms();
	size_t i;

	for (i = 0; i < count; i++)
		begin(&c[i], "localhost", "ca");
	finish();
	for (i = 0; i < count; i++)
		ck_assert_msg(
		    c[i].end == GATE_HTTP_ANSWERED, "%zu: %s", i, c[i].text);
	return gate_mono_ms() - begun;
}

START_TEST(shares_a_connection_where_it_can)
{
	struct call c[MANY];
	int64_t took;

	start("good", offers[_i].alpn, "wait=400");
	took = call_many(c, MANY);
	ck_assert_msg(took < 3000, "took %lld ms", (long long)took);
	c[0] = call("localhost", "ca");
	ck_assert_int_eq(seen(&c[0], "requests"), MANY + 1);
	ck_assert_int_eq(seen(&c[0], "connections"), offers[_i].h2 ? 1 : MANY);
}
END_TEST

START_TEST(opens_no_more_streams_than_the_server_allows)
{
	struct call c[MANY];

	start("good", "streams=3", "wait=200");
	c[0] = call("localhost", "ca"); /* learns of it */
	(void)call_many(c, MANY);
	c[0] = call("localhost", "ca");
	ck_assert_int_eq(seen(&c[0], "open"), 3);
}
END_TEST

/* Nobody waits for long behind a connection that does not come to be, and
 * calls of another server not at all. */
START_TEST(waits_for_no_connection_that_hangs)
{
	struct call hang[5], good[5];
	int64_t begun = gate_mono_ms();
	int silent, there, fd = http_server_listen(&silent);
	size_t i;

	start("good", NULL, NULL);
	there = port;
	begun = gate_mono_ms();
	for (i = 0; i < GATE_COUNT(hang); i++) {
		port = silent;
		begin(&hang[i], "localhost", "ca");
		port = there;
		begin(&good[i], "localhost", "ca");
	}
	finish();
	for (i = 0; i < GATE_COUNT(hang); i++) {
		ck_assert_int_eq(hang[i].end, GATE_HTTP_TIMEOUT);
		ck_assert_int_lt(
		    hang[i].ended_ms - begun, 2 * CONNECT_MS + 1500);
		ck_assert_int_eq(good[i].end, GATE_HTTP_ANSWERED);
		ck_assert_int_lt(good[i].ended_ms - begun, CONNECT_MS);
	}
	(void)close(fd);
}
END_TEST

START_TEST(counts_the_wait_for_a_connection_into_the_call)
{
	struct call first = {.status = -1}, second = {.status = -1};
	int fd = http_server_listen(&port);
	int64_t begun = gate_mono_ms();

	begin(&first, "localhost", "ca");
	timeout_ms = 500; /* less than the first waits to be connected */
	begin(&second, "localhost", "ca");
	finish();
	ck_assert_int_eq(second.end, GATE_HTTP_TIMEOUT);
	ck_assert_int_lt(second.ended_ms - begun, CONNECT_MS + 500);
	(void)close(fd);
}
END_TEST

START_TEST(drops_what_waits_for_a_connection)
{
	struct call c[3];
	int fd = http_server_listen(&port);
	size_t i;

	for (i = 0; i < GATE_COUNT(c); i++)
		begin(&c[i], "localhost", "ca");
	ck_assert_int_eq(gate_http_wait(http, NULL, 0, 50, NULL), GATE_OK);
	(void)close(fd); /* tear_down frees; ASan would see what is left */
}
END_TEST

static const struct {
	const char *script;
	enum gate_http_end end; /* of the first call; the second succeeds */
} troubles[] = {
    {"script=refuse,ok", GATE_HTTP_CONNECT},
    {"script=reset,ok", GATE_HTTP_CONNECT},
    {"script=half,ok", GATE_HTTP_CONNECT},
    {"script=goaway,ok", GATE_HTTP_CONNECT},
    {"script=cut,ok", GATE_HTTP_CONNECT},
    {"script=drain,ok", GATE_HTTP_ANSWERED},
};

/* Also where RFC 9113 lets a client send again by itself: see
 * gate_http_start. */
START_TEST(takes_the_end_of_a_stream_for_the_end_of_the_call)
{
	struct call c;

	start("good", troubles[_i].script, NULL);
	c = call("localhost", "ca");
	ck_assert_msg(c.end == troubles[_i].end, "%d %s", (int)c.end, c.text);
	ck_assert((c.text[0] == '\0') == (c.end == GATE_HTTP_ANSWERED));
	c = call("localhost", "ca");
	ck_assert_msg(c.end == GATE_HTTP_ANSWERED, "%d %s", (int)c.end, c.text);
	ck_assert_int_eq(seen(&c, "requests"), 2);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("tls");
	TCase *t = tcase_create("tls");

	tcase_add_unchecked_fixture(t, make_certificates, remove_certificates);
	tcase_add_checked_fixture(t, set_up, tear_down);
	add_row_test(t,
	    believes_whom_the_authority_signed_for_that_name_and_time, peers);
	tcase_add_test(t, asks_each_request_s_own_authority);
	add_row_test(t, speaks_http_2_where_it_is_offered, offers);
	add_row_test(t, takes_an_answer_of_many_frames, offers);
	add_row_test(t, sends_requests_of_every_size_whole, offers);
	add_row_test(t, shares_a_connection_where_it_can, offers);
	tcase_add_test(t, opens_no_more_streams_than_the_server_allows);
	tcase_add_test(t, waits_for_no_connection_that_hangs);
	tcase_add_test(t, counts_the_wait_for_a_connection_into_the_call);
	tcase_add_test(t, drops_what_waits_for_a_connection);
	add_row_test(
	    t, takes_the_end_of_a_stream_for_the_end_of_the_call, troubles);
	suite_add_tcase(s, t);
	return s;
}

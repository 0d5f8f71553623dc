/*
 * The server of check_http: one process that listens, one for each
 * connection. What it does is said by the request's path, one function
 * each. Nothing here is careful: it serves one test.
 */
#include "config.h"

#include "tests/http_server.h"

#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/num.h"

static void
say(int fd, const char *text)
{
	size_t n = strlen(text);

	while (n > 0) {
		ssize_t w = write(fd, text, n);

		if (w <= 0)
			_exit(0);
		text += w;
		n -= (size_t)w;
	}
}

static void
serve_ok(int fd, int nth, const char *request)
{
	const char *body = strstr(request, "\r\n\r\n") + 4;
	char head[300];

	(void)nth;
	(void)snprintf(head, sizeof(head),
	    "HTTP/1.1 200 OK\r\n"
	    "Content-Type: text/plain\r\nRetry-After:  7 \r\n"
	    "retry-after-ms: 70\r\nX-Request-ID: req_9\r\n"
	    "x-should-retry: true\r\nContent-Length: %zu\r\n\r\n",
	    strlen(body));
	say(fd, head);
	say(fd, body);
}

static void
serve_echo(int fd, int nth, const char *request)
{
	char head[100];

	(void)nth;
	(void)snprintf(head, sizeof(head),
	    "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", strlen(request));
	say(fd, head);
	say(fd, request);
}

static void
serve_redirect(int fd, int nth, const char *request)
{
	(void)nth;
	(void)request;
	say(fd,
	    "HTTP/1.1 302 Found\r\nLocation: /ok\r\n"
	    "Content-Length: 0\r\n\r\n");
}

static void
serve_gzip(int fd, int nth, const char *request)
{
	(void)nth;
	(void)request;
	say(fd,
	    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
	    "Content-Length: 4\r\n\r\nbomb");
}

static void
serve_endless(int fd, int nth, const char *request)
{
	(void)nth;
	(void)request;
	say(fd, "HTTP/1.1 200 OK\r\n\r\n");
	for (;;)
		say(fd, "0123456789012345678901234567890123456789");
}

static void
serve_headers(int fd, int nth, const char *request)
{
	(void)nth;
	(void)request;
	say(fd, "HTTP/1.1 200 OK\r\n");
	for (;;)
		say(fd, "X-More: 0123456789012345678901234567890123456789\r\n");
}

static void
serve_nothing(int fd, int nth, const char *request)
{
	(void)fd;
	(void)nth;
	(void)request;
	(void)sleep(60);
}

static void
serve_drip(int fd, int nth, const char *request)
{
	(void)nth;
	(void)request;
	say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n");
	for (;;) {
		say(fd, "x");
		(void)usleep(50000);
	}
}

static void
serve_reset(int fd, int nth, const char *request)
{
	struct linger now = {1, 0};

	(void)nth;
	(void)request;
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	_exit(0);
}

static void
serve_cut(int fd, int nth, const char *request)
{
	(void)nth;
	(void)request;
	say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nhalf");
	_exit(0);
}

static void
serve_garbage(int fd, int nth, const char *request)
{
	(void)nth;
	(void)request;
	say(fd, "SSH-2.0-OpenSSH\r\n");
	_exit(0);
}

/* Answers the first request of a connection; the second kills it. */
static void
serve_once(int fd, int nth, const char *request)
{
	if (nth > 1)
		_exit(0);
	serve_ok(fd, nth, request);
}

static const struct {
	const char *path;
	void (*serve)(int fd, int nth, const char *request);
} services[] = {
    {" /ok", serve_ok},
    {" /echo", serve_echo},
    {" /redirect", serve_redirect},
    {" /gzip", serve_gzip},
    {" /endless", serve_endless},
    {" /headers", serve_headers},
    {" /nothing", serve_nothing},
    {" /drip", serve_drip},
    {" /reset", serve_reset},
    {" /cut", serve_cut},
    {" /garbage", serve_garbage},
    {" /once", serve_once},
};

/* One request: its head, and as much body as Content-Length says. */
static bool
read_request(int fd, char *buf, size_t size)
{
	size_t n = 0, want = 0;
	const char *end, *length;

	for (;;) {
		ssize_t r = read(fd, buf + n, size - 1 - n);

		if (r <= 0)
			return false;
		n += (size_t)r;
		buf[n] = '\0';
		end = strstr(buf, "\r\n\r\n");
		if (end == NULL)
			continue;
		length = strstr(buf, "Content-Length: ");
		if (length != NULL)
			want = strtoul(length + 16, NULL, 10);
		if (n - (size_t)(end + 4 - buf) >= want)
			return true;
	}
}

static void
serve_connection(int fd, atomic_int *requests)
{
	char buf[8192];
	int nth = 0;
	size_t i;

	while (read_request(fd, buf, sizeof(buf))) {
		(*requests)++;
		nth++;
		for (i = 0; i < GATE_COUNT(services); i++)
			if (strstr(buf, services[i].path) != NULL)
				services[i].serve(fd, nth, buf);
	}
	_exit(0);
}

static void
serve(int listener, atomic_int *requests)
{
	(void)signal(SIGCHLD, SIG_IGN);
	(void)alarm(60);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0 && fork() == 0) {
			(void)alarm(60);
			serve_connection(fd, requests);
		}
		(void)close(fd);
	}
}

int
http_server_listen(int *port)
{
	struct sockaddr_in a = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(listen(fd, 16), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

void
http_server_start(struct http_server *s)
{
	int fd = http_server_listen(&s->port);

	s->requests = mmap(NULL, sizeof(*s->requests), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(s->requests, MAP_FAILED);
	s->pid = fork();
	ck_assert_int_ge(s->pid, 0);
	if (s->pid == 0)
		serve(fd, s->requests);
	(void)close(fd);
}

void
http_server_stop(struct http_server *s)
{
	(void)kill(s->pid, SIGKILL);
	(void)waitpid(s->pid, NULL, 0);
	(void)munmap(s->requests, sizeof(*s->requests));
}

static pid_t
spawn(char *const *argv, const char *out)
{
	pid_t pid = fork();
	int fd;

	if (pid != 0)
		return pid;
	fd = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	(void)dup2(fd, 1);
	fd = open("/dev/null", O_RDWR);
	(void)dup2(fd, 2);
	(void)alarm(30);
	(void)execvp(argv[0], argv);
	_exit(127);
}

static char *
word(const char *s)
{
	char *copy = strdup(s);

	ck_assert_ptr_nonnull(copy);
	return copy;
}

static void
free_words(char **argv)
{
	size_t i;

	for (i = 0; argv[i] != NULL; i++)
		free(argv[i]);
}

pid_t
http_server_tls(const char *dir, const char *out, int *port)
{
	char key[200], cert[200], accept_at[40];
	char *make[] = {word("openssl"), word("req"), word("-x509"),
	    word("-newkey"), word("rsa:2048"), word("-nodes"), word("-subj"),
	    word("/CN=127.0.0.1"), word("-days"), word("2"), word("-keyout"),
	    NULL, word("-out"), NULL, NULL};
	char *run_it[] = {word("openssl"), word("s_server"), word("-quiet"),
	    word("-accept"), NULL, word("-key"), NULL, word("-cert"), NULL,
	    NULL};
	int status = 0, fd;
	pid_t pid;

	(void)snprintf(key, sizeof(key), "%s/key", dir);
	(void)snprintf(cert, sizeof(cert), "%s/cert", dir);
	make[11] = word(key);
	make[13] = word(cert);
	pid = spawn(make, out);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	fd = http_server_listen(port);
	(void)close(fd);
	(void)snprintf(accept_at, sizeof(accept_at), "127.0.0.1:%d", *port);
	run_it[4] = word(accept_at);
	run_it[6] = word(key);
	run_it[8] = word(cert);
	pid = status == 0 ? spawn(run_it, out) : 0;
	free_words(make);
	free_words(run_it);
	return pid;
}

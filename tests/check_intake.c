/* fcgi/intake.h: what becomes of bytes on a connection, whole or in two
 * parts; a peer that has sent them sends no more. */
#include "config.h"

#include <sys/socket.h>
#include <unistd.h>

#include "fcgi/intake.h"
#include "lib/clock.h"
#include "tests/runner.h"

#define LONG_MS 10000 /* nobody waits for it: the peer has hung up */
#define BODY_MAX 4

#define BEGIN                                                                  \
	"\1\1\0\1\0\10\0\0"                                                    \
	"\0\1\0\0\0\0\0\0"
#define PARAMS "\1\4\0\1\0\6\3\0\3\1abcdpad"
#define PARAMS_END "\1\4\0\1\0\0\0\0"
#define HEAD BEGIN PARAMS PARAMS_END
#define STDIN "\1\5\0\1\0\2\6\0{}padpad"
#define STDIN_END "\1\5\0\1\0\0\0\0"
#define BODY STDIN STDIN_END
#define PADDED_BODY STDIN "\1\5\0\1\0\0\2\0pa"
#define OTHERS "\1\5\0\2\0\2\0\0{}"
#define ANOTHER                                                                \
	"\1\1\0\2\0\10\0\0"                                                    \
	"\0\1\0\0\0\0\0\0"
#define TURNED_AWAY                                                            \
	"\1\3\0\2\0\10\0\0"                                                    \
	"\0\0\0\0\1\0\0\0"
#define ASK "\1\11\0\0\0\2\0\0\0\0"
#define TOLD "\1\12\0\0\0\22\0\0\17\1FCGI_MPXS_CONNS0"
#define STRANGE "\1\115\0\0\0\1\0\0x"
#define UNKNOWN                                                                \
	"\1\13\0\0\0\10\0\0"                                                   \
	"\115\0\0\0\0\0\0\0"
#define NO_ROLE                                                                \
	"\1\3\0\1\0\10\0\0"                                                    \
	"\0\0\0\0\3\0\0\0"

static const struct {
	const char *what;
	struct gate_span in;
	enum intake_end head;
	enum request_body_end body;
	struct gate_span reply;
} rows[] = {
    {"a request", BYTES(HEAD BODY), INTAKE_READY, REQUEST_BODY_OK, BYTES("")},
    {"an empty record that is padded",
	BYTES(BEGIN PARAMS "\1\4\0\1\0\0\3\0pad" PADDED_BODY), INTAKE_READY,
	REQUEST_BODY_OK, BYTES("")},
    {"params in two records",
	BYTES(BEGIN "\1\4\0\1\0\4\0\0\3\1ab"
		    "\1\4\0\1\0\2\0\0cd" PARAMS_END BODY),
	INTAKE_READY, REQUEST_BODY_OK, BYTES("")},
    {"a body at its maximum", BYTES(HEAD STDIN STDIN STDIN_END), INTAKE_READY,
	REQUEST_BODY_OK, BYTES("")},
    {"a body above its maximum", BYTES(HEAD STDIN STDIN STDIN STDIN_END),
	INTAKE_READY, REQUEST_BODY_LONG, BYTES("")},
    {"a body cut off", BYTES(HEAD STDIN), INTAKE_READY, REQUEST_BODY_CUT,
	BYTES("")},
    {"a body aborted", BYTES(HEAD STDIN "\1\2\0\1\0\0\0\0"), INTAKE_READY,
	REQUEST_BODY_CUT, BYTES("")},
    {"params after the body has begun", BYTES(HEAD STDIN PARAMS), INTAKE_READY,
	REQUEST_BODY_CUT, BYTES("")},
    {"another request's body", BYTES(HEAD OTHERS BODY), INTAKE_READY,
	REQUEST_BODY_OK, BYTES("")},
    {"another request on the way", BYTES(HEAD ANOTHER BODY), INTAKE_READY,
	REQUEST_BODY_OK, BYTES(TURNED_AWAY)},
    {"a question before", BYTES(ASK HEAD BODY), INTAKE_READY, REQUEST_BODY_OK,
	BYTES(TOLD)},
    {"a question within", BYTES(HEAD ASK BODY), INTAKE_READY, REQUEST_BODY_OK,
	BYTES(TOLD)},
    {"an unknown type", BYTES(HEAD STRANGE BODY), INTAKE_READY, REQUEST_BODY_OK,
	BYTES(UNKNOWN)},
    {"a role that there is not",
	BYTES("\1\1\0\1\0\10\0\0"
	      "\0\4\0\0\0\0\0\0" PARAMS PARAMS_END BODY),
	INTAKE_BROKEN, REQUEST_BODY_OK, BYTES(NO_ROLE)},
    {"a role of 257",
	BYTES("\1\1\0\1\0\10\0\0"
	      "\1\1\0\0\0\0\0\0" PARAMS PARAMS_END BODY),
	INTAKE_BROKEN, REQUEST_BODY_OK, BYTES(NO_ROLE)},
    {"nothing", BYTES(""), INTAKE_GONE, REQUEST_BODY_OK, BYTES("")},
    {"half a header", BYTES("\1\1\0\1"), INTAKE_BROKEN, REQUEST_BODY_OK,
	BYTES("")},
    {"no end of params", BYTES(BEGIN PARAMS), INTAKE_BROKEN, REQUEST_BODY_OK,
	BYTES("")},
    {"no beginning", BYTES(PARAMS PARAMS_END BODY), INTAKE_BROKEN,
	REQUEST_BODY_OK, BYTES("")},
    {"two beginnings", BYTES(BEGIN BEGIN PARAMS PARAMS_END BODY), INTAKE_BROKEN,
	REQUEST_BODY_OK, BYTES("")},
    {"the body before the params", BYTES(BEGIN BODY PARAMS PARAMS_END),
	INTAKE_BROKEN, REQUEST_BODY_OK, BYTES("")},
    {"a beginning of seven bytes",
	BYTES("\1\1\0\1\0\7\1\0\0\1\0\0\0\0\0\0" PARAMS PARAMS_END BODY),
	INTAKE_BROKEN, REQUEST_BODY_OK, BYTES("")},
    {"a param that C would cut",
	BYTES(BEGIN "\1\4\0\1\0\6\0\0\3\1ab\0d" PARAMS_END BODY), INTAKE_BROKEN,
	REQUEST_BODY_OK, BYTES("")},
    {"another version", BYTES("\2\1\0\1\0\10\0\0"), INTAKE_BROKEN,
	REQUEST_BODY_OK, BYTES("")},
};

static void
send_all(int fd, struct gate_span s)
{
	ck_assert_int_eq(send(fd, s.p, s.n, MSG_NOSIGNAL), (ssize_t)s.n);
}

/* The row in two parts. */
static void
try(size_t row, size_t cut)
{
	struct gate_span in = rows[row].in;
	int64_t by_ms = gate_mono_ms() + LONG_MS;
	unsigned char back[256];
	struct gate_buf body;
	struct intake k;
	int fd[2];
	ssize_t n;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	send_all(fd[1], gate_span_of(in.p, cut));
	send_all(fd[1], gate_span_of(in.p + cut, in.n - cut));
	ck_assert_int_eq(shutdown(fd[1], SHUT_WR), 0);
	intake_init(&k);
	intake_open(&k, fd[0]);
	gate_buf_init(&body, BODY_MAX);
	ck_assert_msg(intake_head(&k, by_ms, by_ms) == rows[row].head,
	    "%s, cut at %zu", rows[row].what, cut);
	if (rows[row].head == INTAKE_READY) {
		ck_assert_msg(gate_span_equal(gate_buf_span(&k.params),
				  GATE_SPAN("\3\1abcd")),
		    "%s", rows[row].what);
		ck_assert_msg(
		    intake_body(&k, by_ms, BODY_MAX, &body) == rows[row].body,
		    "%s, cut at %zu", rows[row].what, cut);
		if (rows[row].body == REQUEST_BODY_OK)
			ck_assert(intake_rest(&k, by_ms, 0));
	}
	n = recv(fd[1], back, sizeof(back), MSG_DONTWAIT);
	ck_assert_msg(gate_span_equal(gate_span_of(back, n < 0 ? 0 : (size_t)n),
			  rows[row].reply),
	    "%s: the reply", rows[row].what);
	gate_buf_clear(&body);
	intake_clear(&k);
	(void)close(fd[0]);
	(void)close(fd[1]);
}

START_TEST(a_connection_is_read_by_the_book)
{
	size_t cut;

	for (cut = 0; cut <= rows[_i].in.n; cut++)
		try((size_t)_i, cut);
}
END_TEST

START_TEST(params_have_a_limit)
{
	static unsigned char record[RECORDS_HEADER + 40000];
	int64_t by_ms = gate_mono_ms() + LONG_MS;
	struct intake k;
	int fd[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	records_put_header(record, RECORDS_PARAMS, 1, 40000);
	send_all(fd[1], GATE_SPAN(BEGIN));
	send_all(fd[1], gate_span_of(record, sizeof(record)));
	send_all(fd[1], gate_span_of(record, sizeof(record)));
	intake_init(&k);
	intake_open(&k, fd[0]);
	ck_assert_int_eq(intake_head(&k, by_ms, by_ms), INTAKE_BROKEN);
	intake_clear(&k);
	(void)close(fd[0]);
	(void)close(fd[1]);
}
END_TEST

START_TEST(who_sends_nothing_more_is_late)
{
	int64_t by_ms = gate_mono_ms() + 30;
	struct gate_buf body;
	struct intake k;
	int fd[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	intake_init(&k);
	intake_open(&k, fd[0]);
	gate_buf_init(&body, BODY_MAX);
	ck_assert_int_eq(intake_head(&k, by_ms, by_ms + 30), INTAKE_GONE);
	send_all(fd[1], GATE_SPAN(HEAD));
	by_ms = gate_mono_ms() + 1000;
	ck_assert_int_eq(intake_head(&k, by_ms, by_ms), INTAKE_READY);
	ck_assert_int_eq(intake_body(&k, gate_mono_ms() + 30, BODY_MAX, &body),
	    REQUEST_BODY_LATE);
	ck_assert(!intake_rest(&k, gate_mono_ms(), 100));
	gate_buf_clear(&body);
	intake_clear(&k);
	(void)close(fd[0]);
	(void)close(fd[1]);
}
END_TEST

START_TEST(the_rest_of_a_body_has_a_limit)
{
	int64_t by_ms = gate_mono_ms() + LONG_MS;
	size_t max;

	for (max = 1; max <= 2; max++) {
		struct intake k;
		int fd[2];

		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
		send_all(fd[1], GATE_SPAN(HEAD BODY HEAD));
		intake_init(&k);
		intake_open(&k, fd[0]);
		ck_assert_int_eq(intake_head(&k, by_ms, by_ms), INTAKE_READY);
		/* And what follows it is no part of it. */
		ck_assert(!intake_rest(&k, by_ms, max));
		ck_assert_int_eq(
		    k.stage, max == 2 ? INTAKE_DONE : INTAKE_STDIN);
		intake_clear(&k);
		(void)close(fd[0]);
		(void)close(fd[1]);
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("intake");
	TCase *t = tcase_create("intake");

	add_row_test(t, a_connection_is_read_by_the_book, rows);
	tcase_add_test(t, params_have_a_limit);
	tcase_add_test(t, who_sends_nothing_more_is_late);
	tcase_add_test(t, the_rest_of_a_body_has_a_limit);
	suite_add_tcase(s, t);
	return s;
}

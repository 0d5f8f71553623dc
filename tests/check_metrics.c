/* lib/metrics.h, in its order. */
#include "config.h"

#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/metrics.h"
#include "lib/metrics_segment.h"
#include "lib/num.h"
#include "tests/fence.h"
#include "tests/runner.h"

static const struct gate_metric table[] = {
    {"x_total", "a=\"1\"", GATE_COUNTER, "Xs."},
    {"x_total", "a=\"2\"", GATE_COUNTER, "Xs."},
    {"depth", NULL, GATE_GAUGE, "How deep."},
    {"x_seconds", NULL, GATE_HISTOGRAM, "Time."},
};
#define TABLE table, sizeof(table) / sizeof(table[0])

static struct gate_metrics *
open_metrics(const char *name)
{
	struct gate_metrics *m;
	struct gate_err err = {0};

	ck_assert_msg(
	    gate_metrics_open(name, "test", TABLE, &m, &err) == GATE_OK, "%s",
	    err.text);
	return m;
}

#define NAME_BYTES 64

/* A name that no other test has. */
static struct gate_metrics *
open_shared(char name[NAME_BYTES])
{
	struct gate_metrics *m;

	(void)snprintf(name, NAME_BYTES, "pressgate-check-%d", (int)getpid());
	m = open_metrics(name);
	ck_assert(gate_metrics_is_shared(m));
	return m;
}

/* Runs f in a child that has a slot of its own; the child's pid. */
static pid_t
in_child(struct gate_metrics *m, void (*f)(struct gate_metrics *m))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		gate_metrics_attach(m);
		f(m);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	return pid;
}

static void
count_three(struct gate_metrics *m)
{
	gate_metrics_add(m, 0, 3);
	gate_metrics_set(m, 2, 9);
	gate_metrics_observe_ms(m, 3, 7);
}

static void
count_one(struct gate_metrics *m)
{
	if (gate_metrics_get(m, 2) == 0)
		gate_metrics_add(m, 1, 1);
}

START_TEST(sums_over_all_processes)
{
	struct gate_metrics *m = open_metrics("");
	int i;

	gate_metrics_attach(m);
	gate_metrics_add(m, 0, 1);
	for (i = 0; i < 5; i++)
		(void)in_child(m, count_three);
	ck_assert_uint_eq(gate_metrics_get(m, 0), 16);
	ck_assert_uint_eq(gate_metrics_get(m, 1), 0);
	ck_assert_uint_eq(gate_metrics_get(m, 3), 5);
	gate_metrics_close(m);
}
END_TEST

START_TEST(keeps_what_the_dead_have_counted_but_not_their_gauges)
{
	struct gate_metrics *m = open_metrics("");
	uint64_t round;
	int ready[2];
	pid_t pid;
	char c;

	ck_assert_int_eq(pipe(ready), 0);
	for (round = 1; round <= 5; round++) {
		pid = fork();
		if (pid == 0) {
			gate_metrics_attach(m);
			count_three(m);
			(void)!write(ready[1], "", 1);
			(void)pause();
			_exit(1);
		}
		ck_assert_int_eq(read(ready[0], &c, 1), 1);
		ck_assert_uint_eq(gate_metrics_get(m, 2), 9);
		ck_assert_int_eq(kill(pid, SIGKILL), 0);
		ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
		ck_assert_uint_eq(gate_metrics_get(m, 2), 0);
		ck_assert_uint_eq(gate_metrics_get(m, 0), 3 * round);
		ck_assert_uint_eq(gate_metrics_get(m, 3), round);
		/* Who takes the slot over takes no gauge over. */
		(void)in_child(m, count_one);
		ck_assert_uint_eq(gate_metrics_get(m, 1), round);
	}
	(void)close(ready[0]);
	(void)close(ready[1]);
	gate_metrics_close(m);
}
END_TEST

/* A child counts and then says so; it is killed anywhere in that. */
START_TEST(loses_no_count_to_kill_9)
{
	struct gate_metrics *m = open_metrics("");
	uint64_t said = 0;
	int i, told[2];
	char buf[4096];
	ssize_t n;
	pid_t pid;

	for (i = 0; i < 20; i++) {
		ck_assert_int_eq(pipe(told), 0);
		pid = fork();
		if (pid == 0) {
			gate_metrics_attach(m);
			for (;;) {
				gate_metrics_add(m, 0, 1);
				(void)!write(told[1], "", 1);
			}
		}
		(void)close(told[1]);
		ck_assert_int_gt(read(told[0], buf, 1), 0);
		said++;
		(void)usleep((useconds_t)(i % 7) * 300);
		ck_assert_int_eq(kill(pid, SIGKILL), 0);
		ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
		while ((n = read(told[0], buf, sizeof(buf))) > 0)
			said += (uint64_t)n;
		(void)close(told[0]);
	}
	ck_assert_uint_ge(gate_metrics_get(m, 0), said);
	ck_assert_uint_le(gate_metrics_get(m, 0), said + 20);
	gate_metrics_close(m);
}
END_TEST

/* More processes than slots, none of them folded by a parent. */
START_TEST(loses_nothing_when_slots_run_out)
{
	struct gate_metrics *m = open_metrics("");
	int i;

	for (i = 0; i < 3 * GATE_METRICS_SLOTS; i++)
		(void)in_child(m, count_three);
	ck_assert_uint_eq(gate_metrics_get(m, 0), 9 * GATE_METRICS_SLOTS);
	ck_assert_uint_eq(gate_metrics_get(m, 3), 3 * GATE_METRICS_SLOTS);
	gate_metrics_attach(m); /* there is one for the living */
	gate_metrics_set(m, 2, 5);
	ck_assert_uint_eq(gate_metrics_get(m, 2), 5);
	gate_metrics_close(m);
}
END_TEST

#define SHARED_ADDS 1000000 /* long enough that they are interrupted */

/* All live at once, so that the last slot is shared. */
START_TEST(counts_in_a_shared_slot)
{
	struct gate_metrics *m = open_metrics("");
	const struct gate_metrics_slot *last =
	    gate_metrics_slot(m, GATE_METRICS_SLOTS);
	int i, go[2];
	char c;

	ck_assert_int_eq(pipe(go), 0);
	for (i = 0; i < GATE_METRICS_SLOTS + 8; i++) {
		if (fork() != 0)
			continue;
		(void)close(go[1]);
		gate_metrics_attach(m);
		(void)!read(go[0], &c, 1); /* until all are there */
		for (i = 0; i < SHARED_ADDS && m->mine == last; i++)
			gate_metrics_add(m, 1, 1);
		_exit(0);
	}
	(void)usleep(200000);
	(void)close(go[0]);
	(void)close(go[1]);
	while (wait(NULL) > 0)
		;
	ck_assert_uint_eq(gate_metrics_get(m, 1), 9 * SHARED_ADDS);
	gate_metrics_close(m);
}
END_TEST

START_TEST(is_found_again_by_its_name)
{
	char name[NAME_BYTES];
	struct gate_metrics *a = open_shared(name), *b;

	gate_metrics_add(a, 0, 5);
	b = open_metrics(name);
	ck_assert_uint_eq(gate_metrics_get(b, 0), 5);
	gate_metrics_add(b, 0, 1);
	ck_assert_uint_eq(gate_metrics_get(a, 0), 6);
	gate_metrics_close(a);
	gate_metrics_close(b);
	b = open_metrics(name);
	ck_assert_uint_eq(gate_metrics_get(b, 0), 6);
	gate_metrics_close(b);
}
END_TEST

/* Of another size, and of the same with another word in it. */
static const struct gate_metric others[][4] = {
    {{"x_total", "a=\"1\"", GATE_COUNTER, "Xs."}},
    {{"x_total", "a=\"1\"", GATE_COUNTER, "Xs."},
	{"x_total", "a=\"3\"", GATE_COUNTER, "Xs."},
	{"depth", NULL, GATE_GAUGE, "How deep."},
	{"x_seconds", NULL, GATE_HISTOGRAM, "Time."}},
};
static const size_t other_counts[] = {1, 4};

START_TEST(leaves_another_tables_segment_alone)
{
	char name[NAME_BYTES];
	struct gate_metrics *a = open_shared(name), *b, *c;

	gate_metrics_add(a, 0, 5);
	ck_assert_int_eq(gate_metrics_open(name, "test", others[_i],
			     other_counts[_i], &b, NULL),
	    GATE_OK);
	ck_assert(!gate_metrics_is_shared(b));
	ck_assert_uint_eq(gate_metrics_get(b, 0), 0);
	gate_metrics_add(b, 0, 1);
	ck_assert_uint_eq(gate_metrics_get(a, 0), 5);
	ck_assert_int_eq(gate_metrics_read(name, "test", &c, NULL), GATE_OK);
	ck_assert_uint_eq(gate_metrics_get(c, 0), 5);
	gate_metrics_close(c);
	gate_metrics_close(b);
	gate_metrics_close(a);
}
END_TEST

static const char *const no_names[] = {"", "a/b", "../x", NULL};

START_TEST(keeps_to_itself_what_has_no_name)
{
	struct gate_metrics *m = open_metrics(no_names[_i]);

	ck_assert(!gate_metrics_is_shared(m));
	gate_metrics_close(m);
	m = NULL;
	ck_assert_int_eq(
	    gate_metrics_read(no_names[_i], "test", &m, NULL), GATE_E_UNKNOWN);
	ck_assert_ptr_null(m);
}
END_TEST

/* ---- reading ----------------------------------------------------------- */

static void
text_of(const struct gate_metrics *m, struct gate_buf *out)
{
	gate_buf_init(out, 65536);
	ck_assert_int_eq(gate_metrics_text(m, out), GATE_OK);
}

START_TEST(is_read_by_another_program_whole)
{
	char name[NAME_BYTES];
	struct gate_metrics *m = open_shared(name), *r;
	struct gate_buf theirs, ours;

	gate_metrics_attach(m);
	count_three(m);
	(void)in_child(m, count_three);
	ck_assert_int_eq(gate_metrics_read(name, "test", &r, NULL), GATE_OK);
	text_of(m, &theirs);
	text_of(r, &ours);
	ck_assert_str_eq(gate_buf_str(&theirs), gate_buf_str(&ours));
	ck_assert_ptr_nonnull(
	    strstr(gate_buf_str(&ours), "x_total{a=\"1\"} 6\n"));
	gate_metrics_add(r, 0, 1); /* into the copy */
	ck_assert_uint_eq(gate_metrics_get(m, 0), 6);
	gate_metrics_close(m);
	ck_assert_uint_eq(gate_metrics_get(r, 0), 7);
	gate_metrics_close(r);
	ck_assert_int_eq(
	    gate_metrics_read(name, "tes", &r, NULL), GATE_E_UNKNOWN);
	gate_buf_clear(&theirs);
	gate_buf_clear(&ours);
}
END_TEST

/* Prometheus takes a counter that falls for one that began anew. */
START_TEST(never_reads_less_than_before)
{
	char name[NAME_BYTES];
	struct gate_metrics *m = open_shared(name), *r;
	uint64_t now, before = 0;
	pid_t pid = fork();
	int i;

	if (pid == 0)
		(void)alarm(20);
	if (pid == 0)
		for (;;) /* slots change hands all the time */
			(void)in_child(m, count_three);
	for (i = 0; i < 3000; i++) {
		ck_assert_int_eq(
		    gate_metrics_read(name, "test", &r, NULL), GATE_OK);
		now = gate_metrics_get(r, 0);
		ck_assert_uint_ge(now, before);
		before = now;
		gate_metrics_close(r);
	}
	ck_assert_uint_gt(before, 0);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	gate_metrics_close(m);
}
END_TEST

#define HEAD(member) offsetof(struct gate_metrics_head, member)
#define ROW(i, member)                                                         \
	(sizeof(struct gate_metrics_head) +                                    \
	    (i) * sizeof(struct gate_metrics_row) +                            \
	    offsetof(struct gate_metrics_row, member))
#define TEXT(lit) .bytes = "" lit, .n = sizeof(lit)
#define RAW(lit) .bytes = "" lit, .n = sizeof(lit) - 1

static const struct {
	const char *what;
	size_t at;
	const char *bytes;
	size_t n;
	int grow;
	enum gate_code code;
} garbage[] = {
    {.what = "nothing is wrong", .code = GATE_OK},
    {"not written yet", HEAD(magic), RAW("\0\0\0\0\0\0\0\0"), 0, GATE_E_BAD},
    {"another layout", HEAD(magic), RAW("1"), 0, GATE_E_BAD},
    {"no rows", HEAD(count), RAW("\0"), 0, GATE_E_BAD},
    {"a row less", HEAD(count), RAW("\3"), 0, GATE_E_BAD},
    {"a row more", HEAD(count), RAW("\5"), 0, GATE_E_BAD},
    {"more rows than bytes", HEAD(count), RAW("\x80"), 0, GATE_E_BAD},
    {"most rows", HEAD(count), RAW("\377\377\377\377\377\377\377\377"), 0,
	GATE_E_BAD},
    {"rows that overflow", HEAD(count), RAW("\0\0\0\0\0\0\0\x10"), 0,
	GATE_E_BAD},
    {"a byte less", .grow = -1, .code = GATE_E_BAD},
    {"a byte more", .grow = 1, .code = GATE_E_BAD},
    {"a word more", .grow = 8, .code = GATE_E_BAD},
    {"far too large", .grow = 1 << 30, .code = GATE_E_BAD},
    {"only a head", .grow = -2, .code = GATE_E_BAD},
    {"nothing at all", .grow = -3, .code = GATE_E_BAD},
    {"no name", ROW(2, name), TEXT(""), 0, GATE_E_BAD},
    {"a name's digit first", ROW(2, name), TEXT("1x"), 0, GATE_E_BAD},
    {"a space in a name", ROW(2, name), TEXT("x y"), 0, GATE_E_BAD},
    {"a line end in a name", ROW(2, name), TEXT("x 1\ny"), 0, GATE_E_BAD},
    {"a name without end", ROW(2, name),
	RAW("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aa"),
	0, GATE_E_BAD},
    {"another good name", ROW(2, name), TEXT("y_total"), 0, GATE_OK},
    {"a family in two parts", ROW(3, name), TEXT("x_total"), 0, GATE_E_BAD},
    {"a family of two kinds", ROW(2, name), TEXT("x_total"), 0, GATE_E_BAD},
    {"labels twice", ROW(1, labels), TEXT("a=\"1\""), 0, GATE_E_BAD},
    {"labels without quotes", ROW(2, labels), TEXT("a=1"), 0, GATE_E_BAD},
    {"labels without end", ROW(2, labels), TEXT("a=\"1"), 0, GATE_E_BAD},
    {"labels without value", ROW(2, labels), TEXT("a"), 0, GATE_E_BAD},
    {"labels that end in a comma", ROW(2, labels), TEXT("a=\"1\","), 0,
	GATE_E_BAD},
    {"labels without comma", ROW(2, labels), TEXT("a=\"1\"b=\"1\""), 0,
	GATE_E_BAD},
    {"a label without name", ROW(2, labels), TEXT("=\"1\""), 0, GATE_E_BAD},
    {"the label le", ROW(2, labels), TEXT("le=\"1\""), 0, GATE_E_BAD},
    {"a line end in a label", ROW(2, labels), TEXT("a=\"1\n\""), 0, GATE_E_BAD},
    {"an escape in a label", ROW(2, labels), TEXT("a=\"\\\""), 0, GATE_E_BAD},
    {"more after the labels", ROW(2, labels), TEXT("a=\"1\"} 1"), 0,
	GATE_E_BAD},
    {"two good labels", ROW(2, labels), TEXT("a=\"1\",b=\"}{ ,=\""), 0,
	GATE_OK},
    {"a line end in the help", ROW(2, help), TEXT("a\nb 1"), 0, GATE_E_BAD},
    {"an escape sequence in the help", ROW(2, help), TEXT("\x1b[31m"), 0,
	GATE_E_BAD},
    {"two helps of a family", ROW(1, help), TEXT("Others."), 0, GATE_E_BAD},
    {"no such kind", ROW(2, kind), RAW("\3"), 0, GATE_E_BAD},
    {"the largest kind", ROW(2, kind), RAW("\377\377\377\377\377\377\377\377"),
	0, GATE_E_BAD},
    {"a kind that needs more cells", ROW(2, kind), RAW("\2"), 0, GATE_E_BAD},
    {"a kind that needs as many", ROW(2, kind), RAW("\0"), 0, GATE_OK},
};

/* The segment's file, to be spoilt. */
static int
open_file(const char *name)
{
	char pattern[NAME_BYTES + 16];
	glob_t g;
	int fd;

	(void)snprintf(pattern, sizeof(pattern), "/dev/shm/%s.test.*", name);
	ck_assert_int_eq(glob(pattern, 0, NULL, &g), 0);
	ck_assert_uint_eq(g.gl_pathc, 1);
	fd = open(g.gl_pathv[0], O_RDWR);
	globfree(&g);
	ck_assert_int_ge(fd, 0);
	return fd;
}

static off_t
size_of(int fd)
{
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	return st.st_size;
}

START_TEST(survives_garbage)
{
	char name[NAME_BYTES];
	struct gate_metrics *m = open_shared(name), *r = NULL;
	struct gate_err err = {GATE_OK, ""};
	struct gate_buf b;
	int fd = open_file(name), grow = garbage[_i].grow;
	off_t size = size_of(fd) + grow;

	gate_metrics_close(m);
	if (grow < -1)
		size = grow == -2 ? (off_t)sizeof(struct gate_metrics_head) : 0;
	ck_assert_int_eq(ftruncate(fd, size), 0);
	ck_assert_int_eq(
	    pwrite(fd, garbage[_i].bytes, garbage[_i].n, (off_t)garbage[_i].at),
	    (ssize_t)garbage[_i].n);
	ck_assert_msg(
	    gate_metrics_read(name, "test", &r, &err) == garbage[_i].code,
	    "%s: %s", garbage[_i].what, err.text);
	if (garbage[_i].code == GATE_OK) {
		text_of(r, &b);
		gate_buf_clear(&b);
		gate_metrics_close(r);
	} else {
		ck_assert_ptr_null(r);
	}
	/* A writer neither: it counts elsewhere, or where it counted. */
	m = open_metrics(name);
	gate_metrics_attach(m);
	count_three(m);
	ck_assert_uint_eq(gate_metrics_get(m, 0), 3);
	gate_metrics_close(m);
	(void)close(fd);
}
END_TEST

/* Each line is a comment or a sample without control characters. */
static void
check_lines(const struct gate_metrics *m)
{
	struct gate_buf b;
	const char *p;

	gate_buf_init(&b, GATE_METRICS_TEXT_MAX);
	ck_assert_int_eq(gate_metrics_text(m, &b), GATE_OK);
	for (p = gate_buf_str(&b); *p != '\0'; p++)
		ck_assert(*p == '\n' || (*p >= ' ' && *p <= '~'));
	gate_buf_clear(&b);
}

/* Cut anywhere, with a head that promises the most. */
START_TEST(reads_nothing_beyond_the_bytes)
{
	char name[NAME_BYTES];
	struct gate_metrics *m = open_shared(name), r;
	size_t n, step = sizeof(uint64_t);
	struct fence f;

	for (n = 0; n < m->bytes; n += step) {
		f = fence_page(gate_span_of(m->map, n));
		r = (struct gate_metrics){.bytes = n};
		r.map = (unsigned char *)f.map +
		    (f.span.p - (unsigned char *)f.map);
		ck_assert_int_eq(gate_metrics_understand(&r), GATE_E_BAD);
		if (n >= sizeof(struct gate_metrics_head)) {
			((struct gate_metrics_head *)(void *)r.map)->count =
			    GATE_METRICS_MAX;
			ck_assert_int_eq(
			    gate_metrics_understand(&r), GATE_E_BAD);
		}
		ck_assert_uint_eq(r.bytes, n);
		fence_free(&f);
		if (n >= m->slots_at)
			step = 64 * sizeof(uint64_t);
	}
	gate_metrics_close(m);
}
END_TEST

#define X_TOTAL(label)                                                         \
	{                                                                      \
		"x_total", label, GATE_COUNTER, "Xs."                          \
	}
#define Y_TOTAL(label)                                                         \
	{                                                                      \
		"y_total", label, GATE_COUNTER, "Xs."                          \
	}

static const struct {
	const char *what;
	struct gate_metric table[3];
	enum gate_code code;
} families[] = {
    {"one", {X_TOTAL("a=\"1\""), X_TOTAL("a=\"2\""), X_TOTAL("a=\"3\"")},
	GATE_OK},
    {"two", {X_TOTAL("a=\"1\""), X_TOTAL("a=\"2\""), Y_TOTAL("a=\"1\"")},
	GATE_OK},
    {"one in two parts",
	{X_TOTAL("a=\"1\""), Y_TOTAL(NULL), X_TOTAL("a=\"2\"")}, GATE_E_BAD},
    {"the same twice",
	{X_TOTAL("a=\"1\""), X_TOTAL("a=\"2\""), X_TOTAL("a=\"1\"")},
	GATE_E_BAD},
};

START_TEST(keeps_families_together)
{
	struct gate_metrics_row rows[3];
	struct gate_metric out[3];
	size_t i;

	for (i = 0; i < 3; i++)
		ck_assert_int_eq(
		    gate_metrics_row_put(&families[_i].table[i], &rows[i]),
		    GATE_OK);
	ck_assert_msg(gate_metrics_rows_get(rows, 3, out) == families[_i].code,
	    "%s", families[_i].what);
}
END_TEST

START_TEST(survives_any_bytes)
{
	char name[NAME_BYTES];
	struct gate_metrics *m = open_shared(name), *r;
	int fd = open_file(name), n, i, k, good = 0;
	size_t size = (size_t)size_of(fd);
	unsigned char *whole = malloc(size), *spoilt = malloc(size);

	gate_metrics_close(m);
	ck_assert_int_eq(pread(fd, whole, size, 0), (ssize_t)size);
	srandom(1);
	for (i = 0; i < 4000; i++) {
		memcpy(spoilt, whole, size);
		n = i % 4 == 0 ? 4000 : i % 4;
		for (k = 0; k < n; k++)
			spoilt[(size_t)random() %
			    (i % 2 == 0 ? size
					: ROW(GATE_COUNT(table), name))] =
			    (unsigned char)random();
		ck_assert_int_eq(pwrite(fd, spoilt, size, 0), (ssize_t)size);
		if (gate_metrics_read(name, "test", &r, NULL) == GATE_OK) {
			check_lines(r);
			gate_metrics_close(r);
			good++;
		}
	}
	ck_assert_int_gt(good, 100);
	free(whole);
	free(spoilt);
	(void)close(fd);
}
END_TEST

START_TEST(believes_no_file_that_others_may_write)
{
	char name[NAME_BYTES];
	struct gate_metrics *m = open_shared(name), *r;
	int fd = open_file(name), status;
	pid_t pid;

	ck_assert_int_eq(fchmod(fd, 0660), 0);
	ck_assert_int_eq(
	    gate_metrics_read(name, "test", &r, NULL), GATE_E_AUTH);
	ck_assert_int_eq(fchmod(fd, 0602), 0);
	ck_assert_int_eq(
	    gate_metrics_read(name, "test", &r, NULL), GATE_E_AUTH);
	ck_assert_int_eq(fchmod(fd, 0644), 0);
	ck_assert_int_eq(gate_metrics_read(name, "test", &r, NULL), GATE_OK);
	gate_metrics_close(r);
	gate_metrics_close(m);
	pid = geteuid() == 0 ? fork() : -1;
	if (pid == 0)
		_exit(seteuid(65534) == 0 &&
			    gate_metrics_read(name, "test", &r, NULL) ==
				GATE_E_AUTH
			? 0
			: 1);
	if (pid > 0) {
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(status, 0);
	}
	(void)close(fd);
}
END_TEST

START_TEST(puts_no_text_that_is_too_long)
{
	char text[128];
	struct gate_metric t = {text, NULL, GATE_COUNTER, "Help."};
	struct gate_metrics_row r = {.kind = 7};

	memset(text, 'a', sizeof(text));
	text[sizeof(r.name)] = '\0';
	ck_assert_int_eq(gate_metrics_row_put(&t, &r), GATE_E_LIMIT);
	ck_assert_uint_eq(r.kind, 7);
	text[sizeof(r.name) - 1] = '\0';
	ck_assert_int_eq(gate_metrics_row_put(&t, &r), GATE_OK);
	ck_assert_str_eq(r.name, text);
}
END_TEST

START_TEST(counts_nothing_without_metrics)
{
	gate_metrics_attach(NULL);
	gate_metrics_add(NULL, 0, 1);
	gate_metrics_set(NULL, 0, 1);
	gate_metrics_observe_ms(NULL, 0, 1);
	gate_metrics_close(NULL);
	ck_assert_uint_eq(gate_metrics_get(NULL, 0), 0);
}
END_TEST

static const struct {
	int64_t ms;
	const char *line;
} observed[] = {
    {0, "x_seconds_bucket{le=\"0.001\"} 1\n"},
    {-5, "x_seconds_bucket{le=\"0.001\"} 1\n"},
    {1, "x_seconds_bucket{le=\"0.001\"} 1\n"},
    {2,
	"x_seconds_bucket{le=\"0.001\"} 0\n"
	"x_seconds_bucket{le=\"0.002\"} 1\n"},
    {60000, "x_seconds_bucket{le=\"60.000\"} 1\n"},
    {60001,
	"x_seconds_bucket{le=\"60.000\"} 0\n"
	"x_seconds_bucket{le=\"+Inf\"} 1\n"
	"x_seconds_sum 60.001\nx_seconds_count 1\n"},
};

START_TEST(puts_a_time_into_its_bucket)
{
	struct gate_metrics *m = open_metrics("");
	struct gate_buf b;

	gate_buf_init(&b, 65536);
	gate_metrics_observe_ms(m, 3, observed[_i].ms);
	ck_assert_int_eq(gate_metrics_text(m, &b), GATE_OK);
	ck_assert_msg(strstr(gate_buf_str(&b), observed[_i].line) != NULL,
	    "%lld: %s", (long long)observed[_i].ms, gate_buf_str(&b));
	gate_buf_clear(&b);
	gate_metrics_close(m);
}
END_TEST

START_TEST(speaks_prometheus)
{
	struct gate_metrics *m = open_metrics("");
	struct gate_buf b;

	gate_buf_init(&b, 65536);
	gate_metrics_add(m, 1, 2);
	gate_metrics_set(m, 2, 7);
	ck_assert_int_eq(gate_metrics_text(m, &b), GATE_OK);
	ck_assert_ptr_nonnull(strstr(gate_buf_str(&b),
	    "# HELP x_total Xs.\n# TYPE x_total counter\n"
	    "x_total{a=\"1\"} 0\nx_total{a=\"2\"} 2\n"
	    "# HELP depth How deep.\n# TYPE depth gauge\ndepth 7\n"
	    "# HELP x_seconds Time.\n# TYPE x_seconds histogram\n"));
	gate_buf_clear(&b);
	gate_buf_init(&b, 100);
	ck_assert_int_eq(gate_metrics_text(m, &b), GATE_E_LIMIT);
	gate_buf_clear(&b);
	gate_metrics_close(m);
}
END_TEST

static void
unlink_segments(void)
{
	(void)!system("rm -f /dev/shm/pressgate-check*");
}

Suite *
suite(void)
{
	Suite *s = suite_create("metrics");
	TCase *t = tcase_create("metrics");

	tcase_add_unchecked_fixture(t, unlink_segments, unlink_segments);
	tcase_add_test(t, sums_over_all_processes);
	tcase_add_test(
	    t, keeps_what_the_dead_have_counted_but_not_their_gauges);
	tcase_add_test(t, loses_no_count_to_kill_9);
	tcase_add_test(t, loses_nothing_when_slots_run_out);
	tcase_add_test(t, counts_in_a_shared_slot);
	tcase_add_test(t, is_found_again_by_its_name);
	add_row_test(t, leaves_another_tables_segment_alone, others);
	add_row_test(t, keeps_to_itself_what_has_no_name, no_names);
	tcase_add_test(t, is_read_by_another_program_whole);
	tcase_add_test(t, never_reads_less_than_before);
	add_row_test(t, survives_garbage, garbage);
	tcase_add_test(t, reads_nothing_beyond_the_bytes);
	add_row_test(t, keeps_families_together, families);
	tcase_add_test(t, survives_any_bytes);
	tcase_add_test(t, believes_no_file_that_others_may_write);
	tcase_add_test(t, puts_no_text_that_is_too_long);
	tcase_add_test(t, counts_nothing_without_metrics);
	add_row_test(t, puts_a_time_into_its_bucket, observed);
	tcase_add_test(t, speaks_prometheus);
	suite_add_tcase(s, t);
	return s;
}

/* lib/log.h. Lines go through a pipe and are read back. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/json.h"
#include "lib/log.h"
#include "tests/runner.h"

static int ends[2];
static char got[2 * GATE_LOG_LINE];

static void
setup(void)
{
	ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
}

static void
teardown(void)
{
	ck_assert_int_eq(close(ends[0]) | close(ends[1]), 0);
}

/* What came out since the last call, as a string. */
static const char *
read_back(void)
{
	ssize_t n = read(ends[0], got, sizeof(got) - 1);

	got[n > 0 ? n : 0] = '\0';
	return got;
}

static struct gate_log
make_log(bool json)
{
	struct gate_log log;

	gate_log_init(&log, "prog", ends[1], GATE_LOG_INFO);
	log.json = json;
	return log;
}

/* The time stamp and the pid replaced, which nobody can foresee. */
static const char *
without_chance(const char *line, char *out, size_t size)
{
	struct gate_span ts = gate_span_str(strstr(line, "20"));
	char pid[32];
	const char *at;

	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	ck_assert_uint_gt(ts.n, 24);
	at = strstr(line + 30, pid);
	ck_assert_ptr_nonnull(at);
	(void)snprintf(out, size, "%.*sTS%.*sPID%s",
	    (int)((const char *)ts.p - line), line,
	    (int)(at - (const char *)ts.p - 24), (const char *)ts.p + 24,
	    at + strlen(pid));
	return out;
}

static void
write_sample(const struct gate_log *log)
{
	struct gate_log_line l;

	gate_log_start(&l, log, GATE_LOG_WARN, "ingest", "accepted");
	gate_log_str(&l, "site", "blog");
	gate_log_span(&l, "note", GATE_SPAN("two words \"\x1b[1m\" \n"));
	gate_log_i64(&l, "ms", -12);
	gate_log_str(&l, "none", NULL);
	gate_log_end(&l);
}

START_TEST(writes_one_json_object_a_line)
{
	struct gate_log log = make_log(true);
	char line[500];

	write_sample(&log);
	ck_assert_str_eq(without_chance(read_back(), line, sizeof(line)),
	    "{\"ts\":\"TS\",\"level\":\"warn\",\"mod\":\"ingest\","
	    "\"ev\":\"accepted\",\"program\":\"prog\",\"pid\":PID,"
	    "\"site\":\"blog\","
	    "\"note\":\"two words \\\"\\u001b[1m\\\" \\n\",\"ms\":-12,"
	    "\"none\":\"\"}\n");
}
END_TEST

START_TEST(writes_words_for_a_terminal)
{
	struct gate_log log = make_log(false);
	char line[500];

	write_sample(&log);
	ck_assert_str_eq(without_chance(read_back(), line, sizeof(line)),
	    "TS warn  ingest accepted program=prog pid=PID site=blog "
	    "note=\"two words \\\"\\u001b[1m\\\" \\n\" ms=-12 none=\"\"\n");
}
END_TEST

START_TEST(marks_lines_for_the_journal)
{
	struct gate_log log;
	int other_ends[2];
	int other;
	char stream[64];
	struct stat st;

	ck_assert_int_eq(pipe(other_ends), 0);
	ck_assert_int_eq(close(other_ends[0]), 0);
	other = other_ends[1];
	ck_assert_int_eq(fstat(ends[1], &st), 0);
	(void)snprintf(stream, sizeof(stream), "%llu:%llu",
	    (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	ck_assert_int_eq(setenv("JOURNAL_STREAM", stream, 1), 0);
	gate_log_init(&log, "prog", ends[1], GATE_LOG_INFO);
	ck_assert(log.journal && log.json);
	gate_log_init(&log, "prog", ends[0], GATE_LOG_INFO);
	ck_assert(log.journal); /* the same pipe */
	gate_log_init(&log, "prog", other, GATE_LOG_INFO);
	ck_assert(!log.journal); /* its device, another inode */
	ck_assert_int_eq(close(other), 0);
	gate_log_init(&log, "prog", ends[1], GATE_LOG_INFO);
	write_sample(&log);
	ck_assert_ptr_eq(strstr(read_back(), "<4>{\"ts\":"), got);
}
END_TEST

static const char *const foreign_streams[] = {
    "", ":", "1:2", "1", "x:y", "99999999999999999999999:1"};

START_TEST(does_not_take_another_descriptor_for_the_journal)
{
	struct gate_log log;

	ck_assert_int_eq(setenv("JOURNAL_STREAM", foreign_streams[_i], 1), 0);
	gate_log_init(&log, "prog", ends[1], GATE_LOG_INFO);
	ck_assert(!log.journal);
}
END_TEST

START_TEST(drops_what_is_more_detailed_than_wanted)
{
	struct gate_log log = make_log(true);
	struct gate_log_line l;

	gate_log_start(&l, &log, GATE_LOG_DEBUG, "m", "e");
	gate_log_str(&l, "k", "v");
	gate_log_end(&l);
	ck_assert_str_eq(read_back(), "");
	gate_log_start(&l, NULL, GATE_LOG_ERROR, "m", "e");
	gate_log_str(&l, "k", "v");
	gate_log_i64(&l, "k", 1);
	gate_log_end(&l);
	gate_log_err(NULL, GATE_LOG_ERROR, "m", "e",
	    &(struct gate_err){GATE_E_BUG, "x"});
	ck_assert_str_eq(read_back(), "");
	gate_log_start(&l, &log, GATE_LOG_INFO, "m", "e");
	gate_log_end(&l);
	ck_assert_str_ne(read_back(), "");
}
END_TEST

START_TEST(cuts_long_values_and_keeps_the_line_whole)
{
	static unsigned char bytes[GATE_LOG_LINE * 4];
	struct gate_log log = make_log(_i != 0);
	struct gate_log_line l;
	size_t n;
	int i;

	/* Each byte becomes six characters: \u0001 */
	memset(bytes, 1, sizeof(bytes));
	gate_log_start(&l, &log, GATE_LOG_INFO, "m", "e");
	for (i = 0; i < 100; i++)
		gate_log_span(&l, "k", gate_span_of(bytes, sizeof(bytes)));
	gate_log_i64(&l, "last", 1); /* short: still fits */
	for (i = 0; i < 1000; i++)
		gate_log_i64(&l, "more", i);
	gate_log_end(&l);
	n = strlen(read_back());
	ck_assert_uint_le(n, GATE_LOG_LINE);
	ck_assert_uint_gt(n, GATE_LOG_LINE - 100);
	ck_assert_ptr_eq(strchr(got, '\n'), got + n - 1);
	ck_assert_ptr_nonnull(strstr(got, _i ? "\"last\":1" : "last=1"));
	ck_assert_ptr_nonnull(strstr(got, _i ? "\"cut\":true}" : "cut=true"));
}
END_TEST

START_TEST(a_cut_line_is_still_json)
{
	struct gate_log log = make_log(true);
	struct gate_log_line l;
	struct gate_json *doc = NULL;
	char value[600];
	bool cut = false;
	const struct gate_json *member;
	int i;

	memset(value, '"', sizeof(value));
	memcpy(value, "\xc3\xbc\xff", 3);
	gate_log_start(&l, &log, GATE_LOG_INFO, "m", "e");
	for (i = 0; i < 9; i++) {
		char key[8];

		(void)snprintf(key, sizeof(key), "k%d", i);
		gate_log_span(&l, key, gate_span_of(value, sizeof(value)));
	}
	gate_log_end(&l);
	ck_assert_int_eq(
	    gate_json_parse(gate_span_str(read_back()), &doc, NULL), GATE_OK);
	ck_assert(gate_json_get(doc, "cut", &member));
	ck_assert(gate_json_bool(member, &cut) && cut);
	gate_json_free(doc);
}
END_TEST

START_TEST(tells_errors)
{
	struct gate_log log = make_log(false);
	struct gate_err err;

	(void)gate_err_set(&err, GATE_E_CONF, "no %s", "such key");
	gate_log_err(&log, GATE_LOG_ERROR, "conf", "refused", &err);
	ck_assert_ptr_nonnull(
	    strstr(read_back(), " error conf refused program=prog "));
	ck_assert_ptr_nonnull(strstr(got, " code=conf error=\"no such key\""));
}
END_TEST

START_TEST(a_full_or_closed_pipe_stops_nobody)
{
	struct gate_log log = make_log(true);
	int i;

	for (i = 0; i < 2000; i++) /* 64 KiB are full after some 300 */
		write_sample(&log);
	log.fd = -1;
	write_sample(&log);
}
END_TEST

START_TEST(knows_its_levels_by_name)
{
	enum gate_log_level level = GATE_LOG_INFO;

	ck_assert(gate_log_level_parse(GATE_SPAN("error"), &level));
	ck_assert_int_eq(level, GATE_LOG_ERROR);
	ck_assert(gate_log_level_parse(GATE_SPAN("warn"), &level));
	ck_assert_int_eq(level, GATE_LOG_WARN);
	ck_assert(gate_log_level_parse(GATE_SPAN("info"), &level));
	ck_assert_int_eq(level, GATE_LOG_INFO);
	ck_assert(gate_log_level_parse(GATE_SPAN("debug"), &level));
	ck_assert_int_eq(level, GATE_LOG_DEBUG);
	ck_assert(!gate_log_level_parse(GATE_SPAN("INFO"), &level));
	ck_assert(!gate_log_level_parse(GATE_SPAN(""), &level));
	ck_assert_int_eq(level, GATE_LOG_DEBUG);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("log");
	TCase *t = tcase_create("log");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, writes_one_json_object_a_line);
	tcase_add_test(t, writes_words_for_a_terminal);
	tcase_add_test(t, marks_lines_for_the_journal);
	add_row_test(t, does_not_take_another_descriptor_for_the_journal,
	    foreign_streams);
	tcase_add_test(t, drops_what_is_more_detailed_than_wanted);
	tcase_add_loop_test(t, cuts_long_values_and_keeps_the_line_whole, 0, 2);
	tcase_add_test(t, a_cut_line_is_still_json);
	tcase_add_test(t, tells_errors);
	tcase_add_test(t, a_full_or_closed_pipe_stops_nobody);
	tcase_add_test(t, knows_its_levels_by_name);
	suite_add_tcase(s, t);
	return s;
}

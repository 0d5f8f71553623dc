/* lib/secret.h. Each test works in a directory of its own. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/secret.h"
#include "tests/runner.h"

#define CANARY "canary-0123456789abcdefghij"

static char dir[PATH_MAX];

static void
setup(void)
{
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(dir, sizeof(dir), "%s/pressgate-secret.XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
}

static void
teardown(void)
{
	static const char *const names[] = {"key", "link", "fifo", "folder"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		/* Most are not there. */
		if (unlink(names[i]) != 0 && errno == EISDIR)
			ck_assert_int_eq(rmdir(names[i]), 0);
	}
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(rmdir(dir), 0);
}

static void
write_key(const void *p, size_t n, mode_t mode)
{
	int fd = open("key", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, p, n), (ssize_t)n);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	ck_assert_int_eq(close(fd), 0);
}

/* Loads and expects a refusal that names no byte of the secret. */
static void
expect_refusal(const char *ref, size_t min, const char *why)
{
	struct gate_secret s = {(unsigned char *)dir, 42};
	struct gate_err err = {GATE_OK, ""};

	ck_assert_int_eq(
	    gate_secret_load(ref, dir, min, &s, &err), GATE_E_CONF);
	ck_assert_int_eq(err.code, GATE_E_CONF);
	ck_assert_msg(strstr(err.text, why) != NULL, "%s: \"%s\" has no \"%s\"",
	    ref, err.text, why);
	ck_assert_ptr_null(strstr(err.text, "canary"));
	ck_assert_ptr_null(s.p);
	ck_assert_uint_eq(s.n, 0);
}

static void
expect_secret(const char *ref, struct gate_span want)
{
	struct gate_secret s;
	struct gate_err err = {GATE_OK, ""};

	ck_assert_msg(gate_secret_load(ref, dir, 1, &s, &err) == GATE_OK,
	    "%s: %s", ref, err.text);
	ck_assert(gate_span_equal(gate_secret_span(&s), want));
	gate_secret_clear(&s);
	ck_assert_ptr_null(s.p);
	ck_assert_uint_eq(gate_secret_span(&s).n, 0);
	gate_secret_clear(&s);
}

static const struct {
	struct gate_span in, out;
} contents[] = {
    {BYTES(CANARY), BYTES(CANARY)},
    {BYTES(CANARY "\n"), BYTES(CANARY)},
    {BYTES("a\0\xff"), BYTES("a\0\xff")},
    {BYTES("line\nline\n"), BYTES("line\nline")},
    {BYTES(" lead"), BYTES(" lead")},
    {BYTES("a\0\n"), BYTES("a\0")},
};

START_TEST(reads_a_file_without_its_last_newline)
{
	char absolute[PATH_MAX + 16];

	write_key(contents[_i].in.p, contents[_i].in.n, 0600);
	expect_secret("file:key", contents[_i].out);
	(void)snprintf(absolute, sizeof(absolute), "file:%s/key", dir);
	expect_secret(absolute, contents[_i].out);
}
END_TEST

static const struct {
	struct gate_span in;
	size_t min;
	const char *why;
} bad_contents[] = {
    {BYTES(""), 0, "empty"},
    {BYTES("\n"), 0, "empty"},
    {BYTES("canary"), 7, "too short"},
    {BYTES("canary\n"), 7, "too short"},
    {BYTES("canary \n"), 1, "white space"},
    {BYTES("canary\n\n"), 1, "white space"},
    {BYTES("canary\r\n"), 1, "white space"},
    {BYTES("canary\t"), 1, "white space"},
};

START_TEST(refuses_content_that_is_no_secret)
{
	write_key(bad_contents[_i].in.p, bad_contents[_i].in.n, 0600);
	expect_refusal("file:key", bad_contents[_i].min, bad_contents[_i].why);
}
END_TEST

START_TEST(reads_up_to_its_maximum)
{
	static char bytes[GATE_SECRET_MAX + 100];

	memset(bytes, 'x', sizeof(bytes));
	write_key(bytes, GATE_SECRET_MAX, 0600);
	expect_secret("file:key", gate_span_of(bytes, GATE_SECRET_MAX));
	write_key(bytes, GATE_SECRET_MAX + 1, 0600);
	expect_refusal("file:key", 1, "too long");
	write_key(bytes, sizeof(bytes), 0600);
	expect_refusal("file:key", 1, "too long");
	bytes[GATE_SECRET_MAX] = '\n';
	write_key(bytes, GATE_SECRET_MAX + 1, 0600);
	expect_secret("file:key", gate_span_of(bytes, GATE_SECRET_MAX));
}
END_TEST

static const mode_t bad_modes[] = {0640, 0620, 0610, 0604, 0602, 0601, 0666};

START_TEST(refuses_a_file_that_others_may_use)
{
	write_key(CANARY, sizeof(CANARY) - 1, bad_modes[_i]);
	expect_refusal("file:key", 1, "chmod 0600");
}
END_TEST

START_TEST(refuses_a_file_of_another_user)
{
	write_key(CANARY, sizeof(CANARY) - 1, 0600);
	if (geteuid() != 0)
		return; /* nobody else can give files away */
	ck_assert_int_eq(chown("key", 65534, 65534), 0);
	expect_refusal("file:key", 1, "owned by");
}
END_TEST

START_TEST(judges_what_a_link_leads_to)
{
	write_key(CANARY, sizeof(CANARY) - 1, 0400);
	ck_assert_int_eq(symlink("key", "link"), 0);
	expect_secret("file:link", GATE_SPAN(CANARY));
	ck_assert_int_eq(chmod("key", 0644), 0);
	expect_refusal("file:link", 1, "chmod 0600");
}
END_TEST

START_TEST(refuses_what_is_no_regular_file_without_waiting)
{
	ck_assert_int_eq(mkfifo("fifo", 0600), 0);
	ck_assert_int_eq(mkdir("folder", 0700), 0);
	expect_refusal("file:fifo", 1, "regular");
	expect_refusal("file:folder", 1, "regular");
	expect_refusal("file:/dev/null", 1, "regular");
	expect_refusal("file:absent", 1, "No such file");
}
END_TEST

START_TEST(reads_the_environment)
{
	ck_assert_int_eq(setenv("PG_TEST_SECRET", CANARY, 1), 0);
	expect_secret("env:PG_TEST_SECRET", GATE_SPAN(CANARY));
	expect_refusal("env:PG_TEST_SECRET", 100, "too short");
	expect_refusal("env:PG_TEST_ABSENT", 1, "environment");
	ck_assert_int_eq(setenv("PG_TEST_SECRET", "", 1), 0);
	expect_refusal("env:PG_TEST_SECRET", 0, "empty");
}
END_TEST

START_TEST(reads_credentials_of_systemd)
{
	write_key(CANARY, sizeof(CANARY) - 1, 0400);
	ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
	expect_secret("cred:key", GATE_SPAN(CANARY));
	expect_refusal("cred:absent", 1, "No such file");
	expect_refusal("cred:../key", 1, "no name");
	expect_refusal("cred:/etc/shadow", 1, "no name");
	expect_refusal("cred:..", 1, "no name");
	ck_assert_int_eq(chmod("key", 0444), 0);
	expect_refusal("cred:key", 1, "chmod 0600");
	/* systemd's access list looks like this; for others it is no excuse */
	ck_assert_int_eq(chmod("key", 0440), 0);
	expect_refusal("file:key", 1, "chmod 0600");
	if (geteuid() == 0) {
		ck_assert_int_eq(chown("key", 0, 0), 0);
		expect_secret("cred:key", GATE_SPAN(CANARY));
		ck_assert_int_eq(chown("key", 0, 65534), 0);
	}
	if (geteuid() == 0 || getegid() != 0)
		expect_refusal("cred:key", 1, "chmod 0600");
	ck_assert_int_eq(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	expect_refusal("cred:key", 1, "CREDENTIALS_DIRECTORY");
}
END_TEST

static const char *const bad_refs[] = {"", "canary-plain-secret", "env",
    "ENV:PG_TEST_SECRET", "fil:key", "/canary", "env;x"};

START_TEST(never_shows_what_may_be_a_secret_in_the_wrong_place)
{
	expect_refusal(bad_refs[_i], 1, "env:NAME, file:PATH or cred:NAME");
}
END_TEST

START_TEST(wants_a_name_and_a_path_that_fits)
{
	static char ref[2 * PATH_MAX];

	expect_refusal("env:", 1, "after the colon");
	expect_refusal("file:", 1, "after the colon");
	expect_refusal("cred:", 1, "after the colon");
	memset(ref, 'x', sizeof(ref) - 1);
	memcpy(ref, "file:", 5);
	expect_refusal(ref, 1, "too long");
	memcpy(ref, "cred:", 5);
	ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
	expect_refusal(ref, 1, "too long");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("secret");
	TCase *t = tcase_create("secret");

	tcase_add_checked_fixture(t, setup, teardown);
	add_row_test(t, reads_a_file_without_its_last_newline, contents);
	add_row_test(t, refuses_content_that_is_no_secret, bad_contents);
	tcase_add_test(t, reads_up_to_its_maximum);
	add_row_test(t, refuses_a_file_that_others_may_use, bad_modes);
	tcase_add_test(t, refuses_a_file_of_another_user);
	tcase_add_test(t, judges_what_a_link_leads_to);
	tcase_add_test(t, refuses_what_is_no_regular_file_without_waiting);
	tcase_add_test(t, reads_the_environment);
	tcase_add_test(t, reads_credentials_of_systemd);
	add_row_test(
	    t, never_shows_what_may_be_a_secret_in_the_wrong_place, bad_refs);
	tcase_add_test(t, wants_a_name_and_a_path_that_fits);
	suite_add_tcase(s, t);
	return s;
}

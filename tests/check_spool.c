/* fcgi/spool.h and fcgi/spooled.h, in their order; then what becomes of the
 * files of processes that are killed. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fcgi/spool.h"
#include "fcgi/spooled.h"
#include "lib/clock.h"
#include "lib/num.h"
#include "tests/fence.h"
#include "tests/runner.h"

static char parent[64], path[80];
static struct spool *spool;
static const struct spool_bounds wide = {1000000, INT64_C(1) << 40};

static void
set_up(void)
{
	struct gate_err err = {0};

	(void)snprintf(parent, sizeof(parent), "/tmp/check_spool.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(parent));
	(void)snprintf(path, sizeof(path), "%s/spool", parent);
	ck_assert_msg(
	    spool_open(path, &spool, &err) == GATE_OK, "%s", err.text);
}

/* Removes all files of a folder and the folder. */
static void
remove_folder(const char *name)
{
	DIR *d = opendir(name);
	const struct dirent *e;

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL)
		(void)unlinkat(dirfd(d), e->d_name, 0);
	(void)closedir(d);
	(void)rmdir(name);
}

static void
tear_down(void)
{
	char bad[96];

	spool_close(spool);
	(void)snprintf(bad, sizeof(bad), "%s/bad", path);
	remove_folder(bad);
	remove_folder(path);
	(void)rmdir(parent);
}

static struct gate_uuid
new_id(void)
{
	struct gate_uuid id;

	ck_assert_int_eq(gate_uuid7(gate_wall_ms(), &id), GATE_OK);
	return id;
}

static enum gate_code
put(const char *record, const struct spool_bounds *bounds)
{
	struct gate_uuid id = new_id();

	return spool_put(spool, &id, gate_span_str(record), bounds, NULL);
}

/* The only file, or the first of all. */
static void
first_name(char name[SPOOL_NAME])
{
	struct spool_names n = {.count = 0};

	ck_assert_int_eq(spool_list(spool, &n, NULL), GATE_OK);
	ck_assert_uint_gt(n.count, 0);
	(void)snprintf(name, SPOOL_NAME, "%s", n.list[0]);
	spool_names_clear(&n);
}

static size_t
count(void)
{
	struct spool_names n = {.count = 0};
	size_t found;

	ck_assert_int_eq(spool_list(spool, &n, NULL), GATE_OK);
	found = n.count;
	spool_names_clear(&n);
	return found;
}

START_TEST(makes_a_folder_that_is_ours_alone)
{
	struct spool *again;
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	ck_assert_int_eq(spool_open(path, &again, NULL), GATE_OK);
	spool_close(again);
	ck_assert_int_eq(chmod(path, 0750), 0);
	ck_assert_int_eq(spool_open(path, &again, NULL), GATE_E_AUTH);
	ck_assert_int_eq(chmod(path, 0700), 0);
	ck_assert_int_eq(
	    spool_open("/tmp/check_spool.none/x", &again, NULL), GATE_E_SYS);
}
END_TEST

START_TEST(gives_back_what_was_put_in_oldest_first)
{
	static const char *const records[] = {"one", "", "three", "four"};
	struct spool_names n = {.count = 0};
	struct gate_buf b;
	size_t i;

	ck_assert(!spool_has_some(path));
	for (i = 0; i < GATE_COUNT(records); i++) {
		ck_assert_int_eq(put(records[i], &wide), GATE_OK);
		(void)usleep(2000); /* the next millisecond */
	}
	ck_assert(spool_has_some(path));
	ck_assert_int_eq(spool_list(spool, &n, NULL), GATE_OK);
	ck_assert_uint_eq(n.count, GATE_COUNT(records));
	gate_buf_init(&b, 100);
	for (i = 0; i < n.count; i++) {
		gate_buf_reset(&b);
		ck_assert_int_eq(
		    spool_read(spool, n.list[i], &b, NULL), GATE_OK);
		ck_assert_str_eq(gate_buf_str(&b), records[i]);
		ck_assert_int_eq(spool_remove(spool, n.list[i], NULL), GATE_OK);
	}
	ck_assert(!spool_has_some(path));
	gate_buf_clear(&b);
	spool_names_clear(&n);
}
END_TEST

/* 48 bytes of a file are the frame's. */
static const struct {
	struct spool_bounds bounds;
	enum gate_code third;
} rooms[] = {
    {{3, 1 << 20}, GATE_OK},
    {{2, 1 << 20}, GATE_E_LIMIT},
    {{1000, 3 * 52}, GATE_OK},
    {{1000, 3 * 52 - 1}, GATE_E_LIMIT},
};

START_TEST(takes_no_more_than_there_is_room_for)
{
	ck_assert_int_eq(put("1234", &rooms[_i].bounds), GATE_OK);
	ck_assert_int_eq(put("1234", &rooms[_i].bounds), GATE_OK);
	ck_assert_int_eq(put("1234", &rooms[_i].bounds), rooms[_i].third);
	ck_assert_uint_eq(count(), rooms[_i].third == GATE_OK ? 3 : 2);
}
END_TEST

/* Rewrites the only file: cut to length (-1: as it is), one byte flipped. */
static void
damage(const char *name, off_t length, off_t flip)
{
	char file[160];
	unsigned char c;
	int fd;

	(void)snprintf(file, sizeof(file), "%s/%s", path, name);
	fd = open(file, O_RDWR);
	ck_assert_int_ge(fd, 0);
	if (length >= 0)
		ck_assert_int_eq(ftruncate(fd, length), 0);
	if (flip >= 0) {
		ck_assert_int_eq(pread(fd, &c, 1, flip), 1);
		c ^= 1;
		ck_assert_int_eq(pwrite(fd, &c, 1, flip), 1);
	}
	(void)close(fd);
}

START_TEST(believes_no_file_that_is_not_what_was_written)
{
	char name[SPOOL_NAME];
	struct gate_buf b;
	off_t i, size = 16 + 4 + 32;

	ck_assert_int_eq(put("1234", &wide), GATE_OK);
	first_name(name);
	gate_buf_init(&b, 100);
	for (i = 0; i < size; i++) {
		damage(name, -1, i);
		ck_assert_int_eq(spool_read(spool, name, &b, NULL), GATE_E_BAD);
		damage(name, -1, i); /* back */
	}
	ck_assert_int_eq(spool_read(spool, name, &b, NULL), GATE_OK);
	for (i = size - 1; i >= 0; i--) {
		damage(name, i, -1);
		ck_assert_int_eq(spool_read(spool, name, &b, NULL), GATE_E_BAD);
	}
	ck_assert_int_eq(spool_set_aside(spool, name, NULL), GATE_OK);
	ck_assert(!spool_has_some(path));
	gate_buf_clear(&b);
}
END_TEST

START_TEST(lets_one_process_drain_and_the_next_when_it_is_killed)
{
	struct spool *mine;
	int ready[2];
	char c;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	if (pid == 0) { /* an open file of its own: locks are that one's */
		if (spool_open(path, &mine, NULL) != GATE_OK ||
		    !spool_lock(mine))
			_exit(1);
		(void)!write(ready[1], "x", 1);
		(void)pause();
	}
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	ck_assert(!spool_lock(spool));
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert(spool_lock(spool));
	spool_unlock(spool);
}
END_TEST

#define KILLS 40

/* Puts records of many sizes until it is killed. */
static void
put_for_ever(void)
{
	static unsigned char bytes[300000];
	struct gate_uuid id;
	size_t n = 1;

	memset(bytes, 'x', sizeof(bytes));
	for (;;) {
		if (gate_uuid7(gate_wall_ms(), &id) != GATE_OK ||
		    spool_put(spool, &id, gate_span_of(bytes, n), &wide,
			NULL) != GATE_OK)
			_exit(1);
		n = n * 7 % sizeof(bytes) + 1;
	}
}

START_TEST(has_no_half_files_of_those_who_are_killed)
{
	struct spool_names n = {.count = 0};
	struct gate_buf b;
	size_t i;
	pid_t pid;

	for (i = 0; i < KILLS; i++) {
		pid = fork();
		if (pid == 0)
			put_for_ever();
		(void)usleep((useconds_t)(1000 + i * 150));
		ck_assert_int_eq(kill(pid, SIGKILL), 0);
		ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	}
	ck_assert_int_eq(spool_list(spool, &n, NULL), GATE_OK);
	ck_assert_uint_gt(n.count, 0);
	gate_buf_init(&b, 400000);
	for (i = 0; i < n.count; i++) {
		gate_buf_reset(&b);
		ck_assert_int_eq(
		    spool_read(spool, n.list[i], &b, NULL), GATE_OK);
	}
	gate_buf_clear(&b);
	spool_names_clear(&n);
}
END_TEST

/* ---- records --------------------------------------------------------- */

static char llm[] = "llm", summary[] = "summary", summarise[] = "summarise";
static struct gate_service services[] = {{.name = llm}};
static struct gate_step steps[] = {{.name = summary, .service = services}};
static const struct gate_route route = {.name = summarise,
    .urgency = GATE_URGENCY_LOW,
    .steps = steps,
    .step_count = 1};
static const struct inbox_event events[] = {
    {.id = {{1, 2, 3}},
	.type = BYTES("post.published"),
	.key = BYTES("k-1"),
	.second_key = BYTES("s-1"),
	.fingerprint = {9, 8, 7},
	.object_ref = BYTES("17"),
	.has_occurred = true,
	.occurred_ms = -1,
	.canonical = BYTES("{\"a\":1}")},
    {.id = {{4}}, .type = BYTES("t"), .key = BYTES("k-2")},
};

static const struct inbox_job jobs[] = {
    {.event = 1,
	.lane = 77,
	.route = 78,
	.step = "summary",
	.mode = "live",
	.serial = BYTES("a"),
	.coalesce = BYTES("b"),
	.of = &route},
    {.event = 2,
	.step = "summary",
	.mode = "bury",
	.error = "schema",
	.of = &route},
};

static const struct inbox_delivery delivery = {.site_id = 5,
    .guard = {.scope = BYTES("5:relay"),
	.value = BYTES("\0\1\2"),
	.digest = {5, 5},
	.expires_ms = 1234567},
    .scheme = "relay",
    .key_id = "k1",
    .created_by = BYTES("user-1"),
    .user_agent = BYTES("agent"),
    .traceparent = "00-1-2-03",
    .signed_headers = BYTES("{}"),
    .received_ms = 1700000000123,
    .key_ttl_s = 2592000,
    .second_ttl_s = 3600,
    .raw = BYTES("{\"event\":\"\0\"}"),
    .fp_version = 1,
    .events = events,
    .event_count = GATE_COUNT(events),
    .jobs = jobs,
    .job_count = GATE_COUNT(jobs)};

static bool
same(struct gate_span a, struct gate_span b)
{
	return gate_span_equal(a, b);
}

static void
check_head(const struct inbox_delivery *d)
{
	ck_assert_int_eq(d->site_id, 0);
	ck_assert(same(d->guard.scope, delivery.guard.scope));
	ck_assert(same(d->guard.value, delivery.guard.value));
	ck_assert_mem_eq(
	    d->guard.digest, delivery.guard.digest, sizeof(d->guard.digest));
	ck_assert_int_eq(d->guard.expires_ms, delivery.guard.expires_ms);
	ck_assert_str_eq(d->scheme, "relay");
	ck_assert_str_eq(d->key_id, "k1");
	ck_assert(same(d->created_by, delivery.created_by));
	ck_assert_ptr_null(d->address);
	ck_assert(same(d->user_agent, delivery.user_agent));
	ck_assert_str_eq(d->traceparent, delivery.traceparent);
	ck_assert(same(d->signed_headers, delivery.signed_headers));
	ck_assert_int_eq(d->received_ms, delivery.received_ms);
	ck_assert_int_eq(d->key_ttl_s, delivery.key_ttl_s);
	ck_assert_int_eq(d->second_ttl_s, delivery.second_ttl_s);
	ck_assert(same(d->raw, delivery.raw));
	ck_assert_int_eq(d->fp_version, 1);
}

static void
check_event(const struct inbox_event *e, const struct inbox_event *want)
{
	ck_assert_mem_eq(e->id.b, want->id.b, sizeof(e->id.b));
	ck_assert(same(e->type, want->type) && same(e->key, want->key));
	ck_assert(same(e->second_key, want->second_key));
	ck_assert_mem_eq(
	    e->fingerprint, want->fingerprint, sizeof(e->fingerprint));
	ck_assert(same(e->object_ref, want->object_ref));
	ck_assert_int_eq(e->has_occurred, want->has_occurred);
	ck_assert_int_eq(e->occurred_ms, want->occurred_ms);
	ck_assert(same(e->canonical, want->canonical));
}

static void
check_job(const struct inbox_job *j, const struct inbox_job *want,
    const struct spooled_names *n)
{
	ck_assert_int_eq(j->event, want->event);
	ck_assert_int_eq(j->lane, 0);
	ck_assert_int_eq(j->route, 0);
	ck_assert_str_eq(j->step, want->step);
	ck_assert_str_eq(j->mode, want->mode);
	ck_assert(same(j->serial, want->serial));
	ck_assert(same(j->coalesce, want->coalesce));
	ck_assert_pstr_eq(j->error, want->error);
	ck_assert_str_eq(n->route, "summarise");
	ck_assert_str_eq(n->service, "llm");
	ck_assert_int_eq(n->urgency, GATE_URGENCY_LOW);
}

START_TEST(keeps_a_delivery_whole)
{
	struct spooled s;
	struct gate_buf b;
	struct fence f;
	size_t i;

	gate_buf_init(&b, 10000);
	ck_assert_int_eq(spooled_put(&b, &delivery, "blog", NULL), GATE_OK);
	f = fence_page(gate_buf_span(&b));
	ck_assert_int_eq(spooled_get(f.span, &s), GATE_OK);
	ck_assert_str_eq(s.site, "blog");
	ck_assert_ptr_null(s.source);
	check_head(&s.delivery);
	ck_assert_uint_eq(s.delivery.event_count, GATE_COUNT(events));
	for (i = 0; i < GATE_COUNT(events); i++)
		check_event(&s.delivery.events[i], &events[i]);
	ck_assert_uint_eq(s.delivery.job_count, GATE_COUNT(jobs));
	for (i = 0; i < GATE_COUNT(jobs); i++)
		check_job(&s.delivery.jobs[i], &jobs[i], &s.names[i]);
	spooled_clear(&s);
	fence_free(&f);
	gate_buf_clear(&b);
}
END_TEST

/* Cut anywhere, one byte more, and each byte changed: refused, or at least
 * no harm. */
START_TEST(reads_no_record_that_is_cut_or_changed)
{
	struct gate_span all;
	struct spooled s;
	struct gate_buf b;
	struct fence f;
	size_t i;

	gate_buf_init(&b, 10000);
	ck_assert_int_eq(spooled_put(&b, &delivery, "blog", "shop"), GATE_OK);
	all = gate_buf_span(&b);
	for (i = 0; i < all.n; i++) {
		f = fence_page(gate_span_of(all.p, i));
		ck_assert_int_eq(spooled_get(f.span, &s), GATE_E_BAD);
		fence_free(&f);
	}
	for (i = 0; i < all.n; i++) {
		b.p[i] ^= 0xff;
		f = fence_heap(all);
		if (spooled_get(f.span, &s) == GATE_OK)
			spooled_clear(&s);
		fence_free(&f);
		b.p[i] ^= 0xff;
	}
	(void)gate_buf_put_byte(&b, 0);
	ck_assert_int_eq(spooled_get(gate_buf_span(&b), &s), GATE_E_BAD);
	gate_buf_clear(&b);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("spool");
	TCase *t = tcase_create("files");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, makes_a_folder_that_is_ours_alone);
	tcase_add_test(t, gives_back_what_was_put_in_oldest_first);
	add_row_test(t, takes_no_more_than_there_is_room_for, rooms);
	tcase_add_test(t, believes_no_file_that_is_not_what_was_written);
	tcase_add_test(
	    t, lets_one_process_drain_and_the_next_when_it_is_killed);
	tcase_add_test(t, has_no_half_files_of_those_who_are_killed);
	suite_add_tcase(s, t);
	t = tcase_create("records");
	tcase_add_test(t, keeps_a_delivery_whole);
	tcase_add_test(t, reads_no_record_that_is_cut_or_changed);
	suite_add_tcase(s, t);
	return s;
}

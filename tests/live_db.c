/*
 * lib/db and lib/catalog against a real server, which the PG* variables
 * name; tests/flow_db.sh makes one and loads the schema.
 */
#include "config.h"

#include <check.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "lib/catalog.h"
#include "lib/clock.h"
#include "lib/db.h"
#include "lib/num.h"
#include "tests/runner.h"

enum stmt {
	ECHO,
	ARRAYS,
	SLEEP,
	PID,
	KILL,
	SLEEPERS,
	DEADLOCK,
	BROKEN,
	COUNT,
	CATALOG
};

static const struct gate_stmt stmts[] = {
    [ECHO] = {"echo",
	"select $1::text, $2::int8, $3::bytea = '\\x00ff00', "
	"$4::text is null",
	4},
    [ARRAYS] = {"arrays",
	"select ($1::text[])[1], ($2::bytea[])[1] = "
	"'\\x00ff', ($3::int8[])[1], ($1::text[])[2] is null, "
	"($4::jsonb[])[1]->>'a'",
	4},
    [SLEEP] = {"sleep", "select pg_sleep($1::float)", 1},
    [PID] = {"pid", "select pg_backend_pid()", 0},
    [KILL] = {"kill", "select pg_terminate_backend($1::int, 2000)", 1},
    [SLEEPERS] = {"sleepers",
	"select count(*) from pg_stat_activity where "
	"state = 'active' and query like 'select pg_sleep%'",
	0},
    [DEADLOCK] = {"deadlock", "select t.third_time($1)", 1},
    [BROKEN] = {"broken", "select 1 / $1::int", 1},
    [COUNT] = {"count", "select count(*) from t.tries", 0},
    [CATALOG] = GATE_CATALOG_STMT,
};

static struct gate_db *
open_db(const char *url, int64_t call_timeout_ms, bool prepared)
{
	struct gate_db_settings s = {.url = url,
	    .application = "live_db",
	    .connect_timeout_ms = 2000,
	    .call_timeout_ms = call_timeout_ms,
	    .prepared = prepared};
	struct gate_db *db = NULL;

	ck_assert_int_eq(
	    gate_db_open(&s, stmts, GATE_COUNT(stmts), &db, NULL), GATE_OK);
	return db;
}

START_TEST(gives_back_what_it_was_given)
{
	struct gate_db *db = open_db("", 2000, _i == 0);
	char room[GATE_PARAM_I64_TEXT];
	const struct gate_param p[] = {
	    gate_param_text(gate_span_of("J\xc3\xb6rg';--xx", 9)),
	    gate_param_i64(INT64_MIN, room),
	    gate_param_bytes(gate_span_of("\0\xff\0", 3)), gate_param_null()};
	struct gate_rows *r = NULL;
	struct gate_err err;
	int n;

	for (n = 0; n < 2; n++) {
		ck_assert_int_eq(
		    gate_db_call(db, ECHO, p, 4, 0, &r, &err), GATE_OK);
		ck_assert_uint_eq(gate_rows_count(r), 1);
		ck_assert_str_eq(gate_rows_str(r, 0, 0), "J\xc3\xb6rg';--");
		ck_assert_int_eq(gate_rows_i64(r, 0, 1), INT64_MIN);
		ck_assert(gate_rows_bool(r, 0, 2));
		ck_assert(gate_rows_bool(r, 0, 3));
		gate_rows_free(r);
	}
	gate_db_close(db);
}
END_TEST

START_TEST(takes_arrays_of_awkward_elements)
{
	struct gate_db *db = open_db("", 2000, true);
	struct gate_array a[4];
	struct gate_param p[4];
	struct gate_rows *r = NULL;
	struct gate_err err;
	size_t i;

	for (i = 0; i < 4; i++)
		gate_array_init(&a[i], 1000);
	gate_array_put(&a[0], GATE_SPAN("{\"a\\\\\",NULL} \n"));
	gate_array_put_null(&a[0]);
	gate_array_put_bytes(&a[1], GATE_SPAN("\x00\xff"));
	gate_array_put_i64(&a[2], -5);
	gate_array_put(&a[3], GATE_SPAN("{\"a\":\"\\\"q\\\"\"}"));
	for (i = 0; i < 4; i++)
		ck_assert_int_eq(gate_array_param(&a[i], &p[i]), GATE_OK);
	ck_assert_int_eq(gate_db_call(db, ARRAYS, p, 4, 0, &r, &err), GATE_OK);
	ck_assert_str_eq(gate_rows_str(r, 0, 0), "{\"a\\\\\",NULL} \n");
	ck_assert(gate_rows_bool(r, 0, 1));
	ck_assert_int_eq(gate_rows_i64(r, 0, 2), -5);
	ck_assert(gate_rows_bool(r, 0, 3));
	ck_assert_str_eq(gate_rows_str(r, 0, 4), "\"q\"");
	gate_rows_free(r);
	for (i = 0; i < 4; i++)
		gate_array_clear(&a[i]);
	gate_db_close(db);
}
END_TEST

START_TEST(repeats_a_deadlock_but_not_for_ever)
{
	struct gate_db *db = open_db("", 2000, _i == 0);
	struct gate_param p = gate_param_str("third");
	struct gate_rows *r = NULL;
	struct gate_err err;

	ck_assert_int_eq(
	    gate_db_call(db, DEADLOCK, &p, 1, 0, &r, &err), GATE_OK);
	gate_rows_free(r);
	p = gate_param_str("never");
	ck_assert_int_eq(
	    gate_db_call(db, DEADLOCK, &p, 1, 0, NULL, &err), GATE_E_DB_RETRY);
	ck_assert(strncmp(err.text, "40P01", 5) == 0);
	gate_db_close(db);
}
END_TEST

START_TEST(tells_a_refusal_from_trouble)
{
	struct gate_db *db = open_db("", 2000, true);
	struct gate_param p = gate_param_str("0");
	struct gate_err err;

	ck_assert_int_eq(
	    gate_db_call(db, BROKEN, &p, 1, 0, NULL, &err), GATE_E_DB_HARD);
	ck_assert_str_eq(err.text, "22012 division by zero");
	p = gate_param_str("1");
	ck_assert_int_eq(
	    gate_db_call(db, BROKEN, &p, 1, 0, NULL, &err), GATE_OK);
	gate_db_close(db);
}
END_TEST

START_TEST(gives_up_at_the_deadline_and_the_server_does_too)
{
	struct gate_db *db = open_db("", _i == 0 ? 300 : 1000, true);
	struct gate_db *other = open_db("", 2000, true);
	struct gate_param p = gate_param_str("30");
	struct gate_rows *r = NULL;
	struct gate_err err;
	int64_t start = gate_mono_ms();

	ck_assert_int_eq(gate_db_call(db, SLEEP, &p, 1,
			     _i == 0 ? 0 : start + 300, NULL, &err),
	    GATE_E_DB_RETRY);
	ck_assert_int_ge(gate_mono_ms() - start, 250);
	ck_assert_int_lt(gate_mono_ms() - start, 1500);
	(void)poll(NULL, 0, 1500);
	ck_assert_int_eq(
	    gate_db_call(other, SLEEPERS, NULL, 0, 0, &r, &err), GATE_OK);
	ck_assert_int_eq(gate_rows_i64(r, 0, 0), 0);
	gate_rows_free(r);
	ck_assert_int_eq(
	    gate_db_call(db, PID, NULL, 0, 0, NULL, &err), GATE_OK);
	gate_db_close(other);
	gate_db_close(db);
}
END_TEST

START_TEST(notices_a_connection_that_was_closed_while_idle)
{
	struct gate_db *db = open_db("", 2000, true);
	struct gate_db *other = open_db("", 3000, true);
	char room[GATE_PARAM_I64_TEXT];
	struct gate_param p;
	struct gate_rows *r = NULL;
	struct gate_err err;

	ck_assert_int_eq(gate_db_call(db, PID, NULL, 0, 0, &r, &err), GATE_OK);
	p = gate_param_i64(gate_rows_i64(r, 0, 0), room);
	gate_rows_free(r);
	ck_assert_int_eq(
	    gate_db_call(other, KILL, &p, 1, 0, &r, &err), GATE_OK);
	ck_assert(gate_rows_bool(r, 0, 0));
	gate_rows_free(r);
	ck_assert_int_eq(
	    gate_db_call(db, PID, NULL, 0, 0, NULL, &err), GATE_OK);
	gate_db_close(other);
	gate_db_close(db);
}
END_TEST

START_TEST(asks_a_dead_server_once_a_pause)
{
	struct gate_db *db =
	    open_db("host=127.0.0.1 port=1 dbname=x", 2000, true);
	struct gate_err err;
	int64_t start = gate_mono_ms();
	int i;

	ck_assert_int_eq(
	    gate_db_call(db, PID, NULL, 0, 0, NULL, &err), GATE_E_DB_RETRY);
	ck_assert_str_ne(err.text, "database away");
	for (i = 0; i < 1000; i++)
		ck_assert_int_eq(gate_db_call(db, PID, NULL, 0, 0, NULL, &err),
		    GATE_E_DB_RETRY);
	ck_assert_int_lt(gate_mono_ms() - start, 1000);
	gate_db_close(db);
}
END_TEST

START_TEST(refuses_a_broken_connection_string)
{
	struct gate_db_settings s = {.url = "host='",
	    .application = "x",
	    .connect_timeout_ms = 1,
	    .call_timeout_ms = 1};
	struct gate_db *db = NULL;
	struct gate_err err;

	ck_assert_int_eq(gate_db_open(&s, stmts, 1, &db, &err), GATE_E_CONF);
	ck_assert_ptr_null(db);
}
END_TEST

START_TEST(runs_in_the_background)
{
	struct gate_db *db = open_db("", 2000, true);
	struct gate_param p = gate_param_str("0.2");
	struct gate_rows *r = NULL;
	struct gate_err err;
	bool done = false, want_write;
	int waits = 0;

	ck_assert_int_eq(gate_db_start(db, SLEEP, &p, 1, &err), GATE_OK);
	ck_assert(gate_db_busy(db));
	while (!done) {
		struct pollfd f = {.events = POLLIN};
		int64_t left = gate_db_deadline_ms(db) - gate_mono_ms();

		f.fd = gate_db_fd(db, &want_write);
		if (want_write)
			f.events = POLLIN | POLLOUT;
		(void)poll(&f, 1, left < 0 ? 0 : (int)left);
		ck_assert_int_lt(++waits, 100);
		ck_assert_int_eq(gate_db_step(db, &done, &r, &err), GATE_OK);
	}
	ck_assert_uint_eq(gate_rows_count(r), 1);
	gate_rows_free(r);
	ck_assert(!gate_db_busy(db));
	gate_db_close(db);
}
END_TEST

START_TEST(rolls_back_a_script_that_fails_in_the_middle)
{
	struct gate_db *db = open_db("", 2000, true);
	struct gate_rows *r = NULL;
	struct gate_err err;

	ck_assert_int_eq(gate_db_script(db,
			     "begin; delete from t.tries; "
			     "insert into t.tries values ('a'); commit",
			     &err),
	    GATE_OK);
	ck_assert_int_eq(gate_db_script(db,
			     "begin; insert into t.tries "
			     "values ('b'); select 1/0; commit",
			     &err),
	    GATE_E_DB_HARD);
	ck_assert_int_eq(
	    gate_db_call(db, COUNT, NULL, 0, 0, &r, &err), GATE_OK);
	ck_assert_int_eq(gate_rows_i64(r, 0, 0), 1);
	gate_rows_free(r);
	gate_db_close(db);
}
END_TEST

START_TEST(finds_ids_by_name_and_names_by_id)
{
	struct gate_db *db = open_db("", 2000, true);
	struct gate_catalog *c = NULL;
	const struct gate_lane *l;
	struct gate_err err;
	int32_t a, b, ra, lane;

	ck_assert_int_eq(gate_catalog_load(db, CATALOG, 0, &c, &err), GATE_OK);
	a = gate_catalog_site(c, "a");
	b = gate_catalog_site(c, "b");
	ck_assert(a > 0 && b > 0 && a != b);
	ck_assert_int_eq(gate_catalog_site(c, "c"), 0);
	ra = gate_catalog_route(c, a, "r");
	ck_assert(ra > 0 && ra != gate_catalog_route(c, b, "r"));
	ck_assert_int_eq(gate_catalog_route(c, a, "x"), 0);
	lane = gate_catalog_lane(c, GATE_URGENCY_LOW, "s", "r", false);
	ck_assert_int_gt(lane, 0);
	ck_assert_int_ne(
	    lane, gate_catalog_lane(c, GATE_URGENCY_LOW, "s", "r", true));
	ck_assert_int_eq(
	    gate_catalog_lane(c, GATE_URGENCY_HIGH, "s", "r", false), 0);
	ck_assert_uint_eq(gate_catalog_lane_count(c), 2);
	l = gate_catalog_lane_by_id(c, lane);
	ck_assert_str_eq(l->service, "s");
	ck_assert(!l->replay);
	ck_assert_str_eq(gate_catalog_site_name(c, b), "b");
	ck_assert_str_eq(gate_catalog_route_name(c, ra), "r");
	ck_assert_ptr_null(gate_catalog_route_name(c, 9999));
	gate_catalog_free(c);
	gate_db_close(db);
}
END_TEST

START_TEST(refuses_a_schema_of_another_version)
{
	struct gate_db *db = open_db("", 2000, true);
	struct gate_catalog *c = NULL;
	struct gate_err err;

	ck_assert_int_eq(gate_db_script(db,
			     "insert into pressgate.migration "
			     "values (999, 'future')",
			     &err),
	    GATE_OK);
	ck_assert_int_eq(
	    gate_catalog_load(db, CATALOG, 0, &c, &err), GATE_E_CONF);
	ck_assert_ptr_null(c);
	ck_assert_ptr_nonnull(strstr(err.text, "999"));
	ck_assert_int_eq(gate_db_script(db,
			     "delete from pressgate.migration "
			     "where version = 999",
			     &err),
	    GATE_OK);
	gate_db_close(db);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("live_db");
	TCase *t = tcase_create("server");

	tcase_add_loop_test(t, gives_back_what_it_was_given, 0, 2);
	tcase_add_test(t, takes_arrays_of_awkward_elements);
	tcase_add_loop_test(t, repeats_a_deadlock_but_not_for_ever, 0, 2);
	tcase_add_test(t, tells_a_refusal_from_trouble);
	tcase_add_loop_test(
	    t, gives_up_at_the_deadline_and_the_server_does_too, 0, 2);
	tcase_add_test(t, notices_a_connection_that_was_closed_while_idle);
	tcase_add_test(t, asks_a_dead_server_once_a_pause);
	tcase_add_test(t, refuses_a_broken_connection_string);
	tcase_add_test(t, runs_in_the_background);
	tcase_add_test(t, rolls_back_a_script_that_fails_in_the_middle);
	tcase_add_test(t, finds_ids_by_name_and_names_by_id);
	tcase_add_test(t, refuses_a_schema_of_another_version);
	suite_add_tcase(s, t);
	return s;
}

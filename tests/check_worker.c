/* The worker's small pure rooms: peers.h, redact.h, settings.h, job.h,
 * call_http.h, counters.h. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "lib/num.h"
#include "lib/template.h"
#include "tests/runner.h"
#include "worker/call_http.h"
#include "worker/counters.h"
#include "worker/job.h"
#include "worker/peers.h"
#include "worker/redact.h"
#include "worker/settings.h"

/* ---- peers ------------------------------------------------------------ */

static void
look(struct peers *p, int64_t now_ms, int64_t id, int64_t beat_us)
{
	peers_begin(p, now_ms);
	if (id != 0)
		peers_silent(p, id, beat_us);
	peers_end(p);
}

START_TEST(takes_over_after_two_looks_far_enough_apart)
{
	struct peers p = {.count = 0};
	struct peer out;

	look(&p, 1000, 7, 50);
	ck_assert(!peers_take(&p, 1000, &out));
	look(&p, 15999, 7, 50);
	ck_assert(!peers_take(&p, 15999, &out));
	look(&p, 16000, 7, 50);
	ck_assert(peers_take(&p, 16000, &out));
	ck_assert_int_eq(out.id, 7);
	ck_assert_int_eq(out.beat_us, 50);
	ck_assert(!peers_take(&p, 16000, &out));
}
END_TEST

START_TEST(starts_anew_for_one_that_has_beaten_since)
{
	struct peers p = {.count = 0};
	struct peer out;

	look(&p, 0, 7, 50);
	look(&p, 10000, 7, 51);
	look(&p, 20000, 7, 51);
	ck_assert(!peers_take(&p, 20000, &out));
	look(&p, 25000, 7, 51);
	ck_assert(peers_take(&p, 25000, &out));
}
END_TEST

START_TEST(forgets_one_that_is_silent_no_more)
{
	struct peers p = {.count = 0};
	struct peer out;

	look(&p, 0, 7, 50);
	look(&p, 10000, 0, 0);
	look(&p, 20000, 7, 50);
	ck_assert(!peers_take(&p, 20000, &out));
}
END_TEST

START_TEST(counts_no_look_from_before_a_failed_beat)
{
	struct peers p = {.count = 0};
	struct peer out;

	look(&p, 0, 7, 50);
	look(&p, 5000, 7, 50);
	peers_forget(&p);
	look(&p, 10000, 7, 50);
	look(&p, 15000, 7, 50);
	ck_assert(!peers_take(&p, 15000, &out));
}
END_TEST

static const struct {
	int64_t woke_ms;
	bool judges;
} sleeps[] = {
    {PEERS_APART_MS - 1, true},
    {PEERS_APART_MS, false},
    {PEERS_APART_MS * 1000, false},
};

START_TEST(counts_no_look_from_before_its_own_sleep)
{
	struct peers p = {.count = 0};
	struct peer out;
	int64_t at = sleeps[_i].woke_ms;

	look(&p, 0, 7, 50);
	look(&p, at, 7, 50);
	look(&p, at + 5000, 7, 50);
	ck_assert(peers_take(&p, at + 5000, &out) == sleeps[_i].judges);
}
END_TEST

START_TEST(takes_no_more_than_it_has_room_for)
{
	struct peers p = {.count = 0};
	struct peer out;
	int64_t i, taken = 0;
	int round;

	for (round = 0; round < 3; round++) {
		peers_begin(&p, round * 10000);
		for (i = 1; i <= PEERS_MAX + 9; i++)
			peers_silent(&p, i, 1);
		peers_end(&p);
	}
	while (peers_take(&p, 20000, &out))
		taken++;
	ck_assert_int_eq(taken, PEERS_MAX);
}
END_TEST

/* ---- redact ----------------------------------------------------------- */

static const struct {
	const char *text, *secret, *out;
} redactions[] = {
    {"", "k", ""},
    {"nothing here", "sk-1", "nothing here"},
    {"sk-1", "sk-1", "***"},
    {"key sk-1.", "sk-1", "key ***."},
    {"sk-1sk-1", "sk-1", "******"},
    {"sk-sk-1", "sk-1", "sk-***"},
    {"sk-", "sk-1", "sk-"},
    {"any", "", "any"},
    {"aaa", "aa", "***a"},
};

START_TEST(takes_the_secret_out)
{
	struct gate_buf b;
	char text[64];

	gate_buf_init(&b, 100);
	redact_put(&b, gate_span_str(redactions[_i].text),
	    gate_span_str(redactions[_i].secret));
	ck_assert_str_eq(gate_buf_str(&b), redactions[_i].out);
	gate_buf_clear(&b);
	memcpy(text, redactions[_i].text, strlen(redactions[_i].text) + 1);
	redact_text(text, sizeof(text), gate_span_str(redactions[_i].secret));
	ck_assert_str_eq(text, redactions[_i].out);
}
END_TEST

START_TEST(takes_it_out_as_json_writes_it)
{
	struct gate_buf b;

	gate_buf_init(&b, 100);
	redact_put_json(&b, GATE_SPAN("{\"a\":\"x k\\\"1 y\",\"b\":\"k\"}"),
	    GATE_SPAN("k\"1"));
	ck_assert_str_eq(gate_buf_str(&b), "{\"a\":\"x *** y\",\"b\":\"k\"}");
	gate_buf_clear(&b);
}
END_TEST

/* ---- settings --------------------------------------------------------- */

static const struct {
	const char *args[5];
	bool ok;
	bool once;
	int64_t runtime_ms;
} settings[] = {
    {{"w"}, true, false, 50000},
    {{"w", "--once"}, true, true, 50000},
    {{"w", "--once", "--max-runtime", "20s"}, true, true, 20000},
    {{"w", "--once", "--max-runtime=1500ms"}, true, true, 1500},
    {{"w", "--once", "--max-runtime", "2m"}, true, true, 120000},
    {{"w", "--once", "--max-runtime", "7"}, true, true, 7000},
    {{"w", "--once", "--max-runtime", "86400s"}, true, true, 86400000},
    {{"w", "--once", "--max-runtime", "86401s"}, false, 0, 0},
    {{"w", "--once", "--max-runtime", "999ms"}, false, 0, 0},
    {{"w", "--once", "--max-runtime", "99999999999999999999s"}, false, 0, 0},
    {{"w", "--once", "--max-runtime", "s"}, false, 0, 0},
    {{"w", "--once", "--max-runtime", ""}, false, 0, 0},
    {{"w", "--once", "--max-runtime", "5h"}, false, 0, 0},
    {{"w", "--once", "--max-runtime"}, false, 0, 0},
    {{"w", "--max-runtime", "20s"}, false, 0, 0},
    {{"w", "--nonsense"}, false, 0, 0},
    {{"w", "file"}, false, 0, 0},
};

START_TEST(reads_its_options)
{
	char text[5][40];
	char *argv[6] = {NULL};
	struct settings s = {.conf_path = "untouched"};
	enum gate_code rc;
	int argc = 0;

	while (argc < 5 && settings[_i].args[argc] != NULL) {
		memcpy(text[argc], settings[_i].args[argc],
		    strlen(settings[_i].args[argc]) + 1);
		argv[argc] = text[argc];
		argc++;
	}
	rc = settings_parse(argc, argv, "/etc/x.conf", &s, NULL);
	if (!settings[_i].ok) {
		ck_assert_int_eq(rc, GATE_E_BAD);
		ck_assert_str_eq(s.conf_path, "untouched");
		return;
	}
	ck_assert_int_eq(rc, GATE_OK);
	ck_assert_int_eq(s.once, settings[_i].once);
	ck_assert_int_eq(s.max_runtime_ms, settings[_i].runtime_ms);
	ck_assert_str_eq(s.conf_path, "/etc/x.conf");
}
END_TEST

/* ---- job -------------------------------------------------------------- */

static const struct gate_step some_step;
static char budget[] = "budget";

static const struct {
	const char *what;
	struct job job;
	enum job_order order;
	enum outcome_cause cause;
} decisions[] = {
    {"a first try is called",
	{.step = &some_step,
	    .attempt = 1,
	    .max_attempt = 4,
	    .window_left_ms = 1},
	JOB_CALL, 0},
    {"so is the last",
	{.step = &some_step,
	    .attempt = 4,
	    .max_attempt = 4,
	    .window_left_ms = 1,
	    .crashes = 2},
	JOB_CALL, 0},
    {"three crashes are poison",
	{.step = &some_step,
	    .attempt = 3,
	    .max_attempt = 4,
	    .window_left_ms = 1,
	    .crashes = 3},
	JOB_DIE, CAUSE_POISON},
    {"one try too many",
	{.step = &some_step,
	    .attempt = 5,
	    .max_attempt = 4,
	    .window_left_ms = 1},
	JOB_DIE, CAUSE_TIMEOUT},
    {"one too many after a crash",
	{.step = &some_step,
	    .attempt = 5,
	    .max_attempt = 4,
	    .window_left_ms = 1,
	    .crashes = 1},
	JOB_DIE, CAUSE_POISON},
    {"the window is over",
	{.step = &some_step,
	    .attempt = 2,
	    .max_attempt = 4,
	    .window_left_ms = 0},
	JOB_DIE, CAUSE_TIMEOUT},
    {"nothing is configured for it",
	{.attempt = 1, .max_attempt = 4, .window_left_ms = 1}, JOB_DIE,
	CAUSE_CONFIG},
    {"cancelled, whatever else",
	{.attempt = 9, .max_attempt = 4, .cancel = true, .mode = JOB_BURY},
	JOB_CANCEL, 0},
    {"mirrored, also without a step",
	{.attempt = 1,
	    .max_attempt = 4,
	    .window_left_ms = 1,
	    .mode = JOB_MIRROR},
	JOB_SHELVE, 0},
    {"a dry run",
	{.step = &some_step,
	    .attempt = 1,
	    .max_attempt = 4,
	    .window_left_ms = 1,
	    .mode = JOB_DRY_RUN},
	JOB_REHEARSE, 0},
    {"to be buried with its cause",
	{.step = &some_step,
	    .attempt = 1,
	    .max_attempt = 4,
	    .window_left_ms = 1,
	    .mode = JOB_BURY,
	    .last_error = budget},
	JOB_DIE, CAUSE_BUDGET},
    {"to be buried without one",
	{.step = &some_step,
	    .attempt = 1,
	    .max_attempt = 4,
	    .window_left_ms = 1,
	    .mode = JOB_BURY},
	JOB_DIE, CAUSE_CONFIG},
};

START_TEST(decides_what_becomes_of_a_claim)
{
	struct outcome why = {.kind = OUTCOME_OK};

	ck_assert_msg(
	    job_decide(&decisions[_i].job, &why) == decisions[_i].order, "%s",
	    decisions[_i].what);
	ck_assert_msg(why.cause == decisions[_i].cause, "%s: %s",
	    decisions[_i].what, outcome_cause_name(why.cause));
}
END_TEST

START_TEST(goes_to_the_next_step_and_then_ends)
{
	struct gate_step steps[2] = {{.name = budget}, {.name = budget}};
	struct gate_route route = {.steps = steps, .step_count = 2};
	struct gate_conf conf = {.path = NULL};
	struct setup setup = {.conf = &conf};
	struct job j = {.setup = &setup,
	    .route = &route,
	    .step = &steps[0],
	    .attempt = 1,
	    .max_attempt = 2,
	    .window_left_ms = 1000};
	struct outcome ok = {.kind = OUTCOME_OK};
	struct outcome dead = {.kind = OUTCOME_DEAD};
	struct outcome again = {.kind = OUTCOME_RETRY, .retry_after_ms = -1};
	int64_t delay = -7;

	ck_assert_int_eq(job_judge(&j, &ok, 0, 0, &delay), JOB_NEXT);
	ck_assert_ptr_eq(job_step_after(&j), &steps[1]);
	j.step = &steps[1];
	ck_assert_int_eq(job_judge(&j, &ok, 0, 0, &delay), JOB_DONE);
	ck_assert_ptr_null(job_step_after(&j));
	ck_assert_int_eq(job_judge(&j, &dead, 0, 0, &delay), JOB_DEAD);
	ck_assert_int_eq(delay, -7);
	ck_assert_int_eq(job_judge(&j, &again, 1000, 0, &delay), JOB_RETRY);
	ck_assert_int_eq(delay, 0);
	ck_assert_int_eq(job_judge(&j, &again, 1001, 0, &delay), JOB_DEAD);
	j.attempt = 2;
	ck_assert_int_eq(job_judge(&j, &again, 0, 0, &delay), JOB_DEAD);
}
END_TEST

START_TEST(keeps_its_list_in_order)
{
	struct job a = {.id = 1}, b = {.id = 2}, c = {.id = 3};
	struct job_list l = {NULL, NULL, 0};

	job_list_put(&l, &a);
	job_list_put(&l, &b);
	job_list_put(&l, &c);
	job_list_remove(&l, &b);
	ck_assert_ptr_eq(l.first, &a);
	ck_assert_ptr_eq(a.next, &c);
	ck_assert_ptr_eq(c.prev, &a);
	job_list_remove(&l, &a);
	job_list_remove(&l, &c);
	ck_assert(l.first == NULL && l.last == NULL && l.count == 0);
}
END_TEST

START_TEST(aborts_on_a_move_that_cannot_be)
{
	struct job j = {.state = JOB_FINISHED};

	job_move(&j, JOB_CALLING);
}
END_TEST

/* ---- call_http -------------------------------------------------------- */

static const struct {
	const char *url, *out;
	bool with_secret;
} urls[] = {
    {NULL, "https://crm.example.com/v1/", true},
    {"/contacts", "https://crm.example.com/v1/contacts", true},
    {"/c/{{/a|uri}}", "https://crm.example.com/v1/c/x%20y", true},
    {"https://crm.example.com/v2", "https://crm.example.com/v2", true},
    {"https://crm.example.com", "https://crm.example.com", true},
    {"https://crm.example.com?q", "https://crm.example.com?q", true},
    {"https://crm.example.com.evil.org/", "https://crm.example.com.evil.org/",
	false},
    {"https://crm.example.com@evil.org/", "https://crm.example.com@evil.org/",
	false},
    {"https://crm.example.com:444/", "https://crm.example.com:444/", false},
    {"https://crm.example.com\\@evil.org/",
	"https://crm.example.com\\@evil.org/", false},
    {"http://crm.example.com/", "http://crm.example.com/", false},
    {"https://evil.org/", "https://evil.org/", false},
    {"//evil.org/", "//evil.org/", false},
    {"{{/u}}", "https://evil.org/?https://crm.example.com/", false},
};

START_TEST(gives_the_secret_to_the_service_only)
{
	char base[] = "https://crm.example.com/v1/";
	struct gate_service service = {.url = base};
	struct gate_step step = {.service = &service};
	struct gate_json *doc = NULL;
	struct gate_err err = {GATE_OK, ""};
	struct call c;

	ck_assert_int_eq(
	    gate_json_parse(
		GATE_SPAN("{\"a\":\"x y\",\"u\":"
			  "\"https://evil.org/?https://crm.example.com/\"}"),
		&doc, NULL),
	    GATE_OK);
	if (urls[_i].url != NULL)
		ck_assert_int_eq(gate_template_new(gate_span_str(urls[_i].url),
				     &step.url, NULL),
		    GATE_OK);
	call_init(&c);
	ck_assert_int_eq(call_http_render(&step, doc, &c, &err), GATE_OK);
	ck_assert_str_eq(gate_buf_str(&c.url), urls[_i].out);
	ck_assert_int_eq(c.with_secret, urls[_i].with_secret);
	ck_assert_str_eq(c.method, "POST");
	ck_assert_ptr_null(c.content_type);
	call_clear(&c);
	gate_template_free(step.url);
	gate_json_free(doc);
}
END_TEST

static const struct {
	const char *body, *type;
	enum gate_code rc;
} bodies[] = {
    {"{\"a\":{{/a|json}}}", NULL, GATE_OK},
    {"{\"a\":{{/a}}}", NULL, GATE_E_BAD},
    {"{\"a\":{{/a}}}", "application/json; charset=utf-8", GATE_E_BAD},
    {"a={{/a|uri}}", "application/x-www-form-urlencoded", GATE_OK},
    {"{{/b}}", NULL, GATE_E_UNKNOWN},
};

START_TEST(sends_json_only_if_it_is_json)
{
	char base[] = "https://crm.example.com", type[60];
	struct gate_service service = {.url = base};
	struct gate_step step = {.service = &service};
	struct gate_json *doc = NULL;
	struct gate_err err = {GATE_OK, ""};
	struct call c;

	ck_assert_int_eq(
	    gate_json_parse(GATE_SPAN("{\"a\":\"x y\"}"), &doc, NULL), GATE_OK);
	if (bodies[_i].type != NULL) {
		memcpy(type, bodies[_i].type, strlen(bodies[_i].type) + 1);
		step.content_type = type;
	}
	ck_assert_int_eq(
	    gate_template_new(gate_span_str(bodies[_i].body), &step.body, NULL),
	    GATE_OK);
	call_init(&c);
	ck_assert_msg(call_http_render(&step, doc, &c, &err) == bodies[_i].rc,
	    "%s", bodies[_i].body);
	call_clear(&c);
	gate_template_free(step.body);
	gate_json_free(doc);
}
END_TEST

static const struct {
	const char *body, *out;
	size_t n;
} outputs[] = {
    {"", "{\"status\":201,\"body\":null}", 0},
    {"{\"id\":7}", "{\"status\":201,\"body\":{\"id\":7}}", 8},
    {"null", "{\"status\":201,\"body\":null}", 4},
    {"plain", "{\"status\":201,\"body\":{\"text\":\"plain\"}}", 5},
    {"a\0b",
	"{\"status\":201,\"body\":{\"text\":\"a\xef\xbf\xbd"
	"b\"}}",
	3},
    {"a\xff", "{\"status\":201,\"body\":{\"text\":\"a\xef\xbf\xbd\"}}", 2},
    {"{\"a\":1,\"a\":2}",
	"{\"status\":201,\"body\":{\"text\":"
	"\"{\\\"a\\\":1,\\\"a\\\":2}\"}}",
	13},
};

START_TEST(keeps_what_an_http_step_got)
{
	struct gate_http_answer a = {.end = GATE_HTTP_ANSWERED,
	    .status = 201,
	    .body = gate_span_of(outputs[_i].body, outputs[_i].n)};
	struct call_answer got;
	struct gate_buf b;

	call_http_answer(&a, 0, &got);
	ck_assert_int_eq(got.outcome.kind, OUTCOME_OK);
	gate_buf_init(&b, 1000);
	ck_assert_int_eq(gate_json_text(got.output, &b), GATE_OK);
	ck_assert_str_eq(gate_buf_str(&b), outputs[_i].out);
	gate_buf_clear(&b);
	call_answer_clear(&got);
}
END_TEST

/* ---- counters ---------------------------------------------------------- */

static const struct {
	enum gate_http_end end;
	int64_t status;
	const char *label;
} calls[] = {
    {GATE_HTTP_ANSWERED, 100, "1xx"},
    {GATE_HTTP_ANSWERED, 200, "2xx"},
    {GATE_HTTP_ANSWERED, 299, "2xx"},
    {GATE_HTTP_ANSWERED, 302, "3xx"},
    {GATE_HTTP_ANSWERED, 429, "4xx"},
    {GATE_HTTP_ANSWERED, 599, "5xx"},
    {GATE_HTTP_ANSWERED, 600, "other"},
    {GATE_HTTP_ANSWERED, 99, "other"},
    {GATE_HTTP_ANSWERED, 0, "other"},
    {GATE_HTTP_ANSWERED, -1, "other"},
    {GATE_HTTP_ANSWERED, INT64_MAX, "other"},
    {GATE_HTTP_REFUSED_ADDRESS, 0, "refused_address"},
    {GATE_HTTP_CONNECT, 0, "connect"},
    {GATE_HTTP_TLS, 0, "tls"},
    {GATE_HTTP_TIMEOUT, 0, "timeout"},
    {GATE_HTTP_TOO_LARGE, 200, "too_large"},
};

/* The metric with this label, of all of its name, is 1. */
static void
check_one(struct gate_metrics *m, const char *name, const char *label)
{
	char text[200];
	size_t i, found = 0;

	(void)snprintf(text, sizeof(text), "=\"%s\"", label);
	for (i = 0; i < COUNTER_COUNT; i++) {
		const struct gate_metric *t = &counters_table[i];
		bool it = strcmp(t->name, name) == 0 && t->labels != NULL &&
		    strstr(t->labels, text) != NULL;

		if (strcmp(t->name, name) == 0)
			ck_assert_msg(gate_metrics_get(m, i) == it, "%s: %s",
			    label, t->labels);
		found += it;
	}
	ck_assert_uint_eq(found, 1);
}

static struct gate_metrics *
open_counters(void)
{
	struct gate_metrics *m;

	ck_assert_int_eq(gate_metrics_open("", "worker", counters_table,
			     COUNTER_COUNT, &m, NULL),
	    GATE_OK);
	return m;
}

START_TEST(counts_a_call_once_by_its_end)
{
	struct gate_http_answer a = {
	    .end = calls[_i].end, .status = calls[_i].status, .duration_ms = 7};
	struct gate_metrics *m = open_counters();

	counters_call(m, &a);
	check_one(m, "pressgate_calls_total", calls[_i].label);
	ck_assert_uint_eq(gate_metrics_get(m, COUNTER_CALL), 1);
	gate_metrics_close(m);
}
END_TEST

START_TEST(counts_a_death_by_its_cause)
{
	enum outcome_cause cause = (enum outcome_cause)_i;
	struct gate_metrics *m = open_counters();

	counters_death(m, cause);
	check_one(m, "pressgate_attempts_total", outcome_cause_name(cause));
	gate_metrics_close(m);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("worker");
	TCase *t = tcase_create("worker");

	tcase_add_test(t, takes_over_after_two_looks_far_enough_apart);
	tcase_add_test(t, starts_anew_for_one_that_has_beaten_since);
	tcase_add_test(t, forgets_one_that_is_silent_no_more);
	tcase_add_test(t, counts_no_look_from_before_a_failed_beat);
	tcase_add_loop_test(
	    t, counts_no_look_from_before_its_own_sleep, 0, GATE_COUNT(sleeps));
	tcase_add_test(t, takes_no_more_than_it_has_room_for);
	add_row_test(t, takes_the_secret_out, redactions);
	tcase_add_test(t, takes_it_out_as_json_writes_it);
	add_row_test(t, reads_its_options, settings);
	add_row_test(t, decides_what_becomes_of_a_claim, decisions);
	tcase_add_test(t, goes_to_the_next_step_and_then_ends);
	tcase_add_test(t, keeps_its_list_in_order);
	tcase_add_test_raise_signal(t, aborts_on_a_move_that_cannot_be, 6);
	add_row_test(t, gives_the_secret_to_the_service_only, urls);
	add_row_test(t, sends_json_only_if_it_is_json, bodies);
	add_row_test(t, keeps_what_an_http_step_got, outputs);
	add_row_test(t, counts_a_call_once_by_its_end, calls);
	tcase_add_loop_test(
	    t, counts_a_death_by_its_cause, CAUSE_NONE + 1, CAUSE_COUNT);
	suite_add_tcase(s, t);
	return s;
}

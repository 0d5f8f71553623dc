/* fcgi/reply.h: the wire form of every outcome. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "fcgi/reply.h"
#include "lib/json.h"
#include "tests/runner.h"

#define ID "0190f5a8-0000-7000-8000-000000000001"

/* The answer's text; valid until the next one. */
static const char *
put(struct gate_buf *b, const struct reply *r)
{
	gate_buf_reset(b);
	ck_assert_int_eq(reply_put(b, r), GATE_OK);
	return gate_buf_str(b);
}

static const struct {
	enum outcome outcome;
	int status;
} statuses[] = {
    {OUTCOME_ACCEPTED, 202},
    {OUTCOME_DUPLICATE, 202},
    {OUTCOME_GREETED, 200},
    {OUTCOME_FOUND, 200},
    {OUTCOME_UNCHANGED, 304},
    {OUTCOME_MALFORMED, 400},
    {OUTCOME_HEADER_TWICE, 400},
    {OUTCOME_HEADER_MISSING, 400},
    {OUTCOME_TWO_SCHEMES, 400},
    {OUTCOME_BAD_KEY, 400},
    {OUTCOME_KEY_DIFFERS, 400},
    {OUTCOME_NO_UUID, 400},
    {OUTCOME_EMPTY_BODY, 400},
    {OUTCOME_CUT_BODY, 400},
    {OUTCOME_BAD_JSON, 400},
    {OUTCOME_BAD_CURSOR, 400},
    {OUTCOME_BAD_SIGNATURE, 401},
    {OUTCOME_BAD_TOKEN, 401},
    {OUTCOME_STALE, 401},
    {OUTCOME_UNKNOWN_SITE, 401},
    {OUTCOME_REPLAYED, 401},
    {OUTCOME_PLAIN_HTTP, 403},
    {OUTCOME_BAD_ADDRESS, 403},
    {OUTCOME_NOT_FOUND, 404},
    {OUTCOME_BAD_METHOD, 405},
    {OUTCOME_LATE_BODY, 408},
    {OUTCOME_GONE, 410},
    {OUTCOME_TOO_LARGE, 413},
    {OUTCOME_BAD_MEDIA_TYPE, 415},
    {OUTCOME_NO_EVENT, 422},
    {OUTCOME_UNKNOWN_EVENT, 422},
    {OUTCOME_UNFIT, 422},
    {OUTCOME_CONFLICT, 422},
    {OUTCOME_RATE, 429},
    {OUTCOME_BUSY, 429},
    {OUTCOME_OURS, 500},
    {OUTCOME_AWAY, 503},
    {OUTCOME_UNSURE, 503},
};

/* Also: head and body are apart, and Content-Length is the body's. */
START_TEST(answers_each_outcome_with_its_status)
{
	struct reply r = {.outcome = statuses[_i].outcome,
	    .request_id = ID,
	    .body = GATE_SPAN("{\"x\":1}")};
	char want[32], length[48];
	struct gate_buf b;
	const char *text, *body;

	gate_buf_init(&b, 4096);
	text = put(&b, &r);
	(void)snprintf(want, sizeof(want), "Status: %d ", statuses[_i].status);
	ck_assert_msg(strncmp(text, want, strlen(want)) == 0, "%s", text);
	ck_assert_int_eq(reply_status(r.outcome), statuses[_i].status);
	body = strstr(text, "\r\n\r\n");
	ck_assert_ptr_nonnull(body);
	body += 4;
	ck_assert_ptr_nonnull(strstr(text, "Cache-Control: private, no-store"));
	if (statuses[_i].status == 304) {
		ck_assert_str_eq(body, "");
	} else {
		(void)snprintf(length, sizeof(length),
		    "\r\nContent-Length: %zu\r\n", strlen(body));
		ck_assert_msg(strstr(text, length) != NULL, "%s", text);
	}
	gate_buf_clear(&b);
}
END_TEST

START_TEST(has_a_row_here_for_each_outcome)
{
	ck_assert_uint_eq(
	    sizeof(statuses) / sizeof(statuses[0]), OUTCOME_COUNT);
}
END_TEST

/* RFC 9457: an object with type, title, status and detail. */
START_TEST(puts_each_error_as_a_problem)
{
	struct reply r = {.outcome = statuses[_i].outcome, .request_id = ID};
	const struct gate_json *member;
	struct gate_json *doc;
	struct gate_buf b;
	const char *body;
	int64_t status;

	if (statuses[_i].status < 400)
		return;
	gate_buf_init(&b, 4096);
	body = strstr(put(&b, &r), "\r\n\r\n") + 4;
	ck_assert_ptr_nonnull(
	    strstr(gate_buf_str(&b), "application/problem+json"));
	ck_assert_int_eq(
	    gate_json_parse(gate_span_str(body), &doc, NULL), GATE_OK);
	ck_assert(gate_json_get(doc, "status", &member) &&
	    gate_json_i64(member, &status) && status == statuses[_i].status);
	ck_assert(gate_json_get(doc, "type", &member));
	ck_assert(gate_json_get(doc, "title", &member));
	ck_assert(gate_json_get(doc, "detail", &member));
	gate_json_free(doc);
	gate_buf_clear(&b);
}
END_TEST

START_TEST(tells_nobody_why_it_did_not_believe_him)
{
	static const enum outcome same[] = {OUTCOME_BAD_SIGNATURE,
	    OUTCOME_STALE, OUTCOME_UNKNOWN_SITE, OUTCOME_REPLAYED};
	struct reply first = {.outcome = same[0]}, r;
	struct gate_buf a, b;
	size_t i;

	gate_buf_init(&a, 4096);
	gate_buf_init(&b, 4096);
	(void)put(&a, &first);
	for (i = 1; i < sizeof(same) / sizeof(same[0]); i++) {
		r = (struct reply){.outcome = same[i]};
		ck_assert_str_eq(put(&b, &r), gate_buf_str(&a));
	}
	ck_assert_ptr_nonnull(strstr(gate_buf_str(&a), "WWW-Authenticate: "));
	gate_buf_clear(&a);
	gate_buf_clear(&b);
}
END_TEST

START_TEST(leads_to_the_event)
{
	struct reply r = {
	    .outcome = OUTCOME_DUPLICATE, .request_id = ID, .mount = "/gate"};
	struct gate_buf b;
	const char *text;

	gate_buf_init(&b, 4096);
	text = put(&b, &r);
	ck_assert_ptr_nonnull(
	    strstr(text, "\r\nLocation: /gate/events/" ID "\r\n"));
	ck_assert_ptr_nonnull(strstr(text,
	    "\r\n\r\n{\"status\":\"duplicate\",\"request_id\":\"" ID "\"}"));
	gate_buf_clear(&b);
}
END_TEST

/* What a third party wants to hear, and what is said all the same where it
 * is refused. */
static const struct {
	struct reply r;
	const char *head; /* where it begins */
	const char *body; /* NULL: a problem */
} others[] = {
    {{.outcome = OUTCOME_ACCEPTED, .status = 200, .request_id = ID},
	"Status: 200 OK\r\nContent-Type: application/json\r\n",
	"{\"status\":\"accepted\",\"request_id\":\"" ID "\"}"},
    {{.outcome = OUTCOME_DUPLICATE,
	 .status = 200,
	 .said = BYTES("[accepted]"),
	 .media = "text/plain"},
	"Status: 200 OK\r\nContent-Type: text/plain\r\n"
	"Content-Length: 10\r\n",
	"[accepted]"},
    {{.outcome = OUTCOME_ACCEPTED, .said = BYTES("{\"events\":[]}")},
	"Status: 202 Accepted\r\nContent-Type: application/json\r\n",
	"{\"events\":[]}"},
    {{.outcome = OUTCOME_ACCEPTED, .status = 204, .request_id = ID},
	"Status: 204 No Content\r\nCache-Control:", ""},
    {{.outcome = OUTCOME_GREETED, .body = BYTES("1"), .media = "text/plain"},
	"Status: 200 OK\r\nContent-Type: text/plain\r\n"
	"Content-Length: 1\r\n",
	"1"},
    {{.outcome = OUTCOME_REPLAYED,
	 .status = 200,
	 .said = BYTES("[accepted]"),
	 .media = "text/plain"},
	"Status: 401 Unauthorized\r\n", NULL},
};

START_TEST(answers_a_third_party_as_it_wants)
{
	struct gate_buf b;
	const char *text, *body;

	gate_buf_init(&b, 4096);
	text = put(&b, &others[_i].r);
	ck_assert_msg(
	    strncmp(text, others[_i].head, strlen(others[_i].head)) == 0, "%s",
	    text);
	body = strstr(text, "\r\n\r\n") + 4;
	if (others[_i].body != NULL)
		ck_assert_str_eq(body, others[_i].body);
	else
		ck_assert_ptr_nonnull(strstr(body, "could not be"));
	gate_buf_clear(&b);
}
END_TEST

START_TEST(says_what_a_refused_sender_may_do_next)
{
	struct reply r = {.outcome = OUTCOME_BAD_METHOD, .allow = "GET"};
	struct gate_buf b;

	gate_buf_init(&b, 4096);
	ck_assert_ptr_nonnull(strstr(put(&b, &r), "\r\nAllow: GET\r\n"));
	r = (struct reply){.outcome = OUTCOME_AWAY};
	ck_assert_ptr_nonnull(strstr(put(&b, &r), "\r\nRetry-After: "));
	r = (struct reply){
	    .outcome = OUTCOME_RATE, .limit = {"site", 60, 60, 1001}};
	ck_assert_ptr_nonnull(strstr(put(&b, &r),
	    "\r\nRetry-After: 2\r\n"
	    "RateLimit-Policy: \"site\";q=60;w=60\r\n"
	    "RateLimit: \"site\";r=0;t=2\r\n"));
	r = (struct reply){
	    .outcome = OUTCOME_BUSY, .limit = {"queue", 100000, 0, 30000}};
	ck_assert_ptr_nonnull(strstr(put(&b, &r),
	    "\r\nRetry-After: 30\r\n"
	    "RateLimit-Policy: \"queue\";q=100000\r\n"
	    "RateLimit: \"queue\";r=0;t=30\r\n"));
	r = (struct reply){.outcome = OUTCOME_RATE};
	ck_assert_ptr_nonnull(strstr(put(&b, &r), "\r\nRetry-After: 1\r\n"));
	ck_assert_ptr_null(strstr(gate_buf_str(&b), "RateLimit"));
	r = (struct reply){.outcome = OUTCOME_GONE, .restart = "0.0a0b0c0d"};
	ck_assert_ptr_nonnull(
	    strstr(put(&b, &r), ",\"restart\":\"0.0a0b0c0d\"}"));
	r = (struct reply){.outcome = OUTCOME_UNCHANGED, .etag = "beef"};
	ck_assert_ptr_nonnull(strstr(put(&b, &r), "\r\nETag: \"beef\"\r\n"));
	gate_buf_clear(&b);
}
END_TEST

START_TEST(puts_nothing_into_a_buffer_that_is_too_small)
{
	struct reply r = {.outcome = OUTCOME_AWAY};
	struct gate_buf b;

	gate_buf_init(&b, 40);
	ck_assert_int_eq(reply_put(&b, &r), GATE_E_LIMIT);
	gate_buf_clear(&b);
}
END_TEST

/* Only what the same bytes cannot change is a 4xx. */
START_TEST(blames_nobody_for_our_own_failures)
{
	ck_assert_int_eq(reply_status(reply_of_code(GATE_E_DB_RETRY)), 503);
	ck_assert_int_eq(reply_status(reply_of_code(GATE_E_NOMEM)), 503);
	ck_assert_int_eq(reply_status(reply_of_code(GATE_E_SYS)), 503);
	ck_assert_int_eq(reply_status(reply_of_code(GATE_E_DB_HARD)), 500);
	ck_assert_int_eq(reply_status(reply_of_code(GATE_E_CONF)), 500);
	ck_assert_int_eq(reply_status(reply_of_code(GATE_E_BUG)), 500);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("reply");
	TCase *t = tcase_create("reply");

	add_row_test(t, answers_each_outcome_with_its_status, statuses);
	tcase_add_test(t, has_a_row_here_for_each_outcome);
	add_row_test(t, puts_each_error_as_a_problem, statuses);
	tcase_add_test(t, tells_nobody_why_it_did_not_believe_him);
	tcase_add_test(t, leads_to_the_event);
	add_row_test(t, answers_a_third_party_as_it_wants, others);
	tcase_add_test(t, says_what_a_refused_sender_may_do_next);
	tcase_add_test(t, puts_nothing_into_a_buffer_that_is_too_small);
	tcase_add_test(t, blames_nobody_for_our_own_failures);
	suite_add_tcase(s, t);
	return s;
}

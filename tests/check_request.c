/* fcgi/request.h, in its order. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi/request.h"
#include "lib/num.h"
#include "tests/runner.h"

/* Params in exact-size heap blocks, as libfcgi would hand them over. */
struct params {
	char *list[REQUEST_PARAMS_MAX + 8];
	size_t n;
};

static void
add(struct params *p, const char *text)
{
	ck_assert(p->n + 1 < GATE_COUNT(p->list));
	p->list[p->n] = strdup(text);
	ck_assert_ptr_nonnull(p->list[p->n]);
	p->list[++p->n] = NULL;
}

static void
add_all(struct params *p, const char *const *texts)
{
	add(p, "FCGI_ROLE=RESPONDER");
	for (; *texts != NULL; texts++)
		add(p, *texts);
}

static void
clear(struct params *p)
{
	while (p->n > 0)
		free(p->list[--p->n]);
}

START_TEST(finds_each_param)
{
	static const char *const texts[] = {"REQUEST_METHOD=POST",
	    "REQUEST_URI=/a?b=c", "CONTENT_TYPE=application/json",
	    "CONTENT_LENGTH=17", "REMOTE_ADDR=::1", "HTTPS=on",
	    "HTTP_X_WP_TIMESTAMP=1", "HTTP_X_WP_SIGNATURE=2",
	    "HTTP_X_WP_KEY_ID=3", "HTTP_IDEMPOTENCY_KEY=a=b",
	    "QUERY_STRING=", NULL};
	struct params p = {.n = 0};
	struct request r;

	add_all(&p, texts);
	ck_assert_int_eq(request_params(p.list, &r), OUTCOME_NONE);
	ck_assert(gate_span_is(r.method, "POST"));
	ck_assert(gate_span_is(r.uri, "/a?b=c"));
	ck_assert(gate_span_is(r.content_type, "application/json"));
	ck_assert(r.has_length && r.length == 17);
	ck_assert(gate_span_is(r.remote_addr, "::1"));
	ck_assert(gate_span_is(r.https, "on"));
	ck_assert(gate_span_is(r.wp_timestamp, "1"));
	ck_assert(gate_span_is(r.wp_signature, "2"));
	ck_assert(gate_span_is(r.wp_key_id, "3"));
	ck_assert(gate_span_is(r.idempotency_key, "a=b"));
	ck_assert_uint_eq(r.authorization.n, 0);
	clear(&p);
}
END_TEST

static const struct {
	const char *what;
	const char *one;
	const char *two;
	enum outcome outcome;
} pairs[] = {
    {"signature", "HTTP_X_WP_SIGNATURE=a", "HTTP_X_WP_SIGNATURE=a",
	OUTCOME_HEADER_TWICE},
    {"timestamp", "HTTP_X_WP_TIMESTAMP=a", "HTTP_X_WP_TIMESTAMP=b",
	OUTCOME_HEADER_TWICE},
    {"key id", "HTTP_X_WP_KEY_ID=", "HTTP_X_WP_KEY_ID=", OUTCOME_HEADER_TWICE},
    {"key", "HTTP_IDEMPOTENCY_KEY=a",
	"HTTP_IDEMPOTENCY_KEY=", OUTCOME_HEADER_TWICE},
    {"authorization", "HTTP_AUTHORIZATION=a", "HTTP_AUTHORIZATION=a",
	OUTCOME_HEADER_TWICE},
    {"forwarded proto", "HTTP_X_FORWARDED_PROTO=https",
	"HTTP_X_FORWARDED_PROTO=http", OUTCOME_HEADER_TWICE},
    {"forwarded for", "HTTP_X_FORWARDED_FOR=::1", "HTTP_X_FORWARDED_FOR=::2",
	OUTCOME_HEADER_TWICE},
    {"content type header", "HTTP_CONTENT_TYPE=a", "HTTP_CONTENT_TYPE=b",
	OUTCOME_HEADER_TWICE},
    {"type of the server, type of the header", "CONTENT_TYPE=a",
	"HTTP_CONTENT_TYPE=a, b", OUTCOME_HEADER_TWICE},
    {"type of the server, the same in the header", "CONTENT_TYPE=a",
	"HTTP_CONTENT_TYPE=a", OUTCOME_NONE},
    {"the server's own, the same", "HTTPS=on", "HTTPS=on", OUTCOME_NONE},
    {"the server's own, not the same", "HTTPS=on",
	"HTTPS=", OUTCOME_HEADER_TWICE},
    {"method, not the same", "REQUEST_METHOD=GET", "REQUEST_METHOD=POST",
	OUTCOME_HEADER_TWICE},
    {"address, not the same", "REMOTE_ADDR=127.0.0.1", "REMOTE_ADDR=192.0.2.1",
	OUTCOME_HEADER_TWICE},
    {"a name we do not look at", "HTTP_X=a", "HTTP_X=b", OUTCOME_NONE},
    {"another case is another name", "http_x_wp_signature=a",
	"HTTP_X_WP_SIGNATURE=b", OUTCOME_NONE},
    {"a second role", "FCGI_ROLE=RESPONDER", "FCGI_ROLE=FILTER",
	OUTCOME_HEADER_TWICE},
};

START_TEST(refuses_a_name_twice_where_it_decides)
{
	const char *texts[] = {pairs[_i].one, pairs[_i].two, NULL};
	struct params p = {.n = 0};
	struct request r;

	add_all(&p, texts);
	ck_assert_msg(request_params(p.list, &r) == pairs[_i].outcome, "%s",
	    pairs[_i].what);
	clear(&p);
}
END_TEST

static const struct {
	const char *what;
	const char *text;
} bad[] = {
    {"no equals sign", "HTTPS"},
    {"empty", ""},
    {"a control character", "HTTP_X_WP_KEY_ID=a\x01"},
    {"a tab", "HTTP_USER_AGENT=\ta"},
    {"a line feed", "REQUEST_URI=/\n"},
    {"DEL", "HTTP_IDEMPOTENCY_KEY=\x7f"},
    {"length: sign", "CONTENT_LENGTH=+1"},
    {"length: blank", "CONTENT_LENGTH= 1"},
    {"length: hex", "CONTENT_LENGTH=0x1"},
    {"length: list", "CONTENT_LENGTH=1, 1"},
    {"length: -2", "CONTENT_LENGTH=-2"},
    {"length: ten digits", "CONTENT_LENGTH=0000000001"},
    {"length: 2^64 + 1", "CONTENT_LENGTH=18446744073709551617"},
};

START_TEST(refuses_a_malformed_param)
{
	const char *texts[] = {bad[_i].text, NULL};
	struct params p = {.n = 0};
	struct request r = {.length = 42};

	add_all(&p, texts);
	ck_assert_msg(request_params(p.list, &r) == OUTCOME_MALFORMED, "%s",
	    bad[_i].what);
	ck_assert_uint_eq(r.length, 42);
	clear(&p);
}
END_TEST

static const struct {
	const char *text;
	bool has;
	uint64_t length;
} lengths[] = {
    {"CONTENT_LENGTH=", false, 0},
    {"CONTENT_LENGTH=-1", false, 0},
    {"X=absent", false, 0},
    {"CONTENT_LENGTH=0", true, 0},
    {"CONTENT_LENGTH=0003", true, 3},
    {"CONTENT_LENGTH=999999999", true, 999999999},
};

START_TEST(knows_a_length_from_none)
{
	const char *texts[] = {lengths[_i].text, NULL};
	struct params p = {.n = 0};
	struct request r;

	add_all(&p, texts);
	ck_assert_int_eq(request_params(p.list, &r), OUTCOME_NONE);
	ck_assert_msg(r.has_length == lengths[_i].has &&
		(!r.has_length || r.length == lengths[_i].length),
	    "%s", lengths[_i].text);
	clear(&p);
}
END_TEST

START_TEST(takes_only_a_responder)
{
	struct params p = {.n = 0};
	struct request r;

	add(&p, "FCGI_ROLE=AUTHORIZER");
	ck_assert_int_eq(request_params(p.list, &r), OUTCOME_MALFORMED);
	clear(&p);
	add(&p, "REQUEST_METHOD=GET");
	ck_assert_int_eq(request_params(p.list, &r), OUTCOME_MALFORMED);
	clear(&p);
}
END_TEST

START_TEST(counts_params)
{
	struct params p = {.n = 0};
	struct request r;

	add(&p, "FCGI_ROLE=RESPONDER");
	while (p.n < REQUEST_PARAMS_MAX)
		add(&p, "X=y");
	ck_assert_int_eq(request_params(p.list, &r), OUTCOME_NONE);
	add(&p, "X=y");
	ck_assert_int_eq(request_params(p.list, &r), OUTCOME_MALFORMED);
	clear(&p);
}
END_TEST

/* A param NAME=xxx... of exactly n bytes. */
static void
add_long(struct params *p, const char *name, size_t n)
{
	size_t at = strlen(name);
	char *text = malloc(n + 1);

	ck_assert_ptr_nonnull(text);
	memcpy(text, name, at);
	memset(text + at, 'x', n - at);
	text[n] = '\0';
	add(p, text);
	free(text);
}

START_TEST(counts_the_bytes_of_all_params)
{
	struct params p = {.n = 0};
	struct request r;
	size_t own = strlen("FCGI_ROLE=RESPONDER");

	add(&p, "FCGI_ROLE=RESPONDER");
	add_long(&p, "HTTP_X=", REQUEST_PARAMS_BYTES_MAX - own);
	ck_assert_int_eq(request_params(p.list, &r), OUTCOME_NONE);
	add(&p, "A=");
	ck_assert_int_eq(request_params(p.list, &r), OUTCOME_MALFORMED);
	clear(&p);
}
END_TEST

static const struct {
	const char *name;
	size_t max;
} longest[] = {
    {"HTTP_X_WP_SIGNATURE=", 1024},
    {"HTTP_IDEMPOTENCY_KEY=", 1024},
    {"REQUEST_URI=", 8192},
    {"HTTP_AUTHORIZATION=", 8192},
    {"REQUEST_METHOD=", 32},
};

START_TEST(bounds_each_value)
{
	size_t n = strlen(longest[_i].name) + longest[_i].max;
	struct params p = {.n = 0};
	struct request r;

	add(&p, "FCGI_ROLE=RESPONDER");
	add_long(&p, longest[_i].name, n);
	ck_assert_int_eq(request_params(p.list, &r), OUTCOME_NONE);
	clear(&p);
	add(&p, "FCGI_ROLE=RESPONDER");
	add_long(&p, longest[_i].name, n + 1);
	ck_assert_int_eq(request_params(p.list, &r), OUTCOME_MALFORMED);
	clear(&p);
}
END_TEST

/* A body that comes as a test says. */
struct source {
	const char *bytes;
	enum request_body_end end;
	bool was_read;
};

static enum request_body_end
read_source(void *ctx, size_t max, struct gate_buf *out)
{
	struct source *s = ctx;
	struct gate_span b = gate_span_str(s->bytes);

	s->was_read = true;
	if (b.n > max)
		return REQUEST_BODY_LONG;
	ck_assert_int_eq(gate_buf_put(out, b), GATE_OK);
	return s->end;
}

static const struct {
	const char *what;
	const char *bytes;
	enum request_body_end end;
	bool has_length;
	uint64_t length;
	enum outcome outcome;
	bool is_read;
} bodies[] = {
    {"as announced", "12345", REQUEST_BODY_OK, true, 5, OUTCOME_NONE, true},
    {"of unknown length", "12345", REQUEST_BODY_OK, false, 0, OUTCOME_NONE,
	true},
    {"shorter", "1234", REQUEST_BODY_OK, true, 5, OUTCOME_CUT_BODY, true},
    {"longer", "123456", REQUEST_BODY_OK, true, 5, OUTCOME_CUT_BODY, true},
    {"exactly the maximum", "12345678", REQUEST_BODY_OK, true, 8, OUTCOME_NONE,
	true},
    {"announced above the maximum", "", REQUEST_BODY_OK, true, 9,
	OUTCOME_TOO_LARGE, false},
    {"absurdly announced", "", REQUEST_BODY_OK, true, UINT64_MAX,
	OUTCOME_TOO_LARGE, false},
    {"above the maximum, not announced", "123456789", REQUEST_BODY_OK, false, 0,
	OUTCOME_TOO_LARGE, true},
    {"empty, announced", "", REQUEST_BODY_OK, true, 0, OUTCOME_EMPTY_BODY,
	true},
    {"empty, not announced", "", REQUEST_BODY_OK, false, 0, OUTCOME_EMPTY_BODY,
	true},
    {"broken off", "12345", REQUEST_BODY_CUT, true, 5, OUTCOME_CUT_BODY, true},
    {"late", "12", REQUEST_BODY_LATE, true, 5, OUTCOME_LATE_BODY, true},
    {"without memory", "", REQUEST_BODY_NOMEM, true, 5, OUTCOME_AWAY, true},
};

START_TEST(reads_a_body_that_is_whole)
{
	struct source s = {bodies[_i].bytes, bodies[_i].end, false};
	struct request_body b = {read_source, &s};
	struct request r = {
	    .has_length = bodies[_i].has_length, .length = bodies[_i].length};
	struct gate_buf out;

	gate_buf_init(&out, 64);
	ck_assert_msg(request_read_body(&r, &b, 8, &out) == bodies[_i].outcome,
	    "%s", bodies[_i].what);
	ck_assert_msg(s.was_read == bodies[_i].is_read, "%s", bodies[_i].what);
	gate_buf_clear(&out);
}
END_TEST

static const struct {
	const char *type;
	bool is;
} types[] = {
    {"application/json", true},
    {"Application/JSON", true},
    {" application/json ", true},
    {"application/json; charset=utf-8", true},
    {"application/json;charset=UTF-8", true},
    {"application/json; charset=\"utf-8\"", true},
    {"application/json;", true},
    {"", false},
    {"application/jsonp", false},
    {"application/json; charset=utf-16", false},
    {"application/json; charset=utf-8; x=y", false},
    {"application/json, text/plain", false},
    {"application/problem+json", false},
    {"text/json", false},
    {";application/json", false},
};

START_TEST(knows_json_by_its_media_type)
{
	struct request r = {.content_type = gate_span_str(types[_i].type)};

	ck_assert_msg(
	    request_is_json(&r) == types[_i].is, "%s", types[_i].type);
}
END_TEST

START_TEST(knows_a_form_by_its_media_type)
{
	struct request r = {
	    .content_type = GATE_SPAN("application/x-www-form-urlencoded")};

	ck_assert(request_is_form(&r) && !request_is_json(&r));
	r.content_type =
	    GATE_SPAN("application/x-www-form-urlencoded; charset=UTF-8");
	ck_assert(request_is_form(&r));
	r.content_type = GATE_SPAN("application/json");
	ck_assert(!request_is_form(&r));
}
END_TEST

START_TEST(shows_headers_that_nobody_here_knows)
{
	static const char *const texts[] = {"REQUEST_METHOD=POST",
	    "HTTP_X_HUB_SIGNATURE_256=sha256=00", "CONTENT_TYPE=text/plain",
	    "HTTP_X_A=1", "HTTP_X_A=2", "HTTP_EMPTY=", "XHTTP_B=1", NULL};
	static const struct {
		const char *name, *value;
	} want[] = {{"X_HUB_SIGNATURE_256", "sha256=00"}, {"X_A", "1"},
	    {"X_A", "2"}, {"EMPTY", ""}};
	struct gate_hook_header got[REQUEST_PARAMS_MAX];
	struct params p = {.n = 0};
	struct request r;
	size_t i;

	add_all(&p, texts);
	ck_assert_int_eq(request_params(p.list, &r), OUTCOME_NONE);
	ck_assert_uint_eq(request_headers(&r, got), GATE_COUNT(want));
	for (i = 0; i < GATE_COUNT(want); i++) {
		ck_assert(gate_span_is(got[i].name, want[i].name));
		ck_assert(gate_span_is(got[i].value, want[i].value));
	}
	clear(&p);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("request");
	TCase *t = tcase_create("request");

	tcase_add_test(t, finds_each_param);
	add_row_test(t, refuses_a_name_twice_where_it_decides, pairs);
	add_row_test(t, refuses_a_malformed_param, bad);
	add_row_test(t, knows_a_length_from_none, lengths);
	tcase_add_test(t, takes_only_a_responder);
	tcase_add_test(t, counts_params);
	tcase_add_test(t, counts_the_bytes_of_all_params);
	add_row_test(t, bounds_each_value, longest);
	add_row_test(t, reads_a_body_that_is_whole, bodies);
	add_row_test(t, knows_json_by_its_media_type, types);
	tcase_add_test(t, knows_a_form_by_its_media_type);
	tcase_add_test(t, shows_headers_that_nobody_here_knows);
	suite_add_tcase(s, t);
	return s;
}

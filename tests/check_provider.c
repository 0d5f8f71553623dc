/*
 * lib/provider.h: every delivery of tests/hook_rows.c is taken as it is and
 * refused with any one thing changed.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "lib/num.h"
#include "tests/hook_rows.h"
#include "tests/runner.h"

#define NOW_ANY 1700000000

static struct hook_world world;

static void
begin(int i)
{
	hook_begin(&world, &hook_rows[i]);
	if (hook_rows[i].now_s == 0)
		world.hook.now_s = NOW_ANY;
}

static void
end(void)
{
	hook_end(&world);
}

static const char *
fault_name(enum gate_provider_fault fault)
{
	return gate_provider_fault_name(fault);
}

#define expect(i, want)                                                        \
	do {                                                                   \
		struct gate_verdict v_;                                        \
		enum gate_provider_fault f_ = hook_verify(&world, &v_);        \
		ck_assert_msg(f_ == (want) && v_.fault == f_,                  \
		    "%s (%s): %s %s", hook_rows[i].provider,                   \
		    hook_rows[i].source, fault_name(f_), v_.about);            \
		ck_assert_int_eq(v_.which == 0,                                \
		    f_ == GATE_PROVIDER_OK || f_ == GATE_PROVIDER_STALE ||     \
			f_ == GATE_PROVIDER_FUTURE);                           \
	} while (0)

static void
expect_refused(int i, const char *what, size_t at)
{
	struct gate_verdict v;

	ck_assert_msg(hook_verify(&world, &v) != GATE_PROVIDER_OK,
	    "%s (%s) taken with byte %zu of %s changed", hook_rows[i].provider,
	    hook_rows[i].source, at, what);
}

START_TEST(takes_what_vendors_made)
{
	begin(_i);
	expect(_i, GATE_PROVIDER_OK);
	end();
}
END_TEST

/* Bytes of a fence are ours to change. */
static void
flip(struct gate_span s, size_t at)
{
	unsigned char *p = (unsigned char *)(uintptr_t)s.p;

	p[at] ^= 1;
}

START_TEST(refuses_any_other_body)
{
	struct gate_span body;
	size_t at;

	begin(_i);
	body = world.hook.body;
	for (at = 0; at < body.n && !hook_rows[_i].is_loose; at++) {
		flip(body, at);
		expect_refused(_i, "body", at);
		flip(body, at);
	}
	for (at = 0; at < body.n && !hook_rows[_i].is_loose; at++) {
		world.hook.body.n = at;
		expect_refused(_i, "body's length", at);
	}
	world.hook.body = body;
	expect(_i, GATE_PROVIDER_OK);
	end();
}
END_TEST

/* The headers that a row brings and that are proofs. */
static bool
is_proof(const struct hook_world *w, struct gate_span name)
{
	struct gate_provider_header list[GATE_PROVIDER_HEADERS_MAX];
	size_t n = gate_provider_headers(w->provider, &w->how, list), i;

	for (i = 0; i < n; i++)
		if (gate_span_is_nocase(name, list[i].name))
			return list[i].is_proof;
	return false;
}

START_TEST(refuses_any_other_byte_in_a_header_that_is_signed_or_signs)
{
	size_t h, at, proofs = 0;

	begin(_i);
	for (h = 0; h < world.hook.header_count; h++) {
		struct gate_span value = world.headers[h].value;

		if (!is_proof(&world, world.headers[h].name))
			continue;
		proofs++;
		/* Not signed: tests/check_provider_odd.c. */
		if (gate_span_is(world.headers[h].name, "PAYPAL-CERT-URL"))
			continue;
		for (at = 1; at < value.n; at++) { /* 0: a blank */
			flip(value, at);
			expect_refused(_i, "a header", at);
			flip(value, at);
		}
	}
	ck_assert(proofs > 0 || world.how.header == NULL);
	end();
}
END_TEST

START_TEST(refuses_a_proof_that_is_missing_empty_or_there_twice)
{
	size_t h, n;

	begin(_i);
	n = world.hook.header_count;
	for (h = 0; h < n; h++) {
		struct gate_hook_header saved = world.headers[h];

		if (!is_proof(&world, saved.name))
			continue;
		world.headers[h].name = GATE_SPAN("X-Other");
		expect(_i, GATE_PROVIDER_HEADER_MISSING);
		world.headers[h] = saved;
		world.headers[h].value = GATE_SPAN(" \t");
		expect(_i, GATE_PROVIDER_HEADER_MISSING);
		world.headers[h] = saved;
		world.headers[n] = saved; /* also if both are the same */
		world.hook.header_count = n + 1;
		expect(_i, GATE_PROVIDER_HEADER_TWICE);
		world.headers[n].value = (struct gate_span){0};
		expect(_i, GATE_PROVIDER_HEADER_TWICE);
		world.hook.header_count = n;
	}
	expect(_i, GATE_PROVIDER_OK);
	end();
}
END_TEST

/* X-A-B as HTTP servers hand it to CGI: X_A_B. */
START_TEST(finds_headers_by_their_cgi_names)
{
	size_t h, at;

	begin(_i);
	for (h = 0; h < world.hook.header_count; h++) {
		struct gate_span name = world.headers[h].name;
		unsigned char *p = (unsigned char *)(uintptr_t)name.p;

		for (at = 0; at < name.n; at++) {
			if (p[at] == '-')
				p[at] = '_';
			else if (p[at] >= 'a' && p[at] <= 'z')
				p[at] = (unsigned char)(p[at] - 'a' + 'A');
		}
	}
	expect(_i, GATE_PROVIDER_OK);
	end();
}
END_TEST

START_TEST(judges_time_both_ways_and_to_the_second)
{
	int64_t now, tolerance;

	begin(_i);
	now = world.hook.now_s;
	tolerance = world.how.tolerance_s;
	if (world.how.time.kind == GATE_PLACE_NONE) {
		world.hook.now_s = 0;
		expect(_i, GATE_PROVIDER_OK);
		world.hook.now_s = INT64_MAX;
		expect(_i, GATE_PROVIDER_OK);
	} else {
		ck_assert(tolerance > 0);
		world.hook.now_s = now + tolerance;
		expect(_i, GATE_PROVIDER_OK);
		world.hook.now_s = now + tolerance + 1;
		expect(_i, GATE_PROVIDER_STALE);
		world.hook.now_s = now - tolerance;
		expect(_i, GATE_PROVIDER_OK);
		world.hook.now_s = now - tolerance - 1;
		expect(_i, GATE_PROVIDER_FUTURE);
		world.hook.now_s = INT64_MAX;
		expect(_i,
		    world.how.key_form == GATE_KEY_CERTIFICATE
			? GATE_PROVIDER_CERTIFICATE_TIME
			: GATE_PROVIDER_STALE);
	}
	end();
}
END_TEST

START_TEST(tries_every_secret_and_says_which)
{
	static const struct {
		size_t keys[3]; /* 0: the right one */
		size_t count, which;
	} orders[] = {
	    {{0, 1, 1}, 3, 0},
	    {{1, 0, 1}, 3, 1},
	    {{1, 1, 0}, 3, 2},
	    {{1, 0, 0}, 3, 1},
	    {{1}, 1, GATE_NO_SECRET},
	    {{0}, 0, GATE_NO_SECRET},
	};
	struct gate_provider_secret secrets[3];
	struct gate_verdict v;
	size_t o, k;

	begin(_i);
	for (o = 0; o < GATE_COUNT(orders); o++) {
		for (k = 0; k < 3; k++)
			secrets[k] = (struct gate_provider_secret){
			    "id", world.keys[orders[o].keys[k]]};
		(void)!gate_provider_verify(world.provider, &world.how, secrets,
		    orders[o].count, &world.hook, &v);
		ck_assert_msg(v.which == orders[o].which, "%s, order %zu",
		    hook_rows[_i].provider, o);
		ck_assert_int_eq(v.fault,
		    orders[o].which != GATE_NO_SECRET ? GATE_PROVIDER_OK
			: orders[o].count == 0        ? GATE_PROVIDER_NO_KEY
						      : GATE_PROVIDER_NO_MATCH);
	}
	end();
}
END_TEST

/* The value of the row's signature header, with text around it. */
static void
dress(char *dst, size_t size, struct gate_span value, const char *before,
    const char *after)
{
	value = gate_span_trim(value);
	ck_assert(snprintf(dst, size, "%s%.*s%s", before, GATE_SPAN_ARG(value),
		      after) < (int)size);
}

static const struct {
	enum gate_grammar grammar;
	const char *before, *after;
	enum gate_provider_fault want;
} dresses[] = {
    {GATE_GRAMMAR_BARE, "x", "", GATE_PROVIDER_ENCODING},
    {GATE_GRAMMAR_BARE, "", "x", GATE_PROVIDER_ENCODING},
    {GATE_GRAMMAR_BARE, "", "=", GATE_PROVIDER_ENCODING},
    {GATE_GRAMMAR_BARE, "0x", "", GATE_PROVIDER_ENCODING},
    {GATE_GRAMMAR_BARE, "x, ", "", GATE_PROVIDER_ENCODING},
    {GATE_GRAMMAR_BARE, "", ", x", GATE_PROVIDER_ENCODING},
    {GATE_GRAMMAR_PREFIX, "x", "", GATE_PROVIDER_HEADER_GRAMMAR},
    {GATE_GRAMMAR_PREFIX, "", "x", GATE_PROVIDER_ENCODING},
    {GATE_GRAMMAR_PREFIX, "x, ", "", GATE_PROVIDER_HEADER_GRAMMAR},
    {GATE_GRAMMAR_PREFIX, "", ", x", GATE_PROVIDER_ENCODING},
    {GATE_GRAMMAR_LIST, "$M=00$S", "", GATE_PROVIDER_OK},
    {GATE_GRAMMAR_LIST, "", "$S$M=00", GATE_PROVIDER_OK},
    {GATE_GRAMMAR_LIST, "$M=$0$S", "", GATE_PROVIDER_OK},
    {GATE_GRAMMAR_LIST, "", "$S$M=$0", GATE_PROVIDER_OK},
    {GATE_GRAMMAR_LIST, "", "$Sv9=1", GATE_PROVIDER_OK},
    {GATE_GRAMMAR_LIST, "v9=1$S", "", GATE_PROVIDER_OK},
    {GATE_GRAMMAR_LIST, "x$S", "", GATE_PROVIDER_HEADER_GRAMMAR},
    {GATE_GRAMMAR_LIST, "$S", "", GATE_PROVIDER_HEADER_GRAMMAR},
    {GATE_GRAMMAR_LIST, "=1$S", "", GATE_PROVIDER_HEADER_GRAMMAR},
    {GATE_GRAMMAR_LIST, "", "$S $M=$0", GATE_PROVIDER_HEADER_GRAMMAR},
    {GATE_GRAMMAR_LIST, "$T=1$S", "", GATE_PROVIDER_HEADER_GRAMMAR},
    {GATE_GRAMMAR_LIST, "", "$S$T=1", GATE_PROVIDER_HEADER_GRAMMAR},
    {GATE_GRAMMAR_WORDS, "$M,AAAA ", "", GATE_PROVIDER_OK},
    {GATE_GRAMMAR_WORDS, "", " $M,AAAA", GATE_PROVIDER_OK},
    {GATE_GRAMMAR_WORDS, "v9,AAAA x  ", "", GATE_PROVIDER_OK},
    {GATE_GRAMMAR_WORDS, "", "x", GATE_PROVIDER_ENCODING},
    {GATE_GRAMMAR_WORDS, "x", "", GATE_PROVIDER_NO_SIGNATURE},
};

/* $S: the list's separator, $M: the mark, $T: the time's name, $0: a
 * signature of zeros. */
static void
expand(char *dst, size_t size, const char *text, const struct gate_signing *how)
{
	static const char zeros[] = "0000000000000000000000000000000000000000"
				    "000000000000000000000000";
	char separator[2] = {how->separator, '\0'};
	size_t n = 0;

	for (; *text != '\0'; text++) {
		const char *put = NULL;

		if (*text == '$')
			text++;
		else
			separator[0] = *text, put = separator;
		if (put == NULL) {
			separator[0] = how->separator;
			put = *text == 'S' ? separator
			    : *text == 'M' ? how->mark
			    : *text == '0' ? zeros
					   : how->time.name;
		}
		n += (size_t)snprintf(dst + n, size - n, "%s", put);
		ck_assert(n < size);
	}
	dst[n] = '\0';
}

START_TEST(takes_several_signatures_only_where_there_may_be_several)
{
	struct gate_hook_header *header;
	struct gate_span value;
	size_t d;

	begin(_i);
	header = world.how.header == NULL
	    ? NULL
	    : hook_header(&world, world.how.header);
	for (d = 0; header != NULL && d < GATE_COUNT(dresses); d++) {
		char before[256] = "", after[256] = "", text[2048];

		if (dresses[d].grammar != world.how.grammar ||
		    world.how.encoding == GATE_ENCODING_PLAIN)
			continue;
		if (strstr(dresses[d].before, "$T") != NULL &&
		    world.how.time.kind != GATE_PLACE_LIST)
			continue;
		expand(before, sizeof(before), dresses[d].before, &world.how);
		expand(after, sizeof(after), dresses[d].after, &world.how);
		value = header->value;
		dress(text, sizeof(text), value, before, after);
		header->value = gate_span_str(text);
		expect(_i, dresses[d].want);
		header->value = value;
	}
	end();
}
END_TEST

START_TEST(signs_as_the_vendor_did)
{
	struct gate_sign_headers made;
	enum gate_code code;
	struct gate_hook_header *id;
	size_t i;

	begin(_i);
	id = world.how.id_header == NULL
	    ? NULL
	    : hook_header(&world, world.how.id_header);
	gate_sign_init(&made);
	code = gate_provider_sign(world.provider, &world.how, world.keys[0],
	    &world.hook, id != NULL ? gate_span_trim(id->value) : GATE_SPAN(""),
	    &made);
	if (code == GATE_OK)
		for (i = 0; i < made.count; i++) {
			struct gate_span value =
			    gate_span_str(gate_sign_line(&made, i));
			struct gate_span name;
			char text[128];

			ck_assert(gate_span_until(&value, ':', value.n, &name));
			ck_assert(gate_span_copy(name, text, sizeof(text)));
			ck_assert_msg(
			    hook_header(&world, text) != NULL, "%s", text);
			/* Hex may be in upper case. */
			hook_header(&world, text)->value = value;
		}
	else
		ck_assert_int_eq(code, GATE_E_CONF);
	expect(_i, GATE_PROVIDER_OK);
	gate_sign_clear(&made);
	end();
}
END_TEST

START_TEST(has_rows_that_hold_together)
{
	const struct gate_provider *p;
	struct gate_signing how;
	struct gate_err err;
	size_t i, k;

	for (i = 0; (p = gate_provider_at(i)) != NULL; i++) {
		ck_assert_ptr_eq(gate_provider_find(gate_span_str(p->name)), p);
		how = p->signing;
		ck_assert_int_eq(p->needs_setting,
		    how.message != NULL &&
			strstr(how.message, "{setting}") != NULL);
		if (p->needs_setting)
			how.setting = "x";
		if (how.header != NULL)
			ck_assert_msg(gate_signing_check(&how, &err) == GATE_OK,
			    "%s: %s", p->name, err.text);
		ck_assert_msg(p->profile.deadline_ms > 0 &&
			p->profile.retry_window_s > 0 &&
			p->profile.id[0].kind != GATE_PLACE_NONE,
		    "%s", p->name);
		for (k = 0; k < hook_row_count; k++)
			if (strcmp(hook_rows[k].provider, p->name) == 0)
				break;
		ck_assert_msg(k < hook_row_count, "%s: no vector", p->name);
	}
	ck_assert_ptr_null(gate_provider_find(GATE_SPAN("nobody")));
	ck_assert_ptr_null(gate_provider_find(GATE_SPAN("")));
	ck_assert_ptr_null(gate_provider_at(SIZE_MAX));
}
END_TEST

START_TEST(names_every_fault)
{
	size_t f, k;

	for (f = 0; f < GATE_PROVIDER_FAULT_COUNT; f++) {
		const char *name =
		    gate_provider_fault_name((enum gate_provider_fault)f);

		ck_assert_ptr_nonnull(name);
		ck_assert_ptr_nonnull(
		    gate_provider_fault_text((enum gate_provider_fault)f));
		ck_assert_int_eq(
		    gate_provider_fault_code((enum gate_provider_fault)f),
		    f == GATE_PROVIDER_OK              ? GATE_OK
			: f == GATE_PROVIDER_NO_MEMORY ? GATE_E_NOMEM
						       : GATE_E_AUTH);
		for (k = 0; k < f; k++)
			ck_assert_str_ne(name,
			    gate_provider_fault_name(
				(enum gate_provider_fault)k));
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("provider");
	TCase *t = tcase_create("provider");
	int n = (int)hook_row_count;

	tcase_add_loop_test(t, takes_what_vendors_made, 0, n);
	tcase_add_loop_test(t, refuses_any_other_body, 0, n);
	tcase_add_loop_test(t,
	    refuses_any_other_byte_in_a_header_that_is_signed_or_signs, 0, n);
	tcase_add_loop_test(
	    t, refuses_a_proof_that_is_missing_empty_or_there_twice, 0, n);
	tcase_add_loop_test(t, finds_headers_by_their_cgi_names, 0, n);
	tcase_add_loop_test(t, judges_time_both_ways_and_to_the_second, 0, n);
	tcase_add_loop_test(t, tries_every_secret_and_says_which, 0, n);
	tcase_add_loop_test(
	    t, takes_several_signatures_only_where_there_may_be_several, 0, n);
	tcase_add_loop_test(t, signs_as_the_vendor_did, 0, n);
	tcase_add_test(t, has_rows_that_hold_together);
	tcase_add_test(t, names_every_fault);
	suite_add_tcase(s, t);
	return s;
}

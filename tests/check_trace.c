/* lib/trace.h. */
#include "config.h"

#include <string.h>

#include "lib/trace.h"
#include "tests/fence.h"
#include "tests/runner.h"

#define TRACE_ID "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN_ID "00f067aa0ba902b7"
#define NO_TRACE "00000000000000000000000000000000"
#define NO_SPAN "0000000000000000"

static const struct {
	const char *what;
	struct gate_span in;
	bool ok;
} traces[] = {
    /* W3C Trace Context, section 3.2.2.5 */
    {"sampled", BYTES("00-" TRACE_ID "-" SPAN_ID "-01"), true},
    {"not sampled", BYTES("00-" TRACE_ID "-" SPAN_ID "-00"), true},
    {"flags unknown to us", BYTES("00-" TRACE_ID "-" SPAN_ID "-ff"), true},
    {"version 01", BYTES("01-" TRACE_ID "-" SPAN_ID "-01"), false},
    {"version ff", BYTES("ff-" TRACE_ID "-" SPAN_ID "-01"), false},
    {"no trace", BYTES("00-" NO_TRACE "-" SPAN_ID "-01"), false},
    {"no span", BYTES("00-" TRACE_ID "-" NO_SPAN "-01"), false},
    {"upper case", BYTES("00-4BF92F3577B34DA6A3CE929D0E0E4736-" SPAN_ID "-01"),
	false},
    {"upper case flags", BYTES("00-" TRACE_ID "-" SPAN_ID "-0A"), false},
    {"something after", BYTES("00-" TRACE_ID "-" SPAN_ID "-01-x"), false},
    {"line end after", BYTES("00-" TRACE_ID "-" SPAN_ID "-01\r\n"), false},
    {"NUL after", BYTES("00-" TRACE_ID "-" SPAN_ID "-01\0"), false},
    {"cut in flags", BYTES("00-" TRACE_ID "-" SPAN_ID "-0"), false},
    {"cut in span", BYTES("00-" TRACE_ID "-00f067"), false},
    {"no hex", BYTES("00-" TRACE_ID "-00f067aa0ba902bg-01"), false},
    {"another separator", BYTES("00_" TRACE_ID "-" SPAN_ID "-01"), false},
    {"a list", BYTES("00-" TRACE_ID "-" SPAN_ID "-01, x"), false},
    {"empty", BYTES(""), false},
};

START_TEST(reads_and_writes_traceparents)
{
	struct fence f = fence_page(traces[_i].in);
	struct gate_trace t = {.flags = 42};
	char text[GATE_TRACEPARENT_TEXT];

	ck_assert_msg(gate_trace_parse(f.span, &t) == traces[_i].ok, "%s",
	    traces[_i].what);
	if (traces[_i].ok) {
		gate_trace_text(&t, text);
		ck_assert(gate_span_is(f.span, text));
	} else {
		ck_assert_int_eq(t.flags, 42);
		ck_assert_int_eq(t.trace_id[0], 0);
	}
	fence_free(&f);
}
END_TEST

START_TEST(makes_traces_and_children)
{
	struct gate_trace parent, child, back;
	char text[GATE_TRACEPARENT_TEXT];

	ck_assert_int_eq(gate_trace_new(&parent), GATE_OK);
	gate_trace_text(&parent, text);
	ck_assert(gate_trace_parse(gate_span_str(text), &back));
	ck_assert_int_eq(parent.flags, 0);
	parent.flags = 1;
	ck_assert_int_eq(gate_trace_child(&parent, &child), GATE_OK);
	ck_assert(memcmp(parent.trace_id, child.trace_id, 16) == 0);
	ck_assert(memcmp(parent.span_id, child.span_id, 8) != 0);
	ck_assert_int_eq(child.flags, 1);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("trace");
	TCase *t = tcase_create("trace");

	add_row_test(t, reads_and_writes_traceparents, traces);
	tcase_add_test(t, makes_traces_and_children);
	suite_add_tcase(s, t);
	return s;
}

/* fcgi/tally.h: what is counted, under which words, and how often it is
 * written. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "fcgi/tally.h"
#include "lib/json.h"
#include "tests/runner.h"

static char blog[] = "blog", shop[] = "shop";
static struct gate_site sites[] = {{.name = blog}, {.name = shop}};

static void
add(struct tally *t, int site, enum door door, enum outcome o, const char *why)
{
	struct visit v = {.match = {.door = door},
	    .site = site < 0 ? NULL : &sites[site],
	    .why = why,
	    .reply = {.outcome = o}};

	tally_add(t, &v);
}

static void
check_text(const struct tally *t, const char *expected)
{
	struct gate_json *doc;
	struct gate_buf b;

	gate_buf_init(&b, 65536);
	ck_assert_int_eq(tally_text(t, &b), GATE_OK);
	ck_assert_str_eq(gate_buf_str(&b), expected);
	ck_assert_int_eq(
	    gate_json_parse(gate_buf_span(&b), &doc, NULL), GATE_OK);
	gate_json_free(doc);
	gate_buf_clear(&b);
}

START_TEST(counts_by_site_door_and_reason)
{
	struct tally t = {.count = 0};

	add(&t, 0, DOOR_RELAY, OUTCOME_BAD_SIGNATURE, NULL);
	add(&t, 0, DOOR_RELAY, OUTCOME_BAD_SIGNATURE, NULL);
	add(&t, 1, DOOR_RELAY, OUTCOME_BAD_SIGNATURE, NULL);
	add(&t, -1, DOOR_BRIDGE, OUTCOME_BAD_TOKEN, "kid_unknown");
	add(&t, -1, DOOR_BRIDGE, OUTCOME_BAD_TOKEN, "base64");
	add(&t, 0, DOOR_RELAY, OUTCOME_BAD_SIGNATURE, NULL);
	add(&t, 0, DOOR_RESULTS, OUTCOME_STALE, NULL);
	check_text(&t,
	    "[{\"site\":\"blog\",\"source\":\"relay\","
	    "\"reason\":\"bad_signature\",\"count\":3},"
	    "{\"site\":\"shop\",\"source\":\"relay\","
	    "\"reason\":\"bad_signature\",\"count\":1},"
	    "{\"site\":\"\",\"source\":\"bridge\","
	    "\"reason\":\"bad_token/kid_unknown\",\"count\":1},"
	    "{\"site\":\"\",\"source\":\"bridge\","
	    "\"reason\":\"bad_token/base64\",\"count\":1},"
	    "{\"site\":\"blog\",\"source\":\"results\","
	    "\"reason\":\"stale\",\"count\":1}]");
}
END_TEST

START_TEST(counts_refusals_only)
{
	struct tally t = {.count = 0};

	add(&t, 0, DOOR_RELAY, OUTCOME_ACCEPTED, NULL);
	add(&t, 0, DOOR_RELAY, OUTCOME_DUPLICATE, NULL);
	add(&t, 0, DOOR_RESULTS, OUTCOME_UNCHANGED, NULL);
	add(&t, 0, DOOR_RELAY, OUTCOME_AWAY, NULL);
	add(&t, -1, DOOR_RELAY, OUTCOME_UNSURE, NULL);
	add(&t, -1, DOOR_COUNT, OUTCOME_NOT_FOUND, NULL);
	ck_assert_uint_eq(t.count, 0);
	ck_assert(!tally_is_due(&t, 1));
}
END_TEST

START_TEST(counts_on_without_a_name_when_it_is_full)
{
	static char whys[TALLY_ROWS + 2][8];
	struct tally t = {.count = 0};
	struct gate_buf b;
	int i;

	for (i = 0; i < TALLY_ROWS + 2; i++) {
		(void)snprintf(whys[i], sizeof(whys[i]), "w%d", i);
		add(&t, 0, DOOR_EDGE, OUTCOME_STALE, whys[i]);
	}
	add(&t, 0, DOOR_EDGE, OUTCOME_STALE, "w0");
	ck_assert_uint_eq(t.count, TALLY_ROWS);
	ck_assert_int_eq(t.others, 2);
	ck_assert_int_eq(t.rows[0].count, 2);
	gate_buf_init(&b, 65536);
	ck_assert_int_eq(tally_text(&t, &b), GATE_OK);
	ck_assert_ptr_nonnull(strstr(gate_buf_str(&b),
	    ",{\"site\":\"\",\"source\":\"\",\"reason\":\"others\","
	    "\"count\":2}]"));
	gate_buf_clear(&b);
}
END_TEST

START_TEST(is_due_at_once_and_then_after_a_while)
{
	struct tally t = {.count = 0};

	add(&t, 0, DOOR_EDGE, OUTCOME_STALE, NULL);
	ck_assert(tally_is_due(&t, 5));
	t.flushed_ms = 5;
	ck_assert(!tally_is_due(&t, 5 + TALLY_EVERY_MS - 1));
	ck_assert(tally_is_due(&t, 5 + TALLY_EVERY_MS));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("tally");
	TCase *t = tcase_create("tally");

	tcase_add_test(t, counts_by_site_door_and_reason);
	tcase_add_test(t, counts_refusals_only);
	tcase_add_test(t, counts_on_without_a_name_when_it_is_full);
	tcase_add_test(t, is_due_at_once_and_then_after_a_while);
	suite_add_tcase(s, t);
	return s;
}

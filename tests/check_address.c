/* fcgi/address.h, in its order. */
#include "config.h"

#include <stdlib.h>

#include "fcgi/address.h"
#include "tests/fence.h"
#include "tests/runner.h"

static const struct {
	const char *in;
	const char *text; /* NULL: refused */
	bool is_loopback;
} addresses[] = {
    {"127.0.0.1", "127.0.0.1", true},
    {"127.255.0.9", "127.255.0.9", true},
    {"::1", "::1", true},
    {"::ffff:127.0.0.1", "127.0.0.1", true},
    {"192.0.2.1", "192.0.2.1", false},
    {"2001:DB8::1", "2001:db8::1", false},
    {"::", "::", false},
    {"128.0.0.1", "128.0.0.1", false},
    {"", NULL, false},
    {"unix:", NULL, false},
    {"localhost", NULL, false},
    {"127.1", NULL, false},
    {"0177.0.0.1", NULL, false},
    {"[::1]", NULL, false},
    {"::1%lo", NULL, false},
    {"127.0.0.1:80", NULL, false},
    {" 127.0.0.1", NULL, false},
    {"1234:5678:9abc:def0:1234:5678:9abc:def0:1234:5678:9abc:def0", NULL,
	false},
};

START_TEST(reads_numeric_addresses_only)
{
	struct fence f = fence_page(gate_span_str(addresses[_i].in));
	char text[GATE_ADDRESS_TEXT];
	struct gate_address a;
	bool ok = gate_address_parse(f.span, &a);

	ck_assert_msg(
	    ok == (addresses[_i].text != NULL), "%s", addresses[_i].in);
	if (ok) {
		gate_address_text(&a, text);
		ck_assert_str_eq(text, addresses[_i].text);
		ck_assert_msg(
		    gate_address_is_loopback(&a) == addresses[_i].is_loopback,
		    "%s", addresses[_i].in);
	}
	fence_free(&f);
}
END_TEST

static const struct {
	const char *ranges;
	const char *address;
	bool in;
} members[] = {
    {"10.0.0.0/8", "10.255.1.2", true},
    {"10.0.0.0/8", "11.0.0.0", false},
    {"10.0.0.0/8", "::ffff:10.1.1.1", true},
    {"10.0.0.0/9", "10.127.255.255", true},
    {"10.0.0.0/9", "10.128.0.0", false},
    {"10.0.0.0/15", "10.1.255.255", true},
    {"10.0.0.0/15", "10.2.0.0", false},
    {"10.0.0.7/31", "10.0.0.6", true},
    {"10.0.0.7/31", "10.0.0.8", false},
    {"::ffff:10.0.0.0/104", "10.9.9.9", true},
    {"::ffff:10.0.0.0/104", "11.0.0.0", false},
    {"::ffff:10.0.0.7", "10.0.0.7", true},
    {"2001:db8::7/127", "2001:db8::6", true},
    {"2001:db8::7/127", "2001:db8::8", false},
    {"2001:db8::7", "2001:db8::7", true},
    {"2001:db8::7", "2001:db8::6", false},
    {"192.0.2.7", "192.0.2.7", true},
    {"192.0.2.7", "192.0.2.6", false},
    {"2001:db8::/32", "2001:db8:ffff::1", true},
    {"2001:db8::/32", "2001:db9::", false},
    {"0.0.0.0/0", "203.0.113.9", true},
    {"0.0.0.0/0", "2001:db8::1", false},
    {"::/0", "203.0.113.9", true},
    {" 192.0.2.1 , 10.0.0.1/32 ", "10.0.0.1", true},
    {"", "10.0.0.1", false},
};

START_TEST(knows_what_lies_in_a_range)
{
	struct gate_ranges r;
	struct gate_address a;

	ck_assert(gate_ranges_parse(gate_span_str(members[_i].ranges), &r));
	ck_assert(gate_address_parse(gate_span_str(members[_i].address), &a));
	ck_assert_msg(gate_ranges_have(&r, &a) == members[_i].in, "%s in %s",
	    members[_i].address, members[_i].ranges);
}
END_TEST

static const struct {
	const char *text;
} bad_ranges[] = {
    {"x"},
    {"10.0.0.0/33"},
    {"::/129"},
    {"10.0.0.0/"},
    {"10.0.0.0/-1"},
    {",10.0.0.0/8"},
    {"10.0.0.0/8/8"},
    {"10.0.0.0 8"},
    {"::ffff:10.0.0.0/8"}, /* 104 was meant; this would be half of all */
    {"::ffff:10.0.0.0/95"},
};

START_TEST(refuses_ranges_that_are_none)
{
	struct gate_ranges r = {.count = 42};

	ck_assert_msg(
	    !gate_ranges_parse(gate_span_str(bad_ranges[_i].text), &r), "%s",
	    bad_ranges[_i].text);
	ck_assert_uint_eq(r.count, 42);
}
END_TEST

/* A list as the configuration has it, separated by blanks here. */
static const struct {
	const char *list;
	const char *who; /* NULL: unknown */
	enum gate_code made;
	bool has;
} allows[] = {
    {"", "192.0.2.1", GATE_OK, true},
    {"", NULL, GATE_OK, true},
    {"192.0.2.0/24", "192.0.2.1", GATE_OK, true},
    {"192.0.2.0/24", "::ffff:192.0.2.1", GATE_OK, true},
    {"192.0.2.0/24", "192.0.3.1", GATE_OK, false},
    {"192.0.2.0/24", NULL, GATE_OK, false},
    {"192.0.2.0/24 2001:db8::/32", "2001:db8::1", GATE_OK, true},
    {"192.0.2.0/24 2001:db8::/32", "2001:db9::1", GATE_OK, false},
    {"0.0.0.0/0", "2001:db8::1", GATE_OK, false},
    {"192.0.2.0/24 noise", "192.0.2.1", GATE_E_BAD, true},
    {"192.0.2.0/24,192.0.3.0/24", "192.0.2.1", GATE_E_BAD, true},
};

START_TEST(lets_in_whom_a_list_names)
{
	struct gate_span left = gate_span_str(allows[_i].list), one;
	struct gate_allow a = {.text_count = 0};
	struct gate_address who;
	char *text[4];
	size_t i;

	a.text = text;
	while (left.n > 0) {
		if (!gate_span_until(&left, ' ', left.n, &one)) {
			one = left;
			left.n = 0;
		}
		text[a.text_count++] = gate_span_dup(one);
	}
	if (allows[_i].who != NULL)
		ck_assert(
		    gate_address_parse(gate_span_str(allows[_i].who), &who));
	ck_assert_int_eq(gate_allow_make(&a), allows[_i].made);
	ck_assert(gate_allow_has(&a, allows[_i].who == NULL ? NULL : &who) ==
	    allows[_i].has);
	gate_allow_clear(&a);
	for (i = 0; i < a.text_count; i++)
		free(text[i]);
}
END_TEST

static const struct {
	const char *what;
	const char *remote;
	const char *forwarded;
	const char *client; /* NULL: none */
} clients[] = {
    {"direct", "192.0.2.1", "", "192.0.2.1"},
    {"a stranger's word", "192.0.2.1", "10.0.0.1", "192.0.2.1"},
    {"through a proxy", "10.1.1.1", "192.0.2.1", "192.0.2.1"},
    {"through two", "10.1.1.1", "192.0.2.1, 10.2.2.2", "192.0.2.1"},
    {"a lie in front", "10.1.1.1", "198.51.100.9, 192.0.2.1", "192.0.2.1"},
    {"a proxy for itself", "10.1.1.1", "", "10.1.1.1"},
    {"only proxies", "10.1.1.1", "10.2.2.2", "10.2.2.2"},
    {"noise", "10.1.1.1", "noise", NULL},
    {"noise in front", "10.1.1.1", "noise, 192.0.2.1", "192.0.2.1"},
    {"empty item", "10.1.1.1", "192.0.2.1,", NULL},
    {"no address", "unix:", "192.0.2.1", NULL},
};

START_TEST(finds_the_client_behind_trusted_proxies)
{
	struct request r = {.remote_addr = gate_span_str(clients[_i].remote),
	    .forwarded_for = gate_span_str(clients[_i].forwarded)};
	struct gate_ranges trusted;
	char text[GATE_ADDRESS_TEXT];
	struct gate_address a;
	bool ok;

	ck_assert(gate_ranges_parse(gate_span_str("10.0.0.0/8"), &trusted));
	ok = address_of(&r, &trusted, &a);
	ck_assert_msg(
	    ok == (clients[_i].client != NULL), "%s", clients[_i].what);
	if (ok) {
		gate_address_text(&a, text);
		ck_assert_str_eq(text, clients[_i].client);
	}
}
END_TEST

static const struct {
	const char *what;
	const char *remote;
	const char *https;
	const char *scheme;
	const char *proto;
	bool is_private;
} ways[] = {
    {"plain from afar", "192.0.2.1", "", "http", "", false},
    {"HTTPS=on", "192.0.2.1", "on", "", "", true},
    {"HTTPS=1", "192.0.2.1", "1", "", "", true},
    {"HTTPS=off", "192.0.2.1", "off", "", "", false},
    {"by its scheme", "192.0.2.1", "", "https", "", true},
    {"from here", "127.0.0.1", "", "http", "", true},
    {"a stranger's word", "192.0.2.1", "", "http", "https", false},
    {"a proxy's word", "10.1.1.1", "", "http", "https", true},
    {"a proxy that had it plain", "10.1.1.1", "on", "https", "http", false},
    {"a proxy that says nothing", "10.1.1.1", "on", "https", "", true},
    {"a proxy that says two things", "10.1.1.1", "", "", "https, http", false},
    {"nobody", "", "", "", "", false},
};

START_TEST(knows_an_encrypted_way_from_a_plain_one)
{
	struct request r = {.remote_addr = gate_span_str(ways[_i].remote),
	    .https = gate_span_str(ways[_i].https),
	    .scheme = gate_span_str(ways[_i].scheme),
	    .forwarded_proto = gate_span_str(ways[_i].proto)};
	struct gate_ranges trusted;

	ck_assert(gate_ranges_parse(gate_span_str("10.0.0.0/8"), &trusted));
	ck_assert_msg(address_is_private(&r, &trusted) == ways[_i].is_private,
	    "%s", ways[_i].what);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("address");
	TCase *t = tcase_create("address");

	add_row_test(t, reads_numeric_addresses_only, addresses);
	add_row_test(t, knows_what_lies_in_a_range, members);
	add_row_test(t, refuses_ranges_that_are_none, bad_ranges);
	add_row_test(t, lets_in_whom_a_list_names, allows);
	add_row_test(t, finds_the_client_behind_trusted_proxies, clients);
	add_row_test(t, knows_an_encrypted_way_from_a_plain_one, ways);
	suite_add_tcase(s, t);
	return s;
}

/* worker/guard.h. */
#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "tests/runner.h"
#include "worker/guard.h"

/* For each range: its first address, its last, and its two neighbours. */
static const struct {
	const char *address;
	bool public;
} addresses[] = {
    {"0.0.0.0", false},
    {"0.255.255.255", false},
    {"1.0.0.0", true},
    {"1.1.1.1", true},
    {"8.8.8.8", true},
    {"9.255.255.255", true},
    {"10.0.0.0", false},
    {"10.255.255.255", false},
    {"11.0.0.0", true},
    {"100.63.255.255", true},
    {"100.64.0.0", false},
    {"100.100.100.200", false},
    {"100.127.255.255", false},
    {"100.128.0.0", true},
    {"126.255.255.255", true},
    {"127.0.0.1", false},
    {"127.255.255.255", false},
    {"128.0.0.0", true},
    {"168.63.129.15", true},
    {"168.63.129.16", false},
    {"168.63.129.17", true},
    {"169.253.255.255", true},
    {"169.254.0.0", false},
    {"169.254.169.254", false},
    {"169.254.255.255", false},
    {"169.255.0.0", true},
    {"172.15.255.255", true},
    {"172.16.0.0", false},
    {"172.31.255.255", false},
    {"172.32.0.0", true},
    {"191.255.255.255", true},
    {"192.0.0.0", false},
    {"192.0.0.192", false},
    {"192.0.1.0", true},
    {"192.0.2.1", false},
    {"192.0.3.0", true},
    {"192.167.255.255", true},
    {"192.168.0.0", false},
    {"192.168.255.255", false},
    {"192.169.0.0", true},
    {"198.17.255.255", true},
    {"198.18.0.0", false},
    {"198.19.255.255", false},
    {"198.20.0.0", true},
    {"198.51.100.7", false},
    {"203.0.113.7", false},
    {"223.255.255.255", true},
    {"224.0.0.1", false},
    {"240.0.0.1", false},
    {"255.255.255.255", false},
    {"::", false},
    {"::1", false},
    {"::7f00:1", false},
    {"::8.8.8.8", false},
    {"::ffff:8.8.8.8", false},
    {"::ffff:127.0.0.1", false},
    {"::ffff:169.254.169.254", false},
    {"64:ff9b::8.8.8.8", false},
    {"64:ff9b:1::1", false},
    {"100::1", false},
    {"1fff:ffff::1", false},
    {"2000::1", true},
    {"2001::1", false},
    {"2001:0:ffff::1", false},
    {"2001:1::1", true},
    {"2001:2::1", false},
    {"2001:10::1", false},
    {"2001:20::1", false},
    {"2001:db8::1", false},
    {"2001:db9::1", true},
    {"2001:4860:4860::8888", true},
    {"2002:7f00:1::", false},
    {"2002:ffff::1", false},
    {"2003::1", true},
    {"2606:4700::1111", true},
    {"3ffe:ffff::1", true},
    {"3fff::1", false},
    {"3fff:fff::1", false},
    {"3fff:1000::1", true},
    {"4000::1", false},
    {"fc00::1", false},
    {"fd00:ec2::254", false},
    {"fdff::1", false},
    {"fe80::1", false},
    {"febf::1", false},
    {"fec0::1", false},
    {"ff02::1", false},
};

static socklen_t
peer_of(const char *text, struct sockaddr_storage *out)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = 443};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
		memcpy(out, &v4, sizeof(v4));
		return sizeof(v4);
	}
	ck_assert_int_eq(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
	memcpy(out, &v6, sizeof(v6));
	return sizeof(v6);
}

START_TEST(knows_who_is_public)
{
	struct sockaddr_storage s;
	socklen_t n = peer_of(addresses[_i].address, &s);

	ck_assert_msg(
	    guard_is_public((struct sockaddr *)&s, n) == addresses[_i].public,
	    "%s", addresses[_i].address);
	ck_assert(guard_allow((struct sockaddr *)&s, n, NULL) ==
	    addresses[_i].public);
}
END_TEST

START_TEST(refuses_what_is_no_internet_address)
{
	struct sockaddr_un u = {.sun_family = AF_UNIX, .sun_path = "/x"};
	struct sockaddr_storage s;
	socklen_t n = peer_of("8.8.8.8", &s);

	ck_assert(!guard_is_public((struct sockaddr *)&u, sizeof(u)));
	ck_assert(!guard_is_public((struct sockaddr *)&s, n - 1));
	ck_assert(!guard_is_public((struct sockaddr *)&s, 0));
	n = peer_of("2606:4700::1111", &s);
	ck_assert(guard_is_public((struct sockaddr *)&s, n));
	ck_assert(!guard_is_public((struct sockaddr *)&s, n - 1));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("guard");
	TCase *t = tcase_create("guard");

	add_row_test(t, knows_who_is_public, addresses);
	tcase_add_test(t, refuses_what_is_no_internet_address);
	suite_add_tcase(s, t);
	return s;
}
